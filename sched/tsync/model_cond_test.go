//go:build !tinygo

package tsync_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// crowdModel is the model of a condition: who is registered, in order, and who has been told what.
type crowdModel struct {
	m          *line
	registered []registration
	told       map[int]*word
	closed     bool
	count      int // of registrations so far
}

// registration is one wait of one task: its next wait is another.
type registration struct{ who, id int }

// word is what a waiter was told, and to whom it goes on if the waiter does not get anywhere.
type word struct {
	err    error
	heirs  []registration // that were there when a notification of one came
	queued bool           // on the way back to the lock
}

func (c *crowdModel) notifyOne() {
	if len(c.registered) > 0 {
		c.choose(slices.Clone(c.registered))
	}
}

// choose tells the first of the heirs that is registered still.
func (c *crowdModel) choose(heirs []registration) {
	for i, r := range heirs {
		if at := slices.Index(c.registered, r); at >= 0 {
			c.registered = slices.Delete(c.registered, at, at+1)
			c.told[r.who] = &word{heirs: heirs[i+1:]}
			return
		}
	}
}

func (c *crowdModel) tellAll(err error) {
	for _, r := range c.registered {
		c.told[r.who] = &word{err: err}
	}
	c.registered = nil
}

// spy is the future of a wait that tells the model what happens.
type spy struct {
	c  *crowdModel
	w  *tsync.CondWait
	me int
	on bool // polled before
}

func (s *spy) Poll(t *sched.Task) sched.Poll {
	c, m := s.c, s.c.m
	before := c.told[s.me]
	if before != nil && before.err == nil && !before.queued {
		before.queued = true
		if m.begin(s.me, 'x') == "poisoned" {
			before.err = sched.ErrPoisoned
		}
	}
	if !s.on {
		s.on = true
		m.drop(s.me)
		if c.closed {
			before = &word{err: sched.ErrClosed}
			c.told[s.me] = before
		} else {
			c.count++
			c.registered = append(c.registered, registration{s.me, c.count})
		}
	}
	p := s.w.Poll(t)
	over := before != nil && (before.err != nil || m.flushed[s.me] || m.writer == s.me)
	m.want((p == sched.Ready) == over, "a wait is over when it was told and has the lock", s.me, p, c.registered)
	return p
}

func (s *spy) Abandon(t *sched.Task) {
	s.w.Abandon(t)
	s.c.gaveUp(s.me)
}

// gaveUp is told that a wait ends early: it holds nothing, and what it was told alone goes on.
func (c *crowdModel) gaveUp(me int) {
	c.m.drop(me)
	c.registered = slices.DeleteFunc(c.registered, func(r registration) bool { return r.who == me })
	if w := c.told[me]; w != nil && w.err == nil && !c.m.flushed[me] {
		c.choose(w.heirs)
	}
	delete(c.told, me)
	delete(c.m.flushed, me)
}

// wait waits inside the region; false: the lock is gone.
func (c *crowdModel) wait(t *sched.Task, cond *tsync.Cond[[2]int], w *tsync.CondWait, g *tsync.Guard[[2]int], me int, limit vclock.Duration) error {
	m := c.m
	ending := t.Ending()
	m.inside = false
	cond.StartWait(w, g)
	s := &spy{c: c, w: w, me: me}
	var err error
	if limit > 0 {
		err = flow.WithTimeout(t, limit, s)
	} else {
		err = sched.Await(t, s)
	}
	switch {
	case err == nil && w.Err() == nil:
		m.want(m.writer == me && !ending, "a wait ends with the lock", me)
		*g = cond.Guard(w)
		m.inside = true
		delete(c.told, me)
		return nil
	case err == nil:
		told := c.told[me]
		m.want(told.err == w.Err() || m.flushed[me] && w.Err() == sched.ErrPoisoned, "a wait fails for a reason", me, w.Err())
		delete(c.told, me)
		delete(m.flushed, me)
		return w.Err()
	}
	m.want(err == sched.ErrTimeout && limit > 0 || err == sched.ErrCancelled && t.Ending(), "a wait is given up for a reason", me, err)
	if !s.on { // not even begun
		w.Abandon(t)
		m.drop(me)
	}
	return err
}

func TestModelCond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 12)
		seed := rapid.Uint64().Draw(t, "seed")
		modeltest.Play(t, 1, seed, func(w *explore.World) {
			var mu tsync.Mutex[[2]int]
			var cond tsync.Cond[[2]int]
			mu.Init(w.Exec, "m", [2]int{})
			cond.Init("c", &mu)
			m := newLine(w)
			c := &crowdModel{m: m, told: map[int]*word{}}
			m.onPoison = func() { c.tellAll(sched.ErrPoisoned) }
			waits := make([]tsync.CondWait, len(program))
			modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
				switch s.Act {
				case 1:
					t.Yield()
				case 2:
					t.Sleep(vclock.Duration(s.Arg))
				case 3:
					c.notifyOne()
					cond.NotifyOne()
				case 4:
					c.tellAll(nil)
					cond.NotifyAll()
				case 5:
					if s.Arg == 0 { // rarely
						c.closed = true
						c.tellAll(sched.ErrClosed)
						cond.Close()
					}
				case 6:
					mu.Unpoison(t, func(v *[2]int) { v[0] = v[1] })
					m.poisoned = false
				default:
					return inRegion(t, &mu, &cond, c, &waits[me], me, s)
				}
				return true
			}, func(t *sched.Task, me int) { m.drop(me) })
			modeltest.Rescue(w, func() {
				c.closed = true
				c.tellAll(sched.ErrClosed)
				cond.Close()
			})
		})
	})
}

