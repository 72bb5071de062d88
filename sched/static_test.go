//go:build !tinygo

package sched

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

// Bodies of static tasks are plain functions: they find what they need by Arg.

func seven(*Task) int64 { return 7 }

func napThenSeven(t *Task) int64 {
	if t.Sleep(5) != nil {
		return -1
	}
	return 7
}

// serve runs body as a static root, and judges the trace.
func (w *world) serve(mode Mode, main bool, arg any, body func(*Task) int64) (code int64, err error) {
	w.t.Helper()
	root := new(Task)
	root.Arg = arg
	w.ex.BeginFunc(root, "root", body, nil, mode, main)
	w.ex.Serve()
	w.finish()
	return w.ex.Exit()
}

func TestStaticRootEndsWithTheValueOfItsBody(t *testing.T) {
	for _, main := range []bool{false, true} {
		w := newWorld(t, Limits{}, Options{})
		child := new(Task)
		code, err := w.serve(WaitForAllTasks, main, child, func(t *Task) int64 {
			h, err := t.Arg.(*Task).StartFunc(t.Executor(), t, "child", napThenSeven, nil)
			if err != nil {
				return -200
			}
			v, err := h.Join(t)
			if err != nil {
				return -201
			}
			return v
		})
		if code != 7 || err != nil {
			w.fatalf("main %v: the run ended with %d, %v, want 7", main, code, err)
		}
		w.wantOrder("drop- t=2", "wake t=1 src=join", "joined", "rootdone v=7", "exit code=7")
	}
}

// The stack is the backend's business: on a host it may be there, or not.
func TestStaticValueIsJoinedOnce(t *testing.T) {
	for _, stack := range [][]uint32{nil, make([]uint32, 8)} {
		w := newWorld(t, Limits{}, Options{})
		var child Task
		v := w.run(DetachTasks, func(t *Task) int {
			h, err := child.StartFunc(t.Executor(), t, "child", napThenSeven, stack)
			if err != nil || h.Err() != nil {
				return -200
			}
			v, err := h.Join(t)
			if err != nil {
				return -201
			}
			if again, err := h.Join(t); again != 0 || err != ErrDetached {
				return -202
			}
			if _, ok, err := h.Cancel(t); ok || err != ErrDetached {
				return -203
			}
			return int(v)
		})
		if v != 7 {
			w.fatalf("joined %d, want 7", v)
		}
		w.wantCount(1, "joined")
	}
}

// A header lives again when its last life is over: as another body, as a polled future, and as a body again.
func TestStaticTaskLivesAgain(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var child Task
	var ids []TaskID
	w.run(WaitForAllTasks, func(t *Task) int {
		for i := range 9 {
			var h *JoinHandle
			var err error
			if i%3 == 1 {
				h, err = child.Start(t.Executor(), t, "future", func(*Task) Poll { return Ready })
			} else {
				h, err = child.StartFunc(t.Executor(), t, "body", napThenSeven, nil)
			}
			if err != nil {
				return -200
			}
			if _, err := child.StartFunc(t.Executor(), t, "too early", seven, nil); err != ErrRunning {
				return -201
			}
			ids = append(ids, h.ID())
			want := int64(7)
			if i%3 == 1 {
				want = 0
			}
			if v, err := h.Join(t); v != want || err != nil {
				return -202
			}
		}
		return 0
	})
	for i, id := range ids {
		for _, other := range ids[:i] {
			if id == other {
				w.errorf("NC6: two lives have the id %d", id)
			}
		}
	}
	w.wantCount(9+1, "drop-") // and the root
}

