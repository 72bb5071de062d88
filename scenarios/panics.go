package scenarios

import (
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// panics has a task panic while others wait. The run ends with that panic, at once, and never hangs.
func panics(w *explore.World) {
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		future := w.Work(2) == 1
		bomb := func(t *sched.Task) int {
			t.Sleep(vclock.Millisecond)
			panic("boom")
		}
		if future {
			var s sched.Sleep
			sched.SpawnFuture(t, "bomb", func(t *sched.Task) sched.Poll {
				s.Start(t, vclock.Millisecond)
				s.Abandon(t)
				panic("boom")
			})
		} else {
			sched.Spawn(t, "bomb", bomb)
		}
		sched.Spawn(t, "bystander", func(t *sched.Task) int {
			for i := 0; i < 5; i++ {
				t.Yield()
			}
			t.Sleep(vclock.Hour)
			return 0
		})
		t.Sleep(vclock.Hour)
		return 0
	})
}
