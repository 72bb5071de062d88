// Package flow combines waits and tasks: race, select, join, timeout and map over futures, bundles of tasks, and stop tokens
// beyond those of a scope.
//
// Combinators are generic structs over the futures they combine, so they nest without allocation and without dynamic
// dispatch: a Race of a Timeout of a read is one value. Each is itself a [sched.Future]: Start it, if it has a Start, then poll
// it, or hand it to [sched.Await] in a straight-line task. There are forms for two futures, for three (Race3) and for any number
// of one type in the caller's memory (RaceN). The functions that do both are for straight-line tasks on a host, and take any
// futures: FirstOf, SelectOf, All.
//
//	Race      the first that is Ready, the others are given up
//	Select    the first that is Ready, the others go on
//	JoinOf    all
//	Timeout   one, if it is Ready in time
//	Map       one, and what a function makes of it
//	Optional  one, or none
//	Never     none
//
// Scopes and their tokens are in package sched, because signals and the exit of a program need them. Everything that fires has a
// [sched.Flag]: a scope, a token, a [Trigger], an [Either] of several, a [Set] of several. A flag is what can be waited for as a
// future ([Signalled]) and what can be combined. A [Throttler] gives a loop its pace, up to the firing of a flag.
//
// A poll of a combinator is one round: it polls each future at most once, from left to right, and a race or a select stops at
// the first that is Ready. So what comes out is a function of what the futures say.
//
// A future that loses is abandoned, and the combinator is Ready only when everything the loser had under way is over (S10):
// a buffer lent to a read that timed out is the caller's again when the timeout is reported.
//
// Concurrency. With several workers, combinators are polled where their task is, usually outside of the executor's core, and
// poll what they combine there: it may be a future of the program. Only what they do with the core themselves happens
// inside. A combinator, like every future, belongs to one task at a time. A Trigger, an Either, a Set and a Bundle may be
// used by several tasks at the same time: their methods enter the core by themselves. Those that take no task (Init, Fire, AddWith,
// Add, Close) take the lock of the core, which does not nest: they are not for release functions, hooks and other code that the
// core calls. Bodies of members run outside. With a trace, the failure of a member is asked for its text inside the core.
//
// How to read the comments. As in package sched: where they do not say otherwise, nothing allocates, what takes a *sched.Task is for
// that task within a poll, an Abandon is idempotent, and what waits is for straight-line tasks. Nothing here is for interrupt handlers.
package flow
