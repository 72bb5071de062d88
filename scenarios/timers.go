package scenarios

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// timers has many sleepers with equal deadlines, some of them cancelled, and a timeout that ties with what it limits. Equal
// deadlines expire in the order in which they were set, whatever order the tasks run in, and a tie goes to the future.
func timers(w *explore.World) {
	const sleepers = 6
	var set, woken atomic.Int64
	ties := 0

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		var handles []*sched.Handle[int]
		for i := 0; i < sleepers; i++ {
			handles = append(handles, sched.Spawn(t, "sleeper", func(t *sched.Task) int {
				set.Add(1)
				if t.Sleep(vclock.Millisecond) != nil {
					return -1
				}
				woken.Add(1)
				return i
			}))
		}
		cancelled := w.Work(sleepers + 1)
		t.Sleep(500 * vclock.Microsecond)
		if cancelled > 0 {
			handles[cancelled-1].Cancel(t)
		}
		var limited sched.Sleep
		limited.Start(t, vclock.Millisecond)
		if flow.WithTimeout(t, vclock.Millisecond, &limited) == nil {
			ties++
		}
		var slow sched.Sleep
		slow.Start(t, w.Span(vclock.Second, vclock.Hour))
		if flow.WithTimeout(t, vclock.Millisecond, &slow) == sched.ErrTimeout {
			ties++
		}
		one, two := sched.Sleep{}, sched.Sleep{}
		one.Start(t, 2*vclock.Millisecond)
		two.Start(t, vclock.Millisecond)
		if first, err := flow.First(t, &one, &two); err == nil && (first == 1 || !w.Virtual()) {
			ties++ // in real time somebody may look when both are over
		}
		one.Start(t, 2*vclock.Millisecond)
		two.Start(t, vclock.Millisecond)
		if flow.Both(t, &one, &two) == nil {
			ties++
		}
		return int(woken.Load())
	})
	w.AtEnd("no sleeper is lost and every tie is decided one way", func() error {
		ok := woken.Load() >= sleepers-1 && ties == 4 && (set.Load() == sleepers || !w.Virtual()) // cancelled before its first poll
		return want(ok, "%d woken, %d set, %d of 4 waits as expected", woken.Load(), set.Load(), ties)
	})
}
