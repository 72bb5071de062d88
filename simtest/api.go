package simtest

import "github.com/tripoint-go/tripoint/internal/explore"

// World is what a program gets: a kernel, an executor, and the properties that it declares. It is valid during one run, and
// belongs to the goroutine that runs the program. It has the fields
//
//	Kernel *sim.Kernel      // to be set up by the program: pipes, files, lines, signals
//	Host   explore.Host     // the part of Kernel that a real kernel has, too, for programs that run on both
//	Exec   *sched.Executor  // what primitives are initialised with; AtEnd may ask it for the exit code
//
// and the methods
//
//	Assert(cond bool, property, format string, args ...any)     // a property that holds here; property identifies the failure
//	AtEnd(property string, check func() error)                  // a property of the whole run: nil, or what is wrong
//	ExpectSignal(n int32)                                       // the default action of this signal ends the run
//	External(f func(ex *sched.Executor, n int32))               // what happens when an event of Kernel.ExternalAt is due
//	Grace(d vclock.Duration)                                    // changes Config.Grace for this run; first in the set-up
//	Main(mode sched.Mode, body func(*sched.Task) int)           // the root: trigger and grace follow it, as in a program
//	Run(mode sched.Mode, body func(*sched.Task) int)            // the root, without trigger and grace
//	Sometimes(name string, cond bool)                           // cond is true at least once among all seeds
//	Span(virtual, real vclock.Duration) vclock.Duration         // virtual, or real where somebody has to wait for it
//	Virtual() bool                                              // time is virtual; in a test it always is
//	Work(n int) int                                             // draws 0 to n-1, which shapes the workload; 0 is the smallest
//
// A failed Assert ends the run within the same tick; its caller goes on until its next await. Checks of AtEnd run in the order
// in which they were declared, when nothing else has failed.
type World = explore.World

// Program sets up a world, once per run, and registers its root with one call of Main or Run. It must make all its state
// anew: what is shared with other runs makes runs depend on each other.
type Program = explore.Program

// Config is what a program needs of its world: sizes and bounds that are the same in every run. A zero field is its default.
//
//	Limits        sched.Limits     // Tasks: default 64; Ops: default 64; its Lines and Lanes follow the fields below
//	Lines         int              // interrupt lines of the kernel, 0 to sim.LinesMax
//	Lanes         int              // simulated scheduler threads, 1 to 16; default 1
//	SpuriousSlots int              // tasks 1 to this may be woken for nothing; default 8, -1: none
//	Grace         vclock.Duration  // how long Main waits for stop tokens and cleanup; default 1 s
//	StepsMax      int64            // polls and teardown steps of a run; default 100,000
//	FDMax         int              // descriptors open at once; default 64
//	EventsMax     int              // signals, connections and external events scheduled at once; default 64
//	PipeBytes     int              // capacity of a pipe and of each direction of a stream; default 4096
//	FilesMax      int              // named files; default 16
//	FileBytes     int              // size limit of a file; default 1 MiB
//	Single        bool             // all seeds are expected to make the same draws
type Config = explore.Config
