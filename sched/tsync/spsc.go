package tsync

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// SPSC is a bounded channel from one sender to one receiver, first in, first out. While nobody waits, its two sides do not enter the
// core, so that on several workers they do not disturb each other or anybody else.
//
// The sender may cork it: what it puts then is hidden, and wakes nobody, until Uncork or until the sender is gone. A send that finds
// the channel full while it is corked fails with sched.ErrOutOfSpace, because the receiver cannot make room.
//
// The methods of a side are for one task at a time: TrySend, Send, StartSend, Cork, Uncork and CloseTx for the sender, TryRecv, Recv,
// WaitReady, StartReady and CloseRx for the receiver. Ends may be held: then the end of the holder closes its side. What is in the
// channel outlives the sender; what the receiver leaves bounces. Call Init before use; an SPSC must not be copied. Nothing here
// allocates.
type SPSC[T any] struct {
	ex     *sched.Executor
	id     int64
	name   string
	traced bool // every step takes the core, so that it and its event are one
	corked bool // belongs to the sender; changes in the core
	ring   []T
	tail   uint32        // where the next value goes; belongs to the sender, or in the core to whoever lets a blocked send in
	shown  atomic.Uint32 // up to where the receiver may take: tail, unless corked
	head   atomic.Uint32 // where the oldest value is; belongs to the receiver
	state  atomic.Uint32
	awaits atomic.Bool // somebody waits for a value, or is about to
	tx, rx sched.Resource
	out    SPSCSend[T] // of Send
	lists  [2]sched.List
}

// Bits of SPSC.state. They change in the core.
const (
	spscTxGone  uint32 = 1 << iota
	spscRxGone         // nothing is put or taken any more
	spscBlocked        // a send waits for room: nobody may overtake it
)

// Init gives the channel its executor, a name for reports, and its storage, whose length is the capacity: at least 1.
func (q *SPSC[T]) Init(ex *sched.Executor, name string, storage []T) {
	if len(storage) == 0 {
		panic("tsync: CH1: a channel has a capacity of at least 1")
	}
	ex.Lock()
	*q = SPSC[T]{ex: ex, id: ex.NewID(), name: name, ring: storage, traced: ex.Trace() != nil}
	ex.Trace().Emit(backend.EvChan, q.id, int64(len(storage)), q.senders().ID(ex), q.receivers().ID(ex), 0)
	ex.Unlock()
}

// inited demands that Init was called. Inside.
func (q *SPSC[T]) inited(t *sched.Task) {
	if q.ex == nil {
		t.Executor().Misuse("tsync: CH1: a channel is used before its Init")
	}
}

func (q *SPSC[T]) senders() *sched.List   { return &q.lists[0] }
func (q *SPSC[T]) receivers() *sched.List { return &q.lists[1] }

// Len returns the number of values that can be received now. For other tasks than those of the two sides it is a guess, within the
// capacity, if they act meanwhile.
func (q *SPSC[T]) Len() int {
	for {
		h := q.head.Load()
		if n := q.between(h, q.shown.Load()); q.head.Load() == h && n <= len(q.ring) {
			return n
		}
	}
}

// ID returns the channel's id in the trace.
func (q *SPSC[T]) ID() int64 { return q.id }

// Positions count from 0 to twice the capacity, so that empty and full differ; place is where a position lies in the ring.

func (q *SPSC[T]) between(from, to uint32) int {
	if to < from {
		return int(to) + 2*len(q.ring) - int(from)
	}
	return int(to - from)
}

func (q *SPSC[T]) place(pos uint32) int {
	if i := int(pos); i < len(q.ring) {
		return i
	}
	return int(pos) - len(q.ring)
}

func (q *SPSC[T]) after(pos uint32) uint32 {
	if pos++; int(pos) == 2*len(q.ring) {
		return 0
	}
	return pos
}

func (q *SPSC[T]) full() bool { return q.between(q.head.Load(), q.tail) == len(q.ring) }

// enter takes the core if steps have events.
func (q *SPSC[T]) enter(t *sched.Task) bool { return q.traced && t.Enter() }

func (q *SPSC[T]) emit(kind backend.EventKind, v *T, last int64) {
	if q.traced {
		q.ex.Trace().Emit(kind, q.id, sched.Digest(v), last, 0, 0)
	}
}

// put appends a value for which there is room. of is the sender, t the task that runs.
func (q *SPSC[T]) put(v T, of, t *sched.Task) {
	q.ring[q.place(q.tail)] = v
	q.tail = q.after(q.tail)
	q.emit(backend.EvPut, &v, int64(of.ID()))
	if !q.corked {
		q.show(t)
	}
}

// show lets the receiver have what was put, and wakes it. Whoever waits says so before it looks a last time, and here the order is the
// other way round: one of the two notices the other.
func (q *SPSC[T]) show(t *sched.Task) {
	q.shown.Store(q.tail)
	if q.awaits.Load() {
		in := t.Enter()
		q.rouse()
		t.Leave(in)
	}
}

