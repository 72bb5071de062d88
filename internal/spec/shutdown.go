package spec

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// lateExit is how much later than allowed an exit may come where time is real: it covers the load of the machine.
const lateExit = 10 * vclock.Second

// shutdown judges triggers, signals, the exit sequence and the run modes: SD1 to SD6 and SD9 to SD12.
type shutdown struct {
	c       *Checker
	tokens  map[int64]bool // live tokens under the root scope
	fired   map[int64]backend.Event
	cleanup map[int64]bool // live cleanup tasks
	taken   backend.Event  // the first token under the root scope
	stopped backend.Event  // stopacc
	signal  backend.Event  // the first signal that did not go to a receiver
	action  backend.Event  // the default action
	stalled backend.Event
	ended   backend.Event           // frozen or exit
	zero    backend.Event           // after rootdone: since when tokens and cleanup tasks have been gone, Kind 0 if they are not
	owed    []*scopeState           // descendants of a triggered scope whose own trigger is due in this step
	nodes   map[int64]backend.Event // linked nodes, by id
	late    []int64                 // nodes linked to what has fired, in the order in which that was seen
	trigger backend.Event           // the last trigger
	upTo    uint64                  // the last event on its lane up to which only its consequences followed
}

func shutdownRules() []Rule {
	return []Rule{
		{"SD1", "shutdown", "A trigger happens at most once.", kinds(backend.EvTrigger)},
		{"SD2", "shutdown", "A trigger reaches every scope below and ends every wait on them.", kinds(backend.EvTrigger)},
		{"SD3", "shutdown", "A trigger is advice: it cancels nothing and closes nothing.", kinds(backend.EvTrigger)},
		{"SD4", "shutdown", "The end of root triggers, and the exit comes as soon as no token and no cleanup task is left, or at the end of the grace.",
			kinds(backend.EvRootDone)},
		{"SD5", "shutdown", "The run exits with root's value.", kinds(backend.EvExit)},
		{"SD6", "shutdown", "Once a token was taken the first signal triggers, and every other signal takes its default action.", kinds(backend.EvSignal)},
		{"SD9", "shutdown", "Each run mode ends exactly when nothing is left that it waits for, or says that it has stalled.", kinds(backend.EvRootDone)},
		{"SD10", "shutdown", "After the end of root nothing is spawned from outside.", kinds(backend.EvStopAccept)},
		{"SD11", "shutdown", "The exit waits for cleanup tasks up to the grace.", kinds(backend.EvRootDone)},
		{"SD12", "shutdown", "Every line is disabled before the exit, and nothing follows it.", kinds(backend.EvLineOn)},
	}
}

func installShutdown(c *Checker) {
	m := &shutdown{c: c}
	c.atReset(m.reset)
	c.when(m.onTrigger, backend.EvTrigger)
	c.when(m.consequence, backend.EvPassBegin, backend.EvPassEnd, backend.EvFire, backend.EvUnlink, backend.EvWake, backend.EvHDrop)
	c.when(m.advisory, backend.EvCancelReq, backend.EvCancelOp, backend.EvOrphan)
	c.when(m.node, backend.EvLink, backend.EvUnlink)
	c.when(m.settle, backend.EvPollBegin, backend.EvPollEnd, backend.EvIdle, backend.EvFrozen, backend.EvExit)
	c.when(m.count, backend.EvTokenTake, backend.EvTokenDrop, backend.EvSpawn, backend.EvDropEnd, backend.EvRootDone)
	c.when(m.spawn, backend.EvSpawn, backend.EvStopAccept)
	c.when(m.onSignal, backend.EvSignal)
	c.when(m.poll, backend.EvPollBegin)
	c.when(m.gate, backend.EvGate)
	c.when(m.idle, backend.EvIdle)
	c.when(m.stall, backend.EvStalled)
	c.when(m.end, backend.EvFrozen, backend.EvExit)
	c.when(m.exit, backend.EvExit)
	c.atEnd(m.unended)
}

func (m *shutdown) reset() {
	*m = shutdown{
		c: m.c, tokens: emptied(m.tokens), fired: emptied(m.fired), cleanup: emptied(m.cleanup), owed: m.owed[:0],
		nodes: emptied(m.nodes), late: m.late[:0],
	}
}

func (m *shutdown) onTrigger(ev *backend.Event) {
	c, k := m.c, ev.Args[0]
	m.trigger, m.upTo = *ev, ev.Seq
	if first, again := m.fired[k]; again {
		c.fail("SD1", events(first, *ev), "scope or token %d is triggered twice", k)
		return
	}
	m.fired[k] = *ev
	for _, w := range sortedKeys(m.nodes) {
		if m.nodes[w].Args[1] == k {
			m.late = append(m.late, w)
		}
	}
	if s := c.world.scopes[k]; s != nil {
		for _, child := range s.children {
			if child.isOpen() && child.triggers == 0 {
				m.owed = append(m.owed, child)
			}
		}
	}
}