// The last outcome must have been taken, or given up, before a header lives again.
func TestStaticTaskIsRunningWhileItIsWaitedFor(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var child Task
	w.run(WaitForAllTasks, func(t *Task) int {
		h, err := child.StartFunc(t.Executor(), t, "child", napThenSeven, nil)
		if err != nil {
			return -200
		}
		waiter := Spawn(t, "waiter", func(t *Task) int64 {
			v, _ := h.Join(t)
			return v
		})
		t.Yield()
		t.Sleep(5) // its deadline is that of the child, who is polled first: when it has ended, the turn is ours
		if !h.Done() {
			return -206
		}
		if _, err := child.StartFunc(t.Executor(), t, "child", seven, nil); err != ErrRunning {
			return -201 // the waiter has not looked yet
		}
		if v, err := waiter.Join(t); v != 7 || err != nil {
			return -202
		}
		h, err = child.StartFunc(t.Executor(), t, "child", seven, nil)
		if err != nil {
			return -203
		}
		h.Detach()
		t.Yield()
		if _, err = child.StartFunc(t.Executor(), t, "child", seven, nil); err != nil {
			return -204
		}
		return 0
	})
}

func TestStaticStartIsRefused(t *testing.T) {
	w := newWorld(t, Limits{Tasks: 2}, Options{})
	var a, b Task
	w.run(WaitForAllTasks, func(t *Task) int {
		ex := t.Executor()
		h, err := a.StartFunc(ex, t, "a", seven, nil)
		if err != nil {
			return -200
		}
		if h, err := b.StartFunc(ex, t, "b", seven, nil); h != nil || err != ErrTasksFull {
			return -201
		}
		var s Scope
		if s.Open(t, "scope", nil) != nil {
			return -202
		}
		if _, err := b.StartMember(&s, t, "b", seven, nil); err != ErrTasksFull || s.Members() != 0 {
			return -203
		}
		if v, err := h.Join(t); v != 7 || err != nil {
			return -204
		}
		if h, err = b.StartMember(&s, t, "b", seven, nil); err != nil || s.Members() != 1 {
			return -205
		}
		if v, err := h.Join(t); v != 7 || err != nil {
			return -206
		}
		if s.Close(t, 0) != nil {
			return -207
		}
		if h, err := b.StartMember(&s, t, "b", seven, nil); h != nil || err != ErrClosed {
			return -208
		}
		return 0
	})
}

// From outside, nothing starts once the root has ended; a task that is left may.
func TestStaticStartAfterTheRootHasEnded(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var left, inside, outside, late Task
	var fromOutside, fromInside error
	w.run(WaitForAllTasks, func(t *Task) int {
		_, err := left.StartFunc(t.Executor(), t, "left", func(t *Task) int64 {
			t.Sleep(10)
			_, fromOutside = outside.StartFunc(t.Executor(), nil, "outside", seven, nil)
			_, fromInside = inside.StartFunc(t.Executor(), t, "inside", seven, nil)
			return 0
		}, nil)
		if err != nil {
			return -200
		}
		return 0
	})
	if fromOutside != ErrClosed || fromInside != nil {
		w.fatalf("a start from outside says %v, want %v; one by a task says %v", fromOutside, ErrClosed, fromInside)
	}
	if _, err := late.StartFunc(w.ex, nil, "late", seven, nil); err != ErrClosed {
		w.fatalf("a start after the run says %v, want %v", err, ErrClosed)
	}
}

// A body that is cancelled goes on, and every await fails from there on.
func TestStaticBodyIsCancelled(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var child, again Task
	var l List
	errs := make([]error, 0, 6)
	w.run(WaitForAllTasks, func(t *Task) int {
		ex := t.Executor()
		h, err := child.StartFunc(ex, t, "child", func(t *Task) int64 {
			errs = append(errs, t.Sleep(1000))
			errs = append(errs, t.Yield(), t.WaitIRQ(0))
			_, err := t.Do(backend.OpNop, -1, nil, 0)
			_, _, parked := t.Park(&l, nil)
			h, _ := again.StartFunc(ex, t, "again", seven, nil)
			_, joined := h.Join(t)
			errs = append(errs, err, parked, joined)
			return 9
		}, nil)
		if err != nil {
			return -200
		}
		t.Sleep(5)
		if v, ok, err := h.Cancel(t); v == 7 || ok || err != nil {
			return -201
		}
		return 0
	})
	if len(errs) != cap(errs) {
		w.fatalf("%d of %d awaits were reached", len(errs), cap(errs))
	}
	for i, err := range errs {
		if err != ErrCancelled {
			w.errorf("await %d says %v, want %v", i, err, ErrCancelled)
		}
	}
	w.wantOrder("cancelreq t=2", "drop+ t=2", "spawn t=3 parent=2 class=cleanup", "drop- t=2")
}

