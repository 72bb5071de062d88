//go:build !tinygo

package tsync_test

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

func TestChanNeedsStorage(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			wantPanic(w, "CH1", "a channel without storage", func() { new(tsync.Chan[int]).Init(w.Exec, "c", nil) })
			return 0
		})
	})
}

// A Send that is cancelled tells the truth: ErrCancelled and the value is not in the channel, or nil and it is (CH8). The
// cancel comes at every moment: before the send, while it is blocked, after its value was put and before the sender is polled.
func TestCancelledSendTellsTheTruth(t *testing.T) {
	for capacity := 1; capacity <= 2; capacity++ {
		for delay := range 8 {
			t.Run(fmt.Sprintf("capacity=%d/delay=%d", capacity, delay), func(t *testing.T) {
				script(t, func(w *simtest.World) {
					var c tsync.Chan[int]
					c.Init(w.Exec, "c", make([]int, capacity))
					sent := map[int]error{}
					var got []int
					w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
						sender := sched.Spawn(t, "sender", func(t *sched.Task) int {
							for v := range 6 {
								sent[v] = c.Send(t, v)
							}
							return 0
						})
						receiver := sched.Spawn(t, "receiver", func(t *sched.Task) int {
							for {
								v, err := c.Recv(t)
								if err != nil {
									return 0
								}
								got = append(got, v)
								t.Yield()
							}
						})
						yields(t, delay)
						sender.Stop()
						yields(t, 6)
						c.CloseTx()
						receiver.Join(t)
						return 0
					})
					w.AtEnd("exactly the values whose Send said so arrive", func() error {
						for v, err := range sent {
							in := false
							for _, g := range got {
								in = in || g == v
							}
							if in != (err == nil) {
								return fmt.Errorf("Send of %d said %v, and %v arrived", v, err, got)
							}
						}
						return nil
					})
				})
			})
		}
	}
}

// A value that is reserved for a receiver goes to the next in line if that receiver is cancelled, also after the senders have
// gone; nobody is forgotten (CH2, CH7).
func TestReservationPassesOn(t *testing.T) {
	for _, closed := range []bool{false, true} {
		t.Run(fmt.Sprintf("closed=%t", closed), func(t *testing.T) {
			script(t, func(w *simtest.World) {
				var c tsync.Chan[int]
				c.Init(w.Exec, "c", make([]int, 1))
				w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
					var hs [3]*sched.Handle[int]
					for i := range hs {
						hs[i] = sched.Spawn(t, fmt.Sprint("r", i), func(t *sched.Task) int {
							v, err := c.Recv(t)
							if err != nil {
								return -1
							}
							return v
						})
					}
					t.Yield()
					w.Assert(c.TrySend(t, 7), "there is room", "")
					hs[0].Stop() // fired and not polled
					if _, ok := c.TryRecv(t); ok {
						w.Assert(false, "a reserved value is not for the taking", "")
					}
					if closed {
						c.CloseTx()
						c.CloseTx()
					}
					_, ok, _ := hs[0].Cancel(t)
					w.Assert(!ok, "the first has no value", "")
					v, _ := hs[1].Join(t)
					w.Assert(v == 7, "the next in line gets the value", "it got %d", v)
					if !closed {
						c.CloseTx()
					}
					v, _ = hs[2].Join(t)
					w.Assert(v == -1, "the last is told that nothing comes", "it got %d", v)
					return 0
				})
			})
		})
	}
}

// The ends go in every order, with senders blocked, content, a reservation, or waiting receivers (CH2).
func TestCloseInEveryOrder(t *testing.T) {
	for _, waiting := range []string{"senders", "content", "reserved", "receivers"} {
		for _, order := range []string{"t", "r", "tr", "rt", "trtr"} {
			t.Run(waiting+"/"+order, func(t *testing.T) {
				script(t, func(w *simtest.World) {
					var c tsync.Chan[int]
					c.Init(w.Exec, "c", make([]int, 1))
					w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
						var send, recv []*sched.Handle[error]
						sender := func(t *sched.Task) error { return c.Send(t, 2) }
						receiver := func(t *sched.Task) error { _, err := c.Recv(t); return err }
						switch waiting {
						case "senders":
							c.Send(t, 1)
							send = append(send, sched.Spawn(t, "s", sender), sched.Spawn(t, "s", sender))
							t.Yield()
						case "content":
							c.Send(t, 1)
						case "reserved":
							recv = append(recv, sched.Spawn(t, "r", receiver), sched.Spawn(t, "r", receiver))
							t.Yield()
							c.Send(t, 1)
						case "receivers":
							recv = append(recv, sched.Spawn(t, "r", receiver), sched.Spawn(t, "r", receiver))
							t.Yield()
						}
						for _, side := range order {
							if side == 't' {
								c.CloseTx()
							} else {
								c.CloseRx()
							}
						}
						for _, h := range send {
							err, _ := h.Join(t)
							w.Assert(err == sched.ErrClosed, "a blocked sender is told", "%v", err)
						}
						got := 0
						for _, h := range recv {
							if err, _ := h.Join(t); err == nil {
								got++
							} else {
								w.Assert(err == sched.ErrClosed, "a receiver is told", "%v", err)
							}
						}
						if v, err := c.Recv(t); err == nil {
							got++
							w.Assert(v == 1, "what is left is the first value", "%d", v)
						}
						stays := waiting != "receivers" && order == "t"
						w.Assert((got == 1) == stays && got <= 1, "content stays takeable until the receivers go", "%d taken", got)
						_, err := c.Recv(t)
						w.Assert(err == sched.ErrClosed && c.Len() == 0, "then there is nothing", "%v", err)
						w.Assert(c.Send(t, 3) == sched.ErrClosed && !c.TrySend(t, 3), "sends after a close bounce", "")
						return 0
					})
				})
			})
		}
	}
}

