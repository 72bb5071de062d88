//go:build !tinygo

package sched

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// ends are the ways in which a run can end, each leaving something different behind.
func ends() map[string]struct {
	mode Mode
	want error
	body func(w *world) func(t *Task) int
} {
	type end = struct {
		mode Mode
		want error
		body func(w *world) func(t *Task) int
	}
	plain := func(f func(t *Task) int) func(*world) func(*Task) int {
		return func(*world) func(*Task) int { return f }
	}
	return map[string]end{
		"frozen in awaits": {DetachTasks, nil, plain(func(t *Task) int {
			for range 5 {
				Spawn(t, "sleeper", forever)
			}
			Spawn(t, "reader", read(1))
			Spawn(t, "not polled yet", forever)
			yields(t, 2)
			Spawn(t, "not polled at all", forever)
			return 0
		})},
		"frozen, with deferred calls that spawn": {DetachTasks, nil, plain(func(t *Task) int {
			done := Spawn(t, "done", func(*Task) int { return 0 })
			for range 3 {
				Spawn(t, "sleeper", func(t *Task) int {
					defer func() {
						Spawn(t, "too late", forever)
						SpawnFuture(t, "too late", func(*Task) Poll { return Pending })
						t.Sleep(5)
					}()
					return forever(t)
				})
			}
			done.Join(t)
			t.Sleep(1)
			return 0
		})},
		"stalled": {WaitForAllTasks, ErrStalled, plain(func(t *Task) int {
			var l List
			t.Park(&l, nil)
			return 0
		})},
		"panic": {WaitForAllTasks, ErrPanic, plain(func(t *Task) int {
			Spawn(t, "sleeper", forever)
			Spawn(t, "bad", func(t *Task) int { t.Sleep(1); panic("bad") })
			t.Sleep(10)
			return 0
		})},
		"panic in a future": {WaitForAllTasks, ErrPanic, plain(func(t *Task) int {
			SpawnFuture(t, "bad", func(t *Task) Poll { panic("bad") })
			t.Sleep(10)
			return 0
		})},
		"panic in a teardown": {WaitForAllTasks, ErrPanic, plain(func(t *Task) int {
			h := Spawn(t, "bad", func(t *Task) int {
				defer func() { panic("bad") }()
				return forever(t)
			})
			t.Sleep(10)
			h.Cancel(t)
			return 0
		})},
		"panic in a deferred call after Ready": {WaitForAllTasks, ErrPanic, plain(func(t *Task) int {
			defer panic("bad")
			return 0
		})},
		"panic, with an await in a deferred call": {WaitForAllTasks, ErrPanic, plain(func(t *Task) int {
			defer t.Sleep(5)
			panic("bad")
		})},
		"steps": {WaitForAllTasks, ErrSteps, plain(func(t *Task) int {
			Spawn(t, "sleeper", forever)
			for {
				t.Yield()
			}
		})},
		"refusals": {StopAllOperations, ErrRefusalLoop, plain(func(t *Task) int {
			Spawn(t, "deaf", func(t *Task) int {
				for {
					t.Sleep(1)
				}
			})
			t.Sleep(1)
			return 0
		})},
	}
}

// goroutines counts the goroutines and hopes for at most want. The runtime's count is too high while a collection frees the
// stacks of ended goroutines, and while one is just ending, such as the last subtest's: then it is taken again.
func goroutines(want int) int {
	n := runtime.NumGoroutine()
	for i := 0; n > want && i < 20; i++ {
		runtime.GC()
		n = runtime.NumGoroutine()
	}
	return n
}

// An executor works as new after every kind of end, and Close leaves no goroutine behind.
func TestReuseAfterEveryEnd(t *testing.T) {
	for name, end := range ends() {
		for lanes := 1; lanes <= 2; lanes++ {
			t.Run(fmt.Sprintf("%s/lanes=%d", name, lanes), func(t *testing.T) {
				before := runtime.NumGoroutine()
				w := newWorld(t, Limits{}, Options{StepsMax: 2000, Lanes: lanes})
				for range 3 {
					if _, err := w.try(false, end.mode, end.body(w)); !errors.Is(err, end.want) {
						w.fatalf("the run ended with %v, want %v", err, end.want)
					}
					w.reset()
					if v := w.run(WaitForAllTasks, func(t *Task) int {
						h := Spawn(t, "child", func(t *Task) int { t.Sleep(5); return 9 })
						v, _ := h.Join(t)
						return v
					}); v != 9 {
						w.fatalf("the next run returned %d, want 9", v)
					}
					w.wantOrder("spawn t=1", "spawn t=2", "joined t=2 v=9")
					w.reset()
				}
				w.ex.Close()
				w.ex.Close()
				if n := goroutines(before); n > before {
					buf := make([]byte, 1<<16)
					t.Fatalf("%d goroutines are left, want %d:\n%s", n, before, buf[:runtime.Stack(buf, true)])
				}
			})
		}
	}
}

// Tasks suspended inside a poll are unwound by Reset as well.
func TestReuseWithPausedTasks(t *testing.T) {
	before := runtime.NumGoroutine()
	deferred := 0
	for seed := uint64(1); seed < 20; seed++ {
		w := newWorld(t, Limits{}, Options{Lanes: 3, Chooser: &dice{seed}})
		for range 2 {
			w.run(DetachTasks, func(t *Task) int {
				for range 3 {
					Spawn(t, "pauser", func(t *Task) int {
						defer func() { deferred++ }()
						for {
							t.Point(1)
							t.Yield()
						}
					})
				}
				yields(t, 4)
				return 0
			})
			w.reset()
		}
		w.ex.Close()
	}
	if n := goroutines(before); n > before || deferred == 0 {
		t.Fatalf("%d goroutines are left, want %d; %d deferred calls ran", n, before, deferred)
	}
}

