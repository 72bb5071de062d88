//go:build linux && !tinygo

package tsync_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// Ends go in every order and at the same time: a channel closes exactly when the last of a kind has gone, and every value that a
// send has put is received or was left when the last receiver went.
func TestWorkersEnds(t *testing.T) {
	for _, unbounded := range []bool{false, true} {
		onWorkers(t, func(t *testing.T, task *sched.Task) {
			for round := range 20 {
				var u tsync.Unbounded[int]
				c := &u.Chan
				if unbounded {
					u.Init(task.Executor(), "numbers", 5)
				} else {
					c.Init(task.Executor(), "numbers", make([]int, 3))
				}
				var tx [crowd]tsync.Sender[int]
				var rx [crowd]tsync.Receiver[int]
				var sent, received atomic.Int64
				for i := range tx {
					c.HoldTx(task, &tx[i])
					c.HoldRx(task, &rx[i])
				}
				receivers := spawn(task, func(task *sched.Task, i int) int {
					for n := 0; ; n++ {
						v, err := rx[i].Recv(task)
						if err != nil {
							return 0
						}
						received.Add(int64(v))
						if n == 40 && i%2 == 0 {
							rx[i].Release(task) // the next Recv says so
						}
					}
				})
				senders := spawn(task, func(task *sched.Task, i int) int {
					for n := range 40 {
						switch err := tx[i].Send(task, n+1); err {
						case nil:
							sent.Add(int64(n + 1))
						case sched.ErrOutOfSpace:
							task.Yield()
						default:
							return 0
						}
					}
					return 0
				})
				for i := range tx {
					rx[i].Give(task, &receivers[i].JoinHandle)
					tx[i].Give(task, &senders[i].JoinHandle)
				}
				if round%2 == 0 {
					for i := range crowd - 1 { // one receiver stays to the end
						receivers[i].Stop()
						if i%3 == 0 {
							senders[i].Stop()
						}
					}
				}
				join(task, senders) // their ends close
				join(task, receivers)
				if s, r := sent.Load(), received.Load(); s != r {
					t.Errorf("round %d: the numbers that were sent add up to %d, those that were received to %d", round, s, r)
				}
				if err := c.HoldTx(task, &tx[0]); err != sched.ErrClosed {
					t.Errorf("an end of the closed channel says %v", err)
				}
			}
		})
	}
}

// Values arrive once and in order, corked or not, while the receiver is replaced again and again, because the one before was
// cancelled in the middle of a wait or of a receive.
func TestWorkersSPSC(t *testing.T) {
	for _, capacity := range []int{1, 2, 7} {
		t.Run(fmt.Sprint("capacity=", capacity), func(t *testing.T) { passNumbers(t, capacity) })
	}
}

func passNumbers(t *testing.T, capacity int) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		const total = 5000
		var q tsync.SPSC[int]
		q.Init(task.Executor(), "numbers", make([]int, capacity))
		sender := sched.Spawn(task, "sender", func(task *sched.Task) int {
			q.HoldTx(task)
			send := new(tsync.SPSCSend[int])
			var err error
			for v := 0; v < total; {
				if v%5 == 0 && err == nil {
					q.Cork(task)
				}
				err = nil
				switch {
				case v%3 == 0 && q.TrySend(task, v):
				case v%7 == 0:
					q.StartSend(send, v)
					sched.Await(task, send)
					err = send.Err()
				default:
					err = q.Send(task, v)
				}
				switch err {
				case nil:
					v++
				case sched.ErrOutOfSpace:
				default:
					t.Errorf("a send says %v", err)
					return v
				}
				if err != nil || v%5 == 3 {
					q.Uncork(task)
				}
			}
			return total
		})
		next := 0
		receive := func(task *sched.Task) bool {
			ready := new(tsync.SPSCReady[int])
			for {
				if next%2 == 0 {
					q.StartReady(ready)
					if sched.Await(task, ready) != nil {
						return false
					}
				} else if err := q.WaitReady(task); err != nil {
					return err == sched.ErrClosed
				}
				v, ok := q.TryRecv(task)
				if !ok {
					return !task.Ending()
				}
				if v != next {
					t.Errorf("%d arrives, want %d", v, next)
					return true
				}
				next++
				if next%11 == 0 {
					v, err := q.Recv(task)
					if err == nil && v == next {
						next++
					} else if err == nil {
						t.Errorf("%d arrives, want %d", v, next)
					}
				}
			}
		}
		for n := 0; ; n++ {
			rx := sched.Spawn(task, "receiver", func(task *sched.Task) bool { return receive(task) })
			task.Sleep(vclock.Duration(n%7) * 30 * vclock.Microsecond)
			rx.Stop()
			done, some, _ := rx.Cancel(task)
			if some && done || n > 100_000 {
				break
			}
		}
		if n, err := sender.Join(task); n != total || err != nil || next != total {
			t.Errorf("%d values were sent and %d received, %v", n, next, err)
		}
	})
}

