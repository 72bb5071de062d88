// Package sched is the scheduler core: tasks, and everything by which they wait, own and end. It is deterministic and knows
// no world; a [backend.Backend] brings time, operations and interrupts, and the same core runs on all of them.
//
// The smallest program, on a simulated kernel k:
//
//	ex := sched.New(sched.Limits{}, sched.Options{Backend: k})
//	v, err := sched.Main(ex, sched.DetachTasks, func(t *sched.Task) int {
//		h := sched.Spawn(t, "child", func(t *sched.Task) int {
//			t.Sleep(vclock.Second)
//			return 123
//		})
//		v, _ := h.Join(t)
//		return v
//	})
//
// Terms. A task is an independently scheduled unit with a body. The body is either a future, a value that is polled, or a
// straight-line task, an ordinary function that awaits. A wake makes a task runnable. A teardown is the release of what an
// ending task still owns. The trace and its letters (poll+, cancelreq, ...) are those of [backend.Trace].
//
// Two audiences. Programs use Main and Run, Spawn and its relatives, the handles, and the awaits of a task: Sleep, Yield, WaitIRQ,
// Do. Authors of primitives (locks, channels, handles, combinators) also use [List], [Node], [Resource], [OpWait] and the
// methods of Task that go with them: Park, Own, Hold, Unhold, Settled, SetBlocker, Point, DoOn. Packages sched/tsync, sched/flow
// and aio are written with nothing else.
//
// Promises:
//
//  1. Nothing cancels a task but its own handle. Dropping or losing a handle, the end of the parent, a token, a signal and
//     the end of the run request nothing (NC1, NC2).
//  2. A task that is cancelled gets no further poll. Its function, if it has one, is resumed once, and every await fails
//     until it has returned. Then what it still owns is released, newest first (NC5, NC9).
//  3. A task has ended only when every operation that borrowed its memory has completed. Nobody blocks for that (IO2).
//  4. No wake is lost, and waking is idempotent (S3, S4). Runnable tasks are served first in, first out, and a task that
//     wakes itself goes to the tail (S5).
//  5. A run ends as its mode says, or says which tasks can never go on (SD9).
//
// Determinism. Given the same backend behaviour and the same answers of the [backend.Chooser], a program makes the same
// steps. The core reads no clock but the backend's, has no goroutines, no maps and no randomness.
//
// Memory. The core allocates nothing: its tables come from the caller ([Storage]), and everything a task waits with is part of
// the task or of the caller's futures. On a host, [New] allocates the tables, a spawn allocates the handle, and the stacks of
// straight-line tasks are pooled.
//
// Concurrency. Without Options.Workers an executor belongs to the thread that runs it, and only [backend.Backend] Unpark may be
// called from elsewhere. With workers, bodies and polls of futures run beside each other, and what they share is theirs to protect,
// with sched/tsync or sync/atomic. One lock protects the core. Whatever takes a *Task is for the task itself, within a poll, and
// enters the core by itself; methods of handles, scopes and tokens may be called by any task. Bodies must not lock their goroutine to
// its thread. Other goroutines use an [Injector].
//
// How to read the comments. Where they do not say otherwise, nothing allocates; what takes a *Task is for that task itself, within a poll,
// in a body or in a future; other methods may be called by any task of the executor, and by whoever has the executor when no run is under
// way; a Start prepares, and nothing happens before the first poll; an Abandon is idempotent. "Straight-line tasks only" means that the
// call waits. Nothing is for interrupt handlers but [Executor.Interrupt], [Executor.WakeOutside] and [Scope.Trigger]. Errors that
// a program has to expect are values, an [Error] or a backend.Errno; a programmer error panics with the rule that it breaks.
//
// A task gets one poll and goes to the tail of the run queue; that number is no option, because the bound of S5 depends on it.
//
// What is for authors of primitives belongs inside the core: between Task.Enter and Leave, or Executor.Lock and Unlock, in release
// functions, and in the hooks of operations and scopes. There no user's code may run, and nothing that enters by itself without a
// *Task.
package sched
