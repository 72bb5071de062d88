package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// TasksMax is the largest number of tasks that a program has, its root included.
const TasksMax = 7

// LinesMax is the largest number of interrupt lines that a program uses.
const LinesMax = 3

// RaisesMax is the largest number of requests that a program has ordered with World.Raise and that are not due yet.
const RaisesMax = 8

// Program is one scenario. Its zero value is ready for Setup, which is called once, before the run, and registers the root with
// exactly one call of World.Main or World.Run. Check is called after the run.
type Program interface {
	Setup(w *World)
	Check(w *World)
}

// Env is what a world can do outside of the executor. Whoever runs programs fills it in. Where a function may be nil, the world
// lacks what it stands for. Functions that bodies call may be called by several workers at once.
type Env struct {
	// Virtual: time stands still while tasks work, and a wait takes none.
	Virtual bool

	// Serves: when the root has ended with sched.DetachTasks, somebody stays and serves what it has left to its end.
	Serves bool

	// Work draws a number from 0 to n-1.
	Work func(n int) int

	// Line returns the line that stands for line i of the program. Nil: the same.
	Line func(i int) int

	// Raise requests a line of this world after the duration.
	Raise func(line int, after vclock.Duration)

	// Storm begins a request of a line of this world that lasts until Calm is called. Nil: there is no such device.
	Storm func(line int)
	Calm  func(line int)

	// Fail takes note that a property does not hold. got and want are what was seen and what was asked for; they are equal if
	// there is nothing to be seen.
	Fail func(property string, got, want int64)

	// Sometimes takes note whether a condition was true that must be true in some run. It may be nil.
	Sometimes func(name string, cond bool)
}

// World is what a program gets. Its methods are for Setup, for bodies and for Check.
type World struct {
	// Exec is the executor.
	Exec *sched.Executor

	env     *Env
	program Program
	tasks   []sched.Task
	stacks  []uint32
	taken   atomic.Int32
	body    func(*sched.Task) int64
	mode    sched.Mode
	main    bool
}

// Init prepares the world for one run. tasks are the headers of all tasks that the program starts, and of its root if [World.Begin]
// starts it; what is left in them of a run that is over is cleared. stacks is cut into as many equal parts; where goroutines have
// stacks, it is nil. The world keeps everything it is given.
func (w *World) Init(ex *sched.Executor, env *Env, tasks []sched.Task, stacks []uint32) {
	clear(tasks)
	w.Exec, w.env, w.tasks, w.stacks = ex, env, tasks, stacks
	w.program, w.body, w.mode, w.main = nil, nil, 0, false
	w.taken.Store(0)
}

// Load sets p up as the program of this run.
func (w *World) Load(p Program) {
	w.program = p
	p.Setup(w)
	if w.body == nil {
		panic("portable: a program registers one root: call Main or Run once, with a body")
	}
}

// Begin boots the run that Load has prepared: the caller serves the executor then.
func (w *World) Begin() {
	root, stack := w.Take()
	root.Arg = w.program
	w.Exec.BeginFunc(root, "root", w.body, stack, w.mode, w.main)
}

// Root returns what the program has registered, for worlds that start the root themselves. The root's Arg must be the program.
func (w *World) Root() (body func(*sched.Task) int64, mode sched.Mode, main bool) {
	return w.body, w.mode, w.main
}

// End lets the program check what must hold now that the run is over.
func (w *World) End() { w.program.Check(w) }

// Main registers the body of the root task: when it has ended, the root scope is triggered, and the run waits for stop tokens
// and cleanup tasks, then for what the mode says. The body's value is the exit code.
func (w *World) Main(mode sched.Mode, body func(*sched.Task) int64) {
	w.body, w.mode, w.main = body, mode, true
}

// Run registers the body of the root task, without trigger and grace.
func (w *World) Run(mode sched.Mode, body func(*sched.Task) int64) {
	w.body, w.mode, w.main = body, mode, false
}

// Take returns the header of a task that was not used in this run, and its stack.
func (w *World) Take() (*sched.Task, []uint32) {
	i := int(w.taken.Add(1)) - 1
	if i >= len(w.tasks) {
		panic("portable: a program has at most as many tasks as World.Init was given, TasksMax by custom")
	}
	n := len(w.stacks) / len(w.tasks)
	return &w.tasks[i], w.stacks[i*n : i*n+n]
}

