//go:build tinygo && cortexm

// Package main is the firmware whose wake path is counted, with few and with many kinds of task.
package main

import (
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/backend/cortexm/semihost"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

var (
	world  device
	ex     sched.Executor
	memory sched.Memory
	lines  [cortexm.Lines]sched.Line

	root    sched.Task
	stack   [128]uint32
	workers [4]worker
)

type worker struct {
	task sched.Task
	wait sched.LineWait
	n    int
}

// device is the world with a device that requests the line just before the processor goes to sleep.
type device struct {
	cortexm.Backend
	requests int
}

func (d *device) Wait(until vclock.Instant) bool {
	if d.requests > 0 {
		d.requests--
		d.LinePend(line)
	}
	return d.Backend.Wait(until)
}

const line = 16 + 30

func poll(t *sched.Task) sched.Poll {
	w := t.Arg.(*worker)
	if w.n > 0 {
		w.wait.Poll(t)
	}
	w.n++
	w.wait.Start(line)
	return w.wait.Poll(t)
}

func other(t *sched.Task) sched.Poll { return sched.Ready }

func fault(f *cortexm.Fault) { semihost.Exit(100+f.Exception, nil) }

func main() {
	world.Init(cortexm.Options{Fault: fault})
	ex.Init(memory.Storage(lines[:]), sched.Options{Backend: &world})
	ex.BeginFunc(&root, "root", body, stack[:], sched.DetachTasks, true)
	ex.Serve()
	code, _ := ex.Exit()
	semihost.Exit(int(code), nil)
}

func body(t *sched.Task) int64 {
	for i := range workers {
		w := &workers[i]
		w.task.Arg = w
		p := poll
		if i == len(workers)-1 {
			p = other
		}
		w.task.Start(&ex, t, "worker", p)
		for range 5 {
			world.requests = 1
			t.Sleep(vclock.Millisecond)
		}
	}
	return 42
}
