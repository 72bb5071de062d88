package tsync

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Mutex protects a T. Locking takes three steps, because a task may be cancelled at any await and data may be half changed
// then:
//
//	Lock ──▶ Permit ──(Enter)──▶ Guard ──(Exit)──▶ unlocked
//	         ▲ │  │                │ │
//	         │ │  │                │ └─(Release, or the task's end)──▶ unlocked and poisoned
//	         │ │  └─(Release, or   │
//	         │ │   the task's end)─┼─▶ unlocked
//	         │ └─(Downgrade)─┐     └─(Downgrade)─┐
//	         └─(Upgrade)── UpgradeableGuard ◀────┘ ──(Release, or the task's end)──▶ unlocked
//
// A permit owns the lock and has changed nothing. A guard is inside a cancel-unsafe region: if its task ends there, the data
// is poisoned, and every current and later Lock gets sched.ErrPoisoned until somebody repairs the data and calls Unpoison.
// An upgradeable guard reads.
// [Mutex.With] does all three steps around a function without awaits, which cannot be cancelled half-way; prefer it.
//
// The lock is handed to the oldest waiter (MU4). Call Init before use; a Mutex must not be copied.
type Mutex[T any] struct {
	core lockCore
	data T
}

// Init gives the mutex its executor, a name for reports, and the initial data.
func (m *Mutex[T]) Init(ex *sched.Executor, name string, data T) { m.init(ex, name, data, false) }

func (m *Mutex[T]) init(ex *sched.Executor, name string, data T, shared bool) {
	*m = Mutex[T]{core: lockCore{ex: ex, name: name, shared: shared}, data: data}
	ex.Lock()
	m.core.id = m.core.waiters.ID(ex) // a lock and its list of waiters have one id
	ex.Unlock()
}

// PanicOnPoison makes poisoning a panic of the task that caused it instead of an error for those who come later. It is
// called before the first Lock.
func (m *Mutex[T]) PanicOnPoison() { m.core.fatal = true }

// Permit is the right to enter: the lock is owned, the data is untouched. It is for the task that locked. The zero value is
// no permit. Using a permit that is used up, or whose task has ended, is a programmer error, also through a copy.
type Permit[T any] struct {
	m      *Mutex[T]
	ticket uint64
}

// Guard is access to the data inside a cancel-unsafe region. It is for the task that entered. The zero value is no guard.
type Guard[T any] struct {
	m      *Mutex[T]
	ticket uint64
}

// StartLock prepares w to lock m; nothing happens before the first poll.
func (m *Mutex[T]) StartLock(w *LockWait) { w.start(&m.core, exclusive) }

// Lock waits for the lock. It returns sched.ErrPoisoned if the data is poisoned, sched.ErrCancelled if t is cancelled.
// Straight-line tasks only; a future uses StartLock.
func (m *Mutex[T]) Lock(t *sched.Task) (Permit[T], error) {
	t.Point(m.core.id)
	in := t.Enter()
	err := m.core.lock(t, in, exclusive)
	ticket := m.core.ticket
	t.Leave(in)
	if err != nil {
		return Permit[T]{}, err
	}
	return Permit[T]{m, ticket}, nil
}

// TryLock locks if the lock is to be had at once: ok is false if it is held, waited for or poisoned, or if t is being torn
// down. It may be called from anywhere in t.
func (m *Mutex[T]) TryLock(t *sched.Task) (p Permit[T], ok bool) {
	c := &m.core
	in := t.Enter()
	if !t.Ending() && c.owner != t && c.try(t, in, exclusive) {
		p, ok = Permit[T]{m, c.ticket}, true
	}
	t.Leave(in)
	return p, ok
}

// ReadExclusive is Lock for somebody who reads first and may change the data later: what [Permit.Downgrade] gives.
func (m *Mutex[T]) ReadExclusive(t *sched.Task) (UpgradeableGuard[T], error) {
	p, err := m.Lock(t)
	if err != nil {
		return UpgradeableGuard[T]{}, err
	}
	return p.Downgrade(), nil
}

// Permit returns the permit for a lock that w, polled to Ready without error, has acquired.
func (m *Mutex[T]) Permit(w *LockWait) Permit[T] { return Permit[T]{m, w.of(&m.core, exclusive)} }

// Enter begins a cancel-unsafe region and gives access to the data. The permit is used up.
func (p *Permit[T]) Enter() Guard[T] {
	m := p.take()
	c := &m.core
	c.ex.Lock()
	c.enter(0)
	ticket := c.ticket
	c.ex.Unlock()
	return Guard[T]{m, ticket}
}

