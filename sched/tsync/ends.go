package tsync

import "github.com/tripoint-go/tripoint/sched"

// Sender is a sending end of a [Chan], owned by a task: it is released when that says so, or ends. The last sender that is released
// closes the sending side, as CloseTx does. Ends are optional; a channel of which nobody holds any is closed by its methods only.
//
// A Sender is memory of the program's. It has the storage for a send that waits, so that nothing is allocated, and sends one value at
// a time. It is for the task that owns it, and for whoever that lets use it. The zero value is an end that was released.
type Sender[T any] struct {
	c    *Chan[T]
	held bool
	res  sched.Resource
	wait SendWait[T]
}

// Receiver is a receiving end of a [Chan], owned by a task. The last receiver that is released closes the receiving side, as CloseRx
// does: the content and blocked sends bounce. For the rest see [Sender].
type Receiver[T any] struct {
	c    *Chan[T]
	held bool
	res  sched.Resource
}

// HoldTx makes s a sending end that t, which calls, owns. It returns sched.ErrClosed if the sending side is closed, and
// sched.ErrCancelled if t is being torn down: then s is no end. It does not allocate.
func (c *Chan[T]) HoldTx(t *sched.Task, s *Sender[T]) error {
	in := t.Enter()
	c.inited(t)
	busy := s.held
	var err error
	switch {
	case busy:
	case t.Ending():
		err = sched.ErrCancelled
	case c.txClosed:
		err = sched.ErrClosed
	default:
		s.c, s.held = c, true
		c.txEnds++
		t.Own(&s.res, s, dropEnd)
	}
	t.Leave(in)
	if busy {
		panic(heldOnce)
	}
	return err
}

// HoldRx makes r a receiving end that t, which calls, owns. It returns sched.ErrClosed if the receiving side is closed, and
// sched.ErrCancelled if t is being torn down: then r is no end. It does not allocate.
func (c *Chan[T]) HoldRx(t *sched.Task, r *Receiver[T]) error {
	in := t.Enter()
	c.inited(t)
	busy := r.held
	var err error
	switch {
	case busy:
	case t.Ending():
		err = sched.ErrCancelled
	case c.rxClosed:
		err = sched.ErrClosed
	default:
		r.c, r.held = c, true
		c.rxEnds++
		t.Own(&r.res, r, dropEnd)
	}
	t.Leave(in)
	if busy {
		panic(heldOnce)
	}
	return err
}

const heldOnce = "tsync: CH2: an end that is held is released before it is held again"

// end is what dropEnd gives up for a task that ends. It is a method, because the value of a generic function is made anew, on the
// heap, wherever it is used.
type end interface{ drop() }

func dropEnd(of any, _ *sched.Task) { of.(end).drop() }

// wait is what giveUp gives up for a task that ends.
type wait interface{ Abandon(t *sched.Task) }

func giveUp(of any, t *sched.Task) { of.(wait).Abandon(t) }

// hold makes t the owner of an end, in place of whoever was. A task that is being torn down lets it go at once. Inside the core.
func hold(t *sched.Task, res *sched.Resource, gone bool, e end) error {
	switch {
	case gone:
		return sched.ErrDetached
	case t.Ending():
		e.drop()
		return sched.ErrCancelled
	}
	res.Disown()
	t.Own(res, e, dropEnd)
	return nil
}

// give makes the task of a handle the owner of an end. One that has ended lets it go at once. Inside the core.
func give(t *sched.Task, res *sched.Resource, gone bool, to *sched.JoinHandle, e end) error {
	if gone {
		return sched.ErrDetached
	}
	res.Disown()
	t.Own(res, e, dropEnd)
	if !res.Give(to) {
		e.drop()
		return sched.ErrClosed
	}
	return nil
}

// Give makes the task of the handle the owner, which may use the end before that. t is the task that calls. If the other has ended,
// the end is released at once, as its own end would have done, and Give returns sched.ErrClosed; sched.ErrDetached says that the end
// was released before.
func (s *Sender[T]) Give(t *sched.Task, to *sched.JoinHandle) error {
	in := t.Enter()
	err := give(t, &s.res, !s.held, to, s)
	t.Leave(in)
	return err
}

// Give is [Sender.Give] for a receiving end.
func (r *Receiver[T]) Give(t *sched.Task, to *sched.JoinHandle) error {
	in := t.Enter()
	err := give(t, &r.res, !r.held, to, r)
	t.Leave(in)
	return err
}

// Release gives the end up; idempotent. t is the task that calls.
func (s *Sender[T]) Release(t *sched.Task) {
	in := t.Enter()
	s.drop()
	t.Leave(in)
}

func (s *Sender[T]) drop() {
	if !s.held {
		return
	}
	s.held = false
	s.res.Disown()
	if s.c.txEnds--; s.c.txEnds == 0 {
		s.c.closeTx()
	}
}

// Release gives the end up; idempotent. t is the task that calls.
func (r *Receiver[T]) Release(t *sched.Task) {
	in := t.Enter()
	r.drop()
	t.Leave(in)
}

func (r *Receiver[T]) drop() {
	if !r.held {
		return
	}
	r.held = false
	r.res.Disown()
	if r.c.rxEnds--; r.c.rxEnds == 0 {
		r.c.closeRx()
	}
}

// Send puts v, waiting for room. It returns sched.ErrClosed if either side is closed, sched.ErrDetached if the end was released,
// sched.ErrCancelled if t is cancelled before the value was put; then v is not in the channel, and stays with the caller. At the limit
// of an [Unbounded] it returns sched.ErrOutOfSpace. A second task that sends by the same end while one waits is a programmer error.
// Straight-line tasks only. It does not allocate.
func (s *Sender[T]) Send(t *sched.Task, v T) error {
	if c := s.c; c != nil {
		t.Point(c.id)
	}
	in := t.Enter()
	w := &s.wait
	held, busy := s.held, w.own.Owner() != nil
	var err error
	switch {
	case busy:
	case !held:
		err = sched.ErrDetached
	default:
		s.c.StartSend(w, v)
		if err = sched.Await(t, w); err == nil || w.state == sendDone { // put, and cancelled before its next poll: the value is in
			err = w.Err()
		}
		var none T
		w.value, w.state = none, sendNew
	}
	t.Leave(in)
	if busy {
		panic("tsync: CH7: an end sends one value at a time")
	}
	return err
}

// TrySend puts v if there is room now; ok is false if not, or if the channel is closed or the end was released.
func (s *Sender[T]) TrySend(t *sched.Task, v T) (ok bool) {
	in := t.Enter()
	ok = s.held && s.c.TrySend(t, v)
	t.Leave(in)
	return ok
}

// Recv takes the next value, waiting for one. It returns sched.ErrClosed when there will be none, sched.ErrDetached if the end was
// released, sched.ErrCancelled if t is cancelled. Straight-line tasks only. It does not allocate.
func (r *Receiver[T]) Recv(t *sched.Task) (v T, err error) {
	if c := r.c; c != nil {
		t.Point(c.id)
	}
	in := t.Enter()
	err = sched.ErrDetached
	if r.held {
		v, err = r.c.recv(t)
	}
	t.Leave(in)
	return v, err
}

// TryRecv takes a value if one is there for the taking.
func (r *Receiver[T]) TryRecv(t *sched.Task) (v T, ok bool) {
	in := t.Enter()
	if r.held {
		v, ok = r.c.TryRecv(t)
	}
	t.Leave(in)
	return v, ok
}
