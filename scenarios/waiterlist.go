package scenarios

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
)

// waiterList uses the list that everything else waits on directly: tasks with several nodes on one list, nodes that leave in
// the middle of a pass, nodes that join during one, and a pass inside a pass. Every node that was there is fired once, none
// that came later, and each task is polled once. A task that comes after the pass is stopped.
func waiterList(w *explore.World) {
	const tasks = 4
	var list sched.List
	var nodes [tasks][2]sched.Node
	var own [tasks]sched.Resource
	var late sched.Node
	var polls [tasks]int
	passes := 0

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		ex := t.Executor()
		var handles [tasks]*sched.JoinHandle
		for i := range handles {
			handles[i] = sched.SpawnFuture(t, "waiter", func(t *sched.Task) sched.Poll {
				in := t.Enter() // as every primitive that is made of lists
				defer t.Leave(in)
				polls[i]++
				if polls[i] == 1 {
					list.Link(&nodes[i][0], t)
					list.Link(&nodes[i][1], t)
					t.Own(&own[i], i, func(any, *sched.Task) {
						nodes[i][0].Unlink()
						nodes[i][1].Unlink()
					})
					return sched.Pending
				}
				if nodes[i][0].Linked() || nodes[i][1].Linked() {
					return sched.Pending
				}
				own[i].Disown()
				return sched.Ready
			})
		}
		for i := 0; i < 3; i++ {
			t.Yield()
		}
		victim, nested, inner := w.Work(tasks+1), w.Work(3), w.Work(2) == 1
		in := t.Enter()
		list.PassEach(ex, backend.WakeSync, func(n *sched.Node) {
			passes++
			if passes == 2 && victim > 0 {
				nodes[victim-1][1].Unlink()
			}
			if passes == 1+nested {
				list.Link(&late, t)
				if inner {
					list.Pass(ex, backend.WakeSync)
				}
			}
		})
		if late.Linked() {
			late.Unlink()
		}
		t.Leave(in)
		for _, h := range handles {
			if h.Task() != nil {
				h.Stop()
			}
			sched.Await(t, h)
		}
		return passes
	})
	w.AtEnd("no node is left behind", func() error {
		w.Sometimes("a pass fired every node", passes >= 2*tasks-1)
		return want(list.Empty(), "a node is still linked; polls %v", polls)
	})
}
