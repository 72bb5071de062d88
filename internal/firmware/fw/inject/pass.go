//go:build tinygo && cortexm && window_pass

package main

import (
	"runtime/volatile"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Wake pass: the handler of a line wakes a task, while the same line and another one become pending.

func program(t *sched.Task) int64 {
	settle(t)
	ex.PendLine(first)
	t.Yield()
	return finish(t)
}

// tap is between the processor and the executor, so that the window has a name.
type tap struct{}

// Attach implements backend.Handlers.
func (d *device) Attach(backend.Handler) { d.Backend.Attach(tap{}) }

var handled volatile.Register32

// Interrupt implements backend.Handler. It counts, so that it has something left to do when the window returns: a call at its end
// would be a jump, and return from the exception.
func (tap) Interrupt(n int) {
	window(n)
	handled.Set(handled.Get() + 1)
}

// Running implements backend.Handler.
func (tap) Running() (string, bool) { return ex.Running() }

//export tripoint_window
//go:noinline
func window(n int) { ex.Interrupt(n) }
