//go:build linux

package uring

import (
	"math"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
)

// opcodes returns the kernel's operation for a kind: an array as a function, so that nothing can change it.
func opcodes(k backend.OpKind) uint8 {
	return [backend.OpKinds]uint8{
		backend.OpNop: opNop, backend.OpTimer: opTimeout, backend.OpRead: opRead, backend.OpWrite: opWrite, backend.OpFsync: opFsync,
		backend.OpOpen: opOpenat, backend.OpAccept: opAccept, backend.OpClose: opClose, backend.OpReadv: opReadv,
		backend.OpWritev: opWritev, backend.OpReadFixed: opReadFixed, backend.OpWriteFixed: opWriteFixed, backend.OpStat: opStatx,
		backend.OpFallocate: opFallocate, backend.OpTruncate: opFtruncate, backend.OpRename: opRenameat, backend.OpUnlink: opUnlinkat,
		backend.OpMkdir: opMkdirat, backend.OpSocket: opSocket, backend.OpBind: opBind, backend.OpListen: opListen,
		backend.OpConnect: opConnect, backend.OpSend: opSend, backend.OpRecv: opRecv, backend.OpSendMsg: opSendmsg,
		backend.OpRecvMsg: opRecvmsg, backend.OpSendZC: opSendZC, backend.OpShutdown: opShutdown, backend.OpSplice: opSplice,
		backend.OpPoll: opPollAdd, backend.OpLinkTimeout: opLinkTimeout, backend.OpCancel: opAsyncCancel,
	}[k]
}

// opWrong is an opcode that no kernel knows. It stands in for an op that cannot be expressed, so that its chain fails and its
// completion comes the usual way; the slot keeps the true reason.
const opWrong = 0xff

// begin makes the slot of an op its own.
func (l *lane) begin(op *backend.Op) *slot {
	i := op.ID.Slot()
	switch {
	case op.ID>>16 == 0 || op.ID>>kindShift != 0:
		panic("uring: an op id has a generation of 1 to 1<<46-1")
	case i >= len(l.slots):
		panic("uring: an op slot is below Options.Ops")
	}
	s := &l.slots[i]
	if s.busy {
		panic("uring: duty 1: a slot is used again after the terminal report of its op, also by the next run")
	}
	s.id, s.op, s.lane, s.wrong, s.busy, s.asked, s.again = op.ID, op, l, backend.OK, true, false, 0
	l.inFlight.Add(1)
	if op.Flags&backend.FlagDrain != 0 {
		l.drains.Add(1)
	}
	return s
}

// start turns an op into an entry. There is room. first and last say where in its chain it is; an op
// without a chain is both. The links of the last one lead nowhere, least of all to the next submission. It is called with mu, by the lane's worker inside the executor's lock.
func (l *lane) start(op *backend.Op, first, last bool) {
	s := l.begin(op)
	e := l.q.get()
	if s.wrong = l.prepare(e, s, op); s.wrong != backend.OK {
		*e = sqe{opcode: opWrong}
	}
	e.userData = userData(kindOp, uint64(op.ID))
	f := op.Flags
	if last {
		f &^= links
	}
	if f != 0 {
		l.prepareFlags(e, op, f)
	}
	switch {
	case op.Kind == backend.OpCancel:
		l.mass.Store(true)
	case first && last && f&backend.FlagDrain == 0 && repeatable(op.Kind):
		s.again = againMax
	}
}

// prepareFlags sets what Flags asks for. The links of a wrong op stay, so that its chain fails with it.
func (l *lane) prepareFlags(e *sqe, op *backend.Op, f backend.OpFlags) {
	if f&backend.FlagLink != 0 {
		e.link()
	}
	if f&backend.FlagHardLink != 0 {
		e.hardlink()
	}
	if f&backend.FlagDrain != 0 {
		e.drain()
	}
	if f&backend.FlagAsync != 0 {
		e.async()
	}
	if f&backend.FlagPick != 0 && f&backend.FlagMultishot == 0 && op.Ext != nil {
		e.bufferSelect(op.Ext.Index)
	}
}

