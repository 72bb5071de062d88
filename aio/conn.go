package aio

import (
	"net"
	"os"
	"time"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Conn is a stream as a net.Conn, for code of a library that runs in one task: its methods wait like those of the stream.
// They must not be called from a goroutine, or from another task. Errors are those of the stream, but net.ErrClosed for
// sched.ErrClosed.
//
// A buffer that was lent to a call that ended with sched.ErrCancelled must not be used for something else before the task
// has ended: code that pools its buffers does that.
type Conn struct {
	s                *Stream
	t                *sched.Task
	read, write      limit
	reading, writing deadline
	remote, here     net.Addr
}

// limit is the bound on calls in one direction: an instant for all of them, or a time for each.
type limit struct {
	at    vclock.Instant
	each  vclock.Duration
	bound bool // at counts
}

var _ net.Conn = (*Conn)(nil)

// Conn returns the stream as a connection for code that runs in t. It allocates.
func (s *Stream) Conn(t *sched.Task) *Conn {
	return &Conn{s: s, t: t, remote: netAddr(s.peer, false)}
}

// begin starts the bound of one call, if there is one. nil, nil: there is none.
func (l *limit) begin(t *sched.Task, u *deadline) (*deadline, error) {
	after := l.each
	switch {
	case l.bound:
		if after = l.at.Sub(t.Executor().Now()); after <= 0 {
			return nil, os.ErrDeadlineExceeded
		}
	case after <= 0:
		return nil, nil
	}
	u.begin(t, after)
	return u, nil
}

// Read implements net.Conn: see Stream.Read. After the deadline the error is os.ErrDeadlineExceeded, and no byte is lost.
func (c *Conn) Read(p []byte) (int, error) {
	u, err := c.read.begin(c.t, &c.reading)
	if err != nil {
		return 0, err
	}
	n, err := c.s.read(c.t, p, u)
	if u != nil {
		u.end(c.t)
	}
	return n, closed(err)
}

// Write implements net.Conn: see Stream.WriteAll. After the deadline the error is os.ErrDeadlineExceeded.
func (c *Conn) Write(p []byte) (int, error) {
	u, err := c.write.begin(c.t, &c.writing)
	if err != nil {
		return 0, err
	}
	n, err := c.s.writeAll(c.t, p, u)
	if u != nil {
		u.end(c.t)
	}
	return n, closed(err)
}

// Close implements net.Conn: see Stream.Close.
func (c *Conn) Close() error { return closed(c.s.Close(c.t)) }

// closed says that a connection is closed as package net does.
func closed(err error) error {
	if err == sched.ErrClosed {
		return net.ErrClosed
	}
	return err
}

// LocalAddr implements net.Conn. It is nil where the backend does not know it.
func (c *Conn) LocalAddr() net.Addr {
	if c.here == nil {
		if a, err := c.s.LocalAddr(); err == nil {
			c.here = netAddr(a, false)
		}
	}
	return c.here
}

// RemoteAddr implements net.Conn. It is nil for a stream that is no connection.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn: SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(at time.Time) error {
	c.SetReadDeadline(at)
	return c.SetWriteDeadline(at)
}

// SetReadDeadline implements net.Conn. It bounds the calls that follow; the time is that of the machine's clock, of which
// only the distance from now counts. In a simulation, use SetTimeout.
func (c *Conn) SetReadDeadline(at time.Time) error {
	c.read.set(c.t, at)
	return nil
}

// SetWriteDeadline implements net.Conn; see SetReadDeadline.
func (c *Conn) SetWriteDeadline(at time.Time) error {
	c.write.set(c.t, at)
	return nil
}

func (l *limit) set(t *sched.Task, at time.Time) {
	*l = limit{bound: !at.IsZero()}
	if l.bound {
		l.at = t.Executor().Now().Add(max(vclock.Duration(time.Until(at)), 0))
	}
}

// SetTimeout bounds each call that follows to d on the executor's clock, in place of deadlines; 0 is no bound.
func (c *Conn) SetTimeout(d vclock.Duration) {
	c.read, c.write = limit{each: d}, limit{each: d}
}
