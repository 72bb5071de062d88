// Package flow combines waits and tasks: race, timeout and join over futures, bundles of tasks, and stop tokens beyond those
// of a scope.
//
// Combinators are generic structs over the futures they combine, so they nest without allocation and without dynamic
// dispatch: a Race of a Timeout of a read is one value. Each is itself a [sched.Future]: Start it, then poll it, or hand it
// to [sched.Await] in a straight-line task. The functions that do both are for straight-line tasks on a host.
//
// Scopes and their tokens are in package sched, because signals and the exit of a program need them. Select over borrowed futures,
// combined tokens and the throttler are not here yet.
//
// A future that loses is abandoned, and the combinator is Ready only when everything the loser had under way is over (S10):
// a buffer lent to a read that timed out is the caller's again when the timeout is reported.
package flow
