package scenarios

import (
	"fmt"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
)

// canary plants a lost update: two tasks read a counter, give way, and write back what they read plus one. Strictly in
// turn, no update is lost.
func canary() Scenario {
	return Scenario{
		Name:   "canary",
		Doc:    "planted bug: two tasks increment a counter and give way between read and write",
		Expect: ExpectCanary,
		Program: func(w *explore.World) {
			counter := 0
			add := func(t *sched.Task) int {
				seen := counter
				if t.Yield() != nil {
					return 0
				}
				counter = seen + 1
				return counter
			}
			w.AtEnd("no update is lost", func() error {
				if counter != 2 {
					return fmt.Errorf("two tasks incremented the counter, and it is %d", counter)
				}
				return nil
			})
			w.Main(sched.WaitForAllTasks, func(t *sched.Task) int {
				sched.Spawn(t, "a", add)
				sched.Spawn(t, "b", add)
				return 0
			})
		},
	}
}
