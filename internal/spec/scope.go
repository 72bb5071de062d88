package spec

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// scoping judges scopes and bundles: SC1 to SC5, BR1 to BR5.
type scoping struct {
	c       *Checker
	closing []*scopeState // asked to close and not gone, oldest request first
	unfired []*scopeState // asked to close, trigger not seen yet
}

func scopeRules() []Rule {
	return []Rule{
		{"SC1", "scope", "A scope fires by its own trigger or by that of an ancestor.", kinds(backend.EvTrigger)},
		{"SC2", "scope", "Triggering or closing a scope changes nothing for its parent and its siblings.",
			kinds(backend.EvTrigger, backend.EvScopeClose)},
		{"SC3", "scope", "A scope is gone only when its members and its child scopes are.", kinds(backend.EvScopeGone)},
		{"SC4", "scope", "Closing a scope triggers it, and cancels what is left in reverse spawn order once the grace is over, not earlier.",
			kinds(backend.EvScopeClose)},
		{"SC5", "scope", "A task ends after the scopes it owns.", kinds(backend.EvDropEnd)},
		{"BR1", "scope", "A bundle reports success only if every member ended Ready.", kinds(backend.EvBundleJoin)},
		{"BR2", "scope", "A bundle that fails names the member that failed first.", kinds(backend.EvBundleJoin)},
		{"BR3", "scope", "A closed bundle cancels its unfinished members once the grace is over.", kinds(backend.EvBundleJoin)},
		{"BR4", "scope", "Members of a bundle start when they are added, and the failure of one changes nothing for the others.", kinds(backend.EvBundleFail, backend.EvBundleJoin)},
		{"BR5", "scope", "A bundle that has failed reports the same failure again.", kinds(backend.EvBundleJoin)},
	}
}

func installScope(c *Checker) {
	m := &scoping{c: c}
	c.atReset(m.reset)
	c.when(m.trigger, backend.EvTrigger)
	c.when(m.close, backend.EvScopeClose)
	c.when(m.gone, backend.EvScopeGone)
	c.when(m.cancelReq, backend.EvCancelReq)
	c.when(m.dropEnd, backend.EvDropEnd)
	c.when(m.bundleJoin, backend.EvBundleJoin)
	c.when(m.member, backend.EvMember)
	c.when(m.bundleFail, backend.EvBundleFail)
	c.when(m.nextStep, backend.EvPollBegin, backend.EvDropBegin, backend.EvExpire, backend.EvIdle)
	c.when(m.settle, backend.EvPollBegin, backend.EvPollEnd, backend.EvIdle, backend.EvExit)
	c.when(m.idle, backend.EvIdle)
	c.atQuiet(m.quiet)
}

func (m *scoping) reset() {
	*m = scoping{c: m.c, closing: m.closing[:0], unfired: m.unfired[:0]}
}

func (m *scoping) trigger(ev *backend.Event) {
	c := m.c
	s := c.world.scopes[ev.Args[0]]
	if s == nil || s.triggers > 1 {
		return
	}
	if why := ev.Args[1]; why == backend.TriggerAPI || why == backend.TriggerClose {
		m.disturbed(s, ev, "is triggered")
	}
	switch why := ev.Args[1]; {
	case why == backend.TriggerParent && c.firedAbove(s).Kind == backend.EvInvalid:
		if r := c.relative(s, func(r *scopeState) bool { return r.triggers > 0 }); r != nil {
			c.fail("SC2", events(r.fired, *ev), "scope %d fires because of scope %d, which is not above it", s.id, r.id)
			return
		}
		c.fail("SC1", events(s.open, *ev), "scope %d fires although nothing above it has fired", s.id)
	case why == backend.TriggerClose && !s.isClosing():
		if r := c.relative(s, (*scopeState).isClosing); r != nil {
			c.fail("SC2", events(r.closing, *ev), "scope %d fires because scope %d closes, which is not above it", s.id, r.id)
			return
		}
		c.fail("SC1", events(s.open, *ev), "scope %d fires as if it were closed, but it is not", s.id)
	case why == backend.TriggerAny || why == backend.TriggerAll:
		c.fail("SC1", events(s.open, *ev), "scope %d fires as if it were combined of others", s.id)
	case (why == backend.TriggerRootDone || why == backend.TriggerSignal) && s.id != c.world.rootScope:
		c.fail("SC1", events(s.open, *ev), "scope %d fires for a reason that holds for the root scope only", s.id)
	}
}

func (m *scoping) close(ev *backend.Event) {
	s := m.c.world.scopes[ev.Args[0]]
	if s == nil || !s.isOpen() {
		return
	}
	m.disturbed(s, ev, "is closed")
	if s.triggers == 0 {
		m.unfired = append(m.unfired, s)
	}
	m.closing = append(m.closing, s)
}

