//go:build !tinygo

package service_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/service"
	"github.com/tripoint-go/tripoint/vclock"
)

// naive is a resource as a model: it looks at everything again whenever anything has happened.
type naive struct {
	name    string
	self    *service.Self // of a single resource
	real    *service.Resource
	root    *service.Root
	maker   int // the task that owns it, -1 once it has given it up
	own     service.State
	message string
	told    bool
	tokens  []func() bool // of its owners
	below   []below
	failed  *naive
	waiting bool // a root whose Wait was called
	version uint64
}

type below struct {
	r   *naive
	how string // "needs", "member", "left"
}

func (r *naive) collects() bool { return r.self == nil }
func (r *naive) ended() bool    { return r.own == service.Done || r.own == service.PermanentFailure }

// overall returns the worst state, and who is to blame.
func (r *naive) overall() (service.State, *naive) {
	if r.ended() {
		if r.failed != nil {
			return r.own, r.failed
		}
		return r.own, r
	}
	worst, cause := r.own, r
	for _, b := range r.below {
		s, c := b.r.overall()
		if s > worst || s == worst && s >= service.TemporaryFailure && cause == r {
			worst, cause = s, c
		}
	}
	return worst, cause
}

// tree is the model of all resources of a program.
type tree struct {
	w    *explore.World
	all  []*naive
	root *naive
	stop flow.Trigger // the token of an owner from outside
	over bool         // the world has ended everything
	shut bool         // the shutdown has begun
}

var errModel = errors.New("broken")

const grace = 40

// settle draws conclusions until there are none left.
func (m *tree) settle() {
	for again := true; again; {
		again = false
		for _, r := range m.all {
			again = m.conclude(r) || again
		}
	}
}

func (m *tree) conclude(r *naive) bool {
	told := len(r.tokens) > 0
	for _, fired := range r.tokens {
		told = told && fired()
	}
	switch {
	case !r.told && (told || r.ended()):
		r.told = true
	case r.told && !r.ended() && r.own != service.Stopping:
		r.own = service.Stopping
	case r.collects() && r.failed == nil && m.blame(r):
	case r == m.root && r.failed != nil && r.own == service.Ready:
		r.told, r.own = true, service.Stopping
	case r.collects() && !r.ended() && r.settled() && (r != m.root || r.waiting || r.own == service.Stopping):
		m.verdict(r)
	default:
		return false
	}
	return true
}

func (m *tree) blame(r *naive) bool {
	for _, b := range r.below {
		if s, c := b.r.overall(); s == service.PermanentFailure && !r.ended() {
			r.failed = c
			return true
		}
	}
	return false
}

func (m *tree) verdict(r *naive) {
	r.own = service.Done
	if r.failed != nil {
		r.own, r.message = service.PermanentFailure, r.failed.message
	}
	m.end(r)
}

func (r *naive) settled() bool {
	return !slices.ContainsFunc(r.below, func(b below) bool { return !b.r.ended() })
}

// above reports whether q is above r by way of resources that have not ended.
func (q *naive) above(r *naive) bool {
	return !q.ended() && slices.ContainsFunc(q.below, func(b below) bool { return b.r == r || b.r.above(r) })
}

func (q *naive) holds(r *naive) bool {
	return slices.ContainsFunc(q.below, func(b below) bool { return b.r == r })
}

// end takes r, which is terminal now, off what is below it.
func (m *tree) end(r *naive) {
	for _, b := range r.below {
		for _, q := range m.all {
			if !b.r.ended() && q.collects() && !q.holds(b.r) && q.above(r) {
				q.below = append(q.below, below{b.r, "left"})
			}
		}
	}
	r.below = nil
}

// check compares everything.
func (m *tree) check(after string) {
	for _, r := range m.all {
		overall, cause := r.overall()
		p := r.real.Report()
		told := r.real.State() // for the message
		m.w.Assert(p.State == r.own && p.Message == r.message && p.Name == r.name, "a resource says what the model says", "after %s: %s is %v %q, want %v %q",
			after, r.name, told, p.Message, r.own, r.message)
		m.w.Assert(p.Overall() == overall && r.real.Overall() == overall && p.Cause().Name == cause.name && p.Cause().Message == cause.message,
			"the tree says what the model says", "after %s: all of %s is %v because of %s, want %v because of %s", after, r.name, p.Overall(), p.Cause().Name, overall, cause.name)
		m.w.Assert(p.Version >= r.version, "versions never decrease", "after %s: %d after %d", after, p.Version, r.version)
		if r.self != nil {
			m.w.Assert(r.self.Token().IsCancelled() == r.told, "a resource is told to stop when its owners agree", "after %s: %s was told: %t", after, r.name, !r.told)
		}
		r.version = p.Version
		n := 0
		for _, b := range r.below {
			if b.r.own != service.Done {
				m.w.Assert(n < len(p.Below) && p.Below[n].Name == b.r.name, "a report has what is below", "after %s: %s", after, r.name)
				n++
			}
		}
		m.w.Assert(r.ended() || n == len(p.Below), "a report has no more than what is below", "after %s: %s", after, r.name)
	}
}

