//go:build tinygo && cortexm

// Package main is a firmware that compares the clock and the alarm with each other and with a loop whose time is known.
package main

import (
	"runtime/volatile"

	"github.com/tripoint-go/tripoint/internal/firmware/fw/kit"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

const wrap = 1 << 24 // ticks

var (
	last, late, worst vclock.Instant
	zero              volatile.Register32
	early, back       int64
	least, most       int64 = 1 << 62, 0
)

var (
	world  = kit.Device{Backend: &kit.World, Line: kit.Line}
	reader kit.Worker
	start  vclock.Instant
	hz     int64
)

func main() {
	n := kit.Case()
	hz = int64(n%1000) * 500_000
	kit.Timer = n >= 1000
	kit.Main(&world, sched.Options{}, sched.DetachTasks, true, body)
}

func body(t *sched.Task) int64 {
	for n := range int64(500) {
		sleep(t, n*1_000_000_000/hz)
		if n%50 < 3 {
			spin(t)
		}
	}
	for _, n := range [...]int64{wrap - 1, wrap, wrap + 1, 2*wrap - 1, 2 * wrap, 2*wrap + 1} {
		sleep(t, n*1_000_000_000/hz)
		sleep(t, (n*1_000_000_000+hz-1)/hz)
		spin(t)
	}
	for n := range int64(10) { // some end after a last period that is long, some after one that is short
		sleep(t, n*733*int64(vclock.Millisecond))
	}
	sleep(t, 10*int64(vclock.Second))
	spin(t)
	if hz > 100_000_000 { // elsewhere it takes too many instructions
		watched(t)
	}
	kit.Say("early", early)
	kit.Say("back", back)
	kit.Say("late", int64(worst))
	kit.Say("spin", least)
	kit.Say("spread", most-least)
	return 0
}

// watched sleeps for one and a half periods of the counter, while a task looks at the clock until after the first end of one: it is
// seen there, and not in the handler.
func watched(t *sched.Task) {
	reader.Go(t, "reader", func(t *sched.Task) int64 {
		world.Times = 1
		t.WaitIRQ(kit.Line)
		for now() < start+wrap*1_010_000_000/vclock.Instant(hz) {
		}
		return 0
	})
	start = now()
	sleep(t, wrap*1_500_000_000/hz)
}

func now() vclock.Instant {
	now := kit.Ex.Now()
	if now < last {
		back++
	}
	last = now
	return now
}

// sleep sleeps for some nanoseconds and sees how late it ends.
func sleep(t *sched.Task, ns int64) {
	due := now() + vclock.Instant(ns)
	t.Sleep(vclock.Duration(ns))
	if n := now(); n < due {
		early++
	} else {
		worst = max(worst, n-due)
	}
}

// spin measures a loop that takes the same time whenever it runs, in one poll and with interrupts masked.
func spin(t *sched.Task) {
	start := now()
	for range 2000 {
		zero.Get()
	}
	took := int64(now() - start)
	least, most = min(least, took), max(most, took)
}