// settle judges what had to happen in the step that closed a scope: the trigger.
func (m *scoping) settle(ev *backend.Event) {
	if ev.Kind == backend.EvExit && failure(ev.Args[0]) {
		m.unfired = nil
	}
	for _, s := range m.unfired {
		if s.triggers == 0 {
			m.c.fail("SC4", events(s.closing, *ev), "scope %d is closed without being triggered", s.id)
		}
	}
	m.unfired = m.unfired[:0]
}

func (m *scoping) gone(ev *backend.Event) {
	c := m.c
	s := c.world.scopes[ev.Args[0]]
	if s == nil {
		return
	}
	for i := range s.members {
		if t := c.task(s.members[i].task); t.live && c.belongs(s, &s.members[i]) {
			c.fail("SC3", events(s.members[i].added, *ev), "scope %d is gone although its member %s is live", s.id, c.label(t.id))
			return
		}
	}
	for _, child := range s.children {
		if child.isOpen() {
			c.fail("SC3", events(child.open, *ev), "scope %d is gone although its child scope %d is open", s.id, child.id)
			return
		}
	}
}

// cancelReq judges cancel requests of members that come through their scope.
func (m *scoping) cancelReq(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	s := c.world.scopes[-t.nc.owner]
	if ev.Args[1] != backend.CancelHandle || s == nil || t.cancelReq.Seq != ev.Seq || c.releasing(ev, t) {
		return
	}
	lane := &c.world.lanes[ev.Lane]
	if !s.isClosing() {
		if m.disturbed(s, ev, "cancels a member") {
			return
		}
		if r := c.relative(s, (*scopeState).isClosing); r != nil {
			c.fail("SC2", events(r.closing, *ev), "%s is cancelled as a member of scope %d while only scope %d closes", c.label(t.id), s.id, r.id)
		} else if lane.poll == 0 {
			c.fail("SC4", events(s.open, *ev), "%s is cancelled as a member of scope %d, which is not closing", c.label(t.id), s.id)
		}
		return
	}
	// A closed gate ends the grace, as it ends every timer.
	if ev.Tau < s.cancelAt && !c.task(s.owner).dropping && c.world.gate.Kind == backend.EvInvalid {
		c.fail("SC4", events(s.closing, *ev), "%s is cancelled as a member of scope %d before the grace is over", c.label(t.id), s.id)
		return
	}
	for i := range s.members {
		if s.members[i].task != t.id {
			continue
		}
		if s.lastCancel.Kind != backend.EvInvalid && i > s.lastIndex && s.members[i].added.Seq < s.lastCancel.Seq {
			c.fail("SC4", events(s.lastCancel, *ev), "scope %d cancels %s before %s, which was spawned later", s.id,
				c.label(s.lastCancel.Args[0]), c.label(t.id))
		}
		s.lastCancel, s.lastIndex = *ev, i
	}
}

func (m *scoping) dropEnd(ev *backend.Event) {
	c, id := m.c, ev.Args[0]
	if c.world.owned[id] <= 0 {
		return
	}
	for _, k := range sortedKeys(c.world.scopes) {
		if s := c.world.scopes[k]; s.owner == id && s.isOpen() {
			c.fail("SC5", events(s.open, *ev), "%s ended before its scope %d was gone", c.label(id), s.id)
			return
		}
	}
}

// idle judges scopes whose grace is over: what is left in them must have been asked to cancel.
func (m *scoping) idle(ev *backend.Event) {
	c := m.c
	keep := m.closing[:0]
	for _, s := range m.closing {
		if !s.isOpen() {
			continue
		}
		if s.cancelAt.Add(c.slack()) > ev.Tau || vclock.Instant(ev.Args[0]) <= ev.Tau {
			keep = append(keep, s)
			continue
		}
		m.left(s, ev)
	}
	m.closing = keep
}

func (m *scoping) left(s *scopeState, ev *backend.Event) {
	c := m.c
	for i := len(s.members) - 1; i >= 0; i-- {
		t := c.task(s.members[i].task)
		if t.live && !t.cancelled && !t.ready && c.belongs(s, &s.members[i]) && s.members[i].added.Seq < s.closing.Seq {
			id, what := "SC4", "scope"
			if s.joined.Kind != backend.EvInvalid {
				id, what = "BR3", "bundle"
			}
			c.fail(id, events(s.closing, *ev), "%s %d was closed and its grace is over, but its member %s was not asked to cancel", what, s.id, c.label(t.id))
			return
		}
	}
}

// quiet judges closing scopes when nothing can happen any more.
func (m *scoping) quiet(ev *backend.Event) {
	if ev.Kind == backend.EvIdle || m.c.last.Kind == backend.EvIdle {
		return // just judged
	}
	for _, s := range m.closing {
		if s.isOpen() && s.cancelAt <= ev.Tau {
			m.left(s, ev)
		}
	}
}
