//go:build !tinygo

package service

import "github.com/tripoint-go/tripoint/sched"

// Start makes a resource that t owns and whose body is a task of its own, called name: nobody cancels it. It starts Loading, says
// itself when it is Ready, and is to end when its token has fired: it reports Stopping then. When the body returns nil it is Done, with
// an error it has failed for good (MT3).
//
// needs are what it depends on from the start, as by [Self.Depend]: then none of them stops before the body has run. The error is
// sched.ErrTasksFull or sched.ErrClosed if the task cannot start, or what Depend would say; then there is no resource. It allocates.
func Start(t *sched.Task, name string, body func(*sched.Task, *Self) error, needs ...*Resource) (*Resource, error) {
	return start(t, name, name, needs, body)
}

// StartInterruptible is Start with a body that needs not listen: the token cancels it, and it must be safe to cancel at every await. A
// body that finishes first counts, also if the token fires at the same time; one that was cancelled is Done. It allocates, and takes a
// second task.
func StartInterruptible(t *sched.Task, name string, body func(*sched.Task, *Self) error, needs ...*Resource) (*Resource, error) {
	return start(t, name, "stopper of "+name, needs, func(t *sched.Task, s *Self) error {
		h := sched.SpawnChild(t, name, func(t *sched.Task) error { return body(t, s) })
		if err := h.Err(); err != nil {
			return err
		}
		w := &interrupted{handle: &h.JoinHandle, told: &s.r.told}
		if err := sched.Await(t, w); err != nil {
			return err
		}
		err, _ := h.Value() // none: it was cancelled
		return err
	})
}

func start(t *sched.Task, name, task string, needs []*Resource, body func(*sched.Task, *Self) error) (*Resource, error) {
	r := &Resource{ex: t.Executor()}
	for _, other := range needs {
		r.mayHave(other)
	}
	in := t.Enter()
	err := r.start(t, name, task, needs, body)
	t.Leave(in)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Resource) start(t *sched.Task, name, task string, needs []*Resource, body func(*sched.Task, *Self) error) error {
	for _, other := range needs {
		if err := other.refusal(); err != nil {
			return err
		}
	}
	s := &Self{r}
	h := sched.Spawn(t, task, func(t *sched.Task) error {
		err := body(t, s)
		message, digest := describe(r.ex, err)
		in := t.Enter()
		r.end(err, message, digest)
		t.Leave(in)
		return err
	})
	if err := h.Err(); err != nil {
		return err
	}
	r.build(t, name, single, Loading)
	r.task = int64(h.ID())
	r.publish()
	for _, other := range needs {
		r.require(other)
	}
	if len(needs) > 0 {
		r.publish()
	}
	return nil
}

// interrupted is the end of a task that a flag cancels.
type interrupted struct {
	handle  *sched.JoinHandle
	told    *sched.Flag
	stopped bool
	node    sched.Node
	own     sched.Resource
}

func (w *interrupted) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	stop := w.listen(t)
	t.Leave(in)
	p := w.handle.Poll(t)
	if p == sched.Pending && stop {
		_ = w.handle.Stop() // it is ours
	}
	if p == sched.Ready {
		w.leave(t)
	}
	return p
}

// listen reports, once, that the flag has fired.
func (w *interrupted) listen(t *sched.Task) (stop bool) {
	switch {
	case w.stopped:
	case w.told.IsCancelled():
		w.stopped = true
		w.own.Disown()
		return true
	case !w.node.Linked():
		w.told.Waiters().Link(&w.node, t)
		t.Own(&w.own, w, releaseInterrupted)
	}
	return false
}

func releaseInterrupted(of any, _ *sched.Task) { of.(*interrupted).node.Unlink() }

func (w *interrupted) leave(t *sched.Task) {
	in := t.Enter()
	w.node.Unlink()
	w.own.Disown()
	t.Leave(in)
}

func (w *interrupted) Abandon(t *sched.Task) {
	w.leave(t)
	w.handle.Abandon(t)
}
