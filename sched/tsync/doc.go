// Package tsync has the primitives by which tasks of one executor share data: a mutex whose protection survives
// cancellation, read-write locks and conditions, channels, and values that are written once.
//
// Four kinds of channels have the same two ways to close, and ends that tasks may own: [Chan] is bounded, for many senders and
// receivers; [Unbounded] never makes a sender wait, and is for hosts; [Oneshot] carries one value; [SPSC] has one sender, which may hide
// what it puts until all of it is there, and one receiver.
//
// Locks: a [Mutex] has one owner at a time, who says in three steps what a cancel may interrupt; an [RWMutex] has readers, too; a
// [SyncMutex] is for sections that never wait; a [Cond] is what tasks wait for with a mutex.
//
// None of them spins, or wakes anybody it need not wake. Nothing allocates but some forms for hosts, which say so and pool what they
// allocate. Waiters are served first in, first out, always: a lock or a place in a channel is handed to the oldest waiter and nobody
// overtakes. Every wait may be cancelled at any moment; what had been handed to the cancelled task goes on to the next.
//
// All of it belongs to one executor and is for its tasks. The methods that take a task and wait are for straight-line
// tasks; futures use the futures behind them. The zero value of every type is ready after Init.
//
// Concurrency. Tasks of several workers may use an object at the same time: every method enters the executor's core by
// itself, and nothing of an object is touched outside of it. Methods that take a task, and the futures, may be called from
// anywhere in that task. Those that take none (Init, those of permits and guards, the notifications and Close of a Cond, Chan.Len,
// CloseTx and CloseRx of every channel) take the lock of the core, which does not nest: they are for bodies, and not for release
// functions, hooks and other code that the core calls. Mutex.Poisoned and SPSC.Len are atomic loads. Some things are done outside of
// the core as long as there is no trace: an SPSC passes values while nobody waits, a value that is written once is read, and a
// SyncMutex, which has a lock of its own against other workers, is applied. The functions that With, WithRead, Apply and Unpoison
// are given run outside of the core, protected by their lock alone. A programmer error is reported after the core has been left, so
// that deferred calls of a body still work. A permit or guard is for its own task: a copy in other hands is a data race as
// well as an error.
//
// With a trace, the digest of a value of type error is that of its text, and its Error method runs inside the core.
//
// How to read the comments. As in package sched: where they do not say otherwise, nothing allocates, what takes a *sched.Task is for
// that task within a poll, an Abandon is idempotent, and what waits is for straight-line tasks, with sched.ErrCancelled if the task is
// cancelled. Nothing here is for interrupt handlers: they wake a task, which then sends or notifies.
package tsync
