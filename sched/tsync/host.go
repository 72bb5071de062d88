//go:build !tinygo

package tsync

import "github.com/tripoint-go/tripoint/sched"

// mourning is what the panic that PanicOnPoison asked for says.
func mourning(mutex string) string {
	return "tsync: NC8: a task ended while it was changing the data of mutex " + mutex
}

// Send puts v, waiting for room. It returns sched.ErrClosed if either side is closed, sched.ErrCancelled if t is cancelled
// before the value was put; then v is not in the channel. Straight-line tasks only. It is for hosts, as it allocates the first
// time that so many wait: elsewhere the program owns a [SendWait], for [Chan.StartSend] and [sched.Await].
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
