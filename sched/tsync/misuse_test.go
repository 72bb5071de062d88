//go:build !tinygo

package tsync_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/simtest"
)

// A condition that is initialised twice is refused, before it could be the successor of itself in its mutex's list, which a poison
// would follow for ever.
func TestConditionIsInitialisedOnce(t *testing.T) {
	script(t, func(w *simtest.World) {
		var m, other tsync.Mutex[int]
		var c tsync.Cond[int]
		m.Init(w.Exec, "m", 0)
		other.Init(w.Exec, "other", 0)
		c.Init("c", &m)
		wantPanic(w, "AV1", "a second Init for the same mutex", func() { c.Init("c", &m) })
		wantPanic(w, "AV1", "an Init for another mutex", func() { c.Init("c", &other) })
		m.Init(w.Exec, "m", 0)
		c.Init("c", &m) // in its second life
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			waiter := sched.Spawn(t, "waits", func(t *sched.Task) error {
				p, _ := m.Lock(t)
				g := p.Enter()
				return c.Wait(t, &g)
			})
			yields(t, 2)
			p, _ := m.Lock(t)
			g := p.Enter()
			g.Release()
			err, _ := waiter.Join(t)
			w.Assert(err == sched.ErrPoisoned, "the waiter learns of the poison", "it got %v", err)
			return 0
		})
	})
}

// The memory of a wait whose task ended between StartWait and the first poll serves the next task.
func TestWaitThatWasNotPolledIsStartedAgain(t *testing.T) {
	script(t, func(w *simtest.World) {
		var m tsync.Mutex[int]
		var c tsync.Cond[int]
		var wait tsync.CondWait
		m.Init(w.Exec, "m", 0)
		c.Init("c", &m)
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			start := func(t *sched.Task) {
				p, err := m.Lock(t)
				w.Assert(err == nil, "the lock is free", "%v", err)
				g := p.Enter()
				c.StartWait(&wait, &g)
			}
			sched.Spawn(t, "ends", func(t *sched.Task) int { start(t); return 0 }).Join(t)
			waiter := sched.Spawn(t, "waits", func(t *sched.Task) int {
				start(t)
				sched.Await(t, &wait)
				g := c.Guard(&wait)
				g.Exit()
				return 1
			})
			yields(t, 2)
			c.NotifyOne()
			got, _ := waiter.Join(t)
			w.Assert(got == 1, "the second wait ends", "")
			start(t)
			_, ok := m.TryLock(t)
			w.Assert(!ok, "the lock is held up to the first poll", "")
			wait.Abandon(t)
			return 0
		})
	})
}

// A repair that panics leaves the data poisoned, and to the next who repairs.
func TestRepairThatPanics(t *testing.T) {
	script(t, func(w *simtest.World) {
		var m tsync.Mutex[int]
		m.Init(w.Exec, "m", 0)
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			p, _ := m.Lock(t)
			g := p.Enter()
			g.Release()
			panics(func() { m.Unpoison(t, func(*int) { panic("no spare parts") }) })
			w.Assert(m.Poisoned(), "the data is poisoned still", "")
			m.Unpoison(t, func(n *int) { *n = 7 })
			p, err := m.Lock(t)
			w.Assert(err == nil && *p.Read() == 7, "the second repair counts", "Lock says %v", err)
			p.Release()
			return 0
		})
	})
}

// An end, and an SPSC, that sends for one task, and has been served without the task's knowing, is not free for another task.
func TestSendThatWasServedIsBusy(t *testing.T) {
	script(t, func(w *simtest.World) {
		var c tsync.Chan[int]
		var q tsync.SPSC[int]
		var s tsync.Sender[int]
		c.Init(w.Exec, "c", make([]int, 1))
		q.Init(w.Exec, "q", make([]int, 1))
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			c.HoldTx(t, &s)
			first := sched.Spawn(t, "sends", func(t *sched.Task) int {
				for v := 1; v <= 2; v++ {
					s.Send(t, v)
				}
				for v := 1; v <= 2; v++ {
					q.Send(t, v)
				}
				return 0
			})
			yields(t, 2)
			v, _ := c.TryRecv(t)
			u, _ := c.TryRecv(t)
			wantPanic(w, "CH7", "a second send by the end", func() { s.Send(t, 3) })
			_, more := c.TryRecv(t)
			w.Assert(v == 1 && u == 2 && !more, "what was sent arrives", "%d, %d, %t", v, u, more)
			yields(t, 2)
			v, _ = q.TryRecv(t)
			wantPanic(w, "CH7", "a second send into the SPSC", func() { q.Send(t, 3) }) // it is full
			u, _ = q.TryRecv(t)
			_, more = q.TryRecv(t)
			w.Assert(v == 1 && u == 2 && !more, "what was sent arrives", "%d, %d, %t", v, u, more)
			first.Join(t)
			return 0
		})
	})
}

