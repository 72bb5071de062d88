package spec

import (
	"github.com/tripoint-go/tripoint/backend"
)

const (
	cancelled = -int64(backend.ECANCELED)
	notFound  = -int64(backend.ENOENT) // the own results of a cancel
	already   = -int64(backend.EALREADY)
)

// ops judges IO1 to IO15.
type ops struct {
	c       *Checker
	s       map[int64]*op
	handles map[int64]*handle
	lent    map[int64]*loan // by buffer
	loans   map[int64][]*loan
	awaited map[int64]int  // by task: operations orphaned in mode await and still under way
	owing   map[int64]bool // orphans without their cancel
	refused map[int64]backend.Event
	scopes  map[int64]int64 // open scope to its owner
	owned   map[int64]int   // open scopes a task owns
	gate    backend.Event
	ending  map[uint8]int64         // lane: the task whose teardown step runs there
	cause   map[uint8]backend.Event // lane: the last cqe or reap, while nothing but its consequences followed
}

// op is one operation, from its submit on.
type op struct {
	id, task, kind, h int64
	submit, orphan    backend.Event
	ccl, end, reap    backend.Event // end: the terminal cqe; reap: of it
	results           []backend.Event
	owner             int64   // the task that takes the result, or whose end waits for it
	on                *handle // nil for kinds that have none
	moves             bool    // a write that must move its handle's position
}

// loan is one buffer lent to one operation.
type loan struct {
	b, o     int64
	mode     int64
	lend     backend.Event
	returned bool
}

func opsRules() []Rule {
	submit, reap := kinds(backend.EvSubmit), kinds(backend.EvReap)
	return []Rule{
		{"IO1", "ops", "An operation is submitted once, completes once, and each of its results is taken once.", submit},
		{"IO2", "ops", "A lent buffer comes back after the completion, and no task ends before the operations it must wait for.",
			kinds(backend.EvLend, backend.EvOrphan)},
		{"IO3", "ops", "An operation without memory and side effect delays no teardown and ends by itself.", kinds(backend.EvOrphan)},
		{"IO4", "ops", "An abandoned operation ends with its completion, whoever waited for it and however far it was.",
			kinds(backend.EvOrphan)},
		{"IO5", "ops", "An operation gets one cancel at most, and the cancel never changes a real result.",
			kinds(backend.EvCancelOp)},
		{"IO6", "ops", "An orphaned operation gets its cancel without waiting for anything.", kinds(backend.EvOrphan)},
		{"IO7", "ops", "A delivered result is the result of the completion.", reap},
		{"IO8", "ops", "What a result owns is delivered, or given back; handles are balanced at the end.", reap},
		{"IO9", "ops", "A completion wakes no task that has ended.", kinds(backend.EvComplete)},
		{"IO10", "ops", "An operation that completed as cancelled has done nothing.", kinds(backend.EvComplete)},
		{"IO11", "ops", "The outcome of a call is delivered in a later poll, and it is delivered.",
			kinds(backend.EvSubmit, backend.EvRefuse)},
		{"IO12", "ops", "After the gate only closes are submitted, and everything else is refused as cancelled.",
			kinds(backend.EvGate)},
		{"IO13", "ops", "A handle is closed after all its operations have completed, and none is submitted on it later.",
			kinds(backend.EvHClose, backend.EvSubmit)},
		{"IO14", "ops", "A write moves the position when it completes, a read when it is delivered.", kinds(backend.EvPos)},
		{"IO15", "ops", "At most one read and one write are under way on a stream.", kinds(backend.EvHOpen)},
	}
}

func installOps(c *Checker) {
	m := &ops{c: c}
	c.atReset(m.reset)
	c.when(m.lend, backend.EvLend)
	c.when(m.giveBack, backend.EvReturn)
	c.when(m.submit, backend.EvSubmit)
	c.when(m.cancel, backend.EvCancelOp)
	c.when(m.orphan, backend.EvOrphan)
	c.when(m.complete, backend.EvComplete)
	c.when(m.reap, backend.EvReap)
	c.when(m.wake, backend.EvWake)
	c.when(m.refuse, backend.EvRefuse)
	c.when(m.pollEnd, backend.EvPollEnd)
	c.when(m.step, backend.EvPollBegin, backend.EvPollEnd, backend.EvDropBegin, backend.EvDropEnd, backend.EvIdle)
	c.when(func(ev *backend.Event) { m.gate = *ev }, backend.EvGate)
	c.when(m.idle, backend.EvIdle)
	c.when(m.dropEnd, backend.EvDropEnd)
	c.when(m.handle, backend.EvHOpen, backend.EvHClose)
	c.when(m.position, backend.EvPos)
	c.when(m.scope, backend.EvScopeOpen, backend.EvScopeGone)
	c.atQuiet(m.rest)
}

