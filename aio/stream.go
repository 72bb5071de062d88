package aio

import (
	"io"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Stream is a byte stream: a pipe, a connection, a UART.
type Stream struct {
	h    handle
	recv backend.OpKind // OpRead, or OpRecv on a socket
	send backend.OpKind // OpWrite or OpSend
	peer backend.Addr
}

// noOffset is the offset of what has no position.
const noOffset = -1

// NewStream wraps a descriptor that the world gave out, and makes t its owner. On Linux it must not be in non-blocking mode:
// a read with nothing to read would be repeated over and over. It allocates.
func NewStream(t *sched.Task, fd int32) *Stream {
	s := &Stream{recv: backend.OpRead, send: backend.OpWrite}
	s.h.init(t, fd, backend.HandleStream)
	return s
}

// newSocket wraps a connection. A backend without the operations of sockets has streams in their place.
func newSocket(t *sched.Task, fd int32, peer backend.Addr) *Stream {
	s := &Stream{recv: backend.OpRecv, send: backend.OpSend, peer: peer}
	if ops := t.Executor().Backend().Caps().Ops; !ops.Has(backend.OpRecv) || !ops.Has(backend.OpSend) {
		s.recv, s.send = backend.OpRead, backend.OpWrite
	}
	s.h.init(t, fd, backend.HandleStream)
	return s
}

// FD returns the descriptor.
func (s *Stream) FD() int32 { return s.h.fd }

// RemoteAddr returns the address of the other end of a connection, as Accept or Dial has learned it; of another stream,
// none.
func (s *Stream) RemoteAddr() backend.Addr { return s.peer }

// LocalAddr returns the address of this end; errors as Listener.Addr.
func (s *Stream) LocalAddr() (backend.Addr, error) { return s.h.sockName() }

// Read reads at least one byte into p, waiting for it. It returns io.EOF at the end of the stream, sched.ErrClosed if the
// stream is closed, sched.ErrCancelled if t is cancelled, or the backend's Errno. An empty p returns 0 at once.
func (s *Stream) Read(t *sched.Task, p []byte) (int, error) { return s.read(t, p, nil) }

func (s *Stream) read(t *sched.Task, p []byte, until *deadline) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return orEOF(s.h.do(t, &s.h.in, backend.Op{Kind: s.recv, Buf: p, Off: noOffset}, until))
}

// orEOF makes the end of what is read an error.
func orEOF(n int, err error) (int, error) {
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// Write writes at least one byte of p and returns how many; errors as Read, and backend.EPIPE if the peer is gone.
func (s *Stream) Write(t *sched.Task, p []byte) (int, error) { return s.write(t, p, nil) }

func (s *Stream) write(t *sched.Task, p []byte, until *deadline) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return s.h.do(t, &s.h.out, backend.Op{Kind: s.send, Buf: p, Off: noOffset}, until)
}

// ReadV is Read into several pieces, at most backend.VecMax, one after the other. The slice is lent with them. It allocates.
func (s *Stream) ReadV(t *sched.Task, pieces [][]byte) (int, error) {
	if total(pieces) == 0 {
		return 0, nil
	}
	op := backend.Op{Kind: backend.OpReadv, Off: noOffset, Ext: &backend.OpExt{Vec: pieces}}
	return orEOF(s.h.do(t, &s.h.in, op, nil))
}

// WriteV is Write of several pieces, at most backend.VecMax, one after the other. The slice is lent with them. It allocates.
func (s *Stream) WriteV(t *sched.Task, pieces [][]byte) (int, error) {
	if total(pieces) == 0 {
		return 0, nil
	}
	return s.h.do(t, &s.h.out, backend.Op{Kind: backend.OpWritev, Off: noOffset, Ext: &backend.OpExt{Vec: pieces}}, nil)
}

func total(pieces [][]byte) int {
	n := 0
	for _, p := range pieces {
		n += len(p)
	}
	return n
}

// ReadFull fills p. It returns io.ErrUnexpectedEOF if the stream ends in the middle, io.EOF if it ends before.
func (s *Stream) ReadFull(t *sched.Task, p []byte) (int, error) {
	var n int
	for n < len(p) {
		m, err := s.Read(t, p[n:])
		n += m
		if err != nil {
			if err == io.EOF && n > 0 {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
	}
	return n, nil
}

// WriteAll writes all of p. On an error it returns how much was written before. What other tasks write at the same time may
// come between its parts.
func (s *Stream) WriteAll(t *sched.Task, p []byte) (int, error) { return s.writeAll(t, p, nil) }

func (s *Stream) writeAll(t *sched.Task, p []byte, until *deadline) (int, error) {
	var n int
	for n < len(p) {
		m, err := s.write(t, p[n:], until)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Shutdown ends one direction of a connection, or both, and keeps the descriptor: backend.ShutRead, ShutWrite or ShutBoth.
// What was written before still arrives; then the other end reads io.EOF.
func (s *Stream) Shutdown(t *sched.Task, how uint32) error {
	_, err := s.h.doBeside(t, backend.Op{Kind: backend.OpShutdown, Arg: how})
	return err
}

// Close cancels what is in flight on the stream, waits for it, and closes. It returns sched.ErrClosed if it was closed
// before. If t is cancelled during the wait, the stream is closed all the same.
func (s *Stream) Close(t *sched.Task) error { return s.h.close(t) }

// Give makes t the owner, in place of the task that is. A stream that is closed, or closing, has no use for one.
func (s *Stream) Give(t *sched.Task) {
	in := t.Enter()
	if s.h.state == handleOpen {
		s.h.res.Disown()
		s.h.own(t)
	}
	t.Leave(in)
}

// GiveTo makes another task the owner, that of a handle, in place of the task that is; t calls it. Unlike a Give by the
// other task it cannot come too late for the end of t. It reports false, and changes nothing, if that task is ending or the
// stream is closed.
func (s *Stream) GiveTo(t *sched.Task, to *sched.JoinHandle) bool {
	in := t.Enter()
	owner := to.Blocked().Holder
	ok := owner != nil && owner.State() != "ending" && s.h.state == handleOpen // Ending is for the task itself
	if ok {
		s.h.res.Disown()
		s.h.own(owner)
	}
	t.Leave(in)
	return ok
}

// Reader returns the stream as an io.Reader for code that runs in t: its Read waits like that of the stream. It allocates.
func (s *Stream) Reader(t *sched.Task) io.Reader { return taskReader{t, s.Read} }

// Writer returns the stream as an io.Writer for code that runs in t: its Write is WriteAll. It allocates.
func (s *Stream) Writer(t *sched.Task) io.Writer { return taskWriter{t, s.WriteAll} }

// taskReader and taskWriter bind a method to a task.
type taskReader struct {
	t    *sched.Task
	read func(*sched.Task, []byte) (int, error)
}

// Read implements io.Reader.
func (r taskReader) Read(p []byte) (int, error) { return r.read(r.t, p) }

type taskWriter struct {
	t     *sched.Task
	write func(*sched.Task, []byte) (int, error)
}

// Write implements io.Writer.
func (w taskWriter) Write(p []byte) (int, error) { return w.write(w.t, p) }
