//go:build !tinygo

package sched

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// Whatever a task is doing when the request comes, it ends without any further wake, is not polled again, and leaves
// nothing behind (NC5). The request comes at every possible delay.
func TestCancelInEveryState(t *testing.T) {
	bodies := map[string]func(w *world) func(t *Task) int{
		"yields": func(*world) func(t *Task) int { return func(t *Task) int { yields(t, 5); return 1 } },
		"sleeps": func(*world) func(t *Task) int { return func(t *Task) int { t.Sleep(3000); return 1 } },
		"never": func(*world) func(t *Task) int {
			return func(t *Task) int { t.Do(backend.OpRead, 9, nil, -1); return 1 }
		},
		"line": func(*world) func(t *Task) int { return func(t *Task) int { t.WaitIRQ(1); return 1 } },
		"waits": func(*world) func(t *Task) int {
			var l List
			return func(t *Task) int { t.Park(&l, nil); return 1 }
		},
		"at once": func(*world) func(t *Task) int { return func(t *Task) int { return 1 } },
		"joins": func(*world) func(t *Task) int {
			return func(t *Task) int { SpawnChild(t, "grandchild", forever).Join(t); return 1 }
		},
		"op": func(w *world) func(t *Task) int {
			return func(t *Task) int {
				w.be.later = append(w.be.later, event{w.be.now + 2500, backend.Completion{Kind: backend.CompletionExternal, N: 9}})
				t.Do(backend.OpRead, 9, nil, -1)
				return 1
			}
		},
		"scope": func(*world) func(t *Task) int {
			return func(t *Task) int {
				var s Scope
				var k Token
				s.Open(t, "s", nil)
				s.Take(&k, t)
				SpawnWith(t, "member", SpawnOptions{Scope: &s}, forever)
				k.Wait(t)
				return 1
			}
		},
	}
	for name, body := range bodies {
		for _, stubborn := range []bool{false, true} {
			for delay := range 7 {
				t.Run(fmt.Sprintf("%s/stubborn=%t/delay=%d", name, stubborn, delay), func(t *testing.T) {
					w := newWorld(t, Limits{}, Options{})
					w.be.stubborn = stubborn
					w.ex.opts.External = func(_ *Executor, n int32) { w.be.finish(n, 3) }
					w.be.onCancel = func(backend.OpID) {
						if stubborn {
							w.be.finishAt(w.be.now+5000, 9, 3)
						}
					}
					b := body(w)
					w.run(WaitForAllTasks, func(t *Task) int {
						h := Spawn(t, "target", b)
						yields(t, delay)
						h.Stop()
						h.Stop() // a second request changes nothing
						_, ok, err := h.Cancel(t)
						if err != nil {
							return -200
						}
						if _, has := h.Value(); has != ok || !h.Done() {
							return -201
						}
						return 0
					})
					w.wantCount(1, "drop- t=2")
				})
			}
		}
	}
}

func TestSelfCancel(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var h *Handle[int]
	var errs [3]error
	w.run(WaitForAllTasks, func(t *Task) int {
		h = Spawn(t, "self", func(t *Task) int {
			h.Stop()
			errs[0] = t.Sleep(vclock.Hour)
			errs[1] = t.Yield()
			_, errs[2] = t.Do(backend.OpNop, 0, nil, 0)
			return 5
		})
		if _, err := h.Join(t); err != ErrNoValue {
			return -200
		}
		return 0
	})
	if errs != [3]error{ErrCancelled, ErrCancelled, ErrCancelled} {
		w.fatalf("the awaits after the request returned %v, want ErrCancelled from each", errs)
	}
	w.wantOrder("cancelreq t=2", "timer+", "poll- t=2 st=P", "drop+ t=2", "timer-", "drop- t=2", "cancelres t=2 some=0")
}

// A request during the poll that ends Ready loses (NC5).
func TestReadyWinsOverCancel(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var h *Handle[int]
	w.run(WaitForAllTasks, func(t *Task) int {
		h = Spawn(t, "self", func(t *Task) int { t.Yield(); h.Stop(); return 5 })
		yields(t, 2)
		if v, ok, err := h.Cancel(t); v != 5 || !ok || err != nil {
			return -200
		}
		return 0
	})
	w.wantOrder("cancelreq t=2", "poll- t=2 st=R", "drop+ t=2", "cancelres t=2 some=1")
}

