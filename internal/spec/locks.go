package spec

import (
	"slices"

	"github.com/tripoint-go/tripoint/backend"
)

// inOnePoll marks what must be over within the poll in which it began: in the fourth field of acq, the sections of a sync
// mutex; in the third field of enter, a With. Where the trace does not carry the mark, MU7 judges nothing.
const inOnePoll = 1

// locks judges MU1 to MU4, MU7 and PO1 to PO5.
//
// Which waiter list belongs to a lock: the list whose id is the lock's, if there is one; otherwise the list on which the
// lock was handed over to a waiter, from the first hand-over on.
type locks struct {
	c     *Checker
	s     *lists
	locks map[int64]*lock
	held  map[int64]int   // locks a task holds
	short map[int64]int   // holds and regions a task must end within its poll
	fresh map[uint8]*hold // lane: the hold of the last acq, until it is known whether it was handed over
	rw    rwlocks
	cond  conditions
}

// lock is one mutex or read-write lock.
type lock struct {
	id       int64
	rw       rwState
	conds    []*list // of its conditions
	holds    []*hold
	list     *list
	past     map[int64]bool // tasks that held it at some time
	poison   backend.Event  // Kind 0: healthy
	waited   []*node        // linked when it was poisoned
	rel      backend.Event  // the last one
	relEnded bool           // by a task that ended with the lock handed to it, before its next poll
}

// hold is one ownership, from acq to rel.
type hold struct {
	lock     *lock
	task     int64
	kind     int64
	acq      backend.Event
	enter    backend.Event // Kind 0: outside of a cancel-unsafe region
	leave    backend.Event // the last one
	poisoned bool
	handed   bool
	polls    int64 // of its task, when it was handed over
	more     int   // further shared holds of the task
	first    *node // who was entitled when it was acquired
}

func lockRules() []Rule {
	acquire := kinds(backend.EvAcquire)
	return []Rule{
		{"MU1", "locks", "While a task holds a lock exclusively nobody else acquires it, and only its holder works or gives it up.",
			acquire},
		{"MU2", "locks", "A lock that is given up while tasks wait for it is acquired by one of them.", kinds(backend.EvRelease)},
		{"MU3", "locks", "A waiter that ends, even as the owner by hand-off, gives the lock on to the others.",
			kinds(backend.EvDropEnd)},
		{"MU4", "locks", "Waiters acquire a lock in the order in which they began to wait, and nobody overtakes them.", acquire},
		{"MU7", "locks", "The sections of a sync mutex and of With begin and end in one poll.", acquire},
		{"PO1", "locks", "A permit that was not entered never poisons.", kinds(backend.EvPoison)},
		{"PO2", "locks", "Read guards, downgraded guards and condition waits never poison.", kinds(backend.EvPoison)},
		{"PO3", "locks", "A poisoned lock is neither acquired nor entered until it is unpoisoned.", kinds(backend.EvPoison)},
		{"PO4", "locks", "Poisoning wakes everybody who waits for the lock or on one of its conditions.", kinds(backend.EvPoison)},
		{"PO5", "locks", "A lock is poisoned exactly if its holder ends or lets go between enter and leave.",
			kinds(backend.EvEnter, backend.EvPoison)},
	}
}

func installLocks(c *Checker, s *lists) {
	m := &locks{c: c, s: s}
	c.atReset(m.reset)
	c.when(m.settle, everyEvent()...)
	m.rw.install(m)
	m.cond.install(m)
	c.when(m.acquire, backend.EvAcquire)
	c.when(m.lower, backend.EvLower)
	c.when(m.release, backend.EvRelease)
	c.when(m.region, backend.EvEnter, backend.EvLeave)
	c.when(m.poison, backend.EvPoison)
	c.when(m.unpoison, backend.EvUnpoison)
	c.when(m.link, backend.EvLink)
	c.when(m.pollEnd, backend.EvPollEnd)
	c.when(m.dropEnd, backend.EvDropEnd)
	c.atQuiet(m.rest)
}

func (m *locks) reset() {
	*m = locks{
		c: m.c, s: m.s, locks: emptied(m.locks), held: emptied(m.held), short: emptied(m.short),
		fresh: emptied(m.fresh), rw: m.rw.emptied(), cond: m.cond.emptied(),
	}
}

func (m *locks) lock(id int64) *lock {
	l := m.locks[id]
	if l == nil {
		l = &lock{id: id, past: map[int64]bool{}}
		if m.s.lists[id] != nil {
			l.list = m.s.lists[id]
		}
		m.locks[id] = l
	}
	return l
}

// of returns the last hold of the lock by t, or nil.
func (l *lock) of(t int64) *hold {
	for i := len(l.holds) - 1; i >= 0; i-- {
		if l.holds[i].task == t {
			return l.holds[i]
		}
	}
	return nil
}