// rouse fires the receiver that waits, if one does. It looks for itself what there is.
func (q *SPSC[T]) rouse() {
	q.awaits.Store(false)
	if n := q.receivers().First(); n != nil {
		n.Fire(backend.WakeChan)
	}
}

// take removes the oldest value, if one is shown, and lets a blocked send in.
func (q *SPSC[T]) take(t *sched.Task) (v T, ok bool) {
	h := q.head.Load()
	if h == q.shown.Load() || q.state.Load()&spscRxGone != 0 {
		return v, false
	}
	var none T
	i := q.place(h)
	v, q.ring[i] = q.ring[i], none
	q.head.Store(q.after(h))
	q.emit(backend.EvTake, &v, int64(t.ID()))
	if q.state.Load()&spscBlocked != 0 {
		in := t.Enter()
		q.letIn(t)
		t.Leave(in)
	}
	return v, true
}

// letIn puts the value of a blocked send. On the way into the core, the one that the caller has seen may have given up, or have found
// the room itself, and the sender may have filled it and wait again.
func (q *SPSC[T]) letIn(t *sched.Task) {
	n := q.senders().First()
	if n == nil || q.full() {
		return
	}
	w := n.Of.(*SPSCSend[T])
	w.state = sendDone
	q.put(w.value, n.Task(), t)
	q.unset(spscBlocked)
	n.Fire(backend.WakeChan)
}

func (q *SPSC[T]) set(bit uint32)   { q.state.Store(q.state.Load() | bit) }
func (q *SPSC[T]) unset(bit uint32) { q.state.Store(q.state.Load() &^ bit) }

// TrySend puts v if there is room now; ok is false if not, or if a side is closed. Futures may call it, too.
func (q *SPSC[T]) TrySend(t *sched.Task, v T) (ok bool) {
	in := q.enter(t)
	if ok = !t.Ending() && q.state.Load() == 0 && !q.full(); ok {
		q.put(v, t, t)
	}
	t.Leave(in)
	return ok
}

// Send puts v, waiting for room. It returns sched.ErrClosed if either side is closed, sched.ErrOutOfSpace if the channel is full and
// corked, sched.ErrCancelled if t is cancelled before the value was put; then v is not in the channel, and stays with the caller.
// Straight-line tasks only.
func (q *SPSC[T]) Send(t *sched.Task, v T) error {
	t.Point(q.id)
	if q.TrySend(t, v) {
		return nil
	}
	in := t.Enter()
	w := &q.out
	busy := w.own.Owner() != nil
	var err error
	if !busy {
		q.StartSend(w, v)
		if err = sched.Await(t, w); err == nil || w.state == sendDone { // put, and cancelled before its next poll: the value is in
			err = w.Err()
		}
		var none T
		w.value, w.state = none, sendNew
	}
	t.Leave(in)
	if busy {
		panic(oneSender)
	}
	return err
}

const (
	oneSender   = "tsync: CH7: an SPSC has one sender, which sends one value at a time"
	oneReceiver = "tsync: CH7: an SPSC has one receiver, which waits once at a time"
)

// TryRecv takes a value if one is there. Futures may call it, too.
func (q *SPSC[T]) TryRecv(t *sched.Task) (v T, ok bool) {
	in := q.enter(t)
	if !t.Ending() {
		v, ok = q.take(t)
	}
	t.Leave(in)
	return v, ok
}

// Recv takes the next value, waiting for one. It returns sched.ErrClosed when there will be none, sched.ErrCancelled if t is
// cancelled. Straight-line tasks only.
func (q *SPSC[T]) Recv(t *sched.Task) (T, error) {
	t.Point(q.id)
	for {
		if v, ok := q.TryRecv(t); ok {
			return v, nil
		}
		if err := q.WaitReady(t); err != nil {
			var none T
			return none, err
		}
	}
}

// WaitReady waits until a value can be received, and takes none. It returns sched.ErrClosed when there will be none,
// sched.ErrCancelled if t is cancelled. Straight-line tasks only.
func (q *SPSC[T]) WaitReady(t *sched.Task) error {
	in := t.Enter()
	busy := !q.receivers().Empty()
	var err error
	if !busy {
		err = q.wait(t)
	}
	t.Leave(in)
	if busy {
		panic(oneReceiver)
	}
	return err
}

func (q *SPSC[T]) wait(t *sched.Task) error {
	q.inited(t)
	for {
		if !t.Ending() { // otherwise Park says no, and ends a body that does not listen
			if ready, err := q.ready(); ready {
				return err
			}
		}
		if _, _, err := t.Park(q.receivers(), q.receiverSide()); err != nil {
			return err
		}
	}
}

// ready reports whether a receiver need not wait, and announces it if it must. The error says that nothing comes. Inside.
func (q *SPSC[T]) ready() (bool, error) {
	q.awaits.Store(true)
	state := q.state.Load()
	some := q.head.Load() != q.shown.Load()
	if !some && state&(spscTxGone|spscRxGone) == 0 {
		return false, nil
	}
	q.awaits.Store(false)
	if some && state&spscRxGone == 0 {
		return true, nil
	}
	return true, sched.ErrClosed
}
