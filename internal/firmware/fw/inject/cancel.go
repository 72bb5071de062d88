//go:build tinygo && cortexm && window_cancel

package main

import "github.com/tripoint-go/tripoint/sched"

// Cancel: a task is cancelled while it waits for the line that interrupts. It is torn down once, and the others are woken.

var victim waiter

func program(t *sched.Task) int64 {
	settle(t)
	victim.start(t, "victim", first, await)
	others[2].start(t, "c", first, await)
	t.Yield()
	window()
	return finish(t, &victim)
}

//export tripoint_window
//go:noinline
func window() { victim.handle.Stop() }
