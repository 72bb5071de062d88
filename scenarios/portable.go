package scenarios

import (
	"fmt"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/scenarios/portable"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// ported is the scenario with the given name whose program is one of package portable.
func ported(name, doc string) Scenario {
	return Scenario{Name: name, Doc: doc, Program: host(portableNumber(name))}
}

func portableNumber(name string) int {
	for i := range portable.Count {
		if portable.Name(i) == name {
			return i
		}
	}
	panic("scenarios: no portable program has the name " + name)
}

// canary is the planted bug that a search must find.
func canary() Scenario {
	s := ported("canary", "planted bug: a deposit and a withdrawal give way between read and write, which is safe in turn only")
	s.Expect = ExpectCanary
	return s
}

// deadlock is the planted deadlock.
func deadlock() Scenario {
	s := ported("deadlock", "planted deadlock: two tasks lock two mutexes in opposite order")
	s.Expect, s.OnlySim = ExpectDeadlock, "plants a failure: a run that would never end"
	return s
}

func (s Scenario) anyOrder() Scenario {
	s.AnyOrder = true
	return s
}

func (s Scenario) withLines(n int) Scenario {
	s.Config.Lines = n
	return s
}

// host returns portable program i as one for hosts.
func host(i int) explore.Program {
	return hosted(func() portable.Program { return new(portable.Set).Program(i) })
}

// hosted returns a program for hosts that runs a new portable one in each world.
func hosted(fresh func() portable.Program) explore.Program {
	return func(w *explore.World) {
		run := new(struct {
			world portable.World
			env   portable.Env
			tasks [portable.TasksMax - 1]sched.Task // the root has another
		})
		run.env = hostEnv(w)
		run.world.Init(w.Exec, &run.env, run.tasks[:], nil)
		program := fresh()
		run.world.Load(program)
		body, mode, main := run.world.Root()
		root := func(t *sched.Task) int {
			t.Arg = program
			return int(body(t))
		}
		if main {
			w.Main(mode, root)
		} else {
			w.Run(mode, root)
		}
		w.AtEnd("the program checks", func() error { // by Assert
			run.world.End()
			return nil
		})
	}
}

func hostEnv(w *explore.World) portable.Env {
	env := portable.Env{
		Virtual: w.Virtual(), Serves: !w.Virtual(), Work: w.Work, Sometimes: w.Sometimes,
		Raise: func(line int, after vclock.Duration) { w.Host.Raise(line, after) },
		Fail: func(property string, got, want int64) {
			seen := "it does not hold"
			if got != want {
				seen = fmt.Sprintf("got %d, want %d", got, want)
			}
			w.Assert(false, property, "%s", seen)
		},
	}
	if w.Kernel != nil {
		env.Storm = func(line int) { w.Kernel.Device(line, true) }
		env.Calm = func(line int) { w.Kernel.Clear(line) }
	}
	return env
}
