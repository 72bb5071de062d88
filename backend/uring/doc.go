// Package uring is the world of Linux: the contract of package backend on the kernel's io_uring.
//
// The smallest world:
//
//	b, err := uring.New(uring.Options{Lanes: 4})
//	if err != nil {
//		log.Fatal(err) // says why this machine has no io_uring, and what to do about it
//	}
//	defer b.Close()
//	ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: 4})
//
// # Rings
//
// Every lane has a ring of its own. Its worker submits what its tasks prepared, once per tick, and takes its completions by a
// look at memory. When it has nothing to do it waits in the kernel, with the same call that submits, so a completion comes back
// on the thread that waits for it. A worker that is needed elsewhere is woken by a message to its ring.
//
//	Submit ─▶ entries ─(Reap, Wait: one enter)─▶ kernel ─▶ completions ─(Reap: memory)─▶ executor
//	                                                          │ worker in Wait: its enter returns
//	                                                          └ worker busy for long: Stuck ─▶ the completion thread
//
// A goroutine that blocks in the kernel gives its processor (of GOMAXPROCS) back only after some 20 us. A program with much to do
// outside of its tasks raises GOMAXPROCS by the number of workers.
//
// # Promises
//
// Memory. From Submit to the terminal completion the slot table keeps the op reachable, and so its buffers; what the kernel needs
// besides (paths, vectors, message headers, timestamps) lies in the slot, on the heap. Go does not move the heap. An id is slot
// and generation; a completion for another generation is an error of this package or of the kernel, and panics.
//
// Cancels. A cancel needs no slot and no memory that could be lacking: it waits in a list until its ring has room.
//
// Results are the kernel's, sign and number, with three differences: a timer that expired has 0; a signal mask is never
// changed, and every send has MSG_NOSIGNAL; descriptors are close-on-exec.
//
// # Concurrency
//
// See backend.Parallel. Operations belong to the ring of the lane that took them: OpCancel, FlagDrain and chains see that ring
// only. Lines, signals and the clock are of the whole; lane 0 reports them.
//
// # Requirements
//
// Linux 6.1 or later. What came later than that (bind and listen with 6.11, truncate with 6.9) is in Caps if the kernel has it.
// On other systems [New] returns an error.
package uring
