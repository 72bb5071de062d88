package main

import (
	"fmt"
	"os"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/scenarios"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// drifting returns programs that depend on something that is not drawn, one for each way to find out, and one that does not.
func drifting() []scenarios.Scenario {
	sleep := func(name string, ns func() int) scenarios.Scenario {
		return scenarios.Scenario{Name: name, Program: func(w *explore.World) {
			d := vclock.Duration(ns())
			w.Main(sched.DetachTasks, func(t *sched.Task) int {
				_ = t.Sleep(d)
				return 0
			})
		}}
	}
	var calls, odd int
	return []scenarios.Scenario{
		sleep("steady", func() int { return 1 }),
		sleep("calls", func() int { calls++; return calls }),
		sleep("process", os.Getpid),
		// A sweep with one seed and one worker sets this program up twice for the zero tape, then for the seed and for its
		// replay: only the replay is an even call.
		sleep("odd", func() int { odd++; return odd % 2 }),
	}
}

// stuck returns a program that says that it has begun and never comes back, so that no sweep of it ends by itself.
func stuck() []scenarios.Scenario {
	return []scenarios.Scenario{{Name: "stuck", Program: func(*explore.World) {
		fmt.Fprintln(os.Stderr, "stuck")
		select {}
	}}}
}
