package tsync

import (
	"github.com/tripoint-go/tripoint/sched"
)

// RWMutex protects a T for many readers or one writer. A writer locks as with a [Mutex], with permit, guard and poison. A
// reader holds a [ReadGuard], which never poisons. One more reader at a time may be upgradeable: it reads beside the others,
// and what it has read still holds when it becomes the writer.
//
//	ReadLock ────────▶ ReadGuard ──────────(Release)──▶ unlocked
//	                      ▲ (Share)
//	ReadUpgradeable ─▶ UpgradeableGuard ───(Release)──▶ unlocked
//	                      │ (Upgrade)  ▲ (Downgrade)
//	Lock ────────────▶ Permit ─────────┴─(Enter)──▶ Guard ──(Exit)──▶ unlocked
//
// All wait in one line, first in, first out (MU4): readers that stand next to each other get in together (MU5), a reader that
// comes after a writer waits for it. An upgrade goes before the line and waits for the readers that are present (MU6). A task
// holds the lock once at a time: a second read may wait for a writer that waits for the first, and never ends.
//
// Call Init before use; an RWMutex must not be copied. Nothing allocates but WithRead.
type RWMutex[T any] struct {
	m    Mutex[T]
	free *ReadGuard[T] // for WithRead
}

// Init gives the lock its executor, a name for reports, and the initial data.
func (m *RWMutex[T]) Init(ex *sched.Executor, name string, data T) {
	m.free = nil
	m.m.init(ex, name, data, true)
}

// PanicOnPoison is as [Mutex.PanicOnPoison].
func (m *RWMutex[T]) PanicOnPoison() { m.m.PanicOnPoison() }

// Lock waits for the lock as a writer. Errors and callers as [Mutex.Lock].
func (m *RWMutex[T]) Lock(t *sched.Task) (Permit[T], error) { return m.m.Lock(t) }

// TryLock is as [Mutex.TryLock].
func (m *RWMutex[T]) TryLock(t *sched.Task) (Permit[T], bool) { return m.m.TryLock(t) }

// StartLock prepares w to lock m as a writer; nothing happens before the first poll.
func (m *RWMutex[T]) StartLock(w *LockWait) { m.m.StartLock(w) }

// Permit returns the permit for a lock that w, polled to Ready without error, has acquired.
func (m *RWMutex[T]) Permit(w *LockWait) Permit[T] { return m.m.Permit(w) }

// With locks as a writer, calls f with the data, and unlocks. For the rest see [Mutex.With].
func (m *RWMutex[T]) With(t *sched.Task, f func(*T)) error { return m.m.With(t, f) }

// ReadUpgradeable waits for the lock as its one upgradeable reader. Errors as Lock. Straight-line tasks only; a future uses
// StartUpgradeable.
func (m *RWMutex[T]) ReadUpgradeable(t *sched.Task) (UpgradeableGuard[T], error) {
	c := &m.m.core
	t.Point(c.id)
	in := t.Enter()
	err := c.lock(t, in, upgradeable)
	ticket := c.ticket
	t.Leave(in)
	if err != nil {
		return UpgradeableGuard[T]{}, err
	}
	return UpgradeableGuard[T]{&m.m, ticket}, nil
}

// StartUpgradeable prepares w to lock m as its upgradeable reader; nothing happens before the first poll.
func (m *RWMutex[T]) StartUpgradeable(w *LockWait) { w.start(&m.m.core, upgradeable) }

// Upgradeable returns the guard for a lock that w, polled to Ready without error, has acquired.
func (m *RWMutex[T]) Upgradeable(w *LockWait) UpgradeableGuard[T] {
	return UpgradeableGuard[T]{&m.m, w.of(&m.m.core, upgradeable)}
}

// ReadLock waits for the lock as a reader and makes r its guard. r is the caller's memory, in use up to its Release and for the
// next ReadLock then. Errors as Lock. Straight-line tasks only; a future uses StartRead.
func (m *RWMutex[T]) ReadLock(t *sched.Task, r *ReadGuard[T]) error {
	t.Point(m.m.core.id)
	m.StartRead(r)
	if err := sched.Await(t, r); err != nil {
		return err
	}
	return r.Err()
}

// TryReadLock is ReadLock if the lock is to be had at once: ok is false if a writer holds it, if anybody waits for it, if it is
// poisoned, or if t is being torn down. It may be called from anywhere in t.
func (m *RWMutex[T]) TryReadLock(t *sched.Task, r *ReadGuard[T]) (ok bool) {
	r.prepare(&m.m)
	c := &m.m.core
	in := t.Enter()
	if !t.Ending() && c.owner != t && c.try(t, in, reading) {
		r.hold.hold(t)
		ok = true
	}
	t.Leave(in)
	return ok
}

