package scenarios

import (
	"sync/atomic"

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
	var seen [2]atomic.Int64
	var soft atomic.Bool
	if w.Virtual() {
		w.Kernel.Device(0, true) // a storm until somebody clears it
	}
	for i := 0; i < rounds+2; i++ {
		w.Host.Raise(0, vclock.Duration(i+1)*vclock.Millisecond)
	}

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		for i := range seen {
			sched.Spawn(t, "driver", func(t *sched.Task) int {
				for seen[i].Load() < rounds {
					if t.WaitIRQ(0) != nil {
						return -1
					}
					seen[i].Add(1)
					if w.Work(3) < 2 && w.Virtual() {
						w.Kernel.Clear(0)
					}
				}
				return int(seen[i].Load())
			})
		}
		waiter := sched.Spawn(t, "soft", func(t *sched.Task) int {
			if t.WaitIRQ(1) == nil {
				soft.Store(true)
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
		for seen[0].Load() < rounds || seen[1].Load() < rounds { // requests may have coalesced
			w.Host.Raise(0, vclock.Millisecond)
			t.Sleep(2 * vclock.Millisecond)
		}
		return 0
	})
	w.AtEnd("every driver saw its interrupts", func() error {
		a, b := seen[0].Load(), seen[1].Load()
		return want(a == rounds && b == rounds && soft.Load(), "rounds %d and %d of %d, software interrupt %v", a, b, rounds, soft.Load())
	})
}
