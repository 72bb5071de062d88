package tsync

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Oneshot carries one value from one task to another: the receiver learns exactly once that the value came or that the
// sender is gone, the sender that the value was put or that the receiver is gone (CH6). Call Init before use; a Oneshot must
// not be copied.
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

// HoldTx makes t, which calls it, the sender: its end without a Send tells the receiver that none comes.
func (o *Oneshot[T]) HoldTx(t *sched.Task) {
	in := t.Enter()
	t.Own(&o.tx, o, releaseTx[T])
	t.Leave(in)
}

// HoldRx makes t, which calls it, the receiver: its end tells the sender that nobody waits.
func (o *Oneshot[T]) HoldRx(t *sched.Task) {
	in := t.Enter()
	t.Own(&o.rx, o, releaseRx[T])
	t.Leave(in)
}

func releaseTx[T any](of any, _ *sched.Task) { of.(*Oneshot[T]).closeTx() }
func releaseRx[T any](of any, _ *sched.Task) { of.(*Oneshot[T]).closeRx() }

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
		o.read = true
		o.rx.Disown()
		o.c.dismiss()
	}
	return v, err
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
