package sched

import "github.com/tripoint-go/tripoint/backend"

// OpSlot is one entry of the executor's operation table. It owns the operation from its first poll until its result is
// gone, independent of the task that asked for it: the waiter may move, end or lose interest.
//
//	Free ──▶ Prepared ──▶ Submitted ──▶ Completed ──▶ Free, next generation
//	             │            │             (result taken, discarded or disposed of)
//	             ▼            ▼
//	           Free        Orphan ──(terminal completion)──▶ Free, next generation
type OpSlot struct {
	op     backend.Op
	gen    uint64
	state  opState
	sent   bool // a cancel was sent
	orphan int64
	wait   *OpWait
	owner  *Task // whose end the operation delays, once orphaned in mode await
	buf    int64 // id of the lent buffer
	res    int32
	pick   uint16 // buffer that the result has picked
	picked bool
	early  bool // the result came before the terminal report: OpSendZC
	moves  bool // at the handle's own position: for the trace
	hook   OpHook
}

// OpHook learns when an operation is over for the backend, whether or not anybody still waits for its result: right after
// its terminal completion, or when it was given up before it was submitted. A handle uses it to know who may go next.
type OpHook interface {
	// OpDone gets the result, and sent = false if the operation never reached the backend. It must not poll or block.
	OpDone(kind backend.OpKind, res int32, sent bool)
}

// OpMore is what the hook of a multishot operation implements besides: it gets each report but the last, which goes to the
// waiter. It returns whether it took the result; what it leaves is disposed of, a descriptor closed, a picked buffer given
// back. It must not poll or block.
type OpMore interface {
	OpMore(c *backend.Completion) bool
}

type opState uint8

const (
	opFree opState = iota
	opPrepared
	opSubmitted
	opCompleted
)

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
		panic("sched: an operation is polled after Start and before Ready")
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

