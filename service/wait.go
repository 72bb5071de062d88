//go:build !tinygo

package service

import "github.com/tripoint-go/tripoint/sched"

// StateWait is the future of WaitReady and WaitDone, one for each wait. Err tells what came of it.
type StateWait struct {
	r     *Resource
	ready bool // waits for Ready, else for a terminal state
	done  bool
	err   error
	node  sched.Node
	own   sched.Resource
}

// UntilReady returns a WaitReady as a future. It allocates.
func (r *Resource) UntilReady() *StateWait { return &StateWait{r: r, ready: true} }

// UntilDone returns a WaitDone as a future. It allocates.
func (r *Resource) UntilDone() *StateWait { return &StateWait{r: r} }

// WaitReady waits until the resource and everything below it is ready. The error is a *[FailedError] if one of them fails for good
// first, sched.ErrClosed if the resource is done first, sched.ErrCancelled if t is cancelled. Straight-line tasks only; it allocates.
func (r *Resource) WaitReady(t *sched.Task) error { return r.wait(t, r.UntilReady()) }

// WaitDone waits until the resource has ended. The error is nil if it is done, a *[FailedError] if it has failed for good,
// sched.ErrCancelled if t is cancelled. Straight-line tasks only; it allocates.
func (r *Resource) WaitDone(t *sched.Task) error { return r.wait(t, r.UntilDone()) }

func (r *Resource) wait(t *sched.Task, w *StateWait) error {
	t.Point(r.ID())
	if err := sched.Await(t, w); err != nil {
		return err
	}
	return w.err
}

// Poll is Ready when the state has come, or never will. It does not allocate, but for an error.
func (w *StateWait) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t)
	t.Leave(in)
	return p
}

func (w *StateWait) poll(t *sched.Task) sched.Poll {
	if !w.done {
		w.judge()
	}
	if w.done {
		w.leave()
		return sched.Ready
	}
	if w.own.Owner() != t {
		w.leave()
		t.Own(&w.own, w, releaseStateWait)
	}
	if !w.node.Linked() {
		w.r.waiters.Link(&w.node, t)
	}
	t.SetBlocker(w)
	return sched.Pending
}

func (w *StateWait) judge() {
	r := w.r
	switch {
	case r.own == PermanentFailure, w.ready && r.overall == PermanentFailure:
		w.done, w.err = true, r.failure()
	case r.own == Done:
		w.done = true
		if w.ready {
			w.err = sched.ErrClosed
		}
	case w.ready && r.overall == Ready:
		w.done = true
	}
}

func releaseStateWait(of any, _ *sched.Task) { of.(*StateWait).leave() }

func (w *StateWait) leave() {
	w.node.Unlink()
	w.own.Disown()
}

// Abandon stops waiting; idempotent.
func (w *StateWait) Abandon(t *sched.Task) {
	in := t.Enter()
	w.leave()
	t.Leave(in)
}

// Err returns, once Ready, what WaitReady or WaitDone would return.
func (w *StateWait) Err() error { return w.err }

// Blocked implements sched.Blocker.
func (w *StateWait) Blocked() sched.WaitInfo {
	what := "end of service"
	if w.ready {
		what = "service to be ready"
	}
	return sched.WaitInfo{What: what, ID: w.r.ID(), Name: w.r.name}
}
