package tsync

import "github.com/tripoint-go/tripoint/sched"

// LockWait is the future of a lock, or of the upgrade of an [UpgradeableGuard]. It is Ready when the lock is held so, or when
// Err says why not. It belongs to the task that polls it first. The memory is the caller's, and nothing allocates.
type LockWait struct {
	core    *lockCore
	state   lockState
	upgrade bool
	ticket  uint64 // of the permit or guard to come; of an upgrade that is not Ready, that of the guard
	node    sched.Node
	own     sched.Resource
}

type lockState uint8

const (
	lockNew lockState = iota
	lockQueued
	lockOwned
	lockPoisoned
	lockLeft
)

func (w *LockWait) start(c *lockCore, kind uint8) {
	if w.state == lockQueued {
		panic("tsync: MU4: a wait for a lock is started once at a time")
	}
	*w = LockWait{core: c}
	w.node.Kind = kind
}

// Poll is Ready when the lock is held by t or poisoned.
func (w *LockWait) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t, in)
	t.Leave(in)
	return p
}

func (w *LockWait) poll(t *sched.Task, in bool) sched.Poll {
	c := w.core
	switch {
	case w.state == lockNew && w.upgrade:
		w.pollUpgrade(t, in)
	case w.state == lockNew:
		switch {
		case c.poisoned.Load():
			w.state = lockPoisoned
		case c.try(t, in, w.node.Kind):
			w.owned()
		default:
			if w.node.Kind != exclusive {
				c.want(t, w.node.Kind)
			}
			w.queue(&c.waiters, t)
		}
	case w.state == lockQueued:
		sameTask(&w.node, t, in)
		switch {
		case !w.node.Fired():
		case w.node.Code != codeOwned:
			w.own.Disown()
			w.state = lockPoisoned
		default:
			w.own.Disown()
			if w.upgrade {
				c.ticket++ // from here on the guard is used up
			}
			w.owned()
		}
	}
	if w.state != lockQueued {
		return sched.Ready
	}
	if w.upgrade {
		t.SetBlocker((*upgradeSide)(c))
	} else {
		t.SetBlocker(c)
	}
	return sched.Pending
}

func (w *LockWait) owned() { w.state, w.ticket = lockOwned, w.core.ticket }

func (w *LockWait) queue(l *sched.List, t *sched.Task) {
	w.state = lockQueued
	l.Link(&w.node, t)
	t.Own(&w.own, w, releaseLockWait)
}

func (w *LockWait) pollUpgrade(t *sched.Task, in bool) {
	c := w.core
	c.mayUpgrade(t, in, w.ticket)
	if c.raise() {
		c.ticket++
		w.owned()
		return
	}
	c.want(t, exclusive)
	w.queue(&c.upgrades, t)
}

func releaseLockWait(of any, t *sched.Task) { of.(*LockWait).Abandon(t) }

// Abandon leaves the queue. A lock that was handed over meanwhile goes on to the next waiter (MU3); after an upgrade the guard
// is valid as before. Idempotent.
func (w *LockWait) Abandon(t *sched.Task) {
	if w.state != lockQueued {
		return
	}
	in := t.Enter()
	w.state = lockLeft
	w.own.Disown()
	w.node.Unlink()
	if c := w.core; w.upgrade && c.owner == t && c.kind == exclusive {
		c.unraise()
	} else {
		c.leftBy(t, &w.node)
	}
	t.Leave(in)
}

// Err returns, once Ready, nil if the lock is held, or sched.ErrPoisoned.
func (w *LockWait) Err() error {
	if w.state == lockPoisoned {
		return sched.ErrPoisoned
	}
	return nil
}

// of demands that w, polled to Ready without error, holds c, not given up since.
func (w *LockWait) of(c *lockCore, kind uint8) uint64 {
	if w.core != c || w.state != lockOwned || w.node.Kind != kind || !c.valid(w.ticket) {
		panic("tsync: MU1: no permit or guard without the lock")
	}
	return w.ticket
}
