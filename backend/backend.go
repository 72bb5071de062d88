package backend

import "github.com/tripoint-go/tripoint/vclock"

// Caps says what a backend can do. It does not change during its life.
type Caps struct {
	Name      string          // "sim", "uring", "cortexm"
	Number    int64           // in EvBoot: 1 sim, 2 uring, 3 cortexm
	Ops       OpSet           // kinds that Submit takes; the executor refuses others with EOPNOTSUPP
	Multishot OpSet           // kinds that take FlagMultishot
	Flags     OpFlags         // flags that Submit takes; the executor refuses others with EOPNOTSUPP
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

	// Submit takes operations in order and returns how many it accepted: a prefix that ends at the end of a chain. What it
	// did not accept has left no trace anywhere and may be submitted again (duties 2 and 3). What it accepted may rest until
	// the next Reap or Wait.
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

// Pools is what a backend with [FlagPick] or fixed buffers offers besides: memory that is known to the kernel in advance. Its
// methods belong to the thread that runs the executor, and are for set-up, except for GiveBack.
//
// A backend with lanes may divide the buffers of a group among them.
type Pools interface {
	// Provide makes group (0 to 255) a pool of n buffers (1 to 32768), each of size bytes: buffer i is mem[i*size:][:size].
	// The memory is lent until Unprovide. EEXIST if the group exists, EINVAL if the sizes do not fit.
	Provide(group uint16, mem []byte, size, n int) Errno

	// GiveBack returns buffer i, which a completion picked, to its group.
	GiveBack(group, i uint16)

	// Unprovide ends the group: ops that pick from it fail with ENOBUFS. ENOENT if there is none.
	Unprovide(group uint16) Errno

	// Register makes bufs the fixed buffers 0 to len(bufs)-1, at most 1024; nil ends them. The memory is lent until then and
	// until the ops that use it have completed. EBUSY if there are some already.
	Register(bufs [][]byte) Errno
}

// Lane is one worker's share of a [Parallel].
type Lane interface {
	Backend

	// Due reports whether Reap has anything to do: reports to give, or operations to hand on. It may be called from any thread,
	// and costs a look at memory. A report that comes at the same time may be missed; Wait misses none. The lane's worker asks
	// once per tick.
	Due() bool

	// Run runs f, the life of the lane's worker, on a thread that the lane likes, and returns at once. Some lanes demand that all
	// that concerns them happens on one thread, for which they run one f after the other; then f must not end its goroutine.
	Run(f func())
}

// Parallel is a backend for several workers. Each of them has a lane, a backend of its own on the same world: descriptors,
// lines and the clock are shared, an op belongs to the lane that took it, and lane 0 reports lines, signals and external
// events.
//
// The executor serialises calls of all methods but Now, Unpark, Due, Reap and Wait across lanes. Reap and Wait of a lane are for
// its own worker, and may run beside any other call. Help is for whoever helps a worker that is busy for long; the executor does
// not let it run beside a Reap of the same lane.
type Parallel interface {
	Lane

	// Lanes returns the number of lanes, at least 1.
	Lanes() int

	// Lane returns lane i, 0 to Lanes-1. Lane 0 is the backend itself.
	Lane(i int) Lane

	// Help does for lane i what Reap does, as far as that is possible from another thread.
	Help(i int, into []Completion) int

	// Stuck blocks until a worker has been away from its lane for a while, neither asking whether something is Due nor in
	// Wait, and returns the number of the lane; or until Release, with -1. It is what the completion thread sleeps in.
	Stuck() int

	// Release ends the current or the next Stuck. It may be called from any thread.
	Release()
}
