//go:build !tinygo

package sched

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Main and Run in a task, of whatever executor, are refused: in a body and in the poll of a future.
func TestRunInsideATaskPanics(t *testing.T) {
	for name, nested := range map[string]func(ex *Executor){
		"Run":  func(ex *Executor) { Run(ex, DetachTasks, func(*Task) int { return 0 }) },
		"Main": func(ex *Executor) { Main(ex, DetachTasks, func(*Task) int { return 0 }) },
	} {
		for _, own := range []bool{true, false} {
			for _, future := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/own=%t/future=%t", name, own, future), func(t *testing.T) {
					w, other := newWorld(t, Limits{}, Options{}), newWorld(t, Limits{}, Options{})
					ex := other.ex
					if own {
						ex = w.ex
					}
					_, err := w.try(false, WaitForAllTasks, func(t *Task) int {
						if future {
							return len(fmt.Sprint(Await(t, SpawnFuture(t, "future", func(*Task) Poll { nested(ex); return Ready }))))
						}
						deep(40, func() { nested(ex) })
						return 0
					})
					var p *PanicError
					if !errors.As(err, &p) || !strings.Contains(fmt.Sprint(p.Value), "Main and Run are not for tasks") {
						w.fatalf("the run ended with %v, want a panic", err)
					}
				})
			}
		}
	}
}

// deep calls f with n more calls on the stack.
func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
}

// Executors are independent: each of several goroutines runs one, and the body of each starts another in a goroutine and waits.
func TestExecutorsCoexist(t *testing.T) {
	const runs = 4
	done := make(chan int)
	for i := range runs {
		outer, inner := newWorld(t, Limits{}, Options{}), newWorld(t, Limits{}, Options{})
		go func() {
			v, err := Run(outer.ex, WaitForAllTasks, func(t *Task) int {
				SpawnChild(t, "child", forever)
				within := make(chan int)
				go func() {
					v, err := Main(inner.ex, DetachTasks, func(t *Task) int {
						Spawn(t, "left", forever)
						t.Sleep(10)
						return i
					})
					if err != nil {
						v = -1
					}
					within <- v
				}()
				t.Sleep(10)
				return 10*<-within + int(t.ID())
			})
			if err != nil || v != 10*i+1 {
				v = -1
			}
			outer.finish()
			inner.finish()
			done <- v
		}()
	}
	for range runs {
		if <-done < 0 {
			t.Error("a run did not end as it does alone")
		}
	}
}

// Without workers, a body that ends its goroutine ends that of Run, with the deferred calls of both; the executor can be used again.
func TestGoexitWithoutWorkers(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	left := make(chan string, 2)
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() { left <- "caller" }()
		Run(w.ex, WaitForAllTasks, func(t *Task) int {
			Spawn(t, "sleeper", forever)
			h := Spawn(t, "quitter", func(t *Task) int {
				defer func() { left <- "body" }()
				runtime.Goexit()
				return 0
			})
			h.Join(t)
			return 0
		})
		left <- "returned"
	}()
	<-done
	if a, b := <-left, <-left; a != "body" || b != "caller" {
		t.Errorf("left were %s and %s, want the body and the caller", a, b)
	}
	w.reset()
	w.run(WaitForAllTasks, func(t *Task) int { t.Sleep(1); return 0 })
}

// A pool has at least one lane: what is out of range is a programmer error, and 0 is the default, one.
func TestPoolSize(t *testing.T) {
	refused := func(what string, limits Limits, opts Options) {
		t.Helper()
		defer func() {
			if v := recover(); v == nil || !strings.HasPrefix(fmt.Sprint(v), "sched: ") {
				t.Errorf("%s: got %v, want a panic that names the option", what, v)
			}
		}()
		opts.Backend = &fake{enabled: make([]bool, 4)}
		New(limits, opts)
	}
	refused("negative lanes", Limits{Lanes: 1}, Options{Lanes: -1})
	refused("more lanes than there is storage for", Limits{Lanes: 2}, Options{Lanes: 3})
	refused("256 lanes", Limits{}, Options{Lanes: 256})
	refused("negative workers", Limits{}, Options{Workers: -1})
	refused("256 workers", Limits{}, Options{Workers: 256})
	refused("workers without a lane each", Limits{}, Options{Workers: 1})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("storage without a lane: want a panic")
			}
		}()
		var m Memory
		st := m.Storage(nil)
		st.LaneTask = nil
		new(Executor).Init(st, Options{Backend: &fake{}})
	}()
	w := newWorld(t, Limits{}, Options{})
	w.run(DetachTasks, func(t *Task) int { return 0 })
	w.wantOrder("boot backend=sim seed=0 lanes=1")
}

// A root that panics ends the run with its name; a root that ends while others wait for each other is the business of the mode.
func TestEndsOfTheRoot(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	_, err := w.try(true, WaitForAllTasks, func(t *Task) int {
		Spawn(t, "sleeper", forever)
		t.Sleep(10)
		panic("bad")
	})
	var p *PanicError
	if !errors.As(err, &p) || p.Name != "root" || p.Task != 1 || p.Value != "bad" || !strings.Contains(string(p.Stack), "TestEndsOfTheRoot") {
		w.fatalf("the run ended with %v, want the panic of the root, with its stack", err)
	}
	w.wantOrder("panic t=1", "exit code=panic")
	for mode, want := range map[Mode]error{DetachTasks: nil, WaitForAllTasks: ErrStalled, StopAllOperations: ErrStalled} {
		w := newWorld(t, Limits{}, Options{})
		v, err := w.try(false, mode, func(t *Task) int {
			var a, b *Handle[int]
			a = Spawn(t, "a", func(t *Task) int { b.Join(t); return 0 })
			b = Spawn(t, "b", func(t *Task) int { a.Join(t); return 0 })
			yields(t, 3)
			return 5
		})
		if v != 5 || err != want {
			w.fatalf("mode %d: the run ended with %d and %v, want 5 and %v", mode, v, err, want)
		}
	}
}
