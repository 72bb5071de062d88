package spec

import (
	"slices"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// sched judges scheduling: S1 to S9. S10 is in race.go.
type sched struct {
	c           *Checker
	ops         map[int64]backend.OpKind // between submit and reap, with a waiter
	undelivered []int64                  // completed, with a waiter that was not told yet, oldest first
}

func schedRules() []Rule {
	return []Rule{
		{"S1", "sched", "The polls of one task never overlap, and its teardown begins outside of them.",
			kinds(backend.EvPollBegin, backend.EvPollEnd)},
		{"S2", "sched", "A task that is Ready, cancelled or being torn down is never polled again and is torn down once.",
			kinds(backend.EvPollBegin, backend.EvDropBegin, backend.EvDropEnd)},
		{"S3", "sched", "Every wake of a live task leads to a poll or to its teardown.", kinds(backend.EvWake)},
		{"S4", "sched", "A task is polled again only after a wake since its last poll began.", kinds(backend.EvPollBegin)},
		{"S5", "sched", "The run queue is first in, first out up to the number of lanes, and nobody is passed over for longer.",
			kinds(backend.EvPollBegin)},
		{"S6", "sched", "Every spawned task is polled or cancelled, and never inside the poll that spawned it.", kinds(backend.EvSpawn)},
		{"S7", "sched", "No interleaving leads to an internal error of the executor.", kinds(backend.EvBoot)},
		{"S8", "sched", "After a panic nothing is polled and the run fails.", kinds(backend.EvPanic)},
		{"S9", "sched", "The executor idles only with an empty run queue and nothing left to deliver.", kinds(backend.EvIdle)},
		{"S10", "sched", "A race is decided once, for the lowest Ready arm, and its losers are gone before its owner goes on.",
			kinds(backend.EvWon)},
	}
}

func installSched(c *Checker) {
	m := &sched{c: c}
	c.atReset(m.reset)
	c.when(m.pollBegin, backend.EvPollBegin)
	c.when(m.pollEnd, backend.EvPollEnd)
	c.when(m.teardown, backend.EvDropBegin, backend.EvDropEnd)
	c.when(m.wake, backend.EvWake)
	c.when(m.completion, backend.EvSubmit, backend.EvComplete, backend.EvOrphan, backend.EvReap)
	c.when(m.idle, backend.EvIdle)
	c.when(m.failing, backend.EvFatal, backend.EvExit)
	c.atQuiet(m.quiet)
	c.atEnd(m.end)
	installRace(c)
}

func (m *sched) reset() {
	*m = sched{c: m.c, ops: emptied(m.ops), undelivered: m.undelivered[:0]}
}

func (m *sched) pollBegin(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	// The checker has already noted this poll, so an earlier one that is still open shows in the lanes.
	switch {
	case t.spawn.Kind == backend.EvInvalid:
		c.fail("S6", events(*ev), "%s is polled but was never spawned", c.label(t.id))
		return
	case t.overlap.Kind != backend.EvInvalid:
		c.fail("S1", events(t.overlap, *ev), "%s is polled while a poll of it is open", c.label(t.id))
		return
	case t.dropping:
		c.fail("S2", events(t.dropBegin, *ev), "%s is polled after its teardown began", c.label(t.id))
		return
	case t.ready:
		c.fail("S2", events(t.readyEnd, *ev), "%s is polled after it was Ready", c.label(t.id))
		return
	case t.cancelled:
		c.fail("S2", events(t.cancelReq, *ev), "%s is polled after it was asked to cancel", c.label(t.id))
		return
	}
	if p := c.world.panicked; p.Kind == backend.EvPanic {
		c.fail("S8", events(p, *ev), "%s is polled after %s had panicked", c.label(t.id), c.label(p.Args[0]))
	}
	if t.pollBegins > 1 && !t.q.answered {
		c.fail("S4", events(t.lastPoll, *ev), "%s is polled without a wake since its last poll began", c.label(t.id))
	}
	if outer := c.world.lanes[ev.Lane].outerSeq; t.pollBegins == 1 && outer != 0 && outer == t.q.spawnPoll && ev.Lane == t.spawn.Lane {
		c.fail("S6", events(t.spawn, *ev), "%s is polled inside the poll that spawned it", c.label(t.id))
	}
	m.bypass(t, ev)
}

// bypass judges S5 at the start of a poll or a teardown step of t: for t itself, and for whoever waits longest now.
func (m *sched) bypass(t *taskState, ev *backend.Event) {
	c := m.c
	if c.free {
		return
	}
	if t.q.wasQueued && !t.q.reported && t.q.bypassed > t.q.ahead+c.lanes-1 {
		c.fail("S5", events(t.q.cause, *ev), "%s was queued behind %d others, but %d polls and teardown steps came first",
			c.label(t.id), t.q.ahead, t.q.bypassed)
	}
	head := c.world.queue.head
	if head == nil || head.q.reported {
		return
	}
	if n := c.world.starts - head.q.startsThen; n > head.q.ahead+c.lanes-1 {
		head.q.reported = true
		c.fail("S5", events(head.q.cause, *ev), "%s was queued behind %d others, but %d polls and teardown steps came first, the last one of %s",
			c.label(head.id), head.q.ahead, n, c.label(t.id))
	}
}

func (m *sched) pollEnd(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	if !t.wasPolling {
		c.fail("S1", events(t.pollBegin, *ev), "a poll of %s ends that did not begin", c.label(t.id))
	}
}

func (m *sched) teardown(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	if ev.Kind == backend.EvDropEnd {
		switch {
		case t.dropEnds > 1:
			c.fail("S2", events(t.dropBegin, *ev), "the teardown of %s ends twice", c.label(t.id))
		case !t.dropping:
			c.fail("S2", events(t.spawn, *ev), "the teardown of %s ends before it began", c.label(t.id))
		}
		return
	}
	switch {
	case t.dropBegins > 1:
		c.fail("S2", events(t.dropBegin, *ev), "the teardown of %s begins twice", c.label(t.id))
	case t.polling:
		c.fail("S1", events(t.pollBegin, *ev), "the teardown of %s begins inside its poll", c.label(t.id))
	case !t.ready:
		m.bypass(t, ev)
	}
}

func (m *sched) wake(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	if ev.Args[1] == backend.WakeOp && len(m.undelivered) > 0 {
		m.undelivered = m.undelivered[1:]
	}
	if ev.Args[2] == backend.EffVoid {
		if t.live && !t.ready && !t.dropping {
			c.fail("S3", events(t.spawn, *ev), "a wake of %s is void although it has not ended", c.label(t.id))
		}
		return
	}
	switch {
	case t.id != 0 && (!t.live || t.dropping):
		c.fail("S3", events(t.dropBegin, *ev), "a wake of %s is not void although it has ended, so nothing can answer it", c.label(t.id))
	case ev.Args[2] == backend.EffMerged && t.live && !t.q.mergeable && !t.ready:
		c.fail("S3", events(t.pollBegin, *ev), "a wake of %s is merged into nothing: it was neither queued nor noted", c.label(t.id))
	}
}

// completion keeps the completions whose waiter has not been told.
func (m *sched) completion(ev *backend.Event) {
	o := ev.Args[0]
	switch ev.Kind {
	case backend.EvSubmit:
		if ev.Args[1] != 0 {
			m.ops[o] = opKind(ev.Args[2])
		}
		return
	case backend.EvComplete:
		kind, known := m.ops[o]
		if early := kind == backend.OpSendZC && ev.Args[2] != 0; early {
			return // the waiter is told with the notice
		}
		if known && !slices.Contains(m.undelivered, o) { // of several reports of one operation one wake tells
			m.undelivered = append(m.undelivered, o)
		}
		return
	case backend.EvOrphan, backend.EvReap:
		delete(m.ops, o)
	}
	if i := slices.Index(m.undelivered, o); i >= 0 {
		m.undelivered = slices.Delete(m.undelivered, i, i+1)
	}
}

// idle judges S9, and S3 and S6 for what is left in the run queue: an idle executor believes that there is nothing.
func (m *sched) idle(ev *backend.Event) {
	c := m.c
	m.queueLeft(ev)
	for i := range c.lanes {
		if id := c.world.lanes[uint8(i)].poll; id != 0 {
			c.fail("S9", events(c.task(id).pollBegin, *ev), "the executor idles inside a poll of %s", c.label(id))
			break
		}
	}
	if t := c.world.queue.head; t != nil {
		c.fail("S9", events(t.q.cause, *ev), "the executor idles although %s is queued", c.label(t.id))
	}
	if len(m.undelivered) > 0 {
		c.fail("S9", events(*ev), "the executor idles although nobody was told that op %d completed", m.undelivered[0])
	}
	if p := c.world.panicked; p.Kind == backend.EvPanic && ev.Args[0] == int64(vclock.Forever) {
		c.fail("S8", events(p, *ev), "the run hangs after %s panicked", c.label(p.Args[0]))
	}
}

func (m *sched) quiet(ev *backend.Event) {
	if ev.Kind != backend.EvIdle && m.c.last.Kind != backend.EvIdle { // else it has just been judged
		m.queueLeft(ev)
	}
}

// queueLeft reports tasks that stand in the run queue when there is nobody left to take them out. Cancelled ones are
// reported under NC5.
func (m *sched) queueLeft(ev *backend.Event) {
	c := m.c
	for t := c.world.queue.head; t != nil; t = t.q.next {
		switch {
		case t.cancelled:
		case t.pollBegins == 0:
			c.fail("S6", events(t.spawn, *ev), "%s was spawned but never polled", c.label(t.id))
		default:
			c.fail("S3", events(t.q.cause, *ev), "a wake of %s was lost: no poll answered it", c.label(t.id))
		}
	}
}

func (m *sched) failing(ev *backend.Event) {
	c := m.c
	if ev.Kind == backend.EvFatal {
		c.fail("S7", events(*ev), "the executor ended the run with the internal error %d", ev.Args[0])
		return
	}
	if p := c.world.panicked; p.Kind == backend.EvPanic && !failure(ev.Args[0]) {
		c.fail("S8", events(p, *ev), "%s panicked, but the run ends with the code %d", c.label(p.Args[0]), ev.Args[0])
	}
}

func (m *sched) end() {
	c := m.c
	if p := c.world.panicked; p.Kind == backend.EvPanic && c.opts.Complete && !c.exited {
		c.fail("S8", events(p), "%s panicked, but the run never ended", c.label(p.Args[0]))
	}
}
