package sched

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// TaskID names one life of a task: slot in the low 24 bits (from 1), generation above (from 0). It is never used again within
// one run. The zero value is "the outside".
type TaskID uint64

// Slot returns the slot of the id.
func (id TaskID) Slot() uint32 { return uint32(id & (1<<slotBits - 1)) }

const slotBits = 24

// Poll is the answer of one poll. The zero value is Pending.
type Poll uint8

// The answers.
const (
	Pending   Poll = iota // not yet; whoever said so has arranged a wake
	Ready                 // finished; must not be polled again
	suspended             // a straight-line task stopped at a scheduling point inside its poll
)

// Future is something that a task can wait for. It is a constraint for generic code, not a type to store.
//
// Poll makes progress and never blocks. Abandon begins giving up: it is idempotent, never blocks, and may leave work behind
// that the executor finishes without the future's memory, except for buffers lent to operations, which the executor hands
// back before the task ends. A future is not polled after Ready, and not after Abandon.
type Future interface {
	Poll(t *Task) Poll
	Abandon(t *Task)
}

// Task is the header of one task. It may sit in static memory, or be made by the executor. It belongs to one executor; all
// its methods are for code that runs on that executor, and those that wait are for the task itself.
//
// The life of a task:
//
//	        (1)            (2)               (3)
//	 Idle ──────▶ Queued ──────▶ Running ─────────────▶ Dropping ──────▶ Idle, next generation
//	                ▲    ◀──────    │        Ready          ▲      (6)
//	                │      (4)      │ (4) Pending           │
//	                │   (5)         ▼                       │
//	                └─────────── Waiting                    │
//	                                                        │
//	 Queued, with a cancel request ─────────────────────────┘ (7)
//
//	(1) Executor.start     spawn; the task is at the tail of the run queue
//	(2) Executor.begin     its turn has come
//	(3) Executor.polled    Ready: the teardown begins in the same step
//	(4) Executor.polled    Pending: Queued again if it was woken meanwhile, else Waiting
//	(5) Executor.wake      idempotent; also (Executor.cancel), which queues the task for its teardown
//	(6) Executor.finish    everything it owned has been given back; the outcome is published
//	(7) Executor.teardown  instead of a poll
type Task struct {
	ex    *Executor
	id    TaskID
	flags taskFlags
	lane  uint8
	class uint8
	// outside: with several workers, the task's own code is running, and does not own the core. ending: its teardown has begun.
	// Only the worker that polls the task, or tears it down, touches them.
	outside, ending bool
	// sections: of those that BeginSection has begun. Only the task itself touches it.
	sections uint8
	epoch    uint32 // the executor's, of its last life
	poll     func(*Task) Poll
	body     func(*Task) int64 // of a static straight-line task
	co       coroutine

	name   string
	parent TaskID
	handle *JoinHandle // where the outcome goes

	newest   *Resource // what it owns, newest first
	held     int32     // releases under way; the teardown ends when there are none
	refusals int32     // refused calls in a row
	passed   int64     // the last pass that woke it
	blocked  Blocker   // what the last Pending waited for, for reports

	scope          *Scope // it is a member of
	older, younger *Task  // members of the same scope
	sleep          Sleep  // storage for the one thing a straight-line task waits for
	op             OpWait
	wait           Node // for Park
	line           LineWait
	Arg            any // for the task's own use: a pointer to its program's state
	self           JoinHandle
}

type taskFlags uint16

const (
	flagLive     taskFlags = 1 << iota // from spawn to drop-
	flagQueued                         // on the run queue
	flagRunning                        // in a poll
	flagNoted                          // woken while running
	flagYielded                        // on the run queue because it yielded
	flagCancel                         // its handle requested a cancel
	flagReady                          // its last poll was Ready
	flagDropping                       // its teardown has begun
	flagStatic                         // its storage belongs to the program
)

// ID returns the task's id. It is for the task itself, while it is live: others have a [Ref].
func (t *Task) ID() TaskID { return t.id }

// Name returns the name it was spawned with.
func (t *Task) Name() string { return t.name }

// Executor returns the executor it runs on, nil for a header that was never started.
func (t *Task) Executor() *Executor { return t.ex }

