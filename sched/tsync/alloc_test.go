//go:build !tinygo

package tsync_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

type nowhere struct{}

func (nowhere) Events([]backend.Event) bool { return true }
func (nowhere) Name(int64, string)          {}

// warmAllocs returns the allocations of one call of round in a task, once warm, while peer, if there is one, runs in a task of
// its own. The trace is on.
func warmAllocs(t *testing.T, setUp func(ex *sched.Executor), round, peer func(t *sched.Task)) float64 {
	t.Helper()
	var tr backend.Trace
	tr.Init(make([]backend.Event, 256), nowhere{})
	ex := sched.New(sched.Limits{Tasks: 8}, sched.Options{Backend: sim.New(sim.Options{}), Trace: &tr})
	defer ex.Close()
	setUp(ex)
	var allocs float64
	_, err := sched.Run(ex, sched.DetachTasks, func(t *sched.Task) int {
		if peer != nil {
			sched.Spawn(t, "peer", func(t *sched.Task) int {
				for {
					peer(t)
				}
			})
		}
		for range 100 {
			round(t)
		}
		allocs = testing.AllocsPerRun(500, func() { round(t) })
		return 0
	})
	if err != nil {
		t.Fatal(err)
	}
	return allocs
}

func TestWarmUseDoesNotAllocate(t *testing.T) {
	var m tsync.Mutex[int]
	var c, back tsync.Chan[int]
	var text tsync.Chan[string]
	var contended int
	var lock tsync.LockWait
	var rw tsync.RWMutex[int]
	var sm tsync.SyncMutex[int]
	var cond tsync.Cond[int]
	var mine, theirs tsync.ReadGuard[int]
	look := func(*int) {}
	upgrade := func(t *sched.Task) {
		if u, err := rw.ReadUpgradeable(t); err == nil {
			t.Yield()
			p, _ := u.Upgrade(t)
			g := p.Enter()
			d := g.Downgrade()
			d.Release()
		}
	}
	read := func(t *sched.Task, r *tsync.ReadGuard[int]) {
		if rw.ReadLock(t, r) == nil {
			t.Yield()
			r.Release()
		}
	}
	even := func(t *sched.Task, rest int) {
		p, err := m.Lock(t)
		g := p.Enter()
		for err == nil && *g.Value()%2 == rest {
			err = cond.Wait(t, &g)
		}
		*g.Value()++
		cond.NotifyAll()
		g.Exit()
	}
	add := func(n *int) { *n++ }
	hold := func(t *sched.Task) {
		if p, err := m.Lock(t); err == nil {
			t.Yield()
			g := p.Enter()
			*g.Value()++
			g.Exit()
		}
	}
	setUp := func(ex *sched.Executor) {
		m.Init(ex, "m", 0)
		rw.Init(ex, "rw", 0)
		mine, theirs, lock = tsync.ReadGuard[int]{}, tsync.ReadGuard[int]{}, tsync.LockWait{} // a peer that was left keeps its own
		sm.Init(ex, 0)
		cond.Init("cond", &m)
		c.Init(ex, "c", make([]int, 1))
		back.Init(ex, "back", make([]int, 1))
		text.Init(ex, "text", make([]string, 1))
	}
	for name, s := range map[string]struct{ round, peer func(t *sched.Task) }{
		"lock": {func(t *sched.Task) {
			p, _ := m.Lock(t)
			p.Release()
		}, nil},
		"with":       {func(t *sched.Task) { m.With(t, add) }, nil},
		"lock, held": {hold, hold},
		"with, held": {func(t *sched.Task) { m.With(t, add); contended++; t.Yield() }, hold},
		"lock as a future": {func(t *sched.Task) {
			m.StartLock(&lock)
			sched.Await(t, &lock)
			p := m.Permit(&lock)
			p.Release()
		}, hold},
		"try to lock": {func(t *sched.Task) {
			p, _ := m.TryLock(t)
			p.Release()
		}, nil},
		"read-exclusive": {func(t *sched.Task) {
			u, _ := m.ReadExclusive(t)
			p, _ := u.Upgrade(t)
			p.Release()
		}, nil},
		"read":             {func(t *sched.Task) { read(t, &mine) }, nil},
		"read, held":       {func(t *sched.Task) { read(t, &mine) }, func(t *sched.Task) { rw.With(t, add); read(t, &theirs) }},
		"with read":        {func(t *sched.Task) { rw.WithRead(t, look) }, nil},
		"upgrade, held":    {upgrade, func(t *sched.Task) { read(t, &theirs) }},
		"apply":            {func(t *sched.Task) { sm.Apply(t, add); sm.Read(t) }, nil},
		"condition":        {func(t *sched.Task) { even(t, 0) }, func(t *sched.Task) { even(t, 1) }},
		"nobody to notify": {func(t *sched.Task) { cond.NotifyOne(); cond.NotifyAll() }, nil},
		"send and recv":    {func(t *sched.Task) { c.Send(t, 1); c.Recv(t) }, nil},
		"texts":            {func(t *sched.Task) { text.Send(t, "some text"); text.Recv(t) }, nil},
		"try":              {func(t *sched.Task) { c.TrySend(t, 1); c.TryRecv(t) }, nil},
		"ping-pong": {func(t *sched.Task) { c.Send(t, 1); back.Recv(t) },
			func(t *sched.Task) { v, _ := c.Recv(t); back.Send(t, v) }},
		"blocked senders": {func(t *sched.Task) { c.Recv(t) }, func(t *sched.Task) { c.Send(t, 1) }},
	} {
		t.Run(name, func(t *testing.T) {
			if n := warmAllocs(t, setUp, s.round, s.peer); n != 0 {
				t.Errorf("%v allocations a round, want 0", n)
			}
		})
	}
}

