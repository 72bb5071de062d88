package sched

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// Mode says what happens to the tasks that are left when the root has ended.
type Mode uint8

// The run modes.
const (
	// DetachTasks ends the run at once; what is live freezes. The default.
	DetachTasks Mode = iota
	// WaitForAllTasks serves all tasks until none is live.
	WaitForAllTasks
	// StopAllOperations closes the I/O gate, so that operations, timers and line waits end and new ones are refused, and
	// serves all tasks until none is live and no operation is in flight.
	StopAllOperations
)

func (m Mode) number() int64 { return int64(m) + 1 }

// Exit codes of runs that failed; a run that did not fail exits with its root's value. -16-n is the default action of
// signal n.
const (
	ExitPanic       int64 = -1
	ExitStalled     int64 = -2
	ExitRefusalLoop int64 = -3
	ExitSteps       int64 = -4
	ExitStopped     int64 = -5
	ExitSignal      int64 = -16
)

type runPhase uint8

const (
	phaseRun    runPhase = iota // the root is live
	phaseGrace                  // Main waits for tokens and cleanup tasks
	phaseServe                  // a waiting mode serves what is left
	phaseClosed                 // over
)

type runState struct {
	mode      int64
	main      bool
	phase     runPhase
	graceEnd  vclock.Instant
	rootEnded bool
	over      bool
	value     int64
	code      int64
	err       Error
}

// Begin boots a run whose root is t: task 1. poll is its body. With main, the run ends like a program's main function: the
// root scope is triggered, and the run waits up to Grace for tokens and cleanup tasks, then for what the mode says. Begin
// is the heapless form of Main and Run: the caller ticks until Tick returns false.
func (ex *Executor) Begin(t *Task, name string, poll func(*Task) Poll, mode Mode, main bool) {
	number := mode.number()
	if main {
		number += backend.ModeMain
	}
	ex.boot(number)
	t.renew(ex)
	t.name, t.poll, t.class, t.flags = name, poll, uint8(backend.ClassNormal), flagStatic
	ex.root = t
	ex.start(t, nil, &t.self)
}

// Start begins a life of a static task, whose storage t belongs to the program: it is queued, not polled. parent is the task
// that starts it, and calls; nil for the outside, inside the core. The handle is part of t and is good for this life. It returns
// ErrRunning if t is live, or its last outcome is still being waited for, ErrTasksFull if the table is full, ErrClosed for a start from
// the outside after the root has ended.
//
// What a run has left of t, live or not, does not matter to the next run, nor to another executor once that run is over; Arg stays. Other
// objects in static memory that a run may leave in use, such as futures and locks, are made anew by the program.
func (t *Task) Start(ex *Executor, parent *Task, name string, poll func(*Task) Poll) (*JoinHandle, error) {
	in := parent != nil && parent.Enter()
	h, err := t.begin(ex, parent, name, uint8(backend.ClassNormal), poll)
	if parent != nil {
		parent.Leave(in)
	}
	return h, err
}

func (t *Task) begin(ex *Executor, parent *Task, name string, class uint8, poll func(*Task) Poll) (*JoinHandle, error) {
	t.renew(ex)
	h := &t.self
	switch {
	case t.flags&flagLive != 0, h.own.Owner() != nil:
		return nil, ErrRunning
	case parent == nil && (ex.run.rootEnded || ex.run.over):
		return nil, ErrClosed
	}
	h.res.Disown()
	t.name, t.poll, t.class, t.flags = name, poll, class, flagStatic
	if !ex.start(t, parent, h) {
		return nil, ex.spawnError()
	}
	return h, nil
}

// renew clears a static task whose last life was in a run that is over: it may have been live, linked or owned then, by what is gone.
func (t *Task) renew(ex *Executor) {
	switch last := t.ex; {
	case last == nil, last == ex && t.epoch == ex.epoch:
		return
	case last != ex && t.epoch == last.epoch && !last.run.over: // it may be live there
		return
	}
	arg := t.Arg
	*t = Task{}
	t.Arg = arg
}

// rootDone: the root and everything it owned have ended.
func (ex *Executor) rootDone(h *JoinHandle) {
	ex.readClock() // the root may have taken its time
	ex.run.rootEnded = true
	ex.run.value = h.digest
	ex.tr.Emit(backend.EvRootDone, h.digest, 0, 0, 0, 0)
	ex.tr.Emit(backend.EvStopAccept, 0, 0, 0, 0, 0)
	if ex.run.main {
		ex.run.phase = phaseGrace
		ex.run.graceEnd = ex.now.Add(ex.opts.Grace)
		ex.rootScope.trigger(backend.TriggerRootDone)
		return
	}
	ex.enterMode()
}

