package scenarios

import (
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

// parallel runs on three lanes that interleave inside polls, at every load and store of a shared cell. The lock makes the
// read-modify-write whole all the same.
func parallel(w *explore.World) {
	const tasks, rounds = 4, 3
	var m tsync.Mutex[struct{}]
	m.Init(w.Exec, "counter", struct{}{})
	var counter tsync.Cell[int]
	counter.Init(w.Exec, 0)
	final := 0

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		var handles []*sched.Handle[int]
		for i := 0; i < tasks; i++ {
			handles = append(handles, sched.Spawn(t, "adder", func(t *sched.Task) int {
				for j := 0; j < rounds; j++ {
					p, err := m.Lock(t)
					if err != nil {
						return -1
					}
					g := p.Enter()
					counter.Store(t, counter.Load(t)+1)
					g.Exit()
				}
				return rounds
			}))
		}
		if w.Work(2) == 1 {
			t.Yield()
		}
		for _, h := range handles {
			h.Join(t)
		}
		final = counter.Load(t)
		return final
	})
	w.AtEnd("no update is lost under the lock", func() error {
		return want(final == tasks*rounds, "the counter is %d, want %d", final, tasks*rounds)
	})
}