// consequence follows what a trigger brings about by itself, passes over waiter lists, and the release of a handle, which is
// judged by the cancel request behind it.
func (m *shutdown) consequence(ev *backend.Event) {
	if m.follows(ev) {
		m.upTo = ev.Seq
	}
}

// follows reports whether an event comes right behind the trigger and its consequences, on the same lane.
func (m *shutdown) follows(ev *backend.Event) bool {
	return m.trigger.Kind != backend.EvInvalid && ev.Lane == m.trigger.Lane && m.c.world.lanes[ev.Lane].last.Seq == m.upTo
}

// advisory judges SD3 for what follows a trigger without anything in between that could have asked for it.
func (m *shutdown) advisory(ev *backend.Event) {
	c := m.c
	tr := m.trigger
	if !m.follows(ev) {
		return
	}
	lane := &c.world.lanes[ev.Lane]
	alone := lane.poll == 0 && lane.drop == 0 && (tr.Args[1] == backend.TriggerRootDone || tr.Args[1] == backend.TriggerSignal)
	switch ev.Kind {
	case backend.EvCancelReq:
		t := c.task(ev.Args[0])
		s := c.world.scopes[-t.nc.owner]
		member := s != nil && ev.Args[1] == backend.CancelHandle && c.under(s.id, tr.Args[0]) && !s.isClosing() && !c.releasing(ev, t)
		outside := tr.Args[1] == backend.TriggerSignal && ev.Args[1] == backend.CancelCall
		if member || alone && !outside {
			c.fail("SD3", events(tr, *ev), "%s is cancelled by a trigger", c.label(t.id))
		}
	case backend.EvCancelOp, backend.EvOrphan:
		if alone && c.world.gate.Kind == backend.EvInvalid {
			c.fail("SD3", events(tr, *ev), "op %d is given up by a trigger", ev.Args[0])
		}
	}
}

// node keeps the waits: a scope or token and the list of those who wait for it have one id.
func (m *shutdown) node(ev *backend.Event) {
	w := ev.Args[0]
	if ev.Kind == backend.EvUnlink {
		delete(m.nodes, w)
		return
	}
	m.nodes[w] = *ev
	if _, fired := m.fired[ev.Args[1]]; fired {
		m.late = append(m.late, w)
	}
}

// settle judges what had to happen in the step of a trigger, of rootdone, or of a signal.
func (m *shutdown) settle(ev *backend.Event) {
	c := m.c
	if ev.Kind == backend.EvExit && failure(ev.Args[0]) || c.world.panicked.Kind != backend.EvInvalid {
		return
	}
	for _, s := range m.owed {
		if s.isOpen() && s.triggers == 0 {
			c.fail("SD2", events(c.firedAbove(s), *ev), "scope %d was not triggered together with the scope above it", s.id)
		}
	}
	m.owed = m.owed[:0]
	root := c.world.scopes[c.world.rootScope]
	if root == nil || root.triggers > 0 {
		return
	}
	if m.signal.Kind != backend.EvInvalid && m.signal.Args[1] == backend.SignalTrigger {
		c.fail("SD6", events(m.signal, *ev), "signal %d did not trigger the root scope", m.signal.Args[0])
	} else if done := c.world.rootDone; c.world.main && done.Kind != backend.EvInvalid && ev.Kind != backend.EvPollEnd {
		c.fail("SD4", events(done, *ev), "the end of root did not trigger the root scope")
	}
}

// count keeps what the grace waits for, and since when nothing is left.
func (m *shutdown) count(ev *backend.Event) {
	c, id := m.c, ev.Args[0]
	switch ev.Kind {
	case backend.EvTokenTake:
		if root := c.world.rootScope; root == 0 || c.under(ev.Args[1], root) {
			m.tokens[id] = true
			if m.taken.Kind == backend.EvInvalid {
				m.taken = *ev
			}
		}
	case backend.EvTokenDrop:
		delete(m.tokens, id)
	case backend.EvSpawn:
		if ev.Args[2] == backend.ClassCleanup {
			m.cleanup[id] = true
		}
	case backend.EvDropEnd:
		delete(m.cleanup, id)
	}
	if c.world.rootDone.Kind == backend.EvInvalid {
		return
	}
	none := len(m.tokens) == 0 && len(m.cleanup) == 0
	switch {
	case none && m.zero.Kind == backend.EvInvalid:
		m.zero = *ev
	case !none && m.zero.Kind != backend.EvInvalid && (m.zero.Tau == ev.Tau || !c.opts.Simulated):
		m.zero = backend.Event{} // in time: what appears at the same instant, or before a real run noticed, still counts
	}
}

