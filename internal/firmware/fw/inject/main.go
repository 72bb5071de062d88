//go:build tinygo && cortexm

// Package main is the firmware that interrupts are injected into. A build tag chooses one critical window of the core, whose file says
// what it is; the window begins and ends with the function that the file exports as tripoint_window. Whatever interrupts it,
// every task must end, and the trace in memory must please the monitors. The clock stands still.
package main

import (
	"device/arm"
	"runtime/volatile"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/backend/cortexm/semihost"
	"github.com/tripoint-go/tripoint/sched"
)

// The lines that are injected: interrupts of the chip that no device of the boards has.
const (
	first  = 16 + 25
	second = 16 + 26
)

// device is the processor. Its sleep depends on the window.
type device struct {
	cortexm.Backend
	noted bool // Unpark was called since the last wait
	bound bool // the window of this run has been met
	due   bool // both lines are to be requested
}

// stepsMax ends a run whose tasks wake each other for ever.
const stepsMax = 200

var (
	world  device
	ex     sched.Executor
	memory storage
	lines  [second + 1]sched.Line
	root   sched.Task
	stack  [192]uint32

	// What the host reads: the events, and how many there are.
	trace    backend.Trace
	records  [100]backend.Event
	recorded volatile.Register32
)

// tasksMax is one more than the tasks that are live at the same time.
const tasksMax = 7

// storage is like sched.Memory, and smaller: the events need the room.
type storage struct {
	tasks    [tasksMax]*sched.Task
	gens     [tasksMax]uint64
	free     [tasksMax]uint32
	queue    [2 * tasksMax]uint32
	reports  [1]backend.Completion
	laneTask [1]*sched.Task
	laneMap  [1]uint8
}

func (m *storage) storage() sched.Storage {
	return sched.Storage{
		Tasks: m.tasks[:], Gens: m.gens[:], Free: m.free[:], Queue: m.queue[:], Lines: lines[:], Reports: m.reports[:],
		LaneTask: m.laneTask[:], LaneMap: m.laneMap[:],
	}
}

func main() {
	world.Init(cortexm.Options{Fault: fault})
	arm.SYST.SYST_CSR.Set(0)
	trace.Init(records[:], nil)
	ex.Init(memory.storage(), sched.Options{Backend: &world, Trace: &trace, StepsMax: stepsMax})
	ex.BeginFunc(&root, "root", program, stack[:], sched.WaitForAllTasks, false)
	ex.Serve()
	if code, err := ex.Exit(); err != nil || code != 0 {
		verdict(1, &wrong[0])
	}
	verdict(0, nil)
}

var (
	wrong  = [...]byte{'w', 'r', 'o', 'n', 'g', ' ', 'e', 'n', 'd', 0}
	asleep = [...]byte{'a', 's', 'l', 'e', 'e', 'p', ' ', 'f', 'o', 'r', ' ', 'e', 'v', 'e', 'r', 0}
	died   = [...]byte{'f', 'a', 'u', 'l', 't', 0}
)

func verdict(code int, why *byte) {
	trace.Flush()
	recorded.Set(uint32(len(trace.Buffered())))
	semihost.Exit(code, why)
}

func fault(f *cortexm.Fault) { verdict(100+f.Exception, &died[0]) }

// Unpark implements backend.Backend.
func (d *device) Unpark() {
	d.noted = true
	d.wake()
	d.Backend.Unpark()
}

// Open implements backend.Handlers. Lines are requested here, where interrupts are let in, and not by a task: what a mutant lets
// in too early is to be the host's interrupt and no other, so that a mutant that nobody interrupts is good.
func (d *device) Open() {
	if d.due {
		d.due = false
		d.LinePend(first)
		d.LinePend(second)
	}
	d.Backend.Open()
}

// waiter is a task that waits for one interrupt of a line.
type waiter struct {
	task   sched.Task
	wait   sched.LineWait
	line   int
	step   int
	served bool // the wait for the line is over
	handle *sched.JoinHandle
}

func (w *waiter) start(t *sched.Task, name string, line int, poll func(*sched.Task) sched.Poll) {
	w.line, w.task.Arg = line, w
	w.handle, _ = w.task.Start(&ex, t, name, poll)
}

// await is the poll of a waiter that has nothing else to do.
func await(t *sched.Task) sched.Poll { return t.Arg.(*waiter).poll(t) }

func (w *waiter) poll(t *sched.Task) sched.Poll {
	if w.served {
		return sched.Ready
	}
	if w.step == 0 {
		w.step = 1
		w.wait.Start(w.line)
	}
	p := w.wait.Poll(t)
	w.served = p == sched.Ready
	return p
}

// beside waits for the line, and gives that up when p, the answer of something else, is Ready.
func (w *waiter) beside(t *sched.Task, p sched.Poll) sched.Poll {
	if p == sched.Pending {
		w.poll(t)
	} else if !w.served && w.step > 0 {
		w.served = true
		w.wait.Abandon(t)
	}
	return p
}

// others are the tasks that an interrupt wakes, whatever the window is.
var others [3]waiter

// settle lets everybody get to where they wait.
func settle(t *sched.Task) {
	others[0].start(t, "a", first, await)
	others[1].start(t, "b", second, await)
	t.Yield()
}

// finish requests both lines, in case that nobody has, and waits for the tasks.
func finish(t *sched.Task, tasks ...*waiter) int64 {
	world.due = true
	t.Yield()
	for _, w := range tasks {
		if _, err := w.handle.Join(t); err != nil && !w.handle.Done() {
			return 1
		}
	}
	for i := range others {
		if w := &others[i]; w.handle != nil {
			if _, err := w.handle.Join(t); err != nil {
				return 1
			}
		}
	}
	return 0
}
