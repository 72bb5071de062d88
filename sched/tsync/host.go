//go:build !tinygo

package tsync

import (
	"sync"

	"github.com/tripoint-go/tripoint/sched"
)

// threadLock keeps the workers of an executor out of each other's sections.
type threadLock struct{ sync.Mutex }

// apply runs the section of a sync mutex that begin has opened. A panic in f ends the section, too.
func apply[T any](c *syncCore, t *sched.Task, f func(*T), v *T) {
	defer c.end(t)
	f(v)
}

// mend runs a repair, if there is one, and says how it went.
func mend[T any](c *lockCore, t *sched.Task, repair func(*T), data *T) {
	whole := false
	defer func() { c.mended(t, whole) }()
	if repair != nil {
		repair(data)
	}
	whole = true
}

// mourning is what the panic that PanicOnPoison asked for says.
func mourning(mutex string) string {
	return "tsync: NC8: a task ended while it was changing the data of mutex " + mutex
}

// Send puts v, waiting for room. It returns sched.ErrClosed if either side is closed, sched.ErrCancelled if t is cancelled
// before the value was put; then v is not in the channel. Straight-line tasks only. It is for hosts, as it allocates the first
// time that so many wait: elsewhere a [Sender] has the memory, or a [SendWait] for [Chan.StartSend] and [sched.Await].
func (c *Chan[T]) Send(t *sched.Task, v T) error {
	t.Point(c.id)
	in := t.Enter()
	w := c.free
	if w == nil {
		w = new(SendWait[T])
	} else {
		c.free = w.next
	}
	c.StartSend(w, v)
	err := sched.Await(t, w)
	if err == nil || w.state == sendDone { // put, and cancelled before its next poll: the value is in the channel all the same
		err = w.Err()
	}
	var none T
	w.value, w.next, c.free = none, c.free, w
	t.Leave(in)
	return err
}

// WithRead locks as a reader, calls f with the data, for reading, and unlocks. f must not await. Errors as ReadLock.
// Straight-line tasks only. It is for hosts, as it allocates the first time that so many are at it: elsewhere the program owns a
// [ReadGuard], for [RWMutex.ReadLock].
func (m *RWMutex[T]) WithRead(t *sched.Task, f func(*T)) error {
	in := t.Enter()
	r := m.free
	if r == nil {
		r = new(ReadGuard[T])
	} else {
		m.free = r.next
	}
	t.Leave(in)
	err := m.ReadLock(t, r)
	if err == nil {
		f(r.data)
		r.Release()
	}
	in = t.Enter()
	r.next, m.free = m.free, r
	t.Leave(in)
	return err
}

// Wait is WaitIn in memory of its own. It is for hosts, as it allocates the first time that so many wait.
func (c *Cond[T]) Wait(t *sched.Task, g *Guard[T]) error {
	in := t.Enter()
	w := c.free
	if w == nil {
		w = new(CondWait)
	} else {
		c.free = w.next
	}
	t.Leave(in)
	err := c.WaitIn(t, w, g)
	in = t.Enter()
	w.next, c.free = c.free, w
	t.Leave(in)
	return err
}
