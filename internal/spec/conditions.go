package spec

import (
	"slices"

	"github.com/tripoint-go/tripoint/backend"
)

// conditions judges AV1, AV2 and CH5. The event cond says which list is that of a condition, and to which lock it belongs.
type conditions struct {
	m       *locks
	conds   map[int64]*condition // by list
	leaving map[int64]*node      // by task: registered, and holds the lock still
	notices map[uint8]*notice    // lane: the last notify, until what it brings about is over
	chosen  map[int64]*choice    // by task: what it was told alone
}

type condition struct {
	id     int64
	lock   *lock
	list   *list
	closed backend.Event
}

// notice is one notify, with the nodes that were linked when it came.
type notice struct {
	cond  *condition
	ev    backend.Event
	nodes []*node
	fired []*node
}

// choice is a waiter that was woken by a notification for one. If it ends before it runs, those linked before the
// notification are next.
type choice struct {
	cond   *condition
	node   *node
	notify backend.Event // the first one, if it was passed on
	polls  int64
	due    bool // it has ended, and there is somebody to pass to
}

func conditionRules() []Rule {
	return []Rule{
		{"AV1", "conditions", "Who waits for a condition registers while it holds the lock, and gives the lock up before its poll ends.",
			kinds(backend.EvCond)},
		{"AV2", "conditions", "A notification of all, and the close, wake everybody who is registered.", kinds(backend.EvNotify)},
		{"CH5", "conditions", "A notification of one wakes the oldest of those registered when it came, and is never stored.",
			kinds(backend.EvNotify)},
	}
}

func (m *conditions) install(l *locks) {
	m.m = l
	c := l.c
	c.when(m.create, backend.EvCond)
	c.when(m.link, backend.EvLink)
	c.when(m.release, backend.EvRelease)
	c.when(m.stepEnd, backend.EvPollEnd, backend.EvDropEnd)
	c.when(m.notify, backend.EvNotify)
	c.when(m.fire, backend.EvFire)
	c.when(m.dropBegin, backend.EvDropBegin)
	c.when(m.dropEnd, backend.EvDropEnd)
}

func (m *conditions) emptied() conditions {
	return conditions{
		m: m.m, conds: emptied(m.conds), leaving: emptied(m.leaving), notices: emptied(m.notices), chosen: emptied(m.chosen),
	}
}

func (m *conditions) create(ev *backend.Event) {
	l := m.m.lock(ev.Args[1])
	c := &condition{id: ev.Args[0], lock: l, list: m.m.s.list(ev.Args[0])}
	m.conds[c.id] = c
	l.conds = append(l.conds, c.list)
}

// link judges AV1 at the registration.
func (m *conditions) link(ev *backend.Event) {
	cond, t := m.conds[ev.Args[1]], ev.Args[2]
	if cond == nil {
		return
	}
	c := m.m.c
	delete(m.chosen, t) // a new wait
	h := cond.lock.of(t)
	switch {
	case h == nil || h.kind != backend.LockExclusive:
		c.fail("AV1", inOrder(cond.lock.rel, *ev), "%s registers for condition %d and does not hold lock %d any more", c.label(t),
			cond.id, cond.lock.id)
		return
	case cond.closed.Kind != 0:
		c.fail("AV2", inOrder(cond.closed, *ev), "%s waits for condition %d, which is closed", c.label(t), cond.id)
	}
	m.leaving[t] = m.m.s.nodes[ev.Args[0]]
}

func (m *conditions) release(ev *backend.Event) {
	if n := m.leaving[ev.Args[1]]; n != nil && m.conds[n.list.id].lock.id == ev.Args[0] {
		delete(m.leaving, ev.Args[1])
	}
}

// stepEnd judges AV1 where the step that began the wait is over.
func (m *conditions) stepEnd(ev *backend.Event) {
	t := ev.Args[0]
	if n := m.leaving[t]; n != nil {
		m.m.c.fail("AV1", inOrder(n.link, *ev), "%s waits for condition %d and keeps the lock", m.m.c.label(t), n.list.id)
		delete(m.leaving, t)
	}
}

func (m *conditions) notify(ev *backend.Event) {
	cond := m.conds[ev.Args[0]]
	if cond == nil { // created before the trace began
		return
	}
	if ev.Args[1] == backend.NotifyClose {
		cond.closed = *ev
	}
	nt := &notice{cond: cond, ev: *ev}
	for n := cond.list.head; n != nil; n = n.next {
		nt.nodes = append(nt.nodes, n)
	}
	m.notices[ev.Lane] = nt
}