// inRegion enters the region and waits there, or tells others.
func inRegion(t *sched.Task, mu *tsync.Mutex[[2]int], cond *tsync.Cond[[2]int], c *crowdModel, w *tsync.CondWait, me int, s modeltest.Step) bool {
	m := c.m
	var p tsync.Permit[[2]int]
	err := m.acquire(t, me, 'x', func() (err error) { p, err = mu.Lock(t); return err })
	if err != nil {
		return err != sched.ErrCancelled
	}
	g := p.Enter()
	m.inside = true
	if s.Act >= 9 {
		limit := vclock.Duration(0)
		if s.Arg > 2 {
			limit = vclock.Duration(s.Arg)
		}
		if err := c.wait(t, cond, w, &g, me, limit); err != nil {
			return err != sched.ErrCancelled
		}
	}
	v := g.Value()
	m.want(v[0] == v[1], "the data is whole in the region", *v)
	v[0]++
	if s.Arg > 1 && t.Sleep(vclock.Duration(s.Arg)) != nil {
		return false // poisoned
	}
	v[1]++
	if s.Act == 8 {
		c.notifyOne()
		cond.NotifyOne()
	}
	m.inside = false
	g.Exit()
	m.drop(me)
	return true
}

// A sync mutex is a variable: whatever lanes do, an Apply is one step.
func TestModelSyncMutex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 7)
		lanes := rapid.IntRange(1, 4).Draw(t, "lanes")
		modeltest.Play(t, lanes, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			var a, b tsync.SyncMutex[[2]int]
			var cell tsync.Cell[int]
			a.Init(w.Exec, [2]int{})
			b.Init(w.Exec, [2]int{})
			cell.Init(w.Exec, 0)
			sum := 0 // what the variable must be
			modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
				switch s.Act {
				case 1:
					return t.Yield() == nil
				case 2:
					return t.Sleep(vclock.Duration(s.Arg)) == nil
				case 3:
					cell.Store(t, me) // a place where lanes change
				case 4:
					v := a.Read(t)
					w.Assert(v == [2]int{sum, sum}, "a read sees the value", "%v, want %d twice", v, sum)
				default:
					a.Apply(t, func(v *[2]int) {
						w.Assert(*v == [2]int{sum, sum}, "an apply sees the value", "%v, want %d twice", *v, sum)
						v[0] += s.Arg
						cell.Load(t) // no lane changes here
						b.Apply(t, func(v *[2]int) { v[0]++ })
						v[1] += s.Arg
						sum += s.Arg
					})
				}
				return true
			}, func(t *sched.Task, me int) { a.Apply(t, func(*[2]int) {}) }) // in a teardown, too
		})
	})
}

// On several lanes the monitors judge alone, as for TestModelOnSeveralLanes.
func TestModelLocksOnSeveralLanes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 10)
		lanes := rapid.IntRange(2, 4).Draw(t, "lanes")
		modeltest.Play(t, lanes, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			var rw tsync.RWMutex[int]
			var m tsync.Mutex[int]
			var c tsync.Cond[int]
			var cell tsync.Cell[int]
			rw.Init(w.Exec, "rw", 0)
			m.Init(w.Exec, "m", 0)
			c.Init("c", &m)
			cell.Init(w.Exec, 0)
			inside := 0
			change := func(t *sched.Task) func(*int) {
				return func(*int) {
					inside++
					w.Assert(inside == 1, "one writer at a time", "%d are inside", inside)
					cell.Store(t, 1) // other lanes act here
					inside--
				}
			}
			look := func(t *sched.Task) func(*int) {
				return func(*int) {
					w.Assert(inside == 0, "no writer beside a reader", "%d are inside", inside)
					cell.Load(t)
					w.Assert(inside == 0, "no writer beside a reader", "%d are inside", inside)
				}
			}
			modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
				switch s.Act {
				case 1:
					return t.Sleep(vclock.Duration(s.Arg)) == nil
				case 2, 3:
					return rw.WithRead(t, look(t)) == nil
				case 4:
					return rw.With(t, change(t)) == nil
				case 5, 6:
					u, err := rw.ReadUpgradeable(t)
					if err != nil {
						return false
					}
					defer u.Release()
					look(t)(nil)
					p, err := u.Upgrade(t)
					if err != nil {
						return false
					}
					defer p.Release()
					change(t)(nil)
				case 7:
					c.NotifyOne()
				case 8:
					c.NotifyAll()
				default:
					p, err := m.Lock(t)
					if err != nil {
						return false
					}
					g := p.Enter()
					if c.Wait(t, &g) != nil {
						return false
					}
					g.Exit()
				}
				return true
			}, nil)
			modeltest.Rescue(w, c.Close)
		})
	})
}
