//go:build tinygo && cortexm && window_sleep

package main

import "github.com/tripoint-go/tripoint/sched"

// Check, then sleep: there is nothing to do, so the processor falls asleep, and an interrupt comes on the way. What it wakes must be
// polled at once.

func program(t *sched.Task) int64 {
	settle(t)
	others[2].start(t, "c", first, await)
	others[0].handle.Join(t)
	return finish(t)
}
