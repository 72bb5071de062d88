package signals_test

import (
	"syscall"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/signals"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// script runs a program once, on the zero tape: tasks are polled first in, first out, and nothing misbehaves.
func script(t *testing.T, program simtest.Program) {
	t.Helper()
	simtest.Run(t, program, simtest.Strategy("zero"), simtest.Faults("none"), simtest.Seeds("1"), simtest.In(simtest.Config{Single: true}))
}

const sighup, sigterm = int32(syscall.SIGHUP), int32(syscall.SIGTERM)

// What comes before anybody asks counts, and as one; each further occurrence ends one Recv; the last wait ends with Close.
func TestReceiverCoalesces(t *testing.T) {
	script(t, func(w *simtest.World) {
		for _, at := range []vclock.Instant{10, 11, 12, 50} {
			w.Kernel.SignalAt(sighup, at)
		}
		var times []vclock.Instant
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			r, err := signals.Receive(t, syscall.SIGHUP)
			w.Assert(err == nil, "SIGHUP can be received", "%v", err)
			t.Sleep(20)
			for range 2 {
				err = r.Recv(t)
				w.Assert(err == nil, "a signal came", "%v", err)
				times = append(times, w.Kernel.Now())
			}
			waiter := sched.Spawn(t, "waiter", func(t *sched.Task) error { return r.Recv(t) })
			t.Sleep(5)
			r.Close()
			r.Close()
			err, _ = waiter.Join(t)
			w.Assert(err == sched.ErrClosed && r.Recv(t) == sched.ErrClosed, "a closed receiver says so", "%v", err)
			w.Assert(len(times) == 2 && times[0] == 20 && times[1] == 50, "three occurrences were one", "%v", times)
			return 0
		})
	})
}

// One receiver per signal, in Main only; who ends gives it back.
func TestReceiverIsTheOnlyOne(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			h := sched.Spawn(t, "first", func(t *sched.Task) int {
				_, err := signals.Receive(t, syscall.SIGHUP)
				w.Assert(err == nil, "the first", "%v", err)
				t.Sleep(10)
				return 0
			})
			t.Sleep(5)
			_, err := signals.Receive(t, syscall.SIGHUP)
			w.Assert(err == backend.EBUSY, "a second one is an error", "%v", err)
			other, err := signals.Receive(t, syscall.SIGINT)
			w.Assert(err == nil, "another signal is free", "%v", err)
			other.Close()
			h.Join(t)
			_, err = signals.Receive(t, syscall.SIGHUP)
			w.Assert(err == nil, "the end of its task closes a receiver", "%v", err)
			_, err = signals.Receive(t, syscall.SIGKILL)
			w.Assert(err == backend.EINVAL, "nobody receives SIGKILL", "%v", err)
			_, err = signals.Receive(t, syscall.Signal(1000))
			w.Assert(err == backend.EINVAL, "there is no signal 1000", "%v", err)
			return 0
		})
	})
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			_, err := signals.Receive(t, syscall.SIGHUP)
			w.Assert(err == backend.EPERM, "signals belong to Main", "%v", err)
			return 0
		})
	})
}

// A closed receiver restores the default action, which ends the run; a receiver of SIGTERM restores the shutdown.
func TestCloseRestores(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Kernel.SignalAt(sighup, 10)
		w.Kernel.SignalAt(sighup, 20)
		w.ExpectSignal(sighup)
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			r, _ := signals.Receive(t, syscall.SIGHUP)
			r.Recv(t)
			r.Close()
			t.Sleep(100)
			w.Assert(false, "the default action ends the run", "it goes on")
			return 0
		})
	})
	script(t, func(w *simtest.World) {
		for _, at := range []vclock.Instant{10, 20, 30} {
			w.Kernel.SignalAt(sigterm, at)
		}
		w.ExpectSignal(sigterm)
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			stop, _ := signals.ShutdownToken(t)
			r, _ := signals.Receive(t, syscall.SIGTERM)
			r.Recv(t)
			w.Assert(!stop.IsCancelled(), "a received signal asks nobody to stop", "")
			r.Close()
			stop.Wait(t)
			w.Assert(w.Kernel.Now() == 20, "the next one does", "at %d", w.Kernel.Now())
			t.Sleep(100)
			w.Assert(false, "and the one after it ends the run", "it goes on")
			return 0
		})
	})
}

