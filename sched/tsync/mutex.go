package tsync

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Mutex protects a T. Locking takes three steps, because a task may be cancelled at any await and data may be half changed
// then:
//
//	Lock ──▶ Permit ──(Enter)──▶ Guard ──(Exit)──▶ unlocked
//	           │                   │
//	           └─(Release, or      └─(Release, or the task's end)──▶ unlocked and poisoned
//	              the task's end)──▶ unlocked
//
// A permit owns the lock and has changed nothing. A guard is inside a cancel-unsafe region: if its task ends there, the data
// is poisoned, and every current and later Lock gets sched.ErrPoisoned until somebody repairs the data and calls Unpoison.
// [Mutex.With] does all three steps around a function without awaits, which cannot be cancelled half-way; prefer it.
//
// The lock is handed to the oldest waiter (MU4). Call Init before use; a Mutex must not be copied.
type Mutex[T any] struct {
	core lockCore
	data T
}

// lockCore is the part that does not depend on the data.
type lockCore struct {
	ex        *sched.Executor
	id        int64
	name      string
	waiters   sched.List
	owner     *sched.Task
	entered   bool
	poisoned  atomic.Bool // changes inside the core; Poisoned reads it from anywhere
	repairing bool        // Unpoison is at work
	fatal     bool
	ticket    uint64         // changes at each acquire and enter: copies of older permits and guards are worthless
	res       sched.Resource // the owner's record of the lock
}

// Codes in sched.Node.Code.
const (
	codeOwned    uint8 = 16 // the lock was handed over
	codePoisoned uint8 = 17
	codeClosed   uint8 = 18
)

// Init gives the mutex its executor, a name for reports, and the initial data.
func (m *Mutex[T]) Init(ex *sched.Executor, name string, data T) {
	*m = Mutex[T]{core: lockCore{ex: ex, name: name}, data: data}
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

// LockWait is the future of a lock. It is Ready when the lock is owned, or when Err says why not. It belongs to the task
// that polls it first.
type LockWait struct {
	core   *lockCore
	state  lockState
	ticket uint64
	node   sched.Node
	own    sched.Resource
}

type lockState uint8

const (
	lockNew lockState = iota
	lockQueued
	lockOwned
	lockPoisoned
	lockLeft
)

// StartLock prepares w to lock m; nothing happens before the first poll.
func (m *Mutex[T]) StartLock(w *LockWait) {
	*w = LockWait{core: &m.core}
}

// Poll is Ready when the lock is owned by t or poisoned.
func (w *LockWait) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t, in)
	t.Leave(in)
	return p
}

func (w *LockWait) poll(t *sched.Task, in bool) sched.Poll {
	c := w.core
	switch w.state {
	case lockNew:
		if c.poisoned.Load() {
			w.state = lockPoisoned
			return sched.Ready
		}
		if c.try(t, in) {
			w.state, w.ticket = lockOwned, c.ticket
			return sched.Ready
		}
		w.state = lockQueued
		c.waiters.Link(&w.node, t)
		t.Own(&w.own, w, releaseLockWait)
	case lockQueued:
		sameTask(&w.node, t, in)
		if w.node.Fired() {
			w.own.Disown()
			w.state = lockPoisoned
			if w.node.Code == codeOwned {
				w.state, w.ticket = lockOwned, c.ticket
			}
			return sched.Ready
		}
	default:
		return sched.Ready
	}
	t.SetBlocker(c)
	return sched.Pending
}

// sameTask demands that a wait stays with the task that its node was linked for: nobody else would be woken. in is the
// section of the caller, which a panic must not leave open.
func sameTask(n *sched.Node, t *sched.Task, in bool) {
	if n.Task() != t {
		t.Leave(in)
		panic("tsync: S3: a wait belongs to the task that polled it first")
	}
}

// releaseLockWait is what the end of the waiting task does. A lock that was handed over meanwhile is a resource of the task,
// too, and a newer one: it has been given back already.
func releaseLockWait(of any, _ *sched.Task) {
	w := of.(*LockWait)
	w.state = lockLeft
	w.node.Unlink()
}

// Abandon leaves the queue. A lock that was handed over meanwhile goes on to the next waiter (MU3). Idempotent.
func (w *LockWait) Abandon(t *sched.Task) {
	if w.state != lockQueued {
		return
	}
	in := t.Enter()
	w.state = lockLeft
	w.own.Disown()
	w.node.Unlink()
	if w.node.Fired() && w.node.Code == codeOwned {
		w.core.release()
	}
	t.Leave(in)
}

// Err returns, once Ready, nil if the lock is owned, or sched.ErrPoisoned.
func (w *LockWait) Err() error {
	if w.state == lockPoisoned {
		return sched.ErrPoisoned
	}
	return nil
}

func (c *lockCore) acquire(t *sched.Task) {
	c.ex.Trace().Emit(backend.EvAcquire, c.id, int64(t.ID()), backend.LockExclusive, 0, 0)
	c.owner = t
	c.ticket++
	t.Own(&c.res, c, releaseLock)
}

// release unlocks and hands the lock to the oldest waiter.
func (c *lockCore) release() {
	t := c.owner
	c.res.Disown()
	c.owner = nil
	c.ex.Trace().Emit(backend.EvRelease, c.id, int64(t.ID()), 0, 0, 0)
	if n := c.waiters.First(); n != nil {
		c.acquire(n.Task())
		n.Code = codeOwned
		n.Fire(backend.WakeSync)
	}
}

