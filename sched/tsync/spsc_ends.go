package tsync

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Cork hides what is put from now on from the receiver, until Uncork or until the sender is gone. What was put before stays visible.
// Idempotent. t is the task that calls.
func (q *SPSC[T]) Cork(t *sched.Task) { q.cork(t, true) }

// Uncork shows all that was put, and wakes the receiver, once for all of it (CH4). Idempotent. t is the task that calls.
func (q *SPSC[T]) Uncork(t *sched.Task) { q.cork(t, false) }

func (q *SPSC[T]) cork(t *sched.Task, on bool) {
	in := t.Enter()
	if q.corked != on && q.state.Load()&(spscTxGone|spscRxGone) == 0 {
		q.corked = on
		var say int64
		if on {
			say = 1
		}
		q.ex.Trace().Emit(backend.EvCork, q.id, say, 0, 0, 0)
		if !on {
			q.show(t)
		}
	}
	t.Leave(in)
}

// HoldTx makes t, which calls it, the holder of the sending end in place of whoever was: its end is a CloseTx. It returns
// sched.ErrDetached if the sender is gone, and sched.ErrCancelled if t is being torn down: then the end is gone with it.
func (q *SPSC[T]) HoldTx(t *sched.Task) error {
	in := t.Enter()
	err := hold(t, &q.tx, q.state.Load()&spscTxGone != 0, (*spscSender[T])(q))
	t.Leave(in)
	return err
}

// HoldRx makes t, which calls it, the holder of the receiving end in place of whoever was: its end is a CloseRx. It returns
// sched.ErrDetached if the receiver is gone, and sched.ErrCancelled if t is being torn down: then the end is gone with it.
func (q *SPSC[T]) HoldRx(t *sched.Task) error {
	in := t.Enter()
	err := hold(t, &q.rx, q.state.Load()&spscRxGone != 0, (*spscReceiver[T])(q))
	t.Leave(in)
	return err
}

// GiveTx makes the task of a handle the holder of the sending end in place of whoever was. t is the task that calls. If the other has
// ended, the sender is gone at once, and GiveTx returns sched.ErrClosed; sched.ErrDetached as for HoldTx.
func (q *SPSC[T]) GiveTx(t *sched.Task, to *sched.JoinHandle) error {
	in := t.Enter()
	err := give(t, &q.tx, q.state.Load()&spscTxGone != 0, to, (*spscSender[T])(q))
	t.Leave(in)
	return err
}

// GiveRx makes the task of a handle the holder of the receiving end in place of whoever was. t is the task that calls. If the other has
// ended, the receiver is gone at once, and GiveRx returns sched.ErrClosed; sched.ErrDetached as for HoldRx.
func (q *SPSC[T]) GiveRx(t *sched.Task, to *sched.JoinHandle) error {
	in := t.Enter()
	err := give(t, &q.rx, q.state.Load()&spscRxGone != 0, to, (*spscReceiver[T])(q))
	t.Leave(in)
	return err
}

// CloseTx ends sending: what is in the channel, corked or not, can still be received, and a send that waits bounces. Idempotent.
func (q *SPSC[T]) CloseTx() {
	q.ex.Lock()
	q.closeTx()
	q.ex.Unlock()
}

func (q *SPSC[T]) closeTx() {
	q.tx.Disown()
	if q.state.Load()&spscTxGone != 0 {
		return
	}
	q.set(spscTxGone)
	q.ex.Trace().Emit(backend.EvChClose, q.id, backend.SideTx, 0, 0, 0)
	q.bounceSender()
	if q.state.Load()&spscRxGone == 0 {
		q.shown.Store(q.tail)
	}
	q.corked = false
	q.rouse()
}

// CloseRx ends receiving: the content and a send that waits bounce. Idempotent.
func (q *SPSC[T]) CloseRx() {
	q.ex.Lock()
	q.closeRx()
	q.ex.Unlock()
}

// closeRx drops what is shown; what the sender has hidden is dropped with the channel, unless there is a trace: then it stands still.
func (q *SPSC[T]) closeRx() {
	q.rx.Disown()
	if q.state.Load()&spscRxGone != 0 {
		return
	}
	q.set(spscRxGone)
	q.ex.Trace().Emit(backend.EvChClose, q.id, backend.SideRx, 0, 0, 0)
	end := q.shown.Load()
	if q.traced {
		end = q.tail
		q.shown.Store(end)
	}
	for h := q.head.Load(); h != end; h = q.after(h) {
		var none T
		i := q.place(h)
		q.emit(backend.EvBounce, &q.ring[i], backend.BounceClosed)
		q.ring[i] = none
	}
	q.head.Store(end)
	q.bounceSender()
	q.rouse()
}

func (q *SPSC[T]) bounceSender() {
	if n := q.senders().First(); n != nil {
		n.Of.(*SPSCSend[T]).bounce(sendBounced)
		n.Fire(backend.WakeChan)
	}
	q.unset(spscBlocked)
}

