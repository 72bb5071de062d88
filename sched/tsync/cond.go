package tsync

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Cond is a condition of the data of a [Mutex]: tasks wait for it to become true, and whoever makes it true notifies them. It
// belongs to one mutex; the other tasks change the data under the same lock. A waiter finds out for itself, in a loop:
//
//	for !full(g.Value()) {
//		if err := c.Wait(t, &g); err != nil {
//			return err // the lock is not held
//		}
//	}
//
// Waiting registers, ends the region and unlocks in one step: no notification after the unlock is missed (AV1). The data must be
// whole then, as for Exit, and nothing is poisoned (PO2). A notification is for those who are registered when it comes: without
// any it has no effect, and it is never stored (CH5). What is woken locks again, in line with everybody else, before its wait
// is over. Whoever gives up or is cancelled on the way holds nothing; if NotifyOne had chosen it, the notification goes on to the
// next of those who were registered when it came. Poison ends every wait with sched.ErrPoisoned (PO4).
//
// NotifyOne, NotifyAll and Close are for bodies and polls of tasks, with or without the lock, and inside With; not for release
// functions, hooks and handlers. Call Init before use; a Cond must not be copied. Nothing allocates but Wait, the first time that
// so many wait.
type Cond[T any] struct {
	core condCore
	m    *Mutex[T]
	free *CondWait // for Wait
}

// condCore is the part that does not depend on the data.
type condCore struct {
	lock    *lockCore
	id      int64
	name    string
	waiters sched.List
	serial  uint64 // of the newest registration
	closed  bool
	older   *condCore // of the same lock
}

// Init makes c a condition of m, which must have been initialised, with a name for reports. It is called once for each Init of m,
// and c is in use for as long as m is.
func (c *Cond[T]) Init(name string, m *Mutex[T]) {
	l := &m.core
	d := &c.core
	l.ex.Lock()
	if d.lock != nil && d.lock.has(d) {
		l.ex.Misuse("tsync: AV1: a condition is initialised once for its mutex")
	}
	*c = Cond[T]{m: m, core: condCore{lock: l, name: name}}
	d.older, l.conds = l.conds, d
	d.id = d.waiters.ID(l.ex) // a condition and its list of waiters have one id
	l.ex.Trace().Emit(backend.EvCond, d.id, l.id, 0, 0, 0)
	l.ex.Unlock()
}

// has reports whether d is a condition of c.
func (c *lockCore) has(d *condCore) bool {
	for o := c.conds; o != nil; o = o.older {
		if o == d {
			return true
		}
	}
	return false
}

// ID returns the condition's id in the trace.
func (c *Cond[T]) ID() int64 { return c.core.id }

// NotifyOne wakes the oldest registered waiter, if there is one.
func (c *Cond[T]) NotifyOne() {
	d := &c.core
	d.lock.ex.Lock()
	d.emit(backend.NotifyOne)
	if n := d.waiters.First(); n != nil {
		d.choose(n, d.serial)
	}
	d.lock.ex.Unlock()
}

// choose wakes one waiter. If it ends without having got anywhere, those registered up to bound are next.
func (d *condCore) choose(n *sched.Node, bound uint64) {
	w := n.Of.(*CondWait)
	w.alone, w.serial = true, bound
	n.Code = codeNotified
	n.Fire(backend.WakeSync)
}

// NotifyAll wakes every registered waiter, in their order.
func (c *Cond[T]) NotifyAll() {
	d := &c.core
	d.lock.ex.Lock()
	d.emit(backend.NotifyAll)
	d.fireAll(notifyNode)
	d.lock.ex.Unlock()
}

func notifyNode(n *sched.Node) { n.Code = codeNotified }

// Close ends every wait, and every later one, with sched.ErrClosed. Who was notified before still gets the lock. Idempotent.
func (c *Cond[T]) Close() {
	d := &c.core
	d.lock.ex.Lock()
	if !d.closed {
		d.closed = true
		d.emit(backend.NotifyClose)
		d.fireAll(closeNode)
	}
	d.lock.ex.Unlock()
}

func (d *condCore) fireAll(before func(*sched.Node)) {
	if !d.waiters.Empty() {
		d.waiters.PassEach(d.lock.ex, backend.WakeSync, before)
	}
}

func (d *condCore) emit(n int64) { d.lock.ex.Trace().Emit(backend.EvNotify, d.id, n, 0, 0, 0) }

// CondWait is the future of a wait for a condition. It is Ready when the lock is held again, or when Err says why not. It belongs
// to the task whose guard it was started with. The memory is the caller's, and nothing allocates.
type CondWait struct {
	core   *condCore
	state  condState
	err    sched.Error    // of condFailed
	alone  bool           // chosen by NotifyOne
	ticket uint64         // of the hold to give up; once Ready, of the new one
	serial uint64         // of the registration; once chosen alone, of the newest one that could have been chosen instead
	node   sched.Node     // in the list of the condition, then in that of the lock
	own    sched.Resource // from the registration up to Ready
	next   *CondWait
}

type condState uint8

const (
	condIdle    condState = iota
	condNew               // holds the lock still, outside of the region
	condWaiting           // registered
	condLocking           // notified, and in line for the lock
	condOwned
	condFailed
)

