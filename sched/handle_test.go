//go:build !tinygo

package sched

import (
	"errors"
	"testing"

	"github.com/tripoint-go/tripoint/vclock"
)

// yields gives way n times.
func yields(t *Task, n int) {
	for range n {
		t.Yield()
	}
}

// forever sleeps until it is cancelled and returns how often.
func forever(t *Task) int {
	t.Sleep(vclock.Hour)
	return 0
}

func TestJoinDeliversTheValueOnce(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	v := w.run(DetachTasks, func(t *Task) int {
		h := Spawn(t, "child", func(t *Task) int { t.Sleep(5); return 7 })
		v, err := h.Join(t)
		if err != nil {
			return -200
		}
		if _, err := h.Join(t); err != ErrDetached {
			return -201
		}
		return v
	})
	if v != 7 {
		w.fatalf("joined %d, want 7", v)
	}
	w.wantOrder("drop- t=2", "wake t=1 src=join", "joined")
}

// The header of the root's task is used again for a later spawn. The end of that task is not the end of a root.
func TestRootEndsOnce(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	v := w.run(WaitForAllTasks, func(t *Task) int {
		Spawn(t, "left behind", func(t *Task) int {
			t.Sleep(10)
			Spawn(t, "in the root's header", func(t *Task) int { return 99 })
			return 0
		})
		return 1
	})
	if v != 1 {
		w.fatalf("the run returned %d, want 1", v)
	}
	w.wantCount(1, "rootdone")
	w.wantOrder("rootdone v=1", "exit code=1")
}

func TestDetachWakesTheJoiner(t *testing.T) {
	for _, give := range []struct {
		name string
		up   func(h *Handle[int])
	}{
		{"Detach", func(h *Handle[int]) { h.Detach() }},
		{"Release", func(h *Handle[int]) { h.Release() }},
	} {
		t.Run(give.name, func(t *testing.T) {
			w := newWorld(t, Limits{}, Options{})
			var got error
			w.run(WaitForAllTasks, func(t *Task) int {
				h := Spawn(t, "target", func(t *Task) int { t.Sleep(100); return 1 })
				Spawn(t, "joiner", func(t *Task) int { _, got = h.Join(t); return 0 })
				t.Sleep(10)
				give.up(h)
				return 0
			})
			if got != ErrDetached {
				w.fatalf("the joiner got %v, want ErrDetached", got)
			}
			w.wantCount(0, "cancelreq")
		})
	}
}

// If the target ends between Detach and the joiner's poll, the joiner still gets no value: the handle was given up.
func TestDetachThenEndBeforeTheJoinersPoll(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var got error
	w.run(WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "target", func(t *Task) int { t.Sleep(10); return 1 })
		Spawn(t, "joiner", func(t *Task) int { _, got = h.Join(t); return 0 })
		t.Sleep(10) // due together with the target, which is polled first
		h.Detach()
		return 0
	})
	if got != ErrDetached {
		w.fatalf("the joiner got %v, want ErrDetached", got)
	}
	w.wantCount(0, "joined")
}

func TestAttachDuringAPendingJoin(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "target", forever)
		Spawn(t, "joiner", func(t *Task) int { h.Join(t); return 0 })
		t.Sleep(10)
		if err := h.Attach(t); err != nil {
			return -200
		}
		return 0
	})
	w.wantOrder("hatt t=2", "hdrop t=2", "cancelreq t=2", "drop- t=2", "drop- t=3")
}

// The owner of an attached handle ends while another task joins it: the target is cancelled, and the joiner learns that.
func TestOwnerEndsWhileAnotherJoins(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var got error
	w.run(WaitForAllTasks, func(t *Task) int {
		h := SpawnChild(t, "target", forever)
		Spawn(t, "joiner", func(t *Task) int { _, got = h.Join(t); return 0 })
		t.Sleep(10)
		return 0
	})
	if got != ErrNoValue {
		w.fatalf("the joiner got %v, want ErrNoValue", got)
	}
	w.wantOrder("cancelreq t=2 why=handle", "drop- t=2", "cancelres t=2 some=0", "drop- t=3")
}