// The ends of an SPSC go at any moment, and whoever is left is told.
func TestWorkersSPSCEnds(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		for n := range 200 {
			var q tsync.SPSC[int]
			q.Init(task.Executor(), "numbers", make([]int, 2))
			tx := sched.Spawn(task, "sender", func(task *sched.Task) int {
				sent := 0
				for ; n%3 != 0 || sent < n; sent++ {
					if sent%4 == 0 {
						q.Cork(task)
					}
					err := q.Send(task, sent)
					if err == sched.ErrOutOfSpace {
						q.Uncork(task)
						err = q.Send(task, sent)
					}
					if err != nil {
						break
					}
				}
				return sent
			})
			rx := sched.Spawn(task, "receiver", func(task *sched.Task) int {
				for got := 0; ; got++ {
					if n%3 == 1 && got == n {
						return got
					}
					v, err := q.Recv(task)
					if err != nil {
						return got
					}
					if v != got {
						t.Errorf("%d arrives, want %d", v, got)
					}
				}
			})
			q.GiveTx(task, &tx.JoinHandle)
			q.GiveRx(task, &rx.JoinHandle)
			if n%3 == 2 {
				task.Sleep(vclock.Duration(n) * vclock.Microsecond / 2)
				if n%2 == 0 {
					tx.Stop()
				} else {
					rx.Stop()
				}
			}
			sent, _ := tx.Join(task)
			got, _ := rx.Join(task)
			if n%3 == 0 && got != sent {
				t.Errorf("round %d: %d values were sent and %d received", n, sent, got)
			}
		}
	})
}

// One of many writers wins, and everybody reads what it wrote; some who wait are cancelled.
func TestWorkersEventually(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		for range 50 {
			var e tsync.Eventually[[4]int]
			var s tsync.Singleton[int]
			e.Init(task.Executor(), "e")
			s.Init(task.Executor(), "s")
			var won, wrote atomic.Int64
			hs := spawn(task, func(task *sched.Task, i int) int {
				if i%4 == 3 {
					task.Yield()
					if e.Set(task, [4]int{i, i, i, i}) == nil {
						won.Add(1)
						wrote.Store(int64(i))
					}
					s.Set(task, i)
				}
				w := new(tsync.GetWait[[4]int])
				e.StartGet(w)
				if sched.Await(task, w) != nil {
					return 0
				}
				v, err := e.Get(task)
				if err != nil {
					return 0
				}
				x, ok := e.TryGet(task)
				p, err := s.Get(task)
				if err != nil {
					return 0
				}
				q, _ := s.TryGet(task)
				if v != w.Value() || v != x || !ok || v[0] != v[3] || p != q || *p%4 != 3 {
					t.Errorf("reads say %v, %v, %v, %d", v, w.Value(), x, *p)
				}
				return 0
			})
			for i, h := range hs {
				if i%4 == 0 {
					h.Stop()
				}
			}
			join(task, hs)
			if v, _ := e.TryGet(task); won.Load() != 1 || int64(v[0]) != wrote.Load() {
				t.Errorf("%d have set the value, which is %v", won.Load(), v)
			}
		}
	})
}

// A oneshot as a future, whose ends go at the same time.
func TestWorkersOneshotWait(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		for n := range rounds {
			o := new(tsync.Oneshot[int])
			o.Init(task.Executor(), "one")
			tx := sched.Spawn(task, "sender", func(task *sched.Task) error {
				if n%4 == 0 {
					return nil
				}
				return o.Send(task, n)
			})
			o.GiveTx(task, &tx.JoinHandle)
			rx := sched.Spawn(task, "receiver", func(task *sched.Task) error {
				w := new(tsync.OneshotWait[int])
				o.StartRecv(w)
				if err := sched.Await(task, w); err != nil {
					return err
				}
				v, err := w.Value()
				if err == nil && v != n {
					t.Errorf("%d was received, %d was sent", v, n)
				}
				return err
			})
			o.GiveRx(task, &rx.JoinHandle)
			if n%3 == 0 {
				rx.Stop()
			}
			sent, _ := tx.Join(task)
			got, some, _ := rx.Cancel(task)
			if some && got == nil && (sent != nil || n%4 == 0) || n%3 != 0 && n%4 != 0 && sent == nil && got != nil {
				t.Errorf("round %d: the sender says %v, the receiver %v (%t)", n, sent, got, some)
			}
		}
	})
}

// What a third task is told of the length of an SPSC is a length that it could have.
func TestWorkersSPSCLen(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		const capacity, total = 3, 1000
		var q tsync.SPSC[int]
		q.Init(task.Executor(), "numbers", make([]int, capacity))
		var over atomic.Bool
		watcher := sched.Spawn(task, "watcher", func(task *sched.Task) int {
			for !over.Load() {
				for range 100 {
					if n := q.Len(); n < 0 || n > capacity {
						t.Errorf("the length is %d, of a capacity of %d", n, capacity)
						return 0
					}
				}
				task.Yield()
			}
			return 0
		})
		sender := sched.Spawn(task, "sender", func(task *sched.Task) int {
			for v := 0; v < total; {
				if q.TrySend(task, v) {
					v++
				} else {
					task.Yield()
				}
			}
			return 0
		})
		for n := 0; n < total; {
			if _, ok := q.TryRecv(task); ok {
				n++
			} else {
				task.Yield()
			}
		}
		over.Store(true)
		sender.Join(task)
		watcher.Join(task)
	})
}

// A second sender is refused after the core was left: deferred calls that take it do.
func TestWorkersSecondSender(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var q tsync.SPSC[int]
		q.Init(task.Executor(), "numbers", make([]int, 1))
		first := sched.Spawn(task, "first", func(task *sched.Task) int {
			for v := range 2 {
				w := new(tsync.SPSCSend[int])
				q.StartSend(w, v)
				sched.Await(task, w)
			}
			return 0
		})
		for q.Len() == 0 {
			task.Yield()
		}
		task.Sleep(vclock.Millisecond) // it waits by now
		text := panics(func() {
			defer q.CloseRx()
			q.Send(task, 3)
		})
		if text == "" {
			t.Error("a second sender is not refused")
		}
		first.Join(task)
	})
}
