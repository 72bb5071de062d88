//go:build !tinygo

package sched

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// randomProgram builds tasks out of drawn actions. Everything the tasks share is here: handles that any task may join,
// cancel or give up, scopes and tokens.
type randomProgram struct {
	t       *rapid.T
	w       *world
	handles []*Handle[int]
	futures []*JoinHandle
	scopes  []*Scope
	budget  int   // tasks still to be spawned
	lastFD  int32 // each operation has a descriptor of its own
	cleanly bool
}

func (p *randomProgram) n(label string, n int) int { return rapid.IntRange(0, n-1).Draw(p.t, label) }

// body is the body of a random task: up to 6 actions.
func (p *randomProgram) body(depth int) func(t *Task) int {
	return func(t *Task) int {
		var opened []*Scope
		for range p.n("actions", 7) {
			p.act(t, depth, &opened)
		}
		if p.cleanly {
			for _, s := range opened {
				s.Close(t, vclock.Duration(p.n("grace", 3)*4))
			}
		}
		return depth
	}
}

func (p *randomProgram) act(t *Task, depth int, opened *[]*Scope) {
	switch p.n("action", 26) {
	case 0, 1:
		t.Yield()
	case 2, 3:
		t.Sleep(vclock.Duration(p.n("sleep", 12)))
	case 4, 5, 6:
		kind := []backend.OpKind{backend.OpNop, backend.OpRead, backend.OpAccept, backend.OpClose}[p.n("op", 4)]
		t.Do(kind, p.fd(), nil, -1)
	case 7, 8, 9:
		p.spawn(t, depth)
	case 10, 11:
		if h := p.handle(); h != nil && (h.own.Owner() == nil || h.own.Owner() == t) && h.Task() != t {
			h.Join(t)
		}
	case 12:
		if h := p.handle(); h != nil && h.Task() != t.ex.root {
			h.Stop()
		}
	case 13:
		if h := p.handle(); h != nil {
			if p.n("how", 2) == 0 {
				h.Detach()
			} else if h.state != joinAttached || h.res.Owner() == t {
				h.Release()
			}
		}
	case 14:
		if h := p.handle(); h != nil && !t.Ending() && h.Task() != t {
			h.Attach(t)
		}
	case 15:
		s := new(Scope)
		if s.Open(t, fmt.Sprint("s", len(p.scopes)), nil) == nil {
			p.scopes = append(p.scopes, s)
			*opened = append(*opened, s)
		}
	case 16:
		if len(p.scopes) > 0 {
			k := new(Token)
			s := p.scopes[p.n("scope", len(p.scopes))]
			if s.Take(k, t) == nil && p.n("wait", 2) == 0 {
				s.Trigger()
				k.Wait(t)
				k.Release()
			}
		}
	case 17:
		if len(p.futures) > 0 {
			p.futures[p.n("future", len(p.futures))].Stop()
		}
	case 18:
		t.Point(1)
		if len(p.handles) > 0 {
			if k := p.handle().Task(); k != nil {
				k.Wake()
			}
		}
	case 19:
		line := p.n("line", 2)
		if p.n("how", 2) == 0 {
			t.ex.PendLine(line)
		} else {
			p.w.be.at(p.w.be.now+5, backend.CompletionLine, int32(line))
			t.WaitIRQ(line)
		}
	case 20, 21, 22:
		r := &raceOf{}
		kind := []backend.OpKind{backend.OpNop, backend.OpRead, backend.OpAccept}[p.n("op", 3)]
		r.op.Start(kind, p.fd(), nil, -1)
		if !t.Ending() {
			r.s.Start(t, vclock.Duration(p.n("sleep", 12)))
			Await(t, r)
		}
	default:
		p.actMore(t, opened)
	}
}

// raceOf is Ready when an operation or a sleep is, and the loser is over.
type raceOf struct {
	op      OpWait
	s       Sleep
	decided bool
}

func (r *raceOf) Poll(t *Task) Poll {
	if !r.decided {
		arm := int64(0)
		switch {
		case r.op.Poll(t) == Ready:
		case r.s.Poll(t) == Ready:
			arm = 1
		default:
			return Pending
		}
		r.decided = true
		t.ex.Trace().Emit(backend.EvWon, t.ex.NewID(), arm, 2, int64(t.id), 0)
		if arm == 0 {
			r.s.Abandon(t)
		} else {
			r.op.Abandon(t)
		}
	}
	if !t.Settled() {
		return Pending
	}
	return Ready
}

