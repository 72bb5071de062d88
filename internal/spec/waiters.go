package spec

import (
	"slices"

	"github.com/tripoint-go/tripoint/backend"
)

func waiterRules() []Rule {
	pass, fire := kinds(backend.EvPassBegin), kinds(backend.EvFire)
	return []Rule{
		{"CM1", "waiters", "A pass fires every node that was linked when it began and not dropped before its turn, once.", pass},
		{"CM2", "waiters", "A pass does not fire nodes that were linked after it began.", pass},
		{"CM3", "waiters", "A node that was dropped is not fired any more.", kinds(backend.EvUnlink)},
		{"CM4", "waiters", "A node is on at most one list, and only what is on a list is fired or unlinked.",
			kinds(backend.EvLink)},
		{"CM5", "waiters", "Passes over one list may be nested.", pass},
		{"CM6", "waiters", "A wait is over exactly when its node was linked and is no longer, and its task learns of it.", fire},
		{"CM7", "waiters", "Outside of polls, passes and teardown steps a line is enabled exactly if somebody waits for it.",
			kinds(backend.EvLineOn)},
		{"CM8", "waiters", "On a lane polls never nest, and with one lane they are never interrupted.", kinds(backend.EvPollBegin)},
		{"CM10", "waiters", "A software pend of a line fires everybody who waits for it.", kinds(backend.EvSwPend)},
		{"CM11", "waiters", "A pass fires nodes in the order in which they were linked.", pass},
		{"CM12", "waiters", "A pass wakes each task at most once.", pass},
		{"CM13", "waiters", "An enabled line that is pending when a poll ends is served before tasks queued later are polled.",
			kinds(backend.EvIRQ, backend.EvSwPend)},
	}
}

// installWaiting installs the groups that share the model of the waiter lists: CM, MU with PO, and CH.
func installWaiting(c *Checker) {
	s := newLists(c)
	installWaiters(c, s)
	installLocks(c, s)
	installChannels(c, s)
	installValues(c, s)
	c.when(s.remember, everyEvent()...)
}

// waiters judges CM6 to CM8, CM10, CM12 and CM13; what concerns one list alone is judged by lists.
type waiters struct {
	c        *Checker
	s        *lists
	running  map[int64]backend.Event // poll+ of the polls under way
	lines    map[int64]*line
	order    []*line // by number
	wrong    int     // lines whose enabling does not agree with their list
	unwoken  map[int64]*node
	justLeft map[uint8]*node // lane: the node that was fired last, until the wake that follows
	queued   map[int64]uint64
	noted    map[int64]bool
}

// line is one interrupt line.
type line struct {
	w        *waiters
	n        int64
	list     *list // nil until it is known
	enabled  bool
	switched bool // line+ or line- was seen: lines that are never switched (PendSV) have no CM7
	wrong    bool
	last     backend.Event // line+ or line-
	pending  backend.Event // the request that is pending; Kind 0: none
	due      backend.Event // poll- after which it must be served; Kind 0: none
	soft     []*node       // linked at a swpend
	softAt   backend.Event
}

func installWaiters(c *Checker, s *lists) {
	w := &waiters{c: c, s: s}
	c.atReset(w.reset)
	c.when(w.lineSwitch, backend.EvLineOn, backend.EvLineOff)
	c.when(w.lineList, backend.EvPassBegin)
	c.when(w.request, backend.EvSwPend, backend.EvChoice)
	c.when(w.irq, backend.EvIRQ)
	c.when(w.quiet, backend.EvPollBegin, backend.EvDropBegin, backend.EvIdle)
	c.when(w.pollBegin, backend.EvPollBegin)
	c.when(w.pollEnd, backend.EvPollEnd, backend.EvPanic)
	c.when(w.wake, backend.EvWake)
	c.when(w.start, backend.EvSpawn)
	c.when(w.fired, backend.EvUnlink)
	c.when(w.dropBegin, backend.EvDropBegin)
	c.when(w.dropEnd, backend.EvDropEnd)
	c.atQuiet(w.rest)
}

func (w *waiters) reset() {
	*w = waiters{
		c: w.c, s: w.s, running: emptied(w.running), lines: emptied(w.lines), order: w.order[:0],
		unwoken: emptied(w.unwoken), justLeft: emptied(w.justLeft), queued: emptied(w.queued),
		noted: emptied(w.noted),
	}
}

