//go:build linux

package main

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

// What the micro benchmarks of the other runtimes do, with tasks. Names end in impl=tripoint: one worker, as tokio-current has;
// workers=2 is said where there are two.

// onTasks runs body as the root of an executor with so many workers.
func onTasks(b *testing.B, workers int, body func(t *sched.Task)) {
	world, err := uring.New(uring.Options{Lanes: workers})
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

func BenchmarkTaskSpawnJoin(b *testing.B) {
	for _, workers := range []int{1, 2} {
		for _, n := range []int{1, 100} {
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
}

func BenchmarkTaskYield(b *testing.B) {
	for _, workers := range []int{1, 2} {
		for _, n := range []int{1, 100} {
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
}

func BenchmarkTaskWake(b *testing.B) {
	for _, where := range []struct {
		name    string
		workers int
	}{{"same", 1}, {"free", 2}} {
		b.Run("where="+where.name+"/impl=tripoint", func(b *testing.B) {
			onTasks(b, where.workers, func(t *sched.Task) {
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
	_ = runtime.NumCPU
}
