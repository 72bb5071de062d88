//go:build !tinygo

package flow_test

import (
	"fmt"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// A part that can be replaced stops when it is replaced, or with the whole.
func ExampleAnyOf() {
	ex := newWorld()
	defer ex.Close()
	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		var replaced flow.Trigger
		replaced.Init(ex, false)
		whole, err := flow.OpenScope(t, "whole", nil)
		if err != nil {
			return 1
		}
		part := sched.Spawn(t, "part", func(t *sched.Task) error {
			stop, err := flow.AnyOf(t, replaced.Flag(), whole.Flag()) // until the end of this task
			if err != nil {
				return err
			}
			err = stop.Wait(t)
			fmt.Println("the part stops:", replaced.IsCancelled(), whole.IsCancelled())
			return err
		})
		t.Sleep(vclock.Second)
		replaced.Fire()
		part.Join(t)
		return 0
	})
	// Output: the part stops: true false
}

// A shared dependency stops when none of its owners needs it any more.
func ExampleAllOf() {
	ex := newWorld()
	defer ex.Close()
	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		owners := make([]flow.Trigger, 3)
		for i := range owners {
			owners[i].Init(ex, false)
		}
		unused, err := flow.AllOf(t, owners[0].Flag(), owners[1].Flag())
		if err != nil {
			return 1
		}
		fmt.Println("a third owner:", unused.Add(owners[2].Flag()))
		for i := range owners {
			owners[i].Fire()
			fmt.Println("unused:", unused.IsCancelled())
		}
		fmt.Println("too late:", unused.Add(owners[0].Flag()))
		return 0
	})
	// Output:
	// a third owner: <nil>
	// unused: false
	// unused: false
	// unused: true
	// too late: sched: closed
}

func ExampleNewThrottler() {
	ex := newWorld()
	defer ex.Close()
	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		var stop flow.Trigger
		stop.Init(ex, false)
		loop := sched.Spawn(t, "poller", func(t *sched.Task) int {
			thr, err := flow.NewThrottler(t, 2, vclock.Second) // two at once, then one every half second
			if err != nil {
				return -1
			}
			n := 0
			for thr.NextUntil(t, stop.Flag()) {
				n++
			}
			return n
		})
		t.Sleep(1700 * vclock.Millisecond)
		stop.Fire()
		n, _ := loop.Join(t)
		fmt.Println(n, "rounds in 1.7 s")
		return 0
	})
	// Output: 5 rounds in 1.7 s
}

// The tokens of a scope: who holds one is told to stop, and is waited for.
func ExampleOpenScope() {
	ex := newWorld()
	defer ex.Close()
	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		s, err := flow.OpenScope(t, "import", nil) // a child of the root scope
		if err != nil {
			return 1
		}
		sched.SpawnWith(t, "reader", sched.SpawnOptions{Scope: s}, func(t *sched.Task) int {
			tok, err := flow.TokenOf(t, s) // counted until its release or the end of this task
			if err != nil {
				return 1
			}
			for !tok.IsCancelled() {
				t.Sleep(10 * vclock.Millisecond)
			}
			fmt.Println("the reader stops by itself")
			return 0
		})
		sched.SpawnWith(t, "deaf", sched.SpawnOptions{Scope: s}, func(t *sched.Task) int {
			t.Sleep(vclock.Hour)
			return 0
		})
		t.Sleep(vclock.Second)
		s.Trigger() // advice; that of any scope above does the same
		fmt.Println(s.WaitForTokens(t))
		fmt.Println(s.Close(t, 500*vclock.Millisecond))
		return 0
	})
	// Output:
	// the reader stops by itself
	// <nil>
	// sched: scope "import" was late to close, cancelled ["deaf"]
}
