package spec

import (
	"slices"

	"github.com/tripoint-go/tripoint/backend"
)

// channels judges CH1 to CH4 and CH6 to CH8, for bounded and unbounded channels, those with one sender and receiver, and oneshots.
//
// Which waiter lists belong to a channel: those that chan names in its third and fourth field (senders, receivers), if it
// does; the list whose id is the channel's, as the receivers' one; otherwise they are learnt from the first firing that
// follows a put.
type channels struct {
	c     *Checker
	s     *lists
	chans map[int64]*channel
	due   map[int64][]*unsent  // by task: abandoned sends that owe a bounce
	firm  map[int64][]*channel // by task: where it has firm reservations
	fresh map[uint8]*putting   // lane: the last put, until its next event
}

type channel struct {
	id, cap   int64 // cap 0: oneshot; below 0: unbounded
	created   backend.Event
	content   []backend.Event // puts
	tx, rx    backend.Event   // chclose
	senders   *list
	receivers *list
	reserved  []reservation
	fullTake  backend.Event // the last take, if the channel was full before it
	put       backend.Event // the last one
	outcome   backend.Event // of a oneshot: take, bounce, or chclose(tx) without a value
	unsent    backend.Event // the last bounce before a put, until it is matched
	corking
}

// reservation is a receiver that was fired because a value is there for it.
type reservation struct {
	task   int64
	firm   bool // it was not polled since, so it cannot have given the value up
	around backend.Event
}

// putting is a put whose circumstances are not yet known.
type putting struct {
	ch   *channel
	ev   backend.Event
	over bool // it may fill the place that a take from the full channel has just made
	// absent: the sender is not in a poll, so its value was moved in for it. moved, told: its firing, any firing was seen.
	absent, moved, told bool
}

// unsent is a send that was abandoned while it was blocked.
type unsent struct {
	ch *channel
	n  *node
	ev backend.Event
}

func channelRules() []Rule {
	return []Rule{
		{"CH1", "channels", "Values leave a channel in the order of their puts, and no more are in it than it holds.",
			kinds(backend.EvPut, backend.EvTake)},
		{"CH2", "channels", "A closed side refuses and wakes: no put after either close, no take after the receivers' one.",
			kinds(backend.EvChClose)},
		{"CH3", "channels", "A take from a full channel lets the first blocked sender put.", kinds(backend.EvTake)},
		corkRule(),
		{"CH6", "channels", "A oneshot ends in exactly one way: its value is taken, or bounced, or its sender is gone.",
			kinds(backend.EvChan)},
		{"CH7", "channels", "Blocked senders, and blocked receivers, are served in the order in which they began to wait.",
			kinds(backend.EvPut, backend.EvTake)},
		{"CH8", "channels", "An abandoned send bounces its value and never puts it.", kinds(backend.EvPut, backend.EvBounce)},
	}
}

func installChannels(c *Checker, s *lists) {
	m := &channels{c: c, s: s}
	c.atReset(m.reset)
	c.when(m.settle, everyEvent()...)
	c.when(m.create, backend.EvChan)
	c.when(m.cork, backend.EvCork)
	c.when(m.put, backend.EvPut)
	c.when(m.take, backend.EvTake)
	c.when(m.bounce, backend.EvBounce)
	c.when(m.close, backend.EvChClose)
	c.when(m.link, backend.EvLink)
	c.when(m.unlink, backend.EvUnlink)
	c.when(m.fire, backend.EvFire)
	c.when(m.poll, backend.EvPollBegin, backend.EvCancelReq, backend.EvDropBegin)
	c.when(m.owed, backend.EvPollEnd, backend.EvDropEnd)
	c.atQuiet(m.rest)
}

func (m *channels) reset() {
	*m = channels{
		c: m.c, s: m.s, chans: emptied(m.chans), due: emptied(m.due), firm: emptied(m.firm), fresh: emptied(m.fresh),
	}
}

func (m *channels) create(ev *backend.Event) {
	ch := &channel{id: ev.Args[0], cap: ev.Args[1], created: *ev}
	m.chans[ch.id] = ch
	if ev.Args[2] != 0 {
		m.sending(ch, m.s.list(ev.Args[2]))
	}
	if ev.Args[3] != 0 {
		m.receiving(ch, m.s.list(ev.Args[3]))
	} else if l := m.s.lists[ch.id]; l != nil {
		m.receiving(ch, l)
	}
}