func (m *shutdown) spawn(ev *backend.Event) {
	c := m.c
	if ev.Kind == backend.EvStopAccept {
		m.stopped = *ev
	} else if m.stopped.Kind != backend.EvInvalid && ev.Args[1] == 0 {
		c.fail("SD10", events(m.stopped, *ev), "%s is spawned from outside after the end of root", c.label(ev.Args[0]))
	}
}

func (m *shutdown) onSignal(ev *backend.Event) {
	c, act := m.c, ev.Args[1]
	if act == backend.SignalDeliver {
		return
	}
	asks := ev.Args[0] == 2 || ev.Args[0] == 15 // SIGINT, SIGTERM
	taken := c.world.main && m.taken.Kind != backend.EvInvalid
	switch first := m.signal; {
	case act == backend.SignalTrigger && !asks:
		c.fail("SD6", events(*ev), "signal %d triggers, as only SIGINT and SIGTERM do", ev.Args[0])
	case act == backend.SignalTrigger && !taken:
		c.fail("SD6", events(*ev), "signal %d only triggers although no token was ever taken", ev.Args[0])
	case act == backend.SignalTrigger && first.Kind != backend.EvInvalid:
		c.fail("SD6", events(first, *ev), "signal %d only triggers although it is not the first", ev.Args[0])
	case act == backend.SignalDefault && asks && taken && first.Kind == backend.EvInvalid:
		c.fail("SD6", events(m.taken, *ev), "signal %d takes its default action although it is the first and a token was taken", ev.Args[0])
	}
	if m.signal.Kind == backend.EvInvalid {
		m.signal = *ev
	}
	if act == backend.SignalDefault {
		m.action = *ev
	}
}

func (m *shutdown) poll(ev *backend.Event) {
	c := m.c
	if m.action.Kind != backend.EvInvalid {
		c.fail("SD6", events(m.action, *ev), "%s is polled after a signal ended the run", c.label(ev.Args[0]))
	}
	if done := c.world.rootDone; done.Kind != backend.EvInvalid && !c.world.main && c.world.mode == backend.ModeDetach && !c.frozen &&
		c.opts.Simulated { // real workers may be in the middle of a poll
		c.fail("SD9", events(done, *ev), "%s is polled although a run that detaches ends with its root", c.label(ev.Args[0]))
	}
}

// over reports whether the grace has ended: it is empty outside of Main.
func (m *shutdown) over(now vclock.Instant) bool {
	return !m.c.world.main || m.zero.Kind != backend.EvInvalid || m.c.graceOver(now)
}

func (m *shutdown) gate(ev *backend.Event) {
	c := m.c
	done := c.world.rootDone
	switch {
	case done.Kind == backend.EvInvalid || c.world.mode != backend.ModeStop && c.world.mode != 0:
		if m.follows(ev) {
			c.fail("SD3", events(m.trigger, *ev), "a trigger closes the gate")
		} else {
			c.fail("SD9", events(done, *ev), "the gate is closed, but the run is not about to stop all operations")
		}
	case !m.over(ev.Tau):
		m.early(ev, "the gate is closed")
	}
}

// early reports that the grace was cut short.
func (m *shutdown) early(ev *backend.Event, what string) {
	c := m.c
	if len(m.tokens) > 0 {
		c.fail("SD4", events(c.world.rootDone, *ev), "%s %d ns after the end of root with %d tokens live", what, ev.Tau.Sub(c.world.rootDone.Tau), len(m.tokens))
		return
	}
	id := sortedKeys(m.cleanup)[0]
	c.fail("SD11", events(c.world.rootDone, c.task(id).spawn, *ev), "%s %d ns after the end of root although the cleanup %s is live",
		what, ev.Tau.Sub(c.world.rootDone.Tau), c.label(id))
}

// idle judges that a run which has nothing left to wait for ends.
func (m *shutdown) idle(ev *backend.Event) {
	c := m.c
	for _, w := range m.late {
		if link, linked := m.nodes[w]; linked {
			c.fail("SD2", events(m.fired[link.Args[1]], link, *ev), "%s still waits for scope or token %d, which has fired", c.label(link.Args[2]),
				link.Args[1])
		}
	}
	m.late = m.late[:0]
	done := c.world.rootDone
	if done.Kind == backend.EvInvalid || !c.opts.Simulated || !m.over(ev.Tau) {
		return
	}
	switch c.world.mode {
	case backend.ModeWait:
		if c.world.live == 0 {
			c.fail("SD9", events(done, *ev), "the executor idles although no task is left to wait for")
		}
	case backend.ModeStop:
		switch {
		case c.world.gate.Kind == backend.EvInvalid:
			c.fail("SD9", events(done, *ev), "the executor idles after the end of root without having closed the gate")
		case c.world.live == 0 && len(c.world.openOps) == 0:
			c.fail("SD9", events(done, *ev), "the executor idles although no task and no op is left to wait for")
		}
	case backend.ModeDetach:
		id := "SD4"
		if !c.world.main {
			id = "SD9"
		}
		c.fail(id, events(done, *ev), "the executor idles although the run has nothing left to wait for")
	}
}

