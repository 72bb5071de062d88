//go:build !tinygo

package tsync_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// A permit or guard counts once, whoever copied it, and never for the next owner (MU1).
func TestStalePermitsAndGuards(t *testing.T) {
	type mutex = tsync.Mutex[int]
	enter := func(t *sched.Task, m *mutex) tsync.Guard[int] {
		p, _ := m.Lock(t)
		return p.Enter()
	}
	for name, use := range map[string]func(t *sched.Task, m *mutex) func(){
		"permit after its copy was released": func(t *sched.Task, m *mutex) func() {
			p, _ := m.Lock(t)
			q := p
			p.Release()
			return q.Release
		},
		"permit after its copy was entered": func(t *sched.Task, m *mutex) func() {
			p, _ := m.Lock(t)
			q := p
			g := p.Enter()
			g.Exit()
			return func() { q.Enter() }
		},
		"permit read after release": func(t *sched.Task, m *mutex) func() {
			p, _ := m.Lock(t)
			p.Release()
			return func() { p.Read() }
		},
		"permit copy read after release": func(t *sched.Task, m *mutex) func() {
			p, _ := m.Lock(t)
			q := p
			p.Release()
			return func() { q.Read() }
		},
		"permit entered twice": func(t *sched.Task, m *mutex) func() {
			p, _ := m.Lock(t)
			g := p.Enter()
			g.Exit()
			return func() { p.Enter() }
		},
		"guard left twice": func(t *sched.Task, m *mutex) func() {
			g := enter(t, m)
			g.Exit()
			return g.Exit
		},
		"guard left after its copy": func(t *sched.Task, m *mutex) func() {
			g := enter(t, m)
			h := g
			g.Exit()
			return h.Exit
		},
		"value of a guard whose copy was left": func(t *sched.Task, m *mutex) func() {
			g := enter(t, m)
			h := g
			g.Exit()
			return func() { h.Value() }
		},
		"value of a guard after exit": func(t *sched.Task, m *mutex) func() {
			g := enter(t, m)
			g.Exit()
			return func() { g.Value() }
		},
		"permit of a wait whose lock was given up": func(t *sched.Task, m *mutex) func() {
			var w tsync.LockWait
			m.StartLock(&w)
			sched.Await(t, &w)
			p := m.Permit(&w)
			p.Release()
			return func() { m.Permit(&w) }
		},
		"permit of a wait that has not begun": func(t *sched.Task, m *mutex) func() {
			var w tsync.LockWait
			m.StartLock(&w)
			return func() { m.Permit(&w) }
		},
	} {
		for _, owned := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/owned=%t", name, owned), func(t *testing.T) {
				script(t, func(w *simtest.World) {
					var m mutex
					m.Init(w.Exec, "m", 0)
					w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
						stale := use(t, &m)
						if owned {
							sched.Spawn(t, "owner", func(t *sched.Task) int {
								p, _ := m.Lock(t)
								g := p.Enter()
								t.Sleep(10)
								g.Exit()
								return 0
							})
							t.Sleep(5)
						}
						wantPanic(w, "MU1", name, stale)
						w.Assert(m.With(t, func(n *int) { *n++ }) == nil, "the next owner keeps the lock and its data", "")
						return 0
					})
				})
			})
		}
	}
}

// Whatever is deferred may come late: a used-up permit or guard does nothing, and neither does a guard whose task has ended.
func TestReleaseOfUsedUp(t *testing.T) {
	script(t, func(w *simtest.World) {
		var m tsync.Mutex[int]
		m.Init(w.Exec, "m", 0)
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			var kept tsync.Guard[int]
			p, _ := m.Lock(t)
			g := p.Enter()
			p.Release()
			g.Exit()
			g.Release()
			p.Release()
			new(tsync.Permit[int]).Release()
			new(tsync.Guard[int]).Release()
			h := sched.Spawn(t, "ends inside", func(t *sched.Task) int {
				p, _ := m.Lock(t)
				kept = p.Enter()
				return 0
			})
			h.Join(t)
			w.Assert(m.Poisoned(), "PO5: the end inside poisons", "")
			m.Unpoison(t, nil)
			owner := sched.Spawn(t, "owner", func(t *sched.Task) int {
				p, _ := m.Lock(t)
				g := p.Enter()
				t.Sleep(10)
				g.Exit()
				return 0
			})
			t.Sleep(5)
			kept.Release()
			w.Assert(!m.Poisoned(), "a guard that outlived its task does not poison the next owner's data", "")
			wantPanic(w, "MU1", "a guard that outlived its task", kept.Exit)
			owner.Join(t)
			w.Assert(!m.Poisoned(), "the owner left in order", "")
			return 0
		})
	})
}

