//go:build !tinygo

package flow_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// group is the model of a bundle: what became of each member, and in which order those that failed ended.
type group struct {
	w       *explore.World
	b       flow.Bundle
	fd, wfd int32
	open    bool
	closing bool // or its owner ends
	members []*mate
	order   []*mate
	result  error // the first that a join reported
}

// mate is what the model knows of a member.
type mate struct {
	static  flow.Member
	h       *sched.JoinHandle
	name    string
	ran     bool
	ended   bool
	err     error
	slow    bool // its end takes a while: the model does not know when
	stopped bool
	alone   bool // detached
}

func (g *group) want(ok bool, what, format string, args ...any) {
	g.w.Assert(ok, "the bundle does what a list of results does: "+what, format, args...)
}

func (g *group) add(t *sched.Task, kind int) {
	m := &mate{name: fmt.Sprint("m", len(g.members))}
	fails := len(g.members)%2 == 1
	body := func(t *sched.Task) error { return g.body(t, m, kind, fails) }
	closed := g.closing
	var err error
	if len(g.members)%3 == 0 {
		m.static.Task = &sched.Task{Arg: m}
		m.h, err = g.b.AddMember(t, &m.static, m.name, body)
	} else {
		h := g.b.AddFrom(t, m.name, body)
		m.h, err = &h.JoinHandle, h.Err()
	}
	if err != nil {
		g.want(err == sched.ErrTasksFull || closed && err == sched.ErrClosed, "a member is refused for a reason", "%v", err)
		return
	}
	g.members = append(g.members, m)
}

func (g *group) body(t *sched.Task, m *mate, kind int, fails bool) (err error) {
	m.ran, m.slow = true, kind == 3
	g.want(len(m.name) > 0 && t.Name() == m.name && (t.Arg == nil || t.Arg == any(m)), "a member finds its own state", "%v", t.Arg)
	defer func() {
		m.ended, m.err = true, err
		if err == nil && t.Ending() {
			m.err = sched.ErrCancelled
		}
		if m.err != nil {
			g.order = append(g.order, m)
		}
	}()
	var cut error
	switch kind {
	case 1:
		if cut = t.Yield(); cut == nil && len(g.members) < 8 {
			g.add(t, 2)
			cut = t.Yield()
		}
	case 2:
		cut = t.Sleep(3)
	case 3:
		var buf [1]byte
		if _, err := t.Do(backend.OpRead, g.fd, buf[:], -1); err == sched.ErrCancelled { // otherwise a fault
			cut = err
		}
	case 4:
		cut = t.Sleep(50)
	}
	if cut != nil {
		g.want(m.stopped || g.closing, "a member is cancelled by its handle or by Close only", "%s: %v", m.name, cut)
		return nil
	}
	if fails {
		return errBroken
	}
	return nil
}

// joined judges what Join returned.
func (g *group) joined(t *sched.Task, err error) bool {
	var e *flow.MemberError
	switch {
	case err == sched.ErrCancelled:
		g.want(t.Ending(), "a join is cancelled with its task only", "%v", err)
		return false
	case err == nil:
		g.want(g.result == nil, "a failure stays", "%v before", g.result)
		for _, m := range g.members {
			g.want(m.alone || m.h.Done() && m.err == nil && m.ran, "success is that of all members", "%s: done %t, %v", m.name, m.h.Done(), m.err)
		}
	case errors.As(err, &e):
		g.want(g.result == nil || g.result == err, "a failure stays", "%v, and %v before", err, g.result)
		g.result = err
		m := g.named(e.Name)
		g.want(m != nil && m.h.Done() && g.says(m, e), "a failure is that of a member that has ended", "%v", err)
		for _, o := range g.order {
			if o != m && !o.slow && !m.slow && m.ran && !o.alone {
				g.want(false, "the failure is the first", "%v, but %s failed before", err, o.name)
			}
			if o == m {
				break
			}
		}
	default:
		g.want(false, "a join returns the failure of a member", "%v", err)
	}
	return true
}

