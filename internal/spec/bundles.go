package spec

import "github.com/tripoint-go/tripoint/backend"

// member judges when a member starts: at once (BR4). That the scope is a bundle is known when it is joined, or a member fails.
func (m *scoping) member(ev *backend.Event) {
	last := m.c.world.lanes[ev.Lane].last
	if s := m.c.world.scopes[ev.Args[0]]; s != nil && (last.Kind != backend.EvSpawn || last.Args[0] != ev.Args[1]) {
		s.lateStart = *ev
	}
}

// bundleFail is told of the end of a member that has failed.
func (m *scoping) bundleFail(ev *backend.Event) {
	c := m.c
	s := c.world.scopes[ev.Args[0]]
	if s == nil {
		return
	}
	t := c.task(ev.Args[1])
	switch at := memberIndex(s, t.id); {
	case at < 0:
		c.fail("BR2", events(s.open, *ev), "bundle %d has a failure of %s, which is not a member", s.id, c.label(t.id))
	case t.live:
		c.fail("BR2", events(s.members[at].added, *ev), "bundle %d has a failure of %s, which has not ended", s.id, c.label(t.id))
	case s.failure(t.id) != nil:
		c.fail("BR5", events(*s.failure(t.id), *ev), "bundle %d has the failure of %s twice", s.id, c.label(t.id))
	case s.triggers > 0 && s.fired.Seq > t.endSeq:
		c.fail("BR4", events(s.fired, *ev), "bundle %d is triggered because its member %s has failed", s.id, c.label(t.id))
	case t.ready && ev.Args[2] == 0:
		c.fail("BR1", events(t.readyEnd, *ev), "bundle %d has a failure of %s without an error", s.id, c.label(t.id))
	}
	s.failures = append(s.failures, *ev)
	m.startedLate(s, ev)
	if lane := &c.world.lanes[ev.Lane]; lane.poll == 0 { // in a poll, its task may do what it likes next
		lane.failed = *ev
	}
}

func (m *scoping) nextStep(ev *backend.Event) { m.c.world.lanes[ev.Lane].failed = backend.Event{} }

// disturbed judges what happens to a bundle in the very step in which a member has failed: nothing (BR4).
func (m *scoping) disturbed(s *scopeState, ev *backend.Event, what string) bool {
	failed := &m.c.world.lanes[ev.Lane].failed
	if failed.Kind == backend.EvInvalid || failed.Args[0] != s.id || s.closing.Kind != backend.EvInvalid && s.closing.Seq < failed.Seq {
		return false
	}
	m.c.fail("BR4", events(*failed, *ev), "bundle %d %s because its member %s has failed", s.id, what, m.c.label(failed.Args[1]))
	return true
}

func (m *scoping) startedLate(s *scopeState, ev *backend.Event) {
	if s.lateStart.Kind != backend.EvInvalid {
		m.c.fail("BR4", events(s.lateStart, *ev), "%s does not start when bundle %d gets it", m.c.label(s.lateStart.Args[1]), s.id)
	}
}

// failure returns the event that told of a member's failure, nil if there was none.
func (s *scopeState) failure(task int64) *backend.Event {
	for i := range s.failures {
		if s.failures[i].Args[1] == task {
			return &s.failures[i]
		}
	}
	return nil
}

// bundleJoin judges the result of a bundle: the first of the failures that members ended with.
func (m *scoping) bundleJoin(ev *backend.Event) {
	c := m.c
	s := c.world.scopes[ev.Args[0]]
	if s == nil {
		return
	}
	m.startedLate(s, ev)
	failed, digest := ev.Args[1], ev.Args[2]
	first := s.joined
	if first.Kind == backend.EvInvalid || first.Args[1] == 0 {
		s.joined = *ev
	} else if first.Args[1] != failed || first.Args[2] != digest {
		c.fail("BR5", events(first, *ev), "bundle %d reported the failure of %s before and reports something else now", s.id, c.label(first.Args[1]))
		return
	}
	if failed == 0 {
		m.joinedNil(s, ev)
		return
	}
	t := c.task(failed)
	at := memberIndex(s, failed)
	switch {
	case at < 0:
		c.fail("BR2", events(s.open, *ev), "bundle %d reports the failure of %s, which is not a member", s.id, c.label(failed))
	case t.live:
		c.fail("BR2", events(s.members[at].added, *ev), "bundle %d reports the failure of %s, which has not ended", s.id, c.label(failed))
	case t.ready && digest == 0:
		c.fail("BR1", events(t.readyEnd, *ev), "bundle %d reports the failure of %s without an error", s.id, c.label(failed))
	case len(s.failures) == 0:
		c.fail("BR2", events(s.members[at].added, *ev), "bundle %d reports the failure of %s, but no member has failed", s.id, c.label(failed))
	case s.failures[0].Args[1] != failed || s.failures[0].Args[2] != digest:
		c.fail("BR2", events(s.failures[0], *ev), "bundle %d reports the failure of %s, but that of %s was the first", s.id, c.label(failed), c.label(s.failures[0].Args[1]))
	default:
		m.firstFailure(s, t, ev)
	}
}

func (m *scoping) joinedNil(s *scopeState, ev *backend.Event) {
	c := m.c
	if len(s.failures) > 0 {
		c.fail("BR1", events(s.failures[0], *ev), "bundle %d reports success although its member %s has failed", s.id, c.label(s.failures[0].Args[1]))
		return
	}
	for i := range s.members {
		if t := c.task(s.members[i].task); (t.live || !t.ready) && c.belongs(s, &s.members[i]) {
			c.fail("BR1", events(s.members[i].added, *ev), "bundle %d reports success although its member %s did not end Ready", s.id, c.label(t.id))
			return
		}
	}
}

// firstFailure judges what the bundle says of members that ended cancelled: they have failed.
func (m *scoping) firstFailure(s *scopeState, t *taskState, ev *backend.Event) {
	c := m.c
	for i := range s.members {
		u := c.task(s.members[i].task)
		if u == t || u.live || u.ready || !c.belongs(s, &s.members[i]) {
			continue
		}
		asked := s.closing.Kind == backend.EvInvalid || u.cancelReq.Seq < s.closing.Seq
		if later := t.readyEnd.Seq; asked && u.endSeq < later || asked && !t.ready && u.endSeq < t.endSeq {
			c.fail("BR2", events(u.cancelReq, *ev), "bundle %d reports the failure of %s although %s failed first", s.id, c.label(t.id), c.label(u.id))
			return
		}
	}
}

func memberIndex(s *scopeState, task int64) int {
	for i := range s.members {
		if s.members[i].task == task {
			return i
		}
	}
	return -1
}