// link learns the list of a lock whose list carries its id.
func (m *locks) link(ev *backend.Event) {
	if l := m.locks[ev.Args[1]]; l != nil {
		l.list = m.s.list(ev.Args[1])
	}
}

func (m *locks) acquire(ev *backend.Event) {
	c, t := m.c, ev.Args[1]
	l := m.lock(ev.Args[0])
	m.rw.acquire(l, ev)
	for _, h := range l.holds {
		if h.kind == backend.LockExclusive && (h.task != t || ev.Args[2] == backend.LockExclusive) {
			c.fail("MU1", inOrder(h.acq, *ev), "%s acquires lock %d while %s holds it exclusively", c.label(t), l.id,
				c.label(h.task))
			break
		}
	}
	if h := l.of(t); h != nil { // an upgrade, or one more read: not a new claim
		if h.kind == backend.LockRead && ev.Args[2] == backend.LockRead {
			h.more++
		}
		h.kind = ev.Args[2]
		return
	}
	if l.poison.Kind != 0 {
		c.fail("PO3", inOrder(l.poison, *ev), "%s acquires lock %d, which is poisoned", c.label(t), l.id)
	}
	h := &hold{lock: l, task: t, kind: ev.Args[2], acq: *ev, first: m.s.first(l.list)}
	l.holds = append(l.holds, h)
	l.past[t] = true
	m.held[t]++
	if ev.Args[3] == inOnePoll {
		m.short[t]++
	}
	m.fresh[ev.Lane] = h
}

// lower notes that a holder goes on with less. That ends its region as leave does.
func (m *locks) lower(ev *backend.Event) {
	l := m.lock(ev.Args[0])
	h := l.of(ev.Args[1])
	if h == nil {
		m.c.fail("MU1", inOrder(l.rel, *ev), "%s goes on with lock %d, which it does not hold", m.c.label(ev.Args[1]), l.id)
		return
	}
	if h.kind = ev.Args[2]; h.enter.Kind != 0 {
		h.leave, h.enter = *ev, backend.Event{}
	}
	m.rw.lowered(l, ev.Args[1])
}

// settle looks at the event after an acq on the same lane. If it fires a node of the new owner, the lock was handed over;
// otherwise the owner took it by itself, which it may only do while nobody waits (MU4).
func (m *locks) settle(ev *backend.Event) {
	if len(m.cond.notices) > 0 {
		m.cond.settle(ev)
	}
	if len(m.fresh) == 0 {
		return
	}
	h := m.fresh[ev.Lane]
	if h == nil {
		return
	}
	delete(m.fresh, ev.Lane)
	if ev.Kind == backend.EvFire {
		if n := m.s.nodes[ev.Args[0]]; n != nil && n.task == h.task {
			h.handed, h.polls = true, m.c.task(h.task).pollBegins
			if h.lock.list == nil {
				h.lock.list = n.list
			}
			if n.ahead != nil {
				m.overtaken(h, n.ahead, *ev)
			}
			return
		}
	}
	if h.first != nil && h.first.task != h.task {
		m.overtaken(h, h.first, backend.Event{})
	}
}

func (m *locks) overtaken(h *hold, by *node, at backend.Event) {
	m.c.fail("MU4", inOrder(by.link, h.acq, at), "%s acquires lock %d past %s, which has waited for it before",
		m.c.label(h.task), h.lock.id, m.c.label(by.task))
}

func (m *locks) release(ev *backend.Event) {
	c, t := m.c, ev.Args[1]
	l := m.lock(ev.Args[0])
	h := l.of(t)
	if h == nil {
		c.fail("MU1", inOrder(l.rel, *ev), "%s gives up lock %d, which it does not hold", c.label(t), l.id)
		return
	}
	if h.enter.Kind != 0 && !h.poisoned && c.seen[backend.EvPanic]+c.seen[backend.EvFatal] == 0 {
		c.fail("PO5", inOrder(h.enter, *ev), "%s gives up lock %d inside a cancel-unsafe region and does not poison it",
			c.label(t), l.id)
	}
	if h.poisoned {
		m.woken(l, *ev)
	}
	if h.more > 0 {
		h.more--
		return
	}
	m.rw.lowered(l, t)
	l.holds = slices.DeleteFunc(l.holds, func(x *hold) bool { return x == h })
	if m.held[t]--; m.held[t] == 0 {
		delete(m.held, t)
	}
	if h.acq.Args[3] == inOnePoll {
		m.done(t)
	}
	ts := c.task(t)
	l.rel, l.relEnded = *ev, h.handed && ts.pollBegins == h.polls && (ts.dropping || ts.cancelled)
}

// done ends one section that had to be short.
func (m *locks) done(t int64) {
	if m.short[t]--; m.short[t] <= 0 {
		delete(m.short, t)
	}
}

