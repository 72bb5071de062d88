//go:build !tinygo

package tsync_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// The last end of a kind closes its side, however it goes: released, with its task, given to a task that has ended.
func TestLastEndCloses(t *testing.T) {
	for _, side := range []string{"tx", "rx"} {
		for _, how := range []string{"release", "end", "cancel", "cancel before the first poll", "given to one that has ended"} {
			t.Run(side+"/"+how, func(t *testing.T) {
				script(t, func(w *simtest.World) {
					var c tsync.Chan[int]
					c.Init(w.Exec, "c", make([]int, 1))
					w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
						c.Send(t, 1)
						blocked := sched.Spawn(t, "blocked", func(t *sched.Task) error { return c.Send(t, 2) })
						var tx [2]tsync.Sender[int]
						var rx [2]tsync.Receiver[int]
						hold := func(t *sched.Task, i int) error {
							if side == "tx" {
								return c.HoldTx(t, &tx[i])
							}
							return c.HoldRx(t, &rx[i])
						}
						give := func(t *sched.Task, i int, h *sched.JoinHandle) error {
							if side == "tx" {
								return tx[i].Give(t, h)
							}
							return rx[i].Give(t, h)
						}
						hold(t, 0)
						hold(t, 1)
						sleeper := sched.Spawn(t, "owner", func(t *sched.Task) int { t.Sleep(vclock.Microsecond); return 0 })
						w.Assert(give(t, 1, &sleeper.JoinHandle) == nil, "an end is given away", "")
						switch how {
						case "release":
							t.Yield()
							tx[1].Release(t)
							rx[1].Release(t)
							tx[1].Release(t)
							rx[1].Release(t)
						case "end":
							sleeper.Join(t)
						case "cancel":
							t.Yield()
							sleeper.Cancel(t)
						case "cancel before the first poll":
							sleeper.Cancel(t)
						default:
							over := sched.Spawn(t, "over", func(t *sched.Task) int { return 0 })
							for !over.Done() {
								t.Yield()
							}
							err := give(t, 1, &over.JoinHandle)
							w.Assert(err == sched.ErrClosed, "one that has ended lets it go", "%v", err)
							err = give(t, 1, &sleeper.JoinHandle)
							w.Assert(err == sched.ErrDetached, "it is given away once", "%v", err)
						}
						w.Assert(!blocked.Done(), "one end is left", "")
						tx[0].Release(t)
						rx[0].Release(t)
						err, _ := blocked.Join(t)
						w.Assert(err == sched.ErrClosed, "the last end closes", "%v", err)
						v, err := c.Recv(t)
						w.Assert((v == 1 && err == nil) == (side == "tx"), "what is in the channel stays if the senders went", "%d, %v", v, err)
						_, err = c.Recv(t)
						w.Assert(err == sched.ErrClosed, "then there is nothing", "%v", err)
						err = hold(t, 0)
						w.Assert(err == sched.ErrClosed, "a closed side has no ends", "%v", err)
						sleeper.Join(t)
						return 0
					})
				})
			})
		}
	}
}

// What can be done with an end depends on the end, not on the channel.
func TestEndsThatAreGone(t *testing.T) {
	script(t, func(w *simtest.World) {
		var c tsync.Chan[int]
		c.Init(w.Exec, "c", make([]int, 2))
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			var none tsync.Sender[int]
			var nobody tsync.Receiver[int]
			_, err := nobody.Recv(t)
			_, ok := nobody.TryRecv(t)
			w.Assert(none.Send(t, 1) == sched.ErrDetached && err == sched.ErrDetached && !none.TrySend(t, 1) && !ok, "an end that nobody holds does nothing", "%v", err)
			var a, b tsync.Sender[int]
			var rx tsync.Receiver[int]
			c.HoldTx(t, &a)
			c.HoldTx(t, &b)
			c.HoldRx(t, &rx)
			wantPanic(w, "CH2", "holding an end twice", func() { c.HoldTx(t, &a) })
			wantPanic(w, "CH2", "holding an end twice", func() { c.HoldRx(t, &rx) })
			w.Assert(a.Send(t, 1) == nil && b.TrySend(t, 2), "ends send", "")
			a.Release(t)
			w.Assert(a.Send(t, 3) == sched.ErrDetached && !a.TrySend(t, 3) && c.Len() == 2, "a released one does not", "")
			w.Assert(c.HoldTx(t, &a) == nil, "it can be held again", "")
			v, err := rx.Recv(t)
			x, ok := rx.TryRecv(t)
			w.Assert(v == 1 && err == nil && x == 2 && ok, "ends receive", "%d, %v, %d, %t", v, err, x, ok)
			sender := sched.Spawn(t, "sender", func(t *sched.Task) error {
				for range 3 {
					if err := b.Send(t, 1); err != nil {
						return err
					}
				}
				return nil
			})
			t.Yield()
			wantPanic(w, "CH7", "a second send by the same end", func() { b.Send(t, 2) })
			rx.Release(t)
			err, _ = sender.Join(t)
			w.Assert(err == sched.ErrClosed, "a send that waits bounces when the last receiver goes", "%v", err)
			w.Assert(b.Send(t, 1) == sched.ErrClosed, "so do later ones", "")
			return 0
		})
	})
}

