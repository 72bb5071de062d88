//go:build linux && !tinygo

package tsync_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// These tests are for the race detector, and for properties that hold in every order: tasks of one, two and eight workers
// use an object at the same time, and some are cancelled meanwhile.

// onWorkers runs body as the root of runs on pools of several sizes.
func onWorkers(t *testing.T, body func(t *testing.T, task *sched.Task)) { endingWith(t, nil, body) }

// endingWith is onWorkers for runs that end with an error.
func endingWith(t *testing.T, want error, body func(t *testing.T, task *sched.Task)) {
	for _, workers := range []int{1, 2, 8} {
		t.Run(fmt.Sprint("workers=", workers), func(t *testing.T) {
			b, err := uring.New(uring.Options{Lanes: workers})
			if err != nil {
				require.Lacking(t, require.Uring, err)
			}
			defer b.Close()
			ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: workers, RefusalLimit: 20})
			defer ex.Close()
			if _, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int { body(t, task); return 0 }); !errors.Is(err, want) {
				t.Errorf("the run ends with %v, want %v", err, want)
			}
		})
	}
}

const (
	crowd  = 24 // tasks
	rounds = 400
)

// spawn starts a crowd of tasks.
func spawn(task *sched.Task, body func(task *sched.Task, i int) int) (hs [crowd]*sched.Handle[int]) {
	for i := range hs {
		hs[i] = sched.Spawn(task, "one of many", func(task *sched.Task) int { return body(task, i) })
	}
	return hs
}

// cut cancels every third task of a crowd at some moment of its work.
func cut(task *sched.Task, hs [crowd]*sched.Handle[int]) {
	for i, h := range hs {
		if i%3 == 0 {
			task.Sleep(vclock.Duration(i) * 10 * vclock.Microsecond)
			h.Stop()
		}
	}
}

// join waits for a crowd.
func join(task *sched.Task, hs [crowd]*sched.Handle[int]) {
	for _, h := range hs {
		h.Join(task)
	}
}

// What With, guards and futures do with the data is not lost, and nobody sees it half done.
func TestWorkersMutex(t *testing.T) {
	type pair struct{ a, b int }
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var m tsync.Mutex[pair]
		m.Init(task.Executor(), "pair", pair{})
		var done atomic.Int64
		change := func(p *pair) {
			p.a++
			if p.b++; p.a != p.b {
				t.Errorf("the pair is %v inside the lock, want equals", *p)
			}
			done.Add(1)
		}
		hs := spawn(task, func(task *sched.Task, i int) int {
			for range rounds {
				if i%2 == 0 {
					if m.With(task, change) != nil {
						return 0
					}
					continue
				}
				p, err := m.Lock(task)
				if err != nil {
					return 0
				}
				g := p.Enter()
				change(g.Value())
				g.Exit()
			}
			return 0
		})
		left := rounds
		var w tsync.LockWait
		m.StartLock(&w)
		f := sched.SpawnFuture(task, "future", func(task *sched.Task) sched.Poll {
			for left > 0 {
				if w.Poll(task) == sched.Pending {
					return sched.Pending
				}
				p := m.Permit(&w)
				g := p.Enter()
				change(g.Value())
				g.Exit()
				m.StartLock(&w)
				left--
			}
			return sched.Ready
		})
		cut(task, hs)
		join(task, hs)
		sched.Await(task, f)
		p, err := m.Lock(task)
		if err != nil {
			t.Errorf("the lock says %v", err)
			return
		}
		if got, want := p.Read().a, int(done.Load()); got != want || m.Poisoned() {
			t.Errorf("%d changes are in the data of %d, poisoned %t", got, want, m.Poisoned())
		}
		p.Release()
	})
}

// A task that ends inside the region poisons; whoever repairs does so alone, and the data is whole afterwards.
func TestWorkersPoison(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var m tsync.Mutex[[2]int]
		m.Init(task.Executor(), "pair", [2]int{})
		hs := spawn(task, func(task *sched.Task, i int) int {
			for n := range rounds {
				p, err := m.Lock(task)
				if err == sched.ErrPoisoned {
					m.Unpoison(task, func(d *[2]int) { d[1] = d[0] })
					continue
				}
				if err != nil {
					return 0
				}
				g := p.Enter()
				d := g.Value()
				if d[0]++; (n+i)%16 == 0 {
					g.Release() // half done
					continue
				}
				if d[1]++; d[0] != d[1] {
					t.Errorf("the data is %v inside the lock, want equals", *d)
				}
				g.Exit()
			}
			return 0
		})
		cut(task, hs)
		join(task, hs)
		m.Unpoison(task, func(d *[2]int) { d[1] = d[0] })
		if err := m.With(task, func(d *[2]int) {
			if d[0] != d[1] {
				t.Errorf("the data is %v at the end, want equals", *d)
			}
		}); err != nil {
			t.Errorf("after a repair, With says %v", err)
		}
	})
}