func (m *ops) reset() {
	*m = ops{
		c: m.c, s: emptied(m.s), handles: emptied(m.handles), lent: emptied(m.lent), loans: emptied(m.loans),
		awaited: emptied(m.awaited), owing: emptied(m.owing), refused: emptied(m.refused), scopes: emptied(m.scopes),
		owned: emptied(m.owned), ending: emptied(m.ending), cause: emptied(m.cause),
	}
}

func opKind(kind int64) backend.OpKind {
	if kind < 0 || kind >= int64(backend.OpKinds) {
		return backend.OpInvalid
	}
	return backend.OpKind(kind)
}

func (m *ops) lend(ev *backend.Event) {
	b, o := ev.Args[0], ev.Args[1]
	if l := m.lent[b]; l != nil {
		m.c.fail("IO2", inOrder(l.lend, *ev), "buffer %d is lent to operation %d while operation %d has it", b, o, l.o)
	}
	if p := m.s[o]; p != nil {
		m.c.fail("IO2", inOrder(p.submit, *ev), "buffer %d is lent to operation %d after its submission", b, o)
	}
	l := &loan{b: b, o: o, mode: ev.Args[2], lend: *ev}
	m.lent[b] = l
	m.loans[o] = append(m.loans[o], l)
}

func (m *ops) giveBack(ev *backend.Event) {
	b, o := ev.Args[0], ev.Args[1]
	l := m.lent[b]
	if l == nil || l.o != o {
		m.c.fail("IO2", inOrder(*ev), "buffer %d comes back from operation %d, which does not have it", b, o)
		return
	}
	if p := m.s[o]; p == nil || p.end.Kind == 0 {
		m.c.fail("IO2", inOrder(l.lend, *ev), "buffer %d comes back before operation %d has completed", b, o)
	}
	l.returned = true
	delete(m.lent, b)
}

func (m *ops) submit(ev *backend.Event) {
	c, o, t, kind, h := m.c, ev.Args[0], ev.Args[1], opKind(ev.Args[2]), ev.Args[3]
	if p := m.s[o]; p != nil {
		c.fail("IO1", inOrder(p.submit, *ev), "operation %d is submitted twice", o)
		return
	}
	p := &op{id: o, task: t, owner: t, kind: int64(kind), h: h, submit: *ev}
	p.moves = writes(kind) && ev.Args[4] == ownPosition
	m.s[o] = p
	if m.gate.Kind != 0 && kind != backend.OpClose {
		c.fail("IO12", inOrder(m.gate, *ev), "%s submits operation %d after the I/O gate has closed", c.label(t), o)
	}
	if !onHandle(kind, h) {
		return
	}
	d := m.descriptor(h)
	p.on = d
	if d.closing.Kind != 0 || d.closed.Kind != 0 {
		c.fail("IO13", inOrder(d.closing, d.closed, *ev), "operation %d is submitted on handle %d after its close", o, h)
	}
	if kind == backend.OpClose {
		if d.flying > 0 {
			c.fail("IO13", inOrder(m.flying(h), *ev), "the close of handle %d is submitted while an operation on it is under way", h)
		}
		d.closing = *ev
		return
	}
	d.flying++
	stream := d.open.Kind != 0 && d.kind == backend.HandleStream
	switch {
	case reads(kind):
		if d.reads++; stream && d.reads > 1 {
			c.fail("IO15", inOrder(m.flying(h), *ev), "two reads are under way on stream %d", h)
		}
	case writes(kind):
		if d.writes++; stream && d.writes > 1 {
			c.fail("IO15", inOrder(m.flying(h), *ev), "two writes are under way on stream %d", h)
		}
	}
}

