//go:build tinygo && cortexm

// Package kit is what the firmwares of internal/firmware/board have in common: one executor in static memory, a root, and a way to tell
// the host what was seen, as lines on the emulator's standard error.
package kit

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/backend/cortexm/semihost"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Line is an interrupt that no device of any board uses here: software requests it.
const Line = 16 + 30

// The program. Ex is ready when the body of the root runs.
var (
	World  cortexm.Backend
	Ex     sched.Executor
	Root   sched.Task
	Stack  [256]uint32
	memory sched.Memory
	lines  [Line + 1]sched.Line
	args   [64]byte
	out    [64]byte
)

// Device is the world with a device that requests its line whenever the executor goes to sleep, Times times: whoever waits is
// then polled in the handler.
type Device struct {
	*cortexm.Backend
	Line, Times int
}

// Wait implements backend.Backend.
func (d *Device) Wait(until vclock.Instant) bool {
	if d.Times > 0 {
		d.Times--
		d.LinePend(d.Line)
	}
	return d.Backend.Wait(until)
}

// Worker is a task with a stack.
type Worker struct {
	sched.Task
	Stack [192]uint32
}

// Go starts a worker.
func (w *Worker) Go(t *sched.Task, name string, body func(*sched.Task) int64) (*sched.JoinHandle, error) {
	return w.StartFunc(&Ex, t, name, body, w.Stack[:])
}

// TasksMax is how many tasks may be live at the same time: the smallest board has no room for many more.
const TasksMax = 6

// Timer has the alarms set in the board's timer, if it has one.
var Timer bool

// Main runs a root to the end of its run and says the exit code; the status is 0. b is the world, or one around it.
func Main(b backend.Backend, opts sched.Options, mode sched.Mode, main bool, body func(*sched.Task) int64) {
	World.Init(cortexm.Options{Fault: fault, Timer: Timer})
	opts.Backend = b
	st := memory.Storage(lines[:])
	st.Tasks, st.Gens = st.Tasks[:TasksMax+1], st.Gens[:TasksMax+1]
	Ex.Init(st, opts)
	Ex.BeginFunc(&Root, "root", body, Stack[:], mode, main)
	Ex.Serve()
	World.Halt(halted)
}

// Hook is called at the beginning of the shutdown's hook.
var Hook func()

// halted is the hook of the shutdown.
func halted() {
	if Hook != nil {
		Hook()
	}
	code, err := Ex.Exit()
	Say("exit", code)
	if err != nil {
		SayText("error", err.Error())
	}
	semihost.Exit(0, nil)
}

// End ends the program with status 0.
func End() { semihost.Exit(0, nil) }

func fault(f *cortexm.Fault) {
	SayText("fault of", f.Task)
	if f.Overflow {
		Say("overflow", 1)
	} else {
		Say("pc", int64(f.PC))
	}
	semihost.Exit(100+f.Exception, nil)
}

// Case is the firmware's argument, a number, 0 if there is none.
func Case() int {
	a := semihost.Args(args[:])
	for i, c := range a {
		if c == ' ' {
			n := 0
			for _, c := range a[i+1:] {
				n = 10*n + int(c-'0')
			}
			return n
		}
	}
	return 0
}

// Say writes a line of a text and a number.
func Say(text string, n int64) {
	at := len(out) - 2
	out[at] = '\n'
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	for {
		at--
		out[at] = byte('0' + u%10)
		if u /= 10; u == 0 {
			break
		}
	}
	if n < 0 {
		at--
		out[at] = '-'
	}
	at--
	out[at] = ' '
	at -= len(text)
	copy(out[at:], text)
	semihost.PrintBytes(out[at:])
}

// SayText writes a line of two texts.
func SayText(text, more string) {
	n := copy(out[:len(out)-3], text)
	out[n] = ' '
	n++
	n += copy(out[n:len(out)-2], more)
	out[n], out[n+1] = '\n', 0
	semihost.PrintBytes(out[:n+2])
	out[len(out)-1] = 0
}

// SayError writes a line of a text and what an error says.
func SayError(text string, err error) {
	if err == nil {
		SayText(text, "nil")
		return
	}
	if e, ok := err.(sched.Error); ok {
		SayText(text, e.Error())
		return
	}
	if e, ok := err.(backend.Errno); ok {
		SayText(text, e.Error())
		return
	}
	SayText(text, "another error")
}
