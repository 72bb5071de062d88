//go:build !tinygo

package tsync_test

import (
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/simtest"
)

// script runs a program once, on the zero tape: tasks are polled first in, first out, and nothing misbehaves. The monitors
// judge the run.
func script(t *testing.T, program simtest.Program) {
	t.Helper()
	simtest.Run(t, program, simtest.Strategy("zero"), simtest.Faults("none"), simtest.Seeds("1"), simtest.In(simtest.Config{Single: true}))
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

// pipeOf is what the kinds of channels have in common.
type pipeOf interface {
	Send(t *sched.Task, v int) error
	Recv(t *sched.Task) (int, error)
	CloseTx()
}
