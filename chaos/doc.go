// Package chaos decides what a simulated run leaves open, and writes down what it decided.
//
// A draw is one decision: a number from 0 to n-1, where 0 is the least surprising answer. All draws of a run make its
// tape. An [Explorer] answers draws at random for a seed: its strategy orders the tasks, its fault plan decides where the
// world misbehaves. A [Tape] sits between the run and whoever answers, an Explorer or any other [backend.Chooser]. It notes
// every draw that was not 0, so that the run can be repeated, exactly or in an edited form. A [Recording] is what a tape
// holds at the end of a run, and what a file keeps.
//
// One run, recorded and repeated:
//
//	e := chaos.NewExplorer(rule, plan, chaos.Options{})
//	e.Reset(seed)
//	tape.Record(e)
//	run(tape)                         // a backend.Chooser
//	rec := tape.Recording(header)
//	err := rec.Write("failure.simtape")
//
//	tape.Replay(rec)
//	run(tape)
//	stale := tape.Finish()            // nil: the program asked for the same draws again
//
// Duties:
//
//  1. A draw depends on the seed, the strategy, the plan and the earlier draws of the run. Nothing is carried from one run
//     to the next, and nothing else is read: no clock, no other randomness, no map order.
//  2. Every consumer has its own stream of the seed (schedule, faults, world, ext, work), so that a new draw in one does
//     not shift the others.
//  3. What was recorded is what was answered. A strict replay of the same program gives the same answers.
//  4. Once warm, recording, replaying and re-seeding allocate nothing.
//
// Values of this package belong to one goroutine each; a [Plan], a [Rule], a [Seeds] and a [Recording] that nobody writes
// to may be shared.
package chaos
