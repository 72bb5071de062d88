package scenarios

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
)

// canary plants a lost update: a deposit and a withdrawal each read the balance, give way, and write back what they have
// computed from what they read. The withdrawal first gives way once more, so strictly in turn the deposit is done before the
// withdrawal reads, and nothing is lost: only another order shows the bug.
func canary() Scenario {
	return Scenario{
		Name:   "canary",
		Doc:    "planted bug: a deposit and a withdrawal give way between read and write, which is safe in turn only",
		Expect: ExpectCanary,
		Program: func(w *explore.World) {
			var balance atomic.Int64 // so that only the order is wrong, not the memory
			balance.Store(100)
			change := func(t *sched.Task, by int64) int {
				seen := balance.Load()
				if t.Yield() != nil {
					return 0
				}
				balance.Store(seen + by)
				return int(seen + by)
			}
			w.AtEnd("no update is lost", func() error {
				end := balance.Load()
				return want(end == 80, "the balance was 100, 10 were deposited and 30 withdrawn, and it is %d, want 80", end)
			})
			w.Main(sched.WaitForAllTasks, func(t *sched.Task) int {
				sched.Spawn(t, "deposit", func(t *sched.Task) int { return change(t, 10) })
				sched.Spawn(t, "withdrawal", func(t *sched.Task) int {
					if t.Yield() != nil {
						return 0
					}
					return change(t, -30)
				})
				return 0
			})
		},
	}
}
