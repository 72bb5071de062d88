// Package failing is a fixture: its tests fail, each in its way.
package failing_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// Two tasks lose an update when they give way between read and write.
func TestLostUpdate(t *testing.T) {
	t.Run("two tasks", func(t *testing.T) {
		simtest.Run(t, func(w *simtest.World) {
			counter, turns := 0, w.Work(2) // the zero tape has no turn to lose an update in
			add := func(t *sched.Task) int {
				seen := counter
				for range turns {
					if t.Yield() != nil {
						return 0
					}
				}
				counter = seen + 1
				return 0
			}
			w.Main(sched.WaitForAllTasks, func(t *sched.Task) int {
				a, b := sched.Spawn(t, "a", add), sched.Spawn(t, "b", add)
				a.Join(t)
				b.Join(t)
				w.Assert(counter == 2, "no update is lost", "the counter is %d", counter)
				return 0
			})
		})
	})
}

// A body that fails the test itself, for one of three workloads.
func TestFatalInBody(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		n := w.Work(3)
		w.Main(sched.DetachTasks, func(task *sched.Task) int {
			sched.Spawn(task, "bold", func(*sched.Task) int {
				if n == 2 {
					t.Fatal("fatal in body")
				}
				return 0
			}).Join(task)
			return 0
		})
	})
}

// The same at once, on the zero tape.
func TestFatalAtOnce(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		w.Main(sched.DetachTasks, func(*sched.Task) int { t.Fatal("fatal in body"); return 0 })
	})
}

// The same while the world is set up.
func TestFatalInSetUp(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		if w.Work(3) == 2 {
			t.Fatal("fatal in set-up")
		}
		w.Main(sched.DetachTasks, func(*sched.Task) int { return 0 })
	})
}

// A run that depends on how many runs there were.
func TestNondeterminism(t *testing.T) {
	runs := 0
	simtest.Run(t, func(w *simtest.World) {
		runs++
		d := vclock.Duration(runs)
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			t.Sleep(d)
			w.Assert(d < 10, "never late", "it is %d", d)
			return 0
		})
	})
}
