package tsync

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// lockCore is a lock without its data: a mutex, or with shared a lock that has readers, too. Everything but valid and a look
// at poisoned happens inside the core of the executor.
//
// One task, the owner, holds the lock exclusively or as its upgradeable reader; beside the latter there may be readers, each of
// which has its own record. Waiters of all kinds stand in one line: whoever is at its head gets the lock as soon as the holds
// allow it (admit), so adjacent readers get it together, and a writer is not overtaken by readers that come after it. An
// upgrade has a line of its own, which goes first and holds up the other.
type lockCore struct {
	ex        *sched.Executor
	id        int64
	name      string
	waiters   sched.List
	upgrades  sched.List  // the owner's node, while it waits for the readers to leave
	conds     *condCore   // newest
	owner     *sched.Task // nil: nobody, or readers only
	readers   int32       // shared holds
	kind      uint8       // how the owner holds the lock
	shared    bool
	entered   bool
	poisoned  atomic.Bool // changes inside the core; Poisoned reads it from anywhere
	repairing bool        // Unpoison is at work
	fatal     bool
	ticket    uint64         // changes whenever the owner's rights do: copies of older permits and guards are worthless
	res       sched.Resource // the owner's record of the lock
}

// Kinds of holds and of waits, in sched.Node.Kind.
const (
	exclusive   = uint8(backend.LockExclusive)
	reading     = uint8(backend.LockRead)
	upgradeable = uint8(backend.LockUpgradeable)
)

// Codes in sched.Node.Code.
const (
	codeOwned    uint8 = 16 // the lock was handed over
	codePoisoned uint8 = 17
	codeClosed   uint8 = 18
	codeNotified uint8 = 19
)

const usedUp = "tsync: MU1: the permit or guard was used up"

func (c *lockCore) emit(kind backend.EventKind, t *sched.Task, arg int64) {
	c.ex.Trace().Emit(kind, c.id, int64(t.ID()), arg, 0, 0)
}

// open reports whether the holds allow one more of that kind.
func (c *lockCore) open(kind uint8) bool {
	switch {
	case c.owner == nil:
		return c.readers == 0 || kind != exclusive
	case kind == reading:
		return c.kind == upgradeable && c.upgrades.Empty()
	}
	return false
}

// try acquires a lock that is open, healthy and not waited for. in is the section of the caller, which a panic must not leave
// open.
func (c *lockCore) try(t *sched.Task, in bool, kind uint8) bool {
	if c.ex == nil {
		t.Executor().Misuse("tsync: MU1: a lock is used before its Init")
	}
	if c.owner == t {
		t.Leave(in)
		panic("tsync: MU1: a task holds a lock once at a time")
	}
	if c.poisoned.Load() || !c.waiters.Empty() || !c.open(kind) {
		return false
	}
	c.grant(t, kind)
	return true
}

// grant makes t a holder. The record of a reader is the business of whoever waits.
func (c *lockCore) grant(t *sched.Task, kind uint8) {
	c.emit(backend.EvAcquire, t, int64(kind))
	if kind == reading {
		c.readers++
		return
	}
	c.owner, c.kind = t, kind
	c.ticket++
	t.Own(&c.res, c, releaseLock)
}

// admit hands the lock to those at the head of the line, as far as the holds allow it. It comes after every change of the holds
// or of the line.
func (c *lockCore) admit() {
	if n := c.upgrades.First(); n != nil { // precedes everybody, and nobody comes in before it
		if c.readers == 0 {
			c.kind = exclusive
			c.emit(backend.EvAcquire, c.owner, backend.LockExclusive)
			n.Code = codeOwned
			n.Fire(backend.WakeSync)
		}
		return
	}
	for n := c.waiters.First(); n != nil && c.open(c.kindOf(n)); n = c.waiters.First() {
		c.grant(n.Task(), c.kindOf(n))
		n.Code = codeOwned
		n.Fire(backend.WakeSync)
	}
}

// kindOf returns what a node in line waits for.
func (c *lockCore) kindOf(n *sched.Node) uint8 {
	if !c.shared {
		return exclusive
	}
	return n.Kind
}

// want says in the trace what kind of hold t waits for. Who says nothing waits for an exclusive one.
func (c *lockCore) want(t *sched.Task, kind uint8) { c.emit(backend.EvWant, t, int64(kind)) }

