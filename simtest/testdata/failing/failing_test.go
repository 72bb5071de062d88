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
