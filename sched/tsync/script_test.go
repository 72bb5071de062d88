//go:build !tinygo

package tsync_test

import (
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/simtest"
)

// script runs a program once, on the zero tape: tasks are polled first in, first out, and nothing misbehaves. The monitors
// judge the run.
func script(t *testing.T, program simtest.Program) {
	t.Helper()
	simtest.Run(t, program, simtest.Strategy("zero"), simtest.Faults("none"), simtest.Seeds("1"), simtest.In(simtest.Config{Single: true}))
}

// failer is what play needs of a testing.T or a rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// play runs a program on the zero tape and for one seed, with faults, judged by the monitors.
func play(t failer, seed uint64, program explore.Program) {
	t.Helper()
	playOn(t, 1, seed, program)
}

// playOn is play on several lanes.
func playOn(t failer, lanes int, seed uint64, program explore.Program) {
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

// panics returns what f panics with, "" if it does not.
func panics(f func()) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text, _ = v.(string)
			if text == "" {
				text = "something else than a text"
			}
		}
	}()
	f()
	return ""
}

// wantPanic states that f is refused as a programmer error that names the invariant.
func wantPanic(w *simtest.World, invariant, what string, f func()) {
	got := panics(f)
	w.Assert(strings.HasPrefix(got, "tsync: "+invariant+":"), what+" is refused", "it panics with %q", got)
}

// yields gives way n times.
func yields(t *sched.Task, n int) {
	for range n {
		t.Yield()
	}
}
