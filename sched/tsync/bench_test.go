//go:build linux && !tinygo

package tsync_test

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

// benchmarkPipes runs round on each kind of channel, with room for 64 values: on one thread, and on two workers.
func benchmarkPipes(b *testing.B, round func(b *testing.B, t *sched.Task, p pipeOf)) {
	kinds := []struct {
		name string
		make func(ex *sched.Executor) pipeOf
	}{
		{"chan", func(ex *sched.Executor) pipeOf {
			c := new(tsync.Chan[int])
			c.Init(ex, "c", make([]int, 64))
			return c
		}},
		{"spsc", func(ex *sched.Executor) pipeOf {
			c := new(tsync.SPSC[int])
			c.Init(ex, "c", make([]int, 64))
			return c
		}},
		{"unbounded", func(ex *sched.Executor) pipeOf {
			c := new(tsync.Unbounded[int])
			c.Init(ex, "c", 0)
			return c
		}},
	}
	for _, k := range kinds {
		for _, workers := range []int{0, 2} {
			b.Run(fmt.Sprintf("%s/workers=%d", k.name, workers), func(b *testing.B) {
				opts := sched.Options{Backend: sim.New(sim.Options{})}
				if workers > 0 {
					ring, err := uring.New(uring.Options{Lanes: workers})
					if err != nil {
						require.Lacking(b, require.Uring, err)
					}
					defer ring.Close()
					opts = sched.Options{Backend: ring, Workers: workers}
				}
				ex := sched.New(sched.Limits{}, opts)
				defer ex.Close()
				b.ReportAllocs()
				if _, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
					round(b, t, k.make(ex))
					return 0
				}); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// One task sends and receives: what a value costs when nobody waits.
func BenchmarkPass(b *testing.B) {
	benchmarkPipes(b, func(b *testing.B, t *sched.Task, p pipeOf) {
		for b.Loop() {
			p.Send(t, 1)
			p.Recv(t)
		}
	})
}

// One task sends all the time and another receives.
func BenchmarkStream(b *testing.B) {
	benchmarkPipes(b, func(b *testing.B, t *sched.Task, p pipeOf) {
		h := sched.Spawn(t, "receiver", func(t *sched.Task) int {
			n := 0
			for {
				if _, err := p.Recv(t); err != nil {
					return n
				}
				n++
			}
		})
		sent := 0
		for b.Loop() {
			p.Send(t, 1)
			if sent++; sent%64 == 0 {
				t.Yield() // an unbounded channel gives way by itself never
			}
		}
		p.CloseTx()
		if n, _ := h.Join(t); n != sent {
			b.Errorf("%d values arrived of %d", n, sent)
		}
	})
}