func (m *ops) cancel(ev *backend.Event) {
	p := m.s[ev.Args[0]]
	switch {
	case p == nil:
		m.c.fail("IO1", inOrder(*ev), "operation %d is cancelled and was never submitted", ev.Args[0])
		return
	case p.end.Kind != 0:
		m.c.fail("IO1", inOrder(p.end, *ev), "operation %d is cancelled after it has completed", p.id)
	case p.ccl.Kind != 0:
		m.c.fail("IO5", inOrder(p.ccl, *ev), "operation %d is cancelled twice", p.id)
	case p.kind == int64(backend.OpClose):
		m.c.fail("IO5", inOrder(p.submit, *ev), "the close %d is cancelled", p.id)
	}
	p.ccl = *ev
	delete(m.owing, p.id)
}

func (m *ops) orphan(ev *backend.Event) {
	c, p, mode := m.c, m.s[ev.Args[0]], ev.Args[1]
	switch {
	case p == nil:
		c.fail("IO1", inOrder(*ev), "operation %d is orphaned and was never submitted", ev.Args[0])
		return
	case p.orphan.Kind != 0 || p.reap.Kind != 0:
		c.fail("IO1", inOrder(p.orphan, p.reap, *ev), "operation %d is orphaned and had no waiter", p.id)
		return
	case mode == backend.OrphanAwait && opKind(p.kind).Detaches():
		c.fail("IO3", inOrder(p.submit, *ev), "the teardown waits for operation %d, which borrows nothing and does nothing", p.id)
	case mode == backend.OrphanDetach:
		for _, l := range m.loans[p.id] {
			if l.mode == backend.LendBorrowed && !l.returned {
				c.fail("IO2", inOrder(l.lend, *ev), "operation %d is left to itself with buffer %d, which belongs to %s", p.id, l.b,
					c.label(p.owner))
			}
		}
	}
	p.orphan = *ev
	if at := c.world.lanes[ev.Lane].poll; at != 0 {
		p.owner = at // it may have moved from the task that submitted it
	} else if at := m.ending[ev.Lane]; at != 0 {
		p.owner = at
	}
	if p.end.Kind != 0 {
		return
	}
	if p.ccl.Kind == 0 && p.kind != int64(backend.OpClose) {
		m.owing[p.id] = true
	}
	if mode == backend.OrphanAwait {
		m.awaited[p.owner]++
	}
}

func (m *ops) complete(ev *backend.Event) {
	c, o, res := m.c, ev.Args[0], ev.Args[1]
	m.missedMove(ev)
	m.cause[ev.Lane] = *ev
	p := m.s[o]
	switch {
	case p == nil:
		c.fail("IO1", inOrder(*ev), "operation %d completes and was never submitted", o)
		return
	case p.end.Kind != 0:
		c.fail("IO1", inOrder(p.end, *ev), "operation %d completes twice", o)
		return
	}
	kind := opKind(p.kind)
	p.results = append(p.results, *ev)
	if kind.ReturnsFD() && res >= 0 { // the number has a new owner
		m.handles[res] = &handle{h: res}
	}
	if ev.Args[2] != 0 {
		return
	}
	p.end = *ev
	delete(m.owing, o)
	if p.orphan.Kind != 0 && p.orphan.Args[1] == backend.OrphanAwait {
		if m.awaited[p.owner]--; m.awaited[p.owner] == 0 {
			delete(m.awaited, p.owner)
		}
	}
	if d := p.on; d != nil && kind != backend.OpClose {
		d.flying--
		switch {
		case reads(kind):
			d.reads--
		case writes(kind):
			d.writes--
		}
	}
}

