//go:build !tinygo

package sched

import "testing"

// PendSoft wakes everybody who waits on the line of software, once, in their order, and nobody who waits elsewhere (CM10).
func TestPendSoft(t *testing.T) {
	for _, handlers := range []bool{false, true} {
		var w *world
		if handlers {
			w, _ = newNVIC(t, Options{})
		} else {
			w = newWorld(t, Limits{Lines: 16}, Options{})
			w.be.caps.Lines, w.be.enabled = 16, make([]bool, 16)
		}
		woken := 0
		w.run(WaitForAllTasks, func(t *Task) int {
			for range 3 {
				Spawn(t, "waiter", func(t *Task) int {
					if t.WaitSoft() == nil {
						woken++
					}
					return 0
				})
			}
			other := SpawnChild(t, "other", func(t *Task) int { t.WaitIRQ(3); woken++; return 0 })
			yields(t, 2)
			t.ex.PendSoft()
			t.Sleep(10)
			if woken != 3 {
				return -200
			}
			other.Cancel(t)
			t.ex.PendSoft() // nobody waits
			t.Sleep(10)
			return 0
		})
		w.wantOrder("swpend n=14", "irq n=14", "pass+", "wake t=2", "wake t=3", "wake t=4", "pass-", "line- n=14", "poll+ t=2", "poll+ t=3", "poll+ t=4")
	}
}

// Behind the gate a yield gives way all the same, and says so (T5).
func TestYieldBehindTheGate(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var before, after error = ErrStopped, nil
	w.run(StopAllOperations, func(t *Task) int {
		Spawn(t, "yielder", func(t *Task) int {
			before = t.Yield()
			t.Sleep(100)
			after = t.Yield()
			return 0
		})
		yields(t, 3)
		return 0
	})
	if before != nil || after != ErrCancelled {
		w.fatalf("Yield said %v before and %v behind the gate, want nil and ErrCancelled", before, after)
	}
}