// A signal that is not SIGINT or SIGTERM never asks, whoever has a token.
func TestOtherSignalsDoNotAsk(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Kernel.SignalAt(sighup, 10)
		w.ExpectSignal(sighup)
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			stop, _ := signals.ShutdownToken(t)
			stop.Wait(t)
			w.Assert(false, "the default action ends the run", "the token fired")
			return 0
		})
	})
}

// Trigger asks everybody; WaitForTokens waits until they have stopped, and not at all while there is nobody.
func TestTriggerAndWait(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			w.Assert(signals.WaitForTokens(t) == nil && w.Kernel.Now() == 0, "nobody has a token", "")
			for i := range 3 {
				sched.Spawn(t, "worker", func(t *sched.Task) int {
					stop, err := signals.ShutdownToken(t)
					w.Assert(err == nil, "a token", "%v", err)
					stop.Wait(t)
					t.Sleep(vclock.Duration(10 * (i + 1)))
					return 0
				})
			}
			t.Sleep(5)
			signals.Trigger(t)
			signals.Trigger(t)
			w.Assert(signals.WaitForTokens(t) == nil && w.Kernel.Now() == 35, "all have stopped", "at %d", w.Kernel.Now())
			stop, err := signals.ShutdownToken(t)
			w.Assert(err == nil && stop.IsCancelled(), "late tokens have fired", "%v", err)
			h := sched.Spawn(t, "waits", func(t *sched.Task) error { return signals.WaitForTokens(t) })
			t.Sleep(5)
			h.Stop()
			h.Cancel(t)
			wait := &sched.TokensWait{Scope: t.Executor().RootScope()}
			w.Assert(wait.Poll(t) == sched.Pending, "one token is live", "")
			stop.Release()
			w.Assert(sched.Await(t, wait) == nil && wait.Poll(t) == sched.Ready, "and released", "")
			return 0
		})
	})
}

// Several tasks share a receiver: each occurrence is for one of them, also when some are cancelled, on every schedule. Waits as
// futures lose nothing when they are abandoned.
func TestSharedReceiver(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		n := 1 + w.Work(3)
		for i := range n {
			w.Kernel.SignalAt(sighup, vclock.Instant(100*(i+1)))
		}
		w.ExpectSignal(sighup) // one that comes before anybody listens ends the program
		got := 0
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			r, err := signals.Receive(t, syscall.SIGHUP)
			w.Assert(err == nil, "the receiver opens", "%v", err)
			w.ExpectSignal(0)
			var hs [3]*sched.Handle[int]
			for i := range hs {
				hs[i] = sched.Spawn(t, "shares", func(t *sched.Task) int {
					for {
						var err error
						if i == 1 {
							wait := r.Wait()
							if err = sched.Await(t, wait); err == nil {
								err = wait.Err()
							}
						} else {
							err = r.Recv(t)
						}
						if err != nil {
							return 0
						}
						got++
					}
				})
			}
			t.Sleep(vclock.Duration(w.Work(400)))
			hs[w.Work(3)].Stop()
			t.Sleep(vclock.Second)
			r.Close()
			for _, h := range hs {
				h.Join(t)
			}
			w.Assert(got >= 1 && got <= n, "each occurrence is for one, unless it came with another", "%d of %d", got, n)
			return 0
		})
	}, simtest.Seeds("1-200"), simtest.Faults("swarm"))
}

// When operations are stopped, waits for signals end, and new ones are refused.
func TestStopEndsReceivers(t *testing.T) {
	script(t, func(w *simtest.World) {
		var first, second, third, open error
		w.Main(sched.StopAllOperations, func(t *sched.Task) int {
			sched.Spawn(t, "left", func(t *sched.Task) int {
				r, _ := signals.Receive(t, syscall.SIGHUP)
				first = r.Recv(t)
				second = r.Recv(t)
				wait := r.Wait()
				sched.Await(t, wait)
				third = wait.Err()
				_, open = signals.Receive(t, syscall.SIGQUIT)
				return 0
			})
			t.Sleep(10)
			return 0
		})
		w.AtEnd("the gate ends waits for signals", func() error {
			for _, err := range []error{first, second, third, open} {
				if err != sched.ErrCancelled {
					t.Errorf("got %v, %v, %v and %v, want sched.ErrCancelled", first, second, third, open)
					break
				}
			}
			return nil
		})
	})
}
