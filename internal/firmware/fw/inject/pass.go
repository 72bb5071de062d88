//go:build tinygo && cortexm && window_pass

package main

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Wake pass: the handler of a line wakes two tasks, while the same line and another one become pending again.

func program(t *sched.Task) int64 {
	settle(t)
	others[2].start(t, "c", first, await)
	t.Yield()
	ex.PendLine(first)
	t.Yield()
	return finish(t)
}

// tap is between the processor and the executor, so that the window has a name.
type tap struct{}

// Attach implements backend.Handlers.
func (d *device) Attach(backend.Handler) { d.Backend.Attach(tap{}) }

// Interrupt implements backend.Handler.
func (tap) Interrupt(n int) { window(n) }

// Running implements backend.Handler.
func (tap) Running() (string, bool) { return ex.Running() }

//export tripoint_window
//go:noinline
func window(n int) { ex.Interrupt(n) }
