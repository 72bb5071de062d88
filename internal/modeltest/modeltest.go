// Package modeltest compares primitives with naive models. A test draws a program, tasks with lists of actions, and runs it in
// the simulator on a drawn schedule, with faults and with cancels in between; the model is told at once, in the same poll, what
// each call returned, and says whether that was legal. The monitors judge the run as well.
//
//	rapid.Check(t, func(t *rapid.T) {
//		program := modeltest.Draw(t, 4)
//		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
//			var m model
//			modeltest.Crew(w, program, m.do, m.left)
//		})
//	})
//
// Tests are called TestModel and the object's name, so that make models runs them all with many cases.
package modeltest

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Step is one drawn action of a task: Act 0 cancels task Arg, the others mean what the test makes of them; Arg is 0 to 4.
type Step struct{ Act, Arg int }

// Draw draws a program: two to five tasks, each with one to eight steps whose Act is 0 to acts-1.
func Draw(t *rapid.T, acts int) [][]Step {
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Step {
		return Step{rapid.IntRange(0, acts-1).Draw(t, "act"), rapid.IntRange(0, 4).Draw(t, "arg")}
	}), 1, 8)
	return rapid.SliceOfN(steps, 2, 5).Draw(t, "program")
}

// Crew runs one task per list of steps. Steps with Act 0 request the cancel of a task, of the own one too; do makes the others,
// given the number of the task, until it returns false; left is called at the end of each body, and may be nil.
func Crew(w *explore.World, program [][]Step, do func(t *sched.Task, me int, s Step) (goOn bool), left func(t *sched.Task, me int)) {
	w.Run(sched.WaitForAllTasks, Root(program, do, left))
}

// Root is the body of the root that Crew runs, for a test with an executor of its own.
func Root(program [][]Step, do func(t *sched.Task, me int, s Step) (goOn bool), left func(t *sched.Task, me int)) func(t *sched.Task) int {
	return func(t *sched.Task) int {
		hs := make([]*sched.Handle[int], len(program))
		for me := range program {
			hs[me] = sched.Spawn(t, fmt.Sprint("t", me), func(t *sched.Task) int {
				if left != nil {
					defer left(t, me)
				}
				for _, s := range program[me] {
					if s.Act == 0 {
						hs[s.Arg%len(hs)].Stop()
					} else if !do(t, me, s) {
						break
					}
				}
				return 0
			})
		}
		for _, h := range hs {
			h.Join(t)
		}
		return 0
	}
}

// Rescue ends a program whose tasks all wait: long after everything else, one second, the world does what end does, outside of
// all tasks.
func Rescue(w *explore.World, end func()) {
	w.Kernel.ExternalAt(1, vclock.Instant(vclock.Second))
	w.External(func(*sched.Executor, int32) { end() })
}

// Failer is what Play needs of a testing.T or a rapid.T.
type Failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Play runs a program on the zero tape and on that of one seed, with faults, on a number of lanes, judged by the monitors.
func Play(t Failer, lanes int, seed uint64, program explore.Program) {
	t.Helper()
	plan, err := explore.ParsePlan("swarm")
	if err != nil {
		t.Fatalf("%v", err)
	}
	config := explore.Config{Limits: sched.Limits{Tasks: 16, Ops: 4}, Lanes: lanes}
	r := explore.New("drawn", config, program, explore.Options{Rule: chaos.Rule{}, Plan: plan, Monitors: true})
	defer r.Close()
	for _, res := range []explore.Result{r.Zero(), r.Run(seed)} {
		if res.Outcome != explore.Pass {
			t.Fatalf("zero tape %t, seed %d: %v: %s: %s", res.Zero, res.Seed, res.Outcome, res.Name(), res.Violation.Text)
		}
	}
}
