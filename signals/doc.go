// Package signals is where an executor meets the signals of its process: shutdown tokens, and receivers.
//
// Shutdown. A shutdown token is advice to stop, which belongs to the root scope of one executor and never to the process:
//
//	tripoint.Main(tripoint.Options{}, func(t *sched.Task) int {
//		stop, err := signals.ShutdownToken(t) // from here on, the first SIGINT or SIGTERM is advice
//		if err != nil {
//			return 1
//		}
//		serve(t, stop)     // until stop.IsCancelled, or stop.Wait returns
//		stop.Release()     // Main waits for that, up to its grace
//		return 0
//	})
//
// In the executor that runs Main, the first SIGINT or SIGTERM triggers the root scope once somebody has taken a token under it; the
// second takes its default action, and so does the first in a program that takes no token (SD6). [Trigger] does what a signal does,
// in every executor, and a root that ends does it, too. [WaitForTokens] waits until all who were told have stopped.
//
// Receivers. [Receive] takes any other signal, say SIGHUP to load a configuration again. There is one receiver for each signal and
// process: the executor must run in Main, of which a process has one, and a second receiver of the same signal is an error.
// Occurrences coalesce: one Recv stands for all that came before it. [Receiver.Close], or the end of the task that made it, restores
// what the signal does in a Go program otherwise: SIGHUP, SIGINT and SIGTERM end it, most others do nothing. A receiver of SIGINT or
// SIGTERM takes them away from the shutdown until it is closed.
//
// Nothing of the executor runs in a signal handler. In the simulator signals are scheduled with Kernel.SignalAt, and one without a
// receiver ends the run, whichever it is.
package signals