// prepare fills the entry. An errno means that the op makes no sense to the kernel.
func (l *lane) prepare(e *sqe, s *slot, op *backend.Op) backend.Errno {
	if op.Kind >= backend.OpKinds || !l.caps.Ops.Has(op.Kind) ||
		op.Flags&backend.FlagMultishot != 0 && !l.caps.Multishot.Has(op.Kind) ||
		op.Flags&^l.caps.Flags != 0 || op.Flags&backend.FlagPick != 0 && op.Kind != backend.OpRead && op.Kind != backend.OpRecv {
		return backend.EOPNOTSUPP
	}
	switch op.Kind {
	case backend.OpNop:
		e.nop()
	case backend.OpTimer:
		m := s.extra()
		m.ts = timespecOf(l.origin + min(max(op.Off, 0), math.MaxInt64-l.origin))
		e.timeout(&m.ts, 0, timeoutAbs|timeoutETimeSuccess) // an expired timer does not break its chain
	case backend.OpLinkTimeout:
		if op.Off < 0 {
			return backend.EINVAL
		}
		m := s.extra()
		m.ts = timespecOf(op.Off)
		e.linkTimeout(&m.ts, 0)
	case backend.OpClose:
		e.close(op.FD)
	case backend.OpPoll:
		if op.Flags&backend.FlagMultishot != 0 {
			e.pollMultishot(op.FD, op.Arg)
		} else {
			e.pollAdd(op.FD, op.Arg)
		}
	case backend.OpCancel:
		return prepareCancel(e, op)
	case backend.OpOpen, backend.OpStat, backend.OpRename, backend.OpUnlink, backend.OpMkdir:
		return preparePath(e, s, op)
	case backend.OpRead, backend.OpWrite, backend.OpReadv, backend.OpWritev, backend.OpReadFixed, backend.OpWriteFixed:
		return prepareTransfer(e, s, op)
	case backend.OpFsync, backend.OpFallocate, backend.OpTruncate, backend.OpSplice:
		return prepareFile(e, op)
	default:
		return prepareSocket(e, s, op)
	}
	return backend.OK
}

func prepareCancel(e *sqe, op *backend.Op) backend.Errno {
	var flags uint32
	if op.Arg&backend.CancelAll != 0 {
		flags |= cancelAll
	}
	switch {
	case op.Arg&^(backend.CancelAll|backend.CancelFD|backend.CancelAny) != 0,
		op.Arg&backend.CancelFD != 0 && op.Arg&backend.CancelAny != 0:
		return backend.EINVAL
	case op.Arg&backend.CancelFD != 0:
		e.cancelFD(op.FD, flags)
	case op.Arg&backend.CancelAny != 0:
		e.cancelAny(flags)
	case op.Ext == nil:
		return backend.EINVAL
	default:
		e.cancel(userData(kindOp, uint64(op.Ext.Target)), flags)
	}
	return backend.OK
}

// pathMax is PATH_MAX of Linux, the final NUL included.
const pathMax = 4096

// cPath copies a path behind buf[:0], with a NUL. The kernel has copied it when the entry is submitted.
func cPath(buf *[]byte, path []byte) backend.Errno {
	if len(path) >= pathMax {
		return backend.EINVAL
	}
	for _, c := range path {
		if c == 0 {
			return backend.EINVAL
		}
	}
	*buf = append(append((*buf)[:0], path...), 0)
	return backend.OK
}

