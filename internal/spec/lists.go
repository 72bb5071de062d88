package spec

import (
	"slices"

	"github.com/tripoint-go/tripoint/backend"
)

// lists is the model of all waiter lists that the groups CM, MU and CH share: which node is on which list, in what order,
// and which passes are running. It reports what no list may do (CM1 to CM5, CM11); who waits for what is left to the others.
type lists struct {
	c     *Checker
	nodes map[int64]*node
	lists map[int64]*list
	waits map[int64]int     // linked nodes a task
	prev  []backend.Event   // the last event of each lane
	open  map[uint8][]*pass // running passes a lane, innermost last
}

type nodeState uint8

const (
	nodeLinked nodeState = iota + 1
	nodeFired            // fire was seen, its unlink is due
	nodeGone             // unlinked by firing
	nodeDropped
)

// node is one wait: one life of a node id.
type node struct {
	id, task   int64
	state      nodeState
	list       *list
	prev, next *node
	pass       *pass // that owes it a firing
	ahead      *node // at its firing outside of a pass: the waiter that was entitled before it, if any
	want       int64 // how it wants a lock; 0: exclusively
	link       backend.Event
	last       backend.Event // fire or unlink
}

// list is a waiter list and what is known of its use.
type list struct {
	id         int64
	head, tail *node
	passes     []*pass // running, innermost last
	line       *line
	senders    *channel // the list holds this channel's blocked senders
	receivers  *channel
}

type pass struct {
	list   *list
	begin  backend.Event
	own    []*node // linked when it began, without those of the passes around it
	next   int     // own[:next] have left the list
	nested bool    // began inside another pass on the same list, or one began inside it
	woken  []int64 // tasks
}

func newLists(c *Checker) *lists {
	s := &lists{c: c}
	c.atReset(s.reset)
	c.when(s.link, backend.EvLink)
	c.when(s.fire, backend.EvFire)
	c.when(s.unlink, backend.EvUnlink)
	c.when(s.passBegin, backend.EvPassBegin)
	c.when(s.passEnd, backend.EvPassEnd)
	return s
}

func (s *lists) reset() {
	*s = lists{
		c: s.c, nodes: emptied(s.nodes), lists: emptied(s.lists), waits: emptied(s.waits), prev: s.prev[:0],
		open: emptied(s.open),
	}
}