// Every value that a Send has put is received once, or is in the channel at the end, whoever is cancelled meanwhile.
func TestWorkersChannel(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var c tsync.Chan[int]
		c.Init(task.Executor(), "numbers", make([]int, 3))
		var sent, received, count atomic.Int64
		got := func(v int) {
			received.Add(int64(v))
			count.Add(1)
		}
		senders := spawn(task, func(task *sched.Task, i int) int {
			for n := range rounds {
				v := 1 + i*rounds + n
				switch ok := n%8 == 0 && c.TrySend(task, v); {
				case ok:
				case c.Send(task, v) != nil:
					return 0
				}
				sent.Add(int64(v))
			}
			return 0
		})
		receivers := spawn(task, func(task *sched.Task, i int) int {
			for n := 0; ; n++ {
				if v, ok := c.TryRecv(task); n%8 == 0 && ok {
					got(v)
					continue
				} else if ok {
					got(v)
				}
				v, err := c.Recv(task)
				if err != nil {
					return 0
				}
				got(v)
				if n := c.Len(); n < 0 || n > 3 {
					t.Errorf("the channel has %d values, its capacity is 3", n)
				}
			}
		})
		var w tsync.RecvWait[int]
		c.StartRecv(&w)
		f := sched.SpawnFuture(task, "future", func(task *sched.Task) sched.Poll {
			for {
				if w.Poll(task) == sched.Pending {
					return sched.Pending
				}
				v, err := w.Value()
				if err != nil {
					return sched.Ready
				}
				got(v)
				c.StartRecv(&w)
			}
		})
		cut(task, receivers)
		cut(task, senders)
		join(task, senders)
		c.CloseTx()
		join(task, receivers)
		sched.Await(task, f)
		if s, r := sent.Load(), received.Load(); s != r {
			t.Errorf("the numbers that were sent add up to %d, those that were received to %d", s, r)
		}
		if _, err := c.Recv(task); err != sched.ErrClosed {
			t.Errorf("a receive from the closed channel says %v, want %v", err, sched.ErrClosed)
		}
	})
}

// Both ends of a oneshot learn what came of it, in whatever order they act.
func TestWorkersOneshot(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		for n := range rounds {
			o := new(tsync.Oneshot[int])
			o.Init(task.Executor(), "one")
			tx := sched.Spawn(task, "sender", func(task *sched.Task) error {
				o.HoldTx(task)
				if n%4 == 0 {
					return sched.ErrClosed // its end tells
				}
				return o.Send(task, n)
			})
			rx := sched.Spawn(task, "receiver", func(task *sched.Task) error {
				o.HoldRx(task)
				v, err := o.Recv(task)
				if err == nil && v != n {
					t.Errorf("%d was received, %d was sent", v, n)
				}
				return err
			})
			if n%3 == 0 {
				rx.Stop()
			}
			sent, _ := tx.Join(task)
			got, some, err := rx.Cancel(task)
			switch {
			case err != nil:
				t.Errorf("the receiver's handle says %v", err)
			case sent != nil && some && got == nil:
				t.Errorf("round %d: the receiver has a value, the sender says %v", n, sent)
			case n%4 == 0 && some && got != sched.ErrClosed && got != sched.ErrCancelled:
				t.Errorf("round %d: without a sender the receiver says %v", n, got)
			}
		}
	})
}

// A load sees a value that was stored whole.
func TestWorkersCell(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var c tsync.Cell[[4]int]
		c.Init(task.Executor(), [4]int{})
		join(task, spawn(task, func(task *sched.Task, i int) int {
			for n := range rounds {
				c.Store(task, [4]int{i, n, i, n})
				if v := c.Load(task); v[0] != v[2] || v[1] != v[3] {
					t.Errorf("a load sees %v", v)
				}
			}
			return 0
		}))
	})
}

// A body that is unwound, because it panics or does not listen to its cancel, finds the core free: its deferred calls work.
func TestWorkersUnwind(t *testing.T) {
	for _, c := range []struct {
		name string
		want error
		end  func(task *sched.Task, m *tsync.Mutex[int])
	}{
		{"panic of the body", sched.ErrPanic, func(*sched.Task, *tsync.Mutex[int]) { panic("on purpose") }},
		{"panic inside With", sched.ErrPanic, func(task *sched.Task, _ *tsync.Mutex[int]) {
			var m tsync.Mutex[int]
			m.Init(task.Executor(), "another", 0)
			m.With(task, func(*int) { panic("on purpose") })
		}},
		{"locking twice", sched.ErrPanic, func(task *sched.Task, m *tsync.Mutex[int]) { m.Lock(task) }},
		{"not listening", sched.ErrRefusalLoop, func(task *sched.Task, _ *tsync.Mutex[int]) {
			for {
				task.Sleep(vclock.Hour)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			endingWith(t, c.want, func(t *testing.T, task *sched.Task) {
				var m tsync.Mutex[int]
				m.Init(task.Executor(), "lock", 0)
				h := sched.Spawn(task, "unwound", func(task *sched.Task) int {
					p, _ := m.Lock(task)
					g := p.Enter()
					defer g.Release()
					c.end(task, &m)
					return 0
				})
				task.Sleep(vclock.Millisecond)
				h.Cancel(task)
			})
		})
	}
}

// The functions of the program run outside of the core: there, everything may be called.
func TestWorkersCallbacksRunOutside(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var m, other tsync.Mutex[int]
		var c tsync.Chan[int]
		m.Init(task.Executor(), "m", 0)
		other.Init(task.Executor(), "other", 0)
		c.Init(task.Executor(), "c", make([]int, 1))
		h := sched.Spawn(task, "poisons", func(task *sched.Task) int {
			p, _ := m.Lock(task)
			p.Enter()
			return 0
		})
		h.Join(task)
		calls := 0
		use := func(*int) {
			calls++
			c.Len()
			p, _ := other.Lock(task)
			p.Release()
			c.TrySend(task, 1)
			c.TryRecv(task)
			h.Done()
		}
		m.Unpoison(task, use)
		m.With(task, use)
		if calls != 2 {
			t.Errorf("%d calls, want 2", calls)
		}
	})
}
