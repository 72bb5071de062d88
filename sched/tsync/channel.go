package tsync

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Chan is a bounded channel for many senders and receivers, first in, first out. A full channel blocks senders, an empty one
// receivers, each in order of arrival. CloseTx says that nothing more comes: what is in the channel stays takeable, then
// receivers get sched.ErrClosed. CloseRx says that nobody takes any more: the content and every pending or later send
// bounce. A [Sender] and a [Receiver] are ends that tasks own: the last of a kind that is released closes its side.
//
// A value that is put for a waiting receiver is reserved for it: its turn comes at its next poll, nobody overtakes it, and
// if it is cancelled before that, the value goes to the next in line. Call Init before use; a Chan must not be copied.
type Chan[T any] struct {
	ex        *sched.Executor
	id        int64
	name      string
	ring      []T
	head, len int
	reserved  int // values promised to receivers that were fired and have not taken yet
	txClosed  bool
	rxClosed  bool
	grows     bool // of an Unbounded: a full ring is replaced by a larger one
	limit     int  // of an Unbounded; 0: none
	txEnds    int  // held by tasks
	rxEnds    int
	senders   sched.List
	receivers sched.List
	free      *SendWait[T]
}

// Init gives the channel its executor, a name for reports, and its storage, whose length is the capacity: at least 1.
func (c *Chan[T]) Init(ex *sched.Executor, name string, storage []T) {
	if len(storage) == 0 {
		panic("tsync: CH1: a channel has a capacity of at least 1")
	}
	c.init(ex, name, storage, int64(len(storage)))
}

func (c *Chan[T]) init(ex *sched.Executor, name string, storage []T, capacity int64) {
	ex.Lock()
	*c = Chan[T]{ex: ex, id: ex.NewID(), name: name, ring: storage}
	ex.Trace().Emit(backend.EvChan, c.id, capacity, c.senders.ID(ex), c.receivers.ID(ex), 0)
	ex.Unlock()
}

// Len returns the number of values in the channel.
func (c *Chan[T]) Len() int {
	c.ex.Lock()
	n := c.len
	c.ex.Unlock()
	return n
}

// ID returns the channel's id in the trace.
func (c *Chan[T]) ID() int64 { return c.id }

// emit writes an event about a value. The digest of an error asks it for its text, so it is made only for a trace.
func (c *Chan[T]) emit(kind backend.EventKind, v *T, last int64) {
	if tr := c.ex.Trace(); tr != nil {
		tr.Emit(kind, c.id, sched.Digest(v), last, 0, 0)
	}
}

// inited demands that Init was called. Inside.
func (c *Chan[T]) inited(t *sched.Task) {
	if c.ex == nil {
		t.Executor().Misuse("tsync: CH1: a channel is used before its Init")
	}
}

// room reports whether one more value fits.
func (c *Chan[T]) room() bool { return c.len < len(c.ring) || c.grows && c.grow() }

// put appends a value and fires the oldest waiting receiver for it.
func (c *Chan[T]) put(v T, t *sched.Task) {
	i := c.head + c.len
	if i >= len(c.ring) {
		i -= len(c.ring)
	}
	c.ring[i] = v
	c.len++
	c.emit(backend.EvPut, &v, int64(t.ID()))
	c.offer()
}

// offer promises values that nobody was promised to waiting receivers.
func (c *Chan[T]) offer() {
	for c.len > c.reserved && !c.receivers.Empty() {
		c.reserved++
		n := c.receivers.First()
		n.Code = codeOwned
		n.Fire(backend.WakeChan)
	}
}

// take removes the oldest value and lets the oldest blocked sender in.
func (c *Chan[T]) take(t *sched.Task) T {
	var none T
	v := c.ring[c.head]
	c.ring[c.head] = none
	c.head++
	if c.head == len(c.ring) {
		c.head = 0
	}
	c.len--
	if c.grows {
		c.shrink()
	}
	c.emit(backend.EvTake, &v, int64(t.ID()))
	if n := c.senders.First(); n != nil {
		w := n.Of.(*SendWait[T])
		w.state = sendDone
		c.put(w.value, n.Task())
		n.Code = codeOwned
		n.Fire(backend.WakeChan)
	}
	c.drained()
	return v
}

// SendWait is the future of a send. It is Ready when the value is in the channel, or bounced. It belongs to the task that
// polls it first.
type SendWait[T any] struct {
	c     *Chan[T]
	value T
	state sendState
	node  sched.Node
	own   sched.Resource
	next  *SendWait[T]
}

type sendState uint8

const (
	sendNew sendState = iota
	sendQueued
	sendDone
	sendBounced
	sendRefused // bounced, because there will be no room
)

