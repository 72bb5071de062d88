//go:build !tinygo

package sched

import (
	"fmt"
	"runtime/debug"

	"github.com/tripoint-go/tripoint/backend"
)

// Limits are the sizes of an executor on a host. A zero field is its default.
type Limits struct {
	Tasks int // live at the same time, default 4096
	Ops   int // in flight at the same time, default 256
	Lines int // interrupt lines, default what the backend has
	Lanes int // simulated lanes, default 1
}

// simulated is true: the executor may run in the simulator, with several lanes in one thread, a free order of polls, and a clock that
// stands still while only yielded tasks are queued. Elsewhere none of it is compiled.
const simulated = true

// hostState is what an executor on a host has beyond the core. It survives Init.
type hostState struct {
	st       Storage
	pool     []*hostCoroutine
	tasks    []*Task // headers for reuse
	panicked *PanicError
	workers  *workers // nil: the executor belongs to one thread

	receivers *SignalReceiver // open ones, the youngest first
}

// flagHost is what a flag has on a host beyond the core.
type flagHost struct{ fired func() }

// OnFire has f called when the flag fires, once, inside the core, after those who waited for it were woken. f must not wait, spawn or
// cancel, and it may fire other flags. It comes between Init and the first Fire, and is for authors of primitives, inside the core.
func (f *Flag) OnFire(call func()) { f.host.fired = call }

func (h *flagHost) call() {
	if h.fired != nil {
		h.fired()
	}
}

// PanicError says that a task panicked, where, and with what.
type PanicError struct {
	Task  TaskID
	Name  string
	Value any
	Stack []byte
}

// Error returns the first line of the report: who and what. The stack is in Stack.
func (e *PanicError) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("sched: the executor panicked: %v", e.Value)
	}
	return fmt.Sprintf("sched: task %q panicked: %v", e.Name, e.Value)
}

// Unwrap makes errors.Is(err, ErrPanic) true.
func (e *PanicError) Unwrap() error { return ErrPanic }

// New allocates an executor and its storage, and prepares the first run. Limits outside their ranges and a missing backend
// panic: they are programmer errors.
func New(limits Limits, opts Options) *Executor {
	if opts.Backend == nil {
		panic("sched: Options.Backend is required")
	}
	or := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	or(&limits.Tasks, 4096)
	or(&limits.Ops, 256)
	or(&limits.Lines, opts.Backend.Caps().Lines)
	or(&limits.Lanes, max(1, opts.Lanes))
	n := limits.Tasks + 1
	ex := &Executor{}
	ex.host.st = Storage{
		Tasks: make([]*Task, n), Gens: make([]uint64, n), Free: make([]uint32, n), Queue: make([]uint32, 2*n),
		Ops: make([]OpSlot, limits.Ops), FreeOps: make([]uint16, limits.Ops), Batch: make([]*backend.Op, limits.Ops),
		Lines: make([]Line, limits.Lines), Reports: make([]backend.Completion, 64),
		LaneTask: make([]*Task, limits.Lanes), LaneMap: make([]uint8, limits.Lanes),
	}
	ex.Init(ex.host.st, opts)
	ex.hire()
	return ex
}

// Reset prepares another run in the same storage, after the last one is over. It allocates nothing once the executor is
// warm. Tasks that the last run left frozen are unwound first, with the trace off: their deferred calls run, their awaits
// do not return.
//
// With workers it first waits for them: a task that was frozen in the middle of its body goes on to its next await.
func (ex *Executor) Reset(opts Options) {
	if ex.host.workers == nil {
		ex.reclaim()
	} else {
		ex.goHome()
		ex.host.panicked = nil
	}
	ex.Init(ex.host.st, opts)
	ex.hire()
}

// Close unwinds frozen tasks and ends the pooled coroutines. Of the executor, only Err is of use afterwards. With workers it first
// waits for them, and for the end of tasks that Run left running.
func (ex *Executor) Close() {
	if ex.host.workers != nil {
		ex.goHome()
		return
	}
	ex.reclaim()
	ex.drain()
}

