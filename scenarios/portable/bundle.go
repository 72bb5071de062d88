package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// Bundle runs three servers together. One of them fails, or a fourth is cancelled before that; the result names it, and the others
// run on until the bundle is closed, which asks them to stop, gives them time, and then cancels the one that does not listen.
// Then the same memory serves for a bundle in which all goes well.
type Bundle struct {
	w        *World
	b        flow.Bundle
	servers  [servers]bundled
	cut      bundled
	failing  int
	named    bool // the result was that of the member that failed first
	late     bool // Close had to cancel one
	ranOn    bool // the others ran on after the failure
	failures int
	well     bool // the second bundle succeeded
	good     atomic.Int32
}

const servers = 3

// bundled is a member with its state.
type bundled struct {
	flow.Member
	p      *Bundle
	i      int
	served atomic.Int32
}

// bundleError is what the server that fails says.
type bundleError uint8

// Error implements error.
func (bundleError) Error() string { return "address in use" }

// Setup implements Program.
func (p *Bundle) Setup(w *World) {
	p.w, p.failing = w, w.Work(servers)
	for i := range p.servers {
		p.servers[i].init(p, i)
	}
	p.cut.init(p, servers)
	w.Main(sched.DetachTasks, bundleRoot)
}

func (s *bundled) init(p *Bundle, i int) {
	s.p, s.i = p, i
	s.Task, s.Stack = p.w.Take()
	s.Task.Arg = s
}

// Check implements Program.
func (p *Bundle) Check(w *World) {
	w.Assert(p.named, "a bundle names the member that failed first, again and again")
	w.Assert(p.ranOn, "the failure of a member leaves the others alone")
	w.Assert(p.late, "a member that does not listen is cancelled")
	w.Assert(p.well, "a bundle whose members are good is good")
}

func bundleRoot(t *sched.Task) int64 {
	p := t.Arg.(*Bundle)
	if p.b.Open(t, "servers", nil) != nil {
		return -1
	}
	for i := range p.servers {
		p.add(t, &p.servers[i], bundleServer)
	}
	first, failures := p.failing, 2
	if p.w.Work(2) == 1 {
		if h := p.add(t, &p.cut, bundleServer); h != nil {
			h.Stop()
			first, failures = servers, 3
		}
	}
	p.named = true
	for range 2 { // a second join says the same
		p.named = p.named && p.fails(t, first)
	}
	if first == servers { // the other one fails later
		t.Sleep(20 * vclock.Millisecond)
	}
	other := &p.servers[(p.failing+1)%servers]
	before := other.served.Load()
	t.Sleep(30 * vclock.Millisecond)
	p.ranOn = other.served.Load() > before || !p.w.Virtual()
	p.late = p.b.Close(t, 20*vclock.Millisecond) != nil
	list, _ := p.b.WaitAll(t)
	for ; list != nil; list = list.Next() {
		p.failures++
	}
	p.w.Equal("all failures are told", int64(p.failures), int64(failures))
	p.again(t)
	return 7
}

func (p *Bundle) add(t *sched.Task, s *bundled, body func(*sched.Task) error) *sched.JoinHandle {
	h, err := p.b.AddMember(t, &s.Member, "server", body)
	p.w.Assert(err == nil, "a member is added")
	return h
}

// fails joins the bundle and reports whether the result is that of member i.
func (p *Bundle) fails(t *sched.Task, i int) bool {
	e, ok := p.b.Join(t).(*flow.MemberError)
	if !ok || e.Index != i || e.Name != "server" {
		return false
	}
	if _, planned := e.Err.(bundleError); i < servers {
		return planned
	}
	return sched.Is(e.Err, sched.ErrCancelled)
}

func bundleServer(t *sched.Task) error {
	s := t.Arg.(*bundled)
	p := s.p
	for round := 0; ; round++ {
		if s.i == p.failing && round == 2 {
			return bundleError(1)
		}
		if err := t.Sleep(vclock.Duration(3+s.i) * vclock.Millisecond); err != nil {
			return err
		}
		s.served.Add(1)
		if s.i != (p.failing+1)%servers && p.b.Scope().IsCancelled() { // one never looks
			return nil
		}
	}
}

// again opens the bundle anew, with members that return nil.
func (p *Bundle) again(t *sched.Task) {
	if p.b.Open(t, "again", nil) != nil {
		return
	}
	for i := range p.servers {
		p.add(t, &p.servers[i], bundleGood)
	}
	p.well = p.b.Join(t) == nil && p.good.Load() == servers
	p.well = p.b.Close(t, 0) == nil && p.well
}

func bundleGood(t *sched.Task) error {
	t.Arg.(*bundled).p.good.Add(1)
	return t.Yield()
}
