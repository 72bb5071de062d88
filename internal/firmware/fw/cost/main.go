//go:build tinygo && cortexm

// Command cost is firmware whose instructions are counted, from one named function to the next: from the handler of an interrupt, or
// of the clock, to a task that was waiting. Package internal/firmware/cost counts.
package main

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/backend/cortexm/semihost"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

const (
	line   = 16 + 4
	rounds = 6
)

// device is the processor with a device that requests the line just before the processor goes to sleep.
type device struct {
	cortexm.Backend
	request bool
}

// Wait implements backend.Backend.
func (d *device) Wait(until vclock.Instant) bool {
	if d.request {
		d.request = false
		d.LinePend(line)
	}
	return d.Backend.Wait(until)
}

// waiter is a future that waits for the line again and again.
type waiter struct {
	task  sched.Task
	h     *sched.JoinHandle
	wait  sched.LineWait
	begun bool
}

func (w *waiter) again(t *sched.Task) sched.Poll {
	if w.begun {
		w.wait.Poll(t)
	}
	w.begun = true
	w.wait.Start(line)
	return w.wait.Poll(t)
}

var (
	board     device
	ex        sched.Executor
	memory    sched.Memory
	lines     [line + 1]sched.Line
	root      sched.Task
	rootStack [160]uint32
	body      sched.Task
	bodyStack [160]uint32
	waiters   [4]waiter
	bare      backend.Stack
)

func main() {
	board.Init(cortexm.Options{Fault: fault})
	ex.Init(memory.Storage(lines[:]), sched.Options{Backend: &board})
	stacks()
	ex.BeginFunc(&root, "root", run, rootStack[:], sched.DetachTasks, false)
	ex.Serve()
	code, _ := ex.Exit()
	semihost.Exit(int(code), nil)
}

// stacks goes to another stack and back, without any task.
func stacks() {
	bare.Mem, bare.Run = bodyStack[:], suspend
	board.Prepare(&bare)
	for range rounds {
		switched()
		board.Resume(&bare)
	}
}

func suspend(any) {
	for {
		board.Suspend(&bare)
	}
}

func fault(f *cortexm.Fault) { semihost.Exit(100+f.Exception, nil) }

// run is the root: one kind of cost after the other.
func run(t *sched.Task) int64 {
	begin(t, &waiters[0], pollOne)
	interrupts(t)
	end(t, &waiters[0])

	for i := range waiters {
		begin(t, &waiters[i], pollMany)
	}
	interrupts(t)
	for i := range waiters {
		end(t, &waiters[i])
	}

	h, err := body.StartFunc(&ex, t, "body", straight, bodyStack[:])
	if err != nil {
		return 1
	}
	interrupts(t)
	h.Cancel(t)
	for range rounds {
		yielded()
		t.Yield()
	}
	for range rounds {
		t.Sleep(vclock.Millisecond)
		slept()
	}
	return kinds(t)
}

func begin(t *sched.Task, w *waiter, poll func(*sched.Task) sched.Poll) {
	w.begun = false
	w.task.Arg = w
	w.h, _ = w.task.Start(&ex, t, "waiter", poll)
	t.Yield()
}

func end(t *sched.Task, w *waiter) { w.h.Cancel(t) }

// interrupts has the device request the line while everybody waits.
func interrupts(t *sched.Task) {
	for range rounds {
		board.request = true
		t.Sleep(vclock.Millisecond)
	}
}

func pollOne(t *sched.Task) sched.Poll  { return t.Arg.(*waiter).again(t) }
func pollMany(t *sched.Task) sched.Poll { return t.Arg.(*waiter).again(t) }

func straight(t *sched.Task) int64 {
	for t.WaitIRQ(line) == nil {
		resumed()
	}
	return 0
}

// The marks of straight-line code.

//go:noinline
func resumed() { nothing++ }

//go:noinline
func yielded() { nothing++ }

//go:noinline
func switched() { nothing++ }

//go:noinline
func slept() { nothing++ }

var nothing int
