package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// Scopes nests two scopes. Closing the outer one reaches the inner one, gives members that listen the time they need, and
// cancels, newest first, those that do not; a detached member is left alone, and the owner's end waits for the rest.
type Scopes struct {
	w                       *World
	outer, inner            sched.Scope
	stop                    flow.Trigger
	listeners               [2]listener
	polite, stubborn, ended atomic.Int32
	before                  atomic.Int32 // members that had ended when their owner had
	fired                   bool
}

// listener is a member that has a token of the inner scope.
type listener struct {
	p     *Scopes
	token sched.Token
}

// Setup implements Program.
func (p *Scopes) Setup(w *World) {
	p.w = w
	for i := range p.listeners {
		p.listeners[i].p = p
	}
	p.stop.Init(w.Exec, false)
	w.Main(sched.DetachTasks, scopesRoot)
}

// Check implements Program.
func (p *Scopes) Check(w *World) {
	polite, stubborn := p.polite.Load(), p.stubborn.Load()
	w.Sometimes("members were cancelled", stubborn == 2)
	w.Sometimes("members stopped by themselves", polite == 2)
	w.Equal("a scope ends with its members", int64(p.before.Load()), int64(polite+stubborn))
	w.Equal("a scope leaves a detached member alone", int64(p.ended.Load()), 1)
	w.Assert(p.fired, "a trigger wakes who waits for it")
}

func scopesRoot(t *sched.Task) int64 {
	p := t.Arg.(*Scopes)
	h := p.w.Spawn(t, "owner", scopesOwner)
	p.fired = p.stop.Wait(t) == nil
	h.Join(t)
	p.before.Store(p.polite.Load() + p.stubborn.Load())
	t.Sleep(10 * vclock.Millisecond)
	for p.ended.Load() == 0 { // real time may need longer
		t.Sleep(vclock.Millisecond)
	}
	return 8
}

func scopesOwner(t *sched.Task) int64 {
	p := t.Arg.(*Scopes)
	if !p.open(t) {
		p.stop.Fire()
		return -1
	}
	t.Sleep(p.w.Draw(3, vclock.Millisecond))
	if p.w.Work(2) == 1 {
		p.inner.Trigger()
	}
	p.stop.Fire()
	return p.close(t)
}

// open makes the scopes and their members. It is not inlined: closing takes more stack than any other program has, and what this
// function needs is given back by then.
//
//go:noinline
func (p *Scopes) open(t *sched.Task) bool {
	w := p.w
	if p.outer.Open(t, "outer", nil) != nil || p.inner.Open(t, "inner", &p.outer) != nil {
		return false
	}
	for i := range p.listeners {
		w.SpawnMember(&p.outer, t, "polite", &p.listeners[i], scopesPolite)
		w.SpawnMember(&p.inner, t, "stubborn", p, scopesStubborn)
	}
	w.SpawnMember(&p.inner, t, "detached", p, scopesDetached).Detach()
	return true
}

func (p *Scopes) close(t *sched.Task) int64 {
	if p.w.Work(4) == 3 {
		return 1 // both scopes are closed by the owner's end
	}
	if p.w.Work(2) == 1 { // else the outer scope's end closes it
		p.inner.Close(t, vclock.Millisecond)
	}
	p.outer.Close(t, vclock.Millisecond)
	return 2
}

func scopesPolite(t *sched.Task) int64 {
	m := t.Arg.(*listener)
	if m.p.inner.Take(&m.token, t) != nil {
		return -1
	}
	if m.token.Wait(t) == nil {
		m.p.polite.Add(1)
	}
	t.Sleep(100 * vclock.Microsecond)
	return 0
}

func scopesStubborn(t *sched.Task) int64 {
	if t.Sleep(vclock.Minute) != nil {
		t.Arg.(*Scopes).stubborn.Add(1)
	}
	return 0
}

func scopesDetached(t *sched.Task) int64 {
	t.Sleep(5 * vclock.Millisecond)
	t.Arg.(*Scopes).ended.Add(1)
	return 0
}