// Wake makes sure that the task is polled at least once more, if it is live. Waking is idempotent. It is for code of tasks; from
// inside the core, wake through a node.
func (t *Task) Wake() {
	t.ex.Lock()
	if t.flags&flagLive != 0 {
		t.ex.wake(t, backend.WakeSelf)
	}
	t.ex.Unlock()
}

// Ending reports whether the task's teardown has begun. In a straight-line task, every await fails from then on. It is for the
// task itself, and costs a load.
func (t *Task) Ending() bool { return t.ending }

// denied reports whether an await must fail because the task is being torn down. A body that goes on awaiting all the same
// would never end, so it is unwound after RefusalLimit times.
func (t *Task) denied() bool {
	switch t.flags & (flagDropping | flagRunning) {
	case flagRunning:
		return false
	case 0:
		t.ex.Misuse("sched: S1: a task awaits by itself, within its poll")
	}
	t.refusals++
	if t.refusals > t.ex.opts.RefusalLimit {
		t.ex.fail(ErrRefusalLoop)
		t.abort()
	}
	return true
}

// Await polls f until it is Ready. It returns ErrCancelled, at once and without polling, when the task is being torn down;
// a cancel that arrives during the wait abandons f first. Only a straight-line task may call it.
func Await[F Future](t *Task, f F) error {
	in := t.Enter()
	denied := t.denied()
	t.Leave(in)
	if denied {
		return ErrCancelled
	}
	for f.Poll(t) == Pending { // the poll of somebody's own future runs where the caller is
		t.needStack()
		in := t.Enter()
		alive := t.suspend()
		t.Leave(in)
		if !alive {
			f.Abandon(t)
			return ErrCancelled
		}
	}
	t.blocked = nil
	return nil
}

// Sleep waits for d. It never wakes early, and gives way at least once even for d = 0. It returns ErrCancelled if the task is
// cancelled or the gate closes before the deadline. Straight-line tasks only.
func (t *Task) Sleep(d vclock.Duration) error {
	in := t.Enter()
	err := t.doSleep(d)
	t.Leave(in)
	return err
}

func (t *Task) doSleep(d vclock.Duration) error {
	if t.denied() {
		return ErrCancelled
	}
	t.sleep.Start(t, d)
	if err := Await(t, &t.sleep); err != nil {
		return err
	}
	return t.sleep.Err()
}

// Yield goes to the tail of the run queue: every task queued earlier runs first. It returns ErrCancelled if the task is
// cancelled or the gate is closed. Straight-line tasks only; a polled future calls [Task.YieldNow] and returns Pending.
func (t *Task) Yield() error {
	in := t.Enter()
	var err error
	if t.flags&(flagDropping|flagRunning) != flagRunning && t.denied() {
		err = ErrCancelled
	} else {
		t.giveWay()
		t.needStack()
		if !t.suspend() || t.ex.gated && t.refusedYield() { // as few functions as can be around the switch: see Executor.turns
			err = ErrCancelled
		}
	}
	t.Leave(in)
	return err
}

// refusedYield counts a yield behind the gate: a loop that yields and does not listen ends the run (T5).
func (t *Task) refusedYield() bool {
	if t.refusals++; t.refusals >= t.ex.opts.RefusalLimit {
		t.ex.fail(ErrRefusalLoop)
	}
	return true
}

// YieldNow wakes the task itself, so that it goes to the tail of the run queue when its poll ends, and marks it as a task
// that has nothing to do but give way.
func (t *Task) YieldNow() {
	in := t.Enter()
	t.giveWay()
	t.Leave(in)
}

// YieldRefused tells a future that has given way with YieldNow, in a later poll, whether the gate is closed: then its wait has failed,
// and that counts as a refusal. It is for authors of primitives, inside the core.
func (t *Task) YieldRefused() bool { return t.ex.gated && t.refusedYield() }

func (t *Task) giveWay() {
	const usual = flagLive | flagRunning
	if t.flags&(usual|flagQueued|flagNoted|flagReady|flagDropping) == usual { // what wake comes to then
		t.flags |= flagNoted | flagYielded
		t.ex.tr.Emit(backend.EvWake, int64(t.id), backend.WakeSelf, backend.EffNoted, 0, 0)
		return
	}
	gives := t.flags&flagRunning != 0 && t.flags&(flagNoted|flagYielded) != flagNoted
	t.ex.wake(t, backend.WakeSelf)
	if gives {
		t.flags |= flagYielded
	}
}

