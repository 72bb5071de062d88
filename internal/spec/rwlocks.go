package spec

import "github.com/tripoint-go/tripoint/backend"

// rwlocks judges MU5 and MU6: what readers, the upgradeable reader and the writer of one lock owe each other. It shares the
// model of locks; what it adds of a lock is rwState. Which kind of hold a waiter wants is what the event want says just
// before its link; without it, an exclusive one.
type rwlocks struct {
	m    *locks
	some []*lock // that had a reader or an upgradeable reader, or somebody who wanted to be one
}

// rwState is what a read-write lock is known for beside its holds.
type rwState struct {
	known   bool
	upgrade upgrading
}

// upgrading is an upgrade that is waited for. The zero value is none.
type upgrading struct {
	want backend.Event
	node *node
}

func rwlockRules() []Rule {
	return []Rule{
		{"MU5", "rwlocks", "Writers exclude all, an upgradeable reader its like; adjacent waiting readers are admitted together.",
			kinds(backend.EvWant, backend.EvLower)},
		{"MU6", "rwlocks", "An upgrade waits for the readers that are present, and for nobody else.", kinds(backend.EvWant)},
	}
}

func (m *rwlocks) install(l *locks) {
	m.m = l
	c := l.c
	c.when(m.want, backend.EvWant)
	c.when(m.link, backend.EvLink)
	c.when(m.settled, backend.EvPollEnd, backend.EvDropEnd)
	c.atQuiet(m.settled)
}

func (m *rwlocks) emptied() rwlocks { return rwlocks{m: m.m, some: m.some[:0]} }

func (m *rwlocks) know(l *lock) {
	if !l.rw.known {
		l.rw.known = true
		m.some = append(m.some, l)
	}
}

// pending returns the upgrade that somebody waits for, or nil.
func (l *lock) pending() *upgrading {
	if u := &l.rw.upgrade; u.node != nil && u.node.state == nodeLinked {
		return u
	}
	return nil
}

func (m *rwlocks) want(ev *backend.Event) {
	l, t := m.m.lock(ev.Args[0]), ev.Args[1]
	m.know(l)
	h := l.of(t)
	if ev.Args[2] != backend.LockExclusive || h == nil {
		return
	}
	if h.kind != backend.LockUpgradeable {
		m.m.c.fail("MU6", inOrder(h.acq, *ev), "%s upgrades lock %d and is not its upgradeable reader", m.m.c.label(t), l.id)
	}
	l.rw.upgrade = upgrading{want: *ev}
}

// link learns the node of an upgrade.
func (m *rwlocks) link(ev *backend.Event) {
	prev := m.m.s.before(ev)
	if prev.Kind != backend.EvWant {
		return
	}
	if l := m.m.locks[prev.Args[0]]; l != nil && l.rw.upgrade.want.Seq == prev.Seq {
		l.rw.upgrade.node = m.m.s.nodes[ev.Args[0]]
	}
}

// acquire judges an acq before the model takes note of it. What an exclusive hold forbids is MU1.
func (m *rwlocks) acquire(l *lock, ev *backend.Event) {
	c, t, kind := m.m.c, ev.Args[1], ev.Args[2]
	if kind != backend.LockExclusive {
		m.know(l)
	}
	own := l.of(t)
	for _, h := range l.holds {
		switch {
		case h.task == t || h.kind == backend.LockExclusive:
		case kind == backend.LockExclusive && own != nil:
			c.fail("MU6", inOrder(h.acq, l.rw.upgrade.want, *ev), "the upgrade of %s is granted while %s reads lock %d", c.label(t),
				c.label(h.task), l.id)
			return
		case kind == backend.LockExclusive || kind == backend.LockUpgradeable && h.kind == kind:
			c.fail("MU5", inOrder(h.acq, *ev), "%s acquires lock %d, of which %s is a reader that does not allow it", c.label(t),
				l.id, c.label(h.task))
			return
		}
	}
	if u := l.pending(); u != nil && u.node.task != t {
		c.fail("MU6", inOrder(u.want, *ev), "%s acquires lock %d before %s has its upgrade", c.label(t), l.id,
			c.label(u.node.task))
	}
	if own != nil {
		l.rw.upgrade = upgrading{}
	}
}

// lowered notes that t gives up some of its hold, or all.
func (m *rwlocks) lowered(l *lock, t int64) {
	if u := &l.rw.upgrade; u.node != nil && u.node.task == t {
		*u = upgrading{}
	}
}

// settled judges, where every step that concerns locks is over, that nobody waits whom the holds allow in. A lock that nobody
// holds is the business of MU2.
func (m *rwlocks) settled(ev *backend.Event) {
	c, s := m.m.c, m.m.s
	for _, l := range m.some {
		if len(l.holds) == 0 || l.poison.Kind != 0 {
			continue
		}
		if u := l.pending(); u != nil {
			if len(l.holds) == 1 && l.holds[0].task == u.node.task && s.entitled(u.node) {
				c.fail("MU6", inOrder(u.want, u.node.link, *ev), "%s waits for its upgrade of lock %d, which has no other reader",
					c.label(u.node.task), l.id)
			}
			continue
		}
		if n := l.list.first(); n != nil && s.entitled(n) && l.allows(n.want) {
			c.fail("MU5", inOrder(l.holds[0].acq, n.link, *ev), "%s waits for lock %d as a reader, and its holders are readers that allow it",
				c.label(n.task), l.id)
		}
	}
}

// allows reports whether the holds allow one more of that kind.
func (l *lock) allows(kind int64) bool {
	if kind != backend.LockRead && kind != backend.LockUpgradeable {
		return false
	}
	for _, h := range l.holds {
		if h.kind == backend.LockExclusive || h.kind == backend.LockUpgradeable && kind == backend.LockUpgradeable {
			return false
		}
	}
	return true
}
