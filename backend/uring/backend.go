//go:build linux

package uring

import (
	"os"
	"os/signal"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// Backend is a [backend.Parallel] on the kernel's io_uring. Make one with [New], end it with [Backend.Close].
type Backend struct {
	lanes  []lane
	slots  []slot
	clock  *vclock.Monotonic
	origin int64 // of the clock, on CLOCK_MONOTONIC, in ns; not earlier than the clock's own
	caps   backend.Caps

	lines   []line
	signals signals
	pools   pools
	watch   watch
	post    post
}

// New sets up one ring for each lane. The error is a *SetupError if the kernel or its configuration has no io_uring for us.
func New(o Options) (*Backend, error) {
	o = o.defaulted()
	b := &Backend{slots: make([]slot, o.Ops), lanes: make([]lane, o.Lanes), lines: make([]line, o.Lines), clock: vclock.NewMonotonic()}
	b.watch.init()
	b.signals.ignored = [2]bool{signal.Ignored(syscall.SIGINT), signal.Ignored(syscall.SIGTERM)}
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return nil, err
	}
	b.origin = ts.Nano()
	for i := range b.lines {
		b.lines[i].fd = -1
	}
	for i := range b.lanes {
		l := &b.lanes[i]
		if o.Owned {
			l.thread.serve()
		}
		var err error
		if l.thread.do(func() { err = l.open(b, i, o) }); err != nil {
			_ = b.Close()
			return nil, err
		}
	}
	for i := range b.lines {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			_ = b.Close()
			return nil, os.NewSyscallError("eventfd", err)
		}
		b.lines[i].fd = fd
	}
	var err error
	if b.lanes[0].thread.do(func() { err = b.probe() }); err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

// probe finds out what the kernel can do. The number of lines is part of it.
func (b *Backend) probe() error {
	has, err := probeOps(b.lanes[0].q)
	if err != nil {
		return err
	}
	b.caps = backend.Caps{
		Name: "uring", Number: 2, Lines: len(b.lines), Signals: true,
		Multishot: 1<<backend.OpAccept | 1<<backend.OpRecv | 1<<backend.OpPoll,
		Flags: backend.FlagLink | backend.FlagHardLink | backend.FlagDrain | backend.FlagMultishot | backend.FlagPick |
			backend.FlagAsync,
	}
	if len(b.lines) > 0 {
		// A drained op would wait for the reads by which enabled lines are watched.
		b.caps.Flags &^= backend.FlagDrain
	}
	for k := backend.OpNop; k < backend.OpKinds; k++ {
		if has.has(opcodes(k)) {
			b.caps.Ops |= 1 << k
		}
	}
	return nil
}

// Caps implements [backend.Backend].
func (b *Backend) Caps() backend.Caps { return b.caps }

// Now implements [backend.Backend]: nanoseconds since New, of CLOCK_MONOTONIC.
func (b *Backend) Now() vclock.Instant { return b.clock.Now() }

// Lanes implements [backend.Parallel].
func (b *Backend) Lanes() int { return len(b.lanes) }

// Lane implements [backend.Parallel]. Lane 0 is b itself.
func (b *Backend) Lane(i int) backend.Lane {
	if i == 0 {
		return b
	}
	return &b.lanes[i]
}

// Submit implements [backend.Backend] for lane 0.
func (b *Backend) Submit(ops []*backend.Op) int { return b.lanes[0].Submit(ops) }

// Due implements [backend.Lane] for lane 0.
func (b *Backend) Due() bool { return b.lanes[0].Due() }

// Reap implements [backend.Backend] for lane 0.
func (b *Backend) Reap(into []backend.Completion) int { return b.lanes[0].Reap(into) }

// Wait implements [backend.Backend] for lane 0.
func (b *Backend) Wait(until vclock.Instant) bool { return b.lanes[0].Wait(until) }

// Unpark implements [backend.Backend] for lane 0.
func (b *Backend) Unpark() { b.lanes[0].Unpark() }

// Cancel implements [backend.Backend], for an op of any lane. It never fails: the request waits until the ring has room.
func (b *Backend) Cancel(id backend.OpID) {
	if i := id.Slot(); i < len(b.slots) {
		s := &b.slots[i]
		if id != 0 && s.id == id && s.op.Kind != backend.OpClose {
			s.lane.cancel(s)
		}
	}
}