func (m *shutdown) stall(ev *backend.Event) {
	c := m.c
	m.stalled = *ev
	if c.world.timers > 0 {
		c.fail("SD9", events(*ev), "the run is declared stalled although %d timers are open", c.world.timers)
	}
}

// end judges SD4 and SD11 at the moment at which the run ends, and SD9 for runs that end with their root.
func (m *shutdown) end(ev *backend.Event) {
	c := m.c
	again := m.ended.Kind != backend.EvInvalid
	m.ended = *ev
	done := c.world.rootDone
	if again || done.Kind == backend.EvInvalid || ev.Kind == backend.EvExit && failure(ev.Args[0]) ||
		m.action.Kind != backend.EvInvalid { // the default action of a signal comes in any state
		return
	}
	detach := c.world.mode == backend.ModeDetach
	if !c.world.main {
		if late := ev.Tau.Sub(done.Tau); detach && c.opts.Simulated && late > 0 {
			c.fail("SD9", events(done, *ev), "a run that detaches ends %d ns after its root", late)
		}
		return
	}
	if !detach {
		return // the mode adds its own wait, judged at the gate and at exit
	}
	if !m.over(ev.Tau) {
		m.early(ev, "the run ends")
		return
	}
	want := done.Tau.Add(c.opts.Grace)
	if m.zero.Kind != backend.EvInvalid {
		want = min(want, m.zero.Tau)
	}
	late, allowed := ev.Tau.Sub(want), vclock.Duration(0)
	switch {
	case !c.opts.Simulated:
		allowed = c.opts.Slack + lateExit
	case c.world.moved == moveYield:
		allowed = c.opts.YieldTick - 1 // the tick may step over the instant
	}
	if late > allowed {
		c.fail("SD4", events(done, m.zero, *ev), "the run ends %d ns later than it should", late)
	}
}

func (m *shutdown) exit(ev *backend.Event) {
	c, code := m.c, ev.Args[0]
	for _, n := range sortedKeys(c.world.lines) {
		c.fail("SD12", events(*ev), "the run exits with line %d enabled", n)
	}
	if m.action.Kind != backend.EvInvalid {
		if code != -16-m.action.Args[0] {
			c.fail("SD6", events(m.action, *ev), "the default action of signal %d ends the run with the code %d", m.action.Args[0], code)
		}
		return
	}
	if failure(code) || c.world.panicked.Kind != backend.EvInvalid {
		return
	}
	done := c.world.rootDone
	if done.Kind == backend.EvInvalid {
		c.fail("SD4", events(*ev), "the run exits before its root is Ready")
		return
	}
	if code != done.Args[0] {
		c.fail("SD5", events(done, *ev), "root's value is %d, but the run exits with %d", done.Args[0], code)
	}
	if m.stalled.Kind != backend.EvInvalid && c.opts.Simulated {
		c.fail("SD9", events(m.stalled, *ev), "the run stalled, but exits as if nothing had happened")
	}
	waits := c.world.mode == backend.ModeWait || c.world.mode == backend.ModeStop
	switch {
	case waits && c.world.live > 0:
		c.fail("SD9", events(done, *ev), "the run exits although %s is live", c.label(c.anyLive()))
	case c.world.mode == backend.ModeStop && c.world.gate.Kind == backend.EvInvalid:
		c.fail("SD9", events(done, *ev), "the run exits without having closed the gate")
	case c.world.mode == backend.ModeStop && len(c.world.openOps) > 0:
		c.fail("SD9", events(done, *ev), "the run exits although op %d is in flight", sortedKeys(c.world.openOps)[0])
	}
}

func (m *shutdown) unended() {
	c := m.c
	if c.exited && c.last.Kind != backend.EvExit {
		c.fail("SD12", events(c.last), "the exit is not the last event")
	}
	if c.opts.Complete && !c.exited && c.world.panicked.Kind == backend.EvInvalid {
		c.fail("SD9", events(c.last), "the run stops without an exit: a silent hang")
	}
}

// anyLive returns the lowest id of a live task, 0 if there is none.
func (c *Checker) anyLive() int64 {
	for _, id := range sortedKeys(c.tasks) {
		if c.tasks[id].live {
			return id
		}
	}
	return 0
}