// phaseEnded moves the exit sequence on as far as it can go and reports whether the run is over.
func (ex *Executor) phaseEnded() bool {
	if ex.run.phase == phaseGrace && (ex.scopeTokens == 0 && ex.cleanups == 0 || ex.now >= ex.run.graceEnd) {
		ex.enterMode()
	}
	if ex.run.phase == phaseServe && ex.live == 0 && (ex.run.mode != backend.ModeStop || ex.openOps == 0) {
		ex.end(ex.run.value, 0)
	}
	return ex.run.over
}

// enterMode applies the run mode.
func (ex *Executor) enterMode() {
	ex.run.phase = phaseServe
	switch ex.run.mode {
	case backend.ModeDetach:
		if ex.opts.Workers > 0 && !ex.run.main { // Run returns, and the workers serve the tasks that are left
			ex.returned()
			return
		}
		ex.tr.Emit(backend.EvFrozen, int64(ex.live), 0, 0, 0, 0)
		ex.end(ex.run.value, 0)
	case backend.ModeStop:
		ex.closeGate()
	}
}

// closeGate ends all I/O: each op is asked to end and keeps its true result, timers and line waits end, and new calls are
// refused.
func (ex *Executor) closeGate() {
	ex.gated = true
	ex.tr.Emit(backend.EvGate, 0, 0, 0, 0, 0)
	for i := len(ex.batch) - 1; i >= 0; i-- { // prepared and never sent
		s := &ex.opTable[ex.batch[i].ID.Slot()]
		if s.op.Kind == backend.OpClose {
			continue
		}
		w := s.wait
		ex.withdraw(s)
		w.refuse(w.own.Owner(), backend.ECANCELED)
	}
	for i := range ex.opTable {
		ex.cancelOp(&ex.opTable[i])
	}
	ex.refuseStalled()
	ex.expireAll()
	ex.endLines()
	ex.endReceivers()
}

// refuse says no to a call, in a later poll (IO11), and ends the run of a program that does not listen (T5).
func (ex *Executor) refuse(t *Task, kind backend.OpKind, e backend.Errno) {
	ex.tr.Emit(backend.EvRefuse, int64(t.id), int64(kind), int64(e), 0, 0)
	t.refusals++
	if t.refusals >= ex.opts.RefusalLimit {
		ex.fail(ErrRefusalLoop)
		return
	}
	ex.wake(t, backend.WakeOp)
}

// signal gives a signal to its receiver. Without one, and in Main, the first one triggers the root scope if anybody listens; any
// other has the default action (SD6).
func (ex *Executor) signal(n int32) {
	if ex.received(n) {
		return
	}
	if asks(n) && ex.run.main && ex.tokenTaken && !ex.signalled {
		ex.signalled = true
		ex.tr.Emit(backend.EvSignal, int64(n), backend.SignalTrigger, 0, 0, 0)
		ex.rootScope.trigger(backend.TriggerSignal)
		return
	}
	ex.tr.Emit(backend.EvSignal, int64(n), backend.SignalDefault, 0, 0, 0)
	ex.tr.Emit(backend.EvFrozen, int64(ex.live), 0, 0, 0, 0)
	ex.end(ExitSignal-int64(n), ErrSignal)
}

// asks reports whether signal n is one by which a program is asked to stop: SIGINT or SIGTERM.
func asks(n int32) bool { return n == 2 || n == 15 }

// fail ends the run at once.
func (ex *Executor) fail(err Error) {
	if ex.run.over {
		return
	}
	code := ExitStopped
	switch err {
	case ErrPanic:
		code = ExitPanic
	case ErrStalled:
		code = ExitStalled
	case ErrRefusalLoop:
		code = ExitRefusalLoop
	case ErrSteps:
		code = ExitSteps
	}
	ex.end(code, err)
}

// end is the last step of a run.
func (ex *Executor) end(code int64, err Error) {
	ex.run.phase, ex.run.over, ex.run.code, ex.run.err = phaseClosed, true, code, err
	ex.silence()
	ex.deafen()
	if ex.tr != nil {
		ex.tr.Emit(backend.EvExit, code, 0, 0, 0, 0)
		ex.tr.Flush()
		ex.tr, ex.draws.Trace = nil, nil // exit is the last event
	}
	if ex.handlers != nil {
		ex.handlers.Close()
	}
	ex.halt()
}

// Exit returns the exit code and the error of a run that is over: nil, or why it failed, an [Error]. It is for after the run, and
// heapless; hosts ask Err, which has more to say about a panic.
func (ex *Executor) Exit() (code int64, err error) {
	if ex.run.err != 0 {
		return ex.run.code, ex.run.err
	}
	return ex.run.code, nil
}

// Over reports whether the run is over. Anybody may ask, but not from inside the core.
func (ex *Executor) Over() bool {
	ex.Lock()
	over := ex.run.over
	ex.Unlock()
	return over
}

// RootEnded reports whether the root has ended. Spawns from outside are refused from then on (SD10). Anybody may ask, but not from
// inside the core.
func (ex *Executor) RootEnded() bool {
	ex.Lock()
	ended := ex.run.rootEnded
	ex.Unlock()
	return ended
}
