//go:build !tinygo

package sched

import (
	"errors"
	"testing"
)

// A header that a run has left live, waited for, attached, a member, and in the middle of an await, is good for the next run as it is:
// on the same executor and on another.
func TestStaticTaskLivesInTheNextRun(t *testing.T) {
	var root, sleeper, waiter Task
	var scope Scope
	run := func(w *world) {
		root.Arg, scope = w, Scope{}
		w.ex.BeginFunc(&root, "root", func(t *Task) int64 {
			if t.Arg != w || scope.Open(t, "scope", nil) != nil {
				return -200
			}
			h, err := sleeper.StartWith(t, "sleeper", SpawnOptions{Scope: &scope}, func(t *Task) int64 { t.Sleep(1000); return 1 }, nil)
			if err != nil {
				return -201
			}
			j, err := waiter.StartWith(t, "waiter", SpawnOptions{Attach: true}, func(t *Task) int64 { h.Join(t); return 2 }, nil)
			if err != nil {
				return -202
			}
			if _, err := waiter.StartFunc(t.ex, t, "waiter", napThenSeven, nil); err != ErrRunning {
				return -203
			}
			yields(t, 2)
			w.ex.fail(ErrStopped) // as the sink of a trace does
			j.Join(t)
			return 0
		}, nil, DetachTasks, false)
		w.ex.Serve()
		if code, err := w.ex.Exit(); err != ErrStopped {
			w.fatalf("the run ended with %d, %v", code, err)
		}
		if w.ex.Live() != 3 {
			w.fatalf("the run left %d tasks live, want 3", w.ex.Live())
		}
	}
	w := newWorld(t, Limits{}, Options{})
	w.judge = false
	for range 3 {
		run(w)
		w.reset()
	}
	other := newWorld(t, Limits{}, Options{})
	run(other)
	run(w)
}

// While a header is live in one executor, another one cannot start it.
func TestStaticTaskIsLiveElsewhere(t *testing.T) {
	w, other := newWorld(t, Limits{}, Options{}), newWorld(t, Limits{}, Options{})
	var shared Task
	w.run(WaitForAllTasks, func(t *Task) int {
		h, err := shared.StartFunc(w.ex, t, "here", napThenSeven, nil)
		if err != nil {
			return -200
		}
		done := make(chan error)
		go func() { // executors are independent, and a task runs no other
			_, err := Run(other.ex, WaitForAllTasks, func(t *Task) error {
				_, err := shared.StartFunc(other.ex, t, "there", napThenSeven, nil)
				return err
			})
			done <- err
		}()
		if <-done != nil {
			return -201
		}
		if v, err := h.Join(t); v != 7 || err != nil {
			return -202
		}
		return 0
	})
	other.finish()
	other.wantCount(1, "spawn")
}

// A static task may stop itself. It is effective at its next Pending: a poll that is Ready wins.
func TestStaticTaskStopsItself(t *testing.T) {
	for _, ready := range []bool{true, false} {
		w := newWorld(t, Limits{}, Options{})
		var task Task
		var own *JoinHandle
		w.run(WaitForAllTasks, func(t *Task) int {
			h, err := task.StartFunc(t.ex, t, "self", func(t *Task) int64 {
				own.Stop()
				own.Stop()
				if !ready && (t.Ending() || t.Yield() != ErrCancelled || !t.Ending()) {
					return -1
				}
				return 7
			}, nil)
			own = h
			if err != nil {
				return -200
			}
			v, err := h.Join(t)
			if ready && (v != 7 || err != nil) || !ready && (v != 0 || err != ErrNoValue) {
				return -201
			}
			return 0
		})
		w.wantCount(1, "cancelreq t=2 why=call")
	}
}

// Child tasks, members and cleanup tasks in static memory: what their options promise.
func TestStaticTaskOptions(t *testing.T) {
	w := newWorld(t, Limits{}, Options{Grace: 1000})
	var child, member, late, cleanup Task
	var scope Scope
	slow := func(t *Task) int64 {
		if t.Sleep(500) != nil {
			return -1
		}
		return 7
	}
	w.main(DetachTasks, func(t *Task) int {
		if _, err := child.StartWith(t, "child", SpawnOptions{Attach: true}, slow, nil); err != nil {
			return -200
		}
		if scope.Open(t, "scope", nil) != nil {
			return -201
		}
		h, err := member.StartWith(t, "member", SpawnOptions{Scope: &scope, Cleanup: true}, slow, nil)
		if err != nil {
			return -202
		}
		t.Sleep(10)
		if !errors.Is(scope.Close(t, 0), ErrScopeLate) {
			return -203
		}
		if _, err := h.Join(t); err != ErrNoValue {
			return -204
		}
		if _, err := late.StartWith(t, "late", SpawnOptions{Scope: &scope}, slow, nil); err != ErrClosed {
			return -205
		}
		if _, err := cleanup.StartWith(t, "cleanup", SpawnOptions{Cleanup: true}, slow, nil); err != nil {
			return -206
		}
		return 0
	})
	w.wantOrder("hatt t=2 owner=1", "spawn t=3 parent=1 class=cleanup", "member", "hatt t=3", "cancelreq t=3 why=handle", "cancelreq t=2 why=handle", "rootdone", "exit")
	w.wantOrder("rootdone", "drop- t=3.1", "exit") // the grace waits for the cleanup task, in the member's slot
	if w.be.now != 510 {
		w.fatalf("the run ended at %d, want 510, with the cleanup task", w.be.now)
	}
}

// What a teardown spawns is a cleanup task, whatever the options say, and is attached to nobody.
func TestFuturesWithOptions(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.main(DetachTasks, func(t *Task) int {
		polls := 0
		var wait Sleep
		child := SpawnFutureWith(t, "child", SpawnOptions{Attach: true}, func(*Task) Poll { polls++; return Pending })
		h := Spawn(t, "parent", func(t *Task) int {
			defer func() {
				SpawnFutureWith(t, "destructor", SpawnOptions{Attach: true}, func(t *Task) Poll {
					if polls == 1 {
						polls++
						wait.Start(t, 100)
					}
					return wait.Poll(t)
				})
			}()
			return forever(t)
		})
		t.Sleep(10)
		h.Cancel(t)
		if child.Done() || polls != 2 {
			return -200
		}
		return 0
	})
	w.wantOrder("hatt t=2 owner=1", "spawn t=4 parent=3 class=cleanup", "cancelreq t=2 why=handle", "rootdone", "drop- t=4", "exit")
	w.wantCount(1, "hatt")
}
