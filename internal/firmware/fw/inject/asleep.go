//go:build tinygo && cortexm && (window_sleep || window_alarm)

package main

import (
	"device/arm"

	"github.com/tripoint-go/tripoint/vclock"
)

// lateness is more than it takes from an interrupt to the end of a wait.
const lateness = 100 * vclock.Microsecond

// The first interrupt starts the clock, so that a sleep that it should have ended comes to an end when the alarm does.
var (
	since   vclock.Instant // when that was
	started bool
)

func (d *device) wake() {
	if !started && d.bound {
		started = true
		arm.SYST.SYST_CSR.Set(7)
		since = d.Now()
	}
}

// Wait implements backend.Backend. The first wait is the window. Sleeping on after an interrupt ends the run there and then: in a
// world without an alarm it would last for ever.
func (d *device) Wait(until vclock.Instant) bool {
	if d.bound {
		return d.again(until)
	}
	d.bound = true
	ok := window(until)
	if d.Now().Sub(since) > lateness {
		verdict(2, &asleep[0])
	}
	return ok
}

//export tripoint_window
//go:noinline
func window(until vclock.Instant) bool { return world.Backend.Wait(until) }
