//go:build linux

package main

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

// What the micro benchmarks of the other runtimes do, with tasks. Names end in impl=tripoint-N, with N workers.

// onTasks runs body as the root of an executor with so many workers.
func onTasks(b *testing.B, workers int, body func(t *sched.Task)) {
	world, err := uring.New(uring.Options{Lanes: workers, Owned: workers == 1})
	if err != nil {
		b.Fatal(err)
	}
	defer world.Close()
	ex := sched.New(sched.Limits{}, sched.Options{Backend: world, Workers: workers})
	defer ex.Close()
	if _, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		b.ResetTimer()
		m := startMeter()
		body(t)
		reportCPU(b, m)
		b.StopTimer()
		return 0
	}); err != nil {
		b.Fatal(err)
	}
}

// taskSpawnJoin is BenchmarkSpawnJoin for tasks.
func taskSpawnJoin(b *testing.B, n int) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("together=%d/impl=tripoint-%d", n, workers), func(b *testing.B) {
			onTasks(b, workers, func(t *sched.Task) {
				hs := make([]*sched.Handle[int], n)
				for done := 0; done < b.N; done += n {
					for i := range hs {
						hs[i] = sched.Spawn(t, "", func(*sched.Task) int { return 0 })
					}
					for _, h := range hs {
						_, _ = h.Join(t)
					}
				}
			})
		})
	}
}

// taskYield is BenchmarkYield for tasks.
func taskYield(b *testing.B, n int) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("tasks=%d/impl=tripoint-%d", n, workers), func(b *testing.B) {
			onTasks(b, workers, func(t *sched.Task) {
				hs := make([]*sched.Handle[int], n)
				for i := range hs {
					share := (b.N + i) / n
					hs[i] = sched.Spawn(t, "", func(t *sched.Task) int {
						for range share {
							_ = t.Yield()
						}
						return 0
					})
				}
				for _, h := range hs {
					_, _ = h.Join(t)
				}
			})
		})
	}
}

// taskWake is BenchmarkWake for tasks, on so many workers.
func taskWake(b *testing.B, where string, workers int) {
	b.Run("where="+where+"/impl=tripoint", func(b *testing.B) {
		onTasks(b, workers, func(t *sched.Task) {
			var ping, pong tsync.Chan[struct{}]
			ping.Init(t.Executor(), "ping", make([]struct{}, 1))
			pong.Init(t.Executor(), "pong", make([]struct{}, 1))
			h := sched.Spawn(t, "echo", func(t *sched.Task) int {
				for n := 0; n < b.N; n += 2 {
					if _, err := ping.Recv(t); err != nil {
						return 1
					}
					_ = pong.Send(t, struct{}{})
				}
				return 0
			})
			for n := 0; n < b.N; n += 2 {
				_ = ping.Send(t, struct{}{})
				_, _ = pong.Recv(t)
			}
			_, _ = h.Join(t)
		})
	})
}