// StartRead prepares r, a future, to lock m as a reader; nothing happens before the first poll. Once it is Ready without error,
// r is the guard.
func (m *RWMutex[T]) StartRead(r *ReadGuard[T]) { r.prepare(&m.m) }

// Poisoned reports whether the data is poisoned. It costs one load.
func (m *RWMutex[T]) Poisoned() bool { return m.m.Poisoned() }

// Unpoison is as [Mutex.Unpoison].
func (m *RWMutex[T]) Unpoison(t *sched.Task, repair func(*T)) { m.m.Unpoison(t, repair) }

// ID returns the lock's id in the trace.
func (m *RWMutex[T]) ID() int64 { return m.m.core.id }

// ReadGuard is one reader of an [RWMutex]: a future up to its being Ready, and access to the data for reading from then up to
// Release or the task's end, neither of which poisons (PO2). It is memory of the caller, who must not copy it, and belongs to
// the task that polls it first. The zero value is ready for StartRead and ReadLock. Nothing allocates.
type ReadGuard[T any] struct {
	hold readHold
	data *T
	next *ReadGuard[T]
}

// readHold is the part that does not depend on the data.
type readHold struct {
	core  *lockCore
	state lockState
	node  sched.Node
	own   sched.Resource // from the link to the end of the hold
}

func (r *ReadGuard[T]) prepare(m *Mutex[T]) {
	if s := r.hold.state; s == lockQueued || s == lockOwned {
		panic("tsync: MU5: the record of a reader is in use")
	}
	r.hold.core, r.hold.state, r.data = &m.core, lockNew, &m.data
	r.hold.node.Kind = reading
}

// Poll is Ready when the lock is held for reading, or poisoned.
func (r *ReadGuard[T]) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := r.hold.poll(t, in)
	t.Leave(in)
	return p
}

func (h *readHold) poll(t *sched.Task, in bool) sched.Poll {
	c := h.core
	switch h.state {
	case lockNew:
		switch {
		case c.poisoned.Load():
			h.state = lockPoisoned
			return sched.Ready
		case c.try(t, in, reading):
			h.hold(t)
			return sched.Ready
		}
		h.state = lockQueued
		c.want(t, reading)
		c.waiters.Link(&h.node, t)
		t.Own(&h.own, h, releaseReadHold)
	case lockQueued:
		sameTask(&h.node, t, in)
		switch {
		case !h.node.Fired():
		case h.node.Code == codeOwned:
			h.state = lockOwned
			return sched.Ready
		default:
			h.own.Disown()
			h.state = lockPoisoned
			return sched.Ready
		}
	default:
		return sched.Ready
	}
	t.SetBlocker(c)
	return sched.Pending
}

// hold notes that t has the lock.
func (h *readHold) hold(t *sched.Task) {
	h.state = lockOwned
	t.Own(&h.own, h, releaseReadHold)
}

func releaseReadHold(of any, t *sched.Task) { of.(*readHold).drop(t) }

// drop gives up the wait or the hold of t, or what was handed over between the two.
func (h *readHold) drop(t *sched.Task) {
	c := h.core
	was := h.state
	h.own.Disown()
	h.state = lockLeft
	switch {
	case was == lockOwned || was == lockQueued && h.node.Fired() && h.node.Code == codeOwned:
		c.unread(t)
	case was == lockQueued:
		h.node.Unlink()
		c.admit()
	default:
		h.state = was
	}
}

// Abandon stops waiting, or gives the guard up. Idempotent.
func (r *ReadGuard[T]) Abandon(t *sched.Task) {
	in := t.Enter()
	r.hold.drop(t)
	t.Leave(in)
}

// Err returns, once Ready, nil if the lock is held for reading, or sched.ErrPoisoned.
func (r *ReadGuard[T]) Err() error {
	if r.hold.state == lockPoisoned {
		return sched.ErrPoisoned
	}
	return nil
}

// Value returns the data, for reading.
func (r *ReadGuard[T]) Value() *T {
	if r.hold.state != lockOwned {
		panic(usedUp)
	}
	return r.data
}

// Release unlocks. On a guard that is not held it does nothing, so it may be deferred. It is for the task that holds the guard.
func (r *ReadGuard[T]) Release() {
	if r.hold.state != lockOwned {
		return
	}
	c := r.hold.core
	c.ex.Lock()
	r.hold.drop(r.hold.own.Owner())
	c.ex.Unlock()
}
