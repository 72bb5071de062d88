package signals_test

import (
	"fmt"
	"syscall"

	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/signals"
	"github.com/tripoint-go/tripoint/vclock"
)

// A server loads its configuration again on SIGHUP, and stops on SIGTERM. In the simulator, signals come when they are told to.
func ExampleReceive() {
	k := sim.New(sim.Options{})
	k.SignalAt(int32(syscall.SIGHUP), 1000)
	k.SignalAt(int32(syscall.SIGTERM), 2000)
	ex := sched.New(sched.Limits{}, sched.Options{Backend: k})
	defer ex.Close()

	sched.Main(ex, sched.DetachTasks, func(t *sched.Task) int {
		stop, err := signals.ShutdownToken(t)
		if err != nil {
			return 1
		}
		hup, err := signals.Receive(t, syscall.SIGHUP)
		if err != nil {
			return 1
		}
		for {
			again := hup.Wait()
			won, err := flow.First(t, stop, again)
			if err != nil {
				return 1
			}
			if won == 0 {
				fmt.Println("stop at", ex.Now(), "ns")
				return 0
			}
			fmt.Println("load again at", ex.Now(), "ns")
		}
	})
	// Output:
	// load again at 1000 ns
	// stop at 2000 ns
}

func ExampleWaitForTokens() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()

	sched.Main(ex, sched.DetachTasks, func(t *sched.Task) int {
		sched.Spawn(t, "worker", func(t *sched.Task) int {
			stop, err := signals.ShutdownToken(t)
			if err != nil {
				return 1
			}
			stop.Wait(t)
			t.Sleep(vclock.Microsecond) // puts things in order
			stop.Release()
			return 0
		})
		t.Sleep(vclock.Microsecond)
		signals.Trigger(t)
		err := signals.WaitForTokens(t)
		fmt.Println("all have stopped:", err == nil, "at", ex.Now(), "ns")
		return 0
	})
	// Output: all have stopped: true at 2000 ns
}