func (m *channels) channel(id int64) *channel {
	ch := m.chans[id]
	if ch == nil { // created before the trace began
		ch = &channel{id: id, cap: -1}
		m.chans[id] = ch
	}
	return ch
}

func (m *channels) sending(ch *channel, l *list) {
	if ch.senders == nil && l.receivers == nil && l.senders == nil {
		ch.senders, l.senders = l, ch
	}
}

func (m *channels) receiving(ch *channel, l *list) {
	if ch.receivers == nil && l.receivers == nil && l.senders == nil {
		ch.receivers, l.receivers = l, ch
	}
}

// rule is CH6 for a oneshot, whose every fault is a fault of its one outcome.
func (ch *channel) rule(id string) string {
	if ch.cap == 0 {
		return "CH6"
	}
	return id
}

// full reports whether no value fits.
func (ch *channel) full() bool { return ch.cap >= 0 && int64(len(ch.content)) >= max(ch.cap, 1) }

// conclude notes how a oneshot ended; a second ending is CH6.
func (m *channels) conclude(ch *channel, ev *backend.Event) bool {
	if ch.cap != 0 {
		return true
	}
	if ch.outcome.Kind != 0 {
		m.c.fail("CH6", inOrder(ch.outcome, *ev), "oneshot %d ends twice", ch.id)
		return false
	}
	ch.outcome = *ev
	return true
}

func (m *channels) put(ev *backend.Event) {
	c, t := m.c, ev.Args[2]
	ch := m.channel(ev.Args[0])
	prev := m.s.before(ev)
	over := prev.Kind == backend.EvTake && prev.Seq == ch.fullTake.Seq
	switch {
	case ch.cap == 0 && ch.put.Kind != 0:
		c.fail("CH6", inOrder(ch.put, *ev), "%s puts a second value into oneshot %d", c.label(t), ch.id)
	case ch.rx.Kind != 0:
		c.fail(ch.rule("CH2"), inOrder(ch.rx, *ev), "%s puts into channel %d, whose receivers are gone", c.label(t), ch.id)
	case ch.tx.Kind != 0:
		c.fail(ch.rule("CH2"), inOrder(ch.tx, *ev), "%s puts into channel %d, whose senders are gone", c.label(t), ch.id)
	case ch.full():
		c.fail("CH1", inOrder(ch.created, *ev), "%s puts into channel %d, which is full", c.label(t), ch.id)
	}
	if n := m.s.first(ch.senders); n != nil && n.task != t && !over && c.task(t).polling {
		c.fail("CH7", inOrder(n.link, *ev), "%s puts into channel %d past %s, which was blocked before", c.label(t), ch.id,
			c.label(n.task))
	}
	ch.put = *ev
	ch.content = append(ch.content, *ev)
	ch.hide()
	m.fresh[ev.Lane] = &putting{ch: ch, ev: *ev, over: over, absent: !c.task(t).polling}
}

// settle looks at the firings that follow a put on the same lane. They tell which waiters the put was about: the receiver the
// value is for, and the blocked sender whose value moved in. A value that moves in for nobody who waits is CH8.
func (m *channels) settle(ev *backend.Event) {
	if len(m.fresh) == 0 {
		return
	}
	p := m.fresh[ev.Lane]
	if p == nil {
		return
	}
	switch ev.Kind {
	case backend.EvFire:
		if n := m.s.nodes[ev.Args[0]]; n != nil {
			m.served(p, n, ev)
			p.told = true
		}
	case backend.EvUnlink, backend.EvWake:
	default:
		delete(m.fresh, ev.Lane)
		if sender := p.ev.Args[2]; sender != 0 && p.absent && !p.moved {
			m.c.fail("CH8", inOrder(p.ev, *ev), "a value of %s enters channel %d, and %s is not sending", m.c.label(sender),
				p.ch.id, m.c.label(sender))
		}
	}
}

