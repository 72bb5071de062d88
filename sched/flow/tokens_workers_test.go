//go:build linux && !tinygo

package flow_test

import (
	"sync"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// Tasks combine flags, wait, end and are cancelled, while other tasks and goroutines outside fire what they are made of: everybody
// who waits is told, and no link is left on what stays.
func TestWorkersCombinedTokens(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		ex := task.Executor()
		stays := triggers(ex, 1, 0)[0] // longer than all that depend on it
		for round := range 40 {
			gs := triggers(ex, 4, 0)
			scope, err := flow.OpenScope(task, "scope", nil)
			if err != nil {
				t.Error(err)
				return
			}
			shared := new(flow.Set)
			shared.Init(ex)
			if err := shared.Add(flagsOf(gs)...); err != nil {
				t.Error(err)
			}
			var hs []*sched.Handle[error]
			for i := range 10 {
				hs = append(hs, sched.Spawn(task, "user", func(task *sched.Task) error {
					any, err := flow.AnyOf(task, gs[i%4].Flag(), scope.Flag(), stays.Flag())
					if err != nil {
						return err
					}
					all, err := flow.AllOf(task, any.Flag(), shared.Flag(), gs[(i+1)%4].Flag())
					if err != nil {
						return err
					}
					shared.Add(any.Flag()) // or it has fired
					switch i % 3 {
					case 0:
						return all.Wait(task)
					case 1:
						return flow.WithTimeout(task, vclock.Hour, &flow.Signalled{Flag: any.Flag()})
					}
					all.Close()
					return shared.Wait(task)
				}))
			}
			var outside sync.WaitGroup
			outside.Go(func() {
				for _, g := range gs[:2] {
					g.Fire()
				}
			})
			hs = append(hs, sched.Spawn(task, "fires", func(task *sched.Task) error {
				for _, g := range gs[1:] {
					g.Fire()
				}
				scope.Trigger()
				return nil
			}))
			cut := round % len(hs)
			hs[cut].Stop()
			if cut == len(hs)-1 {
				for _, g := range gs {
					g.Fire()
				}
			}
			for i, h := range hs {
				if err, _ := h.Join(task); err != nil && i != cut {
					t.Errorf("task %d says %v", i, err)
				}
			}
			outside.Wait()
			scope.Close(task, 0)
			if !shared.IsCancelled() {
				t.Error("a set has not fired although all of its members have")
			}
		}
		stays.Init(ex, false) // which panics if anything is still linked to it
	})
}

// Throttled loops beside each other keep their rates: each in itself, and each ends when its flag fires.
func TestWorkersThrottlers(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		stop, went := triggers(task.Executor(), 1, 0)[0], triggers(task.Executor(), 6, 0)
		var hs []*sched.Handle[int]
		from := task.Executor().Now()
		for i := range 6 {
			hs = append(hs, sched.Spawn(task, "loop", func(task *sched.Task) int {
				h, err := flow.NewThrottler(task, i+1, vclock.Millisecond)
				if err != nil {
					t.Error(err)
				}
				n := 0
				for h.NextUntil(task, stop.Flag()) {
					n++
					went[i].Fire()
				}
				return n
			}))
		}
		for _, g := range went { // every loop goes round, however busy the machine is
			g.Wait(task)
		}
		task.Sleep(5 * vclock.Millisecond)
		hs[0].Stop()
		stop.Fire()
		for i, h := range hs {
			n, err := h.Join(task)
			limit := (i + 1) * (2 + int(task.Executor().Now().Sub(from)/vclock.Millisecond))
			if i > 0 && (err != nil || n == 0) || n > limit {
				t.Errorf("loop %d: %d rounds, %v, want at most %d", i, n, err, limit)
			}
		}
	})
}