// Read returns the data for reading, up to the permit's release.
func (p *Permit[T]) Read() *T {
	if p.m == nil || !p.m.core.valid(p.ticket) {
		panic(usedUp)
	}
	return &p.m.data
}

// Downgrade keeps the lock for reading: with an [RWMutex], readers that wait get in. The permit is used up.
func (p *Permit[T]) Downgrade() UpgradeableGuard[T] { return downgrade(p.take()) }

func downgrade[T any](m *Mutex[T]) UpgradeableGuard[T] {
	c := &m.core
	c.ex.Lock()
	c.lower()
	ticket := c.ticket
	c.ex.Unlock()
	return UpgradeableGuard[T]{m, ticket}
}

// Release unlocks. The data was not entered, so it is not poisoned (PO1). A used-up permit does nothing.
func (p *Permit[T]) Release() {
	if p.m != nil {
		c := &p.take().core
		c.ex.Lock()
		c.release()
		c.ex.Unlock()
	}
}

func (p *Permit[T]) take() *Mutex[T] {
	m := p.m
	if m == nil || !m.core.valid(p.ticket) {
		panic(usedUp)
	}
	p.m = nil
	return m
}

// Value returns the data.
func (g *Guard[T]) Value() *T {
	if g.m == nil || !g.m.core.valid(g.ticket) {
		panic(usedUp)
	}
	return &g.m.data
}

func (g *Guard[T]) take() *Mutex[T] {
	m := g.m
	if m == nil || !m.core.valid(g.ticket) {
		panic(usedUp)
	}
	g.m = nil
	return m
}

// Exit ends the region: the data is whole again. It unlocks.
func (g *Guard[T]) Exit() {
	c := &g.take().core
	c.ex.Lock()
	c.leave()
	c.release()
	c.ex.Unlock()
}

// Downgrade ends the region, the data is whole again, and keeps the lock for reading; that does not poison (PO2). With an
// [RWMutex], readers that wait get in. The guard is used up.
func (g *Guard[T]) Downgrade() UpgradeableGuard[T] { return downgrade(g.take()) }

// Release gives the guard up without Exit: the data is poisoned (PO5). A used-up guard does nothing, so it may be deferred.
func (g *Guard[T]) Release() {
	m := g.m
	if m == nil {
		return
	}
	g.m = nil
	c := &m.core
	c.ex.Lock()
	held := c.valid(g.ticket)
	if held {
		c.poison()
	}
	c.ex.Unlock()
	if held {
		c.mourn()
	}
}

// With locks, calls f with the data, and unlocks. f must not await; it runs within one poll, so no cancel can interrupt it
// (MU7). Errors as Lock. A panic in f is for nobody to recover; if the task does, it owns the lock until it ends, and then
// the data is poisoned.
func (m *Mutex[T]) With(t *sched.Task, f func(*T)) error {
	c := &m.core
	t.Point(c.id)
	in := t.Enter()
	if err := c.lock(t, in, exclusive); err != nil {
		t.Leave(in)
		return err
	}
	c.enter(1)
	t.Leave(in)
	f(&m.data)
	in = t.Enter()
	c.leave()
	c.release()
	t.Leave(in)
	return nil
}

// Poisoned reports whether the data is poisoned. It costs one load.
func (m *Mutex[T]) Poisoned() bool { return m.core.poisoned.Load() }

// Unpoison calls repair with the data, if repair is not nil, and declares the data healthy again. t is the task that vouches
// for it. On a healthy mutex it does nothing: somebody else was faster, and a third task may be changing the data by now.
// Nor does it while another task's repair is under way on another worker: Lock says sched.ErrPoisoned until that has
// returned. If repair panics, the data stays poisoned, and is for the next to repair.
func (m *Mutex[T]) Unpoison(t *sched.Task, repair func(*T)) {
	c := &m.core
	in := t.Enter()
	mine := c.poisoned.Load() && !c.repairing
	c.repairing = c.repairing || mine
	t.Leave(in)
	if !mine {
		return
	}
	mend(c, t, repair, &m.data)
}

// mended ends a repair.
func (c *lockCore) mended(t *sched.Task, whole bool) {
	in := t.Enter()
	c.repairing = false
	if whole {
		c.poisoned.Store(false)
		c.emit(backend.EvUnpoison, t, 0)
	}
	t.Leave(in)
}

// ID returns the mutex's id in the trace.
func (m *Mutex[T]) ID() int64 { return m.core.id }
