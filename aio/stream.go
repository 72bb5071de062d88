package aio

import (
	"io"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Stream is a byte stream: a pipe, a connection, a UART.
type Stream struct{ h handle }

// NewStream wraps a descriptor that the world gave out, and makes t its owner. It allocates.
func NewStream(t *sched.Task, fd int32) *Stream {
	s := &Stream{}
	s.h.init(t, fd, backend.HandleStream)
	return s
}

// FD returns the descriptor.
func (s *Stream) FD() int32 { return s.h.fd }

// Read reads at least one byte into p, waiting for it. It returns io.EOF at the end of the stream, sched.ErrClosed if the
// stream is closed, sched.ErrCancelled if t is cancelled, or the backend's Errno. An empty p returns 0 at once.
func (s *Stream) Read(t *sched.Task, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := s.h.do(t, &s.h.in, backend.OpRead, p, noOffset)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// Write writes at least one byte of p and returns how many; errors as Read, and backend.EPIPE if the peer is gone.
func (s *Stream) Write(t *sched.Task, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return s.h.do(t, &s.h.out, backend.OpWrite, p, noOffset)
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

// WriteAll writes all of p. On an error it returns how much was written before.
func (s *Stream) WriteAll(t *sched.Task, p []byte) (int, error) {
	var n int
	for n < len(p) {
		m, err := s.Write(t, p[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
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

// Listener takes connections.
type Listener struct{ h handle }

// NewListener wraps a listening descriptor that the world gave out, and makes t its owner. It allocates.
func NewListener(t *sched.Task, fd int32) *Listener {
	l := &Listener{}
	l.h.init(t, fd, backend.HandleListener)
	return l
}

// Accept waits for a connection and returns it, owned by t. Errors as Stream.Read.
func (l *Listener) Accept(t *sched.Task) (*Stream, error) {
	fd, err := l.h.do(t, &l.h.in, backend.OpAccept, nil, noOffset)
	if err != nil {
		return nil, err
	}
	return NewStream(t, int32(fd)), nil
}

// Close ends the listener; see Stream.Close.
func (l *Listener) Close(t *sched.Task) error { return l.h.close(t) }
