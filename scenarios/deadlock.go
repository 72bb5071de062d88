package scenarios

import (
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

// deadlock plants the oldest one: two tasks take two locks in opposite order.
func deadlock() Scenario {
	return Scenario{
		Name:   "deadlock",
		Doc:    "planted deadlock: two tasks lock two mutexes in opposite order",
		Expect: ExpectDeadlock, OnlySim: "plants a failure: a run that would never end",
		Program: func(w *explore.World) {
			var first, second tsync.Mutex[int]
			first.Init(w.Exec, "L1", 0)
			second.Init(w.Exec, "L2", 0)
			both := func(one, two *tsync.Mutex[int]) func(*sched.Task) int {
				return func(t *sched.Task) int {
					p, err := one.Lock(t)
					if err != nil {
						return 0
					}
					defer p.Release()
					if t.Yield() != nil {
						return 0
					}
					q, err := two.Lock(t)
					if err != nil {
						return 0
					}
					q.Release()
					return 1
				}
			}
			w.Main(sched.WaitForAllTasks, func(t *sched.Task) int {
				a := sched.Spawn(t, "a", both(&first, &second))
				b := sched.Spawn(t, "b", both(&second, &first))
				for _, h := range []*sched.Handle[int]{a, b} {
					if _, err := h.Join(t); err != nil {
						return 0
					}
				}
				return 1
			})
		},
	}
}
