//go:build !tinygo

package tsync_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// fifo is the model of a mutex.
type fifo struct {
	w        *explore.World
	owner    int // -1: free
	waiting  []int
	inside   bool
	poisoned bool
	flushed  map[int]bool // waited when it was poisoned
}

func (m *fifo) want(ok bool, call string, args ...any) {
	m.w.Assert(ok, "the mutex does what a queue of owners does: "+call, "%v, owner %d, waiting %v, poisoned %t", args, m.owner, m.waiting, m.poisoned)
}

func (m *fifo) release() {
	m.owner, m.inside = -1, false
	if len(m.waiting) > 0 {
		m.owner, m.waiting = m.waiting[0], m.waiting[1:]
	}
}

func (m *fifo) poison() {
	m.poisoned = true
	for _, i := range m.waiting {
		m.flushed[i] = true
	}
	m.waiting = nil
	m.release()
}

// lock calls f, which locks for me, and judges what it returned.
func (m *fifo) lock(t *sched.Task, me int, f func() error) error {
	at := "later"
	switch {
	case t.Ending():
		at = "cancelled"
	case m.poisoned:
		at = "poisoned"
	case m.owner < 0 && len(m.waiting) == 0:
		at = "now"
		m.owner = me
	default:
		m.waiting = append(m.waiting, me)
	}
	err := f()
	switch {
	case at == "cancelled":
		m.want(err == sched.ErrCancelled, "lock of a task that ends", err)
	case at == "poisoned":
		m.want(err == sched.ErrPoisoned, "lock of poisoned data", err)
	case err == nil:
		m.want(m.owner == me, "a lock is owned in order", me)
	case err == sched.ErrPoisoned:
		m.want(m.flushed[me], "poison is for those who waited", me)
	default:
		m.want(err == sched.ErrCancelled && t.Ending(), "a lock is cancelled with its task only", err)
		if i := slices.Index(m.waiting, me); i >= 0 {
			m.waiting = slices.Delete(m.waiting, i, i+1)
		} else if m.owner == me { // handed over and not polled since
			m.release()
		}
	}
	delete(m.flushed, me)
	return err
}

func TestModelMutex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 13)
		seed := rapid.Uint64().Draw(t, "seed")
		modeltest.Play(t, 1, seed, func(w *explore.World) {
			var mu tsync.Mutex[[2]int]
			mu.Init(w.Exec, "m", [2]int{})
			m := fifo{w: w, owner: -1, flushed: map[int]bool{}}
			healthy := func(v *[2]int) { m.want(v[0] == v[1], "healthy data is whole", *v) }
			modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
				switch s.Act {
				case 1:
					t.Yield()
				case 2:
					t.Sleep(vclock.Duration(s.Arg))
				case 3, 4:
					held := false
					err := m.lock(t, me, func() error {
						return mu.With(t, func(v *[2]int) {
							held = true
							healthy(v)
							v[0]++
							v[1]++
						})
					})
					m.want(held == (err == nil), "With calls its function if it locks", held, err)
					if err == nil {
						m.release()
					}
					return err != sched.ErrCancelled
				case 5:
					mu.Unpoison(t, func(v *[2]int) {
						m.want(m.poisoned && m.owner < 0, "what is repaired is poisoned and free")
						v[0] = v[1]
					})
					m.poisoned = false
				case 10:
					could := !t.Ending() && !m.poisoned && m.owner < 0 && len(m.waiting) == 0
					p, ok := mu.TryLock(t)
					m.want(ok == could, "TryLock locks what is to be had", ok)
					if ok {
						m.owner = me
						return change(t, p, &m, s)
					}
				case 11, 12:
					return reader(t, &mu, &m, me, s)
				default:
					return critical(t, &mu, &m, me, s)
				}
				return true
			}, func(t *sched.Task, me int) {
				if m.owner == me { // its end releases what it left
					if m.inside {
						m.poison()
					} else {
						m.release()
					}
				}
			})
		})
	})
}

