//go:build !tinygo

package tsync

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Unbounded is a [Chan] whose storage grows with its content, so that a send never waits. It is for hosts. With a limit, a send beyond
// it fails with sched.ErrOutOfSpace and the value stays with the caller; without one, memory is the limit. The storage doubles when it
// is full and halves when three quarters of it are empty, so a send allocates now and then, and a channel whose content stays about
// the same never.
//
// It has the methods of a Chan: receives, futures, ends and the two ways to close are those of a bounded one. Call its own Init before
// use.
type Unbounded[T any] struct{ Chan[T] }

// ringMin is the smallest storage of an unbounded channel that has held anything.
const ringMin = 8

// Init gives the channel its executor, a name for reports, and the largest number of values in it, 0 if there is none. A negative limit
// is a programmer error.
func (u *Unbounded[T]) Init(ex *sched.Executor, name string, limit int) {
	if limit < 0 {
		panic("tsync: CH1: a channel has no negative limit")
	}
	capacity := int64(-1)
	if limit > 0 {
		capacity = int64(limit)
	}
	u.Chan.init(ex, name, nil, capacity)
	u.grows, u.limit = true, limit
}

// Send puts v. It never waits, so futures may call it, too. It returns sched.ErrClosed if either side is closed, sched.ErrOutOfSpace
// at the limit, sched.ErrCancelled if t is being torn down: then v is not in the channel.
func (u *Unbounded[T]) Send(t *sched.Task, v T) error {
	c := &u.Chan
	t.Point(c.id)
	in := t.Enter()
	c.inited(t)
	var err error
	switch {
	case t.Ending():
		_, _, err = t.Park(&c.senders, c.senderSide()) // says no, and ends a body that does not listen
	case c.txClosed || c.rxClosed:
		c.emit(backend.EvBounce, &v, backend.BounceUnsent)
		err = sched.ErrClosed
	case !c.room():
		c.emit(backend.EvBounce, &v, backend.BounceUnsent)
		err = sched.ErrOutOfSpace
	default:
		c.put(v, t)
	}
	t.Leave(in)
	return err
}

// grow makes room for one more value at least; false: the limit is reached.
func (c *Chan[T]) grow() bool {
	if c.limit > 0 && c.len >= c.limit {
		return false
	}
	n := max(ringMin, 2*len(c.ring))
	if c.limit > 0 {
		n = min(n, c.limit)
	}
	c.move(n)
	return true
}

// shrink gives storage back that a burst has left.
func (c *Chan[T]) shrink() {
	switch n := len(c.ring); {
	case c.rxClosed:
		c.ring, c.head = nil, 0
	case n > ringMin && c.len <= n/4:
		c.move(max(ringMin, n/2))
	}
}

// move replaces the ring by one of n places, which is enough.
func (c *Chan[T]) move(n int) {
	ring := make([]T, n)
	first := copy(ring, c.ring[c.head:min(c.head+c.len, len(c.ring))])
	copy(ring[first:], c.ring[:c.len-first])
	c.ring, c.head = ring, 0
}