// WaitIn waits until c is notified, without the lock, and locks again. Then g is a fresh guard. On an error the lock is not held:
// sched.ErrClosed if c is closed, sched.ErrPoisoned if the data is poisoned, sched.ErrCancelled if t is cancelled. w is the
// caller's memory, in use during the call. Straight-line tasks only; a future uses StartWait.
func (c *Cond[T]) WaitIn(t *sched.Task, w *CondWait, g *Guard[T]) error {
	t.Point(c.core.id)
	c.StartWait(w, g)
	if err := sched.Await(t, w); err != nil {
		w.Abandon(t) // Await does not begin with a task that is being torn down
		return err
	}
	if err := w.Err(); err != nil {
		return err
	}
	*g = c.Guard(w)
	return nil
}

// StartWait prepares w to wait. The guard is used up, and its region is over: the data must be whole. The first poll registers
// and unlocks. If w is given up before that, or its task ends, the lock is released.
func (c *Cond[T]) StartWait(w *CondWait, g *Guard[T]) {
	if s := w.state; s == condWaiting || s == condLocking || s == condNew && w.holds() {
		panic("tsync: AV1: a wait is started once at a time")
	}
	if g.m != c.m {
		panic("tsync: AV1: the guard is of another mutex, or used up")
	}
	l := &g.take().core
	w.core, w.state, w.alone = &c.core, condNew, false
	l.ex.Lock()
	l.leave()
	l.ticket++ // copies of the guard are worthless
	w.ticket = l.ticket
	l.ex.Unlock()
}

// holds reports whether the lock is held for w, which is new. Its task may have ended since, and then nobody tells w.
func (w *CondWait) holds() bool {
	l := w.core.lock
	l.ex.Lock()
	held := l.valid(w.ticket)
	l.ex.Unlock()
	return held
}

// Poll is Ready when the lock is held again, or will not be.
func (w *CondWait) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t, in)
	t.Leave(in)
	return p
}

func (w *CondWait) poll(t *sched.Task, in bool) sched.Poll {
	d := w.core
	switch w.state {
	case condNew:
		if d.lock.owner != t || !d.lock.valid(w.ticket) {
			t.Leave(in)
			panic("tsync: AV1: a wait belongs to the task whose guard it was started with")
		}
		if d.closed {
			d.lock.release()
			w.fail(sched.ErrClosed)
			return sched.Ready
		}
		w.register(t)
	case condWaiting, condLocking:
		sameTask(&w.node, t, in)
		if w.node.Fired() {
			w.woken(t, in)
		}
	}
	switch w.state {
	case condWaiting:
		t.SetBlocker(d)
	case condLocking:
		t.SetBlocker(d.lock)
	default:
		return sched.Ready
	}
	return sched.Pending
}

// register joins the waiters, and only then unlocks (AV1).
func (w *CondWait) register(t *sched.Task) {
	d := w.core
	d.serial++
	w.serial, w.state, w.node.Of = d.serial, condWaiting, w
	d.waiters.Link(&w.node, t)
	t.Own(&w.own, w, releaseCondWait)
	d.lock.release()
}

// woken looks at why the node was fired, and goes on from there.
func (w *CondWait) woken(t *sched.Task, in bool) {
	l := w.core.lock
	switch w.node.Code {
	case codeClosed:
		w.fail(sched.ErrClosed)
	case codePoisoned:
		w.fail(sched.ErrPoisoned)
	case codeOwned:
		w.owned()
	default: // notified: back to the lock, as LockWait
		switch {
		case l.poisoned.Load():
			w.fail(sched.ErrPoisoned)
		case l.try(t, in, exclusive):
			w.owned()
		default:
			w.state, w.node.Kind = condLocking, exclusive
			l.waiters.Link(&w.node, t)
		}
	}
}

func (w *CondWait) owned() {
	w.own.Disown()
	w.state, w.ticket = condOwned, w.core.lock.ticket
}

func (w *CondWait) fail(err sched.Error) {
	w.own.Disown()
	w.state, w.err = condFailed, err
}

func releaseCondWait(of any, t *sched.Task) { of.(*CondWait).Abandon(t) }

// Abandon stops waiting, and holds nothing then. A notification for this waiter alone goes on to the next of those who were
// registered when it came. Idempotent.
func (w *CondWait) Abandon(t *sched.Task) {
	in := t.Enter()
	was := w.state
	w.own.Disown()
	switch was {
	case condNew:
		w.state = condIdle
		if l := w.core.lock; l.valid(w.ticket) {
			l.release()
		}
	case condWaiting:
		w.state = condIdle
		w.node.Unlink()
		w.pass()
	case condLocking:
		w.state = condIdle
		w.node.Unlink()
		w.core.lock.leftBy(t, &w.node)
		w.pass()
	}
	t.Leave(in)
}

// pass gives the notification that chose w to whoever it would have gone to without w.
func (w *CondWait) pass() {
	d := w.core
	n := d.waiters.First()
	if !w.alone || n == nil || n.Of.(*CondWait).serial > w.serial {
		return
	}
	d.emit(backend.NotifyPassed)
	d.choose(n, w.serial)
}

// Err returns, once Ready, nil if the lock is held, else sched.ErrClosed or sched.ErrPoisoned.
func (w *CondWait) Err() error {
	if w.state == condFailed {
		return w.err
	}
	return nil
}

// Guard enters the region again, for a wait that was polled to Ready without error.
func (c *Cond[T]) Guard(w *CondWait) Guard[T] {
	if w.core != &c.core || w.state != condOwned || !c.m.core.valid(w.ticket) {
		panic("tsync: MU1: no permit or guard without the lock")
	}
	w.state = condIdle
	p := Permit[T]{c.m, w.ticket}
	return p.Enter()
}

// Blocked implements sched.Blocker.
func (d *condCore) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "condition", ID: d.id, Name: d.name}
}