func (w *waiters) line(n int64) *line {
	l := w.lines[n]
	if l == nil {
		l = &line{w: w, n: n}
		w.lines[n] = l
		w.order = append(w.order, l)
		slices.SortFunc(w.order, func(a, b *line) int { return int(a.n - b.n) })
	}
	return l
}

// judge compares the line with its list.
func (l *line) judge() {
	wrong := l.switched && l.enabled != (l.list != nil && l.list.head != nil)
	if wrong != l.wrong {
		l.wrong = wrong
		if wrong {
			l.w.wrong++
		} else {
			l.w.wrong--
		}
	}
}

func (l *line) learn(of *list) {
	if l.list != of {
		if l.list != nil {
			l.list.line = nil
		}
		l.list, of.line = of, l
	}
	l.judge()
}

// lineSwitch also learns the list of a line: the wait that enables it has just linked its node.
func (w *waiters) lineSwitch(ev *backend.Event) {
	l := w.line(ev.Args[0])
	l.enabled, l.switched, l.last = ev.Kind == backend.EvLineOn, true, *ev
	if prev := w.s.before(ev); l.enabled && prev.Kind == backend.EvLink {
		l.learn(w.s.list(prev.Args[1]))
	}
	if !l.enabled {
		l.due = backend.Event{}
	}
	l.judge()
}

func (w *waiters) lineList(ev *backend.Event) {
	if n := ev.Args[1]; n > 0 {
		w.line(n - 1).learn(w.s.list(ev.Args[0]))
	}
}

// request notes that a line is pending, and for a software pend who must be fired for it (CM10).
func (w *waiters) request(ev *backend.Event) {
	if ev.Kind == backend.EvChoice {
		if ev.Args[0] == int64(backend.ChoiceIRQ) && ev.Args[2] != 0 {
			if l := w.line(ev.Args[4]); l.pending.Kind == 0 {
				l.pending = *ev
			}
		}
		return
	}
	l := w.line(ev.Args[0])
	if l.pending.Kind == 0 {
		l.pending = *ev
	}
	if l.list == nil {
		return
	}
	l.soft, l.softAt = l.soft[:0], *ev
	for n := l.list.head; n != nil; n = n.next {
		l.soft = append(l.soft, n)
	}
}

func (w *waiters) irq(ev *backend.Event) {
	if w.c.lanes == 1 {
		for _, t := range sortedKeys(w.running) {
			w.c.fail("CM8", inOrder(w.running[t], *ev), "line %d interrupts the poll of %s", ev.Args[0], w.c.label(t))
			break
		}
	}
	l := w.line(ev.Args[0])
	l.pending, l.due = backend.Event{}, backend.Event{}
}

// quiet judges CM7 where no poll, pass or teardown step is running: before one begins, and before a wait. With several real
// lanes only a wait is such a place.
func (w *waiters) quiet(ev *backend.Event) {
	c := w.c
	if w.wrong == 0 || len(w.running) > 0 || w.s.running() || c.frozen || c.exited ||
		c.lanes > 1 && !c.opts.Simulated && ev.Kind != backend.EvIdle {
		return
	}
	for _, l := range w.order {
		switch {
		case !l.wrong:
		case l.enabled:
			c.fail("CM7", inOrder(l.last, *ev), "line %d is enabled and nobody waits for it", l.n)
			return
		default:
			c.fail("CM7", inOrder(l.last, l.list.head.link, *ev), "line %d is disabled while %s waits for it", l.n,
				c.label(l.list.head.task))
			return
		}
	}
}

func (w *waiters) pollBegin(ev *backend.Event) {
	c, t := w.c, ev.Args[0]
	for _, other := range sortedKeys(w.running) {
		if other != t && w.running[other].Lane == ev.Lane {
			c.fail("CM8", inOrder(w.running[other], *ev), "the poll of %s begins inside that of %s", c.label(t),
				c.label(other))
			break
		}
	}
	if p := w.s.innermost(ev.Lane); p != nil && c.lanes == 1 {
		c.fail("CM1", inOrder(p.begin, *ev), "%s is polled inside a pass over list %d", c.label(t), p.list.id)
	}
	if c.lanes == 1 && c.boot.Args[0] != 2 {
		w.served(ev)
	}
	w.running[t] = *ev
	delete(w.unwoken, t)
	delete(w.noted, t)
}

