//go:build tinygo && cortexm

package cortexm

import (
	"device/arm"

	"github.com/tripoint-go/tripoint/vclock"
)

// clock is the time in nanoseconds, and one alarm, both made of SysTick: a counter of 24 bits that counts down and is loaded
// anew when it reaches 0, where its exception becomes pending. The length of a period is the time to the alarm, or the longest
// one. All of it runs with interrupts masked, or in a handler.
//
//	now = base + (elapsed ticks * nsNum + rest) / nsDen
//
// In 32 bits, which a Cortex-M multiplies and divides in an instruction (on v6-M the divisor is 1 or 2): a period and the next one
// to its end are less than 2^25 ticks, and nsNum is at most 127.
type clock struct {
	base  vclock.Instant // when the present period began
	rest  uint32         // what base leaves out, in units of 1/nsDen ns
	top   uint32         // length of the period in ticks
	until vclock.Instant // the alarm that is set
	timer bool           // it is set in the board's timer
}

const (
	longest  = 1 << 24
	longNs   = longest * nsNum / nsDen
	shortest = max(2000*nsDen/nsNum, 64) // ticks of a period, 2 µs or more: what it takes to choose the next one
	pendTick = 1 << 26                   // ICSR, PENDSTSET
	dropTick = 1 << 25                   // ICSR, PENDSTCLR
)

// start begins the clock at 0. It stops the counter first, so that it begins in the same phase however often it is started.
func (c *clock) start(timer bool) {
	arm.SYST.SYST_CSR.Set(0)
	if timer {
		timerStop()
	}
	*c = clock{until: vclock.Forever, timer: timer}
	c.period(longest)
	arm.SYST.SYST_CSR.Set(7) // processor clock, exception, on
}

// period begins a period of this length, at least shortest. The next one, which the counter begins by itself, is the longest: a short
// one would end again and again, faster than its handler returns, and ends that nobody has seen would be lost time.
func (c *clock) period(ticks uint32) {
	c.top = ticks
	arm.SYST.SYST_RVR.Set(ticks - 1)
	arm.SYST.SYST_CVR.Set(0)   // loads the counter at the next tick
	arm.SCB.ICSR.Set(dropTick) // of the period before: it is counted already
	if ticks != longest {
		for arm.SYST.SYST_CVR.Get() == 0 && arm.SYST.SYST_CSR.Get()&1 != 0 { // a counter that stands still loads nothing
		}
		arm.SYST.SYST_RVR.Set(longest - 1)
	}
}

// roll goes over to the next period. The counter has begun it by itself. If the alarm was the end of the period, there is none any
// more, and the next call of alarm chooses anew: also for one that is farther away than a period.
func (c *clock) roll() {
	c.add(c.top)
	c.top = longest
	if !c.timer {
		c.until = vclock.Forever
	}
}

// add moves base by a number of ticks.
func (c *clock) add(ticks uint32) {
	x := ticks*nsNum + c.rest
	c.base += vclock.Instant(x / nsDen)
	c.rest = x % nsDen
}

// elapsed is the number of ticks of the present period. A period that has ended without its handler is rolled over here, so that two
// ends cannot be taken for one unless nobody looks for a whole period.
func (c *clock) elapsed() uint32 {
	v := arm.SYST.SYST_CVR.Get()
	if arm.SCB.ICSR.Get()&pendTick != 0 {
		arm.SCB.ICSR.Set(dropTick)
		c.roll()
		v = arm.SYST.SYST_CVR.Get()
	}
	if v == 0 {
		return 0
	}
	return c.top - v
}

func (c *clock) now() vclock.Instant {
	e := c.elapsed() // may roll
	return c.base + vclock.Instant((e*nsNum+c.rest)/nsDen)
}

// alarm has the processor woken at the given instant, or before it if that is far away. Setting the same alarm again changes
// nothing. With SysTick alone the present period ends at the alarm, and each call with another one loses the ticks between reading and
// writing the counter; with a timer the clock runs through.
func (c *clock) alarm(now, at vclock.Instant) {
	if at == c.until {
		return
	}
	ticks := uint32(longest)
	if d := at.Sub(now); d < longNs {
		ticks = max((uint32(d)*nsDen+nsNum-1)/nsNum, shortest)
	}
	if hasTimer && c.timer {
		c.until = at
		timerStart(ticks)
		return
	}
	c.add(c.elapsed()) // may roll
	c.until = at
	c.period(ticks)
}

//export SysTick_Handler
func sysTick() { cpu.clock.roll() }

// timerEnd is an ordinary line where the timer is not the clock's.
//
//export Timer_Handler
func timerEnd() {
	if !cpu.clock.timer {
		lineHandler()
		return
	}
	timerStop()
	cpu.clock.until = vclock.Forever
}
