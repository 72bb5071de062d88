package sched

import "github.com/tripoint-go/tripoint/backend"

type opWaitState uint8

const (
	opwIdle opWaitState = iota
	opwNew
	opwStalled // waits for a slot
	opwLinked  // has a slot
	opwRefused
	opwDone
)

// OpWait is the future of one operation. It is submitted at its first poll and never Ready in that poll (IO11); the result
// goes to whichever task polled it last. The zero value is idle; Start makes it new. The slot keeps everything the backend
// borrows, so an OpWait may be abandoned and its memory reused at any moment; only the buffer stays lent.
type OpWait struct {
	op     backend.Op
	state  opWaitState
	moves  bool
	picked bool
	pick   uint16
	res    int32
	slot   *OpSlot
	hook   OpHook
	node   Node
	own    Resource
}

// Start prepares a new operation; nothing happens before the first poll. An operation of this OpWait that is still under
// way is a programmer error.
func (w *OpWait) Start(kind backend.OpKind, fd int32, buf []byte, off int64) {
	w.StartOp(&backend.Op{Kind: kind, FD: fd, Buf: buf, Off: off})
}

// StartOp is Start for an operation with more to it. The operation is copied; what it points to is lent. Its id is chosen
// here. Links are for backends and refused: a task that wants an order awaits.
func (w *OpWait) StartOp(op *backend.Op) {
	if w.state == opwStalled || w.state == opwLinked {
		panic("sched: IO1: an operation is started once at a time")
	}
	w.op, w.state, w.res, w.hook = *op, opwNew, 0, nil
	w.moves, w.picked = false, false
}

// Hook names who learns when the operation is over. It is called after Start and before the first poll.
func (w *OpWait) Hook(h OpHook) { w.hook = h }

// Cancel asks for the early end of an operation whose result somebody goes on waiting for. One that was not submitted yet
// ends as cancelled; otherwise the result is whatever the backend makes of it.
func (w *OpWait) Cancel() {
	if w.state != opwStalled && w.state != opwLinked || w.op.Kind == backend.OpClose {
		return
	}
	t := w.own.Owner()
	switch {
	case w.state == opwStalled:
		w.leaveQueue(t.ex)
	case w.slot.state == opPrepared:
		t.ex.withdraw(w.slot)
	case w.slot.state == opSubmitted:
		t.ex.cancelOp(w.slot)
		return
	default:
		return
	}
	t.ex.wake(t, backend.WakeOp)
	w.state, w.res = opwRefused, -int32(backend.ECANCELED)
	w.unsent()
}

// leaveQueue gives up the wait for a slot. One that was promised and not taken goes to the next in line.
func (w *OpWait) leaveQueue(ex *Executor) {
	if w.node.Fired() && w.node.Code != CodeRefused {
		ex.freeWaiters--
		ex.offerSlots()
	}
	w.node.Unlink()
}

// Result returns the result once Ready: a count or descriptor, or an error: ErrCancelled if the operation was refused or
// cancelled, else the backend's Errno.
func (w *OpWait) Result() (int, error) {
	if w.res >= 0 {
		return int(w.res), nil
	}
	if e := backend.Errno(-w.res); e != backend.ECANCELED {
		return 0, e
	}
	return 0, ErrCancelled
}

// Picked returns, once Ready, the buffer that an operation with backend.FlagPick has taken from its group: whoever asks gives
// it back to the backend's Pools.
func (w *OpWait) Picked() (buffer uint16, ok bool) { return w.pick, w.picked }

// Poll submits the operation at the first call and is Ready once its result is there.
func (w *OpWait) Poll(t *Task) Poll {
	in := t.Enter()
	p := w.poll(t)
	t.Leave(in)
	return p
}

func (w *OpWait) poll(t *Task) Poll {
	ex := t.ex
	switch w.state {
	case opwNew:
		w.begin(t)
	case opwStalled:
		w.follow(t)
		w.node.follow(t)
		switch {
		case !w.node.Fired():
		case w.node.Code == CodeRefused:
			w.refuse(t, backend.ECANCELED)
		default:
			ex.freeWaiters--
			w.prepare(t, ex.takeSlot())
		}
	case opwLinked:
		if w.slot.state == opCompleted {
			ex.reap(w.slot, backend.ReapDeliver)
			w.finish()
			return Ready
		}
		w.follow(t)
	case opwRefused:
		w.finish()
		return Ready
	default:
		ex.Misuse("sched: an operation is polled after Start and before Ready")
	}
	t.blocked = w
	return Pending
}

func (w *OpWait) finish() {
	w.state, w.slot, w.op.Buf, w.op.Ext = opwDone, nil, nil, nil
	w.own.Disown()
}

// unsent tells the hook of an operation that never got a slot, once.
func (w *OpWait) unsent() {
	if h := w.hook; h != nil && w.slot == nil {
		w.hook = nil
		h.OpDone(w.op.Kind, -int32(backend.ECANCELED), false)
	}
}

// follow binds the operation to the task that polled it last.
func (w *OpWait) follow(t *Task) {
	if w.own.Owner() != t {
		w.own.Disown()
		t.Own(&w.own, w, releaseOp)
	}
}