// says reports whether e is the failure of m.
func (g *group) says(m *mate, e *flow.MemberError) bool {
	if !m.ran {
		return e.Err == sched.ErrCancelled && (m.stopped || g.closing)
	}
	return m.ended && m.err == e.Err
}

func (g *group) named(name string) *mate {
	for _, m := range g.members {
		if m.name == name {
			return m
		}
	}
	return nil
}

// all judges the list of failures that JoinAll returned.
func (g *group) all(failures []*flow.MemberError) {
	at := 0
	seen := map[string]bool{}
	for _, e := range failures {
		m := g.named(e.Name)
		if m == nil || seen[e.Name] {
			g.want(false, "each failure is told once", "%v", e)
			return
		}
		seen[e.Name] = true
		g.want(g.says(m, e), "a failure is that of its member", "%v, want %v", e, m.err)
		if m.ran && !m.slow {
			for at < len(g.order) && (g.order[at].slow || g.order[at].alone) {
				at++
			}
			g.want(at < len(g.order) && g.order[at] == m, "failures are told in the order in which members ended", "%v", failures)
			at++
		}
	}
	for _, m := range g.members {
		if !m.alone {
			g.want(seen[m.name] == (m.err != nil || !m.ran), "all failures are told, and nothing else", "%s: %v, told %t", m.name, m.err, seen[m.name])
		}
	}
	if len(failures) > 0 && g.result == nil {
		g.result = failures[0]
	}
	g.want(len(failures) == 0 || g.result == error(failures[0]), "the first of all failures is the result", "%v", g.result)
}

func (g *group) do(t *sched.Task, s modeltest.Step) bool {
	switch s.Act {
	case 1, 2:
		g.add(t, s.Arg)
	case 3:
		return t.Yield() == nil
	case 4:
		return t.Sleep(vclock.Duration(s.Arg)) == nil
	case 5:
		return g.joined(t, g.b.Join(t))
	case 6:
		known := len(g.members)
		failures, err := g.b.JoinAll(t)
		if err != nil {
			return g.joined(t, err)
		}
		if len(g.members) == known { // else some may live
			g.all(failures)
		}
	case 7, 8:
		if s.Arg >= len(g.members) {
			break
		}
		if m := g.members[s.Arg]; s.Act == 7 {
			m.stopped = m.stopped || m.h.Stop() == nil
		} else if s.Arg == 4 && !m.h.Done() && !m.stopped && !g.closing {
			m.alone = m.h.Detach() == nil
		}
	case 9:
		if s.Arg == 0 {
			return g.close(t, vclock.Duration(len(g.members)))
		}
	case 10:
		g.b.Scope().Trigger()
	}
	return true
}

func (g *group) close(t *sched.Task, grace vclock.Duration) bool {
	busy := g.closing
	g.closing = g.closing || !t.Ending()
	err := g.b.Close(t, grace)
	switch {
	case err == sched.ErrCancelled:
		g.want(t.Ending(), "Close is cancelled with its task only", "%v", err)
		return false
	case err == sched.ErrClosed:
		g.want(busy, "one task closes at a time", "%v", err)
		return true
	}
	for _, m := range g.members {
		g.want(m.alone || m.h.Done(), "Close leaves no member behind", "%s", m.name)
	}
	return true
}

// Members in the program's memory and in the heap that are added, stopped, detached, joined and closed by several tasks, one of
// them a bundle's owner that may end at any time.
func TestModelBundle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 11)
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			g := &group{w: w}
			g.fd, g.wfd = w.Kernel.Pipe()
			modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
				if !g.open {
					if me != 0 {
						return t.Yield() == nil
					}
					if g.b.Open(t, "b", nil) != nil {
						return false
					}
					g.open = true
				}
				return g.do(t, s)
			}, func(_ *sched.Task, me int) { g.closing = g.closing || me == 0 })
			modeltest.Rescue(w, func() { w.Kernel.Put(g.wfd, make([]byte, 64)) })
			w.AtEnd("nobody is left", func() error {
				for _, m := range g.members {
					if !m.h.Done() {
						return fmt.Errorf("%s is", m.name)
					}
				}
				return nil
			})
		})
	})
}
