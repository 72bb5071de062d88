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

// can reports whether the backend has the operation (duty 10).
func (ex *Executor) can(op *backend.Op) bool {
	const links = backend.FlagLink | backend.FlagHardLink
	return ex.caps.Ops.Has(op.Kind) && op.Flags&^(ex.caps.Flags&^links) == 0 &&
		(op.Flags&backend.FlagMultishot == 0 || ex.caps.Multishot.Has(op.Kind))
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

// Dispose gives back a descriptor that nobody needs any more. It does not wait, and belongs inside the core.
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
