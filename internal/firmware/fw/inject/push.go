//go:build tinygo && cortexm && window_push

package main

import "github.com/tripoint-go/tripoint/sched"

// Run-queue push: a task wakes another one, while an interrupt wakes two more.

var woken waiter

func program(t *sched.Task) int64 {
	settle(t)
	woken.start(t, "woken", first, push)
	t.Yield()
	window()
	t.Yield()
	return finish(t, &woken)
}

func push(*sched.Task) sched.Poll {
	woken.step++
	if woken.step < 2 {
		return sched.Pending
	}
	return sched.Ready
}

//export tripoint_window
//go:noinline
func window() { woken.task.Wake() }