func TestWarmEndsDoNotAllocate(t *testing.T) {
	var c, back tsync.Chan[int]
	var u tsync.Unbounded[int]
	var q, qBack tsync.SPSC[int]
	var tx tsync.Sender[int]
	var rx tsync.Receiver[int]
	var send tsync.SPSCSend[int]
	var ready tsync.SPSCReady[int]
	var o tsync.Oneshot[int]
	var shot tsync.OneshotWait[int]
	var e tsync.Eventually[string]
	var s tsync.Singleton[[4]int]
	var get tsync.GetWait[string]
	var room [1]int
	var held bool
	setUp := func(ex *sched.Executor) {
		c.Init(ex, "c", make([]int, 1))
		back.Init(ex, "back", make([]int, 1))
		u.Init(ex, "u", 0)
		q.Init(ex, "q", make([]int, 1))
		qBack.Init(ex, "back", make([]int, 1))
		e.Init(ex, "e")
		s.Init(ex, "s")
		held = false
		tx, rx, get = tsync.Sender[int]{}, tsync.Receiver[int]{}, tsync.GetWait[string]{}
	}
	for name, s := range map[string]struct{ round, peer func(t *sched.Task) }{
		"ends": {func(t *sched.Task) {
			c.Init(t.Executor(), "c", room[:])
			c.HoldTx(t, &tx)
			c.HoldRx(t, &rx)
			tx.Send(t, 1)
			rx.Recv(t)
			tx.Release(t)
			rx.Release(t)
		}, nil},
		"ends that wait": {func(t *sched.Task) {
			if !held {
				held = c.HoldTx(t, &tx) == nil
			}
			tx.Send(t, 1)
			back.Recv(t)
		},
			func(t *sched.Task) { v, _ := c.Recv(t); back.Send(t, v) }},
		"unbounded": {func(t *sched.Task) { u.Send(t, 1); u.Send(t, 2); u.Recv(t); u.Recv(t) }, nil},
		"spsc":      {func(t *sched.Task) { q.Send(t, 1); q.Recv(t); q.TrySend(t, 1); q.WaitReady(t); q.TryRecv(t) }, nil},
		"spsc ping-pong": {func(t *sched.Task) { q.Send(t, 1); qBack.Recv(t) },
			func(t *sched.Task) { v, _ := q.Recv(t); qBack.Send(t, v) }},
		"spsc blocked": {func(t *sched.Task) { q.Recv(t) }, func(t *sched.Task) { q.Send(t, 1) }},
		"spsc futures": {func(t *sched.Task) { q.StartReady(&ready); sched.Await(t, &ready); q.TryRecv(t) },
			func(t *sched.Task) { q.StartSend(&send, 1); sched.Await(t, &send) }},
		"corked": {func(t *sched.Task) { q.Cork(t); q.Send(t, 1); q.Send(t, 2); q.Uncork(t); q.Recv(t) }, nil},
		"oneshot": {func(t *sched.Task) {
			o.Init(t.Executor(), "o")
			o.HoldTx(t)
			o.HoldRx(t)
			o.StartRecv(&shot)
			shot.Poll(t)
			o.Send(t, 1)
			sched.Await(t, &shot)
		}, nil},
		"eventually": {func(t *sched.Task) {
			e.Init(t.Executor(), "e")
			e.StartGet(&get)
			get.Poll(t)
			e.Set(t, "word")
			get.Poll(t)
			e.Get(t)
			e.TryGet(t)
		}, nil},
		"singleton": {func(t *sched.Task) { s.Set(t, [4]int{}); s.Get(t); s.TryGet(t) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if n := warmAllocs(t, setUp, s.round, s.peer); n != 0 {
				t.Errorf("%v allocations a round, want 0", n)
			}
		})
	}
}
