//go:build tinygo && cortexm && !window_sleep && !window_alarm

package main

import (
	"device/arm"

	"github.com/tripoint-go/tripoint/vclock"
)

// Wait implements backend.Backend. In these windows there is no timer, and nobody requests a line but the tasks and the host, both
// before the processor gets here. So if nothing is pending now, nothing will ever come.
func (d *device) Wait(until vclock.Instant) bool {
	if !d.noted && arm.NVIC.ISPR[0].Get()&arm.NVIC.ISER[0].Get() == 0 {
		verdict(2, &asleep[0])
	}
	d.noted = false
	return d.Backend.Wait(until)
}

func (d *device) wake() {}