// drain ends the pooled coroutines.
func (ex *Executor) drain() {
	for _, c := range ex.host.pool {
		c.stop()
	}
	ex.host.pool = nil
}

// reclaim gets the coroutines of frozen tasks back.
func (ex *Executor) reclaim() {
	ex.tr, ex.draws = nil, backend.Draws{}
	ex.run.over = true
	for slot, t := range ex.tasks[:ex.fresh] {
		if t == nil {
			continue
		}
		ex.tasks[slot] = nil
		t.flags &^= flagLive
		c := t.co.c
		if c == nil {
			continue
		}
		if c.state == coInside || c.state == coPaused {
			c.stop()
			continue
		}
		c.task, c.body, c.state = nil, nil, coIdle
		ex.host.pool = append(ex.host.pool, c)
	}
	ex.host.panicked = nil
}

// abort unwinds the calling task's body at once: its run is over.
func (t *Task) abort() {
	if t.co.c != nil {
		if t.ex.opts.Workers > 0 {
			t.leave() // to the deferred calls of the body
		}
		panic(killSignal{})
	}
}

// recycle keeps the header of a task that ended for the next spawn.
func (ex *Executor) recycle(t *Task) {
	if t.flags&flagStatic == 0 {
		t.handle, t.Arg, t.poll = nil, nil, nil
		ex.host.tasks = append(ex.host.tasks, t)
	}
}

func (ex *Executor) newTask() *Task {
	n := len(ex.host.tasks)
	if n == 0 {
		return new(Task)
	}
	t := ex.host.tasks[n-1]
	ex.host.tasks = ex.host.tasks[:n-1]
	return t
}

// panicEnd ends the run because t panicked.
func (ex *Executor) panicEnd(t *Task) {
	ex.tr.Emit(backend.EvPanic, int64(t.id), 0, 0, 0, 0)
	ex.fail(ErrPanic)
}

// drive ticks until the run is over. A panic in a future is that task's panic; one outside of all tasks is an internal
// error (S7).
func (ex *Executor) drive() {
	defer func() {
		if v := recover(); v != nil {
			ex.crashed(ex.current, v)
		}
	}()
	ex.turns(true)
}

// crashed ends the run because of a panic in a future of t, or, if t is nil, in the core itself.
func (ex *Executor) crashed(t *Task, v any) {
	e := &PanicError{Value: v, Stack: debug.Stack()}
	ex.host.panicked = e
	if t != nil {
		e.Task, e.Name = t.id, t.name
		ex.panicEnd(t)
		return
	}
	ex.tr.Emit(backend.EvFatal, 1, 0, 0, 0, 0)
	ex.fail(ErrPanic)
}

// Err returns why the run failed, or nil: a [*PanicError], or an [Error]: ErrStalled, ErrRefusalLoop, ErrSteps, ErrStopped, ErrSignal. It is
// nil while the run goes on. Anybody may ask, but not from inside the core.
func (ex *Executor) Err() error {
	ex.Lock()
	err := ex.failure()
	ex.Unlock()
	return err
}

func (ex *Executor) failure() error {
	if ex.host.panicked != nil && ex.run.err == ErrPanic {
		return ex.host.panicked
	}
	_, err := ex.Exit()
	return err
}

// Main runs body as the root task, like a program's main function: when it has ended, the root scope is triggered, and the
// run waits up to Grace for stop tokens and cleanup tasks, then for what the mode says. It returns the root's value, and the error of
// [Executor.Err]; the value is that of T's zero if the run failed before the root had ended. Where it may be called is as for [Run].
func Main[T any](ex *Executor, mode Mode, body func(*Task) T) (T, error) {
	return runRoot(ex, mode.number()+backend.ModeMain, body)
}