func (m *ops) reap(ev *backend.Event) {
	c, o, how, res := m.c, ev.Args[0], ev.Args[1], ev.Args[2]
	m.missedMove(ev)
	m.cause[ev.Lane] = *ev
	p := m.s[o]
	if p == nil || len(p.results) == 0 {
		var why backend.Event
		if p != nil {
			why = p.end
		}
		c.fail("IO1", inOrder(why, *ev), "a result of operation %d is taken that is not there", o)
		return
	}
	cqe := p.results[0]
	p.results = p.results[1:]
	if cqe.Args[2] == 0 {
		p.reap = *ev
		delete(m.loans, o)
	}
	m.judgeDisposal(p, cqe, ev)
	if how != backend.ReapDeliver {
		return
	}
	if real := cqe.Args[1]; res != real {
		if p.ccl.Kind != 0 && (res == cancelled || res == notFound || res == already) {
			c.fail("IO5", inOrder(p.ccl, cqe, *ev), "operation %d completed with %d and %d is handed over because it was cancelled",
				o, real, res)
		} else {
			c.fail("IO7", inOrder(cqe, *ev), "operation %d completed with %d and %d is handed over", o, real, res)
		}
	}
	if p.orphan.Kind != 0 {
		c.fail("IO8", inOrder(p.orphan, *ev), "the result of operation %d is handed over and nobody waits for it", o)
	}
	if t := c.task(p.task); t.polling && c.world.lanes[ev.Lane].poll == p.task && t.pollBegin.Seq < p.submit.Seq {
		c.fail("IO11", inOrder(t.pollBegin, p.submit, *ev), "operation %d is submitted and its result delivered in one poll of %s",
			o, c.label(p.task))
	}
	if opKind(p.kind).ReturnsFD() && res >= 0 {
		m.descriptor(res).result = *ev
	}
}

// judgeDisposal judges IO8 and IO10 at a reap: what a result owns is given back if nobody takes it, and only then.
func (m *ops) judgeDisposal(p *op, cqe backend.Event, ev *backend.Event) {
	c, how, res := m.c, ev.Args[1], cqe.Args[1]
	owns := opKind(p.kind).ReturnsFD() && res >= 0
	switch {
	case how == backend.ReapDiscard && owns:
		c.fail("IO8", inOrder(p.orphan, cqe, *ev), "the descriptor %d that operation %d opened is neither delivered nor closed", res,
			p.id)
	case how == backend.ReapDispose && res == cancelled:
		c.fail("IO10", inOrder(cqe, *ev), "operation %d was cancelled and had taken something all the same", p.id)
	case how == backend.ReapDispose && !owns && !picks(opKind(p.kind)):
		c.fail("IO8", inOrder(cqe, *ev), "operation %d owns nothing that could be given back", p.id)
	}
}

// wake judges IO9, and learns who waits for an operation that has moved.
func (m *ops) wake(ev *backend.Event) {
	t := m.c.task(ev.Args[0])
	if src, eff := ev.Args[1], ev.Args[2]; src == backend.WakeOp {
		if eff != backend.EffVoid && (t.dropping || !t.live && t.spawn.Kind != 0) {
			m.c.fail("IO9", inOrder(t.dropBegin, *ev), "a completion wakes %s, which has ended", m.c.label(t.id))
		}
		if cause := m.cause[ev.Lane]; cause.Kind == backend.EvComplete {
			if p := m.s[cause.Args[0]]; p != nil && p.orphan.Kind == 0 {
				p.owner = t.id
			}
		}
	}
}

func (m *ops) refuse(ev *backend.Event) {
	c, t, kind, err := m.c, ev.Args[0], opKind(ev.Args[1]), ev.Args[2]
	if _, ok := m.refused[t]; !ok {
		m.refused[t] = *ev
	}
	if m.gate.Kind == 0 {
		return
	}
	switch {
	case kind == backend.OpClose && err == int64(backend.ECANCELED):
		c.fail("IO12", inOrder(m.gate, *ev), "a close of %s is refused", c.label(t))
	case err != int64(backend.ECANCELED) && err != int64(backend.EOPNOTSUPP):
		c.fail("IO12", inOrder(m.gate, *ev), "after the gate %s is refused with %d and not because it is cancelled", c.label(t), err)
	}
}

// pollEnd forgets a refusal that no longer matters.
func (m *ops) pollEnd(ev *backend.Event) {
	if ev.Args[1] == backend.PollReady {
		delete(m.refused, ev.Args[0])
	}
}

// step ends the consequences of the last completion on a lane.
func (m *ops) step(ev *backend.Event) {
	m.missedMove(ev)
	delete(m.cause, ev.Lane)
	delete(m.ending, ev.Lane)
	switch ev.Kind {
	case backend.EvDropBegin:
		m.ending[ev.Lane] = ev.Args[0]
		delete(m.refused, ev.Args[0])
	case backend.EvPollBegin:
		delete(m.refused, ev.Args[0])
	}
}