func TestCancelDuringTheTeardown(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.be.stubborn = true
	w.run(WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "target", func(t *Task) int { t.Do(backend.OpRead, 9, nil, -1); return 0 })
		t.Sleep(10)
		h.Stop()
		t.Sleep(10) // in its teardown, which waits for the read
		h.Stop()
		h.Task().Wake()
		w.be.finish(9, 3)
		h.Join(t)
		return 0
	})
	w.wantOrder("cancelreq t=2", "drop+ t=2", "orphan o=0.1 mode=await", "ccl", "wake t=2 src=self eff=void", "cqe", "reap", "drop- t=2")
	w.wantCount(1, "ccl")
	w.wantCount(1, "cancelreq")
}

// A body that does not listen is unwound in the end, and the run says why.
func TestBodyThatSwallowsCancelled(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	deferred := false
	_, err := w.try(false, WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "deaf", func(t *Task) int {
			defer func() { deferred = true }()
			for {
				t.Sleep(10)
			}
		})
		t.Sleep(5)
		h.Cancel(t)
		return 0
	})
	if err != ErrRefusalLoop || !deferred {
		w.fatalf("the run ended with %v, deferred calls ran: %t; want ErrRefusalLoop, true", err, deferred)
	}
	w.wantOrder("exit code=refusals")
}

// A teardown may spawn cleanup tasks and nothing else (NC9). judge looks for the rest.
func TestTeardownStartsNothing(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		var outer Scope
		outer.Open(t, "outer", nil)
		h := Spawn(t, "target", func(t *Task) int {
			defer func() {
				var s Sleep
				var op OpWait
				var sc Scope
				var k Token
				s.Start(t, 10)
				Await(t, &s)
				op.Start(backend.OpNop, 0, nil, 0)
				Await(t, &op)
				t.WaitIRQ(0)
				if sc.Open(t, "late", nil) != ErrClosed || outer.Take(&k, t) != ErrCancelled {
					panic("a teardown takes nothing")
				}
				Spawn(t, "cleanup", func(t *Task) int { t.Sleep(3); return 0 })
				SpawnWith(t, "member", SpawnOptions{Scope: &outer}, func(t *Task) int { return 0 })
				SpawnChild(t, "child", func(t *Task) int { return 0 })
				SpawnFuture(t, "future", func(*Task) Poll { return Ready })
				t.YieldNow()
				t.Wake()
				t.Yield()
			}()
			t.Sleep(100)
			return 0
		})
		t.Sleep(5)
		h.Cancel(t)
		return 0
	})
	w.wantOrder("drop+ t=2", "spawn t=3 parent=2 class=cleanup", "drop- t=2")
}

// Releases run newest first, and one that takes long delays the end.
func TestReleasesInReverseOrder(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var order []int
	var res [3]Resource
	var held *Task
	w.run(WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "owner", func(t *Task) int {
			for i := range res {
				t.Own(&res[i], i, func(of any, t *Task) {
					order = append(order, of.(int))
					if of == 1 {
						t.Hold()
						held = t
					}
				})
			}
			return 0
		})
		t.Sleep(5)
		if h.Done() || len(order) != 3 {
			return -200
		}
		held.Unhold()
		if !h.Done() {
			return -201
		}
		return 0
	})
	if fmt.Sprint(order) != "[2 1 0]" {
		w.fatalf("released in the order %v, want [2 1 0]", order)
	}
}

// Time must not pass while a cancelled task is due, although it got into the queue by a yield (T7).
func TestYieldTickWaitsForTeardowns(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "spinner", func(t *Task) int {
			for t.Yield() == nil {
			}
			return 0
		})
		yields(t, 3)
		before := w.be.now
		h.Stop()
		SpawnFuture(t, "observer", func(t *Task) Poll {
			if w.be.now != before {
				panic("time passed before the teardown")
			}
			return Ready
		})
		h.Join(t)
		return 0
	})
}

// A task that is cancelled before its first poll ends without one: its body never begins.
func TestCancelBeforeTheFirstPoll(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "target", func(t *Task) int { panic("the body began") })
		if _, ok, err := h.Cancel(t); ok || err != nil {
			return -200
		}
		return 0
	})
	w.wantCount(0, "poll+ t=2")
}
