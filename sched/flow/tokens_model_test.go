//go:build !tinygo

package flow_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// flagModel is the model of one flag: what it says, and of a combined one what it is made of.
type flagModel struct {
	flag    *sched.Flag
	add     func(flags ...*sched.Flag) error // combined
	close   func()
	all     bool
	fired   bool
	members []*flagModel
}

// flagsModel is a model of all flags of a program.
type flagsModel struct {
	w      *explore.World
	flags  []*flagModel
	owned  map[int][]*flagModel // by task
	fires  []*flow.Trigger
	shared []*flagModel
}

func newFlagsModel(w *explore.World, alls [3]bool) *flagsModel {
	m := &flagsModel{w: w, owned: map[int][]*flagModel{}}
	for range 3 {
		g := new(flow.Trigger)
		g.Init(w.Exec, false)
		m.fires = append(m.fires, g)
		m.flags = append(m.flags, &flagModel{flag: g.Flag()})
	}
	for _, all := range alls {
		var c *flagModel
		if all {
			s := new(flow.Set)
			s.Init(w.Exec)
			c = &flagModel{flag: s.Flag(), add: s.Add, close: s.Close, all: true}
		} else {
			e := new(flow.Either)
			e.Init(w.Exec)
			c = &flagModel{flag: e.Flag(), add: e.Add, close: e.Close}
		}
		m.flags, m.shared = append(m.flags, c), append(m.shared, c)
	}
	return m
}

// spread fires what is due, until nothing is.
func (m *flagsModel) spread() {
	for again := true; again; {
		again = false
		for _, c := range m.flags {
			fired := 0
			for _, member := range c.members {
				if member.fired {
					fired++
				}
			}
			if !c.fired && fired > 0 && (!c.all || fired == len(c.members)) {
				c.fired, again = true, true
			}
		}
	}
}

func (m *flagsModel) settle() {
	m.spread()
	for i, c := range m.flags {
		m.w.Assert(c.flag.IsCancelled() == c.fired, "a flag says what the model says", "flag %d of %d: %t", i, len(m.flags), !c.fired)
	}
}

// dependsOn reports whether c is the other or waits for it.
func (c *flagModel) dependsOn(on *flagModel) bool {
	return c == on || !c.fired && slices.ContainsFunc(c.members, func(member *flagModel) bool { return member.dependsOn(on) })
}

func (m *flagsModel) fire(c *flagModel) {
	c.fired = true
	m.settle()
}

func (m *flagsModel) add(c *flagModel, members ...*flagModel) {
	var want error
	var flags []*sched.Flag
	for _, member := range members {
		flags = append(flags, member.flag)
		if member.dependsOn(c) {
			want = sched.ErrCycle
		}
	}
	if c.fired {
		want = sched.ErrClosed
	}
	err := c.add(flags...)
	m.w.Assert(err == want, "members are taken or rejected", "%v, want %v", err, want)
	if err == nil {
		c.members = append(c.members, members...)
	}
	m.settle()
}

// open makes a combined token of task me with two members.
func (m *flagsModel) open(t *sched.Task, me, arg int) {
	a, b := m.fires[arg%3].Flag(), m.shared[(me+arg)%3]
	c := &flagModel{all: arg%2 == 0, members: []*flagModel{m.flags[arg%3], b}}
	ending := t.Ending()
	var err error
	if c.all {
		var s *flow.Set
		if s, err = flow.AllOf(t, a, b.flag); err == nil {
			c.flag, c.add, c.close = s.Flag(), s.Add, s.Close
		}
	} else {
		var e *flow.Either
		if e, err = flow.AnyOf(t, a, b.flag); err == nil {
			c.flag, c.add, c.close = e.Flag(), e.Add, e.Close
		}
	}
	m.w.Assert((err == sched.ErrCancelled) == ending && (err == nil) == !ending, "a task that ends owns nothing new", "%v", err)
	if err == nil {
		m.flags, m.owned[me] = append(m.flags, c), append(m.owned[me], c)
	}
	m.settle()
}