func TestLockTwice(t *testing.T) {
	script(t, func(w *simtest.World) {
		var m, other tsync.Mutex[int]
		m.Init(w.Exec, "m", 1)
		other.Init(w.Exec, "other", 2)
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			p, _ := m.Lock(t)
			wantPanic(w, "MU1", "a second lock", func() { m.Lock(t) })
			w.Assert(other.With(t, func(*int) {}) == nil, "another mutex is another matter", "")
			p.Release()
			w.Assert(m.With(t, func(*int) {
				wantPanic(w, "MU1", "a lock inside With", func() { m.With(t, func(*int) {}) })
			}) == nil, "With goes on after that", "")
			return 0
		})
	})
}

// A function that panics inside With leaves data in flux behind: whoever recovers keeps the lock until its end, and then the
// data is poisoned (PO5).
func TestWithThatPanics(t *testing.T) {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})}) // the monitors would name MU7
	defer ex.Close()
	var m tsync.Mutex[int]
	m.Init(ex, "m", 0)
	got, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) error {
		sched.Spawn(t, "panics", func(t *sched.Task) int {
			panics(func() { m.With(t, func(n *int) { *n = 1; panic("half way") }) })
			t.Sleep(10)
			return 0
		})
		waits := sched.Spawn(t, "waits", func(t *sched.Task) error { return m.With(t, func(*int) {}) })
		err, _ := waits.Join(t)
		return err
	})
	if err != nil || got != sched.ErrPoisoned || !m.Poisoned() {
		t.Fatalf("who waits gets %v (run: %v), want %v", got, err, sched.ErrPoisoned)
	}
}

// A cancel at any moment, of the owner or of any waiter, also of one that was handed the lock and has not been polled since,
// leaves the lock to the others in their order (MU2, MU3, MU4).
func TestCancelAroundHandOff(t *testing.T) {
	const tasks = 4
	for victim := range tasks {
		for delay := range 12 {
			t.Run(fmt.Sprintf("victim=%d/delay=%d", victim, delay), func(t *testing.T) {
				script(t, func(w *simtest.World) {
					var m tsync.Mutex[int]
					m.Init(w.Exec, "m", 0)
					var order []int
					w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
						var hs [tasks]*sched.Handle[int]
						for i := range hs {
							hs[i] = sched.Spawn(t, fmt.Sprint("t", i), func(t *sched.Task) int {
								p, err := m.Lock(t)
								if err != nil {
									return 1
								}
								order = append(order, i)
								t.Yield()
								p.Release()
								return 0
							})
						}
						yields(t, delay)
						hs[victim].Stop()
						for _, h := range hs {
							h.Join(t)
						}
						return 0
					})
					w.AtEnd("the others get the lock in their order", func() error {
						want, next := []int{}, 0
						for i := range tasks {
							if i != victim || next < len(order) && order[next] == i {
								want = append(want, i)
								next++
							}
						}
						if fmt.Sprint(order) != fmt.Sprint(want) {
							return fmt.Errorf("order %v, want %v", order, want)
						}
						return nil
					})
				})
			})
		}
	}
}

// Poison reaches everybody who waits, as a task and as a future, and ends by Unpoison only; repair is for unhealthy data.
func TestPoisonReachesWaiters(t *testing.T) {
	script(t, func(w *simtest.World) {
		var m tsync.Mutex[int]
		m.Init(w.Exec, "m", 0)
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			m.Unpoison(t, func(n *int) { w.Assert(false, "nothing to repair in healthy data", "") })
			holder := sched.Spawn(t, "holder", func(t *sched.Task) int {
				p, _ := m.Lock(t)
				g := p.Enter()
				defer g.Release()
				t.Sleep(vclock.Second)
				return 0
			})
			waiter := sched.Spawn(t, "waiter", func(t *sched.Task) error { _, err := m.Lock(t); return err })
			future := sched.Spawn(t, "future", func(t *sched.Task) error {
				var l tsync.LockWait
				m.StartLock(&l)
				if err := sched.Await(t, &l); err != nil {
					return err
				}
				return l.Err()
			})
			gone := sched.Spawn(t, "gone", func(t *sched.Task) error {
				var l tsync.LockWait
				m.StartLock(&l)
				return flow.WithTimeout(t, 5, &l)
			})
			t.Sleep(10)
			holder.Cancel(t)
			late := m.With(t, func(*int) {})
			first, _ := waiter.Join(t)
			second, _ := future.Join(t)
			third, _ := gone.Join(t)
			w.Assert(first == sched.ErrPoisoned && second == sched.ErrPoisoned && late == sched.ErrPoisoned, "PO4: waiters and latecomers are told",
				"%v, %v, %v", first, second, late)
			w.Assert(third == sched.ErrTimeout, "who left before is not", "%v", third)
			w.Assert(m.With(t, func(*int) {}) == sched.ErrPoisoned, "PO3: poison does not wear off", "")
			repaired := 0
			m.Unpoison(t, func(n *int) { repaired++ })
			m.Unpoison(t, func(n *int) { repaired++ })
			w.Assert(repaired == 1 && m.With(t, func(*int) {}) == nil, "it is repaired once", "%d times", repaired)
			return 0
		})
	})
}

