package spec

import "github.com/tripoint-go/tripoint/backend"

// race judges S10 and T6. The trace does not say which op belongs to which arm. What it shows for certain is used: the
// losers of a race are abandoned in one go right after it is decided, so what is given up in the unbroken run of releases
// behind won belongs to losers.
type race struct {
	c       *Checker
	decided map[int64]backend.Event
	ops     map[int64]raceOp
}

// raceOp is an op in flight, or completed and not yet taken.
type raceOp struct {
	submit, complete, orphan backend.Event
	won                      backend.Event // the decision that orphaned it
	kept                     bool          // a select of its task has gone on without it: it may be nobody's arm
}

func installRace(c *Checker) {
	m := &race{c: c}
	c.atReset(m.reset)
	c.when(m.decide, backend.EvWon)
	c.when(m.release, backend.EvTimerStop, backend.EvUnlink, backend.EvOrphan, backend.EvCancelOp, backend.EvReap, backend.EvHDrop,
		backend.EvTokenDrop, backend.EvFire, backend.EvWake, backend.EvBounce, backend.EvLineOff, backend.EvCancelReq, backend.EvChoice)
	c.when(m.op, backend.EvSubmit, backend.EvComplete)
	c.when(m.ready, backend.EvPollEnd)
}

func (m *race) reset() {
	*m = race{c: m.c, decided: emptied(m.decided), ops: emptied(m.ops)}
}

func (m *race) decide(ev *backend.Event) {
	c := m.c
	f, arm, n, t := ev.Args[0], ev.Args[1], ev.Args[2], c.task(ev.Args[3])
	switch first, again := m.decided[f]; {
	case again:
		c.fail("S10", events(first, *ev), "a race of %s is decided twice", c.label(t.id))
	case arm < 0 || arm >= n:
		c.fail("S10", events(*ev), "a race of %s is decided for arm %d of %d", c.label(t.id), arm, n)
	case !t.polling:
		c.fail("S10", events(t.pollBegin, *ev), "a race of %s is decided outside of its polls", c.label(t.id))
	}
	m.decided[f] = *ev
	lane := &c.world.lanes[ev.Lane]
	if ev.Args[4] != 0 { // a select: what is released next is no loser
		lane.won = backend.Event{}
		for o, op := range m.ops {
			if op.submit.Args[1] == t.id {
				op.kept = true
				m.ops[o] = op
			}
		}
		return
	}
	lane.won, lane.givenUp = *ev, ev.Seq
	// Earlier losers may belong to a race that was itself given up, so nothing is concluded from them any more.
	t.raceOps, t.raceLast = 0, ev.Seq
}

// release follows the run of releases behind won. The world may draw what a cancel comes to.
func (m *race) release(ev *backend.Event) {
	if ev.Kind == backend.EvChoice && ev.Args[0] != int64(backend.ChoiceCancel) {
		return
	}
	o := ev.Args[0]
	op, known := m.ops[o]
	run := &m.c.world.lanes[ev.Lane]
	behind := run.won.Kind != backend.EvInvalid && run.last.Seq == run.givenUp
	if behind {
		run.givenUp = ev.Seq
	}
	switch ev.Kind {
	case backend.EvOrphan:
		op.orphan = *ev
		if behind && !op.kept && ev.Args[1] == backend.OrphanAwait && op.complete.Kind == backend.EvInvalid {
			op.won = run.won
			m.c.task(run.won.Args[3]).raceOps++
		}
		m.ops[o] = op
	case backend.EvReap:
		if behind && known && op.orphan.Kind == backend.EvInvalid && ev.Args[1] != backend.ReapDeliver {
			m.passedOver(&op, run.won, ev)
		}
		delete(m.ops, o)
	}
}

// passedOver judges the loss of an op whose completion nobody took: if the last arm won, the op's arm is a lower one, and it
// was Ready if the op had completed before the poll began.
func (m *race) passedOver(op *raceOp, won backend.Event, ev *backend.Event) {
	c, t := m.c, m.c.task(won.Args[3])
	arm, n := won.Args[1], won.Args[2]
	if arm != n-1 || op.kept || op.complete.Kind == backend.EvInvalid || op.complete.Seq > t.pollBegin.Seq {
		return
	}
	if n == 2 && t.tm.expired.Kind != backend.EvInvalid && t.tm.expired.Seq > t.lastPoll.Seq {
		c.fail("T6", events(op.complete, won, *ev), "a timeout of %s is decided for its sleep although its op %d had completed", c.label(t.id), op.complete.Args[0])
		return
	}
	c.fail("S10", events(op.complete, won, *ev), "a race of %s is decided for arm %d although op %d of a lower arm had completed", c.label(t.id), arm, op.complete.Args[0])
}

func (m *race) op(ev *backend.Event) {
	o := ev.Args[0]
	if ev.Kind == backend.EvSubmit {
		m.ops[o] = raceOp{submit: *ev}
		return
	}
	op, known := m.ops[o]
	if !known || ev.Args[2] != 0 {
		return
	}
	op.complete = *ev
	if op.won.Kind != backend.EvInvalid {
		if t := m.c.task(op.won.Args[3]); op.won.Seq == t.raceLast {
			t.raceOps--
		}
	}
	m.ops[o] = op
}

func (m *race) ready(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	if t.raceOps == 0 || ev.Args[1] != backend.PollReady {
		return
	}
	for _, o := range sortedKeys(m.ops) {
		op := m.ops[o]
		if op.won.Kind != backend.EvInvalid && op.won.Seq == t.raceLast && op.complete.Kind == backend.EvInvalid {
			c.fail("S10", events(op.won, op.orphan, *ev), "%s goes on after a race although op %d of a loser is still in flight", c.label(t.id), o)
			return
		}
	}
}
