package explore

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Program sets up a world, once per run, and registers its root with exactly one call of [World.Main] or [World.Run]. Whatever
// changes during a run must be made by the program or its tasks: what is shared with other runs makes runs depend on each
// other. A sweep calls the program from several goroutines, each with a world of its own.
type Program func(w *World)

// World is what a program gets: a kernel, an executor, and the properties that it declares. It is valid during one run. Set-up
// and checks belong to the goroutine that runs the program; where bodies run on several workers, Assert, Sometimes and Work may
// be called by all of them at once.
type World struct {
	// Kernel is the simulated kernel, to be set up by the program: pipes, files, lines, signals. It is nil where the kernel is
	// a real one; Host is for programs that run on both.
	Kernel *sim.Kernel
	// Host is what can be set up in every world.
	Host Host
	// Exec is the executor. Primitives are initialised with it in the set-up or in bodies; functions given to AtEnd may ask it
	// for the exit code.
	Exec *sched.Executor

	run      runner
	main     bool
	mode     sched.Mode
	body     func(*sched.Task) int
	external func(*sched.Executor, int32)
	ends     []atEnd
	signal   atomic.Int32 // expected to end the run; 0: none
	failed   atomic.Bool

	mu    sync.Mutex // protects what is below
	found Violation
}

// runner is what a world needs of whoever makes its runs.
type runner interface {
	restart(grace vclock.Duration)      // starts the executor anew
	draw(n int) int                     // 0 to n-1
	sometimes(name string, cond bool)   // counts
	position() (step int64, seq uint64) // by now, of the executor and the trace
	interrupt()                         // asks for the end of the run, because a property was violated
}

type atEnd struct {
	property string
	check    func() error
}

// Main registers the body of the root task: when it has ended, the root scope is triggered, and the run waits up to
// Config.Grace for stop tokens and cleanup tasks, then for what the mode says. The body's value is the exit code.
func (w *World) Main(mode sched.Mode, body func(*sched.Task) int) { w.register(true, mode, body) }

// Run registers the body of the root task, without trigger and grace.
func (w *World) Run(mode sched.Mode, body func(*sched.Task) int) { w.register(false, mode, body) }

func (w *World) register(main bool, mode sched.Mode, body func(*sched.Task) int) {
	if w.body != nil || body == nil {
		panic("explore: a program registers one root: call Main or Run once, with a body")
	}
	w.main, w.mode, w.body = main, mode, body
}

// Grace changes Config.Grace for this run. It is the first thing that a set-up does with the executor, which starts anew:
// what was initialised with it before is lost.
func (w *World) Grace(d vclock.Duration) {
	if w.body != nil {
		panic("explore: Grace comes before Main and Run")
	}
	w.run.restart(d)
}

// ExpectSignal states that the default action of this signal ends the run. Without it, such an end is a failure.
func (w *World) ExpectSignal(n int32) { w.signal.Store(n) }

// Assert states a property that holds here. If cond is false the run fails and ends within the same tick; the caller goes on
// until its next await. property is a short fixed text that identifies the failure; format and args say what was seen. The
// arguments may cost an allocation even if cond is true.
func (w *World) Assert(cond bool, property, format string, args ...any) {
	if cond || w.failed.Load() {
		return
	}
	w.violate(property, fmt.Sprintf(format, args...))
	w.run.interrupt()
}

func (w *World) violate(property, text string) {
	step, seq := w.run.position()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed.Load() {
		return // another worker was first
	}
	w.found = Violation{ID: property, Text: text, Tau: w.Host.Now(), Step: step, Seq: seq, property: true}
	w.failed.Store(true)
}

// AtEnd states a property of the whole run: when the run has ended, and did not fail already, check returns nil or what is
// wrong. Checks run in the order in which they were declared, and the first error counts.
func (w *World) AtEnd(property string, check func() error) {
	w.ends = append(w.ends, atEnd{property, check})
}

// External registers what the outside world does when an event of Host.External, or of Kernel.ExternalAt, is due: it is called with the
// event's number, outside of all tasks, and may spawn with sched.SpawnOutside and wake with Exec.WakeOutside.
func (w *World) External(f func(ex *sched.Executor, n int32)) { w.external = f }

// Work draws a number from 0 to n-1 that shapes the workload: how many tasks, which operation, what size. Let 0 be the
// smallest workload. It is for the set-up and for bodies.
func (w *World) Work(n int) int { return w.run.draw(n) }

// Virtual reports whether time is virtual: it stands still while tasks work, and a wait takes no time. Where it is false,
// an interval is at least as long as was asked for, and no statement about time is stricter.
func (w *World) Virtual() bool { return w.Kernel != nil }

// Span is a duration that does not matter to the program: virtual where time is, real where somebody has to wait for it.
func (w *World) Span(virtual, real vclock.Duration) vclock.Duration {
	if w.Virtual() {
		return virtual
	}
	return real
}

// Sometimes states that cond is true at least once in a sweep. A sweep of some size in which it was always false proves
// less than it seems to, and fails by its guard. name is a short fixed text.
func (w *World) Sometimes(name string, cond bool) { w.run.sometimes(name, cond) }

func (w *World) reset() {
	w.main, w.mode, w.body, w.external = false, 0, nil, nil
	w.signal.Store(0)
	clear(w.ends)
	w.ends = w.ends[:0]
	w.failed.Store(false)
	w.found = Violation{}
}