// Run runs body as the root task, without trigger and grace: what is left when it has ended is the mode's business. It blocks the
// calling goroutine until then, and allocates the handle of the root. The value and the error are as for [Main]. With workers and
// DetachTasks it returns when the root has ended, and the tasks that are left go on.
//
// Executors are independent, and any number may run at the same time, each in a goroutine of its own. Main or Run in the body or poll of
// a task, of any executor, is a programmer error: it would hold up all other tasks. So is a second one on the same executor.
//
// A body that ends its goroutine (runtime.Goexit, testing.T.FailNow) ends the run as a panic does if there are workers. Without, it ends
// the goroutine that called Run, too, which is what a test wants.
func Run[T any](ex *Executor, mode Mode, body func(*Task) T) (T, error) {
	return runRoot(ex, mode.number(), body)
}

func runRoot[T any](ex *Executor, mode int64, body func(*Task) T) (T, error) {
	if (ex.epoch == 1 || ex.host.workers != nil) && insideTask() { // once where runs are short and many
		panic("sched: Main and Run are not for tasks: start a goroutine, or spawn")
	}
	ex.Lock()
	if ex.current != nil || ex.root != nil {
		ex.Unlock()
		panic("sched: an executor runs one root at a time; call Reset between runs")
	}
	ex.boot(mode)
	t := ex.newTask()
	t.name, t.class, t.flags = "root", 0, 0
	h := &Handle[T]{}
	ex.root = t
	h.spawn(ex, t, nil, body)
	ex.Unlock()
	var err error
	if ex.host.workers != nil {
		err = ex.work()
	} else {
		ex.drive()
		err = ex.Err()
	}
	v, _ := h.Value() // none if the run failed first: then the body may be under way
	return v, err
}

// Handle is the join handle of a task with a result.
type Handle[T any] struct {
	JoinHandle
	value T
	body  func(*Task) T
}

func (h *Handle[T]) run(t *Task) {
	h.value = h.body(t)
	h.digest = Digest(&h.value)
}

func (h *Handle[T]) spawn(ex *Executor, t, parent *Task, body func(*Task) T) bool {
	h.body = body
	t.poll = nil
	if !ex.start(t, parent, &h.JoinHandle) {
		ex.recycle(t)
		h.err = ex.spawnError()
		return false
	}
	t.co.first = h
	if ex.host.workers == nil {
		ex.equip(t)
	}
	return true
}

// Spawn starts a straight-line task. It is queued, not polled (S6). The handle is unattached: forgetting it lets the task run to its
// end. If the task table is full, the handle's Err and Join say ErrTasksFull; if the run is over, ErrClosed. It costs one allocation, the
// handle, beyond what the closure itself needs; headers and stacks are pooled. It is for task t itself. The name is for reports and
// traces, and need not be unique.
func Spawn[T any](t *Task, name string, body func(*Task) T) *Handle[T] {
	return SpawnWith(t, name, SpawnOptions{}, body)
}

// SpawnChild is Spawn with the handle attached to the spawner: its end requests a cancel of the child, and does not wait for it. In a
// teardown there is nobody to attach to: then it is Spawn.
func SpawnChild[T any](t *Task, name string, body func(*Task) T) *Handle[T] {
	return SpawnWith(t, name, SpawnOptions{Attach: true}, body)
}

// SpawnWith is Spawn with options. A scope that is closing takes no members: then the handle says ErrClosed. A task that is
// being torn down can spawn cleanup tasks only, and everything it spawns is one.
func SpawnWith[T any](t *Task, name string, opts SpawnOptions, body func(*Task) T) *Handle[T] {
	h := &Handle[T]{}
	in := t.Enter()
	spawnWith(t, h, name, opts, body)
	t.Leave(in)
	return h
}

func spawnWith[T any](t *Task, h *Handle[T], name string, opts SpawnOptions, body func(*Task) T) {
	ex := t.ex
	if opts.Scope != nil && opts.Scope.state != scopeOpen {
		h.err = ErrClosed
		return
	}
	n := ex.newTask()
	n.name, n.class, n.flags = name, opts.class(), 0
	if h.spawn(ex, n, t, body) {
		h.place(n, t, opts)
	}
}