func (m *locks) region(ev *backend.Event) {
	c, t := m.c, ev.Args[1]
	l := m.lock(ev.Args[0])
	h := l.of(t)
	switch {
	case h == nil && ev.Kind == backend.EvEnter:
		c.fail("MU1", inOrder(l.rel, *ev), "%s works on the data of lock %d, which it does not hold", c.label(t), l.id)
	case h == nil:
	case ev.Kind == backend.EvEnter:
		if l.poison.Kind != 0 {
			c.fail("PO3", inOrder(l.poison, *ev), "%s enters lock %d, which is poisoned", c.label(t), l.id)
		}
		h.enter = *ev
		if ev.Args[2] == inOnePoll {
			m.short[t]++
		}
	default:
		if h.poisoned {
			c.fail("PO5", inOrder(h.enter, l.poison, *ev), "%s leaves its region in order, and lock %d was poisoned all the same",
				c.label(t), l.id)
		}
		if h.enter.Args[2] == inOnePoll {
			m.done(t)
		}
		h.enter, h.leave = backend.Event{}, *ev
	}
}

func (m *locks) poison(ev *backend.Event) {
	c, t := m.c, ev.Args[1]
	l := m.lock(ev.Args[0])
	h, ts := l.of(t), c.task(t)
	switch {
	case h == nil && l.past[t]:
		c.fail("PO2", inOrder(l.rel, *ev), "%s poisons lock %d, which it has given up", c.label(t), l.id)
	case h == nil:
		c.fail("PO5", inOrder(*ev), "%s poisons lock %d and never held it", c.label(t), l.id)
	case h.kind != backend.LockExclusive:
		c.fail("PO2", inOrder(h.acq, *ev), "%s poisons lock %d with a read guard", c.label(t), l.id)
	case h.enter.Kind != 0:
		if !ts.polling && !ts.dropping {
			c.fail("PO5", inOrder(h.enter, *ev), "lock %d is poisoned for %s, which neither ends nor lets go", l.id, c.label(t))
		}
		h.poisoned = true
	case h.leave.Kind != 0:
		c.fail("PO2", inOrder(h.leave, *ev), "%s poisons lock %d after it left its cancel-unsafe region", c.label(t), l.id)
	default:
		c.fail("PO1", inOrder(h.acq, *ev), "%s poisons lock %d, which it never entered", c.label(t), l.id)
	}
	l.poison, l.waited = *ev, l.waited[:0]
	for _, list := range append(l.conds, l.list) {
		for n := list.first(); n != nil; n = n.next {
			l.waited = append(l.waited, n)
		}
	}
}

func (l *list) first() *node {
	if l == nil {
		return nil
	}
	return l.head
}

// woken judges PO4: nobody who waited when the lock was poisoned may still wait.
func (m *locks) woken(l *lock, at backend.Event) {
	for _, n := range l.waited {
		if n.state == nodeLinked && m.s.entitled(n) {
			m.c.fail("PO4", inOrder(n.link, l.poison, at), "lock %d is poisoned and %s still waits for it or for a condition of it", l.id,
				m.c.label(n.task))
			break
		}
	}
	l.waited = l.waited[:0]
}

func (m *locks) unpoison(ev *backend.Event) {
	l := m.lock(ev.Args[0])
	m.woken(l, *ev)
	l.poison = backend.Event{}
}

// pollEnd judges MU7.
func (m *locks) pollEnd(ev *backend.Event) {
	t := ev.Args[0]
	if m.short[t] == 0 {
		return
	}
	for _, id := range sortedKeys(m.locks) {
		if h := m.locks[id].of(t); h != nil && (h.acq.Args[3] == inOnePoll || h.enter.Args[2] == inOnePoll) {
			m.c.fail("MU7", inOrder(h.acq, h.enter, *ev), "the poll of %s ends inside a section of lock %d that must not wait",
				m.c.label(t), id)
			break
		}
	}
	delete(m.short, t)
}

// dropEnd judges MU3 for a lock that died with its holder.
func (m *locks) dropEnd(ev *backend.Event) {
	t := ev.Args[0]
	if m.held[t] == 0 {
		return
	}
	for _, id := range sortedKeys(m.locks) {
		if h := m.locks[id].of(t); h != nil {
			m.c.fail("MU3", inOrder(h.acq, *ev), "%s has ended and still holds lock %d", m.c.label(t), id)
			return
		}
	}
}

// rest judges MU2 and MU3: no lock is free while somebody waits for it; and PO4.
func (m *locks) rest(ev *backend.Event) {
	at := *ev
	for _, id := range sortedKeys(m.locks) {
		l := m.locks[id]
		m.woken(l, at)
		n := m.s.first(l.list)
		if len(l.holds) > 0 || n == nil || l.poison.Kind != 0 {
			continue
		}
		rule := "MU2"
		if l.relEnded {
			rule = "MU3"
		}
		m.c.fail(rule, inOrder(n.link, l.rel, at), "%s waits for lock %d, which nobody holds", m.c.label(n.task), id)
	}
}