func (w *OpWait) begin(t *Task) {
	ex := t.ex
	t.Own(&w.own, w, releaseOp)
	switch {
	case ex.gated && w.op.Kind != backend.OpClose:
		w.refuse(t, backend.ECANCELED)
	case !ex.can(&w.op):
		w.refuse(t, backend.EOPNOTSUPP)
	case len(ex.freeOps) <= ex.freeWaiters:
		w.state = opwStalled
		ex.opWaiters.Link(&w.node, t)
		if w.op.Kind == backend.OpClose {
			w.node.Code = codeClose
		}
		ex.tr.Emit(backend.EvStall, int64(t.id), int64(w.op.Kind), 0, 0, 0)
	default:
		w.prepare(t, ex.takeSlot())
	}
}

func (w *OpWait) refuse(t *Task, e backend.Errno) {
	w.state, w.res = opwRefused, -int32(e)
	w.unsent()
	t.ex.refuse(t, w.op.Kind, e)
}

func (w *OpWait) prepare(t *Task, s *OpSlot) {
	if t.ex.gated && w.op.Kind != backend.OpClose {
		t.ex.freeSlot(s)
		w.refuse(t, backend.ECANCELED)
		return
	}
	w.follow(t)
	t.refusals = 0
	w.state, w.slot = opwLinked, s
	s.state, s.sent, s.orphan, s.wait, s.owner, s.hook = opPrepared, false, 0, w, nil, w.hook
	s.moves, s.picked, s.early, w.hook = w.moves, false, false, nil
	w.op.ID = s.op.ID
	s.op = w.op
	t.ex.batch = push(t.ex.batch, &s.op)
}

func releaseOp(of any, t *Task) { of.(*OpWait).Abandon(t) }

// Abandon gives the operation up. What was submitted is cancelled; if it borrows memory or has a side effect, the task
// cannot end before it has completed.
func (w *OpWait) Abandon(t *Task) {
	in := t.Enter()
	w.giveUp(t)
	t.Leave(in)
}

func (w *OpWait) giveUp(t *Task) {
	ex := t.ex
	switch w.state {
	case opwStalled:
		w.leaveQueue(ex)
	case opwLinked:
		ex.abandon(w.slot, t)
	case opwNew, opwRefused:
	default:
		return
	}
	w.unsent()
	w.state, w.slot, w.op.Buf, w.op.Ext = opwDone, nil, nil, nil
	w.res = -int32(backend.ECANCELED)
	w.own.Disown()
}

// Blocked implements Blocker.
func (w *OpWait) Blocked() WaitInfo {
	if w.slot == nil {
		return WaitInfo{What: "operation slot"}
	}
	return WaitInfo{What: opName(w.op.Kind), ID: int64(w.slot.op.ID)}
}

// Do performs one operation and waits for its result, a count or descriptor. Straight-line tasks only. buf is lent to the backend until
// the operation has completed, also when Do returns ErrCancelled: the caller must not touch it before the task has ended.
//
// The error is ErrCancelled if the task is cancelled or the gate is closed, EOPNOTSUPP if the backend has no such operation, or the
// backend's Errno. If the operation table is full, it waits for its turn, first in, first out.
func (t *Task) Do(kind backend.OpKind, fd int32, buf []byte, off int64) (int, error) {
	return t.DoOp(&backend.Op{Kind: kind, FD: fd, Buf: buf, Off: off})
}

// DoOp is Do for an operation with more to it, which is copied; what it points to is lent. Straight-line tasks only.
func (t *Task) DoOp(op *backend.Op) (int, error) {
	in := t.Enter()
	n, err := t.doOp(op)
	t.Leave(in)
	return n, err
}

func (t *Task) doOp(op *backend.Op) (int, error) {
	if t.denied() {
		return 0, ErrCancelled
	}
	t.op.StartOp(op)
	if err := Await(t, &t.op); err != nil {
		return 0, err
	}
	return t.op.Result()
}

// DoOn is DoOpOn for an operation that is kind, descriptor, buffer and offset.
func (t *Task) DoOn(hook OpHook, at **OpWait, kind backend.OpKind, fd int32, buf []byte, off int64, moves bool) (int, error) {
	return t.DoOpOn(hook, at, &backend.Op{Kind: kind, FD: fd, Buf: buf, Off: off}, moves)
}

// DoOpOn is DoOp for a handle, whose own position it uses and moves if moves is set. hook learns when the operation is over, also
// if DoOpOn returns before that, and *at points to the operation while it is under way, so that somebody else can ask for its
// end: then the error is backend.ECANCELED, because the task itself was not cancelled.
func (t *Task) DoOpOn(hook OpHook, at **OpWait, op *backend.Op, moves bool) (int, error) {
	in := t.Enter()
	n, err := t.doOpOn(hook, at, op, moves)
	t.Leave(in)
	return n, err
}

func (t *Task) doOpOn(hook OpHook, at **OpWait, op *backend.Op, moves bool) (int, error) {
	t.op.StartOp(op)
	t.op.Hook(hook)
	t.op.moves = moves
	if t.denied() {
		t.op.unsent()
		return 0, ErrCancelled
	}
	*at = &t.op
	if err := Await(t, &t.op); err != nil {
		return 0, err
	}
	if t.op.res == -int32(backend.ECANCELED) && !t.ex.gated {
		return 0, backend.ECANCELED
	}
	return t.op.Result()
}