// S8: the report names the task and the place; nothing is polled afterwards (judge).
func TestPanicReport(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	_, err := w.try(false, WaitForAllTasks, func(t *Task) int {
		Spawn(t, "culprit", func(t *Task) int { return explode() })
		Spawn(t, "next", func(t *Task) int { return 0 })
		t.Sleep(1)
		return 0
	})
	var p *PanicError
	if !errors.As(err, &p) || p.Name != "culprit" || p.Task != 2 || p.Value != "boom" || !strings.Contains(string(p.Stack), "explode") {
		w.fatalf("the report is %+v, want task 2 culprit, boom, with its stack", p)
	}
	w.wantOrder("poll+ t=2", "panic t=2", "exit code=panic")
	w.wantCount(0, "poll+ t=3")
}

func explode() int { panic("boom") }

// A static task that a run left live can be started in the next one, and not while it is live (NC6).
func TestStaticTask(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var st Task
	never := func(*Task) Poll { return Pending }
	for range 2 {
		w.run(DetachTasks, func(t *Task) int {
			h, err := st.Start(t.ex, t, "static", never)
			if err != nil {
				return -200
			}
			if _, err := st.Start(t.ex, t, "static", never); err != ErrRunning {
				return -201
			}
			yields(t, 2)
			h.Stop()
			h.Poll(t)
			yields(t, 1)
			if h.Poll(t) != Ready || h.Done() == false {
				return -202
			}
			if _, err := st.Start(t.ex, t, "static", never); err != nil {
				return -203
			}
			return 0
		})
		w.reset()
	}
}

// An op in flight, a stalled one and a line wait when the run froze do not disturb the next run.
func TestReuseWithOpenOps(t *testing.T) {
	w := newWorld(t, Limits{Ops: 1}, Options{})
	for range 2 {
		w.run(DetachTasks, func(t *Task) int {
			Spawn(t, "reader", read(1))
			Spawn(t, "stalled", read(2))
			Spawn(t, "line", func(t *Task) int { t.WaitIRQ(1); return 0 })
			SpawnFuture(t, "future", new(OpWait).startedPoll(backend.OpRead))
			t.Sleep(vclock.Microsecond)
			return 0
		})
		w.wantOrder("submit o=0.1 t=2")
		w.reset()
	}
}

func (w *OpWait) startedPoll(kind backend.OpKind) func(*Task) Poll {
	w.Start(kind, 9, nil, -1)
	return w.Poll
}

// stopper is a sink that asks for the end of the run after so many events.
type stopper struct{ left int }

func (s *stopper) Events(batch []backend.Event) bool {
	s.left -= len(batch)
	return s.left > 0
}

func (s *stopper) Name(int64, string) {}

// busy is a program with something of everything.
func busy(w *world) func(t *Task) int {
	w.be.auto = func(op *backend.Op) *event { return &event{at: w.be.now + 3, c: backend.Completion{Res: 1}} }
	return func(t *Task) int {
		var s Scope
		var k Token
		s.Open(t, "s", nil)
		s.Take(&k, t)
		member(t, &s, "member", forever)
		member(t, &s, "reader", func(t *Task) int { return read(1)(t) + read(2)(t) + read(3)(t) })
		c := SpawnChild(t, "child", func(t *Task) int { defer t.Sleep(1); t.WaitIRQ(0); return 1 })
		t.Sleep(5)
		t.ex.PendLine(0)
		c.Join(t)
		k.Release()
		s.Close(t, 5)
		return 1
	}
}

// A run can be ended at every step and by the trace's reader at every event; the executor is as new afterwards, and no
// goroutine is left.
func TestEndAtEveryStep(t *testing.T) {
	before := runtime.NumGoroutine()
	for lanes := 1; lanes <= 2; lanes++ {
		ended := false
		for n := int64(1); !ended; n++ {
			w := newWorld(t, Limits{Ops: 1}, Options{StepsMax: n, Lanes: lanes})
			v, err := w.try(true, WaitForAllTasks, busy(w))
			ended = err == nil && v == 1
			if err != nil && err != ErrSteps || n > 1000 {
				w.fatalf("the run ended with %v after %d steps, want ErrSteps", err, n)
			}
			w.opts.StepsMax = 1000
			w.reset()
			w.main(StopAllOperations, busy(w))
			w.ex.Close()
		}
		ended = false
		for n := 1; !ended; n++ {
			w := newWorld(t, Limits{Ops: 1}, Options{Lanes: lanes})
			w.tr.Init(make([]backend.Event, 2), &stopper{n})
			_, err := Main(w.ex, WaitForAllTasks, busy(w))
			ended = err == nil
			if err != nil && err != ErrStopped || n > 10_000 {
				t.Fatalf("the run ended with %v after %d events, want ErrStopped", err, n)
			}
			w.ex.Close()
		}
	}
	if n := goroutines(before); n > before {
		t.Fatalf("%d goroutines are left, want %d", n, before)
	}
}
