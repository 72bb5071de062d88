//go:build !tinygo

package flow_test

import (
	"errors"
	"fmt"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// newWorld returns an executor on a simulator in which nothing misbehaves.
func newWorld() *sched.Executor {
	return sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
}

func ExampleWithTimeout() {
	k := sim.New(sim.Options{})
	ex := sched.New(sched.Limits{}, sched.Options{Backend: k})
	defer ex.Close()
	silent, _ := k.Pipe()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		var read sched.OpWait
		buf := make([]byte, 16)
		read.Start(backend.OpRead, silent, buf, -1)
		err := flow.WithTimeout(t, 5*vclock.Millisecond, &read)
		fmt.Println(err, "at", ex.Now(), "ns") // buf is ours again
		return 0
	})
	// Output: sched: timed out at 5000000 ns
}

func ExampleBundle() {
	ex := newWorld()
	defer ex.Close()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		b, err := flow.NewBundle(t, "serve")
		if err != nil {
			return 1
		}
		b.Add("web", func(t *sched.Task) error {
			t.Sleep(vclock.Second)
			return errors.New("address in use")
		})
		b.Add("poller", func(t *sched.Task) error {
			stop, err := b.Token(t)
			if err != nil {
				return err
			}
			stop.Wait(t)
			fmt.Println("poller stops")
			return nil
		})
		fmt.Println(b.Join(t))
		fmt.Println(b.Close(t, 2*vclock.Second))
		return 0
	})
	// Output:
	// task "web" failed: address in use
	// poller stops
	// <nil>
}

func ExampleFirst() {
	ex := newWorld()
	defer ex.Close()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		var stop flow.Trigger
		stop.Init(ex, false)
		sched.Spawn(t, "stops", func(t *sched.Task) int { t.Sleep(vclock.Second); stop.Fire(); return 0 })
		var long sched.Sleep
		long.Start(t, vclock.Hour)
		won, _ := flow.First(t, &flow.Signalled{Flag: stop.Flag()}, &long)
		fmt.Println("arm", won, "won at", ex.Now(), "ns")
		return 0
	})
	// Output: arm 0 won at 1000000000 ns
}
