//go:build !tinygo

package flow_test

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// script runs a program once, on the zero tape: tasks are polled first in, first out, and nothing misbehaves.
func script(t *testing.T, program simtest.Program) {
	t.Helper()
	simtest.Run(t, program, simtest.Strategy("zero"), simtest.Faults("none"), simtest.Seeds("1"), simtest.In(simtest.Config{Single: true}))
}

// probe is a future that is Ready at its at-th poll, and counts what is done to it.
type probe struct{ at, polls, abandons int }

func (p *probe) Poll(t *sched.Task) sched.Poll {
	if p.polls++; p.at > 0 && p.polls >= p.at {
		return sched.Ready
	}
	t.YieldNow()
	return sched.Pending
}

func (p *probe) Abandon(*sched.Task) { p.abandons++ }

// The lowest arm that is Ready in the first round with a Ready arm wins, the other is abandoned once and never polled again
// (S10).
func TestRaceIsLeftBiased(t *testing.T) {
	for a := range 4 {
		for b := range 4 {
			if a+b == 0 {
				continue // neither is ever Ready
			}
			t.Run(fmt.Sprintf("%d against %d", a, b), func(t *testing.T) {
				script(t, func(w *simtest.World) {
					w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
						pa, pb := &probe{at: a}, &probe{at: b}
						won, err := flow.First(t, pa, pb)
						want, rounds := 0, a
						if a == 0 || b != 0 && b < a {
							want, rounds = 1, b
						}
						w.Assert(won == want && err == nil, "the first wins, and the left one a tie", "%d, %v", won, err)
						polls := [2]int{rounds, rounds - 1 + want}
						w.Assert([2]int{pa.polls, pb.polls} == polls && pa.abandons == want && pb.abandons == 1-want,
							"the loser is abandoned", "%v, %v", pa, pb)
						return 0
					})
				})
			})
		}
	}
}

func TestAbandonedCombinators(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			a, b, c := &probe{}, &probe{at: 1}, &probe{}
			r := &flow.Race[*probe, *flow.JoinOf[*probe, *probe]]{A: a, B: &flow.JoinOf[*probe, *probe]{A: b, B: c}}
			w.Assert(r.Poll(t) == sched.Pending, "nobody is ready", "")
			r.Abandon(t)
			r.Abandon(t)
			w.Assert(a.abandons == 1 && b.abandons == 0 && c.abandons == 1, "what is not Ready is abandoned, once", "%v %v %v", a, b, c)
			w.Assert(r.Poll(t) == sched.Ready && a.polls == 1 && b.polls == 1 && c.polls == 1, "and polled no more", "%v %v %v", a, b, c)
			err := flow.Both(t, &probe{at: 3}, &probe{at: 1})
			w.Assert(err == nil, "a join waits for both", "%v", err)
			return 0
		})
	})
}

// Ties and deadlines that have passed already: the future is asked first (T6), and a sleep is Pending at least once.
func TestTimeouts(t *testing.T) {
	type outcome struct {
		f    func() sched.Future
		d    vclock.Duration
		want error
	}
	sleep := func(t *sched.Task, d vclock.Duration) sched.Future { s := new(sched.Sleep); s.Start(t, d); return s }
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			for i, o := range []outcome{
				{func() sched.Future { return &probe{at: 1} }, 0, nil},
				{func() sched.Future { return &probe{at: 1} }, -5, nil},
				{func() sched.Future { return &probe{} }, 0, sched.ErrTimeout},
				{func() sched.Future { return &probe{} }, -1 << 63, sched.ErrTimeout},
				{func() sched.Future { return sleep(t, 10) }, 10, nil},
				{func() sched.Future { return sleep(t, 11) }, 10, sched.ErrTimeout},
				{func() sched.Future { return sleep(t, 0) }, 0, nil},
				{func() sched.Future { return sleep(t, 5) }, 1<<63 - 1, nil},
			} {
				got := flow.WithTimeout(t, o.d, o.f())
				w.Assert(got == o.want, "ties are won by the future", "case %d: %v, want %v", i, got, o.want)
			}
			// Nested: the inner deadline is part of the future.
			inner, outer := new(flow.Timeout[*probe]), &probe{}
			inner.Start(t, 5, outer)
			got := flow.WithTimeout(t, 5, inner)
			w.Assert(got == nil && inner.Err() == sched.ErrTimeout && outer.abandons == 1, "the inner one wins the tie", "%v, %v", got, inner.Err())
			inner.Start(t, 50, outer)
			got = flow.WithTimeout(t, 5, inner)
			w.Assert(got == sched.ErrTimeout && outer.abandons == 2, "the outer one is earlier", "%v", got)
			return 0
		})
	})
}

