package scenarios

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// outside has the world spawn tasks and wake them, also when the root has ended: from then on nothing new is accepted, but
// what was accepted is served.
func outside(w *explore.World) {
	var accepted, refused, served, woken atomic.Int64
	var sleeper atomic.Uint64 // its id
	for i := 1; i <= 6; i++ {
		w.Host.External(int32(i), vclock.Duration(i)*vclock.Millisecond)
	}
	w.External(func(ex *sched.Executor, n int32) {
		if n%2 == 0 {
			ex.WakeOutside(sched.TaskID(sleeper.Load()))
			return
		}
		h := sched.SpawnOutside(ex, "request", func(t *sched.Task) int {
			t.Sleep(100 * vclock.Microsecond)
			served.Add(1)
			return int(n)
		})
		if h.Err() != nil {
			refused.Add(1)
			return
		}
		accepted.Add(1)
	})
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		parked := sched.SpawnFuture(t, "parked", func(t *sched.Task) sched.Poll {
			if woken.Add(1) > 2 {
				return sched.Ready
			}
			return sched.Pending
		})
		sleeper.Store(uint64(parked.ID()))
		sched.Spawn(t, "linger", func(t *sched.Task) int {
			t.Sleep(10 * vclock.Millisecond)
			return 0
		})
		t.Sleep(vclock.Duration(4)*vclock.Millisecond + vclock.Duration(w.Work(3))*vclock.Millisecond/2)
		for woken.Load() <= 2 && !w.Virtual() { // two wakes may have been one, or have come before there was a sleeper
			w.Host.External(2, 0)
			t.Sleep(vclock.Millisecond)
		}
		sched.Await(t, parked)
		return 9
	})
	w.AtEnd("what was accepted from outside is served", func() error {
		a, s, r, n := accepted.Load(), served.Load(), refused.Load(), woken.Load()
		return want(s == a && a+r <= 3 && n >= 3, "accepted %d, served %d, refused %d, polls %d", a, s, r, n)
	})
}
