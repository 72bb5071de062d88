//go:build linux

package uring

import (
	"math/bits"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A queue is one io_uring: a submission queue (SQ), a completion queue (CQ) and a descriptor. There are two drivers with the
// same methods: our own, and one on top of github.com/pawelgaczynski/giouring for comparison (build tag giouring). What is in
// this file serves both.
//
// Threads. There is no lock inside. Three groups of methods are independent of each other:
//
//  1. get, space, pending, rollback, submit, submitGet and wait belong to one thread at a time: the submitter.
//  2. reap and ready belong to one thread at a time: the reaper.
//  3. waitOnly, needsEnter, overflow, register and the methods that tell facts may be called by any thread, waitOnly
//     by one at a time.
//
// With SINGLE_ISSUER the thread that opens the queue is the submitter for ever, and the kernel refuses submit, register and,
// with DEFER_TASKRUN, waitOnly on any other with EEXIST. Its goroutine is locked to the thread from before openQueue until
// after close.
//
// So a thread may sleep in waitOnly while another one submits. It must not sleep in wait: wait publishes the entries that get
// has given out, and the submitter may be in the middle of filling one.
//
// Life of an entry. get gives out a zeroed entry; from then on it is pending. submit, submitGet and wait publish all pending
// entries and enter the kernel, which copies and consumes them in order. What it did not consume stays pending, to be
// submitted again or taken back with rollback. An error of enter means that this call consumed nothing.

// queueParams is what the opener of a queue decides.
type queueParams struct {
	entries   uint32 // of the SQ; the kernel rounds up to a power of two, 32768 at most
	cqEntries uint32 // of the CQ, rounded up likewise; 0: four times entries
	flags     uint32 // wanted setup flags besides CQSIZE; what the kernel does not know is dropped, see queue.setupFlags
}

// setupWanted are the setup flags that queueParams may ask for.
const setupWanted = setupSubmitAll | setupCoopTaskrun | setupTaskrunFlag | setupSingleIssuer | setupDeferTaskrun | setupNoSQArray

// cqSize returns the size to ask for.
func (p *queueParams) cqSize() uint32 {
	if p.cqEntries != 0 {
		return p.cqEntries
	}
	return 4 * p.entries
}

// check panics on parameters that no kernel takes.
func (p *queueParams) check() {
	if p.entries == 0 || p.entries > ringEntriesMax {
		panic("uring: a submission queue has 1 to 32768 entries")
	}
	if p.cqSize() < p.entries || p.cqSize() > 4*ringEntriesMax || p.cqEntries > 2*ringEntriesMax {
		panic("uring: a completion queue has at least as many entries as the submission queue, and at most 65536")
	}
	if p.flags&^setupWanted != 0 {
		panic("uring: a setup flag that the queue does not support")
	}
}

// enter is the system call io_uring_enter on ring fd. It may block, so the Go scheduler is told.
func enter(fd int, submit, complete, flags uint32, arg *getEventsArg) (int, error) {
	size := uintptr(0)
	if arg != nil {
		size = unsafe.Sizeof(*arg)
	}
	n, _, errno := syscall.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(fd), uintptr(submit), uintptr(complete), uintptr(flags),
		uintptr(unsafe.Pointer(arg)), size)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// sleeper holds the arguments of an enter that waits. It is part of the queue on the heap: the kernel reads it after Go has
// given up the processor, when a stack could be moved.
type sleeper struct {
	arg getEventsArg
	ts  kernelTimespec
}

// enter submits up to n entries and waits for a completion, for ns nanoseconds or, if ns is negative, for ever. It returns
// how many entries were consumed. ETIME and EINTR are returned only if nothing was consumed.
func (s *sleeper) enter(fd int, n uint32, ns int64) (int, error) {
	if ns < 0 {
		return enter(fd, n, 1, enterGetEvents, nil)
	}
	s.ts = timespecOf(ns)
	s.arg = getEventsArg{ts: address(unsafe.Pointer(&s.ts))}
	return enter(fd, n, 1, enterGetEvents|enterExtArg, &s.arg)
}

// register is the system call io_uring_register on ring fd.
func register(fd int, op uintptr, arg unsafe.Pointer, n uint32) (int, error) {
	r, _, errno := syscall.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(fd), op, uintptr(arg), uintptr(n), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), nil
}

// registerAll is queue.register for calls that may be repeated after a signal.
func registerAll(q *queue, op uintptr, arg unsafe.Pointer, n uint32) error {
	for {
		_, err := q.register(op, arg, n)
		if err != unix.EINTR {
			return err
		}
	}
}

// registerBuffers makes the memory of bufs known to the kernel as buffers 0, 1, ... for readFixed and writeFixed, and pins
// it. The caller keeps bufs alive and in place until unregisterBuffers or close returned. At most 16384 buffers, none empty.
func registerBuffers(q *queue, bufs [][]byte) error {
	vec := make([]unix.Iovec, len(bufs))
	for i, b := range bufs {
		vec[i].Base = unsafe.SliceData(b)
		vec[i].SetLen(len(b))
	}
	return registerAll(q, registerBuffersOp, unsafe.Pointer(unsafe.SliceData(vec)), uint32(len(vec)))
}

// unregisterBuffers undoes registerBuffers. Operations in flight keep their own reference.
func unregisterBuffers(q *queue) error { return registerAll(q, unregisterBuffersOp, nil, 0) }

// syncCancel asks to end what was submitted with target as its user data, or, by flags, what cancelFD (of fd), cancelAny and
// cancelAll say, and waits up to ns nanoseconds (negative: no limit) until it is gone. It needs no entry, and gets through
// where a drain holds back everything; Linux 6.0. It returns 0, or with cancelAll a count; ENOENT if there is nothing, ETIME,
// or EINTR. The completions of the targets are still to come.
func syncCancel(q *queue, target uint64, fd int32, flags uint32, ns int64) (int, error) {
	reg := &syncCancelReg{addr: target, fd: fd, flags: flags, timeout: kernelTimespec{-1, -1}}
	if ns >= 0 {
		reg.timeout = timespecOf(ns)
	}
	return q.register(registerSyncCancelOp, unsafe.Pointer(reg), 1)
}

// powerOfTwo rounds up; n is at least 1.
func powerOfTwo(n uint32) uint32 { return 1 << bits.Len32(n-1) }