// SPSCSend is the future of a send. It is Ready when the value is in the channel, or bounced. It belongs to the task that polls it
// first.
type SPSCSend[T any] struct {
	q     *SPSC[T]
	value T
	state sendState
	node  sched.Node
	own   sched.Resource
}

// StartSend prepares w to send v; nothing happens before the first poll.
func (q *SPSC[T]) StartSend(w *SPSCSend[T], v T) {
	if w.own.Owner() != nil {
		panic(oneSender)
	}
	w.q, w.value, w.state = q, v, sendNew
	w.node.Of = w
}

// Poll is Ready when the value was put or has bounced.
func (w *SPSCSend[T]) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t, in)
	t.Leave(in)
	return p
}

func (w *SPSCSend[T]) poll(t *sched.Task, in bool) sched.Poll {
	q := w.q
	switch w.state {
	case sendNew:
		q.inited(t)
		if !q.senders().Empty() {
			q.ex.Misuse(oneSender) // Send has entered already
		}
		q.set(spscBlocked) // before the last look: whoever makes room looks for it afterwards
		switch {
		case q.state.Load() != spscBlocked:
			w.bounce(sendBounced)
		case !q.full():
			w.state = sendDone
			q.put(w.value, t, t)
		case q.corked:
			w.bounce(sendRefused)
		default:
			w.state = sendQueued
			q.senders().Link(&w.node, t)
			t.Own(&w.own, w, giveUp)
		}
		if w.state != sendQueued {
			q.unset(spscBlocked)
			return sched.Ready
		}
	case sendQueued:
		sameTask(&w.node, t, in)
	default:
		w.own.Disown()
		return sched.Ready
	}
	t.SetBlocker(q.senderSide())
	return sched.Pending
}

// Abandon takes a value that was not put yet back: it is never delivered (CH8). Idempotent.
func (w *SPSCSend[T]) Abandon(t *sched.Task) {
	in := t.Enter()
	w.own.Disown()
	if w.state == sendQueued {
		w.node.Unlink()
		w.q.unset(spscBlocked)
		w.bounce(sendBounced)
	}
	t.Leave(in)
}

func (w *SPSCSend[T]) bounce(state sendState) {
	w.state = state
	w.q.emit(backend.EvBounce, &w.value, backend.BounceUnsent)
}

// Err returns, once Ready, nil if the value is in the channel, sched.ErrClosed, or sched.ErrOutOfSpace.
func (w *SPSCSend[T]) Err() error {
	switch w.state {
	case sendBounced:
		return sched.ErrClosed
	case sendRefused:
		return sched.ErrOutOfSpace
	}
	return nil
}

// SPSCReady is the future of WaitReady: Ready when a value can be received, or none will come. Then TryRecv says which. It belongs to
// the task that polls it first.
type SPSCReady[T any] struct {
	q    *SPSC[T]
	node sched.Node
	own  sched.Resource
}

// StartReady prepares w to wait for a value; nothing happens before the first poll.
func (q *SPSC[T]) StartReady(w *SPSCReady[T]) {
	if w.own.Owner() != nil {
		panic(oneReceiver)
	}
	w.q = q
}

// Poll is Ready when a value can be received, or there will be none.
func (w *SPSCReady[T]) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t, in)
	t.Leave(in)
	return p
}

func (w *SPSCReady[T]) poll(t *sched.Task, in bool) sched.Poll {
	q := w.q
	q.inited(t)
	if ready, _ := q.ready(); ready {
		w.node.Unlink()
		w.own.Disown()
		return sched.Ready
	}
	if w.node.Linked() {
		sameTask(&w.node, t, in)
	} else {
		if !q.receivers().Empty() {
			t.Leave(in)
			panic(oneReceiver)
		}
		q.receivers().Link(&w.node, t)
		if w.own.Owner() == nil {
			t.Own(&w.own, w, giveUp)
		}
	}
	t.SetBlocker(q.receiverSide())
	return sched.Pending
}

// Abandon stops waiting; idempotent.
func (w *SPSCReady[T]) Abandon(t *sched.Task) {
	in := t.Enter()
	w.own.Disown()
	w.node.Unlink()
	t.Leave(in)
}

// sides of an SPSC, for reports and for the tasks that hold them.
type (
	spscSender[T any]   SPSC[T]
	spscReceiver[T any] SPSC[T]
)

func (q *SPSC[T]) senderSide() sched.Blocker   { return (*spscSender[T])(q) }
func (q *SPSC[T]) receiverSide() sched.Blocker { return (*spscReceiver[T])(q) }

func (q *spscSender[T]) drop()   { (*SPSC[T])(q).closeTx() }
func (q *spscReceiver[T]) drop() { (*SPSC[T])(q).closeRx() }

// Blocked implements sched.Blocker.
func (q *spscSender[T]) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "room in channel", ID: q.id, Name: q.name}
}

// Blocked implements sched.Blocker.
func (q *spscReceiver[T]) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "value in channel", ID: q.id, Name: q.name}
}