func (r *raceOf) Abandon(t *Task) {
	r.op.Abandon(t)
	r.s.Abandon(t)
}

func (p *randomProgram) actMore(t *Task, opened *[]*Scope) {
	if len(p.scopes) == 0 {
		return
	}
	s := p.scopes[p.n("scope", len(p.scopes))]
	switch p.n("more", 3) {
	case 0:
		c := new(Scope)
		if c.Open(t, fmt.Sprint("s", len(p.scopes)), s) == nil {
			p.scopes = append(p.scopes, c)
			*opened = append(*opened, c)
		}
	case 1:
		s.Close(t, vclock.Duration(p.n("grace", 3)*4))
	case 2:
		h := p.handle()
		if h == nil || h.own.Owner() != nil || h.node.Linked() || p.budget == 0 {
			return
		}
		p.budget--
		ended := false
		p.futures = append(p.futures, SpawnFuture(t, fmt.Sprint("f", len(p.futures)), func(t *Task) Poll {
			if !ended && (h.own.Owner() == nil || h.own.Owner() == t) && h.Poll(t) == Ready {
				ended = true
			}
			if ended {
				return Ready
			}
			return Pending
		}))
	}
}

func (p *randomProgram) fd() int32 { p.lastFD++; return p.lastFD }

func (p *randomProgram) handle() *Handle[int] {
	if len(p.handles) == 0 {
		return nil
	}
	return p.handles[p.n("handle", len(p.handles))]
}

func (p *randomProgram) spawn(t *Task, depth int) {
	if p.budget == 0 {
		return
	}
	p.budget--
	opts := SpawnOptions{Cleanup: p.n("cleanup", 4) == 0, Attach: p.n("attach", 3) == 0}
	if !opts.Attach && len(p.scopes) > 0 && p.n("member", 2) == 0 {
		opts.Scope = p.scopes[p.n("scope", len(p.scopes))]
	}
	if p.n("future", 4) != 0 {
		p.handles = append(p.handles, SpawnWith(t, fmt.Sprint("t", len(p.handles)), opts, p.body(depth+1)))
		return
	}
	var s Sleep
	var op OpWait
	started := false
	p.futures = append(p.futures, SpawnFuture(t, fmt.Sprint("f", len(p.futures)), func(t *Task) Poll {
		if !started {
			started = true
			s.Start(t, 7)
			op.Start(backend.OpRead, p.fd(), nil, -1)
		}
		if op.Poll(t) == Ready {
			return Ready // leaves the sleep to the teardown
		}
		return Pending
	}))
}

// Random programs in random worlds break no rule: judge and the monitors look at every trace.
func TestRandomPrograms(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		opts := Options{
			Lanes: rapid.IntRange(1, 3).Draw(rt, "lanes"), FreeOrder: rapid.Bool().Draw(rt, "free"), Grace: 20,
			Chooser: &dice{rapid.Uint64Min(1).Draw(rt, "seed")},
		}
		w := newWorld(rt, Limits{Ops: rapid.IntRange(1, 3).Draw(rt, "ops")}, opts)
		p := &randomProgram{t: rt, w: w, budget: 12, cleanly: rapid.Bool().Draw(rt, "cleanly")}
		w.be.stubborn = rapid.Bool().Draw(rt, "stubborn")
		w.be.accept = rapid.IntRange(-1, 1).Draw(rt, "accept") | 1 // all, or one at a time
		w.be.auto = func(op *backend.Op) *event {
			res := []int32{0, 3, -int32(backend.ECANCELED), -int32(backend.EIO)}[p.n("result", 4)]
			return &event{at: w.be.now.Add(vclock.Duration(p.n("latency", 15))), c: backend.Completion{Res: res}}
		}
		mode := Mode(rapid.IntRange(0, 2).Draw(rt, "mode"))
		v, err := w.try(rapid.Bool().Draw(rt, "main"), mode, func(t *Task) int { p.body(0)(t); return 1000 })
		if err != nil && err != ErrStalled || err == nil && v != 1000 {
			rt.Fatalf("the run ended with %d, %v", v, err)
		}
	})
}
