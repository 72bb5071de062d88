//go:build linux && !tinygo

package tsync_test

import (
	"sync/atomic"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// Readers of several workers read the same data at once and see it whole; writers, and readers that become writers, lose no
// change.
func TestWorkersRWMutex(t *testing.T) {
	type pair struct{ a, b int }
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var m tsync.RWMutex[pair]
		m.Init(task.Executor(), "pair", pair{})
		var done atomic.Int64
		look := func(p *pair) {
			if p.a != p.b {
				t.Errorf("a reader sees %v, want equals", *p)
			}
		}
		change := func(p *pair) {
			look(p)
			p.a++
			p.b++
			done.Add(1)
		}
		var records [crowd]tsync.ReadGuard[pair]
		hs := spawn(task, func(task *sched.Task, i int) int {
			r := &records[i]
			for n := range rounds {
				switch (i + n) % 6 {
				case 0:
					if m.With(task, change) != nil {
						return 0
					}
				case 1:
					if m.WithRead(task, look) != nil {
						return 0
					}
				case 2, 3:
					if m.ReadLock(task, r) != nil {
						return 0
					}
					look(r.Value())
					task.Yield()
					look(r.Value())
					r.Release()
				default:
					u, err := m.ReadUpgradeable(task)
					if err != nil {
						return 0
					}
					seen := *u.Value()
					p, err := u.Upgrade(task)
					if err != nil {
						return 0
					}
					if *p.Read() != seen {
						t.Errorf("before the upgrade %v, after it %v", seen, *p.Read())
					}
					g := p.Enter()
					change(g.Value())
					u = g.Downgrade()
					look(u.Value())
					u.Share(r)
					look(r.Value())
					r.Release()
				}
			}
			return 0
		})
		var guard tsync.ReadGuard[pair]
		m.StartRead(&guard)
		left := rounds
		f := sched.SpawnFuture(task, "future", func(task *sched.Task) sched.Poll {
			for ; left > 0; left-- {
				if guard.Poll(task) == sched.Pending {
					return sched.Pending
				}
				look(guard.Value())
				guard.Release()
				m.StartRead(&guard)
			}
			return sched.Ready
		})
		cut(task, hs)
		join(task, hs)
		sched.Await(task, f)
		p, ok := m.TryLock(task)
		if !ok {
			t.Error("the lock is held although everybody has ended")
			return
		}
		if got, want := p.Read().a, int(done.Load()); got != want || m.Poisoned() {
			t.Errorf("%d changes are in the data of %d, poisoned %t", got, want, m.Poisoned())
		}
		p.Release()
	})
}

// A queue made of a mutex and two conditions, whose waiters are cancelled: everything that was put is taken, so nobody sleeps
// through a notification.
func TestWorkersCond(t *testing.T) {
	type queue struct{ len, put, taken int }
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var m tsync.Mutex[queue]
		var filled, emptied tsync.Cond[queue]
		m.Init(task.Executor(), "queue", queue{})
		filled.Init("filled", &m)
		emptied.Init("emptied", &m)
		// step waits until ok, and makes one change.
		step := func(task *sched.Task, wait, tell *tsync.Cond[queue], ok func(*queue) bool, change func(*queue)) bool {
			p, err := m.Lock(task)
			if err != nil {
				return false
			}
			g := p.Enter()
			for !ok(g.Value()) {
				if wait.Wait(task, &g) != nil {
					return false
				}
			}
			change(g.Value())
			g.Exit()
			tell.NotifyOne()
			return true
		}
		producers := spawn(task, func(task *sched.Task, i int) int {
			for range rounds {
				if !step(task, &emptied, &filled, func(q *queue) bool { return q.len < 2 }, func(q *queue) { q.len++; q.put++ }) {
					break
				}
			}
			return 0
		})
		consumers := spawn(task, func(task *sched.Task, i int) int {
			for step(task, &filled, &emptied, func(q *queue) bool { return q.len > 0 }, func(q *queue) { q.len--; q.taken++ }) {
			}
			return 0
		})
		cut(task, consumers)
		cut(task, producers)
		join(task, producers)
		step(task, &emptied, &emptied, func(q *queue) bool { return q.len == 0 }, func(*queue) {})
		filled.Close()
		join(task, consumers)
		if err := m.With(task, func(q *queue) {
			if q.len != 0 || q.put != q.taken {
				t.Errorf("%+v at the end", *q)
			}
		}); err != nil {
			t.Errorf("after everything, With says %v", err)
		}
	})
}

// Sections of a sync mutex exclude each other on every worker, and are of use to tasks that end, too.
func TestWorkersSyncMutex(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var m tsync.SyncMutex[[2]int]
		m.Init(task.Executor(), [2]int{})
		add := func(v *[2]int) {
			if v[0]++; v[0] != v[1]+1 {
				t.Errorf("inside, %v", *v)
			}
			v[1]++
		}
		var done atomic.Int64
		hs := spawn(task, func(task *sched.Task, i int) int {
			defer m.Apply(task, add)
			done.Add(1)
			for range rounds {
				m.Apply(task, add)
				done.Add(1)
				if v := m.Read(task); v[0] != v[1] {
					t.Errorf("a read sees %v", v)
				}
				if i%2 == 0 && task.Yield() != nil {
					return 0
				}
			}
			return 0
		})
		cut(task, hs)
		join(task, hs)
		if v, want := m.Read(task), int(done.Load()); v != [2]int{want, want} {
			t.Errorf("%v after %d sections", v, want)
		}
	})
}

// An await in a section is refused, and the section is over then.
func TestWorkersAwaitInSection(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var m tsync.SyncMutex[int]
		var other tsync.Mutex[int]
		m.Init(task.Executor(), 0)
		other.Init(task.Executor(), "other", 0)
		h := sched.Spawn(task, "sleeps inside", func(task *sched.Task) int {
			p, _ := other.Lock(task)
			defer p.Release()
			got := panics(func() { m.Apply(task, func(*int) { task.Sleep(vclock.Second) }) })
			if got != "sched: MU7: a section that must not wait, as that of a sync mutex, waits" {
				t.Errorf("a sleep inside panics with %q", got)
			}
			got = panics(func() { m.Apply(task, func(*int) { m.Read(task) }) })
			if got != "tsync: MU7: a section of a sync mutex applies or reads the same mutex again" {
				t.Errorf("an apply inside panics with %q", got)
			}
			m.Apply(task, func(n *int) { *n = 7 })
			return 0
		})
		h.Join(task)
		if n := m.Read(task); n != 7 {
			t.Errorf("the value is %d, want 7", n)
		}
		if p, ok := other.TryLock(task); !ok {
			t.Error("what was deferred did not unlock")
		} else {
			p.Release()
		}
	})
}

// A lock without Init is refused after the core was left: deferred calls that take it do.
func TestWorkersLockBeforeInit(t *testing.T) {
	onWorkers(t, func(t *testing.T, task *sched.Task) {
		var held, zero tsync.Mutex[int]
		held.Init(task.Executor(), "held", 0)
		text := panics(func() {
			p, _ := held.Lock(task)
			defer p.Release()
			zero.Lock(task)
		})
		if p, ok := held.TryLock(task); text == "" || !ok {
			t.Errorf("a lock without Init says %q, and the deferred release has come: %t", text, ok)
		} else {
			p.Release()
		}
	})
}
