//go:build tinygo && cortexm

// Package main is a firmware that goes to the limits of static tasks, and over them, and requests lines by software.
package main

import (
	"runtime/volatile"

	"github.com/tripoint-go/tripoint/internal/firmware/fw/kit"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// soft is PendSV.
const soft = 14

var (
	futures [kit.TasksMax - 1]sched.Task
	waits   [kit.TasksMax - 1]sched.LineWait
	workers [3]kit.Worker
	zero    volatile.Register32
	calls   [2]struct{ f func(uint32) uint32 } // so that the recursion is real
)

func main() {
	cases := [...]func(*sched.Task) int64{full, running, used, pended}
	kit.Main(&kit.World, sched.Options{}, sched.DetachTasks, false, cases[kit.Case()])
}

// wait is the poll of a future that ends with the next request of the line.
func wait(t *sched.Task) sched.Poll { return t.Arg.(*sched.LineWait).Poll(t) }

// full starts tasks until there is no room, and again when one has ended. The root is a task, too.
func full(t *sched.Task) int64 {
	for i := range futures {
		waits[i].Start(kit.Line)
		futures[i].Arg = &waits[i]
		if _, err := futures[i].Start(&kit.Ex, t, "future", wait); err != nil {
			kit.SayError("future", err)
		}
	}
	t.Yield()
	kit.Say("live", int64(kit.Ex.Live()))
	_, err := workers[0].Go(t, "worker", func(*sched.Task) int64 { return 0 })
	kit.SayError("worker", err)
	kit.Ex.PendLine(kit.Line)
	t.Sleep(vclock.Millisecond)
	kit.Say("live", int64(kit.Ex.Live()))
	for range 3 { // lives one after the other, in the same storage
		h, err := workers[0].Go(t, "worker", func(*sched.Task) int64 { return 5 })
		kit.SayError("room", err)
		n, _ := h.Join(t)
		kit.Say("joined", n)
	}
	return 0
}

// running starts a task that is live, in both forms.
func running(t *sched.Task) int64 {
	w := &workers[0]
	h, _ := w.Go(t, "worker", func(t *sched.Task) int64 { t.Sleep(vclock.Millisecond); return 6 })
	_, err := w.Go(t, "again", func(*sched.Task) int64 { return 0 })
	kit.SayError("queued", err)
	t.Yield()
	_, err = w.Start(&kit.Ex, t, "again", wait)
	kit.SayError("waiting", err)
	n, err := h.Join(t)
	kit.SayText("name", w.Name())
	kit.SayError("joined", err)
	return n
}

// used looks at how much of a stack tasks of several depths have used.
func used(t *sched.Task) int64 {
	calls[0].f, calls[1].f = deep, shallow
	last := 0
	for depth := range 4 {
		w := &workers[0]
		w.Arg = &depths[depth]
		h, _ := w.Go(t, "worker", func(t *sched.Task) int64 {
			n := *t.Arg.(*uint32)
			if n > 0 {
				deep(n)
			}
			t.Yield()
			return int64(t.StackUsed())
		})
		before := w.StackUsed()
		inside, _ := h.Join(t)
		after := w.StackUsed()
		switch {
		case before <= 0 || before >= after || int(inside) > after || after >= len(w.Stack):
			kit.Say("before", int64(before))
			kit.Say("inside", inside)
			kit.Say("after", int64(after))
		case depth > 1 && after < last+int(2*(depths[depth]-depths[depth-1])): // two words a call at least
			kit.Say("grew to", int64(after))
		}
		last = after
	}
	for i := range len(workers[0].Stack) - last {
		if workers[0].Stack[i] != workers[0].Stack[0] {
			kit.Say("not painted at", int64(i))
		}
	}
	return 0
}

var depths = [4]uint32{0, 20, 30, 40}

func deep(n uint32) uint32 {
	if n == 0 {
		return 0
	}
	return calls[zero.Get()].f(n-1) + n
}

func shallow(n uint32) uint32 { return n }

// waiter waits for a line once and notes when it came. The first and the second worker wait for PendSV, the third for the other line.
func waiter(t *sched.Task) int64 {
	err := t.WaitIRQ(*t.Arg.(*int))
	kit.SayError(t.Name(), err)
	return int64(kit.Ex.Now())
}

var numbers = [2]int{soft, kit.Line}

// pended requests lines while tasks wait, and while nobody does: that is remembered, once, for who waits first.
func pended(t *sched.Task) int64 {
	for i := range numbers {
		for round := range 2 {
			n := 0
			if round == 1 { // nobody waits
				kit.Ex.PendLine(numbers[i])
				kit.Ex.PendLine(numbers[i])
				t.Sleep(vclock.Millisecond)
			}
			for j := range workers {
				workers[j].Arg = &numbers[i]
				workers[j].Go(t, "waiter", waiter)
			}
			t.Yield()
			t.Sleep(vclock.Millisecond)
			for j := range workers {
				if workers[j].ID() != 0 && workers[j].State() == "ended" {
					n++
				}
			}
			kit.Say("ended without a request", int64(n))
			kit.Ex.PendLine(numbers[i])
			t.Sleep(vclock.Millisecond)
			for j := range workers {
				if workers[j].State() != "ended" {
					kit.Say("waits", int64(j))
				}
			}
		}
	}
	return 0
}