// Point announces a scheduling point inside a poll: the task is about to touch object obj, which others share. With one
// lane, as on every single-core world, nothing happens. With several simulated lanes, another lane may act first. Only
// straight-line tasks stop there; during a teardown nobody does.
func (t *Task) Point(obj int64) {
	if t.ex.lanes > 1 && t.flags&flagDropping == 0 && t.flags&flagRunning != 0 && t.sections == 0 {
		t.pause()
	}
}

// BeginSection begins a section of the task's own code that must not wait: up to the matching EndSection every await is a
// programmer error (MU7), and no other lane acts. Sections nest. It costs an increment, and is for the task itself.
func (t *Task) BeginSection() { t.sections++ }

// EndSection ends the section that BeginSection began.
func (t *Task) EndSection() { t.sections-- }

// cannotWait is the panic of an await in the wrong place.
func (t *Task) cannotWait() {
	t.Enter() // Misuse gives the core up
	if t.sections > 0 {
		t.ex.Misuse("sched: MU7: a section that must not wait, as that of a sync mutex, waits")
	}
	t.ex.Misuse("sched: only a straight-line task may await; a future returns Pending")
}

// Enter begins a section in which the core belongs to the caller, as it does wherever the core itself calls: with several
// workers, bodies run outside of it, beside each other. It nests: the result says whether this call entered, and is for the
// Leave that ends the section. With one worker it costs a load. Whoever builds a primitive from lists, nodes and resources
// brackets each of its calls with it; between the two it must not run code of its user.
func (t *Task) Enter() bool {
	if !t.outside {
		return false
	}
	t.enter()
	return true
}

// Leave ends the section that Enter began, if it did.
func (t *Task) Leave(entered bool) {
	if entered {
		t.leave()
	}
}

// Hold says that something the task owned is still being given back; the task cannot end before the matching Unhold.
func (t *Task) Hold() { t.held++ }

// Unhold ends a Hold. The last one finishes a teardown that waits for it, or wakes a task that waits in Settle.
func (t *Task) Unhold() {
	t.held--
	if t.held < 0 {
		t.ex.Misuse("sched: IO2: a hold ends once")
	}
	if t.held > 0 {
		return
	}
	if t.flags&flagDropping != 0 {
		t.ex.finish(t)
		return
	}
	t.ex.wake(t, backend.WakeOp)
}

// Settled reports whether everything that the task has abandoned so far has been given back. A race polls it before it
// tells its result (S10); the task is woken when it becomes true.
func (t *Task) Settled() bool {
	in := t.Enter()
	settled := t.held == 0
	t.Leave(in)
	return settled
}

// WaitInfo says what a task waits for, for reports about deadlocks and failures.
type WaitInfo struct {
	What   string         // "lock", "channel", "timer", ...
	ID     int64          // of the object, as in the trace
	Name   string         // of the object, if it has one
	Holder *Task          // who could end the wait, if it is known
	Until  vclock.Instant // deadline, if there is one
}

// Blocker is what a Pending future leaves in its task, so that a report can say what the task waits for.
type Blocker interface {
	Blocked() WaitInfo
}

// Blocked returns what the task waits for; ok is false if it is not waiting. It is for reports, as [Executor.EachTask].
func (t *Task) Blocked() (info WaitInfo, ok bool) {
	if t.flags&flagLive == 0 || t.flags&(flagQueued|flagRunning) != 0 || t.blocked == nil {
		return WaitInfo{}, false
	}
	return t.blocked.Blocked(), true
}

// SetBlocker records what the Pending that is about to be returned waits for.
func (t *Task) SetBlocker(b Blocker) { t.blocked = b }

// State names the state of a live task in one word, for reports, as [Executor.EachTask].
func (t *Task) State() string {
	switch {
	case t.flags&flagLive == 0:
		return "ended"
	case t.flags&flagDropping != 0:
		return "ending"
	case t.flags&flagRunning != 0:
		return "running"
	case t.flags&flagQueued != 0:
		return "runnable"
	}
	return "waiting"
}
