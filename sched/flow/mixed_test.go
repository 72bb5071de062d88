//go:build linux && !tinygo

package flow_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// mix is what the actors of a mixed program share: objects that they open, fire, wait for, hand over and close, each for itself and in
// any order. Whatever they do is legal.
type mix struct {
	mu       sync.Mutex // not held over a call
	ex       *sched.Executor
	draw     func(n int) int
	scopes   []*sched.Scope
	flags    []*sched.Flag
	triggers []*flow.Trigger
	handles  []*sched.Handle[int]
	waits    []sched.Future // of which each is polled by one task at a time
	check    func(ok bool, what string)
}

func (m *mix) n(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.draw(n)
}

func pick[T any](m *mix, from *[]T) (v T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(*from) == 0 {
		return v, false
	}
	return (*from)[m.draw(len(*from))], true
}

// steal is pick that takes it off the list.
func steal[T any](m *mix, from *[]T) (v T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(*from); n > 0 {
		i := m.draw(n)
		v, ok = (*from)[i], true
		*from = append((*from)[:i], (*from)[i+1:]...)
	}
	return v, ok
}

func put[T any](m *mix, into *[]T, v T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	*into = append(*into, v)
}

func (m *mix) span() vclock.Duration { return vclock.Duration(m.n(6)) * 3 * vclock.Microsecond }

func (m *mix) actor(depth, steps int) func(t *sched.Task) int {
	return func(t *sched.Task) int {
		for range steps {
			m.step(t, depth)
			if m.n(3) == 0 && t.Yield() != nil {
				break
			}
		}
		return m.n(100)
	}
}

func (m *mix) scope() *sched.Scope { s, _ := pick(m, &m.scopes); return s }

// step does one of the things that an actor may do.
func (m *mix) step(t *sched.Task, depth int) {
	steps := [...]func(t *sched.Task, depth int){
		m.sleeps, m.opensScope, m.takesToken, m.fires, m.triggersScope, m.combines, m.spawns, m.handlesTask,
		m.throttles, m.bundles, m.waitsForTokens, m.closesScope, m.movesWait, m.givesWait, m.makesTrigger, m.races,
	}
	steps[m.n(len(steps))](t, depth)
}

func (m *mix) sleeps(t *sched.Task, _ int) {
	t.Sleep(m.span())
}

// opensScope opens a scope with members, which its owner closes or leaves to his end.
func (m *mix) opensScope(t *sched.Task, depth int) {
	s := new(sched.Scope)
	if s.Open(t, "scope", m.scope()) != nil {
		return
	}
	put(m, &m.scopes, s)
	put(m, &m.flags, s.Flag())
	for range m.n(3) {
		if depth > 0 {
			h := sched.SpawnWith(t, "member", sched.SpawnOptions{Scope: s}, m.actor(depth-1, 3))
			if h.Err() == nil {
				put(m, &m.handles, h)
			}
		}
	}
	if m.n(2) == 0 {
		t.Sleep(m.span())
		s.Close(t, m.span())
	}
}

// takesToken keeps a token for a while or to the end, or lets others wait for it.
func (m *mix) takesToken(t *sched.Task, _ int) {
	s, k := m.scope(), new(sched.Token)
	if s == nil || s.Take(k, t) != nil {
		return
	}
	switch m.n(3) {
	case 0:
		flow.WithTimeout(t, m.span(), k)
		k.Release()
	case 1:
		put[sched.Future](m, &m.waits, k)
	}
}

func (m *mix) fires(t *sched.Task, _ int) {
	if g, ok := pick(m, &m.triggers); ok && m.n(3) == 0 {
		g.Fire()
	}
}

func (m *mix) triggersScope(t *sched.Task, _ int) {
	if s := m.scope(); s != nil && m.n(3) == 0 {
		s.Trigger()
	}
}

func (m *mix) combines(t *sched.Task, _ int) {
	a, ok := pick(m, &m.flags)
	b, _ := pick(m, &m.flags)
	if !ok {
		return
	}
	var f *sched.Flag
	if m.n(2) == 0 {
		e, err := flow.AnyOf(t, a, b)
		if e == nil || err != nil {
			return
		}
		f = e.Flag()
		if m.n(3) == 0 {
			e.Close()
			m.check(e.IsCancelled(), "what is closed has fired")
		}
	} else {
		e, err := flow.AllOf(t, a, b)
		if e == nil || err != nil {
			return
		}
		f = e.Flag()
		c, _ := pick(m, &m.flags)
		e.Add(c)
	}
	put(m, &m.flags, f)
	flow.WithTimeout(t, m.span(), &flow.Signalled{Flag: f})
}

func (m *mix) spawns(t *sched.Task, depth int) {
	if depth == 0 {
		return
	}
	h := sched.SpawnWith(t, "child", sched.SpawnOptions{Attach: m.n(2) == 0, Cleanup: m.n(4) == 0}, m.actor(depth-1, 3))
	if h.Err() != nil {
		return
	}
	put(m, &m.handles, h)
}