// A loser's operation ends before the race does, however late, and the buffer is the caller's again (S10, IO2).
func TestLoserIsOver(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		rfd, wfd := w.Kernel.Pipe()
		silent, _ := w.Kernel.Pipe()
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			buf := make([]byte, 4)
			for range 3 {
				var op, other sched.OpWait
				op.Start(backend.OpRead, rfd, buf, -1)
				other.Start(backend.OpRead, silent, make([]byte, 4), -1)
				if w.Work(3) == 0 {
					w.Kernel.Put(wfd, []byte("data"))
				}
				var err error
				if w.Work(2) == 0 {
					err = flow.WithTimeout(t, vclock.Duration(w.Work(4))*vclock.Microsecond, &op)
				} else {
					// Nested: the loser of the outer race is a race.
					err = flow.WithTimeout(t, vclock.Duration(w.Work(4))*vclock.Microsecond,
						&flow.Race[*sched.OpWait, *flow.JoinOf[*sched.OpWait, *probe]]{A: &op,
							B: &flow.JoinOf[*sched.OpWait, *probe]{A: &other, B: &probe{}}})
				}
				w.Sometimes("the deadline passed", err == sched.ErrTimeout)
				w.Sometimes("the read was in time", err == nil)
				w.Assert(w.Kernel.InFlight() == 0 || err == nil, "nothing is under way after a timeout", "%d", w.Kernel.InFlight())
				clear(buf)
				t.Sleep(vclock.Millisecond)
				w.Assert(string(buf) == "\x00\x00\x00\x00", "the buffer is the caller's", "%q", buf)
			}
			return 0
		})
	}, simtest.Seeds("1-300"))
}

// A join that times out detaches what is nobody's, and cancels what is attached to the one who waits (NC3).
func TestTimeoutOfJoins(t *testing.T) {
	for _, attached := range []string{"", "self", "other"} {
		t.Run("attached="+attached, func(t *testing.T) {
			script(t, func(w *simtest.World) {
				ended := 0
				w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
					body := func(t *sched.Task) int {
						if t.Sleep(vclock.Millisecond) == nil {
							ended++
						}
						return 7
					}
					h := sched.Spawn(t, "worker", body)
					other := sched.Spawn(t, "other", func(t *sched.Task) int { t.Sleep(vclock.Second); return 0 })
					switch attached {
					case "self":
						h.Attach(t)
					case "other":
						h.Attach(other.Task())
					}
					err := flow.WithTimeout(t, 10, &h.JoinHandle)
					w.Assert(err == sched.ErrTimeout, "the worker takes longer", "%v", err)
					v, err := h.Join(t)
					switch attached {
					case "other": // it stays there, and can be joined
						w.Assert(v == 7 && err == nil, "the wait was given up, the handle not", "%d, %v", v, err)
					default:
						w.Assert(err == sched.ErrDetached, "the handle is used up", "%v", err)
					}
					return 0
				})
				w.AtEnd("only the child of the one who waited is cancelled", func() error {
					if (ended == 1) != (attached != "self") {
						return fmt.Errorf("%d bodies ran to their end", ended)
					}
					return nil
				})
			})
		})
	}
}