// critical locks, waits inside or outside of a region, and ends in one of all ways.
func critical(t *sched.Task, mu *tsync.Mutex[[2]int], m *fifo, me int, s modeltest.Step) bool {
	var p tsync.Permit[[2]int]
	err := m.lock(t, me, func() (err error) {
		if s.Act < 8 {
			p, err = mu.Lock(t)
			return err
		}
		w := new(tsync.LockWait)
		mu.StartLock(w)
		if err = sched.Await(t, w); err == nil {
			if err = w.Err(); err == nil {
				p = mu.Permit(w)
			}
		}
		return err
	})
	if err != nil {
		return err != sched.ErrCancelled
	}
	return change(t, p, m, s)
}

// reader locks for reading, and becomes a writer sometimes.
func reader(t *sched.Task, mu *tsync.Mutex[[2]int], m *fifo, me int, s modeltest.Step) bool {
	var g tsync.UpgradeableGuard[[2]int]
	err := m.lock(t, me, func() (err error) { g, err = mu.ReadExclusive(t); return err })
	if err != nil {
		return err != sched.ErrCancelled
	}
	m.want(g.Value()[0] == g.Value()[1], "a guard reads whole data")
	if s.Act == 11 && t.Sleep(vclock.Duration(s.Arg)) != nil {
		_, err := g.Upgrade(t)
		m.want(err == sched.ErrCancelled, "an upgrade of a task that ends", err)
		return false // it ends as a reader
	}
	if s.Arg == 4 {
		g.Release()
		m.release()
		return true
	}
	p, err := g.Upgrade(t)
	m.want(err == nil, "an upgrade is at once", err)
	return change(t, p, m, s)
}

// change ends a permit in one of all ways.
func change(t *sched.Task, p tsync.Permit[[2]int], m *fifo, s modeltest.Step) bool {
	if s.Arg == 0 {
		m.want(p.Read()[0] == p.Read()[1], "a permit reads whole data")
		t.Yield()
		p.Release()
		m.release()
		return true
	}
	g := p.Enter()
	m.inside = true
	g.Value()[0]++
	if t.Sleep(vclock.Duration(s.Arg)) != nil {
		return false // it ends inside
	}
	switch s.Arg {
	case 1:
		g.Release()
		m.poison()
	case 2:
		return false
	case 3:
		g.Value()[1]++
		r := g.Downgrade()
		m.inside = false
		if t.Sleep(1) != nil {
			return false // it ends as a reader
		}
		m.want(r.Value()[0] == r.Value()[1], "a guard reads whole data")
		r.Release()
		m.release()
	default:
		g.Value()[1]++
		g.Exit()
		m.release()
	}
	return true
}

// On several lanes calls begin while others are inside theirs; then there is no model of one call after the other, and the
// monitors judge alone.
func TestModelOnSeveralLanes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 9)
		lanes := rapid.IntRange(2, 4).Draw(t, "lanes")
		modeltest.Play(t, lanes, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			var m tsync.Mutex[int]
			var c tsync.Chan[int]
			var cell tsync.Cell[int]
			m.Init(w.Exec, "m", 0)
			c.Init(w.Exec, "c", make([]int, 2))
			cell.Init(w.Exec, 0)
			inside := 0
			modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
				switch s.Act {
				case 1, 2:
					return c.Send(t, me) == nil
				case 3, 4:
					_, err := c.Recv(t)
					return err == nil
				case 5:
					t.Yield()
				case 6:
					return m.With(t, func(*int) {
						inside++
						w.Assert(inside == 1, "one at a time", "%d are inside", inside)
						cell.Store(t, me) // other lanes act here
						inside--
					}) == nil
				default:
					p, err := m.Lock(t)
					if err == sched.ErrPoisoned {
						m.Unpoison(t, nil)
						return true
					}
					if err != nil {
						return false
					}
					g := p.Enter()
					defer g.Release()
					cell.Load(t)
					if t.Sleep(vclock.Duration(s.Arg)) != nil {
						return false
					}
					g.Exit()
				}
				return true
			}, func(*sched.Task, int) {})
			modeltest.Rescue(w, func() { c.CloseTx(); c.CloseRx() })
		})
	})
}