func preparePath(e *sqe, s *slot, op *backend.Op) backend.Errno {
	m := s.extra()
	if op.Kind == backend.OpStat {
		if op.Ext == nil || len(op.Buf) < backend.StatBytes {
			return backend.EINVAL
		}
		flags := uint32(0)
		if len(op.Ext.Path) == 0 {
			flags = unix.AT_EMPTY_PATH
		}
		if errno := cPath(&m.path, op.Ext.Path); errno != backend.OK {
			return errno
		}
		e.statx(op.FD, unsafe.Pointer(&m.path[0]), flags, unix.STATX_BASIC_STATS, unsafe.Pointer(&op.Buf[0]))
		return backend.OK
	}
	if len(op.Buf) == 0 {
		return backend.EINVAL
	}
	if errno := cPath(&m.path, op.Buf); errno != backend.OK {
		return errno
	}
	path := unsafe.Pointer(&m.path[0])
	switch op.Kind {
	case backend.OpOpen:
		e.openat(op.FD, path, op.Arg|unix.O_CLOEXEC|unix.O_LARGEFILE, uint32(op.Off)&0o7777)
	case backend.OpUnlink:
		e.unlinkat(op.FD, path, op.Arg)
	case backend.OpMkdir:
		e.mkdirat(op.FD, path, op.Arg)
	case backend.OpRename:
		if op.Ext == nil || len(op.Ext.Path) == 0 {
			return backend.EINVAL
		}
		if errno := cPath(&m.path2, op.Ext.Path); errno != backend.OK {
			return errno
		}
		e.renameat(op.FD, path, op.Ext.FD2, unsafe.Pointer(&m.path2[0]), op.Arg)
	}
	return backend.OK
}

// transferMax is the most bytes that Linux moves with one call.
const transferMax = 0x7ffff000

// first returns the address of a buffer and its length, as much of it as one call can move.
func first(buf []byte) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.SliceData(buf)), uint32(min(len(buf), transferMax))
}

// vector copies the pieces of Ext.Vec into the slot.
func vector(s *slot, op *backend.Op) (*meta, backend.Errno) {
	if op.Ext == nil || len(op.Ext.Vec) > backend.VecMax {
		return nil, backend.EINVAL
	}
	m := s.extra()
	m.vec = m.vec[:0]
	for _, piece := range op.Ext.Vec {
		v := unix.Iovec{Base: unsafe.SliceData(piece)}
		v.SetLen(len(piece))
		m.vec = append(m.vec, v)
	}
	return m, backend.OK
}

func prepareTransfer(e *sqe, s *slot, op *backend.Op) backend.Errno {
	p, n := first(op.Buf)
	switch op.Kind {
	case backend.OpRead:
		if op.Flags&backend.FlagPick != 0 {
			if op.Ext == nil {
				return backend.EINVAL
			}
			p, n = nil, 0
		}
		e.read(op.FD, p, n, uint64(op.Off))
	case backend.OpWrite:
		e.write(op.FD, p, n, uint64(op.Off))
	case backend.OpReadFixed, backend.OpWriteFixed:
		if op.Ext == nil {
			return backend.EINVAL
		}
		if op.Kind == backend.OpReadFixed {
			e.readFixed(op.FD, p, n, uint64(op.Off), op.Ext.Index)
		} else {
			e.writeFixed(op.FD, p, n, uint64(op.Off), op.Ext.Index)
		}
	default:
		m, errno := vector(s, op)
		if errno != backend.OK || len(m.vec) == 0 {
			return backend.EINVAL
		}
		vec := unsafe.Pointer(&m.vec[0])
		if op.Kind == backend.OpReadv {
			e.readv(op.FD, vec, uint32(len(m.vec)), uint64(op.Off))
		} else {
			e.writev(op.FD, vec, uint32(len(m.vec)), uint64(op.Off))
		}
	}
	return backend.OK
}

func prepareFile(e *sqe, op *backend.Op) backend.Errno {
	switch op.Kind {
	case backend.OpFsync:
		e.fsync(op.FD, op.Arg)
	case backend.OpTruncate:
		e.ftruncate(op.FD, uint64(op.Off))
	case backend.OpFallocate:
		if op.Ext == nil {
			return backend.EINVAL
		}
		e.fallocate(op.FD, op.Arg, uint64(op.Off), uint64(op.Ext.Off2))
	case backend.OpSplice:
		if op.Ext == nil {
			return backend.EINVAL
		}
		e.splice(op.FD, uint64(op.Off), op.Ext.FD2, uint64(op.Ext.Off2), op.Arg, 0)
	}
	return backend.OK
}