// Dispose implements [backend.Backend]: it closes a descriptor that an op returned.
func (b *Backend) Dispose(kind backend.OpKind, res int32) {
	if kind.ReturnsFD() && res >= 0 {
		_ = unix.Close(int(res)) // the descriptor is gone in any case, and nobody is left to be told of an error
	}
}

// SockName returns the address that a socket is bound to. It may be called from any thread.
func (b *Backend) SockName(fd int32) (backend.Addr, backend.Errno) {
	return nameOf(unix.SYS_GETSOCKNAME, fd)
}

// PeerName returns the address that a socket is connected to. It may be called from any thread.
func (b *Backend) PeerName(fd int32) (backend.Addr, backend.Errno) {
	return nameOf(unix.SYS_GETPEERNAME, fd)
}

func nameOf(call uintptr, fd int32) (backend.Addr, backend.Errno) {
	a := &backend.Addr{Len: backend.AddrMax}
	_, _, e := unix.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(&a.Raw)), uintptr(unsafe.Pointer(&a.Len)))
	if e != 0 {
		return backend.Addr{}, backend.Errno(e)
	}
	return *a, backend.OK
}

// SetSockOpt sets an option of a socket, by its numbers on Linux, to an integer. It does not block.
func (b *Backend) SetSockOpt(fd int32, level, name, value int) backend.Errno {
	if err := unix.SetsockoptInt(int(fd), level, name, value); err != nil {
		return errnoOf(err)
	}
	return backend.OK
}

// InFlight returns the number of ops whose terminal completion nobody has reaped. It is exact only while nobody submits or
// reaps.
func (b *Backend) InFlight() int {
	var n int64
	for i := range b.lanes {
		n += b.lanes[i].inFlight.Load()
	}
	return int(n)
}

// closePatience is how long Close waits for operations that cannot be cancelled, such as a read of a disk under way.
const closePatience = 10 * time.Second

// Close ends the backend. Nobody may be in any other method. Operations in flight are cancelled and awaited: the kernel writes
// into their memory until then. If some do not end, because a disk or a device does not answer, their rings and memory stay as
// they are for the rest of the process, and the error names them.
func (b *Backend) Close() error {
	b.stopSignals()
	b.Release()
	var first error
	for i := range b.lanes {
		l := &b.lanes[i]
		var err error
		if l.thread.do(func() { err = l.shut(closePatience) }); err != nil && first == nil {
			first = err
		}
		l.thread.wait()
	}
	for i := range b.lines {
		if fd := b.lines[i].fd; fd >= 0 {
			_ = unix.Close(fd)
			b.lines[i].fd = -1
		}
	}
	if err := b.post.close(); err != nil && first == nil {
		first = err
	}
	return first
}

// slot is what the backend keeps of an op in flight. Submit writes it, inside the executor's lock and with its lane's lock; Cancel
// reads it with the first, the lane's reaper with the second. It stays as it is until its next use: a cancel that comes after the
// completion finds nothing in the kernel, because the generation is in the id.
type slot struct {
	id    backend.OpID
	op    *backend.Op
	lane  *lane
	busy  bool          // from Submit to the terminal completion
	asked bool          // Cancel was called; with the lane's cmu
	again uint8         // how often retry may submit it again
	wrong backend.Errno // not OK: the result, whatever the kernel says of the entry that was sent in its place
	meta  *meta
}

// meta is memory that the kernel reads or writes besides the op's own. It is allocated at the first use of a slot that needs it,
// and reused.
type meta struct {
	path, path2 []byte // with final NUL
	vec         []unix.Iovec
	hdr         unix.Msghdr
	ts          kernelTimespec
}

func (s *slot) extra() *meta {
	if s.meta == nil {
		s.meta = new(meta)
	}
	return s.meta
}

// user_data of an entry: kind in the top two bits, below it an OpID, or the number of a line.
const (
	kindOp     = 0
	kindCancel = 1 // of that op
	kindLine   = 2 // read of a line's eventfd
	kindUnline = 3 // its cancel, and everything else whose completion says nothing

	kindShift = 62
)

func userData(kind int, id uint64) uint64 { return uint64(kind)<<kindShift | id }

var _ backend.Parallel = (*Backend)(nil)
var (
	_ backend.Pools     = (*Backend)(nil)
	_ backend.Receivers = (*Backend)(nil)
)