// A cancel that comes too late finds the value, one that comes before the first poll no body.
func TestStaticCancelRaces(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var early, late Task
	ran := false
	w.run(WaitForAllTasks, func(t *Task) int {
		ex := t.Executor()
		h, err := late.StartFunc(ex, t, "late", seven, nil)
		if err != nil {
			return -200
		}
		t.Sleep(5)
		if v, ok, err := h.Cancel(t); v != 7 || !ok || err != nil {
			return -201
		}
		h, err = early.StartFunc(ex, t, "early", func(*Task) int64 { ran = true; return 8 }, nil)
		if err != nil {
			return -202
		}
		if v, ok, err := h.Cancel(t); v != 0 || ok || err != nil {
			return -203
		}
		if h, err = early.StartFunc(ex, t, "early", seven, nil); err != nil {
			return -204
		}
		if v, err := h.Join(t); v != 7 || err != nil {
			return -205
		}
		return 0
	})
	if ran {
		w.errorf("NC5: the body of a task that was cancelled before its first poll has run")
	}
}

// A member ends with its scope, and a header that was a member may be none in its next life.
func TestStaticMemberEndsWithItsScope(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var child Task
	w.run(WaitForAllTasks, func(t *Task) int {
		var s Scope
		if s.Open(t, "scope", nil) != nil {
			return -200
		}
		h, err := child.StartMember(&s, t, "member", func(t *Task) int64 {
			t.Sleep(1000)
			return 1
		}, nil)
		if err != nil {
			return -201
		}
		if !Is(s.Close(t, 5), ErrScopeLate) || !h.Done() {
			return -202
		}
		if _, err := h.Join(t); err != ErrNoValue {
			return -203
		}
		h, err = child.StartFunc(t.Executor(), t, "free", napThenSeven, nil)
		if err != nil {
			return -204
		}
		if v, err := h.Join(t); v != 7 || err != nil {
			return -205
		}
		return 0
	})
	w.wantOrder("scope-", "spawn")
}

// A header that a run has frozen is good for the next one as it is.
func TestStaticTasksFreeze(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var child Task
	for range 3 {
		v := w.run(DetachTasks, func(t *Task) int {
			if _, err := child.StartFunc(t.Executor(), t, "child", func(t *Task) int64 { t.Sleep(1000); return 1 }, nil); err != nil {
				return -200
			}
			t.Yield()
			return 5
		})
		if v != 5 {
			w.fatalf("the run returned %d, want 5", v)
		}
		w.reset()
	}
}

// A body that is cancelled may return something all the same: nobody gets it.
func TestStaticCancelHasNoValue(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var nap Task
	code, err := w.serve(DetachTasks, false, nil, func(t *Task) int64 {
		h, _ := nap.StartFunc(t.ex, t, "nap", func(t *Task) int64 {
			t.Sleep(1000)
			return 7
		}, nil)
		t.Sleep(10)
		v, ok, err := h.Cancel(t)
		if v != 0 || ok || err != nil {
			return 1
		}
		return 0
	})
	if code != 0 || err != nil {
		t.Errorf("got exit code %d, error %v: the cancel has told a value", code, err)
	}
}

// A header that was a cleanup task's becomes an ordinary root.
func TestStaticRootIsNoCleanup(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	root := Task{class: uint8(backend.ClassCleanup)}
	w.ex.BeginFunc(&root, "root", seven, nil, DetachTasks, true)
	if w.ex.cleanups != 0 {
		t.Errorf("got %d cleanup tasks, want none", w.ex.cleanups)
	}
	w.ex.Serve()
}