func (m *flagsModel) do(t *sched.Task, me int, s modeltest.Step) bool {
	any := m.flags[(me*5+s.Arg)%len(m.flags)]
	shared := m.shared[me%3]
	switch s.Act {
	case 1:
		m.fires[s.Arg%3].Fire()
		m.fire(m.flags[s.Arg%3])
	case 2:
		m.add(shared, any)
	case 3:
		m.add(m.shared[(me+1)%3], m.flags[s.Arg%3], m.flags[(s.Arg+1)%3])
	case 4, 5:
		m.open(t, me, s.Arg)
	case 7:
		c := shared
		if n := len(m.owned[me]); n > 0 {
			c = m.owned[me][n-1]
		} else if s.Arg > 0 {
			break
		}
		c.close()
		m.fire(c)
	default:
		return m.wait(t, me, s)
	}
	m.settle()
	return true
}

// wait makes the steps that wait.
func (m *flagsModel) wait(t *sched.Task, me int, s modeltest.Step) bool {
	any := m.flags[(me*5+s.Arg)%len(m.flags)]
	switch s.Act {
	case 6:
		ending := t.Ending()
		var err error
		if s.Arg%2 == 0 {
			err = any.flag.Wait(t)
		} else {
			err = sched.Await(t, &flow.Signalled{Flag: any.flag})
		}
		m.w.Assert(err == nil && any.fired && !ending || err == sched.ErrCancelled && t.Ending(), "a wait ends when the flag fires", "%v", err)
		return err == nil
	case 8:
		return t.Yield() == nil
	case 9:
		return t.Sleep(vclock.Duration(s.Arg)) == nil
	case 10:
		before := any.fired && !t.Ending()
		err := flow.WithTimeout(t, vclock.Duration(s.Arg), &flow.Signalled{Flag: any.flag})
		m.w.Assert((err != nil || any.fired) && (!before || err == nil), "a wait with a timeout", "%v", err)
	}
	m.settle()
	return true
}

// left is the end of a task, which closes what the task owns right after this.
func (m *flagsModel) left(_ *sched.Task, me int) {
	for _, c := range m.owned[me] {
		c.fired = true
	}
	m.spread()
}

// modelFlags plays programs with three triggers and three combined tokens, and those that tasks open for themselves.
func modelFlags(t *testing.T, acts int, alls [3]bool) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, acts)
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			m := newFlagsModel(w, alls)
			modeltest.Crew(w, program, m.do, m.left)
			modeltest.Rescue(w, func() {
				for i, g := range m.fires {
					g.Fire()
					m.fire(m.flags[i])
				}
				for _, c := range m.shared {
					c.close()
					m.fire(c)
				}
			})
		})
	})
}

func TestModelEither(t *testing.T) { modelFlags(t, 11, [3]bool{false, false, true}) }

func TestModelSet(t *testing.T) { modelFlags(t, 11, [3]bool{true, true, false}) }

// A trigger is a flag that is fired or not.
func TestModelTrigger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 7)
		already := rapid.IntRange(0, 3).Draw(t, "already")
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			m := &flagsModel{w: w, fires: triggers(w.Exec, 3, already)}
			for i, g := range m.fires {
				m.flags = append(m.flags, &flagModel{flag: g.Flag(), fired: i < already})
			}
			m.settle()
			act := [...]int{0, 1, 6, 6, 8, 9, 10}
			modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
				if i := s.Arg % 3; s.Act == 1 {
					m.fires[i].Fire()
					m.fire(m.flags[i])
					return true
				}
				return m.wait(t, me, modeltest.Step{Act: act[s.Act], Arg: s.Arg})
			}, nil)
			modeltest.Rescue(w, func() {
				for i, g := range m.fires {
					g.Fire()
					m.fire(m.flags[i])
				}
			})
		})
	})
}
