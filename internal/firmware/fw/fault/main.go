//go:build tinygo && cortexm

// Package main is a firmware that dies, in the way that its argument says, in a task named victim.
package main

import (
	"device/arm"
	"runtime/volatile"

	"github.com/tripoint-go/tripoint/internal/firmware/fw/kit"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

var (
	world = kit.Device{Backend: &kit.World, Line: kit.Line}
	// An overflow runs into spare, which nobody else uses.
	memory struct {
		spare [200]uint32
		stack [100]uint32
	}
	victim  sched.Task
	polled  sched.Task
	wait    sched.LineWait
	nothing *sched.Task
	zero    volatile.Register32
	calls   [2]struct{ f func(uint32) uint32 } // so that the recursion is real
)

var ways = [...]func(){
	func() { panic("a panic") },
	func() { nothing.Arg = nothing },
	func() { arm.Asm("udf #0") },
	func() { calls[2+zero.Get()].f(1) },
	func() { deep(60) }, // some two to four words for each call
}

func main() { kit.Main(&world, sched.Options{}, sched.DetachTasks, false, body) }

func body(t *sched.Task) int64 {
	n := kit.Case()
	calls[0].f, calls[1].f = deep, shallow
	b := die
	if n >= 10 {
		b = dieLater
	}
	if n >= 20 {
		wait.Start(kit.Line)
		polled.Start(&kit.Ex, t, "victim", diePolled)
	} else {
		victim.StartFunc(&kit.Ex, t, "victim", b, memory.stack[:])
	}
	t.Yield()
	world.Times = 1
	t.Sleep(vclock.Millisecond)
	return 1
}

func die(t *sched.Task) int64 {
	ways[kit.Case()%10]()
	t.Yield()
	return 0
}

// dieLater dies in a handler.
func dieLater(t *sched.Task) int64 {
	t.WaitIRQ(kit.Line)
	ways[kit.Case()%10]()
	t.Yield()
	return 0
}

// diePolled is the poll of a future that dies in a handler.
func diePolled(t *sched.Task) sched.Poll {
	if wait.Poll(t) == sched.Ready {
		ways[kit.Case()%10]()
	}
	return sched.Pending
}

func deep(n uint32) uint32 {
	if n == 0 {
		return 0
	}
	return calls[zero.Get()].f(n-1) + n
}

func shallow(n uint32) uint32 { return n }