// can reports whether the backend has the operation (duty 10).
func (ex *Executor) can(op *backend.Op) bool {
	const links = backend.FlagLink | backend.FlagHardLink
	return ex.caps.Ops.Has(op.Kind) && op.Flags&^(ex.caps.Flags&^links) == 0 &&
		(op.Flags&backend.FlagMultishot == 0 || ex.caps.Multishot.Has(op.Kind))
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

// Do performs one operation and waits for its result. Straight-line tasks only. buf is lent to the backend until the
// operation has completed, also when Do returns ErrCancelled: the caller must not touch it before the task has ended.
func (t *Task) Do(kind backend.OpKind, fd int32, buf []byte, off int64) (int, error) {
	return t.DoOp(&backend.Op{Kind: kind, FD: fd, Buf: buf, Off: off})
}

// DoOp is Do for an operation with more to it; what it points to is lent.
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

// takeSlot removes a slot from the free list; there is one.
func (ex *Executor) takeSlot() *OpSlot {
	n := len(ex.freeOps) - 1
	i := ex.freeOps[n]
	s := &ex.opTable[i]
	ex.freeOps = ex.freeOps[:n]
	ex.freshOps = max(ex.freshOps, int(i)+1)
	s.gen++
	s.op.ID = backend.MakeOpID(int(i), s.gen)
	ex.openOps++
	return s
}

// Dispose gives back a descriptor that nobody needs any more. It does not wait.
func (ex *Executor) Dispose(fd int32) { ex.be.Dispose(backend.OpOpen, fd) }

// freeSlot gives the slot back and offers it to the first task that waits for one.
func (ex *Executor) freeSlot(s *OpSlot) {
	s.state, s.wait, s.owner, s.op.Buf, s.op.Ext, s.hook = opFree, nil, nil, nil, nil, nil
	ex.freeOps = push(ex.freeOps, uint16(s.op.ID.Slot()))
	ex.openOps--
	ex.offerSlots()
}

// offerSlots fires waiting tasks, first in first out, as long as there are slots that nobody was promised.
func (ex *Executor) offerSlots() {
	for len(ex.freeOps) > ex.freeWaiters && !ex.opWaiters.Empty() {
		ex.freeWaiters++
		ex.opWaiters.First().Fire(backend.WakeOp)
	}
}

// abandon is what happens to an operation whose waiter t goes away.
func (ex *Executor) abandon(s *OpSlot, t *Task) {
	switch s.state {
	case opPrepared:
		ex.withdraw(s)
	case opSubmitted:
		s.orphan, s.wait = backend.OrphanAwait, nil
		if s.op.Kind.Detaches() {
			s.orphan = backend.OrphanDetach
		} else {
			s.owner = t
			t.Hold()
		}
		ex.tr.Emit(backend.EvOrphan, int64(s.op.ID), s.orphan, 0, 0, 0)
		ex.cancelOp(s)
	case opCompleted:
		ex.reap(s, disposal(s))
	}
}

// withdraw takes an operation that was not sent yet out of the batch: no trace of it anywhere.
func (ex *Executor) withdraw(s *OpSlot) {
	for i, op := range ex.batch {
		if op == &s.op {
			ex.batch = ex.batch[:i+copy(ex.batch[i:], ex.batch[i+1:])]
			break
		}
	}
	hook, kind := s.hook, s.op.Kind
	if s.wait != nil {
		s.wait.slot = nil
	}
	ex.freeSlot(s)
	if hook != nil {
		hook.OpDone(kind, -int32(backend.ECANCELED), false)
	}
}

// cancelOp sends at most one cancel (IO5), and none for a close.
func (ex *Executor) cancelOp(s *OpSlot) {
	if s.sent || s.state != opSubmitted || s.op.Kind == backend.OpClose {
		return
	}
	s.sent = true
	ex.tr.Emit(backend.EvCancelOp, int64(s.op.ID), 0, 0, 0, 0)
	ex.be.Cancel(s.op.ID)
}

// disposal says how a result that nobody takes is got rid of.
func disposal(s *OpSlot) int64 {
	if s.res >= 0 && s.op.Kind.ReturnsFD() || s.picked {
		return backend.ReapDispose
	}
	return backend.ReapDiscard
}

// reap ends the life of a completed operation's result.
func (ex *Executor) reap(s *OpSlot, how int64) {
	ex.tr.Emit(backend.EvReap, int64(s.op.ID), how, int64(s.res), 0, 0)
	switch how {
	case backend.ReapDeliver:
		s.wait.res, s.wait.pick, s.wait.picked = s.res, s.pick, s.picked
	case backend.ReapDispose:
		ex.giveBack(s, s.res, s.pick, s.picked)
	}
	if s.early { // the terminal report had nothing to say
		ex.tr.Emit(backend.EvReap, int64(s.op.ID), backend.ReapDiscard, 0, 0, 0)
	}
	owner := s.owner
	ex.freeSlot(s)
	if owner != nil {
		owner.Unhold()
	}
}

// giveBack disposes of what a report owns and nobody takes (duty 5).
func (ex *Executor) giveBack(s *OpSlot, res int32, pick uint16, picked bool) {
	ex.be.Dispose(s.op.Kind, res)
	if picked && ex.pools != nil {
		ex.pools.GiveBack(s.op.Ext.Index, pick)
	}
}

// submit sends the batch that the last polls prepared, in one go. What the backend does not accept stays for the next tick.
func (ex *Executor) submit() bool {
	if len(ex.batch) == 0 {
		return false
	}
	n := ex.submitTo.Submit(ex.batch)
	for _, op := range ex.batch[:n] {
		s := &ex.opTable[op.ID.Slot()]
		s.state = opSubmitted
		if op.Kind.LendsMemory() {
			s.buf = ex.NewID()
			ex.tr.Emit(backend.EvLend, s.buf, int64(op.ID), backend.LendBorrowed, 0, 0)
		}
		var moves int64
		if s.moves {
			moves = 1
		}
		ex.tr.Emit(backend.EvSubmit, int64(op.ID), int64(s.wait.own.Owner().id), int64(op.Kind), int64(op.FD), moves)
	}
	rest := copy(ex.batch, ex.batch[n:])
	ex.batch = ex.batch[:rest]
	return n > 0 || ex.handlers == nil // where handlers have to be let in, a tick with nothing done has to wait
}

// complete takes the report of one operation. A stale report, whose generation is gone, is disposed of by the backend's
// own rules: the executor never frees a slot before the terminal completion, so it can only be a duplicate (IO1).
func (ex *Executor) complete(c *backend.Completion) {
	slot := c.ID.Slot()
	if slot >= len(ex.opTable) || ex.opTable[slot].op.ID != c.ID || ex.opTable[slot].state != opSubmitted {
		panic("sched: duty 1: an operation completes exactly once")
	}
	s := &ex.opTable[slot]
	if c.More {
		ex.report(s, c)
		return
	}
	ex.tr.Emit(backend.EvComplete, int64(c.ID), int64(c.Res), 0, 0, 0)
	s.state = opCompleted
	if !s.early {
		s.res, s.pick, s.picked = c.Res, c.Pick, c.Picked
	}
	if s.op.Kind.LendsMemory() {
		ex.tr.Emit(backend.EvReturn, s.buf, int64(c.ID), 0, 0, 0)
	}
	if h := s.hook; h != nil {
		s.hook = nil
		h.OpDone(s.op.Kind, s.res, true)
	}
	if s.orphan != 0 {
		ex.reap(s, disposal(s))
		return
	}
	ex.wake(s.wait.own.Owner(), backend.WakeOp)
}

// report takes a report that more will follow: of a multishot operation, or the result of an OpSendZC whose buffer is not
// free yet.
func (ex *Executor) report(s *OpSlot, c *backend.Completion) {
	ex.tr.Emit(backend.EvComplete, int64(c.ID), int64(c.Res), 1, 0, 0)
	if s.op.Kind == backend.OpSendZC {
		s.res, s.early = c.Res, true
		return
	}
	how := backend.ReapDiscard
	if h, ok := s.hook.(OpMore); ok && s.orphan == 0 && h.OpMore(c) {
		how = backend.ReapDeliver
	} else if c.Res >= 0 && s.op.Kind.ReturnsFD() || c.Picked {
		how = backend.ReapDispose
		ex.giveBack(s, c.Res, c.Pick, c.Picked)
	}
	ex.tr.Emit(backend.EvReap, int64(c.ID), how, int64(c.Res), 0, 0)
}

// refuseStalled ends every wait for a slot because the gate closed, except those of closes.
func (ex *Executor) refuseStalled() {
	for n := ex.opWaiters.First(); n != nil; {
		next := n.Next()
		if n.Code != codeClose {
			n.Code = CodeRefused
			n.Fire(backend.WakeOp)
		}
		n = next
	}
}