// A receiver that was chosen for a value is cancelled in the poll in which a side closes, in every order: the value goes to the next in
// line, or bounces, and everybody is told.
func TestChosenReceiverIsCancelledAtAClose(t *testing.T) {
	for _, kind := range []string{"chan", "unbounded", "oneshot", "spsc"} {
		for _, order := range []string{"scx", "sxc", "csx", "xsc", "cxs", "sc", "cs"} { // send, cancel, close
			for _, side := range []string{"tx", "rx"} {
				t.Run(kind+"/"+order+"/"+side, func(t *testing.T) {
					script(t, func(w *simtest.World) {
						var c pipeOf
						var closeRx func()
						switch kind {
						case "chan":
							x := new(tsync.Chan[int])
							x.Init(w.Exec, "c", make([]int, 1))
							c, closeRx = x, x.CloseRx
						case "unbounded":
							x := new(tsync.Unbounded[int])
							x.Init(w.Exec, "c", 1)
							c, closeRx = x, x.CloseRx
						case "oneshot":
							x := new(tsync.Oneshot[int])
							x.Init(w.Exec, "c")
							c, closeRx = x, x.CloseRx
						default:
							x := new(tsync.SPSC[int])
							x.Init(w.Exec, "c", make([]int, 1))
							c, closeRx = x, x.CloseRx
						}
						w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
							first := sched.Spawn(t, "first", func(t *sched.Task) error { _, err := c.Recv(t); return err })
							t.Yield()
							var sent error
							for _, step := range order {
								switch {
								case step == 's':
									sent = c.Send(t, 1)
								case step == 'c':
									first.Stop()
								case side == "tx":
									c.CloseTx()
								default:
									closeRx()
								}
							}
							_, some, err := first.Cancel(t)
							w.Assert(err == nil && !some, "who was cancelled has nothing", "%v", err)
							v, err := c.Recv(t)
							closed := order == "xsc" || order == "cxs"
							w.Assert((sent == nil) == !closed, "a send says whether the value is in", "%v", sent)
							if len(order) == 2 { // not closed
								w.Assert(v == 1 && err == nil, "the value goes to the next", "%d, %v", v, err)
								return 0
							}
							w.Assert((err == nil && v == 1) == (sent == nil && side == "tx"), "it stays unless the receiver has gone", "%d, %v", v, err)
							return 0
						})
					})
				})
			}
		}
	}
}

// A sender whose value was let in is cancelled in the poll in which a side closes, in every order: its send says that the value is in,
// and it is, unless the receiver has gone.
func TestChosenSenderIsCancelledAtAClose(t *testing.T) {
	for _, kind := range []string{"chan", "end", "spsc"} {
		for _, order := range []string{"tcx", "txc", "ctx", "xtc", "cxt"} { // take, cancel, close
			for _, side := range []string{"tx", "rx"} {
				t.Run(kind+"/"+order+"/"+side, func(t *testing.T) {
					script(t, func(w *simtest.World) {
						var c tsync.Chan[int]
						var end tsync.Sender[int]
						var q tsync.SPSC[int]
						c.Init(w.Exec, "c", make([]int, 1))
						q.Init(w.Exec, "q", make([]int, 1))
						send, tryRecv, length, closeTx, closeRx := c.Send, c.TryRecv, c.Len, c.CloseTx, c.CloseRx
						if kind == "spsc" {
							send, tryRecv, length, closeTx, closeRx = q.Send, q.TryRecv, q.Len, q.CloseTx, q.CloseRx
						}
						w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
							if kind == "end" {
								c.HoldTx(t, &end)
								send = end.Send
							}
							send(t, 1)
							sent := error(sched.ErrNoValue)
							sender := sched.Spawn(t, "sender", func(t *sched.Task) int { sent = send(t, 2); return 0 })
							t.Yield()
							took := false
							for _, step := range order {
								switch {
								case step == 't':
									v, ok := tryRecv(t)
									took = ok
									w.Assert(!ok || v == 1, "the oldest value comes first", "%d", v)
								case step == 'c':
									sender.Stop()
								case side == "tx":
									closeTx()
								default:
									closeRx()
								}
							}
							sender.Cancel(t)
							open := strings.Index(order, "x") > strings.Index(order, "t")
							w.Assert(took == (open || side == "tx"), "content is there until the receiver goes", "%t", took)
							w.Assert((sent == nil) == open, "the send says whether its value was let in", "%v", sent)
							v, ok := tryRecv(t)
							w.Assert(ok == (open && side == "tx") && (!ok || v == 2) && length() == 0, "it is in the channel then", "%d, %t", v, ok)
							return 0
						})
					})
				})
			}
		}
	}
}