func (m *tree) pick() *naive { return m.all[m.w.Work(len(m.all))] }

// make makes a resource of any kind.
func (m *tree) make(t *sched.Task, me int) {
	if len(m.all) >= 7 {
		return
	}
	r := &naive{name: fmt.Sprint("r", len(m.all)), maker: me, own: service.Ready}
	switch kind := m.w.Work(6); {
	case (kind == 4 || kind == 3) && m.root == nil:
		root, err := service.NewRoot(t, r.name, grace)
		if err != nil {
			return
		}
		r.root, r.real, m.root, r.told = root, &root.Resource, r, m.shut
	case kind == 5 && len(m.all) > 0:
		m.group(t, r)
	default:
		r.self = service.New(t, r.name)
		r.real, r.own = r.self.Resource(), service.Loading
	}
	if r.real != nil {
		m.all = append(m.all, r)
	}
}

func (m *tree) group(t *sched.Task, r *naive) {
	a, b := m.pick(), m.pick()
	if a == m.root || b == m.root {
		return
	}
	late := a.told && !a.ended() || b.told && !b.ended()
	real, err := service.NewGroup(t, r.name, a.real, b.real)
	m.w.Assert((err != nil) == late, "a group takes members that were not told to stop", "%v, %t", err, late)
	if err != nil {
		return
	}
	r.real = real
	for _, c := range []*naive{a, b} {
		if !r.holds(c) {
			r.below = append(r.below, below{c, "member"})
			c.tokens = append(c.tokens, func() bool { return r.told })
		}
	}
}

func (m *tree) depend(r, c *naive) {
	err := r.self.Depend(c.real)
	var failed *service.FailedError
	switch {
	case r.ended():
		m.w.Assert(err == sched.ErrClosed, "who has ended needs nothing", "%v", err)
	case c == r || c.above(r):
		m.w.Assert(err == sched.ErrCycle, "no resource needs itself", "%v", err)
	case c.own == service.PermanentFailure:
		m.w.Assert(errors.As(err, &failed), "nobody can need what has failed", "%v", err)
	case c.told:
		m.w.Assert(err == sched.ErrClosed, "nobody can need what was told to stop", "%v", err)
	default:
		m.w.Assert(err == nil, "what serves can be needed", "%v", err)
		r.below = append(r.below, below{c, "needs"})
		c.tokens = append(c.tokens, r.ended)
	}
}

func (m *tree) add(c *naive) {
	r := m.root
	err := r.root.Add(c.real)
	switch {
	case r.own != service.Ready || c.told && !c.ended():
		m.w.Assert(err == sched.ErrClosed, "a root that stops takes no members", "%v", err)
	default:
		m.w.Assert(err == nil, "a root takes members", "%v", err)
		if !r.holds(c) {
			r.below = append(r.below, below{c, "member"})
			c.tokens = append(c.tokens, func() bool { return r.told })
		}
	}
}

// finish ends a single resource.
func (m *tree) finish(r *naive, err error) {
	if r.self == nil || r.ended() {
		return
	}
	r.own, r.message = service.Done, ""
	if err != nil {
		r.own, r.message = service.PermanentFailure, err.Error()
	}
	m.end(r)
	m.settle()
	r.self.End(err)
}

// left is told that a task has ended, which owned what it made.
func (m *tree) left(me int) {
	for _, r := range m.all {
		if r.maker == me {
			r.maker = -1
			m.release(r)
		}
	}
	m.settle()
}

func (m *tree) release(r *naive) {
	if r == m.root {
		r.told = true
		return
	}
	if !r.told {
		r.tokens = append(r.tokens, func() bool { return true })
	}
}

func (m *tree) do(t *sched.Task, me int, s modeltest.Step) bool {
	if m.over {
		return false
	}
	if len(m.all) == 0 || s.Act == 1 || s.Act == 2 {
		m.make(t, me)
		m.settle()
		m.check("make")
		return true
	}
	r := m.pick()
	switch s.Act {
	case 3, 4:
		if c := m.pick(); r.self != nil && c != m.root {
			m.depend(r, c)
		}
	case 5:
		if m.root != nil && r != m.root {
			m.add(r)
		}
	case 6:
		if state := []service.State{service.Ready, service.Loading, service.TemporaryFailure}[s.Arg%3]; r.self != nil && !r.ended() {
			r.self.Set(state, "text")
			if r.message = "text"; r.own != service.Stopping {
				r.own = state
			}
		}
	case 7:
		if s.Arg == 0 {
			m.finish(r, errModel)
		} else {
			m.finish(r, nil)
		}
	case 8:
		m.tokens(r, s.Arg)
	case 9:
		t.Sleep(vclock.Duration(s.Arg * 5))
		return true
	default:
		return m.wait(t, me, r, s)
	}
	m.settle()
	m.check(fmt.Sprint("act ", s.Act, " on ", r.name))
	return true
}

