//go:build !tinygo

package sched

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

func read(fd int32) func(t *Task) int {
	return func(t *Task) int {
		n, err := t.Do(backend.OpRead, fd, make([]byte, 8), -1)
		if err != nil {
			return -1000
		}
		return n
	}
}

// One slot, four readers: they are served in the order in which they asked.
func TestStalledWaitersAreServedInOrder(t *testing.T) {
	w := newWorld(t, Limits{Ops: 1}, Options{})
	w.be.auto = func(op *backend.Op) *event { return &event{at: w.be.now + 10, c: backend.Completion{Res: op.FD}} }
	w.run(WaitForAllTasks, func(t *Task) int {
		for fd := range int32(4) {
			Spawn(t, fmt.Sprint(fd), read(fd))
		}
		return 0
	})
	w.wantCount(3, "stall")
	w.wantOrder("submit o=0.1 t=2", "submit o=0.2 t=3", "submit o=0.3 t=4", "submit o=0.4 t=5")
}

// A stalled waiter is cancelled: before the slot is free, after it was promised, and in the same tick. Nobody is stranded.
func TestStalledWaiterIsCancelled(t *testing.T) {
	for at := range vclock.Duration(5) {
		for victim := range 3 {
			w := newWorld(t, Limits{Ops: 1}, Options{})
			w.be.auto = func(op *backend.Op) *event { return &event{at: w.be.now + 2, c: backend.Completion{Res: op.FD}} }
			var hs [3]*Handle[int]
			w.run(WaitForAllTasks, func(t *Task) int {
				for fd := range hs {
					hs[fd] = Spawn(t, fmt.Sprint(fd), read(int32(fd)))
				}
				t.Sleep(at)
				hs[victim].Cancel(t)
				return 0
			})
			for fd := range hs {
				if v, ok := hs[fd].Value(); fd != victim && (!ok || v != fd) {
					w.fatalf("reader %d got %d, %t; want its own descriptor", fd, v, ok)
				}
			}
		}
	}
}

// A slot is promised to a waiter, and the waiter is cancelled before it takes it: the promise goes to the next.
func TestPromisedSlotIsPassedOn(t *testing.T) {
	w := newWorld(t, Limits{Ops: 1}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		a := Spawn(t, "a", read(1))
		var b *Handle[int]
		// Polled in the tick in which a's result arrives, before b takes its slot.
		k := Spawn(t, "killer", func(t *Task) int {
			t.WaitIRQ(0)
			b.Stop()
			return 0
		})
		yields(t, 1)
		b = Spawn(t, "b", read(2))
		c := Spawn(t, "c", read(3))
		t.Sleep(10)
		w.be.LinePend(0)
		w.be.finish(1, 1)
		t.Sleep(10)
		w.be.finish(3, 3)
		k.Join(t)
		va, _ := a.Join(t)
		vc, _ := c.Join(t)
		if va != 1 || vc != 3 {
			return -200
		}
		return 0
	})
	w.wantCount(0, "submit o=0.2 t=4")
}

// The same, by the order of the run queue: a's task takes its result and frees the slot, b is promised it and cancelled.
func TestPromisedSlotOfACancelledTask(t *testing.T) {
	w := newWorld(t, Limits{Ops: 1}, Options{})
	var b *Handle[int]
	w.run(WaitForAllTasks, func(t *Task) int {
		Spawn(t, "a", func(t *Task) int {
			n, _ := t.Do(backend.OpRead, 1, nil, -1) // frees its slot when it takes the result
			b.Stop()
			return n
		})
		b = Spawn(t, "b", read(2))
		Spawn(t, "c", read(3))
		t.Sleep(10)
		w.be.finish(1, 1)
		t.Sleep(10)
		if !w.be.finish(3, 3) {
			return -200
		}
		return 0
	})
	w.wantCount(2, "submit")
}

// future returns the poll of a task that polls an operation and leaves its result in n.
func future(op *OpWait, n *int) func(*Task) Poll {
	return func(t *Task) Poll {
		p := op.Poll(t)
		if p == Ready {
			*n, _ = op.Result()
		}
		return p
	}
}