func (m *mix) handlesTask(t *sched.Task, _ int) {
	h, ok := pick(m, &m.handles)
	if !ok {
		return
	}
	switch m.n(7) {
	case 0:
		h.Stop()
	case 1:
		h.Detach()
	case 2:
		h.Cancel(t)
	case 3:
		h.Stop() // a task that joins itself waits for ever
		h.Join(t)
	case 4:
		h.Attach(t)
	case 5:
		h.Value()
		h.Outcome()
	}
}

func (m *mix) throttles(t *sched.Task, _ int) {
	if f, ok := pick(m, &m.flags); ok {
		thr, _ := flow.NewThrottler(t, 1+m.n(3), 1+m.span())
		for range 3 {
			if !thr.NextUntil(t, f) {
				break
			}
		}
	}
}

func (m *mix) bundles(t *sched.Task, depth int) {
	if depth == 0 {
		return
	}
	b := new(flow.Bundle)
	if b.Open(t, "bundle", m.scope()) != nil {
		return
	}
	put(m, &m.flags, b.Scope().Flag())
	for range 1 + m.n(3) {
		body := m.actor(depth-1, 2)
		h := b.Add("bundled", func(t *sched.Task) error {
			if body(t) < 50 {
				return errBroken
			}
			return nil
		})
		switch m.n(6) {
		case 0:
			h.Stop()
		case 1:
			h.Detach()
		}
	}
	if m.n(2) == 0 {
		b.Join(t)
	}
	if m.n(2) == 0 {
		b.Close(t, m.span())
		_, err := b.JoinAll(t)
		m.check(err == nil || err == sched.ErrCancelled, "a closed bundle has ended")
	}
}

func (m *mix) waitsForTokens(t *sched.Task, _ int) {
	if s := m.scope(); s != nil {
		flow.WithTimeout(t, m.span(), &sched.TokensWait{Scope: s})
	}
}

// closesScope closes somebody else's scope.
func (m *mix) closesScope(t *sched.Task, _ int) {
	if s := m.scope(); s != nil {
		if m.n(2) == 0 {
			s.Close(t, m.span())
			return
		}
		c := new(sched.ScopeClose)
		c.Start(s, m.span())
		if m.n(2) == 0 {
			flow.WithTimeout(t, m.span(), c)
		} else {
			put[sched.Future](m, &m.waits, c)
		}
	}
}

// movesWait waits for what another task may have waited for before.
func (m *mix) movesWait(t *sched.Task, _ int) {
	if f, ok := pick(m, &m.flags); ok {
		put[sched.Future](m, &m.waits, &flow.Signalled{Flag: f})
	}
	var s sched.Sleep
	s.Start(t, m.span())
	if w, ok := steal(m, &m.waits); ok {
		won, err := flow.SelectOf(t, w, &s)
		_, closes := w.(*sched.ScopeClose) // which must be polled to keep its grace
		switch {
		case err != nil || won == 0 || closes || m.n(2) == 0:
			w.Abandon(t)
		default:
			put(m, &m.waits, w)
		}
	}
	s.Abandon(t)
}

func (m *mix) givesWait(t *sched.Task, depth int) {
	if w, ok := steal(m, &m.waits); ok && depth > 0 {
		h := sched.SpawnFuture(t, "future", w.Poll)
		t.Sleep(m.span())
		h.Stop()
		sched.Await(t, h)
	}
}

func (m *mix) makesTrigger(t *sched.Task, _ int) {
	g := new(flow.Trigger)
	g.Init(m.ex, m.n(5) == 0)
	put(m, &m.triggers, g)
	put(m, &m.flags, g.Flag())
}

func (m *mix) races(t *sched.Task, _ int) {
	a, b := new(sched.Sleep), new(sched.Sleep)
	a.Start(t, m.span())
	b.Start(t, m.span())
	flow.FirstOf(t, a, nil, b)
	b.Abandon(t)
	a.Abandon(t)
}

// root runs actors, cancels some, and ends what is left.
func (m *mix) root(t *sched.Task) {
	m.ex = t.Executor()
	var hs []*sched.Handle[int]
	for range 4 {
		hs = append(hs, sched.SpawnChild(t, "actor", m.actor(2, 14)))
	}
	for _, h := range hs {
		t.Sleep(m.span())
		if m.n(2) == 0 {
			h.Cancel(t)
		}
	}
	if m.n(2) == 0 {
		t.Sleep(200 * vclock.Microsecond)
	}
	for m.n(8) > 0 {
		h, ok := steal(m, &m.handles)
		if !ok {
			break
		}
		h.Stop()
	}
}

func TestMixedPrograms(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		m := &mix{draw: w.Work, check: func(ok bool, what string) { w.Assert(ok, what, "") }}
		w.Run([]sched.Mode{sched.WaitForAllTasks, sched.StopAllOperations, sched.DetachTasks}[w.Work(3)], func(t *sched.Task) int { m.root(t); return 0 })
	}, simtest.Seeds("1-1000"))
}

func TestWorkersMixedPrograms(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		for seed := range 30 {
			r := rand.New(rand.NewPCG(uint64(seed), 1))
			m := &mix{draw: r.IntN, check: func(ok bool, what string) {
				if !ok {
					t.Error(what)
				}
			}}
			sched.Spawn(task, "root", func(t *sched.Task) int { m.root(t); return 0 }).Join(task)
		}
	})
}
