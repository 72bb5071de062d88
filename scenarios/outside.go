package scenarios

import (
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// outside has the world spawn tasks and wake them, also when the root has ended: from then on nothing new is accepted, but
// what was accepted is served.
func outside(w *explore.World) {
	accepted, refused, served, woken := 0, 0, 0, 0
	var sleeper sched.TaskID
	for i := 1; i <= 6; i++ {
		w.Kernel.ExternalAt(int32(i), vclock.Instant(i*int(vclock.Millisecond)))
	}
	w.External(func(ex *sched.Executor, n int32) {
		if n%2 == 0 {
			ex.WakeOutside(sleeper)
			return
		}
		h := sched.SpawnOutside(ex, "request", func(t *sched.Task) int {
			t.Sleep(100 * vclock.Microsecond)
			served++
			return int(n)
		})
		if h.Err() != nil {
			refused++
			return
		}
		accepted++
	})
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		parked := sched.SpawnFuture(t, "parked", func(t *sched.Task) sched.Poll {
			if woken++; woken > 2 {
				return sched.Ready
			}
			return sched.Pending
		})
		sleeper = parked.ID()
		sched.Spawn(t, "linger", func(t *sched.Task) int {
			t.Sleep(10 * vclock.Millisecond)
			return 0
		})
		t.Sleep(vclock.Duration(4)*vclock.Millisecond + vclock.Duration(w.Work(3))*vclock.Millisecond/2)
		sched.Await(t, parked)
		return 9
	})
	w.AtEnd("what was accepted from outside is served", func() error {
		return want(served == accepted && accepted+refused <= 3 && woken >= 3, "accepted %d, served %d, refused %d, polls %d", accepted, served, refused, woken)
	})
}