// SpawnOutside starts a task from inside the core but outside of all tasks, as Options.External does. Other goroutines use an
// [Injector]. After the root has ended the handle says ErrClosed (SD10). It allocates the handle.
func SpawnOutside[T any](ex *Executor, name string, body func(*Task) T) *Handle[T] {
	h := &Handle[T]{}
	spawnOutside(ex, h, name, body)
	return h
}

func spawnOutside[T any](ex *Executor, h *Handle[T], name string, body func(*Task) T) {
	if ex.run.rootEnded || ex.run.over {
		h.err = ErrClosed
		return
	}
	n := ex.newTask()
	n.name, n.class, n.flags = name, 0, 0
	h.spawn(ex, n, nil, body)
}

// SpawnFuture starts a task that is a polled future. poll runs to the next Pending, having arranged a wake, and never blocks. Its
// outcome has no value. For the rest see [Spawn].
func SpawnFuture(t *Task, name string, poll func(*Task) Poll) *JoinHandle {
	return SpawnFutureWith(t, name, SpawnOptions{}, poll)
}

// SpawnFutureWith is SpawnFuture with options, see [SpawnWith].
func SpawnFutureWith(t *Task, name string, opts SpawnOptions, poll func(*Task) Poll) *JoinHandle {
	h := &JoinHandle{}
	in := t.Enter()
	spawnFuture(t, h, name, opts, poll)
	t.Leave(in)
	return h
}

func spawnFuture(t *Task, h *JoinHandle, name string, opts SpawnOptions, poll func(*Task) Poll) {
	ex := t.ex
	if opts.Scope != nil && opts.Scope.state != scopeOpen {
		h.err = ErrClosed
		return
	}
	n := ex.newTask()
	n.name, n.class, n.flags, n.poll, n.co = name, opts.class(), 0, poll, coroutine{}
	if !ex.start(n, t, h) {
		ex.recycle(n)
		h.err = ex.spawnError()
		return
	}
	h.place(n, t, opts)
}

// Join waits for the task's end and returns its value, once: it uses the handle up. It does not allocate. Straight-line tasks only.
// The error is
//
//   - ErrNoValue: the task was cancelled by its own handle before its body had finished;
//   - ErrCancelled: the caller is being cancelled. Then an unattached task runs on, detached (NC3), and one that is attached to the
//     caller is cancelled, as by the caller's end;
//   - ErrDetached: the handle was given up or used before, or another task is in Join or Cancel;
//   - ErrTasksFull or ErrClosed: there never was a task, see [Spawn].
func (h *Handle[T]) Join(t *Task) (value T, err error) {
	in := t.Enter()
	if err = h.join(t); err == nil {
		value = h.value
	}
	t.Leave(in)
	return value, err
}

// Cancel requests a cancel and waits for the task's end, all its releases included. ok says that the body had finished, with the
// value; otherwise there is none. It uses the handle up, and does not allocate. The request stands even if the wait ends with an
// error: ErrCancelled if the caller is being cancelled itself, ErrDetached if another task is in Join or Cancel, or gives the handle up.
// Nothing is requested if it was given up or used before, which is ErrDetached as well, or if there never was a task: ErrTasksFull or
// ErrClosed. Straight-line tasks only; others use Stop, and poll.
func (h *Handle[T]) Cancel(t *Task) (value T, ok bool, err error) {
	in := t.Enter()
	if ok, err = h.cancel(t); ok {
		value = h.value
	}
	t.Leave(in)
	return value, ok, err
}

// Value returns the value of a task that has ended; ok is false if there is none. It neither waits nor uses the handle up, and
// may be called by any task, and by anybody once the run is over.
func (h *Handle[T]) Value() (value T, ok bool) {
	h.lock()
	if h.done && h.some {
		value, ok = h.value, true
	}
	h.unlock()
	return value, ok
}
