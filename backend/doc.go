// Package backend is the contract between the scheduler core and the world it runs in, and nothing else: operations go in,
// completions come out, a clock can be read, a wait can be ended. It also holds the trace alphabet and the chooser, because
// core and simulator write into one trace and draw from one tape.
//
// Terms. An op is one operation, submitted once. It is in flight from Submit to its terminal completion. A line is an
// interrupt source. The executor is the only caller, and the only owner of ops.
//
// Duties of every backend; their numbers are quoted where they are met and where they are tested:
//
//  1. A submitted op completes exactly once; a multishot op completes many times, exactly one of them terminal.
//  2. From Submit to the terminal completion the op and its memory belong to the backend. Nothing else may free, reuse or
//     read them. The backend keeps them reachable for the garbage collector and never hides the only pointer.
//  3. Submit never completes inline: the report comes from a later Reap.
//  4. Cancel is a request. The op still completes, with its real result if that came first. A cancel never fails for lack
//     of room and is legal during shutdown.
//  5. A result that owns something (an accepted descriptor, a buffer of a ring) and that nobody takes any more is disposed
//     of.
//  6. Now is monotonic. In the simulator it moves only when nothing is runnable.
//  7. Wait returns when a completion is there, the deadline has passed, or Unpark was called. Unpark is legal from any
//     thread and any interrupt, never lost, and cheap when nobody sleeps.
//  8. A backend never polls a task.
//  9. Results are backend-neutral codes that map one to one to errno.
//  10. What a backend cannot do it says in Caps, and the executor answers with one documented code, EOPNOTSUPP, at
//     submission. A backend that is handed such an op all the same completes it with that code.
//
// The package allocates nothing, starts nothing and has no state.
package backend
