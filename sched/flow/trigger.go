package flow

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Trigger is a stop flag of its own, outside of any scope: it fires once and stays fired, and like every token it is advice
// (SD3). The zero value is not fired; Init gives it its executor. It does not allocate, and any task may use it.
type Trigger struct{ flag sched.Flag }

// Init prepares the trigger. With fired it has fired from the start: "nobody needs you any more". To prepare a trigger again
// while others wait for it or depend on it is a programmer error.
func (g *Trigger) Init(ex *sched.Executor, fired bool) {
	ex.Lock()
	g.flag.Init(ex)
	if fired {
		g.flag.Fire(backend.TriggerAPI)
	}
	ex.Unlock()
}

// Fire fires the trigger and wakes whoever waits; idempotent and irreversible (SD1). With several workers any goroutine may call
// it, else the executor's thread. Inside the core, fire the Flag.
func (g *Trigger) Fire() {
	if g.flag.IsCancelled() {
		return
	}
	ex := g.flag.Executor()
	ex.Lock()
	g.flag.Fire(backend.TriggerAPI)
	ex.Unlock()
}

// Flag returns the flag that the trigger fires, to wait for it and to combine it.
func (g *Trigger) Flag() *sched.Flag { return &g.flag }

// IsCancelled reports whether the trigger has fired. It costs one load, and may be called from any thread.
func (g *Trigger) IsCancelled() bool { return g.flag.IsCancelled() }

// Wait waits until the trigger fires. It returns sched.ErrCancelled if t is cancelled. Straight-line tasks only.
func (g *Trigger) Wait(t *sched.Task) error { return g.flag.Wait(t) }

// Signalled is the future of a flag, one for each wait. It does not allocate.
type Signalled struct {
	Flag *sched.Flag
	node sched.Node
	own  sched.Resource
}

// Poll is Ready once the flag has fired.
func (w *Signalled) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t)
	t.Leave(in)
	return p
}

func (w *Signalled) poll(t *sched.Task) sched.Poll {
	linked := w.own.Owner() != nil
	if w.Flag.IsCancelled() || linked && w.node.Fired() { // the flag of a scope that was opened again has not fired
		w.own.Disown()
		return sched.Ready
	}
	if w.own.Owner() != t { // the first poll, or the wait has moved to another task
		w.abandon()
		w.Flag.Waiters().Link(&w.node, t)
		t.Own(&w.own, w, releaseSignalled)
	}
	t.SetBlocker(w.Flag)
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
