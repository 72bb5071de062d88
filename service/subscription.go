//go:build !tinygo

package service

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Subscription follows the reports of one resource for one task. It may skip versions and never the last one: whoever reads until Next
// says sched.ErrClosed has seen the resource end (MT2). Versions never decrease. It keeps no reports, so a subscriber that is slow
// costs nothing.
//
// It is a future, too: Ready when there is a report that the subscriber has not seen, or none will come.
type Subscription struct {
	r    *Resource
	id   int64
	seen uint64
	over bool // closed, or the last version was seen
	node sched.Node
	own  sched.Resource
}

// Subscribe makes t a subscriber; the first report is the present one. It allocates. The end of t unsubscribes.
func (r *Resource) Subscribe(t *sched.Task) *Subscription {
	s := &Subscription{r: r}
	in := t.Enter()
	s.id = r.ex.NewID()
	t.Own(&s.own, s, releaseSubscription)
	t.Leave(in)
	return s
}

func releaseSubscription(of any, _ *sched.Task) { of.(*Subscription).close() }

// Next waits until there is a report that was not seen, and returns the newest. The error is sched.ErrClosed if none comes: the last
// one was seen, or the subscription is closed; sched.ErrCancelled if t is cancelled. Straight-line tasks only. It allocates what
// [Resource.Report] does.
func (s *Subscription) Next(t *sched.Task) (*Report, error) {
	t.Point(s.r.ID())
	if err := sched.Await(t, s); err != nil {
		return nil, err
	}
	return s.Take(t)
}

// Take returns the newest report and counts it as seen, also if it was before. The error is sched.ErrClosed if the subscription is
// closed, or the last report was seen. It does not wait. It is for the subscriber.
func (s *Subscription) Take(t *sched.Task) (*Report, error) {
	in := t.Enter()
	p, err := s.take(t)
	t.Leave(in)
	return p, err
}

func (s *Subscription) take(t *sched.Task) (*Report, error) {
	r := s.r
	if s.over {
		return nil, sched.ErrClosed
	}
	p := r.report()
	s.seen = p.Version
	r.ex.Trace().Emit(backend.EvServiceSee, r.ID(), int64(s.seen), s.id, int64(t.ID()), r.subscribers.ID(r.ex))
	if r.own.Terminal() {
		s.close()
	}
	return p, nil
}

// Poll is Ready when Take has something new, or nothing comes any more. It does not allocate.
func (s *Subscription) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := s.poll(t)
	t.Leave(in)
	return p
}

func (s *Subscription) poll(t *sched.Task) sched.Poll {
	r := s.r
	if s.over || s.seen != r.version {
		s.node.Unlink()
		return sched.Ready
	}
	if !s.node.Linked() {
		r.subscribers.Link(&s.node, t)
	}
	t.SetBlocker(s)
	return sched.Pending
}

// Abandon stops waiting, and does not unsubscribe; idempotent.
func (s *Subscription) Abandon(t *sched.Task) {
	in := t.Enter()
	s.node.Unlink()
	t.Leave(in)
}

// Close unsubscribes; idempotent. It is for the subscriber and does not allocate.
func (s *Subscription) Close() {
	s.r.ex.Lock()
	s.close()
	s.r.ex.Unlock()
}

func (s *Subscription) close() {
	s.over = true
	s.node.Unlink()
	s.own.Disown()
}

// Blocked implements sched.Blocker.
func (s *Subscription) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "report of service", ID: s.r.ID(), Name: s.r.name}
}