// served judges CM13 at a poll+: no line that was pending and enabled at a poll- may still wait for its handler when a task
// that was queued after that poll- is polled.
func (w *waiters) served(ev *backend.Event) {
	t := ev.Args[0]
	for _, l := range w.order {
		if l.due.Kind != 0 && w.queued[t] > l.due.Seq {
			w.c.fail("CM13", inOrder(l.pending, l.due, *ev),
				"line %d was pending when a poll ended, and %s, queued later, is polled before its handler ran", l.n,
				w.c.label(t))
			l.due = backend.Event{}
		}
	}
}

func (w *waiters) pollEnd(ev *backend.Event) {
	t := ev.Args[0]
	delete(w.running, t)
	if w.noted[t] {
		delete(w.noted, t)
		w.queued[t] = ev.Seq
	}
	for _, l := range w.order {
		if l.pending.Kind != 0 && l.enabled && l.due.Kind == 0 {
			l.due = *ev
		}
	}
}

func (w *waiters) start(ev *backend.Event) { w.queued[ev.Args[0]] = ev.Seq }

// wake judges CM12: one pass, one wake a task.
func (w *waiters) wake(ev *backend.Event) {
	t, src := ev.Args[0], ev.Args[1]
	switch ev.Args[2] {
	case backend.EffQueued:
		w.queued[t] = ev.Seq
	case backend.EffNoted:
		w.noted[t] = true
	}
	delete(w.unwoken, t)
	if n := w.justLeft[ev.Lane]; n != nil { // the wait may have moved to another task: then that one is woken
		delete(w.unwoken, n.task)
		delete(w.justLeft, ev.Lane)
	}
	p := w.s.innermost(ev.Lane)
	if p == nil || src == backend.WakeChaos || src == backend.WakeExt || src == backend.WakeSelf {
		return
	}
	if p.woke(t) {
		w.c.fail("CM12", inOrder(p.begin, *ev), "one pass over list %d wakes %s twice", p.list.id, w.c.label(t))
		return
	}
	p.woken = append(p.woken, t)
}

func (p *pass) woke(t int64) bool { return slices.Contains(p.woken, t) }

// fired notes a wait that is over, so that somebody must be told (CM6).
func (w *waiters) fired(ev *backend.Event) {
	n := w.s.nodes[ev.Args[0]]
	if n == nil || n.state != nodeGone {
		return
	}
	if p := w.s.innermost(ev.Lane); p != nil && p.woke(n.task) {
		return
	}
	w.unwoken[n.task], w.justLeft[ev.Lane] = n, n
}

func (w *waiters) dropBegin(ev *backend.Event) { delete(w.unwoken, ev.Args[0]) }

func (w *waiters) dropEnd(ev *backend.Event) {
	t := ev.Args[0]
	delete(w.unwoken, t)
	delete(w.queued, t)
	delete(w.noted, t)
	if w.s.waits[t] == 0 {
		return
	}
	for _, id := range sortedKeys(w.s.nodes) {
		if n := w.s.nodes[id]; n.task == t && n.state == nodeLinked {
			w.c.fail("CM6", inOrder(n.link, *ev), "%s has ended and its node %d is still on list %d", w.c.label(t), id,
				n.list.id)
			return
		}
	}
}

// rest judges what had to come by now: a poll after each firing (CM6), a pass after each software pend (CM10).
func (w *waiters) rest(ev *backend.Event) {
	at := *ev
	for _, t := range sortedKeys(w.unwoken) {
		n, task := w.unwoken[t], w.c.task(t)
		if task.live && !task.dropping && !task.cancelled {
			w.c.fail("CM6", inOrder(n.link, n.last, at), "the wait of %s on list %d is over and nobody told it",
				w.c.label(t), n.list.id)
		}
	}
	for _, l := range w.order {
		for _, n := range l.soft {
			if n.state == nodeLinked && w.s.entitled(n) {
				w.c.fail("CM10", inOrder(n.link, l.softAt, at),
					"line %d was pended by software while %s waited for it, and no pass fired its node", l.n, w.c.label(n.task))
				break
			}
		}
	}
}