// A joiner that does not own the attached handle gives up: that is not its owner's doing, so nobody is cancelled (NC1).
func TestAbandonedJoinByAStranger(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		h := SpawnChild(t, "target", func(t *Task) int { t.Sleep(100); return 5 })
		j := Spawn(t, "joiner", func(t *Task) int { h.Join(t); return 0 })
		t.Sleep(10)
		j.Cancel(t)
		if v, err := h.Join(t); v != 5 || err != nil {
			return -200
		}
		return 0
	})
	w.wantCount(1, "cancelreq")
}

// The same when the joiner is a polled future, which does not abandon by itself: its teardown does.
func TestPolledJoinerIsCancelled(t *testing.T) {
	for _, attach := range []bool{false, true} {
		w := newWorld(t, Limits{}, Options{})
		w.run(WaitForAllTasks, func(t *Task) int {
			h := SpawnWith(t, "target", SpawnOptions{Attach: attach}, func(t *Task) int { t.Sleep(100); return 5 })
			j := SpawnFuture(t, "joiner", h.Poll)
			t.Sleep(10)
			j.Stop()
			yields(t, 2)
			if !h.waiters.Empty() {
				return -200
			}
			t.Sleep(200)
			return 0
		})
		w.wantCount(1, "drop- t=3")
		w.wantCount(1, "cancelreq")
		if !attach {
			w.wantOrder("hdrop t=2 att=0", "drop- t=3", "poll- t=2 st=R")
		}
	}
}

// A join handle moves to another task, which polls it last: that task is woken.
func TestJoinMoves(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var got int
	w.run(WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "target", func(t *Task) int { t.Sleep(100); return 5 })
		h.Poll(t)
		Spawn(t, "joiner", func(t *Task) int { got, _ = h.Join(t); return 0 })
		yields(t, 2)
		return 0
	})
	if got != 5 {
		w.fatalf("the second task joined %d, want 5", got)
	}
}

// NC3: the body completes once whatever happens to the joiner, in whatever state it and its target are.
func TestAbandonedJoinAtEveryState(t *testing.T) {
	for delay := range 8 {
		w := newWorld(t, Limits{}, Options{})
		runs := 0
		w.run(WaitForAllTasks, func(t *Task) int {
			h := Spawn(t, "target", func(t *Task) int { yields(t, 3); runs++; return 1 })
			j := Spawn(t, "joiner", func(t *Task) int { h.Join(t); return 0 })
			yields(t, delay)
			j.Cancel(t)
			return 0
		})
		if runs != 1 {
			w.fatalf("delay %d: the body ran to its end %d times, want once", delay, runs)
		}
		w.wantCount(0, "cancelreq t=2")
	}
}

// The owner's abandoned join of an attached handle cancels, once.
func TestAbandonedJoinByTheOwnerCancels(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		o := Spawn(t, "owner", func(t *Task) int {
			SpawnChild(t, "child", forever).Join(t)
			return 0
		})
		t.Sleep(10)
		o.Cancel(t)
		return 0
	})
	w.wantOrder("cancelreq t=2 why=call", "drop+ t=2", "hdrop t=3 att=1", "cancelreq t=3 why=handle", "drop- t=2", "drop- t=3")
}

func TestSpawnIntoAFullTable(t *testing.T) {
	w := newWorld(t, Limits{Tasks: 2}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		a := Spawn(t, "a", func(t *Task) int { return 1 })
		b := Spawn(t, "b", func(t *Task) int { return 2 })
		if _, err := b.Join(t); !errors.Is(err, ErrTasksFull) || !errors.Is(b.Err(), ErrTasksFull) {
			return -200
		}
		b.Release()
		b.Detach()
		b.Attach(t)
		b.Stop()
		if v, err := a.Join(t); v != 1 || err != nil {
			return -201
		}
		if v, err := Spawn(t, "c", func(t *Task) int { return 3 }).Join(t); v != 3 || err != nil {
			return -202
		}
		return 0
	})
}
