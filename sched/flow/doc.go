// Package flow combines waits and tasks: race, timeout and join over futures, bundles of tasks, and stop tokens beyond those
// of a scope.
//
// Combinators are generic structs over the futures they combine, so they nest without allocation and without dynamic
// dispatch: a Race of a Timeout of a read is one value. Each is itself a [sched.Future]: Start it, then poll it, or hand it
// to [sched.Await] in a straight-line task. The functions that do both are for straight-line tasks on a host.
//
// Scopes and their tokens are in package sched, because signals and the exit of a program need them. Everything that fires has a
// [sched.Flag]: a scope, a token, a [Trigger], an [Either] of several, a [Set] of several. A flag is what can be waited for as a
// future ([Signalled]) and what can be combined. Select over borrowed futures and the throttler are not here yet.
//
// A future that loses is abandoned, and the combinator is Ready only when everything the loser had under way is over (S10):
// a buffer lent to a read that timed out is the caller's again when the timeout is reported.
//
// Concurrency. With several workers, combinators are polled where their task is, usually outside of the executor's core, and
// poll what they combine there: it may be a future of the program. Only what they do with the core themselves happens
// inside. A combinator, like every future, belongs to one task at a time. A Trigger, an Either, a Set and a Bundle may be
// used by several tasks at the same time: their methods enter the core by themselves. Those that take no task (Init, Fire, AddWith,
// Add, Close) take the lock of the core, which does not nest: they are not for release functions, hooks and other code that the
// core calls.
// Bodies of members run outside. With a trace, Join asks the failure of a member for its text inside the core.
package flow
