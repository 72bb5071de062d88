package simtest_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/simtest"
)

// The test in the package comment.
func TestNoUpdateIsLost(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		var counter tsync.Mutex[int]
		counter.Init(w.Exec, "counter", 0)
		add := func(t *sched.Task) int {
			if counter.With(t, func(n *int) { *n++ }) != nil {
				return 1
			}
			return 0
		}
		w.Main(sched.WaitForAllTasks, func(t *sched.Task) int {
			a, b := sched.Spawn(t, "a", add), sched.Spawn(t, "b", add)
			a.Join(t)
			b.Join(t)
			counter.With(t, func(n *int) {
				w.Assert(*n == 2, "no update is lost", "after two increments the counter is %d", *n)
			})
			return 0
		})
	})
}
