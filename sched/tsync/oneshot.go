package tsync

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Oneshot carries one value from one task to another: the receiver learns exactly once that the value came or that the
// sender is gone, the sender that the value was put or that the receiver is gone (CH6). Its two ends may be held: then the end of the
// holder counts as that of the sender or receiver. Call Init before use; a Oneshot must not be copied. Nothing here allocates.
type Oneshot[T any] struct {
	c    Chan[T]
	cell [1]T
	tx   sched.Resource
	rx   sched.Resource
	sent bool
	read bool
}

// Init gives the oneshot its executor and a name for reports.
func (o *Oneshot[T]) Init(ex *sched.Executor, name string) {
	*o = Oneshot[T]{}
	o.c.init(ex, name, o.cell[:], 0)
}

// HoldTx makes t, which calls it, the sender in place of whoever was: its end without a Send tells the receiver that none comes. It
// returns sched.ErrDetached if there was a Send or the sender is gone, and sched.ErrCancelled if t is being torn down: then the end is
// gone with it.
func (o *Oneshot[T]) HoldTx(t *sched.Task) error {
	in := t.Enter()
	err := hold(t, &o.tx, o.sent || o.c.txClosed, (*oneshotTx[T])(o))
	t.Leave(in)
	return err
}

// HoldRx makes t, which calls it, the receiver in place of whoever was: its end tells the sender that nobody waits. It returns
// sched.ErrDetached if the outcome was taken or the receiver is gone, and sched.ErrCancelled if t is being torn down: then the end is
// gone with it.
func (o *Oneshot[T]) HoldRx(t *sched.Task) error {
	in := t.Enter()
	err := hold(t, &o.rx, o.read || o.c.rxClosed, (*oneshotRx[T])(o))
	t.Leave(in)
	return err
}

// GiveTx makes the task of a handle the sender in place of whoever was. t is the task that calls. If the other has ended, the sender is
// gone at once, and GiveTx returns sched.ErrClosed; sched.ErrDetached as for HoldTx.
func (o *Oneshot[T]) GiveTx(t *sched.Task, to *sched.JoinHandle) error {
	in := t.Enter()
	err := give(t, &o.tx, o.sent || o.c.txClosed, to, (*oneshotTx[T])(o))
	t.Leave(in)
	return err
}

// GiveRx makes the task of a handle the receiver in place of whoever was. t is the task that calls. If the other has ended, the
// receiver is gone at once, and GiveRx returns sched.ErrClosed; sched.ErrDetached as for HoldRx.
func (o *Oneshot[T]) GiveRx(t *sched.Task, to *sched.JoinHandle) error {
	in := t.Enter()
	err := give(t, &o.rx, o.read || o.c.rxClosed, to, (*oneshotRx[T])(o))
	t.Leave(in)
	return err
}

// ends of a oneshot, for the tasks that hold them.
type (
	oneshotTx[T any] Oneshot[T]
	oneshotRx[T any] Oneshot[T]
)

func (o *oneshotTx[T]) drop() { (*Oneshot[T])(o).closeTx() }
func (o *oneshotRx[T]) drop() { (*Oneshot[T])(o).closeRx() }

// Send gives the value. It never waits. It returns sched.ErrClosed, and the value stays with the caller, if the receiver is
// gone, and sched.ErrDetached for a second Send.
func (o *Oneshot[T]) Send(t *sched.Task, v T) error {
	t.Point(o.c.id)
	in := t.Enter()
	err := o.send(t, v)
	t.Leave(in)
	return err
}

func (o *Oneshot[T]) send(t *sched.Task, v T) error {
	o.c.inited(t)
	switch {
	case t.Ending():
		return sched.ErrCancelled
	case o.sent || o.c.txClosed:
		return sched.ErrDetached
	}
	o.sent = true
	o.tx.Disown()
	if o.c.rxClosed {
		o.c.emit(backend.EvBounce, &v, backend.BounceUnsent)
		return sched.ErrClosed
	}
	o.c.put(v, t)
	return nil
}

// Recv waits for the value. It returns sched.ErrClosed if the sender is gone, sched.ErrDetached if the outcome was taken
// before, also by another task while this one waited, sched.ErrCancelled if t is cancelled. Straight-line tasks only.
func (o *Oneshot[T]) Recv(t *sched.Task) (T, error) {
	in := t.Enter()
	if !o.read {
		t.Point(o.c.id)
	}
	v, err := o.recv(t)
	t.Leave(in)
	return v, err
}

func (o *Oneshot[T]) recv(t *sched.Task) (T, error) {
	var none T
	if o.read {
		return none, sched.ErrDetached
	}
	v, err := o.c.recv(t)
	switch {
	case sched.Is(err, sched.ErrCancelled):
	case o.read:
		return none, sched.ErrDetached
	default:
		o.learn()
	}
	return v, err
}

// learn notes that the receiver knows the outcome, and dismisses whoever waits besides.
func (o *Oneshot[T]) learn() {
	o.read = true
	o.rx.Disown()
	o.c.dismiss()
}

// OneshotWait is the future of a receive. It is Ready when there is an outcome; Value tells which. It belongs to the task that polls it
// first. One that is abandoned leaves the outcome to others.
type OneshotWait[T any] struct {
	o    *Oneshot[T]
	recv RecvWait[T]
	late bool // the outcome was taken by somebody else
	done bool
}

// StartRecv prepares w to receive; nothing happens before the first poll.
func (o *Oneshot[T]) StartRecv(w *OneshotWait[T]) {
	o.c.StartRecv(&w.recv)
	w.o, w.late, w.done = o, false, false
}

// Poll is Ready when there is an outcome.
func (w *OneshotWait[T]) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t, in)
	t.Leave(in)
	return p
}

func (w *OneshotWait[T]) poll(t *sched.Task, in bool) sched.Poll {
	o := w.o
	switch {
	case w.done:
	case w.recv.state == sendNew && o.read:
		w.done, w.late = true, true
	case w.recv.poll(t, in) == sched.Pending:
		return sched.Pending
	default:
		w.done = true
		if w.late = o.read; !w.late {
			o.learn()
		}
	}
	return sched.Ready
}

// Abandon stops waiting. A value that came for this receiver is left to the next. Idempotent.
func (w *OneshotWait[T]) Abandon(t *sched.Task) { w.recv.Abandon(t) }

// Value returns, once Ready, the value, sched.ErrClosed if the sender is gone, or sched.ErrDetached if somebody else took the outcome.
func (w *OneshotWait[T]) Value() (T, error) {
	if w.late {
		var none T
		return none, sched.ErrDetached
	}
	return w.recv.Value()
}

// CloseTx says that no value comes; after a Send it does nothing.
func (o *Oneshot[T]) CloseTx() {
	o.c.ex.Lock()
	o.closeTx()
	o.c.ex.Unlock()
}

func (o *Oneshot[T]) closeTx() {
	o.tx.Disown()
	if !o.sent {
		o.c.closeTx()
	}
}

// CloseRx says that nobody waits any more; a value that was sent and not taken bounces. After a Recv it does nothing.
func (o *Oneshot[T]) CloseRx() {
	o.c.ex.Lock()
	o.closeRx()
	o.c.ex.Unlock()
}

func (o *Oneshot[T]) closeRx() {
	o.rx.Disown()
	if !o.read {
		o.c.closeRx()
	}
}
