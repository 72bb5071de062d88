//go:build !tinygo

package service

import (
	"slices"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Root is the resource at the top of a program's tree, and holds a shutdown token of its executor: it is Ready until that fires, Stop
// is called, a resource below fails for good, or all have ended. Then it tells its members to stop, waits for them up to its grace,
// and Wait says how it went.
type Root struct {
	Resource
	grace   vclock.Duration
	token   sched.Token
	trigger sched.Flag
	records [2]sched.Membership
	stopAt  vclock.Instant // when it began to stop
	waiting bool           // no members come any more, unless somebody adds them
	left    []string       // who did not stop
}

// NewRoot makes a root that t owns; the end of t stops it. It takes a shutdown token for t, which Wait gives back; see package signals.
// grace is the longest time between the first reason to stop and the return of Wait, at least 0. It allocates. The error is
// sched.ErrCancelled if t is being torn down. A root that is made when the shutdown has begun is done.
func NewRoot(t *sched.Task, name string, grace vclock.Duration) (*Root, error) {
	r := &Root{grace: max(grace, 0)}
	scope := t.Executor().RootScope()
	in := t.Enter()
	err := scope.Take(&r.token, t)
	if err == nil {
		r.root = r
		r.build(t, name, root, Ready)
		r.trigger.Init(r.ex)
		_ = r.told.Add(r.records[:], &r.trigger, scope.Flag())
		if r.version == 0 { // otherwise the shutdown was over before: that was its first and last report
			r.publish()
		}
	}
	t.Leave(in)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Add makes m a member: the root waits for it and for what it leaves behind, passes the order to stop on to it, and fails if it or
// anything below it fails for good. A member that has ended counts, too. The error is sched.ErrClosed if the root is stopping or has
// ended, or m was told to stop and has not ended. It allocates; any task may call it.
func (r *Root) Add(m *Resource) error {
	r.mayHave(m)
	r.ex.Lock()
	err := r.add(m)
	r.ex.Unlock()
	return err
}

func (r *Root) add(m *Resource) error {
	switch {
	case r.own != Ready || r.told.IsCancelled():
		return sched.ErrClosed
	case m.told.IsCancelled() && !m.own.Terminal():
		return sched.ErrClosed
	case r.holds(m):
		return nil
	}
	r.admit(m)
	r.publish()
	return nil
}

// Stop is a reason to stop, as a signal is, for this root alone. Idempotent; any task may call it, and it does not allocate.
func (r *Root) Stop() {
	r.ex.Lock()
	r.trigger.Fire(backend.TriggerAPI)
	r.ex.Unlock()
}

// Wait waits until the root has ended and gives its shutdown token back. The result is
//
//   - nil: everything below is done, whether it was told to stop or ended by itself; a root without members is done at once;
//   - a *[FailedError]: the first resource that failed for good, however the others ended. The others were told to stop, and had the
//     grace for it (MT4); Left names those that were not done by then;
//   - a *[StopTimeoutError]: nobody failed, but those named did not stop within the grace;
//   - sched.ErrCancelled: t is cancelled, or operations are stopped.
//
// It is for the task that made the root, a straight-line task. It allocates.
func (r *Root) Wait(t *sched.Task) error {
	t.Point(r.ID())
	w := &rootWait{root: r}
	if err := sched.Await(t, w); err != nil {
		return err
	}
	if w.err != nil {
		return w.err
	}
	r.token.Release()
	in := t.Enter()
	err := r.result()
	t.Leave(in)
	return err
}

func (r *Root) result() error {
	switch {
	case r.own == Done:
		return nil
	case r.failed != nil:
		e := r.failure()
		e.Left = r.left
		return e
	}
	return &StopTimeoutError{Grace: r.grace, Left: r.left}
}

// reactRoot draws a root's conclusions.
func (p *Resource) reactRoot() {
	if p.own.Terminal() {
		return
	}
	p.noteFailure()
	if p.failed != nil && p.own == Ready {
		p.own, p.root.stopAt = Stopping, p.ex.Now()
	}
	if (p.own == Stopping || p.root.waiting) && p.settled() {
		p.verdict()
	}
}

// expire ends a root whose grace is over.
func (r *Root) expire() {
	var waiting []string
	seen := map[*Resource]bool{}
	var walk func(p *Resource)
	walk = func(p *Resource) {
		for _, l := range p.below {
			c := l.child
			if seen[c] || c.own.Terminal() {
				continue
			}
			seen[c] = true
			walk(c)
			switch {
			case c.kind != single:
			case c.told.IsCancelled():
				r.left = append(r.left, c.name)
			default:
				waiting = append(waiting, c.name)
			}
		}
	}
	walk(&r.Resource)
	if len(r.left) == 0 {
		r.left = waiting
	}
	slices.Sort(r.left)
	if r.failed != nil {
		r.verdict()
	} else {
		r.own, r.message = PermanentFailure, "not stopped in time: "+names(r.left)
	}
	r.publish()
}

// rootWait is the future of Wait.
type rootWait struct {
	root  *Root
	timed bool
	sleep sched.Sleep
	node  sched.Node
	own   sched.Resource
	err   error
}

func (w *rootWait) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t)
	t.Leave(in)
	return p
}

func (w *rootWait) poll(t *sched.Task) sched.Poll {
	r := w.root
	if !r.waiting {
		r.waiting = true
		if r.own == Ready && r.settled() {
			r.publish()
		}
	}
	if r.own == Stopping && !w.timed {
		w.timed = true
		w.sleep.Start(t, max(0, r.grace-t.Executor().Now().Sub(r.stopAt)))
	}
	if w.timed && !r.own.Terminal() && w.sleep.Poll(t) == sched.Ready {
		if w.err = w.sleep.Err(); w.err == nil {
			r.expire()
		}
	}
	if r.own.Terminal() || w.err != nil {
		w.leave(t)
		return sched.Ready
	}
	if w.own.Owner() != t {
		t.Own(&w.own, w, releaseRootWait)
	}
	if !w.node.Linked() {
		r.waiters.Link(&w.node, t)
	}
	t.SetBlocker(w)
	return sched.Pending
}

func releaseRootWait(of any, t *sched.Task) { of.(*rootWait).leave(t) }

func (w *rootWait) leave(t *sched.Task) {
	if w.timed {
		w.sleep.Abandon(t)
	}
	w.node.Unlink()
	w.own.Disown()
}

func (w *rootWait) Abandon(t *sched.Task) {
	in := t.Enter()
	w.leave(t)
	t.Leave(in)
}

// Blocked implements sched.Blocker.
func (w *rootWait) Blocked() sched.WaitInfo {
	info := sched.WaitInfo{What: "end of service", ID: w.root.ID(), Name: w.root.name}
	if w.timed {
		info.Until = w.root.stopAt.Add(w.root.grace)
	}
	return info
}
