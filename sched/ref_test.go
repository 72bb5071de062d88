//go:build !tinygo

package sched

import (
	"errors"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

// A reference goes on naming its task when another one has its header; it wakes that task and no other, and nothing in a later run.
func TestRefNamesOneTask(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var old, older Ref
	polls := 0
	w.run(WaitForAllTasks, func(t *Task) int {
		first := Spawn(t, "first", func(t *Task) int { old = t.Ref(); return 0 })
		first.Join(t)
		second := Spawn(t, "second", func(t *Task) int {
			var l List
			for polls = 0; polls < 3; polls++ {
				if t.Yield() != nil || t.Sleep(10) != nil {
					break
				}
			}
			t.Park(&l, nil)
			return 0
		})
		at := second.Task().Ref()
		if at.Name() != "second" || at.ID() != second.ID() || !at.Live() {
			return -200
		}
		if old.Name() != "first" || old.ID() == at.ID() || old.Live() || at == old || at != second.Task().Ref() {
			return -201
		}
		old.Wake()
		t.Sleep(100)
		at.Wake()
		at.Wake()
		second.Cancel(t)
		at.Wake()
		if at.Live() {
			return -202
		}
		older = t.Ref()
		return 0
	})
	w.wantCount(1, "wake t=2.1 src=ext eff=queued")
	w.reset()
	w.run(WaitForAllTasks, func(t *Task) int {
		if older.ID() != t.ID() || older.Live() || older == t.Ref() || (Ref{}).Live() {
			return -200
		}
		older.Wake()
		Ref{}.Wake()
		return 0
	})
	w.wantCount(0, "wake")
}

// A handler of the program's own wakes a task, and requests the shutdown, while the executor waits.
func TestWakeFromAHandler(t *testing.T) {
	w, b := newNVIC(t, Options{})
	var id TaskID
	polls := 0
	b.onIdle = func() {
		b.onIdle = func() {
			w.ex.RootScope().Trigger()
			w.ex.RootScope().Trigger()
			b.onIdle = nil
		}
		w.ex.WakeOutside(id)
	}
	w.run(WaitForAllTasks, func(t *Task) int {
		h := SpawnFuture(t, "woken", func(t *Task) Poll {
			id = t.ID()
			if polls++; polls == 1 {
				return Pending
			}
			return Ready
		})
		Await(t, h)
		t.ex.RootScope().Wait(t)
		return 0
	})
	if polls != 2 {
		w.fatalf("the task was polled %d times, want 2", polls)
	}
	w.wantOrder("idle", "wake t=2 src=ext eff=queued", "poll+ t=2", "idle", "trigger k=1 why=api", "wake t=1 src=token eff=queued", "poll+ t=1")
}

// Awaits are for the task itself, within a poll.
func TestAwaitOfAnotherTaskPanics(t *testing.T) {
	for name, call := range map[string]func(*Task){
		"Sleep": func(t *Task) { t.Sleep(1) },
		"Yield": func(t *Task) { t.Yield() },
		"Park":  func(t *Task) { var l List; t.Park(&l, nil) },
		"Do":    func(t *Task) { t.Do(backend.OpNop, -1, nil, 0) },
		"IRQ":   func(t *Task) { t.WaitIRQ(1) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Limits{}, Options{})
			_, err := w.try(false, WaitForAllTasks, func(t *Task) int {
				h := Spawn(t, "victim", forever)
				t.Sleep(10)
				call(h.Task())
				return 0
			})
			var p *PanicError
			if !errors.As(err, &p) || p.Name != "root" || p.Value != "sched: S1: a task awaits by itself, within its poll" {
				w.fatalf("the run ended with %v, want the panic of the root", err)
			}
		})
	}
}
