// Package sim is the simulated world: a fake of the kernel at the boundary of submission and completion, an interrupt
// controller, and virtual time. It implements the contract of package backend with every freedom of that contract drawn
// from a chooser, so one seed is one run.
//
// The smallest world: make a [Kernel] with [New], give it to an executor, and use [Kernel.Reset] before the next run. A
// program that needs more sets its world up first:
//
//	k := sim.New(sim.Options{Lines: 4, Draws: backend.Draws{Chooser: tape, Trace: trace}})
//	r, w := k.Pipe()                            // descriptors
//	k.File("config", []byte("answer = 42"))     // for OpOpen
//	k.RaiseAt(2, 5_000)                         // the device on line 2 requests it at 5 us
//
// # Promises
//
// Time. Only [Kernel.Wait] moves it, to the earliest instant at which there is something to report or to the instant asked
// for, and never further.
//
// Effects. What an op does to pipes, files and descriptors happens at one instant, its maturity: after Submit, before its
// completion can be reaped, and whether or not it is reaped. Writes pick their bytes up as late as that.
//
// Determinism. The run is a function of the calls and the chooser's answers. Events are ordered by (instant, order of
// scheduling), there are no maps, goroutines or clocks. Every draw goes through [backend.Draws] and so into the trace; the
// kernel writes no other events. Wait makes no draws, and neither does anything that has nothing to decide.
//
// Memory. Everything is allocated by New and by set-up calls. After one run with the same set-up, nothing allocates:
// not Submit, Cancel, Reap, Wait, nor Reset and the set-up calls themselves.
//
// Progress. No chooser can stop virtual time: partial submissions, EINTR and EAGAIN come at most 3 in a row, a storm
// requests its line at most 3 more times in a row, there are at most 16 reports nobody asked for between two moves of time,
// and a cancelled op always ends.
//
// # Order of one Reap
//
// Lines first, the lowest first, then signals, external events and spurious wakes as they arrived, then completions. The
// answer 0 of ring.reorder is the completion that matured first; ops that matured at the same instant are in the order in
// which they were scheduled, which is submission order for ops that never waited.
//
// # Fidelity
//
// What is modelled, and where the model deviates from Linux 6.18 with io_uring on purpose:
//
//	op, duty   modelled                                              deviation
//	nop        asynchronous completion                               none
//	timer      never early; 0 when expired; ECANCELED when           never late (slack 0); a cancel always wins before
//	           cancelled; an instant in the past expires now         expiry, where the kernel may say EALREADY
//	read,      partial counts by buffer and space; 0 at the end;     no atomicity of writes up to PIPE_BUF; a stream's
//	write:     EPIPE without a reader; offsets ignored; waiters      end is closed in both directions at once, there is
//	pipe,      first in first out; a read of 0 bytes is 0 at once;   no reset (ECONNRESET) and no half-close; a receive
//	stream     EBADF for the wrong end; ops keep a closed            of 0 bytes does not wait; waiting ops of one
//	           descriptor's file alive and go on                     direction never overtake each other
//	read,      rest up to the end, then 0; position for offset -1,   full access for everybody; no O_APPEND, no
//	write:     advanced by the result at maturity; EINVAL for other  directories, no truncation; holes read as zeros;
//	file       negative offsets; ENOSPC after a short count          the limit is per file; a failed write leaves no part
//	fsync      covers writes performed before it was submitted;      starts when submitted, where the kernel may start
//	           later writes may stay volatile; after a failure       later; metadata is always durable; before an fsync
//	           unsynced data is readable but never made durable,     nothing becomes durable by itself unless a file has
//	           and the next fsync succeeds                           256 unsynced extents
//	open       ENOENT, EMFILE; lowest free descriptor, at maturity   the name is Buf; '+' in front creates a missing file
//	                                                                 (ENOSPC when the file table is full)
//	accept     first in first out; EMFILE leaves the connection in   a connection never goes away while it waits; no
//	           the backlog; listener closed: its connections end     limit of the backlog
//	close      performed at maturity; EBADF; the number is free      not cancellable; no write-back errors
//	           from then on, lowest first
//	cancel     wins, loses, or both end well (ring.cancel); never    no result of its own; a read or write in progress
//	           touches an op that has matured                        never returns EINTR because of a cancel
//	submit     a prefix (submit.partial)                             no bad-entry rules, links, drains or multishot ops
//	reap       any order (ring.reorder); the completion queue has    no overflow: it is invisible through the contract
//	           room for all ops
//	lines      enable bit, pending bit that coalesces and survives   one priority, no nesting; the level is sampled at the
//	           while disabled, cleared at handler entry; level       next Reap or Wait, so a handler that clears its device
//	           devices pend again while asserted and enabled         leaves nothing behind; a latched bit outlives Clear
//	signals    one report per occurrence                             no coalescing; reported whether enabled or not
package sim
