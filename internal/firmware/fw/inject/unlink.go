//go:build tinygo && cortexm && window_unlink

package main

import "github.com/tripoint-go/tripoint/sched"

// Unlink: a task gives up its wait for a line, which interrupts. It sits between two others in the list; they are woken.

var middle waiter

func program(t *sched.Task) int64 {
	settle(t)
	middle.start(t, "middle", first, unlink)
	others[2].start(t, "c", first, await)
	t.Yield()
	middle.task.Wake()
	t.Yield()
	return finish(t, &middle)
}

func unlink(t *sched.Task) sched.Poll {
	if middle.step == 0 {
		return middle.poll(t)
	}
	window(t)
	return sched.Ready
}

//export tripoint_window
//go:noinline
func window(t *sched.Task) { middle.wait.Abandon(t) }
