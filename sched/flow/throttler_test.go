//go:build !tinygo

package flow_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

func TestThrottlerRates(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			for _, c := range []struct {
				n      int
				window vclock.Duration
				ok     bool
			}{
				{1, 1, true}, {0, 1, false}, {1, 0, false}, {-1, -1, false}, {1, 1<<62 - 1, true}, {1, 1 << 62, false}, {1 << 31, 1 << 31, false},
				{math.MaxInt, 1, false}, {1<<31 - 1, 1 << 31, true}, {10, vclock.Second, true}, {1, math.MinInt64, false},
			} {
				h, err := flow.NewThrottler(t, c.n, c.window)
				w.Assert((err == nil) == c.ok && (err == nil || err == sched.ErrRate), "a rate is judged", "%d per %d: %v", c.n, c.window, err)
				if err == nil {
					at := w.Kernel.Now()
					w.Assert(h.Next(t) && w.Kernel.Now() <= at+1000, "the first iteration comes at once", "")
				}
			}
			return 0
		})
	})
}

// Iterations start at the instants that a token bucket gives: n at once, then evenly, and what a pause has saved up to n. A yield
// costs a microsecond here when nobody else is there, so the milliseconds count.
func TestThrottlerInstants(t *testing.T) {
	for _, c := range []struct {
		n      int
		window int
		busy   map[int]int // how long the iteration takes
		want   []int
	}{
		{n: 1, window: 10, want: []int{0, 10, 20, 30}},
		{n: 2, window: 10, want: []int{0, 0, 5, 10, 15}},
		{n: 3, window: 9, want: []int{0, 0, 0, 3, 6, 9, 12}},
		{n: 2, window: 10, busy: map[int]int{2: 100}, want: []int{0, 0, 5, 105, 105, 110}},
		{n: 2, window: 10, busy: map[int]int{2: 7}, want: []int{0, 0, 5, 12, 15, 20}},
	} {
		t.Run(fmt.Sprint(c.n, " per ", c.window), func(t *testing.T) {
			script(t, func(w *simtest.World) {
				w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
					h, _ := flow.NewThrottler(t, c.n, vclock.Duration(c.window)*vclock.Millisecond)
					var got []int
					for len(got) < len(c.want) && h.Next(t) {
						got = append(got, int(w.Kernel.Now()/vclock.Instant(vclock.Millisecond)))
						if d := c.busy[len(got)-1]; d > 0 {
							t.Sleep(vclock.Duration(d) * vclock.Millisecond)
						}
					}
					w.Assert(slices.Equal(got, c.want), "iterations start when there are tokens", "at %v, want %v", got, c.want)
					return 0
				})
			})
		})
	}
}

// Where tokens come at fractions of nanoseconds, nothing is lost by rounding.
func TestThrottlerDoesNotDrift(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			h, _ := flow.NewThrottler(t, 7, vclock.Millisecond)
			for range 7 {
				h.Next(t)
			}
			h.Next(t)
			from := w.Kernel.Now()
			for range 700 {
				h.Next(t)
			}
			w.Assert(w.Kernel.Now().Sub(from) <= 100_000_001, "as many as the rate says", "700 took %d ns", w.Kernel.Now().Sub(from))
			return 0
		})
	})
}

// A loop ends when its flag fires, in the middle of a sleep and before one, when it is cancelled, and when the gate closes; then no
// iteration starts, and nothing is left behind.
func TestThrottledLoopEnds(t *testing.T) {
	for _, how := range []string{"flag", "fired before", "cancel", "gate while it sleeps", "gate while it yields"} {
		t.Run(how, func(t *testing.T) {
			script(t, func(w *simtest.World) {
				mode := sched.WaitForAllTasks
				if how[0] == 'g' {
					mode = sched.StopAllOperations
				}
				laps := 0
				w.Run(mode, func(t *sched.Task) int {
					n, window, pause := 1, 10*vclock.Millisecond, 25*vclock.Millisecond
					if how == "gate while it yields" {
						n, pause = 1<<20, 25*vclock.Microsecond
					}
					g := triggers(w.Exec, 1, 0)[0]
					if how == "fired before" {
						g.Fire()
					}
					loop := sched.Spawn(t, "loop", func(t *sched.Task) int {
						h, _ := flow.NewThrottler(t, n, window)
						for h.NextUntil(t, g.Flag()) {
							laps++
						}
						return laps
					})
					t.Sleep(pause)
					switch how {
					case "flag":
						g.Fire()
						v, err := loop.Join(t)
						w.Assert(v == 3 && err == nil && w.Kernel.Now() < vclock.Instant(30*vclock.Millisecond), "the flag ends the sleep", "%d laps, %v", v, err)
					case "fired before":
						v, err := loop.Join(t)
						w.Assert(v == 0 && err == nil, "no iteration starts", "%d laps, %v", v, err)
					case "cancel":
						loop.Cancel(t)
						w.Assert(laps == 3, "no iteration starts", "%d laps", laps)
					}
					return 0
				})
				w.AtEnd("the loop is over", func() error {
					if how == "gate while it sleeps" && laps != 3 {
						return fmt.Errorf("%d laps", laps)
					}
					return nil
				})
			})
		})
	}
}