// A wait in a place where nobody may wait is refused before it joins a line: whoever recovers is not served there later.
func TestRefusedWaitIsInNoLine(t *testing.T) {
	script(t, func(w *simtest.World) {
		var m tsync.Mutex[int]
		var s tsync.SyncMutex[int]
		m.Init(w.Exec, "m", 0)
		s.Init(w.Exec, 0)
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			holder := sched.Spawn(t, "holds", func(t *sched.Task) int {
				p, _ := m.Lock(t)
				yields(t, 2)
				p.Release()
				return 0
			})
			yields(t, 1)
			sched.Spawn(t, "applies", func(t *sched.Task) int {
				text := panics(func() { s.Apply(t, func(*int) { m.Lock(t) }) })
				w.Assert(text != "", "a lock inside of a section is refused", "")
				return 0
			})
			holder.Join(t)
			p, ok := m.TryLock(t)
			w.Assert(ok, "the lock is free", "")
			p.Release()
			return 0
		})
	})
}

// What has not been initialised says so.
func TestUseBeforeInit(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			var (
				m   tsync.Mutex[int]
				rw  tsync.RWMutex[int]
				s   tsync.SyncMutex[int]
				c   tsync.Chan[int]
				u   tsync.Unbounded[int]
				o   tsync.Oneshot[int]
				q   tsync.SPSC[int]
				e   tsync.Eventually[int]
				lw  tsync.LockWait
				r   tsync.ReadGuard[int]
				tx  tsync.Sender[int]
				rx  tsync.Receiver[int]
				sr  tsync.SPSCReady[int]
				get tsync.GetWait[int]
			)
			refused := func(invariant, what string, f func()) { wantPanic(w, invariant, what, f) }
			refused("MU1", "Lock", func() { m.Lock(t) })
			refused("MU1", "TryLock", func() { m.TryLock(t) })
			refused("MU1", "With", func() { m.With(t, func(*int) {}) })
			refused("MU1", "a future", func() { m.StartLock(&lw); lw.Poll(t) })
			refused("MU1", "ReadLock", func() { rw.ReadLock(t, &r) })
			refused("MU1", "ReadUpgradeable", func() { rw.ReadUpgradeable(t) })
			refused("MU7", "Apply", func() { s.Apply(t, func(*int) {}) })
			refused("MU7", "Read", func() { s.Read(t) })
			refused("CH1", "Send", func() { c.Send(t, 1) })
			refused("CH1", "Recv", func() { c.Recv(t) })
			refused("CH1", "TrySend", func() { c.TrySend(t, 1) })
			refused("CH1", "TryRecv", func() { c.TryRecv(t) })
			refused("CH1", "HoldTx", func() { c.HoldTx(t, &tx) })
			refused("CH1", "HoldRx", func() { c.HoldRx(t, &rx) })
			refused("CH1", "the Send of an unbounded channel", func() { u.Send(t, 1) })
			refused("CH1", "the Send of a oneshot", func() { o.Send(t, 1) })
			refused("CH1", "the Recv of a oneshot", func() { o.Recv(t) })
			refused("CH1", "the Send of an SPSC", func() { q.Send(t, 1) })
			refused("CH1", "the Recv of an SPSC", func() { q.Recv(t) })
			refused("CH1", "WaitReady", func() { q.WaitReady(t) })
			refused("CH1", "StartReady", func() { q.StartReady(&sr); sr.Poll(t) })
			refused("EV1", "StartGet", func() { e.StartGet(&get) })
			return 0
		})
	})
}