// With PanicOnPoison the run fails, whoever poisons and how (NC8), and says which mutex it was.
func TestPanicOnPoison(t *testing.T) {
	for name, inside := range map[string]func(t *sched.Task, g *tsync.Guard[int]){
		"release":  func(t *sched.Task, g *tsync.Guard[int]) { g.Release() },
		"deferred": func(t *sched.Task, g *tsync.Guard[int]) { defer g.Release(); t.Sleep(vclock.Second) },
		"end":      func(t *sched.Task, g *tsync.Guard[int]) {},
		"cancel":   func(t *sched.Task, g *tsync.Guard[int]) { t.Sleep(vclock.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
			defer ex.Close()
			var m tsync.Mutex[int]
			m.Init(ex, "accounts", 0)
			m.PanicOnPoison()
			_, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
				h := sched.Spawn(t, "holder", func(t *sched.Task) int {
					p, _ := m.Lock(t)
					g := p.Enter()
					inside(t, &g)
					return 0
				})
				sched.Spawn(t, "waiter", func(t *sched.Task) error { return m.With(t, func(*int) {}) })
				t.Sleep(10)
				h.Cancel(t)
				return 0
			})
			if !errors.Is(err, sched.ErrPanic) || !strings.Contains(err.Error(), "accounts") || !strings.Contains(err.Error(), `task "holder"`) {
				t.Fatalf("the run ends with %v, want a panic of the holder that names the mutex", err)
			}
		})
	}
}

// A body that does not listen to its own cancel is ended, not run for ever (NC9).
func TestDeafTeardownIsEnded(t *testing.T) {
	for name, call := range map[string]func(t *sched.Task, m *tsync.Mutex[int], c *tsync.Chan[int], o *tsync.Oneshot[int]){
		"lock": func(t *sched.Task, m *tsync.Mutex[int], _ *tsync.Chan[int], _ *tsync.Oneshot[int]) { m.Lock(t) },
		"with": func(t *sched.Task, m *tsync.Mutex[int], _ *tsync.Chan[int], _ *tsync.Oneshot[int]) {
			m.With(t, func(*int) {})
		},
		"send":         func(t *sched.Task, _ *tsync.Mutex[int], c *tsync.Chan[int], _ *tsync.Oneshot[int]) { c.Send(t, 1) },
		"recv":         func(t *sched.Task, _ *tsync.Mutex[int], c *tsync.Chan[int], _ *tsync.Oneshot[int]) { c.Recv(t) },
		"oneshot recv": func(t *sched.Task, _ *tsync.Mutex[int], _ *tsync.Chan[int], o *tsync.Oneshot[int]) { o.Recv(t) },
	} {
		t.Run(name, func(t *testing.T) {
			ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{}), RefusalLimit: 20})
			defer ex.Close()
			var m tsync.Mutex[int]
			var c tsync.Chan[int]
			var o tsync.Oneshot[int]
			m.Init(ex, "m", 0)
			c.Init(ex, "c", make([]int, 2))
			o.Init(ex, "o")
			_, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
				h := sched.Spawn(t, "deaf", func(t *sched.Task) int {
					t.Sleep(vclock.Second)
					for n := 0; n < 1000; n++ {
						call(t, &m, &c, &o)
					}
					return 0
				})
				t.Yield()
				h.Cancel(t)
				return 0
			})
			if err != sched.ErrRefusalLoop {
				t.Fatalf("the run ends with %v, want %v", err, sched.ErrRefusalLoop)
			}
		})
	}
}

// A wait that another task polls would never be told: that is refused (S3).
func TestWaitsStayWithTheirTask(t *testing.T) {
	script(t, func(w *simtest.World) {
		var m tsync.Mutex[int]
		var full, empty tsync.Chan[int]
		m.Init(w.Exec, "m", 0)
		full.Init(w.Exec, "full", make([]int, 1))
		empty.Init(w.Exec, "empty", make([]int, 1))
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			var lock tsync.LockWait
			var send tsync.SendWait[int]
			var recv tsync.RecvWait[int]
			p, _ := m.Lock(t)
			full.Send(t, 1)
			m.StartLock(&lock)
			full.StartSend(&send, 2)
			empty.StartRecv(&recv)
			sched.Spawn(t, "waits", func(t *sched.Task) int {
				lock.Poll(t)
				send.Poll(t)
				recv.Poll(t)
				t.Sleep(10)
				return 0
			})
			t.Yield()
			wantPanic(w, "S3", "a lock", func() { lock.Poll(t) })
			wantPanic(w, "S3", "a send", func() { send.Poll(t) })
			wantPanic(w, "S3", "a receive", func() { recv.Poll(t) })
			wantPanic(w, "CH7", "a second start of a send", func() { full.StartSend(&send, 3) })
			wantPanic(w, "CH7", "a second start of a receive", func() { empty.StartRecv(&recv) })
			t.Sleep(20)
			p.Release()
			return 0
		})
	})
}