// IO4: an operation moves to another task in any of its states and is delivered there; the first task's end is none of its
// business.
func TestOpMoves(t *testing.T) {
	for _, state := range []string{"prepared", "submitted", "completed", "stalled", "promised", "refused"} {
		for _, cancel := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/cancel=%t", state, cancel), func(t *testing.T) {
				w := newWorld(t, Limits{Ops: 1}, Options{})
				if state == "refused" {
					w.be.caps.Ops &^= 1 << backend.OpRead
					w.reset()
				}
				var op OpWait
				got := -1
				w.run(WaitForAllTasks, func(t *Task) int {
					if state == "stalled" || state == "promised" {
						Spawn(t, "first", func(t *Task) int { t.Do(backend.OpNop, 1, nil, 0); return 0 })
						t.Sleep(5)
					}
					op.Start(backend.OpRead, 2, make([]byte, 4), -1)
					polled := false
					h := SpawnFuture(t, "old", func(t *Task) Poll {
						if !polled {
							op.Poll(t)
						}
						polled = true
						return Pending
					})
					var n *JoinHandle
					if state == "prepared" { // in the same tick
						n = SpawnFuture(t, "new", future(&op, &got))
					}
					t.Sleep(5)
					switch state {
					case "completed":
						w.be.finish(2, 4)
						t.Sleep(5)
					case "promised":
						w.be.finish(1, 0)
						yields(t, 1)
					}
					if n == nil {
						n = SpawnFuture(t, "new", future(&op, &got))
					}
					yields(t, 2)
					if cancel {
						h.Stop()
					}
					t.Sleep(5)
					w.be.finish(1, 0)
					t.Sleep(5)
					w.be.finish(2, 4)
					t.Sleep(5)
					h.Stop()
					if !n.Done() {
						return -200
					}
					return 0
				})
				want := 4
				if state == "refused" {
					want = 0
				}
				if got != want {
					w.fatalf("the new task got %d, want %d", got, want)
				}
			})
		}
	}
}

func TestSleepMoves(t *testing.T) {
	for _, cancel := range []bool{false, true} {
		w := newWorld(t, Limits{}, Options{})
		var s Sleep
		w.run(WaitForAllTasks, func(t *Task) int {
			h := SpawnFuture(t, "old", func(t *Task) Poll { s.Start(t, 100); s.Poll(t); return Pending })
			t.Sleep(10)
			n := SpawnFuture(t, "new", s.Poll)
			t.Sleep(10)
			h.Stop()
			if !cancel {
				t.Sleep(10)
			}
			t.Sleep(100)
			if !n.Done() {
				return -200
			}
			return 0
		})
		w.wantOrder("timer- i=2", "timer+ i=4 t=3", "drop- t=2", "expire i=4 ok=1", "wake t=3 src=timer")
	}
}

func TestLineWaitMoves(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var l LineWait
	w.run(WaitForAllTasks, func(t *Task) int {
		l.Start(2)
		h := SpawnFuture(t, "old", func(t *Task) Poll { l.Poll(t); return Pending })
		yields(t, 2)
		n := SpawnFuture(t, "new", l.Poll)
		yields(t, 2)
		h.Stop()
		yields(t, 2)
		if !w.be.enabled[2] {
			return -200
		}
		w.be.LinePend(2)
		t.Sleep(5)
		if !n.Done() || w.be.enabled[2] {
			return -201
		}
		return 0
	})
}

// A cancelled task whose operation completed and was not taken yet: the descriptor goes back (IO8).
func TestCompletedButNotTaken(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "target", func(t *Task) int { t.Do(backend.OpAccept, 1, nil, 0); return 0 })
		k := Spawn(t, "killer", func(t *Task) int { t.WaitIRQ(0); h.Stop(); return 0 })
		t.Sleep(5)
		w.be.LinePend(0)
		w.be.finish(1, 42)
		k.Join(t)
		h.Join(t)
		return 0
	})
	w.wantOrder("cqe o=0.1 res=42", "cancelreq", "drop+", "reap o=0.1 how=dispose res=42", "drop- t=2")
	if fmt.Sprint(w.be.disposed) != "[42]" {
		w.fatalf("disposed of %v, want [42]", w.be.disposed)
	}
}

// An operation that was prepared and never sent leaves no trace (IO1).
func TestAbandonedBeforeItWasSent(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		var h *Handle[int]
		h = Spawn(t, "target", func(t *Task) int {
			h.Stop()
			return read(1)(t)
		})
		w.be.accept = 0 // so that the batch is still there when the teardown comes
		yields(t, 3)
		w.be.accept = -1
		h.Join(t)
		return 0
	})
	w.wantCount(0, "submit")
	w.wantCount(0, "ccl")
}

// hooked notes how operations ended.
type hooked []string

func (h *hooked) OpDone(_ backend.OpKind, res int32, sent bool) {
	*h = append(*h, fmt.Sprint(res, sent))
}