// tokens gives the owners of r, or of all, another word.
func (m *tree) tokens(r *naive, arg int) {
	switch {
	case arg == 0:
		m.stop.Fire()
	case arg == 1 && r.maker >= 0:
		r.maker = -1
		m.release(r)
		r.real.Release()
	case arg == 2 && m.root != nil:
		m.root.told = true
		m.root.root.Stop()
	case arg == 3 && m.w.Work(4) == 0:
		if m.shut = true; m.root != nil {
			m.root.told = true
		}
		m.w.Exec.RootScope().Trigger()
	case r != m.root:
		err := r.real.AddToken(m.stop.Flag())
		m.w.Assert((err == sched.ErrClosed) == r.told, "tokens are for who was not told to stop", "%v", err)
		if err == nil {
			r.tokens = append(r.tokens, m.stop.IsCancelled)
		}
	}
}

// wait waits in one of all ways.
func (m *tree) wait(t *sched.Task, me int, r *naive, s modeltest.Step) bool {
	var failed *service.FailedError
	switch {
	case s.Act == 10 && m.root != nil && m.root.maker == me:
		return m.waitRoot(t, m.root)
	case s.Act == 10:
		err := r.real.WaitDone(t)
		done := r.own == service.Done && err == nil || r.own == service.PermanentFailure && errors.As(err, &failed)
		m.w.Assert(done || err == sched.ErrCancelled && t.Ending(), "WaitDone returns with the end", "%v, %v", err, r.own)
		return err != sched.ErrCancelled
	case s.Act == 11:
		err := r.real.WaitReady(t)
		overall, cause := r.overall()
		ok := err == nil && overall == service.Ready || err == sched.ErrClosed && r.own == service.Done ||
			errors.As(err, &failed) && overall == service.PermanentFailure && (failed.Name == cause.name)
		m.w.Assert(ok || err == sched.ErrCancelled && t.Ending(), "WaitReady returns when it is ready, or never will be", "%v, %v", err, overall)
		return err != sched.ErrCancelled
	}
	sub := r.real.Subscribe(t)
	seen := uint64(0)
	for range s.Arg + 1 {
		p, err := sub.Next(t)
		if err != nil {
			m.w.Assert(err == sched.ErrClosed && r.ended() && seen == r.real.Report().Version || err == sched.ErrCancelled && t.Ending(),
				"nobody misses the last report", "%v after version %d", err, seen)
			return err != sched.ErrCancelled
		}
		overall, _ := r.overall()
		m.w.Assert(p.Version > seen && p.State == r.own && p.Overall() == overall, "a subscriber sees the present", "%v, version %d after %d", p.State, p.Version, seen)
		seen = p.Version
	}
	sub.Close()
	return true
}

func (m *tree) waitRoot(t *sched.Task, r *naive) bool {
	if !t.Ending() {
		r.waiting = true
		m.settle()
	}
	err := r.root.Wait(t)
	var failed *service.FailedError
	var late *service.StopTimeoutError
	switch {
	case err == sched.ErrCancelled:
		m.w.Assert(t.Ending(), "Wait is cancelled with its task only", "")
		return false
	case err == nil:
		m.w.Assert(r.own == service.Done, "Wait says nil if all are done", "%v", r.own)
		return true
	case errors.As(err, &late):
		m.w.Assert(!r.settled() && r.failed == nil && len(late.Left) > 0, "somebody was late", "%v", err)
		r.own, r.message = service.PermanentFailure, r.real.Report().Message
		m.end(r)
	case errors.As(err, &failed):
		m.w.Assert(r.failed != nil && failed.Name == r.failed.name && errors.Is(err, errModel), "Wait names who failed first", "%v", err)
		if !r.ended() {
			m.w.Assert(len(failed.Left) > 0, "the grace is kept", "%v", err)
			m.verdict(r)
		}
	default:
		m.w.Assert(false, "Wait has three results", "%v", err)
	}
	m.settle()
	m.check("the end of the root")
	return true
}

func TestModelService(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 14)
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			m := &tree{w: w}
			m.stop.Init(w.Exec, false)
			modeltest.Crew(w, program, m.do, func(_ *sched.Task, me int) { m.left(me) })
			modeltest.Rescue(w, func() {
				m.over = true
				m.stop.Fire()
				for _, r := range m.all {
					m.finish(r, nil)
				}
				if m.root != nil {
					m.root.told = true
					m.root.root.Stop()
				}
				m.settle()
			})
		})
	})
}
