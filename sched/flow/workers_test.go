//go:build linux && !tinygo

package flow_test

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// These tests are for the race detector, and for properties that hold in every order: tasks of one, two and eight workers
// use an object at the same time, and some are cancelled meanwhile.

// onWorkers runs body as the root of runs on pools of several sizes.
func onWorkers(t *testing.T, body func(t *testing.T, task *sched.Task)) {
	for _, workers := range []int{1, 2, 8} {
		t.Run(fmt.Sprint("workers=", workers), func(t *testing.T) {
			b, err := uring.New(uring.Options{Lanes: workers})
			if err != nil {
				require.Lacking(t, require.Uring, err)
			}
			defer b.Close()
			ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: workers})
			defer ex.Close()
			if _, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int { body(t, task); return 0 }); err != nil {
				t.Errorf("the run ends with %v", err)
			}
			if n := b.InFlight(); n != 0 {
				t.Errorf("%d operations are in flight, want none", n)
			}
		})
	}
}

// A value that meets a timeout is taken or stays: none is lost, none comes twice.
func TestWorkersTimeout(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		const senders, values = 8, 60
		var c tsync.Chan[int]
		c.Init(task.Executor(), "numbers", make([]int, 2))
		var sum, timeouts atomic.Int64
		var hs [senders]*sched.Handle[int]
		for i := range hs {
			hs[i] = sched.Spawn(task, "sender", func(task *sched.Task) int {
				for v := range values {
					task.Sleep(vclock.Duration(v%3) * 20 * vclock.Microsecond)
					c.Send(task, v)
				}
				return 0
			})
		}
		receive := func(task *sched.Task) int {
			for {
				var w tsync.RecvWait[int]
				c.StartRecv(&w)
				switch err := flow.WithTimeout(task, 20*vclock.Microsecond, &w); err {
				case nil:
					v, err := w.Value()
					if err != nil {
						return 0
					}
					sum.Add(int64(v))
				case sched.ErrTimeout:
					timeouts.Add(1)
				default:
					t.Errorf("a timeout says %v", err)
					return 0
				}
			}
		}
		a, b := sched.Spawn(task, "receiver", receive), sched.Spawn(task, "receiver", receive)
		for _, h := range hs {
			h.Join(task)
		}
		c.CloseTx()
		a.Join(task)
		b.Join(task)
		if got, want := sum.Load(), int64(senders*values*(values-1)/2); got != want {
			t.Errorf("the numbers that came add up to %d, want %d, after %d timeouts", got, want, timeouts.Load())
		}
	})
}

// A race of operations tells its result when the loser is over: its buffer is the caller's again.
func TestWorkersRaceOfOperations(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Error(err)
			return
		}
		var hs [8]*sched.Handle[int]
		for i := range hs {
			hs[i] = sched.Spawn(task, "racer", func(task *sched.Task) int {
				buf := make([]byte, 8)
				for n := range 40 {
					var read, timer sched.OpWait
					read.Start(backend.OpRead, int32(r.Fd()), buf, -1)
					timer.Start(backend.OpTimer, -1, nil, int64(task.Executor().Now().Add(vclock.Duration(n%4)*20*vclock.Microsecond)))
					won, err := flow.First(task, &read, &timer)
					if err == sched.ErrCancelled && i%4 == 3 {
						return 0 // the buffer is lent until the task has ended
					}
					if err != nil || won != 1 {
						t.Errorf("%d won, %v: nobody writes into the pipe", won, err)
					}
					for j := range buf { // a race if the read still had it
						buf[j] = byte(n)
					}
				}
				return 0
			})
		}
		for i, h := range hs {
			if i%4 == 3 {
				h.Stop()
			}
			h.Join(task)
		}
		r.Close()
		w.Close()
	})
}

// Whoever waits for a trigger is woken by it, whether he begins before or after.
func TestWorkersTrigger(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		for round := range 50 {
			g := new(flow.Trigger)
			g.Init(task.Executor(), false)
			var hs [12]*sched.Handle[error]
			for i := range hs {
				hs[i] = sched.Spawn(task, "waiter", func(task *sched.Task) error {
					switch i % 3 {
					case 0:
						return g.Wait(task)
					case 1:
						return flow.WithTimeout(task, vclock.Hour, &flow.Signalled{Flag: g.Flag()})
					}
					for !g.IsCancelled() {
						if err := task.Yield(); err != nil {
							return err
						}
					}
					return nil
				})
			}
			if round%2 == 0 {
				task.Sleep(10 * vclock.Microsecond)
			}
			hs[round%len(hs)].Stop()
			g.Fire()
			for i, h := range hs {
				if err, _ := h.Join(task); err != nil && i != round%len(hs) {
					t.Errorf("waiter %d says %v", i, err)
				}
			}
		}
	})
}

// The failures of a bundle can be read while members go on failing.
func TestWorkersBundleFailures(t *testing.T) {
	errBroken := errors.New("broken")
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		b, err := flow.NewBundle(task, "bundle")
		if err != nil {
			t.Error(err)
			return
		}
		const members = 200
		for i := range members {
			b.Add("member", func(task *sched.Task) error {
				task.Sleep(vclock.Duration(i) * 5 * vclock.Microsecond)
				return errBroken
			})
		}
		var first *flow.MemberError
		if !errors.As(b.Join(task), &first) {
			t.Error("no member has failed")
			return
		}
		n := 1
		for e := first; n < members; {
			if next := e.Next(); next != nil {
				e = next
				n++
			} else if task.Yield() != nil {
				return
			}
		}
	})
}

