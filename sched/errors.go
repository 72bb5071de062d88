package sched

// Error is the core's error type: a small constant, comparable with ==, converted to error without allocating.
type Error uint8

// The errors of the core.
const (
	// ErrCancelled: the task that called is being torn down, or the I/O gate of its executor is closed.
	ErrCancelled Error = iota + 1
	// ErrTimeout: the deadline passed first.
	ErrTimeout
	// ErrNoValue: the joined task was cancelled by its owner, so it has no value.
	ErrNoValue
	// ErrDetached: the handle was given up, or its result was already taken.
	ErrDetached
	// ErrRunning: the static task is live.
	ErrRunning
	// ErrTasksFull: the task table is full; raise Limits.Tasks or join tasks sooner.
	ErrTasksFull
	// ErrClosed: the object no longer takes part (a closed scope, channel, stream, or an executor whose root is done).
	ErrClosed
	// ErrStalled: live tasks are left and nothing can ever wake them.
	ErrStalled
	// ErrRefusalLoop: a task went on calling after its calls were refused RefusalLimit times in a row.
	ErrRefusalLoop
	// ErrSteps: the run used up its step budget.
	ErrSteps
	// ErrPanic: a task panicked.
	ErrPanic
	// ErrStopped: the trace's sink asked for the end of the run.
	ErrStopped
	// ErrSignal: the default action of a signal ended the run.
	ErrSignal
	// ErrPoisoned: a task ended inside a cancel-unsafe region of this lock; repair the data and call Unpoison.
	ErrPoisoned
	// ErrScopeLate: the scope's members did not end by themselves within the grace, so they were cancelled, or tokens of it are
	// still held.
	ErrScopeLate
	// ErrCycle: the combined token would become a member of itself, by itself or through others.
	ErrCycle
	// ErrOutOfSpace: the object is as full as it may become, and waiting for room would not help.
	ErrOutOfSpace
	// ErrAlreadySet: the value is written once, and somebody has written it.
	ErrAlreadySet
	// ErrRate: a throttler's rate is at least 1 per window of at least 1 ns, and the product of both is below 2^62.
	ErrRate
)

// Error returns the text, prefixed with the package.
func (e Error) Error() string {
	switch e {
	case ErrCancelled:
		return "sched: cancelled"
	case ErrTimeout:
		return "sched: timed out"
	case ErrNoValue:
		return "sched: the task was cancelled and has no value"
	case ErrDetached:
		return "sched: the handle was given up or used before"
	case ErrRunning:
		return "sched: the static task is still live"
	case ErrTasksFull:
		return "sched: task table full"
	case ErrClosed:
		return "sched: closed"
	case ErrStalled:
		return "sched: stalled, live tasks are left and nothing can wake them"
	case ErrRefusalLoop:
		return "sched: a task keeps calling although its calls are refused"
	case ErrSteps:
		return "sched: step budget used up"
	case ErrPanic:
		return "sched: a task panicked"
	case ErrStopped:
		return "sched: stopped by the trace's reader"
	case ErrSignal:
		return "sched: ended by the default action of a signal"
	case ErrPoisoned:
		return "sched: poisoned, a task ended while it was changing the data"
	case ErrScopeLate:
		return "sched: members were cancelled or tokens are held, the grace is over"
	case ErrCycle:
		return "sched: a combined token would depend on itself"
	case ErrOutOfSpace:
		return "sched: out of space, which waiting would not change"
	case ErrAlreadySet:
		return "sched: the value was set before"
	case ErrRate:
		return "sched: not a rate: at least 1 per window of at least 1 ns, and their product below 2^62"
	}
	return "sched: unknown error"
}

// Is reports whether err is e: what errors.Is says, without the reflection that it takes, and that comparing interfaces with ==
// takes, too. Programs without a heap have no other way.
func Is(err error, e Error) bool {
	x, ok := err.(Error)
	return ok && x == e || detailed(err, e)
}
