package flow

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Trigger is a stop flag of its own, outside of any scope: it fires once and stays fired, and like every token it is advice
// (SD3). The zero value is not fired; Init gives it its executor.
type Trigger struct {
	ex      *sched.Executor
	id      int64
	fired   atomic.Bool // changes inside the core; IsCancelled reads it from anywhere
	waiters sched.List
}

// Init prepares the trigger. With fired it has fired from the start: "nobody needs you any more".
func (g *Trigger) Init(ex *sched.Executor, fired bool) {
	*g = Trigger{ex: ex}
	ex.Lock()
	g.id = g.waiters.ID(ex)
	if fired {
		g.fire()
	}
	ex.Unlock()
}

// Fire fires the trigger and wakes whoever waits; idempotent and irreversible (SD1).
func (g *Trigger) Fire() {
	if g.fired.Load() {
		return
	}
	g.ex.Lock()
	g.fire()
	g.ex.Unlock()
}

func (g *Trigger) fire() {
	if g.fired.Load() {
		return
	}
	g.fired.Store(true)
	g.ex.Trace().Emit(backend.EvTrigger, g.id, backend.TriggerAPI, 0, 0, 0)
	if !g.waiters.Empty() {
		g.waiters.Pass(g.ex, backend.WakeToken)
	}
}

// IsCancelled reports whether the trigger has fired. It costs one load.
func (g *Trigger) IsCancelled() bool { return g.fired.Load() }

// Wait waits until the trigger fires. It returns sched.ErrCancelled if t is cancelled. Straight-line tasks only.
func (g *Trigger) Wait(t *sched.Task) error {
	in := t.Enter()
	var err error
	if !g.fired.Load() || t.Ending() {
		_, _, err = t.Park(&g.waiters, g)
	}
	t.Leave(in)
	return err
}

// Blocked implements sched.Blocker.
func (g *Trigger) Blocked() sched.WaitInfo { return sched.WaitInfo{What: "trigger", ID: g.id} }

// Signalled is the future of a trigger, one for each wait.
type Signalled struct {
	Trigger *Trigger
	node    sched.Node
	own     sched.Resource
}

// Poll is Ready once the trigger has fired.
func (w *Signalled) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t)
	t.Leave(in)
	return p
}

func (w *Signalled) poll(t *sched.Task) sched.Poll {
	if w.Trigger.fired.Load() {
		w.own.Disown()
		return sched.Ready
	}
	if w.own.Owner() != t { // the first poll, or the wait has moved to another task
		w.abandon()
		w.Trigger.waiters.Link(&w.node, t)
		t.Own(&w.own, w, releaseSignalled)
	}
	t.SetBlocker(w.Trigger)
	return sched.Pending
}

func releaseSignalled(of any, _ *sched.Task) { of.(*Signalled).abandon() }

// Abandon stops waiting; idempotent.
func (w *Signalled) Abandon(t *sched.Task) {
	in := t.Enter()
	w.abandon()
	t.Leave(in)
}

func (w *Signalled) abandon() {
	w.node.Unlink()
	w.own.Disown()
}