// TrySend and TryRecv do not overtake those who wait (CH7).
func TestTriesDoNotOvertake(t *testing.T) {
	script(t, func(w *simtest.World) {
		var c tsync.Chan[int]
		c.Init(w.Exec, "c", make([]int, 2))
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			c.Send(t, 1)
			w.Assert(c.TrySend(t, 2) && !c.TrySend(t, 3) && c.Len() == 2, "full is full", "%d", c.Len())
			sched.Spawn(t, "blocked", func(t *sched.Task) int { c.Send(t, 3); return 0 })
			t.Yield()
			v, ok := c.TryRecv(t)
			w.Assert(ok && v == 1 && c.Len() == 2, "the blocked value moves in", "%d, %t, %d", v, ok, c.Len())
			w.Assert(!c.TrySend(t, 4), "so there is no room", "")
			for want := 2; want <= 3; want++ {
				v, ok := c.TryRecv(t)
				w.Assert(ok && v == want, "first in, first out", "%d, want %d", v, want)
			}
			_, ok = c.TryRecv(t)
			w.Assert(!ok, "empty is empty", "")
			return 0
		})
	})
}

// Waits as futures: each gives up at each moment, and the value is where its owner was told (CH8).
func TestFuturesOfChannels(t *testing.T) {
	script(t, func(w *simtest.World) {
		var c tsync.Chan[int]
		c.Init(w.Exec, "c", make([]int, 1))
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			var r tsync.RecvWait[int]
			c.StartRecv(&r)
			w.Assert(flow.WithTimeout(t, 10, &r) == sched.ErrTimeout, "nothing comes", "")
			var s tsync.SendWait[int]
			c.StartSend(&s, 1)
			w.Assert(flow.WithTimeout(t, 10, &s) == nil && s.Err() == nil, "there is room", "")
			c.StartSend(&s, 2)
			w.Assert(flow.WithTimeout(t, 10, &s) == sched.ErrTimeout && s.Err() == sched.ErrClosed, "now there is none", "")
			c.StartRecv(&r)
			err := sched.Await(t, &r)
			v, verr := r.Value()
			w.Assert(err == nil && verr == nil && v == 1 && c.Len() == 0, "the value that gave up never arrives", "%d, %v, %v", v, err, verr)

			// A task that ends with futures under way leaves nothing behind.
			h := sched.Spawn(t, "leaves", func(t *sched.Task) int {
				r := new(tsync.RecvWait[int])
				c.StartRecv(r)
				r.Poll(t)
				t.Sleep(10)
				return 0
			})
			t.Yield()
			c.Send(t, 3) // reserved for it
			h.Join(t)
			v, ok := c.TryRecv(t)
			w.Assert(ok && v == 3, "a reservation whose task ends passes on", "%d, %t", v, ok)
			c.Send(t, 4)
			h = sched.Spawn(t, "leaves", func(t *sched.Task) int {
				s := new(tsync.SendWait[int])
				c.StartSend(s, 5)
				s.Poll(t)
				return 0
			})
			h.Join(t)
			v, ok = c.TryRecv(t)
			_, more := c.TryRecv(t)
			w.Assert(ok && v == 4 && !more, "a send whose task ends bounces", "%d", v)
			c.CloseTx()
			c.StartRecv(&r)
			sched.Await(t, &r)
			_, verr = r.Value()
			w.Assert(verr == sched.ErrClosed, "a future is told of the close", "%v", verr)
			return 0
		})
	})
}

