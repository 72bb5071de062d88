package scenarios

import (
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// hello is the smallest program that does something: spawn, sleep, join.
func hello() Scenario {
	return Scenario{
		Name: "hello",
		Doc:  "spawn a task that sleeps one second, join it, exit with its value",
		Program: func(w *explore.World) {
			w.Main(sched.DetachTasks, func(t *sched.Task) int {
				h := sched.Spawn(t, "child", func(t *sched.Task) int {
					if err := t.Sleep(vclock.Second); err != nil {
						return 0
					}
					return 123
				})
				v, err := h.Join(t)
				w.Assert(v == 123 && err == nil, "join returns the task's value", "it returned %d and %v", v, err)
				now := w.Exec.Now()
				w.Assert(now == vclock.Instant(vclock.Second), "the join takes one second of virtual time", "it took %d ns", now)
				return v
			})
		},
	}
}
