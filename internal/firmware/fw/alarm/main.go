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

func main() { kit.Main(&kit.World, sched.Options{}, sched.DetachTasks, true, body) }

func body(t *sched.Task) int64 {
	hz := int64(kit.Case()) * 500_000
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
	sleep(t, 10*int64(vclock.Second))
	spin(t)
	kit.Say("early", early)
	kit.Say("back", back)
	kit.Say("late", int64(worst))
	kit.Say("spin", least)
	kit.Say("spread", most-least)
	return 0
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