// lock waits for a hold of the owner's kinds, in a straight-line task. in is the caller's section.
func (c *lockCore) lock(t *sched.Task, in bool, kind uint8) error {
	switch {
	case t.Ending(): // Park says no, and ends a body that does not listen
	case c.try(t, in, kind):
		return nil
	case c.poisoned.Load():
		return sched.ErrPoisoned
	case kind != exclusive:
		c.want(t, kind)
	}
	code, fired, err := t.ParkAs(&c.waiters, c, kind)
	switch {
	case err != nil:
		if fired && code == codeOwned {
			c.release()
		} else {
			c.admit() // who left was in the way, perhaps
		}
		return err
	case code == codePoisoned:
		return sched.ErrPoisoned
	}
	return nil
}

// leftBy is what follows when t, with a node that it has taken out of the line, gives up. What was handed over goes on; a
// teardown may have released it before.
func (c *lockCore) leftBy(t *sched.Task, n *sched.Node) {
	switch {
	case !n.Fired() || n.Code != codeOwned:
		c.admit() // who left was in the way, perhaps
	case c.owner == t:
		c.release()
	}
}

// release unlocks.
func (c *lockCore) release() {
	t := c.owner
	c.res.Disown()
	c.owner = nil
	c.emit(backend.EvRelease, t, 0)
	c.admit()
}

// unread ends the shared hold of t.
func (c *lockCore) unread(t *sched.Task) {
	c.readers--
	c.emit(backend.EvRelease, t, 0)
	c.admit()
}

// lower makes the owner an upgradeable reader. Its older permits and guards become worthless.
func (c *lockCore) lower() {
	if c.entered {
		c.leave()
	}
	c.ticket++
	c.unraise()
}

// unraise is lower for an upgrade that nobody wants any more: the guard that it was asked of is valid as before.
func (c *lockCore) unraise() {
	c.kind = upgradeable
	c.emit(backend.EvLower, c.owner, backend.LockUpgradeable)
	c.admit()
}

// raise makes the owner, an upgradeable reader, an exclusive holder if there are no other readers.
func (c *lockCore) raise() bool {
	if c.readers > 0 {
		return false
	}
	c.kind = exclusive
	c.emit(backend.EvAcquire, c.owner, backend.LockExclusive)
	return true
}

// enter begins the region; with 1 says that it lies inside one poll (MU7).
func (c *lockCore) enter(with int64) {
	c.entered = true
	c.ticket++
	c.emit(backend.EvEnter, c.owner, with)
}

func (c *lockCore) leave() {
	c.entered = false
	c.emit(backend.EvLeave, c.owner, 0)
}

// poison declares the data unhealthy, because its owner stopped half-way, tells everybody who waits for the lock or on its
// conditions, and unlocks. Its callers mourn then.
func (c *lockCore) poison() {
	c.entered = false
	c.poisoned.Store(true)
	c.emit(backend.EvPoison, c.owner, 0)
	if !c.waiters.Empty() {
		c.waiters.PassEach(c.ex, backend.WakeSync, poisonNode)
	}
	for d := c.conds; d != nil; d = d.older {
		d.fireAll(poisonNode)
	}
	c.release()
}

func poisonNode(n *sched.Node) { n.Code = codePoisoned }

// mourn is the panic that PanicOnPoison asked for.
func (c *lockCore) mourn() {
	if c.fatal {
		panic(mourning(c.name))
	}
}

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

// valid reports whether the permit or guard with this ticket is the one that counts now. It needs no lock: what it reads
// changes only by the hand of the task that holds the permit or guard, for whom alone the answer is meant.
func (c *lockCore) valid(ticket uint64) bool { return c.owner != nil && c.ticket == ticket }

// Blocked implements sched.Blocker.
func (c *lockCore) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "lock", ID: c.id, Name: c.name, Holder: c.owner}
}

// upgradeSide is what an upgrade waits for, for reports.
type upgradeSide lockCore

// Blocked implements sched.Blocker.
func (c *upgradeSide) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "readers to leave lock", ID: c.id, Name: c.name}
}

// sameTask demands that a wait stays with the task that its node was linked for: nobody else would be woken. in is the
// section of the caller, which a panic must not leave open.
func sameTask(n *sched.Node, t *sched.Task, in bool) {
	if n.Task() != t {
		t.Leave(in)
		panic("tsync: S3: a wait belongs to the task that polled it first")
	}
}