// Who loses a race may have won a lock or a value in the same round: they go on to the next in line.
func TestLosersPassOn(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		var m tsync.Mutex[int]
		var c tsync.Chan[int]
		m.Init(w.Exec, "m", 0)
		c.Init(w.Exec, "c", make([]int, 1))
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			const tasks, values = 3, 4
			var hs [tasks]*sched.Handle[int]
			for i := range hs {
				hs[i] = sched.Spawn(t, "worker", func(t *sched.Task) int {
					taken := 0
					for {
						var lock tsync.LockWait
						var recv tsync.RecvWait[int]
						m.StartLock(&lock)
						c.StartRecv(&recv)
						won, err := flow.First(t, &lock, &recv)
						w.Sometimes("a lock won", err == nil && won == 0)
						w.Sometimes("a value won", err == nil && won == 1)
						switch {
						case err != nil:
							return taken
						case won == 0:
							t.Sleep(vclock.Duration(w.Work(3)))
							p := m.Permit(&lock)
							p.Release()
							t.Sleep(1)
						default:
							if _, err := recv.Value(); err != nil {
								return taken
							}
							taken++
						}
					}
				})
			}
			p, _ := m.Lock(t)
			for i := range values {
				t.Sleep(vclock.Duration(w.Work(4)))
				if i == 1 {
					p.Release()
				}
				if i == 2 && w.Work(2) == 0 {
					hs[0].Stop()
				}
				c.Send(t, i)
			}
			t.Sleep(20)
			for _, h := range hs {
				h.Stop()
			}
			for _, h := range hs {
				h.Join(t)
			}
			w.Assert(m.With(t, func(*int) {}) == nil, "the lock is free in the end", "")
			return 0
		})
	}, simtest.Seeds("1-200"), simtest.Faults("none"))
}

// A trigger fires once and for all; waits of it, given up or not, end with it (SD1).
func TestTrigger(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			var g, fired flow.Trigger
			g.Init(w.Exec, false)
			fired.Init(w.Exec, true)
			w.Assert(fired.IsCancelled() && fired.Wait(t) == nil && !g.IsCancelled(), "one has fired from the start", "")
			s := &flow.Signalled{Flag: g.Flag()}
			w.Assert(flow.WithTimeout(t, 5, s) == sched.ErrTimeout, "nobody fires it", "")
			a := sched.Spawn(t, "waits", func(t *sched.Task) error { return g.Wait(t) })
			b := sched.Spawn(t, "cancelled", func(t *sched.Task) error { return g.Wait(t) })
			c := sched.Spawn(t, "future", func(t *sched.Task) error { return sched.Await(t, &flow.Signalled{Flag: g.Flag()}) })
			d := sched.Spawn(t, "leaves", func(t *sched.Task) error { (&flow.Signalled{Flag: g.Flag()}).Poll(t); return nil })
			moved := &flow.Signalled{Flag: g.Flag()}
			moved.Poll(t)
			e := sched.Spawn(t, "moved", func(t *sched.Task) error { return sched.Await(t, moved) })
			t.Sleep(10)
			b.Cancel(t)
			g.Fire()
			g.Fire()
			for _, h := range []*sched.Handle[error]{a, c, d, e} {
				err, jerr := h.Join(t)
				w.Assert(err == nil && jerr == nil, "everybody who waits is told", "%v, %v", err, jerr)
			}
			w.Assert(sched.Await(t, s) == nil, "later ones are told at once", "")
			return 0
		})
	})
}

// Nothing in a teardown waits, and the deadline of a timeout is not armed.
func TestTimeoutInTeardown(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			h := sched.Spawn(t, "ends", func(t *sched.Task) int {
				t.Sleep(vclock.Second)
				p := &probe{at: 1}
				err := flow.WithTimeout(t, vclock.Second, p)
				w.Assert(err == sched.ErrCancelled && p.polls == 0, "a teardown polls nothing", "%v, %v", err, p)
				return 0
			})
			t.Yield()
			h.Cancel(t)
			return 0
		})
	})
}

// A gate that closes ends the wait of a timeout as cancelled, not as timed out.
func TestTimeoutAtTheGate(t *testing.T) {
	script(t, func(w *simtest.World) {
		var got error
		w.Run(sched.StopAllOperations, func(t *sched.Task) int {
			sched.Spawn(t, "waiter", func(t *sched.Task) int {
				var never flow.Trigger
				never.Init(t.Executor(), false)
				got = flow.WithTimeout(t, vclock.Hour, &flow.Signalled{Flag: never.Flag()})
				return 0
			})
			t.Sleep(10)
			return 0
		})
		w.AtEnd("the gate cancels, it is no timeout", func() error {
			if got != sched.ErrCancelled {
				return fmt.Errorf("the wait ended with %v", got)
			}
			return nil
		})
	})
}

