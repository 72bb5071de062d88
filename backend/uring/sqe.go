//go:build linux

package uring

import "unsafe"

// sqe is one submission entry, struct io_uring_sqe of 64 bytes. Most fields are unions in C; a field here has the name of its
// most frequent use, and the encoders know the others:
//
//	off          also addr2: the second pointer, or a length
//	addr         also splice_off_in, or the user data that a cancel looks for
//	opFlags      rw_flags, msg_flags, open_flags and the like
//	bufIndex     also buf_group
//	spliceFdIn   also file_index, addr_len
//
// An entry comes zeroed from [queue.get]. Every encoder relies on that: it writes the fields of its operation and no others,
// and leaves flags and userData alone, so that setters may come before or after it. A field of an earlier operation that
// stays behind makes the kernel refuse the new one, or silently changes it.
//
// Addresses. An encoder stores the address of p as a number, which neither keeps p alive nor keeps it in place. The caller
// passes memory that does not move (heap, mapped memory or a global, never a goroutine's stack) and keeps it reachable: paths,
// socket addresses, vectors, message headers and time values until the entry was consumed, data and everything that the
// kernel writes until the last completion.
type sqe struct {
	opcode      uint8
	flags       uint8
	ioprio      uint16
	fd          int32
	off         uint64
	addr        uint64
	len         uint32
	opFlags     uint32
	userData    uint64
	bufIndex    uint16
	personality uint16
	spliceFdIn  int32
	addr3       uint64
	pad         uint64
}

// rw fills what most operations share.
func (e *sqe) rw(op uint8, fd int32, p unsafe.Pointer, n uint32, off uint64) {
	e.opcode, e.fd, e.addr, e.len, e.off = op, fd, address(p), n, off
}

// link lets the next entry of the same submit start only after this one succeeded; IOSQE_IO_LINK.
func (e *sqe) link() { e.flags |= sqeIOLink }

// hardlink lets the next entry of the same submit start after this one, whatever it returned; IOSQE_IO_HARDLINK.
func (e *sqe) hardlink() { e.flags |= sqeIOHardlink }

// drain starts the entry after all earlier ones are complete. Behind an armed multishot operation it blocks the ring; it is
// here for comparisons with the simulator. IOSQE_IO_DRAIN.
func (e *sqe) drain() { e.flags |= sqeIODrain }

// async hands the entry to a kernel worker without a first attempt; IOSQE_ASYNC.
func (e *sqe) async() { e.flags |= sqeAsync }

// skipSuccess drops the completion of a success; IOSQE_CQE_SKIP_SUCCESS.
func (e *sqe) skipSuccess() { e.flags |= sqeCQESkip }

// fixedFile makes fd an index into the registered files; IOSQE_FIXED_FILE.
func (e *sqe) fixedFile() { e.flags |= sqeFixedFile }

// bufferSelect lets the kernel take the buffer from a group; IOSQE_BUFFER_SELECT. The operation has no address then, and its
// length, if not 0, is a limit.
func (e *sqe) bufferSelect(group uint16) {
	e.flags |= sqeBufferSelect
	e.bufIndex = group
}

// nop does nothing and completes with 0.
func (e *sqe) nop() { e.rw(opNop, -1, nil, 0, 0) }

// timeout completes with -ETIME when the time passed, or with 0 once count other completions were posted (0: never). flags:
// timeoutAbs and the others.
func (e *sqe) timeout(ts *kernelTimespec, count, flags uint32) {
	e.rw(opTimeout, -1, unsafe.Pointer(ts), 1, uint64(count))
	e.opFlags = flags
}

// linkTimeout bounds the entry before it, which has link set.
func (e *sqe) linkTimeout(ts *kernelTimespec, flags uint32) {
	e.rw(opLinkTimeout, -1, unsafe.Pointer(ts), 1, 0)
	e.opFlags = flags
}

// timeoutRemove ends the timeout that was submitted with target as its user data.
func (e *sqe) timeoutRemove(target uint64, flags uint32) {
	e.rw(opTimeoutRemove, -1, nil, 0, 0)
	e.addr, e.opFlags = target, flags
}

// pollAdd completes with the events of mask (POLLIN and so on) that are there.
func (e *sqe) pollAdd(fd int32, mask uint32) {
	e.rw(opPollAdd, fd, nil, 0, 0)
	e.opFlags = pollMask(mask)
}

// pollMultishot is pollAdd that reports every edge.
func (e *sqe) pollMultishot(fd int32, mask uint32) {
	e.pollAdd(fd, mask)
	e.len = pollAddMulti
}

// pollRemove ends the poll that was submitted with target as its user data.
func (e *sqe) pollRemove(target uint64) {
	e.rw(opPollRemove, -1, nil, 0, 0)
	e.addr = target
}

// cancel asks to end what was submitted with target as its user data. Whatever it returns, the completion of the target is
// still to come.
func (e *sqe) cancel(target uint64, flags uint32) {
	e.rw(opAsyncCancel, -1, nil, 0, 0)
	e.addr, e.opFlags = target, flags
}

// cancelFD asks to end what works on the open file of fd; with cancelAll everything, else one.
func (e *sqe) cancelFD(fd int32, flags uint32) {
	e.rw(opAsyncCancel, fd, nil, 0, 0)
	e.opFlags = flags | cancelFD
}

// cancelAny asks to end everything on this ring. The kernel cancels all with and without cancelAll; only with it the result
// is a count.
func (e *sqe) cancelAny(flags uint32) {
	e.rw(opAsyncCancel, -1, nil, 0, 0)
	e.opFlags = flags | cancelAny
}

// msgRing posts a completion with user data and res into the ring whose descriptor is fd.
func (e *sqe) msgRing(fd int32, res uint32, data uint64, flags uint32) {
	e.rw(opMsgRing, fd, nil, res, data)
	e.opFlags = flags
}
