//go:build !tinygo

package sched

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

// dice is a chooser with a fixed xorshift sequence.
type dice struct{ s uint64 }

func (d *dice) next(n int) int {
	d.s ^= d.s << 13
	d.s ^= d.s >> 7
	d.s ^= d.s << 17
	return int(d.s % uint64(n))
}

func (d *dice) Choose(kind backend.ChoiceKind, site backend.Site, n int) int { return d.next(n) }
func (d *dice) Pick(ready []uint32) int                                      { return d.next(len(ready)) }
func (d *dice) Spawned(uint32)                                               {}

// Tasks are woken, cancelled and detached while they are suspended inside a poll on another lane. The monitors judge; the
// value of a task that was not cancelled must arrive.
func TestTasksPausedInsidePolls(t *testing.T) {
	for _, free := range []bool{false, true} {
		for lanes := 1; lanes <= 3; lanes++ {
			for seed := uint64(1); seed <= 150; seed++ {
				w := newWorld(t, Limits{}, Options{Lanes: lanes, FreeOrder: free, Chooser: &dice{seed * 2654435761}})
				w.be.auto = func(op *backend.Op) *event { return &event{at: w.be.now + 3, c: backend.Completion{Res: op.FD}} }
				body := func(t *Task) int {
					n := 0
					for i := range 3 {
						t.Point(1)
						n++
						switch i {
						case 0:
							t.Yield()
						case 1:
							t.Do(backend.OpRead, 5, nil, -1)
						}
						t.Point(2)
						if t.Ending() {
							return -1
						}
					}
					return n
				}
				w.run(WaitForAllTasks, func(t *Task) int {
					a, b, c := Spawn(t, "a", body), Spawn(t, "b", body), SpawnChild(t, "c", body)
					t.Point(3)
					yields(t, int(seed%4))
					b.Stop()
					if k := a.Task(); k != nil {
						k.Wake()
					}
					t.Point(4)
					j := Spawn(t, "joiner", func(t *Task) int { t.Point(5); v, _ := a.Join(t); return v })
					if v, err := j.Join(t); v != 3 || err != nil {
						return -200
					}
					if seed%2 == 0 {
						c.Join(t)
					}
					return 0
				})
				if t.Failed() {
					t.Fatalf("lanes %d, seed %d, free order %t", lanes, seed, free)
				}
			}
		}
	}
}

// With one lane a scheduling point does nothing, and equal choices give equal traces (DT1).
func TestEqualChoicesGiveEqualTraces(t *testing.T) {
	run := func() string {
		w := newWorld(t, Limits{}, Options{Lanes: 2, FreeOrder: true, Chooser: &dice{77}})
		w.run(WaitForAllTasks, func(t *Task) int {
			for i := range 4 {
				Spawn(t, fmt.Sprint(i), func(t *Task) int { t.Point(1); yields(t, 2); t.Point(2); t.Sleep(5); return i })
			}
			return 0
		})
		return fmt.Sprint(w.rec.Recording().Events)
	}
	if a, b := run(), run(); a != b {
		t.Fatalf("two runs with equal choices differ:\n%s\n%s", a, b)
	}
}

// S5 in order: nobody is polled twice before everybody who was queued was polled once.
func TestFIFO(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var order []int
	w.run(WaitForAllTasks, func(t *Task) int {
		for i := range 3 {
			Spawn(t, fmt.Sprint(i), func(t *Task) int {
				for range 3 {
					order = append(order, i)
					t.Wake()
					t.Yield()
				}
				return 0
			})
		}
		return 0
	})
	if got := fmt.Sprint(order); got != "[0 1 2 0 1 2 0 1 2]" {
		w.fatalf("polled in the order %s", got)
	}
}
