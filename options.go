package tripoint

import (
	"io"
	"os"
	"runtime"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Options configure [Main] and [Run]. The zero value of a field is its default; a value out of range is a programmer error and
// panics. Tables have the sizes given here and do not grow.
type Options struct {
	// Workers is the number of threads that run tasks beside each other, 1 to 255. Each has a ring of its own. Default: GOMAXPROCS.
	Workers int

	// Mode says what becomes of tasks that are left when the root has ended. Default: sched.DetachTasks. Then Main freezes them, and
	// after Run they go on until they end by themselves.
	Mode sched.Mode

	// Grace is how long Main waits for stop tokens and cleanup tasks when the root has ended. Default: 1 s. For none at all, say
	// vclock.Nanosecond. Run has no grace.
	Grace vclock.Duration

	// Tasks is how many tasks may be live at the same time, 1 to 16,777,214; a spawn beyond gets sched.ErrTasksFull. A live
	// straight-line task takes a stack of at least 8 KiB, an unused entry 28 bytes. Default: 65,536.
	Tasks int

	// Ops is how many operations may be in flight at the same time, 1 to 65,536; others wait for their turn, first in, first out. A
	// server needs one for each connection on which it waits, and some more. Default: 16,384.
	Ops int

	// Lines is the number of interrupt lines, each an eventfd, 0 to 1024. Default: 0.
	Lines int

	// RefusalLimit is after how many refused calls in a row a task that does not listen ends the run, at least 1. Default: 1000.
	RefusalLimit int

	// Trace, if it is not nil, gets every event of the run. It must have been initialised, and serves one run at a time.
	Trace *backend.Trace

	// Log takes what Main and Run have to tell a person: why the process ends, or that tasks are stalled. It is written to from the
	// executor's threads and must neither block for long nor call the executor. Default: os.Stderr.
	Log io.Writer

	// Backend is the world to run in, with at least Workers lanes and room for Ops operations; the default of Lines is what it has. It
	// is not closed here: close it when no task of the run is left. Default: an io_uring of the run's own.
	Backend backend.Parallel

	closed chan<- error // for tests: told, when all is given back, with what Close said
}

// filled returns o with its defaults, or panics.
func (o Options) filled() Options {
	workers, lines := min(runtime.GOMAXPROCS(0), workersMax), 0
	if o.Backend != nil {
		workers, lines = min(workers, o.Backend.Lanes()), o.Backend.Caps().Lines
	}
	pick(&o.Workers, workers, 1, workersMax, "Options.Workers is 1 to 255")
	pick(&o.Tasks, 1<<16, 1, 1<<24-2, "Options.Tasks is 1 to 16777214")
	pick(&o.Ops, 1<<14, 1, 1<<16, "Options.Ops is 1 to 65536")
	pick(&o.Lines, lines, 0, 1024, "Options.Lines is 0 to 1024")
	pick(&o.RefusalLimit, 1000, 1, 1<<31-1, "Options.RefusalLimit is at least 1")
	pick(&o.Grace, vclock.Second, 1, 1<<63-1, "Options.Grace is not negative")
	switch {
	case o.Mode > sched.StopAllOperations:
		panic("tripoint: Options.Mode is one of the modes of package sched")
	case o.Backend != nil && o.Backend.Lanes() < o.Workers:
		panic("tripoint: Options.Backend has a lane for each worker")
	}
	if o.Log == nil {
		o.Log = os.Stderr
	}
	return o
}

const workersMax = 255

// pick fills in a default and holds a number to its range.
func pick[N int | vclock.Duration](v *N, standard, least, most N, invariant string) {
	if *v == 0 {
		*v = standard
	}
	if *v < least || *v > most {
		panic("tripoint: " + invariant)
	}
}