// served is one firing after the put p: of its sender, or of a receiver.
func (m *channels) served(p *putting, n *node, ev *backend.Event) {
	c := m.c
	moved := !p.moved && n.task == p.ev.Args[2] && (p.over || p.absent) && n.list.receivers != p.ch
	switch {
	case moved:
		p.moved = true
		m.sending(p.ch, n.list)
	case p.told && n.list.receivers != p.ch: // of something else
		return
	default:
		m.receiving(p.ch, n.list)
	}
	if n.ahead != nil {
		c.fail("CH7", inOrder(n.ahead.link, n.link, p.ev, *ev), "%s is served on channel %d before %s, which waited before",
			c.label(n.task), p.ch.id, c.label(n.ahead.task))
	}
	if moved {
		return
	}
	firm := !c.task(n.task).polling && m.s.entitled(n)
	p.ch.reserved = append(p.ch.reserved, reservation{task: n.task, firm: firm, around: *ev})
	if firm {
		m.firm[n.task] = append(m.firm[n.task], p.ch)
	}
}

// fire notes receivers that are fired for other reasons than a put: a close, or a reservation that passes on.
func (m *channels) fire(ev *backend.Event) {
	n := m.s.nodes[ev.Args[0]]
	if n == nil || n.list.receivers == nil || m.fresh[ev.Lane] != nil && m.fresh[ev.Lane].ch == n.list.receivers {
		return
	}
	ch := n.list.receivers
	ch.reserved = append(ch.reserved, reservation{task: n.task, around: *ev})
}

// poll makes reservations of a task loose: from here on it may have given the value up.
func (m *channels) poll(ev *backend.Event) {
	t := ev.Args[0]
	for _, ch := range m.firm[t] {
		for i := range ch.reserved {
			if ch.reserved[i].task == t {
				ch.reserved[i].firm = false
			}
		}
	}
	delete(m.firm, t)
}

func (m *channels) take(ev *backend.Event) {
	c, v, t := m.c, ev.Args[1], ev.Args[2]
	ch := m.channel(ev.Args[0])
	if !m.conclude(ch, ev) {
		return
	}
	switch {
	case ch.rx.Kind != 0:
		c.fail(ch.rule("CH2"), inOrder(ch.rx, *ev), "%s takes from channel %d, whose receivers are gone", c.label(t), ch.id)
		return
	case len(ch.content) == 0:
		c.fail(ch.rule("CH1"), inOrder(ch.put, *ev), "%s takes from channel %d, which is empty", c.label(t), ch.id)
		return
	case ch.content[0].Args[1] != v:
		c.fail(ch.rule("CH1"), inOrder(ch.content[0], *ev), "%s takes a value from channel %d that is not the oldest",
			c.label(t), ch.id)
	}
	m.uncorked(ch, ev)
	m.claim(ch, ev)
	ch.fullTake = backend.Event{}
	if ch.full() {
		ch.fullTake = *ev
	}
	ch.content = slices.Delete(ch.content, 0, 1)
}

// claim judges CH7 for a take: by a receiver the value is reserved for, or by anybody else while there is more than is
// reserved and nobody waits.
func (m *channels) claim(ch *channel, ev *backend.Event) {
	c, t := m.c, ev.Args[2]
	firm := 0
	var last backend.Event
	for i, r := range ch.reserved {
		if r.task == t {
			ch.reserved = slices.Delete(ch.reserved, i, i+1)
			return
		}
		if r.firm {
			firm, last = firm+1, r.around
		}
	}
	if firm >= len(ch.content) {
		c.fail("CH7", inOrder(last, *ev), "%s takes from channel %d a value that is there for a receiver that waited", c.label(t),
			ch.id)
		return
	}
	if n := m.s.first(ch.receivers); n != nil && n.task != t {
		c.fail("CH7", inOrder(n.link, *ev), "%s takes from channel %d past %s, which has waited before", c.label(t), ch.id,
			c.label(n.task))
	}
}

func (m *channels) bounce(ev *backend.Event) {
	ch := m.channel(ev.Args[0])
	if !m.conclude(ch, ev) {
		return
	}
	if ev.Args[2] == backend.BounceClosed {
		i := slices.IndexFunc(ch.content, func(p backend.Event) bool { return p.Args[1] == ev.Args[1] })
		if i < 0 {
			m.c.fail(ch.rule("CH1"), inOrder(ch.put, *ev), "channel %d bounces a value that is not in it", ch.id)
			return
		}
		ch.content = slices.Delete(ch.content, i, i+1)
		return
	}
	for _, t := range sortedKeys(m.due) {
		for i, u := range m.due[t] {
			if u.ch == ch {
				m.settleUnsent(t, i)
				return
			}
		}
	}
	ch.unsent = *ev
}

