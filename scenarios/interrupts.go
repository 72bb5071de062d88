package scenarios

import (
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// interrupts has two tasks on one interrupt line under a storm, each of which waits again as soon as it has been woken, and
// a third one on a line that software requests. Requests coalesce, none is lost while somebody waits, and a line nobody
// waits for is closed, however loud the device.
//
//	device ══ level ══▶ line 0 ──▶ a, b   (clear, count, wait again)
//	program ─ pend ───▶ line 1 ──▶ soft
func interrupts(w *explore.World) {
	const rounds = 4
	var seen [2]int
	soft := false
	w.Kernel.Device(0, true)
	for i := 0; i < rounds+2; i++ {
		w.Kernel.RaiseAt(0, vclock.Instant((i+1)*int(vclock.Millisecond)))
	}

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		for i := range seen {
			sched.Spawn(t, "driver", func(t *sched.Task) int {
				for seen[i] < rounds {
					if t.WaitIRQ(0) != nil {
						return -1
					}
					seen[i]++
					if w.Work(3) < 2 {
						w.Kernel.Clear(0)
					}
				}
				return seen[i]
			})
		}
		waiter := sched.Spawn(t, "soft", func(t *sched.Task) int {
			if t.WaitIRQ(1) == nil {
				soft = true
			}
			return 0
		})
		late := sched.Spawn(t, "late", func(t *sched.Task) int {
			t.WaitIRQ(0)
			return 0
		})
		for i := 0; i < 2; i++ {
			sched.Spawn(t, "busy", func(t *sched.Task) int {
				for j := 0; j < 8; j++ {
					t.Yield()
				}
				return 0
			})
		}
		t.Sleep(vclock.Microsecond)
		t.Executor().PendLine(1)
		waiter.Join(t)
		late.Cancel(t)
		for seen[0] < rounds || seen[1] < rounds { // requests may have coalesced
			w.Kernel.RaiseAt(0, t.Executor().Now().Add(vclock.Millisecond))
			t.Sleep(2 * vclock.Millisecond)
		}
		return 0
	})
	w.AtEnd("every driver saw its interrupts", func() error {
		return want(seen[0] == rounds && seen[1] == rounds && soft, "rounds %v of %d, software interrupt %v", seen, rounds, soft)
	})
}
