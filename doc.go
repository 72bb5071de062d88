// Package tripoint runs task programs in production: on Linux, with io_uring, signals and an orderly exit. Package sched has the
// tasks, aio files and sockets, sched/flow and sched/tsync what tasks use among each other; package simtest runs the same programs
// in the simulator.
//
// The smallest program:
//
//	func main() {
//		tripoint.Main(tripoint.Options{}, func(t *sched.Task) int {
//			h := sched.Spawn(t, "child", func(t *sched.Task) int {
//				t.Sleep(10 * vclock.Millisecond)
//				return 123
//			})
//			v, _ := h.Join(t)
//			fmt.Println(v)
//			return 0 // the exit status
//		})
//	}
//
// [Main] is for programs: it takes signals, waits for a grace, and ends the process. [Run] is for a part of a program: it returns
// the root's value, and gives back every thread and descriptor that it took.
//
// # How Main ends
//
//	root returns ─▶ stop tokens fire ─▶ grace: until no token is held and   ─▶ mode ─▶ the rest freezes ─▶ exit status
//	                                    no cleanup task is live, or Grace                                  is root's value
//
// A stop token is advice to stop, with a receipt: its holder is waited for until it gives the token back. Programs take one with
// signals.ShutdownToken. As soon as the first one is taken, SIGINT and SIGTERM are caught: the first signal fires the tokens and does
// nothing else, so it is root that decides when to return; the second one kills the process as if nobody had caught it. A program
// that takes no token is killed by the first one. A SIGINT that the process was started with ignored, as by nohup or as a background job
// of a script, stays ignored in both.
//
// Freezing means that a task is neither cancelled nor released: its deferred calls do not run, and the kernel drops what it had
// under way. What must not be cut off belongs into a cleanup task (sched.SpawnOptions) or under a token.
//
// # Exit status
//
//	0 to 255                 the root's value, whatever happened in the grace
//	255                      the root's value is not between 0 and 255; the log says which it was
//	2  [ExitPanic]           a task panicked; the log has its name, the value and the stack, as for a goroutine
//	69 [ExitUnavailable]     io_uring is not available; the log says why, and what to do about it
//	70 [ExitFailed]          the run could not go on: the log says why and names the tasks that were left
//	killed by the signal     the default action of SIGINT or SIGTERM, so that a shell or a supervisor sees the truth. The kernel
//	                         spares the first process of a container: that exits with 128 + signal after a second signal, and
//	                         with 2, by the Go runtime, after a first one that nobody asked for
//
// # Stalls
//
// When tasks are left, and no operation, timer, line, injector or signal can ever wake one of them, the log names them and what
// each waits for. While the root is live, that is all: nobody but the programmer can know what to do. Later, a mode that waits for
// these tasks fails.
//
// # Bodies that do not await
//
// Nothing interrupts a body that computes. It keeps one worker busy; the second signal and the end of the grace come through
// without any worker, but a mode that waits for all tasks waits for that one too, and so does a Run that failed.
package tripoint