// StartSend prepares w to send v; nothing happens before the first poll.
func (c *Chan[T]) StartSend(w *SendWait[T], v T) {
	if w.own.Owner() != nil {
		panic("tsync: CH7: a send is started once at a time")
	}
	w.c, w.value, w.state = c, v, sendNew
	w.node.Of = w
}

// Poll is Ready when the value was put or has bounced.
func (w *SendWait[T]) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t, in)
	t.Leave(in)
	return p
}

func (w *SendWait[T]) poll(t *sched.Task, in bool) sched.Poll {
	c := w.c
	switch w.state {
	case sendNew:
		c.inited(t)
		switch {
		case c.rxClosed || c.txClosed:
			w.bounce(backend.BounceUnsent)
			return sched.Ready
		case c.senders.Empty() && c.room():
			w.state = sendDone
			c.put(w.value, t)
			return sched.Ready
		case c.grows:
			w.bounce(backend.BounceUnsent)
			w.state = sendRefused
			return sched.Ready
		}
		w.state = sendQueued
		c.senders.Link(&w.node, t)
		t.Own(&w.own, w, giveUp)
	case sendQueued:
		sameTask(&w.node, t, in)
	default:
		w.own.Disown()
		return sched.Ready
	}
	t.SetBlocker(c.senderSide())
	return sched.Pending
}

// Abandon takes a value that was not put yet back (CH8). Idempotent.
func (w *SendWait[T]) Abandon(t *sched.Task) {
	in := t.Enter()
	w.own.Disown()
	if w.state == sendQueued {
		w.node.Unlink()
		w.bounce(backend.BounceUnsent)
	}
	t.Leave(in)
}

func (w *SendWait[T]) bounce(why int64) {
	w.state = sendBounced
	w.c.emit(backend.EvBounce, &w.value, why)
}

// Err returns, once Ready, nil if the value is in the channel, sched.ErrClosed, or, at the limit of an unbounded channel,
// sched.ErrOutOfSpace.
func (w *SendWait[T]) Err() error {
	switch w.state {
	case sendBounced:
		return sched.ErrClosed
	case sendRefused:
		return sched.ErrOutOfSpace
	}
	return nil
}

// RecvWait is the future of a receive. It is Ready when it has a value or the channel is closed and empty. It belongs to the
// task that polls it first.
type RecvWait[T any] struct {
	c     *Chan[T]
	value T
	err   bool
	state sendState
	node  sched.Node
	own   sched.Resource
}

// StartRecv prepares w to receive; nothing happens before the first poll.
func (c *Chan[T]) StartRecv(w *RecvWait[T]) {
	if w.state == sendQueued {
		panic("tsync: CH7: a receive is started once at a time")
	}
	w.c, w.err, w.state = c, false, sendNew
}

// Poll is Ready when there is a value for this receiver, or there will be none.
func (w *RecvWait[T]) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t, in)
	t.Leave(in)
	return p
}

func (w *RecvWait[T]) poll(t *sched.Task, in bool) sched.Poll {
	c := w.c
	switch w.state {
	case sendNew:
		v, ok, err := c.tryRecv(t)
		if ok || err != nil {
			w.value, w.err, w.state = v, err != nil, sendDone
			return sched.Ready
		}
		w.state = sendQueued
		c.receivers.Link(&w.node, t)
		t.Own(&w.own, w, giveUp)
	case sendQueued:
		sameTask(&w.node, t, in)
		if w.node.Fired() {
			w.own.Disown()
			w.state = sendDone
			w.value, w.err = c.receive(w.node.Code, t)
			return sched.Ready
		}
	default:
		return sched.Ready
	}
	t.SetBlocker(c.receiverSide())
	return sched.Pending
}

// Abandon leaves the queue; a value that was reserved goes to the next in line. Idempotent.
func (w *RecvWait[T]) Abandon(t *sched.Task) {
	in := t.Enter()
	w.own.Disown()
	if w.state == sendQueued {
		w.state = sendDone
		w.node.Unlink()
		if w.node.Fired() {
			w.c.unreserve(w.node.Code)
		}
	}
	t.Leave(in)
}

// Value returns, once Ready, the value, or sched.ErrClosed.
func (w *RecvWait[T]) Value() (T, error) {
	if w.err {
		var none T
		return none, sched.ErrClosed
	}
	return w.value, nil
}

// tryRecv takes a value that nobody else was promised, or says that there will be none.
func (c *Chan[T]) tryRecv(t *sched.Task) (v T, ok bool, err error) {
	if c.len > c.reserved {
		return c.take(t), true, nil
	}
	c.inited(t)
	if c.len == 0 && c.txClosed || c.rxClosed {
		return v, false, sched.ErrClosed
	}
	return v, false, nil
}