// A waiting receiver is woken once for all that was corked, by Uncork or by the sender's end (CH4).
func TestUncork(t *testing.T) {
	for _, how := range []string{"uncork", "close", "end of the holder", "cancel of the holder"} {
		for n := range 4 {
			t.Run(fmt.Sprintf("%s/%d", how, n), func(t *testing.T) {
				script(t, func(w *simtest.World) {
					var q tsync.SPSC[int]
					q.Init(w.Exec, "q", make([]int, 3))
					w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
						polls := 0
						rx := sched.Spawn(t, "receiver", func(t *sched.Task) int {
							var wait tsync.SPSCReady[int]
							q.StartReady(&wait)
							for polls = 1; wait.Poll(t) == sched.Pending; polls++ {
								t.Sleep(vclock.Hour)
							}
							got := 0
							for {
								if _, ok := q.TryRecv(t); !ok {
									return got
								}
								got++
							}
						})
						tx := sched.Spawn(t, "sender", func(t *sched.Task) int {
							q.HoldTx(t)
							q.Cork(t)
							q.Cork(t)
							for v := range n {
								q.Send(t, v)
								t.Yield()
							}
							w.Assert(q.Len() == 0 && polls == 1, "nothing is seen of it", "%d, %d polls", q.Len(), polls)
							switch how {
							case "uncork":
								q.Uncork(t)
								q.Uncork(t)
							case "close":
								q.CloseTx()
							case "cancel of the holder":
								t.Sleep(vclock.Second)
							}
							return 0
						})
						t.Sleep(vclock.Millisecond)
						tx.Stop()
						tx.Join(t)
						got, _ := rx.Join(t)
						w.Assert(got == n, "all is seen then", "%d of %d", got, n)
						return 0
					})
				})
			})
		}
	}
}

// A future belongs to the task that polled it first; one that was not polled yet, or has ended, may go anywhere.
func TestFuturesStayWithTheirTask(t *testing.T) {
	script(t, func(w *simtest.World) {
		var q tsync.SPSC[int]
		var o tsync.Oneshot[int]
		var e tsync.Eventually[int]
		q.Init(w.Exec, "q", make([]int, 1))
		o.Init(w.Exec, "o")
		e.Init(w.Exec, "e")
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			var send tsync.SPSCSend[int]
			var ready tsync.SPSCReady[int]
			var shot tsync.OneshotWait[int]
			var get tsync.GetWait[int]
			q.StartReady(&ready)
			o.StartRecv(&shot)
			e.StartGet(&get)
			other := sched.Spawn(t, "other", func(t *sched.Task) int { // started by root, polled by this one
				w.Assert(ready.Poll(t) == sched.Pending && shot.Poll(t) == sched.Pending && get.Poll(t) == sched.Pending, "nothing is there", "")
				ready.Abandon(t)
				ready.Abandon(t)
				q.Send(t, 1)
				q.StartSend(&send, 2)
				w.Assert(send.Poll(t) == sched.Pending, "there is no room", "")
				t.Sleep(vclock.Millisecond)
				return 0
			})
			t.Yield()
			for name, poll := range map[string]func(*sched.Task) sched.Poll{"send": send.Poll, "oneshot": shot.Poll, "get": get.Poll} {
				wantPanic(w, "S3", "polling a "+name+" of another task", func() { poll(t) })
			}
			wantPanic(w, "CH7", "a second send", func() { q.StartSend(&send, 3) })
			wantPanic(w, "EV2", "a second read", func() { e.StartGet(&get) })
			wantPanic(w, "EV2", "a value that is not there", func() { get.Value() })
			wantPanic(w, "CH7", "a second sender", func() { q.Send(t, 3) })
			other.Join(t) // its end gives up all of them
			w.Assert(send.Err() == sched.ErrClosed, "the send has bounced", "%v", send.Err())
			w.Assert(o.Send(t, 4) == nil && e.Set(t, 5) == nil, "nobody is left behind", "")
			v, err := o.Recv(t)
			x, err2 := e.Get(t)
			y, err3 := q.Recv(t)
			w.Assert(v == 4 && x == 5 && y == 1 && err == nil && err2 == nil && err3 == nil, "all is as if nobody had waited", "%d, %d, %d", v, x, y)
			e.StartGet(&get)
			w.Assert(get.Poll(t) == sched.Ready && get.Value() == 5, "a read that is late is Ready at once", "")
			_, ok := q.TryRecv(t)
			w.Assert(!ok, "the abandoned value is never delivered", "")
			return 0
		})
	})
}