// The loser of a select may have been handed a lock: it is there when its owner looks, and goes on when the owner gives the wait up,
// ends, or is cancelled, with or without having looked.
func TestLockOfASelectsLoser(t *testing.T) {
	for _, then := range []string{"looks", "gives up", "ends", "is cancelled", "waits and is cancelled", "moves on"} {
		t.Run(then, func(t *testing.T) {
			script(t, func(w *simtest.World) {
				var m tsync.Mutex[int]
				m.Init(w.Exec, "m", 0)
				w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
					p, _ := m.Lock(t)
					h := sched.Spawn(t, "selects", func(t *sched.Task) int {
						var lock tsync.LockWait
						m.StartLock(&lock)
						won, err := flow.SelectOf(t, &lock, &probe{at: 2})
						w.Assert(won == 1 && err == nil, "the probe is ready first", "%d, %v", won, err)
						if then == "waits and is cancelled" {
							flow.SelectOf(t, flow.Never{}, &lock, &probe{})
							return 0
						}
						t.Sleep(10) // meanwhile the lock is handed over
						switch then {
						case "looks":
							w.Assert(sched.Await(t, &lock) == nil && lock.Err() == nil, "the lock is there", "")
							q := m.Permit(&lock)
							q.Release()
						case "gives up":
							lock.Abandon(t)
						case "moves on":
							won, err := flow.FirstOf(t, &probe{at: 1}, &lock)
							w.Assert(won == 0 && err == nil, "a race gives it up", "%d, %v", won, err)
						case "is cancelled":
							t.Sleep(vclock.Hour)
						}
						return 0
					})
					other := sched.Spawn(t, "other", func(t *sched.Task) error { return m.With(t, func(*int) {}) })
					t.Sleep(5)
					if then == "waits and is cancelled" {
						h.Stop()
					}
					p.Release()
					t.Sleep(10)
					h.Stop()
					err, _ := other.Join(t)
					w.Assert(err == nil && m.With(t, func(*int) {}) == nil, "the lock goes on", "%v", err)
					return 0
				})
			})
		})
	}
}

// Cancelled at any point, also while the losers drain: what has won has its result, what was lent comes back before the task's end.
func TestCancelWhileARaceDrains(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		silent, _ := w.Kernel.Pipe()
		var c tsync.Chan[int]
		c.Init(w.Exec, "c", make([]int, 1))
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			sent, took := 0, 0
			h := sched.Spawn(t, "races", func(t *sched.Task) int {
				for {
					var recv tsync.RecvWait[int]
					var read, other sched.OpWait
					c.StartRecv(&recv)
					read.Start(backend.OpRead, silent, make([]byte, 4), -1)
					other.Start(backend.OpRead, silent, make([]byte, 4), -1)
					inner := &flow.Race[*sched.OpWait, *tsync.RecvWait[int]]{A: &read, B: &recv}
					won, err := flow.FirstOf(t, nil, inner, &other)
					if inner.Won() == 1 {
						took++
					}
					w.Sometimes("cancelled in the drain", err != nil && inner.Won() == 1)
					w.Sometimes("the inner race had won, the outer not", err != nil && inner.Won() == 1 && won < 0)
					if err != nil {
						return 0
					}
				}
			})
			for range 3 {
				t.Sleep(vclock.Duration(w.Work(3)))
				if c.TrySend(t, 1) {
					sent++
				}
				if w.Work(3) == 0 {
					break
				}
			}
			for range w.Work(3) {
				t.Yield()
			}
			h.Cancel(t)
			w.Assert(w.Kernel.InFlight() == 0, "nothing is under way", "%d", w.Kernel.InFlight())
			w.Assert(sent == took+c.Len(), "no value is lost", "%d sent, %d taken, %d left", sent, took, c.Len())
			return 0
		})
	}, simtest.Seeds("1-400"))
}