func (m *channels) settleUnsent(t int64, i int) {
	if m.due[t] = slices.Delete(m.due[t], i, i+1); len(m.due[t]) == 0 {
		delete(m.due, t)
	}
}

func (m *channels) close(ev *backend.Event) {
	ch := m.channel(ev.Args[0])
	side, name := &ch.tx, "senders"
	if ev.Args[1] == backend.SideRx {
		side, name = &ch.rx, "receivers"
	}
	if side.Kind != 0 {
		m.c.fail(ch.rule("CH2"), inOrder(*side, *ev), "the %s of channel %d go away twice", name, ch.id)
		return
	}
	*side = *ev
	ch.on, ch.hidden = false, 0
	if side == &ch.tx && ch.cap == 0 && ch.put.Kind == 0 && ch.outcome.Kind == 0 {
		ch.outcome = *ev
	}
}

// link learns the receivers' list of a channel whose list carries its id, and takes a send that is linked anew at once for
// one that moved to another task.
func (m *channels) link(ev *backend.Event) {
	l := m.s.list(ev.Args[1])
	if ch := m.chans[l.id]; ch != nil {
		m.receiving(ch, l)
	}
	prev := m.s.before(ev)
	if l.senders == nil || prev.Kind != backend.EvUnlink {
		return
	}
	if n := m.s.nodes[prev.Args[0]]; n != nil {
		if i := slices.IndexFunc(m.due[n.task], func(u *unsent) bool { return u.n == n }); i >= 0 {
			m.settleUnsent(n.task, i)
		}
	}
}

// unlink notes a blocked send that was abandoned: it owes a bounce, unless that came just before.
func (m *channels) unlink(ev *backend.Event) {
	n := m.s.nodes[ev.Args[0]]
	if n == nil || n.state != nodeDropped || n.list.senders == nil {
		return
	}
	ch := n.list.senders
	if prev := m.s.before(ev); prev.Kind == backend.EvBounce && prev.Seq == ch.unsent.Seq {
		ch.unsent = backend.Event{}
		return
	}
	m.due[n.task] = append(m.due[n.task], &unsent{ch: ch, n: n, ev: *ev})
}

// owed judges CH8 where the step that abandoned the send is over at the latest.
func (m *channels) owed(ev *backend.Event) {
	t := ev.Args[0]
	for _, u := range m.due[t] {
		m.c.fail("CH8", inOrder(u.n.link, u.ev, *ev), "%s gave up its send on channel %d, and the value does not bounce",
			m.c.label(t), u.ch.id)
		break
	}
	delete(m.due, t)
}

// rest judges what had to come by now.
func (m *channels) rest(ev *backend.Event) {
	at := *ev
	c := m.c
	for _, id := range sortedKeys(m.chans) {
		ch := m.chans[id]
		tx, rx := m.s.first(ch.senders), m.s.first(ch.receivers)
		switch {
		case ch.rx.Kind != 0 && len(ch.content) > 0:
			c.fail(ch.rule("CH2"), inOrder(ch.content[0], ch.rx, at),
				"the receivers of channel %d are gone and a value is left in it that did not bounce", id)
		case ch.rx.Kind != 0 && tx != nil:
			c.fail(ch.rule("CH2"), inOrder(tx.link, ch.rx, at), "the receivers of channel %d are gone and %s still waits to send",
				id, c.label(tx.task))
		case rx != nil && ch.corks.Kind != 0 && len(ch.content) > ch.hidden:
			c.fail("CH4", inOrder(rx.link, ch.put, ch.corks, ch.tx, at), "%s waits on channel %d, whose content is not corked",
				c.label(rx.task), id)
		case rx != nil && (ch.tx.Kind != 0 || ch.cap == 0 && ch.put.Kind != 0):
			c.fail(ch.rule("CH2"), inOrder(rx.link, ch.put, ch.tx, at), "%s still waits on channel %d, which has its end to tell",
				c.label(rx.task), id)
		case tx != nil && !ch.full():
			c.fail("CH3", inOrder(tx.link, ch.fullTake, at), "%s waits to send on channel %d, which has room", c.label(tx.task), id)
		}
	}
}
