package tripoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/signals"
)

// Exit statuses of [Main] that are not the root's value. Programs that want to tell them apart do not return these.
const (
	ExitPanic       = 2  // a task panicked, as for a goroutine
	ExitUnavailable = 69 // io_uring is not available
	ExitFailed      = 70 // the run could not go on
	exitRange       = 255
)

// Main runs root as the root task, with SIGINT and SIGTERM as the package comment says, and ends the process when the program is
// over; the status is root's value. It never returns, and deferred calls of its caller do not run. It is for func main: a process
// has one Main.
//
// A worker that waits in the kernel holds one of the GOMAXPROCS processors of Go for some 20 us longer than it needs it. So unless the
// environment sets GOMAXPROCS, Main raises it to two more than there are workers: an echo with two workers then takes a sixth less
// processor time, because goroutines keep their threads.
//
// A panic in a task ends the process with the task's name, the value and the stack in the log. Failures to start, as where io_uring
// is switched off, end it with one line that says what to do.
func Main(o Options, root func(*sched.Task) int) {
	o = o.filled()
	if procs := o.Workers + 2; os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < procs {
		runtime.GOMAXPROCS(procs)
	}
	os.Exit(runMain(&o, root))
}

// runMain returns the status to exit with.
func runMain(o *Options, root func(*sched.Task) int) int {
	w, err := o.open(true)
	if err != nil {
		fmt.Fprintf(o.Log, "tripoint: %v\n", err)
		return ExitUnavailable
	}
	value, err := sched.Main(w.ex, o.Mode, root)
	var panicked *sched.PanicError
	switch {
	case err == nil:
		return exitStatus(value, o.Log)
	case err == sched.ErrSignal:
		code, _ := w.ex.Exit()
		return signals.Die(syscall.Signal(sched.ExitSignal - code))
	case errors.As(err, &panicked):
		logPanic(o.Log, panicked)
		return ExitPanic
	}
	fmt.Fprintf(o.Log, "tripoint: %v\n", w.failure(err))
	return ExitFailed
}

// exitStatus returns the status for a root's value. What the kernel would cut off must not look like success.
func exitStatus(value int, log io.Writer) int {
	if value < 0 || value > exitRange {
		fmt.Fprintf(log, "tripoint: the root's value is %d, and an exit status is 0 to %d\n", value, exitRange)
		return exitRange
	}
	return value
}

// logPanic writes what Go writes about a goroutine.
func logPanic(log io.Writer, e *sched.PanicError) {
	fmt.Fprintf(log, "tripoint: %v\n\n%s\n", e, e.Stack)
}
