package aio

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Listener takes connections.
type Listener struct{ h handle }

// NewListener wraps a listening descriptor that the world gave out, and makes t its owner. It allocates.
func NewListener(t *sched.Task, fd int32) *Listener {
	l := &Listener{}
	l.h.init(t, fd, backend.HandleListener)
	return l
}

// Listen takes connections at an address, owned by t. backlog, at least 1, is how many may wait for Accept; the kernel has a
// limit of its own. It returns the backend's Errno, such as EADDRINUSE. It allocates.
func Listen(t *sched.Task, at backend.Addr, backlog int) (*Listener, error) {
	fd, err := socket(t, at.Family(), backend.SockStream)
	if err != nil {
		return nil, err
	}
	l := NewListener(t, fd)
	l.h.option(t, solSocket, soReuseAddr)
	l.h.noDelay(t, &at)
	if err = l.h.bind(t, at); err == nil {
		_, err = l.h.do(t, &l.h.in, backend.Op{Kind: backend.OpListen, Arg: uint32(max(backlog, 1))}, nil)
	}
	if err != nil {
		l.Close(t)
		return nil, err
	}
	return l, nil
}

// backlogMax is what ListenTCP asks for; a kernel takes what it allows.
const backlogMax = 4096

// ListenTCP is Listen at an address in numbers, such as "127.0.0.1:8080"; port 0 lets the kernel choose one, which Addr
// tells. ParseAddr says what is understood.
func ListenTCP(t *sched.Task, addr string) (*Listener, error) {
	at, err := ParseAddr(addr)
	if err != nil {
		return nil, err
	}
	return Listen(t, at, backlogMax)
}

// Accept waits for a connection and returns it, owned by t. Errors as Stream.Read. It allocates.
func (l *Listener) Accept(t *sched.Task) (*Stream, error) {
	ext := &backend.OpExt{}
	fd, err := l.h.do(t, &l.h.in, backend.Op{Kind: backend.OpAccept, Off: noOffset, Ext: ext}, nil)
	if err != nil {
		return nil, err
	}
	return newSocket(t, int32(fd), ext.Addr), nil
}

// Addr returns the address that the listener is bound to: sched.ErrClosed after Close, backend.EOPNOTSUPP if the backend is
// no [SockNamer].
func (l *Listener) Addr() (backend.Addr, error) { return l.h.sockName() }

// FD returns the descriptor.
func (l *Listener) FD() int32 { return l.h.fd }

// Close ends the listener; see Stream.Close.
func (l *Listener) Close(t *sched.Task) error { return l.h.close(t) }

// Dial connects to an address and returns the stream, owned by t. It returns the backend's Errno, such as ECONNREFUSED. It
// allocates.
func Dial(t *sched.Task, to backend.Addr) (*Stream, error) {
	fd, err := socket(t, to.Family(), backend.SockStream)
	if err != nil {
		return nil, err
	}
	s := newSocket(t, fd, to)
	s.h.noDelay(t, &to)
	op := backend.Op{Kind: backend.OpConnect, Ext: &backend.OpExt{Addr: to}}
	// One that was interrupted may have gone on by itself, and be done when it is repeated.
	if _, err = s.h.do(t, &s.h.out, op, nil); err != nil && err != backend.EISCONN {
		s.Close(t)
		return nil, err
	}
	return s, nil
}

// DialTCP is Dial to an address in numbers, such as "127.0.0.1:80". ParseAddr says what is understood.
func DialTCP(t *sched.Task, addr string) (*Stream, error) {
	to, err := ParseAddr(addr)
	if err != nil {
		return nil, err
	}
	return Dial(t, to)
}

// socket makes a socket.
func socket(t *sched.Task, family uint32, kind int64) (int32, error) {
	fd, err := repeat(t, backend.Op{Kind: backend.OpSocket, Arg: family, Off: kind})
	return int32(fd), err
}

// bind gives the handle's socket an address.
func (h *handle) bind(t *sched.Task, at backend.Addr) error {
	_, err := h.do(t, &h.in, backend.Op{Kind: backend.OpBind, Ext: &backend.OpExt{Addr: at}}, nil)
	return err
}

// repeat performs an operation that belongs to no handle, again and again while it is interrupted.
func repeat(t *sched.Task, op backend.Op) (int, error) {
	for {
		n, err := t.DoOp(&op)
		if !interrupted(err) {
			return n, err
		}
	}
}
