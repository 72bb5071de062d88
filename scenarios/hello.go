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
			nap := w.Span(vclock.Second, 20*vclock.Millisecond)
			w.Main(sched.DetachTasks, func(t *sched.Task) int {
				begin := w.Exec.Now()
				h := sched.Spawn(t, "child", func(t *sched.Task) int {
					if err := t.Sleep(nap); err != nil {
						return 0
					}
					return 123
				})
				v, err := h.Join(t)
				w.Assert(v == 123 && err == nil, "join returns the task's value", "it returned %d and %v", v, err)
				took := w.Exec.Now().Sub(begin)
				w.Assert(took == nap || took > nap && !w.Virtual(), "the join takes as long as the sleep", "it took %d ns", took)
				return v
			})
		},
	}
}
