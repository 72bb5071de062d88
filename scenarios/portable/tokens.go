package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// Tokens stops what works at a pace. A part of the program goes round until its own trigger or its scope fires, a shared
// dependency stops when both of its owners and the part have gone, and the root waits until the scope's tokens are released.
type Tokens struct {
	w        *World
	scope    sched.Scope
	owners   [2]owner
	either   flow.Either // of the first owner's trigger and the scope
	all      flow.Set    // of the owners' triggers, and the either if it comes in time
	inEither [3]sched.Membership
	inAll    [4]sched.Membership
	part     flow.Throttler
	pace     flow.Throttler
	paced    bool // the wait of pace has been started
	token    sched.Token

	laps, stopped atomic.Int32
	joined        atomic.Bool // the either became a member of the set
	refused       atomic.Bool // what the set rejects
	early         atomic.Bool // somebody was told too early
	done          atomic.Bool
}

// owner is a task that fires a trigger when it no longer needs what it owns.
type owner struct {
	p    *Tokens
	gone flow.Trigger
}

// Setup implements Program.
func (p *Tokens) Setup(w *World) {
	p.w = w
	w.Main(sched.DetachTasks, tokensRoot)
}

// Check implements Program.
func (p *Tokens) Check(w *World) {
	w.Sometimes("the either became a member of the set", p.joined.Load())
	w.Sometimes("a throttled loop went round", p.laps.Load() > 0)
	w.Assert(!p.early.Load(), "nobody is told to stop before the flag has fired")
	w.Assert(p.refused.Load(), "a set that has fired takes no member, and none contains itself")
	w.Equal("everybody stops", int64(p.stopped.Load()), 4)
	w.Assert(p.done.Load(), "the root goes to its end")
}

func tokensRoot(t *sched.Task) int64 {
	p := t.Arg.(*Tokens)
	w := p.w
	if !p.open(t) {
		return -1
	}
	t.Sleep(w.Draw(20, vclock.Millisecond))
	if w.Work(2) == 1 {
		p.scope.Trigger()
		t.Sleep(w.Draw(3, vclock.Millisecond))
	}
	p.scope.Close(t, w.Span(30*vclock.Millisecond, vclock.Second))
	p.all.Wait(t)
	refused := sched.Is(p.all.AddWith(p.inAll[3:], p.scope.Flag()), sched.ErrClosed)
	p.refused.Store(p.refused.Load() && refused)
	w.Exec.RootScope().WaitForTokens(t)
	for p.stopped.Load() < 4 { // real time may need longer
		t.Sleep(vclock.Millisecond)
	}
	p.done.Store(true)
	return 5
}

// open makes the flags and starts the tasks. What this function needs of the stack is given back before the root waits.
//
//go:noinline
func (p *Tokens) open(t *sched.Task) bool {
	w := p.w
	if p.scope.Open(t, "work", nil) != nil || p.part.Init(w.Exec, 2, 5*vclock.Millisecond) != nil ||
		p.pace.Init(w.Exec, 3, 7*vclock.Millisecond) != nil || !sched.Is(p.pace.Init(w.Exec, 0, 1), sched.ErrRate) {
		return false
	}
	p.all.Init(w.Exec)
	for i := range p.owners {
		p.owners[i].p = p
		p.owners[i].gone.Init(w.Exec, false)
	}
	if p.all.AddWith(p.inAll[:], p.owners[0].gone.Flag(), p.owners[1].gone.Flag()) != nil {
		return false
	}
	for i := range p.owners {
		w.SpawnArg(t, "owner", &p.owners[i], tokensOwner)
	}
	w.Spawn(t, "holder", tokensHolder)
	w.Spawn(t, "shared", tokensShared)
	w.SpawnPoll(t, "paced", p, tokensPaced)
	w.SpawnMember(&p.scope, t, "part", p, tokensPart)
	return true
}

func tokensOwner(t *sched.Task) int64 {
	o := t.Arg.(*owner)
	t.Sleep(o.p.w.Draw(25, vclock.Millisecond))
	o.gone.Fire()
	return 0
}

// tokensPart works at a pace until one of two flags fires; when it ends, so does its token.
func tokensPart(t *sched.Task) int64 {
	p := t.Arg.(*Tokens)
	if p.either.Open(t) != nil || p.either.AddWith(p.inEither[:], p.owners[0].gone.Flag(), p.scope.Flag()) != nil {
		return -1
	}
	p.joined.Store(p.all.AddWith(p.inAll[2:], p.either.Flag()) == nil)
	err := p.either.AddWith(p.inEither[2:], p.all.Flag())
	p.refused.Store(sched.Is(err, sched.ErrCycle) || sched.Is(err, sched.ErrClosed))
	for p.part.NextUntil(t, p.either.Flag()) {
		p.laps.Add(1)
		if p.w.Work(3) == 0 { // a pause, after which it may hurry
			t.Sleep(p.w.Draw(14, vclock.Millisecond))
		}
	}
	p.stop(p.owners[0].gone.IsCancelled() || p.scope.IsCancelled())
	return 0
}

// stop takes note that somebody was told to stop, and whether there was a reason.
func (p *Tokens) stop(reason bool) {
	if !reason {
		p.early.Store(true)
	}
	p.stopped.Add(1)
}

func tokensHolder(t *sched.Task) int64 {
	p := t.Arg.(*Tokens)
	if p.scope.Take(&p.token, t) != nil {
		p.stopped.Add(1) // it comes too late
		return -1
	}
	p.token.Wait(t)
	p.stop(p.scope.IsCancelled())
	t.Sleep(p.w.Draw(5, vclock.Millisecond))
	p.token.Release()
	return 0
}

func tokensShared(t *sched.Task) int64 {
	p := t.Arg.(*Tokens)
	p.all.Wait(t)
	p.stop(p.both())
	return 0
}

func (p *Tokens) both() bool { return p.owners[0].gone.IsCancelled() && p.owners[1].gone.IsCancelled() }

// tokensPaced goes round as a future.
func tokensPaced(t *sched.Task) sched.Poll {
	p := t.Arg.(*Tokens)
	for {
		if !p.paced {
			p.pace.Start(p.all.Flag())
			p.paced = true
		}
		if p.pace.Poll(t) == sched.Pending {
			return sched.Pending
		}
		p.paced = false
		if !p.pace.Granted() {
			p.stop(p.both())
			return sched.Ready
		}
		p.laps.Add(1)
	}
}