// Either end of a oneshot goes at each moment, and each party learns one outcome (CH6).
func TestOneshotEnds(t *testing.T) {
	for sendAt := range 5 { // 4: never
		for recvAt := range 5 { // 4: never
			for _, cancel := range []string{"", "sender", "receiver"} {
				for cancelAt := range 4 {
					t.Run(fmt.Sprintf("send=%d/recv=%d/%s=%d", sendAt, recvAt, cancel, cancelAt), func(t *testing.T) {
						script(t, func(w *simtest.World) {
							var o tsync.Oneshot[int]
							o.Init(w.Exec, "o")
							var sent, got error = sched.ErrTimeout, sched.ErrTimeout
							w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
								s := sched.Spawn(t, "sender", func(t *sched.Task) int {
									yields(t, sendAt)
									if sendAt < 4 {
										sent = o.Send(t, 5)
									}
									return 0
								})
								r := sched.Spawn(t, "receiver", func(t *sched.Task) int {
									yields(t, recvAt)
									if recvAt < 4 {
										_, got = o.Recv(t)
									}
									return 0
								})
								o.GiveTx(t, &s.JoinHandle)
								o.GiveRx(t, &r.JoinHandle)
								yields(t, cancelAt)
								switch cancel {
								case "sender":
									s.Stop()
								case "receiver":
									r.Stop()
								}
								s.Join(t)
								r.Join(t)
								again := o.Send(t, 6)
								w.Assert(again == sched.ErrDetached, "a second Send is an error", "%v", again)
								if got == nil || got == sched.ErrClosed {
									_, err := o.Recv(t)
									w.Assert(err == sched.ErrDetached, "so is a second Recv", "%v", err)
								}
								return 0
							})
							w.AtEnd("both learn the same", func() error {
								if got == nil && sent != nil || got == sched.ErrClosed && sent == nil {
									return fmt.Errorf("Send says %v, Recv says %v", sent, got)
								}
								return nil
							})
						})
					})
				}
			}
		}
	}
}

// Of two receivers of a oneshot one gets the outcome and the other an error, never nothing.
func TestOneshotTwoReceivers(t *testing.T) {
	for _, how := range []string{"send", "close", "close rx", "first cancelled"} {
		t.Run(how, func(t *testing.T) {
			script(t, func(w *simtest.World) {
				var o tsync.Oneshot[int]
				o.Init(w.Exec, "o")
				w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
					recv := func(t *sched.Task) error { _, err := o.Recv(t); return err }
					a, b := sched.Spawn(t, "a", recv), sched.Spawn(t, "b", recv)
					t.Yield()
					var wantA, wantB error = nil, sched.ErrDetached
					switch how {
					case "send":
						o.Send(t, 1)
					case "close":
						o.CloseTx()
						wantA = sched.ErrClosed
					case "close rx":
						o.CloseRx()
						wantA = sched.ErrClosed
						defer func() {
							w.Assert(o.Send(t, 1) == sched.ErrClosed, "the sender is told", "")
						}()
					case "first cancelled":
						o.Send(t, 1)
						a.Stop()
						wantA, wantB = sched.ErrCancelled, nil
					}
					errA, _ := a.Join(t)
					errB, _ := b.Join(t)
					if how == "first cancelled" {
						errA = sched.ErrCancelled // its value is withheld
					}
					w.Assert(errA == wantA && errB == wantB, "each is told", "%v and %v, want %v and %v", errA, errB, wantA, wantB)
					return 0
				})
			})
		})
	}
}

// A sender that ends without Send is told of by HoldTx only: without it, the receiver goes on waiting.
func TestOneshotWithoutHolder(t *testing.T) {
	script(t, func(w *simtest.World) {
		var o tsync.Oneshot[int]
		o.Init(w.Exec, "o")
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			r := sched.Spawn(t, "receiver", func(t *sched.Task) error { _, err := o.Recv(t); return err })
			s := sched.Spawn(t, "sender", func(t *sched.Task) int { return 0 })
			s.Join(t)
			t.Sleep(vclock.Millisecond)
			w.Assert(!r.Done(), "nobody knows that nothing comes", "")
			o.CloseTx()
			err, _ := r.Join(t)
			w.Assert(err == sched.ErrClosed, "until it is said", "%v", err)
			return 0
		})
	})
}

// A cell is a scheduling point: with two lanes an update can be lost, with one it cannot (Cell is a plain variable there).
func TestCell(t *testing.T) {
	program := func(lanes bool) simtest.Program {
		return func(w *simtest.World) {
			var c tsync.Cell[int]
			c.Init(w.Exec, 0)
			add := func(t *sched.Task) int { c.Store(t, c.Load(t)+1); return 0 }
			w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
				a, b := sched.Spawn(t, "a", add), sched.Spawn(t, "b", add)
				a.Join(t)
				b.Join(t)
				n := c.Load(t)
				w.Sometimes("an update was kept", n == 2)
				if lanes {
					w.Sometimes("an update was lost", n == 1)
				} else {
					w.Assert(n == 2, "no update is lost on one lane", "%d", n)
				}
				return 0
			})
		}
	}
	simtest.Run(t, program(false), simtest.Faults("none"))
	simtest.Run(t, program(true), simtest.Faults("none"), simtest.In(simtest.Config{Lanes: 2}))
}