// fire takes note of who is woken. Without a notification, only poison wakes.
func (m *conditions) fire(ev *backend.Event) {
	n := m.m.s.nodes[ev.Args[0]]
	if n == nil {
		return
	}
	cond := m.conds[n.list.id]
	if cond == nil {
		return
	}
	c := m.m.c
	nt := m.notices[ev.Lane]
	if nt == nil || nt.cond != cond {
		if cond.lock.poison.Kind == 0 {
			c.fail("CH5", inOrder(n.link, *ev), "%s is woken from condition %d, which was not notified", c.label(n.task), cond.id)
		}
		return
	}
	nt.fired = append(nt.fired, n)
	switch nt.ev.Args[1] {
	case backend.NotifyOne:
		m.chosen[n.task] = &choice{cond: cond, node: n, notify: nt.ev, polls: c.task(n.task).pollBegins}
	case backend.NotifyPassed:
		m.passed(nt, n, ev)
	}
}

// passed judges a notification that a chosen waiter has left: it is for those registered when it came first.
func (m *conditions) passed(nt *notice, n *node, ev *backend.Event) {
	c := m.m.c
	lane := &c.world.lanes[ev.Lane]
	for _, t := range append([]int64{lane.drop, lane.poll}, sortedKeys(m.chosen)...) { // who ends, who gives up, or who did so just before
		if ch := m.chosen[t]; ch != nil && ch.cond == nt.cond && n.link.Seq < ch.notify.Seq {
			delete(m.chosen, t)
			m.chosen[n.task] = &choice{cond: nt.cond, node: n, notify: ch.notify, polls: c.task(n.task).pollBegins}
			return
		}
	}
	c.fail("CH5", inOrder(n.link, nt.ev, *ev), "%s is told of a notification of condition %d that came before it registered",
		c.label(n.task), nt.cond.id)
}

// settle judges a notification when its lane goes on with something else.
func (m *conditions) settle(ev *backend.Event) {
	nt := m.notices[ev.Lane]
	if nt == nil {
		return
	}
	switch ev.Kind {
	case backend.EvFire, backend.EvUnlink, backend.EvWake, backend.EvPassBegin, backend.EvPassEnd:
		return
	}
	delete(m.notices, ev.Lane)
	switch nt.ev.Args[1] {
	case backend.NotifyAll, backend.NotifyClose:
		m.judgeAll(nt, ev)
	default:
		m.judgeOne(nt, ev)
	}
}

func (m *conditions) judgeAll(nt *notice, ev *backend.Event) {
	for _, n := range nt.nodes {
		if n.state == nodeLinked && m.m.s.entitled(n) {
			m.m.c.fail("AV2", inOrder(n.link, nt.ev, *ev), "condition %d notifies all, and %s, which is registered, is not woken",
				nt.cond.id, m.m.c.label(n.task))
			return
		}
	}
}

// judgeOne lets a waiter whose task was asked to end be passed over, or chosen.
func (m *conditions) judgeOne(nt *notice, ev *backend.Event) {
	c := m.m.c
	oldest := slices.IndexFunc(nt.nodes, m.m.s.entitled)
	switch {
	case len(nt.fired) > 1:
		c.fail("CH5", inOrder(nt.ev, nt.fired[0].last, nt.fired[1].last), "one notification of condition %d wakes %s and %s",
			nt.cond.id, c.label(nt.fired[0].task), c.label(nt.fired[1].task))
	case len(nt.fired) == 0 && oldest >= 0:
		n := nt.nodes[oldest]
		c.fail("CH5", inOrder(n.link, nt.ev, *ev), "condition %d is notified, and %s, which is registered, is not woken", nt.cond.id,
			c.label(n.task))
	case len(nt.fired) == 1 && oldest >= 0 && nt.fired[0].link.Seq > nt.nodes[oldest].link.Seq:
		n := nt.nodes[oldest]
		c.fail("CH5", inOrder(n.link, nt.fired[0].link, nt.ev, *ev), "a notification of condition %d wakes %s before %s, which registered before",
			nt.cond.id, c.label(nt.fired[0].task), c.label(n.task))
	}
}

// next returns the oldest registered waiter that a choice can be passed to, or nil.
func (m *conditions) next(ch *choice) *node {
	if n := m.m.s.first(ch.cond.list); n != nil && n.link.Seq < ch.notify.Seq {
		return n
	}
	return nil
}

// dropBegin looks for a chosen waiter that ends before it has run.
func (m *conditions) dropBegin(ev *backend.Event) {
	t := ev.Args[0]
	if ch := m.chosen[t]; ch != nil {
		ch.due = m.m.c.task(t).pollBegins == ch.polls && m.next(ch) != nil
	}
}

func (m *conditions) dropEnd(ev *backend.Event) {
	t := ev.Args[0]
	ch := m.chosen[t]
	if ch == nil {
		return
	}
	delete(m.chosen, t)
	if n := m.next(ch); ch.due && n != nil {
		m.m.c.fail("CH5", inOrder(n.link, ch.notify, *ev), "%s ended before it ran, and its notification of condition %d does not go on to %s",
			m.m.c.label(t), ch.cond.id, m.m.c.label(n.task))
	}
}