// Of the ends of an SPSC each has one user at a time.
func TestSPSCHasOneOfEach(t *testing.T) {
	script(t, func(w *simtest.World) {
		var q tsync.SPSC[int]
		wantPanic(w, "CH1", "a channel without storage", func() { q.Init(w.Exec, "q", nil) })
		q.Init(w.Exec, "q", make([]int, 1))
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			h := sched.Spawn(t, "receiver", func(t *sched.Task) error { _, err := q.Recv(t); return err })
			t.Yield()
			wantPanic(w, "CH7", "a second receiver", func() { q.Recv(t) })
			wantPanic(w, "CH7", "a second receiver", func() {
				var w tsync.SPSCReady[int]
				q.StartReady(&w)
				w.Poll(t)
			})
			w.Assert(q.GiveRx(t, &h.JoinHandle) == nil && q.GiveTx(t, &h.JoinHandle) == nil, "ends are given away", "")
			h.Cancel(t)
			w.Assert(q.HoldRx(t) == sched.ErrDetached && q.HoldTx(t) == sched.ErrDetached, "they have gone with their holder", "")
			w.Assert(q.Send(t, 1) == sched.ErrClosed && !q.TrySend(t, 1), "nothing passes any more", "")
			_, err := q.Recv(t)
			w.Assert(err == sched.ErrClosed, "neither way", "%v", err)
			return 0
		})
	})
}

// An unbounded channel keeps its order while its storage grows and shrinks, and says when its limit is reached.
func TestUnboundedGrowsAndShrinks(t *testing.T) {
	script(t, func(w *simtest.World) {
		var c, short tsync.Unbounded[int]
		c.Init(w.Exec, "c", 0)
		short.Init(w.Exec, "short", 3)
		wantPanic(w, "CH1", "a negative limit", func() { new(tsync.Unbounded[int]).Init(w.Exec, "c", -1) })
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			in, out := 0, 0
			for _, swing := range []int{5, -3, 100, -90, 40, -52, 1000, -1000, 3, -3} {
				for range max(swing, 0) {
					w.Assert(c.Send(t, in) == nil, "a send finds room", "")
					in++
				}
				for range max(-swing, 0) {
					v, ok := c.TryRecv(t)
					w.Assert(ok && v == out, "first in, first out", "%d, %t, want %d", v, ok, out)
					out++
				}
				w.Assert(c.Len() == in-out, "the length is what is in", "%d, want %d", c.Len(), in-out)
			}
			for v := range 3 {
				short.Send(t, v)
			}
			var wait tsync.SendWait[int]
			short.StartSend(&wait, 3)
			w.Assert(wait.Poll(t) == sched.Ready && wait.Err() == sched.ErrOutOfSpace, "nobody waits at the limit", "%v", wait.Err())
			w.Assert(short.Send(t, 3) == sched.ErrOutOfSpace && !short.TrySend(t, 3) && short.Len() == 3, "full is full", "%d", short.Len())
			short.CloseRx()
			w.Assert(short.Send(t, 3) == sched.ErrClosed && short.Len() == 0, "closed is closed", "")
			return 0
		})
	})
}

// A value may be set where a task ends, and read there.
func TestSetInATeardown(t *testing.T) {
	script(t, func(w *simtest.World) {
		var e tsync.Eventually[int]
		e.Init(w.Exec, "e")
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			res := new(sched.Resource)
			h := sched.Spawn(t, "ends", func(t *sched.Task) int {
				t.Own(res, &e, func(of any, t *sched.Task) {
					e := of.(*tsync.Eventually[int])
					e.Set(t, 7)
				})
				_, err := e.Get(t)
				w.Assert(err == sched.ErrCancelled, "it is cancelled while it waits", "%v", err)
				_, err = e.Get(t)
				_, ok := e.TryGet(t)
				w.Assert(err == sched.ErrCancelled && !ok, "after that no wait begins", "%v", err)
				return 0
			})
			t.Yield()
			h.Stop()
			v, err := e.Get(t)
			w.Assert(v == 7 && err == nil, "its end sets the value", "%d, %v", v, err)
			return 0
		})
	})
}