// Members that add members, fail, are cut off and detached: the first failure is the result, JoinAll has all of them, and
// nobody is left after Close.
func TestWorkersBundle(t *testing.T) {
	errBroken := errors.New("broken")
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		for round := range 40 {
			b, err := flow.NewBundle(task, "bundle")
			if err != nil {
				t.Error(err)
				return
			}
			var running, failed atomic.Int64
			var member func(depth int) func(task *sched.Task) error
			member = func(depth int) func(task *sched.Task) error {
				return func(task *sched.Task) error {
					running.Add(1)
					defer running.Add(-1)
					if depth > 0 {
						b.AddFrom(task, "left", member(depth-1))
						b.AddFrom(task, "right", member(depth-1))
						return nil
					}
					if task.Sleep(vclock.Duration(round%3)*10*vclock.Microsecond) != nil || round%2 == 0 {
						failed.Add(1)
						return errBroken
					}
					return nil
				}
			}
			b.Add("top", member(4))
			h := b.Add("cut", func(task *sched.Task) error { return task.Sleep(vclock.Hour) })
			joiner := sched.Spawn(task, "joiner", func(task *sched.Task) error { return b.Join(task) })
			task.Sleep(vclock.Duration(round%5) * 10 * vclock.Microsecond)
			h.Stop()
			first, _ := joiner.Join(task)
			var m *flow.MemberError
			if !errors.As(first, &m) {
				t.Errorf("a bundle with a member that was cut off says %v", first)
			}
			failures, err := b.JoinAll(task)
			if want := int(failed.Load()) + 1; err != nil || len(failures) != want {
				t.Errorf("%d failures, %v, want %d", len(failures), err, want)
			}
			if again := b.Join(task); again != first {
				t.Errorf("join says %v, and %v before", again, first)
			}
			b.Add("endless", func(task *sched.Task) error { running.Add(1); defer running.Add(-1); return task.Sleep(vclock.Hour) })
			b.Close(task, 0)
			in := task.Enter()
			members := b.Scope().Members()
			task.Leave(in)
			if n := running.Load(); n != 0 || members != 0 {
				t.Errorf("%d members are running after close, the scope has %d", n, members)
			}
		}
	})
}

// Selects that keep their losers: each value comes once, the lock has one owner at a time and is free in the end.
func TestWorkersSelect(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		const values = 400
		var c tsync.Chan[int]
		var m tsync.Mutex[int]
		c.Init(task.Executor(), "numbers", make([]int, 2))
		m.Init(task.Executor(), "m", 0)
		var sum, owners atomic.Int64
		var hs [6]*sched.Handle[int]
		for i := range hs {
			hs[i] = sched.Spawn(task, "selects", func(task *sched.Task) int {
				var recv tsync.RecvWait[int]
				var lock tsync.LockWait
				var nap sched.Sleep
				c.StartRecv(&recv)
				m.StartLock(&lock)
				nap.Start(task, 20*vclock.Microsecond)
				for {
					won, err := flow.SelectOf(task, &recv, &nap, &lock) // the lock is often free, and would starve the others
					if err != nil {
						return 0
					}
					switch won {
					case 2:
						if owners.Add(1) != 1 {
							t.Errorf("two own the lock")
						}
						owners.Add(-1)
						p := m.Permit(&lock)
						p.Release()
						m.StartLock(&lock)
						task.Yield()
					case 0:
						v, err := recv.Value()
						if err != nil {
							lock.Abandon(task)
							return 0
						}
						sum.Add(int64(v))
						c.StartRecv(&recv)
					case 1:
						nap.Start(task, 20*vclock.Microsecond)
					}
				}
			})
		}
		for v := range values {
			if c.Send(task, v) != nil {
				t.Error("a value was not sent")
			}
			if v == values/2 {
				hs[0].Stop()
			}
		}
		c.CloseTx()
		for _, h := range hs {
			h.Join(task)
		}
		if got, want := sum.Load(), int64(values*(values-1)/2); got != want {
			t.Errorf("the numbers that came add up to %d, want %d", got, want)
		}
		if err := m.With(task, func(*int) {}); err != nil {
			t.Errorf("the lock says %v", err)
		}
	})
}

// Members in the program's memory that end while others are added, and again.
func TestWorkersStaticMembers(t *testing.T) {
	errBroken := errors.New("broken")
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var b flow.Bundle
		var tasks [8]sched.Task
		var members [8]flow.Member
		for round := range 60 {
			if err := b.Open(task, "bundle", nil); err != nil {
				t.Error(err)
				return
			}
			var ran atomic.Int64
			for i := range members {
				m := &members[i]
				m.Task = &tasks[i]
				_, err := b.AddMember(task, m, fmt.Sprint("m", i), func(task *sched.Task) error {
					ran.Add(1)
					if i == round%len(members) && round%3 == 0 {
						return errBroken
					}
					if i == 0 && round%4 == 0 {
						return task.Sleep(vclock.Hour)
					}
					return nil
				})
				if err != nil {
					t.Errorf("member %d: %v", i, err)
				}
			}
			joiner := sched.Spawn(task, "joiner", func(task *sched.Task) error { return b.Join(task) })
			if round%4 == 0 {
				task.Yield()
			} else if err := b.Join(task); (err != nil) != (round%3 == 0) {
				t.Errorf("round %d: %v", round, err)
			}
			b.Close(task, 0)
			joiner.Join(task)
			first, _ := b.WaitAll(task)
			for e := first; e != nil; e = e.Next() {
				if e.Err != errBroken && e.Err != sched.ErrCancelled {
					t.Errorf("round %d: %v", round, e)
				}
			}
			if round%12 != 0 && round%4 != 0 && ran.Load() < int64(len(members)) && first == nil {
				t.Errorf("round %d: %d members ran, and none has failed", round, ran.Load())
			}
		}
	})
}