// Cancel by somebody who is not the waiter ends an operation in whatever state it is, tells the hook once, and the waiter
// that it was cancelled.
func TestCancelOfAnOpSomebodyWaitsFor(t *testing.T) {
	for _, state := range []string{"prepared", "submitted", "stalled", "promised"} {
		w := newWorld(t, Limits{Ops: 1}, Options{})
		var h hooked
		var at *OpWait
		var err error
		w.run(WaitForAllTasks, func(t *Task) int {
			if state == "stalled" || state == "promised" {
				Spawn(t, "first", func(t *Task) int {
					t.Do(backend.OpRead, 1, nil, -1)
					if state == "promised" {
						at.Cancel() // after the slot was freed, in the same poll
					}
					return 0
				})
				t.Sleep(5)
			}
			Spawn(t, "target", func(t *Task) int {
				_, err = t.DoOn(&h, &at, backend.OpRead, 2, nil, -1, false)
				return 0
			})
			switch state {
			case "prepared":
				w.be.accept = 0
				yields(t, 1)
				at.Cancel()
				w.be.accept = -1
			case "promised":
				t.Sleep(5)
				w.be.finish(1, 0)
			default:
				t.Sleep(5)
				at.Cancel()
			}
			t.Sleep(5)
			w.be.finish(1, 0)
			t.Sleep(5)
			return 0
		})
		if err != backend.ECANCELED || len(h) != 1 {
			w.fatalf("%s: the waiter got %v and the hook %v, want ECANCELED and one call", state, err, h)
		}
	}
}

// What was prepared in the last polls of a run is not sent after its end.
func TestNothingIsSentAfterTheEnd(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(DetachTasks, func(t *Task) int {
		Spawn(t, "writer", func(t *Task) int { t.Do(backend.OpWrite, 1, []byte("late"), -1); return 0 })
		t.Yield()
		Spawn(t, "writer", func(t *Task) int { t.Do(backend.OpWrite, 1, []byte("late"), -1); return 0 })
		t.Wake()
		t.Yield()
		return 0
	})
	w.wantCount(1, "submit")
	if len(w.be.flight) != 1 {
		w.fatalf("the backend was given %d operations, the trace says 1", len(w.be.flight))
	}
}

// A backend that takes a prefix gets the rest later, in order.
func TestPartialSubmission(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.be.accept = 1
	w.be.auto = func(op *backend.Op) *event { return &event{at: w.be.now + 10, c: backend.Completion{Res: op.FD}} }
	w.run(WaitForAllTasks, func(t *Task) int {
		for fd := range int32(4) {
			Spawn(t, fmt.Sprint(fd), read(fd))
		}
		return 0
	})
	w.wantOrder("submit o=0.1", "submit o=1.1", "submit o=2.1", "submit o=3.1")
}

// IO3: what lends nothing and has no side effect delays no teardown, and its late result goes nowhere.
func TestDetachedOpDelaysNothing(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.be.stubborn = true
	w.run(StopAllOperations, func(t *Task) int {
		h := Spawn(t, "target", func(t *Task) int { t.Do(backend.OpNop, 1, nil, 0); return 0 })
		t.Sleep(5)
		h.Cancel(t)
		w.be.finishAt(500, 1, 0)
		return 0
	})
	w.wantOrder("orphan o=0.1 mode=detach", "ccl", "drop- t=2", "rootdone", "cqe o=0.1", "reap o=0.1 how=discard", "exit")
}

// IO2: the buffer comes back before the task ends, also when the cancel loses.
func TestReadCompletesLate(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.be.stubborn = true
	w.run(WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "target", read(1))
		t.Sleep(5)
		h.Stop()
		t.Sleep(5)
		w.be.finish(1, 8)
		h.Join(t)
		return 0
	})
	w.wantOrder("lend b=2", "submit", "orphan o=0.1 mode=await", "ccl", "cqe o=0.1 res=8", "return", "reap o=0.1 how=discard", "drop- t=2")
}

// A kind that the backend does not have is refused in a later poll, and counts towards the limit only in a row.
func TestRefusals(t *testing.T) {
	w := newWorld(t, Limits{}, Options{RefusalLimit: 5})
	w.be.caps.Ops = 1 << backend.OpNop
	w.reset()
	w.run(WaitForAllTasks, func(t *Task) int {
		for range 20 {
			if _, err := t.Do(backend.OpRead, 1, nil, -1); err != backend.EOPNOTSUPP {
				return -200
			}
			t.Sleep(1)
		}
		return 0
	})
	w.reset()
	if _, err := w.try(false, WaitForAllTasks, func(t *Task) int {
		for {
			t.Do(backend.OpRead, 1, nil, -1)
		}
	}); err != ErrRefusalLoop {
		w.fatalf("the run ended with %v, want ErrRefusalLoop", err)
	}
	w.wantCount(5, "refuse")
}

// Duty 1: a backend that completes an operation twice is caught, not believed.
func TestDoubleCompletionIsFatal(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.judge = false
	_, err := w.try(false, WaitForAllTasks, func(t *Task) int {
		Spawn(t, "reader", read(1))
		t.Sleep(5)
		id := w.be.flight[0].ID
		w.be.finish(1, 8)
		w.be.due = append(w.be.due, backend.Completion{Kind: backend.CompletionOp, ID: id, Res: 8})
		t.Sleep(5)
		return 0
	})
	if err == nil {
		w.fatalf("the run did not fail")
	}
	w.wantOrder("fatal", "exit")
}
