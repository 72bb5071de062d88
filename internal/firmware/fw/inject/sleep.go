//go:build tinygo && cortexm && window_sleep

package main

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Check, then sleep: there is nothing to do, so the processor falls asleep, and an interrupt comes on the way. What it wakes must be
// polled at once.

// again requests both lines: one of them has ended the first sleep, and nobody else does.
func (d *device) again(vclock.Instant) bool {
	d.due = true
	d.Open()
	return true
}

func program(t *sched.Task) int64 {
	settle(t)
	if err := t.WaitIRQ(first); err != nil {
		return 1
	}
	return finish(t)
}