// receive is what a fired receiver does: closed says that it gets nothing.
func (c *Chan[T]) receive(code uint8, t *sched.Task) (v T, closed bool) {
	if code != codeOwned || c.rxClosed {
		return v, true
	}
	c.reserved--
	return c.take(t), false
}

func (c *Chan[T]) unreserve(code uint8) {
	if code == codeOwned && !c.rxClosed {
		c.reserved--
		c.offer()
	}
}

// drained tells waiting receivers that nothing more comes. As long as a value is left they wait, even if it is promised to
// somebody else: that receiver may be cancelled, and then it is theirs.
func (c *Chan[T]) drained() {
	if c.txClosed && c.len == 0 {
		c.dismiss()
	}
}

// dismiss tells waiting receivers that they get nothing.
func (c *Chan[T]) dismiss() {
	if !c.receivers.Empty() {
		c.receivers.PassEach(c.ex, backend.WakeChan, closeNode)
	}
}

func closeNode(n *sched.Node) { n.Code = codeClosed }

// CloseTx ends sending. Blocked senders bounce; what is in the channel can still be received. Idempotent.
func (c *Chan[T]) CloseTx() {
	c.ex.Lock()
	c.closeTx()
	c.ex.Unlock()
}

func (c *Chan[T]) closeTx() {
	if c.txClosed {
		return
	}
	c.txClosed = true
	c.ex.Trace().Emit(backend.EvChClose, c.id, backend.SideTx, 0, 0, 0)
	c.bounceSenders()
	c.drained()
}

// CloseRx ends receiving: the content and every blocked sender bounce. Idempotent.
func (c *Chan[T]) CloseRx() {
	c.ex.Lock()
	c.closeRx()
	c.ex.Unlock()
}

func (c *Chan[T]) closeRx() {
	if c.rxClosed {
		return
	}
	c.rxClosed = true
	c.ex.Trace().Emit(backend.EvChClose, c.id, backend.SideRx, 0, 0, 0)
	for ; c.len > 0; c.len-- {
		c.emit(backend.EvBounce, &c.ring[c.head], backend.BounceClosed)
		var none T
		c.ring[c.head] = none
		c.head = (c.head + 1) % len(c.ring)
	}
	c.reserved = 0
	if c.grows {
		c.shrink()
	}
	c.bounceSenders()
	c.dismiss()
}

func (c *Chan[T]) bounceSenders() {
	if !c.senders.Empty() {
		c.senders.PassEach(c.ex, backend.WakeChan, func(n *sched.Node) {
			n.Code = codeClosed
			n.Of.(*SendWait[T]).bounce(backend.BounceUnsent)
		})
	}
}

// Recv takes the next value, waiting for one. It returns sched.ErrClosed when there will be none, sched.ErrCancelled if t is
// cancelled. Straight-line tasks only.
func (c *Chan[T]) Recv(t *sched.Task) (T, error) {
	t.Point(c.id)
	in := t.Enter()
	v, err := c.recv(t)
	t.Leave(in)
	return v, err
}

func (c *Chan[T]) recv(t *sched.Task) (T, error) {
	var none T
	if !t.Ending() { // otherwise Park says no, and ends a body that does not listen
		if v, ok, err := c.tryRecv(t); ok || err != nil {
			return v, err
		}
	}
	code, fired, err := t.Park(&c.receivers, c.receiverSide())
	if err != nil {
		if fired {
			c.unreserve(code)
		}
		return none, err
	}
	v, closed := c.receive(code, t)
	if closed {
		return none, sched.ErrClosed
	}
	return v, nil
}

// TrySend puts v if there is room now; ok is false if not, or if the channel is closed.
func (c *Chan[T]) TrySend(t *sched.Task, v T) (ok bool) {
	in := t.Enter()
	c.inited(t)
	if !t.Ending() && !c.rxClosed && !c.txClosed && c.senders.Empty() && c.room() {
		c.put(v, t)
		ok = true
	}
	t.Leave(in)
	return ok
}

// TryRecv takes a value if one is there for the taking.
func (c *Chan[T]) TryRecv(t *sched.Task) (v T, ok bool) {
	in := t.Enter()
	if !t.Ending() {
		v, ok, _ = c.tryRecv(t)
	}
	t.Leave(in)
	return v, ok
}

// sides of a channel, for reports.
type (
	senderSide[T any]   Chan[T]
	receiverSide[T any] Chan[T]
)

func (c *Chan[T]) senderSide() sched.Blocker   { return (*senderSide[T])(c) }
func (c *Chan[T]) receiverSide() sched.Blocker { return (*receiverSide[T])(c) }

// Blocked implements sched.Blocker.
func (c *senderSide[T]) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "room in channel", ID: c.id, Name: c.name}
}

// Blocked implements sched.Blocker.
func (c *receiverSide[T]) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "value in channel", ID: c.id, Name: c.name}
}
