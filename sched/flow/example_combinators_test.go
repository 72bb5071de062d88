//go:build !tinygo

package flow_test

import (
	"fmt"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// run runs body as the root task on a simulator in which nothing misbehaves.
func run(body func(t *sched.Task)) {
	ex := newWorld()
	defer ex.Close()
	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int { body(t); return 0 })
}

// nap starts a sleep.
func nap(t *sched.Task, d vclock.Duration) *sched.Sleep {
	s := new(sched.Sleep)
	s.Start(t, d)
	return s
}

// Races of sleeps: the one that ends first wins, the left one a tie. The struct is one value, without a heap.
func ExampleRace() {
	run(func(t *sched.Task) {
		inner := &flow.Race[*sched.Sleep, *sched.Sleep]{A: nap(t, 3), B: nap(t, 2)}
		outer := &flow.Race[*flow.Race[*sched.Sleep, *sched.Sleep], *sched.Sleep]{A: inner, B: nap(t, 2)}
		sched.Await(t, outer)
		fmt.Println("arm", outer.Won(), "of the outer race, arm", inner.Won(), "of the inner one")
	})
	// Output: arm 0 of the outer race, arm 1 of the inner one
}

func ExampleRaceN() {
	run(func(t *sched.Task) {
		var naps [4]sched.Sleep // in memory of the program's own
		var arms [4]*sched.Sleep
		for i := range naps {
			naps[i].Start(t, vclock.Duration(10-i))
			arms[i] = &naps[i]
		}
		r := flow.RaceN[*sched.Sleep]{Arms: arms[:]}
		sched.Await(t, &r)
		fmt.Println("arm", r.Won())
	})
	// Output: arm 3
}

// A loop over a channel and a clock: whoever is not ready keeps what he has, so the clock does not start anew with each value.
func ExampleSelectOf() {
	run(func(t *sched.Task) {
		var numbers tsync.Chan[int]
		numbers.Init(t.Executor(), "numbers", make([]int, 1))
		sched.Spawn(t, "counts", func(t *sched.Task) int {
			for i := range 4 {
				t.Sleep(30)
				numbers.Send(t, i)
			}
			numbers.CloseTx()
			return 0
		})
		var next tsync.RecvWait[int]
		numbers.StartRecv(&next)
		clock := nap(t, 70)
		for {
			switch won, _ := flow.SelectOf(t, &next, clock); won {
			case 0:
				n, err := next.Value()
				if err != nil {
					clock.Abandon(t)
					return
				}
				fmt.Println("number", n, "at", t.Executor().Now())
				numbers.StartRecv(&next)
			case 1:
				fmt.Println("tick at", t.Executor().Now())
				clock.Start(t, 70)
			}
		}
	})
	// Output:
	// number 0 at 30
	// number 1 at 60
	// tick at 70
	// number 2 at 90
	// number 3 at 120
}

func ExampleSelect() {
	run(func(t *sched.Task) {
		a, b := nap(t, 20), nap(t, 10)
		s := flow.Select[*sched.Sleep, *sched.Sleep]{A: a, B: b}
		sched.Await(t, &s)
		fmt.Println("arm", s.Won(), "at", t.Executor().Now())
		sched.Await(t, a) // it is as good as before
		fmt.Println("the other at", t.Executor().Now())
	})
	// Output:
	// arm 1 at 10
	// the other at 20
}

func ExampleJoinOf() {
	run(func(t *sched.Task) {
		h := sched.Spawn(t, "child", func(t *sched.Task) int { t.Sleep(5); return 42 })
		both := flow.JoinOf[*sched.JoinHandle, *sched.Sleep]{A: &h.JoinHandle, B: nap(t, 3)}
		sched.Await(t, &both)
		v, _ := h.Value()
		fmt.Println(v, "at", t.Executor().Now())
	})
	// Output: 42 at 5
}

func ExampleAll() {
	run(func(t *sched.Task) {
		var hs [3]*sched.Handle[int]
		var fs []sched.Future
		for i := range hs {
			hs[i] = sched.Spawn(t, "square", func(t *sched.Task) int { t.Sleep(vclock.Duration(9 - i)); return i * i })
			fs = append(fs, &hs[i].JoinHandle)
		}
		fmt.Println(flow.All(t, fs...), "at", t.Executor().Now())
		for _, h := range hs {
			v, _ := h.Value()
			fmt.Println(v)
		}
	})
	// Output:
	// <nil> at 9
	// 0
	// 1
	// 4
}

// Results come in the order of the arguments, not in that in which they are ready.
func ExampleResults() {
	run(func(t *sched.Task) {
		took := func(name string, d vclock.Duration) flow.Valued[string] {
			return &flow.Map[*sched.Sleep, string]{F: nap(t, d), Apply: func(*sched.Sleep) string {
				return fmt.Sprint(name, " at ", t.Executor().Now())
			}}
		}
		results, err := flow.Results(t, took("slow", 20), took("fast", 10))
		fmt.Println(results, err)
	})
	// Output: [slow at 20 fast at 10] <nil>
}

func ExampleMap() {
	run(func(t *sched.Task) {
		race := &flow.Race[*sched.Sleep, *sched.Sleep]{A: nap(t, 20), B: nap(t, 10)}
		name := &flow.Map[*flow.Race[*sched.Sleep, *sched.Sleep], string]{F: race, Apply: winner}
		sched.Await(t, name)
		fmt.Println(name.Value())
	})
	// Output: the right one
}

func winner(r *flow.Race[*sched.Sleep, *sched.Sleep]) string {
	return [...]string{"the left one", "the right one"}[r.Won()]
}

// An arm that is switched on and off, without a second form of the race for each case.
func ExampleOptional() {
	run(func(t *sched.Task) {
		for _, limited := range []bool{true, false} {
			limit := flow.Optional[*sched.Sleep]{F: nap(t, 5), Present: limited}
			r := flow.Race[*sched.Sleep, flow.Optional[*sched.Sleep]]{A: nap(t, 10), B: limit}
			sched.Await(t, &r)
			fmt.Println("limited:", limited, "winner:", r.Won())
		}
	})
	// Output:
	// limited: true winner: 1
	// limited: false winner: 0
}

func ExampleNever() {
	run(func(t *sched.Task) {
		fmt.Println(flow.WithTimeout(t, vclock.Hour, flow.Never{}))
	})
	// Output: sched: timed out
}

// The form for programs without a heap: all memory is the program's, and what is nested is one value.
func ExampleTimeout() {
	run(func(t *sched.Task) {
		var work, pause sched.Sleep
		var limit flow.Timeout[*flow.JoinOf[*sched.Sleep, *sched.Sleep]]
		work.Start(t, 30)
		pause.Start(t, 10)
		both := flow.JoinOf[*sched.Sleep, *sched.Sleep]{A: &work, B: &pause}
		limit.Start(t, 20, &both)
		sched.Await(t, &limit)
		fmt.Println(limit.Err(), "at", t.Executor().Now())
	})
	// Output: sched: timed out at 20
}

// A future with an error of its own: that, or the timeout.
func ExampleWithin() {
	run(func(t *sched.Task) {
		var m tsync.Mutex[int]
		m.Init(t.Executor(), "m", 0)
		p, _ := m.Lock(t)
		sched.Spawn(t, "impatient", func(t *sched.Task) int {
			var lock tsync.LockWait
			m.StartLock(&lock)
			fmt.Println(flow.Within(t, 10, &lock))
			return 0
		}).Join(t)
		p.Release()
	})
	// Output: sched: timed out
}
