package backend

import "github.com/tripoint-go/tripoint/vclock"

// Caps says what a backend can do. It does not change during its life.
type Caps struct {
	Name      string          // "sim", "uring", "cortexm"
	Number    int64           // in EvBoot: 1 sim, 2 uring, 3 cortexm
	Ops       OpSet           // kinds that Submit takes; the executor refuses others with EOPNOTSUPP
	Lines     int             // lines are 0 to Lines-1
	Signals   bool            // SignalEnable works
	YieldTick vclock.Duration // time that passes while only yielded tasks are queued; 0 where time passes by itself
}

// Backend is a world to run in. Except for Now and Unpark, its methods belong to the thread that runs the executor. The
// numbered duties in the package comment hold for all of them. None of them allocates per call.
type Backend interface {
	Caps() Caps

	// Now returns the current instant (duty 6).
	Now() vclock.Instant

	// Submit takes operations in order and returns how many it accepted: a prefix. What it did not accept has left no
	// trace anywhere and may be submitted again (duties 2 and 3).
	Submit(ops []*Op) int

	// Cancel asks for the early end of an op in flight. An id that is not in flight is ignored (duty 4).
	Cancel(id OpID)

	// Reap moves reports that are due into the slice, in the order in which they happened, and returns their number.
	// It never blocks.
	Reap(into []Completion) int

	// Wait blocks until Reap has something to say, the instant has come, or Unpark was called (duty 7). It returns false
	// if nothing can ever end the wait, which only a closed world such as the simulator can know.
	Wait(until vclock.Instant) bool

	// Unpark ends the current or the next Wait. It may be called from any thread and any interrupt.
	Unpark()

	// LineEnable and LineDisable open and close interrupt line n. While it is closed, requests stay pending: one bit,
	// however many there were. LinePend requests line n by software.
	LineEnable(n int)
	LineDisable(n int)
	LinePend(n int)

	// SignalEnable takes over SIGINT and SIGTERM (on) or gives them back their default action (off).
	SignalEnable(on bool)

	// Dispose gives back a resource that a completed op of this kind returned and nobody takes: it closes the descriptor
	// (duty 5). It does not block.
	Dispose(kind OpKind, res int32)
}