// enter begins the region; with 1 says that it lies inside one poll (MU7).
func (c *lockCore) enter(with int64) {
	c.entered = true
	c.ticket++
	c.ex.Trace().Emit(backend.EvEnter, c.id, int64(c.owner.ID()), with, 0, 0)
}

func (c *lockCore) leave() {
	c.entered = false
	c.ex.Trace().Emit(backend.EvLeave, c.id, int64(c.owner.ID()), 0, 0, 0)
}

// poison declares the data unhealthy, because its owner stopped half-way, and unlocks. Its callers mourn then.
func (c *lockCore) poison() {
	c.entered = false
	c.poisoned.Store(true)
	c.ex.Trace().Emit(backend.EvPoison, c.id, int64(c.owner.ID()), 0, 0, 0)
	if !c.waiters.Empty() {
		c.waiters.PassEach(c.ex, backend.WakeSync, poisonNode)
	}
	c.release()
}

// mourn is the panic that PanicOnPoison asked for.
func (c *lockCore) mourn() {
	if c.fatal {
		panic(mourning(c.name))
	}
}

func poisonNode(n *sched.Node) { n.Code = codePoisoned }

// releaseLock is what the owner's end does.
func releaseLock(of any, _ *sched.Task) {
	c := of.(*lockCore)
	if c.entered {
		c.poison()
		c.mourn()
		return
	}
	c.release()
}

// Lock waits for the lock. It returns sched.ErrPoisoned if the data is poisoned, sched.ErrCancelled if t is cancelled.
// Straight-line tasks only; a future uses StartLock.
func (m *Mutex[T]) Lock(t *sched.Task) (Permit[T], error) {
	t.Point(m.core.id)
	in := t.Enter()
	err := m.core.lock(t, in)
	ticket := m.core.ticket
	t.Leave(in)
	if err != nil {
		return Permit[T]{}, err
	}
	return Permit[T]{m, ticket}, nil
}

// lock is called inside; in is the caller's section.
func (c *lockCore) lock(t *sched.Task, in bool) error {
	switch {
	case t.Ending(): // Park says no, and ends a body that does not listen
	case c.try(t, in):
		return nil
	case c.poisoned.Load():
		return sched.ErrPoisoned
	}
	code, fired, err := t.Park(&c.waiters, c)
	switch {
	case err != nil:
		if fired && code == codeOwned {
			c.release()
		}
		return err
	case code == codePoisoned:
		return sched.ErrPoisoned
	}
	return nil
}

// try acquires a lock that is free, healthy and not waited for.
func (c *lockCore) try(t *sched.Task, in bool) bool {
	if c.owner == t {
		t.Leave(in)
		panic("tsync: MU1: a task locks a mutex once at a time")
	}
	if c.poisoned.Load() || c.owner != nil || !c.waiters.Empty() {
		return false
	}
	c.acquire(t)
	return true
}

// Blocked implements sched.Blocker.
func (c *lockCore) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "lock", ID: c.id, Name: c.name, Holder: c.owner}
}

// Permit returns the permit for a lock that w, polled to Ready without error, has acquired.
func (m *Mutex[T]) Permit(w *LockWait) Permit[T] {
	if w.core != &m.core || w.state != lockOwned || !m.core.valid(w.ticket) {
		panic("tsync: MU1: no permit without the lock")
	}
	return Permit[T]{m, w.ticket}
}

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
		panic("tsync: MU1: the permit was used up")
	}
	return &p.m.data
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
		panic("tsync: MU1: the permit was used up")
	}
	p.m = nil
	return m
}

// valid reports whether the permit or guard with this ticket is the one that counts now. It needs no lock: what it reads
// changes only by the hand of the task that holds the permit or guard, for whom alone the answer is meant.
func (c *lockCore) valid(ticket uint64) bool { return c.owner != nil && c.ticket == ticket }

// Value returns the data.
func (g *Guard[T]) Value() *T {
	if g.m == nil || !g.m.core.valid(g.ticket) {
		panic("tsync: MU1: the guard was used up")
	}
	return &g.m.data
}

// Exit ends the region: the data is whole again. It unlocks.
func (g *Guard[T]) Exit() {
	m := g.m
	if m == nil || !m.core.valid(g.ticket) {
		panic("tsync: MU1: the guard was used up")
	}
	g.m = nil
	c := &m.core
	c.ex.Lock()
	c.leave()
	c.release()
	c.ex.Unlock()
}

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
	if err := c.lock(t, in); err != nil {
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
// returned.
func (m *Mutex[T]) Unpoison(t *sched.Task, repair func(*T)) {
	c := &m.core
	in := t.Enter()
	mine := c.poisoned.Load() && !c.repairing
	c.repairing = c.repairing || mine
	t.Leave(in)
	if !mine {
		return
	}
	if repair != nil {
		repair(&m.data)
	}
	in = t.Enter()
	c.repairing = false
	c.poisoned.Store(false)
	c.ex.Trace().Emit(backend.EvUnpoison, c.id, int64(t.ID()), 0, 0, 0)
	t.Leave(in)
}

// ID returns the mutex's id in the trace.
func (m *Mutex[T]) ID() int64 { return m.core.id }