func prepareSocket(e *sqe, s *slot, op *backend.Op) backend.Errno {
	p, n := first(op.Buf)
	switch op.Kind {
	case backend.OpSocket:
		e.socket(int32(op.Arg), int32(op.Off)|unix.SOCK_CLOEXEC, 0)
	case backend.OpListen:
		e.listen(op.FD, op.Arg)
	case backend.OpShutdown:
		e.shutdown(op.FD, op.Arg)
	case backend.OpSend:
		e.send(op.FD, p, n, op.Arg|unix.MSG_NOSIGNAL)
	case backend.OpSendZC:
		e.sendZC(op.FD, p, n, op.Arg|unix.MSG_NOSIGNAL, 0)
	case backend.OpRecv:
		return prepareRecv(e, op)
	case backend.OpAccept:
		prepareAccept(e, op)
	case backend.OpBind, backend.OpConnect:
		if op.Ext == nil || op.Ext.Addr.Len > backend.AddrMax {
			return backend.EINVAL
		}
		addr := unsafe.Pointer(&op.Ext.Addr.Raw)
		if op.Kind == backend.OpBind {
			e.bind(op.FD, addr, op.Ext.Addr.Len)
		} else {
			e.connect(op.FD, addr, op.Ext.Addr.Len)
		}
	case backend.OpSendMsg, backend.OpRecvMsg:
		return prepareMessage(e, s, op)
	}
	return backend.OK
}

func prepareRecv(e *sqe, op *backend.Op) backend.Errno {
	if op.Flags&(backend.FlagPick|backend.FlagMultishot) != 0 && op.Ext == nil {
		return backend.EINVAL
	}
	switch {
	case op.Flags&backend.FlagMultishot != 0:
		if op.Flags&backend.FlagPick == 0 {
			return backend.EINVAL
		}
		e.recvMultishot(op.FD, op.Ext.Index, op.Arg)
	case op.Flags&backend.FlagPick != 0:
		e.recv(op.FD, nil, 0, op.Arg)
	default:
		p, n := first(op.Buf)
		e.recv(op.FD, p, n, op.Arg)
	}
	return backend.OK
}

func prepareAccept(e *sqe, op *backend.Op) {
	var addr unsafe.Pointer
	var size *uint32
	if op.Ext != nil {
		op.Ext.Addr.Len = backend.AddrMax
		addr, size = unsafe.Pointer(&op.Ext.Addr.Raw), &op.Ext.Addr.Len
	}
	if op.Flags&backend.FlagMultishot != 0 {
		e.acceptMultishot(op.FD, nil, nil, unix.SOCK_CLOEXEC) // the address of which connection?
		return
	}
	e.accept(op.FD, addr, size, unix.SOCK_CLOEXEC)
}

func prepareMessage(e *sqe, s *slot, op *backend.Op) backend.Errno {
	m, errno := vector(s, op)
	if errno != backend.OK || len(m.vec) == 0 {
		return backend.EINVAL
	}
	x := op.Ext
	m.hdr = unix.Msghdr{Iov: unsafe.SliceData(m.vec), Control: unsafe.SliceData(x.Control)}
	m.hdr.SetIovlen(len(m.vec))
	m.hdr.SetControllen(len(x.Control))
	if op.Kind == backend.OpSendMsg {
		if x.Addr.Len > backend.AddrMax {
			return backend.EINVAL
		}
		if x.Addr.Len > 0 {
			m.hdr.Name, m.hdr.Namelen = &x.Addr.Raw[0], x.Addr.Len
		}
		e.sendmsg(op.FD, unsafe.Pointer(&m.hdr), op.Arg|unix.MSG_NOSIGNAL)
		return backend.OK
	}
	m.hdr.Name, m.hdr.Namelen = &x.Addr.Raw[0], backend.AddrMax
	e.recvmsg(op.FD, unsafe.Pointer(&m.hdr), op.Arg)
	return backend.OK
}
