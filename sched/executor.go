package sched

import (
	"unsafe"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// Storage is the memory an executor works in. Programs without a heap declare it statically; [New] allocates it. The sizes
// are the limits of the executor; nothing grows.
type Storage struct {
	Tasks    []*Task  // one entry a task that is live at the same time; entry 0 is not used
	Gens     []uint64 // as long as Tasks
	Free     []uint32 // as long as Tasks
	Queue    []uint32 // twice as long as Tasks
	Ops      []OpSlot // operations in flight, at most 65,536
	FreeOps  []uint16 // as long as Ops
	Batch    []*backend.Op
	Lines    []Line // one an interrupt line
	Reports  []backend.Completion
	LaneTask []*Task // one a lane
	LaneMap  []uint8 // one a lane
}

// Options are the choices of one run. The zero value of a field is its default.
type Options struct {
	Backend   backend.Backend // the world; required
	Trace     *backend.Trace  // nil: off
	Chooser   backend.Chooser // nil: always 0
	FreeOrder bool            // the next task to poll is a choice, and a tick polls one task
	Lanes     int             // simulated lanes, 1 to the size of the storage; default 1
	// Workers, if it is not 0, is the number of threads, 1 to 255, that poll tasks beside each other. The backend must be a
	// backend.Parallel with as many lanes. There is no chooser then, and one simulated lane. 0: one thread, that of the caller.
	Workers      int
	Seed         int64           // for the boot event only
	Grace        vclock.Duration // longest wait between the root's end and the exit of Main; default 1 s
	RefusalLimit int32           // refused calls in a row that end the run; default 1000
	StepsMax     int64           // polls and teardown steps; 0: no bound
	// External is called, between polls, for each CompletionExternal of the backend: the world outside of all tasks. It
	// may wake tasks and spawn through SpawnOutside. It runs inside the core. Only the simulator has such events; for goroutines
	// of a host there is [Injector].
	External func(ex *Executor, n int32)
	// Stalled is called once, inside the core, when a run with workers has live tasks and nothing that could ever wake one
	// of them, while its root is live: a report is all that can be done.
	Stalled func(ex *Executor)
}

// Executor runs tasks on one backend. It belongs to one thread; see the package comment for what may be called from where.
type Executor struct {
	// What a handler needs comes first: ARMv6-M reaches it with shorter instructions.
	waiting unsafe.Pointer // the first of lines while nothing is queued and a handler may poll, see Interrupt
	current *Task
	tr      *backend.Trace

	be       backend.Backend
	submitTo backend.Backend  // takes the next batch: with workers, the lane that acts
	pools    backend.Pools    // nil if the backend has none
	handlers backend.Handlers // nil if it has none
	stacks   backend.Stacks   // likewise
	caps     backend.Caps
	draws    backend.Draws
	opts     Options
	now      vclock.Instant

	tasks    []*Task
	gens     []uint64
	epoch    uint32   // counts the runs
	free     []uint32 // slots that were given back, the last one first
	fresh    int      // slots from here on were not used in this run
	queue    runQueue
	yielders int
	lane     uint8 // that polls next

	lanes    int
	laneTask []*Task // suspended inside a poll on this lane
	laneMap  []uint8
	paused   int

	timers    timerHeap
	lastTimer int64
	lastID    int64

	opTable     []OpSlot
	freeOps     []uint16
	freshOps    int // slots from here on were not used in this run
	freeWaiters int // slots promised to tasks that wait for one
	opWaiters   List
	openOps     int
	batch       []*backend.Op
	lines       []Line
	reports     []backend.Completion
	reaped      bool // the last reap filled the reports: there may be more

	live, cleanups int
	choosing       bool // free order, or lanes to choose from: a turn is one step
	steps          int64
	stepsMax       int64 // Options.StepsMax, or as good as none
	root           *Task
	rootScope      Scope
	scopeTokens    int // live tokens of all scopes
	signalled      bool
	tokenTaken     bool

	run   runState
	gated bool
	host  hostState
}

// Init prepares an executor for a run in the given storage; Begin, Main or Run start it. It does not allocate. It may be called
// again after the run has ended. Limits that do not fit together are a programmer error.
func (ex *Executor) Init(st Storage, opts Options) {
	n := len(st.Tasks)
	switch {
	case opts.Backend == nil:
		panic("sched: Options.Backend is required")
	case !backend.Tracing && opts.Trace != nil:
		panic("sched: a program that is built with the tag notrace has no trace")
	case n < 2 || n > 1<<slotBits || len(st.Gens) != n || len(st.Free) < n || len(st.Queue) < 2*n:
		panic("sched: the task storage needs Tasks of 2 or more entries, Gens and Free as long, Queue twice as long")
	case len(st.Ops) > 1<<16 || len(st.FreeOps) < len(st.Ops) || cap(st.Batch) < len(st.Ops):
		panic("sched: the operation storage needs FreeOps and Batch as long as Ops, at most 65,536")
	case len(st.Reports) == 0 || len(st.LaneTask) == 0 || len(st.LaneMap) < len(st.LaneTask):
		panic("sched: the storage needs at least one report and one lane")
	}
	if opts.Lanes == 0 {
		opts.Lanes = 1
	}
	if opts.Lanes < 0 || opts.Lanes > len(st.LaneTask) || opts.Lanes > 255 {
		panic("sched: S6: a pool needs between 1 lane and as many as its storage has")
	}
	if opts.Grace == 0 {
		opts.Grace = vclock.Second
	}
	if opts.RefusalLimit == 0 {
		opts.RefusalLimit = 1000
	}
	usedTasks, usedOps := n, len(st.Ops)
	if len(ex.tasks) == n && &ex.tasks[0] == &st.Tasks[0] && len(ex.opTable) == usedOps &&
		(usedOps == 0 || &ex.opTable[0] == &st.Ops[0]) {
		usedTasks, usedOps = ex.fresh, ex.freshOps // of the last run in this storage; the rest is clear
	}
	pools, _ := opts.Backend.(backend.Pools)
	handlers, _ := opts.Backend.(backend.Handlers)
	stacks, _ := opts.Backend.(backend.Stacks)
	host, epoch := ex.host, ex.epoch+1
	*ex = Executor{
		be: opts.Backend, submitTo: opts.Backend, pools: pools, handlers: handlers, stacks: stacks, caps: opts.Backend.Caps(), tr: opts.Trace, opts: opts,
		draws: backend.Draws{Chooser: opts.Chooser, Trace: opts.Trace},
		tasks: st.Tasks, gens: st.Gens, free: st.Free[:0], fresh: 1, queue: runQueue{buf: st.Queue[:2*n]},
		lanes: opts.Lanes, laneTask: st.LaneTask, laneMap: st.LaneMap,
		opTable: st.Ops, freeOps: st.FreeOps[:0], batch: st.Batch[:0], lines: st.Lines, reports: st.Reports,
		host: host, epoch: epoch,
	}
	clear(ex.tasks[:usedTasks])
	clear(ex.gens[:usedTasks])
	clear(st.Ops[:usedOps])
	for i := len(st.Ops) - 1; i >= 0; i-- {
		ex.freeOps = push(ex.freeOps, uint16(i))
	}
	ex.choosing = opts.FreeOrder || opts.Lanes > 1
	ex.stepsMax = opts.StepsMax
	if ex.stepsMax <= 0 {
		ex.stepsMax = 1<<63 - 1
	}
	clear(st.Lines)
	clear(st.LaneTask)
	if handlers != nil {
		if len(st.Lines) < 16 {
			panic("sched: a world with handlers needs Lines of 16 or more entries")
		}
		handlers.Attach(ex)
	}
	ex.readClock()
}

func (ex *Executor) boot(mode int64) {
	var free int64
	if ex.opts.FreeOrder {
		free = 1
	}
	ex.run = runState{mode: mode &^ backend.ModeMain, main: mode&backend.ModeMain != 0}
	ex.tr.Emit(backend.EvBoot, ex.caps.Number, ex.opts.Seed, int64(max(ex.lanes, ex.opts.Workers)), mode, free)
	ex.rootScope.openRoot(ex)
}

// NewID returns the next object id of the trace. Ids grow. It is for authors of primitives, inside the core.
func (ex *Executor) NewID() int64 {
	ex.lastID++
	return ex.lastID
}

// Trace returns the trace, nil if it is off or the run is over. Primitives built on the core write their events there, inside the core.
func (ex *Executor) Trace() *backend.Trace { return ex.tr }

// Backend returns the world that the executor runs in, for what it offers besides the contract. Anybody may ask; calls of its methods
// belong inside the core.
func (ex *Executor) Backend() backend.Backend { return ex.be }

// Now returns the current instant of the backend's clock. Any task may ask; with one thread it is for that thread.
func (ex *Executor) Now() vclock.Instant {
	if ex.opts.Workers > 0 {
		return ex.be.Now()
	}
	ex.readClock()
	return ex.now
}

// Steps returns the number of polls and teardown steps of this run so far. Anybody may ask, but not from inside the core.
func (ex *Executor) Steps() int64 {
	ex.Lock()
	n := ex.steps
	ex.Unlock()
	return n
}

// Live returns the number of live tasks, the root included. Anybody may ask, but not from inside the core.
func (ex *Executor) Live() int {
	ex.Lock()
	n := ex.live
	ex.Unlock()
	return n
}

// EachTask calls f for every live task, in slot order. It is for reports, when no worker runs or from inside the core.
func (ex *Executor) EachTask(f func(*Task)) {
	for _, t := range ex.tasks {
		if t != nil && t.flags&flagLive != 0 {
			f(t)
		}
	}
}

// ReadClock returns the current instant and stamps it on what the trace says from here on. It is for authors of primitives, inside
// the core.
func (ex *Executor) ReadClock() vclock.Instant {
	ex.readClock()
	return ex.now
}

func (ex *Executor) readClock() {
	ex.now = ex.be.Now()
	if ex.tr != nil {
		ex.tr.Tau = ex.now
	}
}

// start makes t live: it queues it and never polls (S6). False, for the reason that spawnError gives, if it cannot.
func (ex *Executor) start(t *Task, parent *Task, handle *JoinHandle) bool {
	n := len(ex.free)
	if n == 0 && ex.fresh == len(ex.tasks) || ex.run.over {
		return false
	}
	slot := uint32(ex.fresh)
	if n > 0 {
		slot = ex.free[n-1]
		ex.free = ex.free[:n-1]
	} else {
		ex.fresh++
	}
	t.ex, t.epoch, t.handle, t.parent = ex, ex.epoch, handle, 0
	t.id = TaskID(ex.gens[slot]<<slotBits | uint64(slot))
	ex.gens[slot]++
	if parent != nil {
		t.parent = parent.id
		if parent.flags&flagDropping != 0 {
			t.class = uint8(backend.ClassCleanup) // what a teardown spawns is an asynchronous destructor (SD11)
		}
	}
	t.flags = t.flags&flagStatic | flagLive | flagQueued
	t.held, t.refusals, t.passed, t.newest, t.blocked, t.scope, t.ending, t.sections = 0, 0, 0, nil, nil, nil, false, 0
	handle.begin(t)
	ex.tasks[slot] = t
	ex.live++
	if t.class == uint8(backend.ClassCleanup) {
		ex.cleanups++
	}
	if ex.tr != nil {
		ex.tr.Emit(backend.EvSpawn, int64(t.id), int64(t.parent), int64(t.class), ex.tr.Intern(t.name), 0)
	}
	if ex.opts.Chooser != nil {
		ex.opts.Chooser.Spawned(slot)
	}
	ex.queue.push(slot)
	return true
}

// spawnError says why start refused.
func (ex *Executor) spawnError() Error {
	if ex.run.over {
		return ErrClosed
	}
	return ErrTasksFull
}

// wake makes t runnable. It is idempotent; the trace says what came of it.
func (ex *Executor) wake(t *Task, src int64) {
	eff := backend.EffQueued
	switch {
	case t.flags&(flagReady|flagDropping) != 0:
		eff = backend.EffVoid
	case t.flags&flagLive == 0:
		return
	case t.flags&flagQueued != 0:
		eff = backend.EffMerged
		if t.flags&flagYielded != 0 {
			t.flags &^= flagYielded
			ex.yielders--
		}
	case t.flags&flagRunning != 0:
		if t.flags&flagNoted != 0 {
			eff = backend.EffMerged
			t.flags &^= flagYielded
		} else {
			eff = backend.EffNoted
			t.flags |= flagNoted
		}
	default:
		ex.enqueue(t)
	}
	ex.tr.Emit(backend.EvWake, int64(t.id), src, eff, 0, 0)
}

func (ex *Executor) enqueue(t *Task) {
	t.flags |= flagQueued
	if t.flags&flagYielded != 0 {
		ex.yielders++
	}
	ex.queue.push(t.id.Slot())
}

// cancel is what a handle does to its task. The task is queued for its teardown; a poll under way finishes first and wins
// if it is Ready (NC5).
func (ex *Executor) cancel(t *Task, why int64) {
	if t.flags&flagLive == 0 || t.flags&(flagCancel|flagReady|flagDropping) != 0 {
		return
	}
	ex.tr.Emit(backend.EvCancelReq, int64(t.id), why, 0, 0, 0)
	if t.flags&(flagQueued|flagYielded) == flagQueued|flagYielded {
		ex.yielders--
	}
	t.flags = t.flags&^flagYielded | flagCancel
	switch {
	case t.flags&flagRunning != 0:
		t.flags |= flagNoted
	case t.flags&flagQueued == 0:
		ex.enqueue(t)
	}
}

// begin gives the task its turn. It returns the task if it is to be polled now, nil if this was its teardown.
func (ex *Executor) begin(t *Task) *Task {
	ex.steps++
	if t.flags&flagYielded != 0 {
		ex.yielders--
	}
	t.flags &^= flagQueued | flagYielded
	if t.flags&flagCancel != 0 {
		ex.teardown(t)
		return nil
	}
	t.flags |= flagRunning
	t.lane = ex.lane
	ex.tr.Emit(backend.EvPollBegin, int64(t.id), 0, 0, 0, 0)
	return t
}

// polled takes the answer of a poll that ended or stopped at a scheduling point.
func (ex *Executor) polled(t *Task, p Poll) {
	ex.current = nil
	switch {
	case ex.run.over:
		return
	case p == suspended:
		ex.laneTask[t.lane] = t
		ex.paused++
		return
	}
	t.flags &^= flagRunning
	ex.tr.Emit(backend.EvPollEnd, int64(t.id), int64(p), 0, 0, 0)
	if p == Ready {
		t.flags |= flagReady
		ex.teardown(t)
		return
	}
	if t.flags&flagNoted != 0 {
		t.flags &^= flagNoted
		ex.enqueue(t)
	}
}

// teardown releases what an ending task still owns, newest first, and ends it when every release is done. It never blocks.
func (ex *Executor) teardown(t *Task) {
	ex.tr.Emit(backend.EvDropBegin, int64(t.id), 0, 0, 0, 0)
	t.Hold()
	t.flags |= flagDropping
	t.ending = true
	if t.flags&flagReady == 0 {
		t.unwind()
	}
	if ex.run.over {
		return
	}
	ex.current = t // a release that panics is the task's panic (S8)
	for r := t.newest; r != nil; r = t.newest {
		r.Disown()
		r.release(r.of, t)
	}
	ex.current = nil
	t.Unhold()
}

// finish ends the task: all releases are done.
func (ex *Executor) finish(t *Task) {
	ex.tr.Emit(backend.EvDropEnd, int64(t.id), 0, 0, 0, 0)
	slot := t.id.Slot()
	t.flags &^= flagLive
	ex.tasks[slot] = nil
	ex.free = push(ex.free, slot)
	ex.live--
	if t.class == uint8(backend.ClassCleanup) {
		ex.cleanups--
	}
	handle, scope := t.handle, t.scope
	if scope != nil {
		if scope.ended != nil {
			scope.ended(scope.endedOf, t.id, true)
		}
		scope.leave(t)
	}
	handle.end(ex, t)
	if t == ex.root && !ex.run.rootEnded { // later, another task may have its header
		ex.rootDone(handle)
	}
	ex.recycle(t)
}
