package tsync

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// UpgradeableGuard is access to the data for reading, up to Release, Share or the task's end, none of which poisons (PO2). No
// other task changes the data meanwhile, and this one becomes able to with Upgrade. It is for the task that got it. The zero
// value is no guard. Using a guard that is used up, or whose task has ended, is a programmer error, also through a copy; only
// Release does nothing then.
type UpgradeableGuard[T any] struct {
	m      *Mutex[T]
	ticket uint64
}

func (g *UpgradeableGuard[T]) core() *lockCore {
	if g.m == nil || !g.m.core.valid(g.ticket) {
		panic(usedUp)
	}
	return &g.m.core
}

// Value returns the data, for reading.
func (g *UpgradeableGuard[T]) Value() *T {
	g.core()
	return &g.m.data
}

// Upgrade waits until the readers that are present have left, and returns the permit; the guard is used up. New readers wait,
// and so does everybody in line: an upgrade goes first (MU6). On a Mutex there are no readers to wait for. It returns
// sched.ErrCancelled if t is cancelled; then the guard is still valid. Straight-line tasks only; a future uses StartUpgrade.
func (g *UpgradeableGuard[T]) Upgrade(t *sched.Task) (Permit[T], error) {
	c := g.core()
	t.Point(c.id)
	in := t.Enter()
	c.mayUpgrade(t, in, g.ticket)
	err := c.upgrade(t)
	ticket := c.ticket
	t.Leave(in)
	if err != nil {
		return Permit[T]{}, err
	}
	m := g.m
	g.m = nil
	return Permit[T]{m, ticket}, nil
}

// mayUpgrade demands that t is the upgradeable reader and not upgrading.
func (c *lockCore) mayUpgrade(t *sched.Task, in bool, ticket uint64) {
	switch {
	case c.owner != t || !c.valid(ticket):
		t.Leave(in)
		panic(usedUp)
	case c.kind != upgradeable || !c.upgrades.Empty():
		t.Leave(in)
		panic("tsync: MU6: a guard is upgraded once at a time")
	}
}

func (c *lockCore) upgrade(t *sched.Task) error {
	if !t.Ending() { // otherwise Park says no, and ends a body that does not listen
		if c.raise() {
			c.ticket++
			return nil
		}
		c.want(t, exclusive)
	}
	code, fired, err := t.ParkAs(&c.upgrades, (*upgradeSide)(c), exclusive)
	switch {
	case err == nil:
		c.ticket++
	case fired && code == codeOwned:
		c.unraise()
	default:
		c.admit()
	}
	return err
}

// StartUpgrade prepares w to upgrade the guard; nothing happens before the first poll. As long as w is not Ready or abandoned,
// the guard is for reading only; afterwards, Permit takes what w has won.
func (g *UpgradeableGuard[T]) StartUpgrade(w *LockWait) {
	c := g.core()
	w.start(c, exclusive)
	w.upgrade, w.ticket = true, g.ticket
}

// Permit returns the permit that w, polled to Ready, has won. The guard is used up.
func (g *UpgradeableGuard[T]) Permit(w *LockWait) Permit[T] {
	if g.m == nil || !w.upgrade {
		panic(usedUp)
	}
	m := g.m
	ticket := w.of(&m.core, exclusive)
	g.m = nil
	return Permit[T]{m, ticket}
}

// Share turns the guard into r, one reader of many: the lock may have another upgradeable reader now. r is the caller's memory,
// as in [RWMutex.ReadLock]. The guard is used up. On a Mutex, r is its only reader.
func (g *UpgradeableGuard[T]) Share(r *ReadGuard[T]) {
	c := g.core()
	r.prepare(g.m)
	c.ex.Lock()
	busy := c.upgrading()
	if !busy {
		t := c.owner
		c.res.Disown()
		c.owner = nil
		c.readers++
		c.emit(backend.EvLower, t, backend.LockRead)
		r.hold.hold(t)
		c.admit()
	}
	c.ex.Unlock()
	if busy {
		panic(upgradePending)
	}
	g.m = nil
}

// Release unlocks. A used-up guard does nothing, so it may be deferred.
func (g *UpgradeableGuard[T]) Release() {
	m := g.m
	if m == nil {
		return
	}
	c := &m.core
	c.ex.Lock()
	held, busy := c.valid(g.ticket), c.upgrading()
	if held && !busy {
		c.release()
	}
	c.ex.Unlock()
	if held && busy {
		panic(upgradePending)
	}
	g.m = nil
}

const upgradePending = "tsync: MU6: a guard is not given up while it is being upgraded: abandon the upgrade"

// upgrading reports whether the guard that is valid waits for its upgrade, or has got it and was not polled since.
func (c *lockCore) upgrading() bool { return !c.upgrades.Empty() || c.kind == exclusive }