// idle judges IO6: nothing is left to be sent when the executor waits.
func (m *ops) idle(ev *backend.Event) {
	if len(m.owing) == 0 || m.c.frozen {
		return
	}
	for _, o := range sortedKeys(m.owing) {
		m.c.fail("IO6", inOrder(m.s[o].submit, m.s[o].orphan, *ev), "nobody waits for operation %d and it got no cancel", o)
	}
	clear(m.owing)
}

func (m *ops) dropEnd(ev *backend.Event) {
	t := ev.Args[0]
	if m.awaited[t] == 0 {
		return
	}
	for _, o := range sortedKeys(m.s) {
		if p := m.s[o]; p.owner == t && p.orphan.Kind != 0 && p.orphan.Args[1] == backend.OrphanAwait && p.end.Kind == 0 {
			m.c.fail("IO2", inOrder(p.submit, p.orphan, *ev), "%s has ended before its operation %d has completed", m.c.label(t), o)
			return
		}
	}
}

func (m *ops) scope(ev *backend.Event) {
	s := ev.Args[0]
	if ev.Kind == backend.EvScopeOpen {
		m.scopes[s] = ev.Args[2]
		m.owned[ev.Args[2]]++
		return
	}
	m.owned[m.scopes[s]]--
	delete(m.scopes, s)
}

// rest judges what had to come by now. An operation that is still under way when a run ends owes nothing, unless the run's
// mode promised to wait for it.
func (m *ops) rest(ev *backend.Event) {
	at := *ev
	c := m.c
	m.idle(ev)
	for _, o := range sortedKeys(m.s) {
		p := m.s[o]
		over := at.Kind == backend.EvExit || !c.task(p.owner).live
		switch {
		case p.end.Kind == 0:
			if at.Kind == backend.EvExit && m.gate.Kind != 0 {
				c.fail("IO3", inOrder(p.submit, m.gate, at), "operation %d is still under way at the end of a run that stops all of them", o)
			}
		case len(p.results) == 0:
		case p.orphan.Kind != 0 && p.orphan.Args[1] == backend.OrphanDetach:
			c.fail("IO3", inOrder(p.orphan, p.end, at), "the result of operation %d is never discarded", o)
		case p.orphan.Kind != 0 || over && at.Kind != backend.EvExit:
			c.fail("IO4", inOrder(p.orphan, p.end, at), "operation %d has no waiter, and its completion does not end it", o)
		case over:
			c.fail("IO1", inOrder(p.end, at), "the result of operation %d is never taken", o)
		}
		for _, l := range m.loans[o] {
			if !l.returned && p.end.Kind != 0 {
				c.fail("IO2", inOrder(l.lend, p.end, at), "buffer %d never comes back from operation %d", l.b, o)
			}
		}
	}
	for _, b := range sortedKeys(m.lent) {
		if l := m.lent[b]; m.s[l.o] == nil {
			c.fail("IO2", inOrder(l.lend, at), "buffer %d is lent to operation %d, which was never submitted", b, l.o)
		}
	}
	for _, t := range sortedKeys(m.refused) {
		if s := c.task(t); s.live && !s.dropping && !s.cancelled {
			c.fail("IO11", inOrder(m.refused[t], at), "%s is refused a call and never learns of it", c.label(t))
		}
	}
	m.stuckTeardown(at)
	for _, h := range sortedKeys(m.handles) {
		if d := m.handles[h]; d.ours && d.open.Kind != 0 && at.Kind == backend.EvExit {
			c.fail("IO8", inOrder(d.open, at), "handle %d was opened and is never closed", h)
		}
	}
}

// stuckTeardown judges IO4 for a task that waited for orphans which have all completed. A task that waits for a scope of its
// own is not stuck.
func (m *ops) stuckTeardown(at backend.Event) {
	told := map[int64]bool{}
	for _, o := range sortedKeys(m.s) {
		p := m.s[o]
		if p.orphan.Kind == 0 || p.orphan.Args[1] != backend.OrphanAwait || p.reap.Kind == 0 || told[p.owner] {
			continue
		}
		if t := m.c.task(p.owner); t.dropping && t.live && m.awaited[t.id] == 0 && m.owned[t.id] == 0 {
			told[p.owner] = true
			m.c.fail("IO4", inOrder(p.orphan, p.reap, at), "all operations of %s have completed, and its teardown does not go on",
				m.c.label(t.id))
		}
	}
}