// Spawn starts a straight-line task that has the Arg of its parent, which calls. A header is used once in a run. If the run is
// over, the handle says sched.ErrDetached.
func (w *World) Spawn(t *sched.Task, name string, body func(*sched.Task) int64) *sched.JoinHandle {
	return w.SpawnArg(t, name, t.Arg, body)
}

// SpawnArg is Spawn with another Arg: a pointer.
func (w *World) SpawnArg(t *sched.Task, name string, arg any, body func(*sched.Task) int64) *sched.JoinHandle {
	task, stack := w.Take()
	task.Arg = arg
	h, err := task.StartFunc(w.Exec, t, name, body, stack)
	if err != nil {
		return unborn()
	}
	return h
}

// SpawnMember is SpawnArg for a member of a scope. If the scope takes none, the handle says sched.ErrDetached.
func (w *World) SpawnMember(s *sched.Scope, t *sched.Task, name string, arg any, body func(*sched.Task) int64) *sched.JoinHandle {
	task, stack := w.Take()
	task.Arg = arg
	h, err := task.StartMember(s, t, name, body, stack)
	if err != nil {
		return unborn()
	}
	return h
}

// SpawnWith is Spawn with options.
func (w *World) SpawnWith(t *sched.Task, name string, opts sched.SpawnOptions, body func(*sched.Task) int64) *sched.JoinHandle {
	task, stack := w.Take()
	task.Arg = t.Arg
	h, err := task.StartWith(t, name, opts, body, stack)
	if err != nil {
		return unborn()
	}
	return h
}

// SpawnPoll starts a task that is a polled future.
func (w *World) SpawnPoll(t *sched.Task, name string, arg any, poll func(*sched.Task) sched.Poll) *sched.JoinHandle {
	task, _ := w.Take()
	task.Arg = arg
	h, err := task.Start(w.Exec, t, name, poll)
	if err != nil {
		return unborn()
	}
	return h
}

// Work draws a number from 0 to n-1 that shapes the workload. 0 is the smallest.
func (w *World) Work(n int) int { return w.env.Work(n) }

// Draw is Work as a duration: from 0 to n-1 times the unit.
func (w *World) Draw(n int, unit vclock.Duration) vclock.Duration {
	return vclock.Duration(w.env.Work(n)) * unit
}

// Virtual reports whether time is virtual. Where it is not, an interval is at least as long as was asked for, and no statement
// about time is stricter.
func (w *World) Virtual() bool { return w.env.Virtual }

// Serves reports whether what the root leaves with sched.DetachTasks is served. Where it is not, it freezes.
func (w *World) Serves() bool { return w.env.Serves }

// Span is a duration that does not matter to the program: virtual where time is, real where somebody has to wait for it.
func (w *World) Span(virtual, real vclock.Duration) vclock.Duration {
	if w.env.Virtual {
		return virtual
	}
	return real
}

// Line returns the number of the program's line i in this world.
func (w *World) Line(i int) int {
	if w.env.Line == nil {
		return i
	}
	return w.env.Line(i)
}

// Raise has the outside request the program's line i after the duration.
func (w *World) Raise(i int, after vclock.Duration) { w.env.Raise(w.Line(i), after) }

// Pend requests the program's line i by software.
func (w *World) Pend(i int) { w.Exec.PendLine(w.Line(i)) }

// Storm has a device request the program's line i until Calm, if this world has such a device.
func (w *World) Storm(i int) {
	if w.env.Storm != nil {
		w.env.Storm(w.Line(i))
	}
}

// Calm ends what Storm began.
func (w *World) Calm(i int) {
	if w.env.Calm != nil {
		w.env.Calm(w.Line(i))
	}
}

// Assert states a property that holds here. If it does not the run fails; the caller goes on until its next await. property is
// a short constant that identifies the failure.
func (w *World) Assert(ok bool, property string) {
	if !ok {
		w.env.Fail(property, 0, 0)
	}
}

// Equal is Assert for two numbers that are equal.
func (w *World) Equal(property string, got, want int64) {
	if got != want {
		w.env.Fail(property, got, want)
	}
}

// AtLeast is Assert for a number that is not below a bound.
func (w *World) AtLeast(property string, got, bound int64) {
	if got < bound {
		w.env.Fail(property, got, bound)
	}
}

// Sometimes states that cond is true in some of many runs. name is a short constant.
func (w *World) Sometimes(name string, cond bool) {
	if w.env.Sometimes != nil {
		w.env.Sometimes(name, cond)
	}
}
