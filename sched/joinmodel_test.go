//go:build !tinygo

package sched_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// target is the model of one task and its handle.
type target struct {
	h        *sched.Handle[int]
	value    int
	returned bool // the body has
	asked    bool // to end, while its body had not returned
	requests bool // a request was made, in vain or not
	gone     bool // the handle is used up
	given    bool // without an outcome
	owner    int  // to whose end it is attached, -1: nobody
	joiner   int  // who is in Join or Cancel, -1: nobody
}

// joins is the model of handles that several tasks share.
type joins struct {
	w    *explore.World
	x    [3]*target
	all  []*target
	next int
}

func (m *joins) want(ok bool, call string, x *target, got ...any) {
	m.w.Assert(ok, "a handle does what the model does: "+call, "got %v, with %+v", got, *x)
}

// request is what a cancel does to the task.
func (x *target) request() {
	x.requests = true
	x.asked = x.asked || !x.returned
}

// release is what the end of an owner, and Release, do.
func (x *target) release() {
	if x.owner >= 0 {
		x.request()
	}
	x.gone, x.given, x.owner = true, true, -1
}

func (m *joins) spawn(t *sched.Task, me int, s modeltest.Step) {
	i := s.Arg % len(m.x)
	if m.x[i] != nil && !m.x[i].gone {
		return
	}
	m.next++
	x := &target{value: m.next, owner: -1, joiner: -1}
	attach := s.Arg > 2
	x.h = sched.SpawnWith(t, fmt.Sprint("target ", x.value), sched.SpawnOptions{Attach: attach}, func(t *sched.Task) int {
		for range s.Arg {
			if t.Sleep(vclock.Duration(s.Arg)) != nil {
				return -1
			}
		}
		x.returned = true
		return x.value
	})
	if err := x.h.Err(); err != nil {
		_, joined := x.h.Join(t)
		_, ok, cancelled := x.h.Cancel(t)
		m.want(joined == err && !ok && cancelled == err && x.h.Detach() == err && x.h.Attach(t) == err, "a handle without a task", x, joined, cancelled)
		return
	}
	if attach && !t.Ending() {
		x.owner = me
	}
	m.x[i], m.all = x, append(m.all, x)
}

// use is Join and Cancel: the same wait, with another reading of its end.
func (m *joins) use(t *sched.Task, me int, x *target, cancel bool) bool {
	gone, taken, ending := x.gone, x.joiner >= 0, t.Ending()
	if cancel && !gone {
		x.request()
	}
	waits := !gone && !taken && !ending
	if waits {
		x.joiner = me
	}
	var v int
	var err error
	call, some := "Join", false
	if cancel {
		call = "Cancel"
		v, some, err = x.h.Cancel(t)
	} else if v, err = x.h.Join(t); err == nil {
		some = true
	} else if err == sched.ErrNoValue {
		err = nil
	}
	switch {
	case gone || taken:
		m.want(err == sched.ErrDetached, call+" of a used handle", x, v, err)
	case ending:
		m.want(err == sched.ErrCancelled, call+" by a task that ends", x, v, err)
	case err == sched.ErrCancelled:
		m.want(t.Ending(), call+" is cancelled with its task only", x, v, err)
		if x.owner == me || x.owner < 0 && !x.requests {
			x.release()
		}
	case err == sched.ErrDetached:
		m.want(x.given, call+" ends without an outcome if the handle is given up only", x, v, err)
	default:
		m.want(err == nil && !x.given && some == x.returned && (some || x.asked) && (!some || v == x.value), call+" tells the outcome", x, v, some, err)
		x.gone, x.owner = true, -1
	}
	if waits {
		x.joiner = -1
	}
	return err != sched.ErrCancelled
}

func (m *joins) do(t *sched.Task, me int, s modeltest.Step) bool {
	x := m.x[s.Arg%len(m.x)]
	if x == nil && s.Act < 10 {
		s.Act = 1
	}
	used := error(nil)
	if x != nil && x.gone {
		used = sched.ErrDetached
	}
	switch s.Act {
	case 1, 2:
		m.spawn(t, me, s)
	case 3, 4:
		return m.use(t, me, x, false)
	case 5:
		return m.use(t, me, x, true)
	case 6:
		if used == nil && t.Ending() {
			used = sched.ErrCancelled
		} else if used == nil && x.owner < 0 {
			x.owner = me
		}
		err := x.h.Attach(t)
		m.want(err == used, "Attach", x, err)
	case 7:
		if used == nil {
			x.gone, x.given, x.owner = true, true, -1
		}
		err := x.h.Detach()
		m.want(err == used, "Detach", x, err)
	case 8:
		if used == nil {
			x.request()
		}
		err := x.h.Stop()
		m.want(err == used, "Stop", x, err)
	case 9:
		if x.owner >= 0 && x.owner != me {
			return true // an attached handle is released by its owner
		}
		if used == nil {
			x.release()
		}
		x.h.Release()
	case 10:
		return t.Yield() == nil
	case 11:
		return t.Sleep(vclock.Duration(s.Arg)) == nil
	case 12:
		return s.Arg > 0 // rarely the end of the body
	}
	m.look()
	return true
}

// look asks every handle what it knows.
func (m *joins) look() {
	for _, x := range m.all {
		done := x.h.Done()
		v, some := x.h.Value()
		m.want((!x.returned || done) && (!done || x.returned || x.asked), "Done", x, done)
		m.want(some == x.returned && (!some || v == x.value), "Value", x, v, some)
		some, err := x.h.Outcome()
		m.want(some == (x.returned && !x.given) && (err == nil) == some, "Outcome", x, some, err)
	}
}

// Handles that several tasks use at will do what a naive model does. A target that nobody asked to end has returned at the end of
// the run, and one that was asked has not (NC1 to NC5).
func TestModelJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 13)
		seed := rapid.Uint64().Draw(t, "seed")
		modeltest.Play(t, 1, seed, func(w *explore.World) {
			m := joins{w: w}
			modeltest.Crew(w, program, m.do, func(t *sched.Task, me int) {
				for _, x := range m.all {
					if x.owner == me { // its release follows in the same step
						x.owner = -1
						if !x.h.Done() { // a task that has ended is asked for nothing, and a wait that is given up gives its handle up
							x.request()
						}
					}
				}
			})
			w.AtEnd("targets", func() error {
				for _, x := range m.all {
					if x.asked == x.returned {
						return fmt.Errorf("at the end: %+v", *x)
					}
				}
				return nil
			})
		})
	})
}
