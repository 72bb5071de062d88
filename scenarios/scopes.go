package scenarios

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// scopes nests two scopes. Closing the outer one reaches the inner one, gives members that listen the time they need, and
// cancels, newest first, those that do not; a detached member is left alone, and the owner's end waits for the rest.
func scopes(w *explore.World) {
	var polite, stubborn, detached, after atomic.Int64
	var fired atomic.Bool

	w.Main(sched.DetachTasks, func(t *sched.Task) int {
		owner := sched.Spawn(t, "owner", func(t *sched.Task) int {
			outer, err := flow.OpenScope(t, "outer", nil)
			if err != nil {
				return -1
			}
			inner, err := flow.OpenScope(t, "inner", outer)
			if err != nil {
				return -1
			}
			member := func(s *sched.Scope, name string, body func(*sched.Task) int) *sched.Handle[int] {
				return sched.SpawnWith(t, name, sched.SpawnOptions{Scope: s}, body)
			}
			for i := 0; i < 2; i++ {
				member(outer, "polite", func(t *sched.Task) int {
					tok, err := flow.TokenOf(t, inner)
					if err != nil {
						return -1
					}
					if tok.Wait(t) == nil {
						polite.Add(1)
					}
					t.Sleep(100 * vclock.Microsecond)
					return 0
				})
				member(inner, "stubborn", func(t *sched.Task) int {
					if t.Sleep(vclock.Minute) != nil {
						stubborn.Add(1)
					}
					return 0
				})
			}
			member(inner, "detached", func(t *sched.Task) int {
				t.Sleep(5 * vclock.Millisecond)
				detached.Add(1)
				return 0
			}).Detach()
			var stop flow.Trigger
			stop.Init(t.Executor(), false)
			sched.Spawn(t, "watch", func(t *sched.Task) int {
				stop.Wait(t)
				fired.Store(true)
				return 0
			})
			t.Sleep(vclock.Duration(w.Work(3)) * vclock.Millisecond)
			if w.Work(2) == 1 {
				inner.Trigger()
			}
			stop.Fire()
			if w.Work(4) == 3 {
				return 1 // both scopes are closed by the owner's end
			}
			if w.Work(2) == 1 { // else the outer scope's end closes it
				inner.Close(t, vclock.Millisecond)
			}
			outer.Close(t, vclock.Millisecond)
			return 2
		})
		owner.Join(t)
		after.Store(polite.Load() + stubborn.Load())
		t.Sleep(10 * vclock.Millisecond)
		for detached.Load() == 0 || !fired.Load() { // real time may need longer
			t.Sleep(vclock.Millisecond)
		}
		return 8
	})
	w.AtEnd("a scope ends with its members and touches nobody else", func() error {
		w.Sometimes("members were cancelled", stubborn.Load() == 2)
		w.Sometimes("members stopped by themselves", polite.Load() == 2)
		all := polite.Load() + stubborn.Load()
		return want(detached.Load() == 1 && fired.Load() && after.Load() == all,
			"detached %d, fired %v, %d members ended before their owner and %d in all", detached.Load(), fired.Load(), after.Load(), all)
	})
}
