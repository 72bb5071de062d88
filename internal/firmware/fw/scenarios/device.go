//go:build tinygo && cortexm

package main

import (
	"device/arm"

	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/scenarios/portable"
	"github.com/tripoint-go/tripoint/vclock"
)

// device is the processor together with what is outside of it: requests that come at an instant, and a device that requests its line
// until it is told to be quiet. It acts wherever interrupts are let in, so that a run can be made again to the instruction.
type device struct {
	cortexm.Backend
	due   [portable.RaisesMax]request1
	n     int
	storm int // line, 0: none
}

// request1 is one request to come.
type request1 struct {
	at   vclock.Instant
	line int
}

// reset starts everything anew, time included.
func (d *device) reset() {
	d.n, d.storm = 0, 0
	d.Init(cortexm.Options{Fault: fault, Sleep: doze})
}

// doze waits for an interrupt awake. QEMU jumps over the time of a processor that sleeps, but computes how far in another thread, which
// now and then does not know yet of the last instructions before the sleep, and jumps that much too far: one run in some ten
// thousand would not be like the others.
func doze() {
	for arm.SCB.ICSR.Get()&vectPending == 0 {
		for range 64 { // the emulator is faster where it need not look
			arm.Asm("nop")
		}
	}
}

// vectPending is the number of the pending exception in ICSR.
const vectPending = 0x1ff << 12

// act pends what is due and returns when the next request is.
func (d *device) act() vclock.Instant {
	if d.storm != 0 {
		d.LinePend(d.storm)
	}
	next := vclock.Forever
	if d.n == 0 {
		return next
	}
	now := d.Now()
	for i := 0; i < d.n; {
		if r := &d.due[i]; r.at > now {
			next = min(next, r.at)
			i++
			continue
		}
		d.LinePend(d.due[i].line)
		d.n--
		d.due[i] = d.due[d.n]
	}
	return next
}

// Open implements backend.Handlers. The trace is written out here, on the main stack: from the depth of a task, a write takes some
// fifty words of that task's stack.
func (d *device) Open() {
	trace.Flush()
	d.act()
	d.Backend.Open()
}

// Wait implements backend.Backend.
func (d *device) Wait(until vclock.Instant) bool {
	return d.Backend.Wait(min(until, d.act()))
}

func raise(line int, after vclock.Duration) {
	d := &board
	if d.n == len(d.due) {
		panic("more requests than portable.RaisesMax")
	}
	d.due[d.n] = request1{at: d.Now().Add(after), line: line}
	d.n++
}

func storm(line int) { board.storm = line }
func calm(int)       { board.storm = 0 }
