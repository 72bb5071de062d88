package spec

import (
	"fmt"
	"slices"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// serving judges resources of package service: MT1 to MT4, SD7 and SD8.
type serving struct {
	c        *Checker
	services map[int64]*serviceState
	bodies   map[int64]*serviceState // by the task of the body
	subs     map[int64]*subscriberState
	lists    map[int64]*serviceState // on which subscribers wait
	waiting  map[int64]waitingState  // by node
	owed     []debt
}

type serviceState struct {
	id, state, version int64
	told               backend.Event // trigger, Kind 0 before it
	last               backend.Event // svc
	below, above       []*serviceLink
	all                int64         // the state of the last svcall
	failed             backend.Event // of a group or root: the first permanent failure below it, as its svc
	some               []int64       // more failures that may be the first
	stopping           backend.Event // svc
}

type serviceLink struct {
	parent, child *serviceState
	how           int64
	declared      backend.Event
}

type subscriberState struct {
	service *serviceState
	task    int64
	seen    backend.Event
}

type waitingState struct {
	service *serviceState
	task    int64
	link    backend.Event
}

// debt is what must have happened before the step ends.
type debt struct {
	service *serviceState
	kind    debtKind
	why     backend.Event
}

type debtKind uint8

const (
	owesStopping debtKind = iota // the resource was told to stop
	owesStop                     // a member of the root has failed
	owesWake                     // subscribers wait, and there is a new version
)

func serviceRules() []Rule {
	return []Rule{
		{"MT1", "service", "The overall state of a resource is the worst one in its tree.", kinds(backend.EvServiceAll)},
		{"MT2", "service", "Versions that a subscriber sees never decrease, and none waits while there is one that it has not seen.",
			kinds(backend.EvServiceSee)},
		{"MT3", "service", "A resource stops when it is told to, ends as its body does, and a terminal state is final.", kinds(backend.EvService)},
		{"MT4", "service", "On the first permanent failure a root tells the others to stop, and waits for them up to its grace.",
			kinds(backend.EvServiceDep)},
		{"SD7", "service", "A resource is told to stop only when every parent that registered it is terminal or, as its group or root, was told to.",
			kinds(backend.EvServiceDep)},
		{"SD8", "service", "A group or root is done if everything below it is, and otherwise fails because of what failed first.",
			kinds(backend.EvServiceDep)},
	}
}

func installService(c *Checker) {
	m := &serving{c: c}
	c.atReset(m.reset)
	c.when(m.report, backend.EvService)
	c.when(m.all, backend.EvServiceAll)
	c.when(m.depend, backend.EvServiceDep)
	c.when(m.see, backend.EvServiceSee)
	c.when(m.trigger, backend.EvTrigger)
	c.when(m.link, backend.EvLink)
	c.when(m.unlink, backend.EvUnlink)
	c.when(m.settle, backend.EvPollBegin, backend.EvPollEnd, backend.EvIdle, backend.EvExit)
	c.when(m.dropEnd, backend.EvDropEnd)
}

func (m *serving) reset() {
	*m = serving{
		c: m.c, services: emptied(m.services), bodies: emptied(m.bodies), subs: emptied(m.subs), lists: emptied(m.lists),
		waiting: emptied(m.waiting), owed: m.owed[:0],
	}
}

func terminal(state int64) bool {
	return state == backend.ServiceDone || state == backend.ServicePermanentFailure
}

func (s *serviceState) ended() bool { return s.last.Kind != backend.EvInvalid && terminal(s.state) }

// collects reports whether s is a group or root: resources are below it that it does not need.
func (s *serviceState) collects() bool {
	return len(s.below) > 0 && s.below[0].how != backend.DepRequired
}

func (s *serviceState) isRoot() bool {
	return slices.ContainsFunc(s.below, func(l *serviceLink) bool { return l.how == backend.DepRoot })
}

func (m *serving) service(id int64) *serviceState {
	s := m.services[id]
	if s == nil {
		s = &serviceState{id: id, state: backend.ServiceLoading, all: backend.ServiceLoading}
		m.services[id] = s
	}
	return s
}

// report judges one change of a resource.
func (m *serving) report(ev *backend.Event) {
	c := m.c
	s := m.service(ev.Args[0])
	state, version, task, cause := ev.Args[1], ev.Args[2], ev.Args[3], ev.Args[4]
	before := s.last
	switch {
	case s.ended():
		c.fail("MT3", events(before, *ev), "service %d had ended and says something else now", s.id)
		return
	case before.Kind != backend.EvInvalid && version <= s.version:
		c.fail("MT2", events(before, *ev), "service %d has version %d after version %d", s.id, version, s.version)
	case s.told.Kind != backend.EvInvalid && state != backend.ServiceStopping && !terminal(state) && s.told.Seq < ev.Seq:
		c.fail("MT3", events(s.told, *ev), "service %d was told to stop and is neither stopping nor at its end", s.id)
	case task != 0 && terminal(state):
		m.body(s, ev)
	}
	s.state, s.version, s.last = state, version, *ev
	if task != 0 {
		m.bodies[task] = s
	}
	if state == backend.ServiceStopping && s.stopping.Kind == backend.EvInvalid {
		s.stopping = *ev
	}
	if len(m.lists) > 0 {
		m.owed = append(m.owed, debt{s, owesWake, *ev})
	}
	switch {
	case s.collects() && terminal(state):
		m.verdict(s, ev)
	case state == backend.ServicePermanentFailure && (!s.collects() || cause == 0):
		m.failure(s, ev)
	}
}

// body judges the end of a resource against what its body returned.
func (m *serving) body(s *serviceState, ev *backend.Event) {
	c := m.c
	t := c.task(ev.Args[3])
	switch failed := ev.Args[4] != 0; {
	case failed && ev.Args[1] == backend.ServiceDone:
		c.fail("MT3", events(*ev), "service %d is done although its body returned an error", s.id)
	case !failed && ev.Args[1] == backend.ServicePermanentFailure:
		c.fail("MT3", events(*ev), "service %d has failed although its body returned none", s.id)
	case !t.polling:
		c.fail("MT3", events(t.spawn, *ev), "service %d ends while its body, %s, does not run", s.id, c.label(t.id))
	}
}

func (m *serving) dropEnd(ev *backend.Event) {
	if s := m.bodies[ev.Args[0]]; s != nil && !s.ended() {
		m.c.fail("MT3", events(s.last, *ev), "%s, the body of service %d, has ended, and the service has not", m.c.label(ev.Args[0]), s.id)
	}
}

// all judges the merge: the states below r are known by now.
func (m *serving) all(ev *backend.Event) {
	s := m.service(ev.Args[0])
	worst := s.state
	shown := events(s.last, *ev)
	if !s.ended() {
		for _, l := range s.below {
			if l.child.all > worst {
				worst = l.child.all
				shown = events(l.child.last, *ev)
			}
		}
	}
	s.all = ev.Args[1]
	if s.all != worst {
		m.c.fail("MT1", shown, "all of service %d is said to be in state %d, and the worst state in its tree is %d", s.id, s.all, worst)
		s.all = worst
	}
}

func (m *serving) depend(ev *backend.Event) {
	c := m.c
	p, r := m.service(ev.Args[0]), m.service(ev.Args[1])
	l := &serviceLink{parent: p, child: r, how: ev.Args[2], declared: *ev}
	switch {
	case p.ended():
		c.fail("SD7", events(p.last, *ev), "service %d has ended, and registers service %d", p.id, r.id)
	case l.how != backend.DepLeft && r.told.Kind != backend.EvInvalid && !r.ended():
		c.fail("SD7", events(r.told, *ev), "service %d was told to stop, and is registered by service %d", r.id, p.id)
	case m.reaches(r, p):
		c.fail("SD7", events(*ev), "service %d is registered by service %d, which it needs itself", r.id, p.id)
		return // the tree stays one
	}
	p.below, r.above = append(p.below, l), append(r.above, l)
	if found := m.failures(r, nil); len(found) > 0 {
		for _, q := range m.collectors(p, nil) {
			m.blame(q, found, ev)
		}
	}
}

// reaches reports whether target is s or below it.
func (m *serving) reaches(s, target *serviceState) bool {
	if s == target {
		return true
	}
	if s.ended() {
		return false
	}
	return slices.ContainsFunc(s.below, func(l *serviceLink) bool { return m.reaches(l.child, target) })
}

// failures appends the resources that have failed for good in the tree of s, without the groups that failed because of them.
func (m *serving) failures(s *serviceState, found []*serviceState) []*serviceState {
	if s.state == backend.ServicePermanentFailure && s.last.Kind != backend.EvInvalid {
		if s.collects() && s.last.Args[4] != 0 {
			return append(found, m.service(s.last.Args[4]))
		}
		return append(found, s)
	}
	if !s.ended() {
		for _, l := range s.below {
			found = m.failures(l.child, found)
		}
	}
	return found
}

// collectors appends the groups and roots that s is, or is below.
func (m *serving) collectors(s *serviceState, found []*serviceState) []*serviceState {
	if slices.Contains(found, s) || s.ended() {
		return found
	}
	if s.collects() {
		found = append(found, s)
	}
	for _, l := range s.above {
		found = m.collectors(l.parent, found)
	}
	return found
}

// failure tells the groups and roots above s that it has failed for good.
func (m *serving) failure(s *serviceState, ev *backend.Event) {
	for _, l := range s.above {
		for _, q := range m.collectors(l.parent, nil) {
			m.blame(q, []*serviceState{s}, ev)
		}
	}
}

func (m *serving) blame(q *serviceState, found []*serviceState, ev *backend.Event) {
	if q.failed.Kind != backend.EvInvalid {
		return
	}
	q.failed = *ev
	for _, f := range found {
		q.some = append(q.some, f.id)
	}
	if q.isRoot() {
		m.owed = append(m.owed, debt{q, owesStop, *ev})
	}
}

// verdict judges the end of a group or root.
func (m *serving) verdict(s *serviceState, ev *backend.Event) {
	c := m.c
	cause := ev.Args[4]
	var open *serviceState
	for _, l := range s.below {
		if !l.child.ended() {
			open = l.child
		}
	}
	ungraceful := s.stopping.Kind == backend.EvInvalid ||
		ev.Tau.Sub(s.stopping.Tau) < vclock.Duration(s.stopping.Args[4]) && c.world.gate.Kind == backend.EvInvalid
	switch {
	case open != nil && (!s.isRoot() || ev.Args[1] == backend.ServiceDone):
		c.fail("SD8", events(open.last, *ev), "service %d ends although service %d below it has not", s.id, open.id)
	case open != nil && ungraceful:
		c.fail("MT4", events(open.last, s.stopping, *ev), "root %d ends before service %d below it, and before its grace is over", s.id, open.id)
	case ev.Args[1] == backend.ServiceDone && s.failed.Kind != backend.EvInvalid:
		c.fail("SD8", events(s.failed, *ev), "service %d is done although service %d below it has failed", s.id, s.some[0])
	case ev.Args[1] == backend.ServiceDone:
	case cause == 0 && (open == nil || s.failed.Kind != backend.EvInvalid):
		c.fail("SD8", events(*ev), "service %d fails without naming what failed", s.id)
	case cause != 0 && !slices.Contains(s.some, cause):
		c.fail("SD8", events(s.failed, *ev), "service %d fails because of service %d, which is not what failed first below it%s", s.id, cause, first(s))
	}
}

func first(s *serviceState) string {
	if len(s.some) == 0 {
		return ""
	}
	return fmt.Sprintf(": that is service %d", s.some[0])
}

func (m *serving) trigger(ev *backend.Event) {
	c := m.c
	s := m.services[ev.Args[0]]
	if s == nil || s.told.Kind != backend.EvInvalid {
		return
	}
	s.told = *ev
	if s.ended() {
		return
	}
	if s.state != backend.ServiceStopping {
		m.owed = append(m.owed, debt{s, owesStopping, *ev})
	}
	for _, l := range s.above {
		p := l.parent
		switch {
		case l.how == backend.DepLeft || p.ended():
		case l.how == backend.DepRequired:
			c.fail("SD7", events(l.declared, *ev), "service %d is told to stop although service %d, which needs it, has not ended", s.id, p.id)
		case p.told.Kind == backend.EvInvalid:
			c.fail("SD7", events(l.declared, *ev), "service %d is told to stop although service %d, whose member it is, was not", s.id, p.id)
		}
	}
}

// settle judges what had to happen in the step that has ended.
func (m *serving) settle(ev *backend.Event) {
	if len(m.owed) == 0 {
		return
	}
	c := m.c
	fine := !(ev.Kind == backend.EvExit && failure(ev.Args[0])) && c.world.panicked.Kind == backend.EvInvalid
	for _, d := range m.owed {
		s := d.service
		switch {
		case !fine:
		case d.kind == owesStopping && !s.ended() && s.state != backend.ServiceStopping:
			c.fail("MT3", events(d.why, *ev), "service %d was told to stop and does not say that it is stopping", s.id)
		case d.kind == owesStop && !s.ended() && (s.state != backend.ServiceStopping || s.told.Kind == backend.EvInvalid):
			c.fail("MT4", events(d.why, *ev), "something below root %d has failed for good, and it does not tell the others to stop", s.id)
		case d.kind == owesWake:
			m.sleepers(s, ev)
		}
	}
	m.owed = m.owed[:0]
}

// sleepers judges those who wait for a version of s that there is.
func (m *serving) sleepers(s *serviceState, ev *backend.Event) {
	for _, id := range sortedKeys(m.waiting) {
		if w := m.waiting[id]; w.service == s && w.link.Seq < s.last.Seq {
			m.c.fail("MT2", events(w.link, s.last, *ev), "%s waits for a version of service %d, and sleeps through version %d", m.c.label(w.task), s.id, s.version)
		}
	}
}

func (m *serving) see(ev *backend.Event) {
	c := m.c
	s := m.service(ev.Args[0])
	version, id, task := ev.Args[1], ev.Args[2], ev.Args[3]
	sub := m.subs[id]
	if sub == nil {
		sub = &subscriberState{service: s, task: task}
		m.subs[id] = sub
	}
	switch {
	case sub.seen.Kind != backend.EvInvalid && version < sub.seen.Args[1]:
		c.fail("MT2", events(sub.seen, *ev), "%s sees version %d of service %d after version %d", c.label(task), version, s.id, sub.seen.Args[1])
	case version != s.version:
		c.fail("MT2", events(s.last, *ev), "%s sees version %d of service %d, and the last one is %d", c.label(task), version, s.id, s.version)
	}
	sub.seen = *ev
	m.lists[ev.Args[4]] = s
}

func (m *serving) link(ev *backend.Event) {
	if len(m.lists) == 0 {
		return
	}
	s := m.lists[ev.Args[1]]
	if s == nil {
		return
	}
	w := waitingState{service: s, task: ev.Args[2], link: *ev}
	m.waiting[ev.Args[0]] = w
	for _, sub := range m.subs {
		if sub.service == s && sub.task == w.task && sub.seen.Args[1] == s.version {
			return
		}
	}
	m.c.fail("MT2", events(s.last, *ev), "%s waits for a version of service %d although it has not seen version %d", m.c.label(w.task), s.id, s.version)
}

func (m *serving) unlink(ev *backend.Event) { delete(m.waiting, ev.Args[0]) }