// everyEvent returns all kinds, for handlers that look at neighbouring events.
func everyEvent() []backend.EventKind {
	kinds := make([]backend.EventKind, 0, backend.EvKinds)
	for k := backend.EvInvalid + 1; k < backend.EvKinds; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

// remember keeps the last event of each lane. It must be the last handler of each event.
func (s *lists) remember(ev *backend.Event) {
	for len(s.prev) <= int(ev.Lane) {
		s.prev = append(s.prev, backend.Event{})
	}
	s.prev[ev.Lane] = *ev
}

// before returns the event before ev on its lane; its kind is 0 if there is none.
func (s *lists) before(ev *backend.Event) backend.Event {
	if int(ev.Lane) < len(s.prev) {
		return s.prev[ev.Lane]
	}
	return backend.Event{}
}

func (s *lists) list(id int64) *list {
	l := s.lists[id]
	if l == nil {
		l = &list{id: id}
		s.lists[id] = l
	}
	return l
}

// entitled reports whether a linked node has a claim that others must respect. A waiter whose task was asked to end may be
// passed over or served; both are in order.
func (s *lists) entitled(n *node) bool {
	t := s.c.task(n.task)
	return !t.cancelled && !t.dropping
}

// first returns the first waiter of a list that has a claim, or nil. A nil list has none.
func (s *lists) first(l *list) *node {
	if l == nil {
		return nil
	}
	for n := l.head; n != nil; n = n.next {
		if s.entitled(n) {
			return n
		}
	}
	return nil
}

func (s *lists) link(ev *backend.Event) {
	id := ev.Args[0]
	if n := s.nodes[id]; n != nil && (n.state == nodeLinked || n.state == nodeFired) {
		s.c.fail("CM4", inOrder(n.link, *ev), "node %d is linked again on list %d while it still is on list %d", id,
			ev.Args[1], n.list.id)
		s.leave(n)
	}
	l := s.list(ev.Args[1])
	n := &node{id: id, task: ev.Args[2], state: nodeLinked, list: l, link: *ev, prev: l.tail}
	if prev := s.before(ev); prev.Kind == backend.EvWant && prev.Args[1] == n.task {
		n.want = prev.Args[2]
	}
	if l.tail != nil {
		l.tail.next = n
	} else {
		l.head = n
	}
	l.tail = n
	s.nodes[id] = n
	s.waits[n.task]++
	l.changed()
}

// leave takes a node off its list.
func (s *lists) leave(n *node) {
	if n.state != nodeLinked {
		return
	}
	l := n.list
	if n.prev != nil {
		n.prev.next = n.next
	} else {
		l.head = n.next
	}
	if n.next != nil {
		n.next.prev = n.prev
	} else {
		l.tail = n.prev
	}
	n.prev, n.next = nil, nil
	if s.waits[n.task]--; s.waits[n.task] == 0 {
		delete(s.waits, n.task)
	}
	l.changed()
}

func (l *list) changed() {
	if l.line != nil {
		l.line.judge()
	}
}

func (s *lists) fire(ev *backend.Event) {
	n := s.nodes[ev.Args[0]]
	switch {
	case n == nil:
		s.c.fail("CM4", inOrder(*ev), "node %d is fired and was never linked", ev.Args[0])
		return
	case n.state == nodeDropped:
		s.c.fail("CM3", inOrder(n.link, n.last, *ev), "node %d of %s is fired after it left its list", n.id,
			s.c.label(n.task))
		return
	case n.state != nodeLinked:
		if p := n.list.inner(); p != nil {
			s.c.fail(p.id("CM1"), inOrder(p.begin, n.last, *ev), "node %d of %s is fired twice", n.id,
				s.c.label(n.task))
		} else {
			s.c.fail("CM4", inOrder(n.link, n.last, *ev), "node %d of %s is fired and is on no list", n.id,
				s.c.label(n.task))
		}
		return
	}
	if p := n.list.inner(); p != nil {
		s.fireInPass(p, n, ev)
	} else if f := s.first(n.list); f != nil && f != n && f.link.Seq < n.link.Seq {
		n.ahead = f
	}
	s.leave(n)
	n.state, n.last = nodeFired, *ev
}

// fireInPass judges one firing by the innermost pass p over n's list. An inner pass may fire nodes that an outer one owes.
func (s *lists) fireInPass(p *pass, n *node, ev *backend.Event) {
	if n.pass == nil {
		s.c.fail(p.id("CM2"), inOrder(p.begin, n.link, *ev),
			"node %d of %s joined list %d during the pass that fires it", n.id, s.c.label(n.task), n.list.id)
		return
	}
	if f := n.pass.first(); f != n {
		s.c.fail(p.id("CM11"), inOrder(f.link, n.link, p.begin, *ev),
			"node %d of %s is fired before node %d of %s, which was linked earlier", n.id, s.c.label(n.task), f.id,
			s.c.label(f.task))
	}
}

// first returns the first node that the pass still owes a firing, or nil.
func (p *pass) first() *node {
	for p.next < len(p.own) && p.own[p.next].state != nodeLinked {
		p.next++
	}
	if p.next == len(p.own) {
		return nil
	}
	return p.own[p.next]
}

// id is CM5 for what goes wrong while passes over one list are nested, and the given ID otherwise.
func (p *pass) id(id string) string {
	if p.nested {
		return "CM5"
	}
	return id
}

func (l *list) inner() *pass {
	if len(l.passes) == 0 {
		return nil
	}
	return l.passes[len(l.passes)-1]
}

func (s *lists) unlink(ev *backend.Event) {
	n := s.nodes[ev.Args[0]]
	fired := ev.Args[1] == backend.UnlinkFire
	switch {
	case n == nil:
		s.c.fail("CM4", inOrder(*ev), "node %d is unlinked and was never linked", ev.Args[0])
		return
	case n.state != nodeLinked && n.state != nodeFired:
		s.c.fail("CM4", inOrder(n.link, n.last, *ev), "node %d of %s is unlinked and is on no list", n.id,
			s.c.label(n.task))
		return
	case n.state == nodeLinked && fired:
		s.c.fail("CM4", inOrder(n.link, *ev), "node %d of %s leaves its list as fired and was not", n.id,
			s.c.label(n.task))
	case n.state == nodeFired && !fired:
		s.c.fail("CM4", inOrder(n.link, n.last, *ev), "node %d of %s is dropped after it was fired", n.id,
			s.c.label(n.task))
	}
	s.leave(n)
	n.state, n.last = nodeDropped, *ev
	if fired {
		n.state = nodeGone
	}
}

func (s *lists) passBegin(ev *backend.Event) {
	l := s.list(ev.Args[0])
	p := &pass{list: l, begin: *ev}
	if outer := l.inner(); outer != nil {
		outer.nested, p.nested = true, true
	}
	for n := l.head; n != nil; n = n.next {
		if n.pass == nil {
			n.pass = p
			p.own = append(p.own, n)
		}
	}
	l.passes = append(l.passes, p)
	s.open[ev.Lane] = append(s.open[ev.Lane], p)
}

func (s *lists) passEnd(ev *backend.Event) {
	l := s.list(ev.Args[0])
	p := l.inner()
	if p == nil {
		s.c.fail("CM1", inOrder(*ev), "a pass over list %d ends that never began", l.id)
		return
	}
	l.passes = l.passes[:len(l.passes)-1]
	open := s.open[p.begin.Lane]
	for i := len(open) - 1; i >= 0; i-- {
		if open[i] == p {
			s.open[p.begin.Lane] = append(open[:i], open[i+1:]...)
			break
		}
	}
	if n := p.first(); n != nil {
		s.c.fail(p.id("CM1"), inOrder(n.link, p.begin, *ev), "the pass over list %d left out node %d of %s", l.id,
			n.id, s.c.label(n.task))
	}
	for _, n := range p.own {
		n.pass = nil
	}
}

// running reports whether any pass is under way.
func (s *lists) running() bool {
	for _, open := range s.open {
		if len(open) > 0 {
			return true
		}
	}
	return false
}

// innermost returns the pass that the lane is in, or nil.
func (s *lists) innermost(lane uint8) *pass {
	if open := s.open[lane]; len(open) > 0 {
		return open[len(open)-1]
	}
	return nil
}

// inOrder is evidence: the events that were really seen, in trace order.
func inOrder(evs ...backend.Event) []backend.Event {
	out := events(evs...)
	slices.SortFunc(out, func(a, b backend.Event) int { return int(a.Seq) - int(b.Seq) })
	return slices.Compact(out)
}
