//go:build tinygo && cortexm && window_insert

package main

import "github.com/tripoint-go/tripoint/sched"

// Insert: a task queues up behind another one for a line, which interrupts. Whoever is linked when the handler runs is woken, and
// whoever is not is woken by the next request.

var late waiter

func program(t *sched.Task) int64 {
	settle(t)
	late.start(t, "late", first, insert)
	t.Yield()
	return finish(t, &late)
}

func insert(t *sched.Task) sched.Poll {
	if late.step > 0 {
		return late.poll(t)
	}
	late.step = 1
	late.wait.Start(first)
	return window(t)
}

//export tripoint_window
//go:noinline
func window(t *sched.Task) sched.Poll { return late.wait.Poll(t) }
