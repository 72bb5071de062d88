package spec

import (
	"slices"

	"github.com/tripoint-go/tripoint/backend"
)

// nocancel judges who may cancel whom: NC1 to NC5 and NC7 to NC9, and NC6 as far as a trace shows it.
type nocancel struct {
	c       *Checker
	locks   map[int64]*flux
	ending  map[int64]bool // tasks with a cancel request or a teardown that has not ended
	unasked []int64        // cancelled by a handle that has not been seen to be released yet
	froze   backend.Event  // frozen or exit
}

// cancelState is what the trace has said about the handle of a task.
type cancelState struct {
	owner         int64 // of the attached handle: a task, a scope negated, 0 if none
	attached      backend.Event
	released      backend.Event // hdrop(t,1)
	releasedAfter backend.Event // the event before that, on its lane
	detached      backend.Event // hdrop(t,0)
	joinGone      bool          // that was the end of a pending join
	outcome       backend.Event // joined or cancelres
	lastPolls     int           // poll- after the cancel request
	entered       []int64       // locks entered and not left
}

// flux is a lock with a cancel-unsafe region.
type flux struct {
	enter    backend.Event // Kind 0: nobody is inside
	poisoned backend.Event // Kind 0: healthy
}

func nocancelRules() []Rule {
	return []Rule{
		{"NC1", "nocancel", "A task is cancelled by its own handle or not at all.", kinds(backend.EvCancelReq, backend.EvDropBegin)},
		{"NC2", "nocancel", "A detached task is never cancelled and runs to its end.", kinds(backend.EvHDrop)},
		{"NC3", "nocancel", "A task whose joiner gave up a pending join runs to its end.", kinds(backend.EvHDrop)},
		{"NC4", "nocancel", "A handle learns one outcome, the true one, and only after the task has ended.",
			kinds(backend.EvJoined, backend.EvCancelRes)},
		{"NC5", "nocancel", "A cancel request leads to the end of the task without a further wake.", kinds(backend.EvCancelReq)},
		{"NC6", "nocancel", "Starting a task that is live starts nothing.", kinds(backend.EvSpawn)},
		{"NC7", "nocancel", "After the freeze no task is polled, cancelled or released.", kinds(backend.EvFrozen, backend.EvExit)},
		{"NC8", "nocancel", "Data in flux whose task ends is poisoned before anybody else gets it.", kinds(backend.EvEnter)},
		{"NC9", "nocancel", "A teardown starts nothing but cleanup tasks.", kinds(backend.EvDropBegin)},
	}
}

func installNocancel(c *Checker) {
	m := &nocancel{c: c}
	c.atReset(m.reset)
	c.when(m.handle, backend.EvHAttach, backend.EvHDrop)
	c.when(m.cancelReq, backend.EvCancelReq)
	c.when(m.dropBegin, backend.EvDropBegin)
	c.when(m.dropEnd, backend.EvDropEnd)
	c.when(m.pollEnd, backend.EvPollEnd)
	c.when(m.outcome, backend.EvJoined, backend.EvCancelRes)
	c.when(m.spawn, backend.EvSpawn)
	c.when(m.freeze, backend.EvFrozen, backend.EvExit)
	c.when(m.frozen, backend.EvPollBegin, backend.EvDropBegin, backend.EvCancelReq)
	c.when(m.lock, backend.EvEnter, backend.EvLeave, backend.EvPoison, backend.EvUnpoison, backend.EvAcquire)
	c.when(m.starts, backend.EvSubmit, backend.EvAcquire, backend.EvTimerStart, backend.EvPut, backend.EvTake, backend.EvTokenTake)
	c.when(m.idle, backend.EvIdle)
	c.atQuiet(m.quiet)
}

func (m *nocancel) reset() {
	*m = nocancel{c: m.c, locks: emptied(m.locks), ending: emptied(m.ending), unasked: m.unasked[:0]}
}

// detachRule names the rule that protects a detached task.
func (t *taskState) detachRule() string {
	if t.nc.joinGone {
		return "NC3"
	}
	return "NC2"
}

func (m *nocancel) handle(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	switch {
	case ev.Kind == backend.EvHAttach:
		t.nc.owner, t.nc.attached, t.nc.released = ev.Args[1], *ev, backend.Event{}
	case ev.Args[1] != 0:
		t.nc.released, t.nc.releasedAfter = *ev, c.world.lanes[ev.Lane].last
	default:
		t.nc.detached = *ev
		// A handle that a teardown, or the removal of a wait, gives up was waiting for the join.
		lane := &c.world.lanes[ev.Lane]
		t.nc.joinGone = lane.last.Kind == backend.EvUnlink && lane.last.Args[1] == backend.UnlinkDrop || lane.drop != 0
	}
}

func (m *nocancel) cancelReq(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	if t.live {
		m.ending[t.id] = true
	}
	if t.cancelReq.Seq != ev.Seq {
		return // asked again: nothing new
	}
	if t.nc.detached.Kind != backend.EvInvalid {
		c.fail(t.detachRule(), events(t.nc.detached, *ev), "%s is cancelled although its handle was detached", c.label(t.id))
		return
	}
	if c.world.lanes[ev.Lane].passDepth > 0 {
		c.fail("NC1", events(t.spawn, *ev), "%s is cancelled in the middle of a pass, where no handle acts", c.label(t.id))
		return
	}
	if ev.Args[1] != backend.CancelHandle {
		return
	}
	if t.nc.attached.Kind == backend.EvInvalid {
		c.fail("NC1", events(t.spawn, *ev), "%s is cancelled by the release of a handle that was never attached", c.label(t.id))
		return
	}
	if t.nc.released.Kind == backend.EvInvalid {
		m.unasked = append(m.unasked, t.id)
	}
	if owner := c.tasks[t.nc.owner]; t.nc.owner > 0 && !c.releasing(ev, t) && (owner == nil || !owner.polling && !(owner.dropping && owner.live)) {
		c.fail("NC1", events(t.nc.attached, *ev), "%s is cancelled by the release of its handle, but its owner %s was neither running nor ending",
			c.label(t.id), c.label(t.nc.owner))
	}
}

func (m *nocancel) dropBegin(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	if t.live {
		m.ending[t.id] = true
	}
	if t.ready || t.cancelled {
		return
	}
	if t.nc.joinGone {
		c.fail("NC3", events(t.nc.detached, *ev), "%s is torn down after its join was given up, without having been Ready", c.label(t.id))
		return
	}
	c.fail("NC1", events(t.spawn, *ev), "%s is torn down although it was neither Ready nor asked to cancel", c.label(t.id))
}

func (m *nocancel) dropEnd(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	delete(m.ending, t.id)
	for _, lock := range t.nc.entered {
		if l := m.locks[lock]; l.enter.Kind != backend.EvInvalid && l.enter.Args[1] == t.id {
			c.fail("NC8", events(l.enter, *ev), "%s ended inside lock %d, which was not poisoned", c.label(t.id), lock)
		}
	}
}

func (m *nocancel) pollEnd(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	if !t.cancelled {
		return
	}
	if t.nc.lastPolls++; t.nc.lastPolls == 2 {
		c.fail("NC5", events(t.cancelReq, *ev), "a second poll of %s ends after it was asked to cancel", c.label(t.id))
	}
}

func (m *nocancel) outcome(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	first := t.nc.outcome
	t.nc.outcome = *ev
	some := ev.Kind == backend.EvJoined || ev.Args[1] != 0
	switch {
	case first.Kind != backend.EvInvalid:
		c.fail("NC4", events(first, *ev), "the outcome of %s is delivered twice", c.label(t.id))
	case t.live || t.dropEnds == 0:
		c.fail("NC4", events(t.dropBegin, *ev), "the outcome of %s is delivered before it has ended", c.label(t.id))
	case some && !t.ready:
		c.fail("NC4", events(t.cancelReq, *ev), "a value of %s is delivered although it never was Ready", c.label(t.id))
	case !some && t.ready:
		c.fail("NC4", events(t.readyEnd, *ev), "the value of %s is withheld although it was Ready", c.label(t.id))
	}
}

func (m *nocancel) spawn(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	if old := t.before; old != nil {
		if old.live {
			c.fail("NC6", events(old.spawn, *ev), "%s is started although it is live", c.label(t.id))
		} else {
			c.fail("NC6", events(old.spawn, *ev), "%s is started under the id of a task that has ended", c.label(t.id))
		}
	}
	if parent := c.tasks[t.parent]; parent != nil && parent.dropping && parent.live && t.class != backend.ClassCleanup {
		c.fail("NC9", events(parent.dropBegin, *ev), "the teardown of %s spawns %s, which is not a cleanup task", c.label(t.parent), c.label(t.id))
	}
}

func (m *nocancel) freeze(ev *backend.Event) {
	if m.froze.Kind == backend.EvInvalid {
		m.froze = *ev
	}
	if c := m.c; ev.Kind == backend.EvFrozen && ev.Args[0] != c.world.live {
		c.fail("NC7", events(*ev), "%d tasks are live at the freeze, but %d are frozen", c.world.live, ev.Args[0])
	}
}

func (m *nocancel) frozen(ev *backend.Event) {
	if m.froze.Kind == backend.EvInvalid {
		return
	}
	what := map[backend.EventKind]string{backend.EvPollBegin: "polled", backend.EvDropBegin: "torn down", backend.EvCancelReq: "cancelled"}
	m.c.fail("NC7", events(m.froze, *ev), "%s is %s after the run froze", m.c.label(ev.Args[0]), what[ev.Kind])
}

// lock judges NC8. Whoever is inside and ends must leave poison behind before the lock moves on.
func (m *nocancel) lock(ev *backend.Event) {
	c, id := m.c, ev.Args[0]
	l := m.locks[id]
	if l == nil {
		l = &flux{}
		m.locks[id] = l
	}
	switch ev.Kind {
	case backend.EvEnter:
		if l.poisoned.Kind != backend.EvInvalid {
			c.fail("NC8", events(l.poisoned, *ev), "%s enters lock %d although it is poisoned", c.label(ev.Args[1]), id)
		}
		l.enter = *ev
		t := c.task(ev.Args[1])
		t.nc.entered = append(t.nc.entered, id)
	case backend.EvLeave:
		l.enter = backend.Event{}
		m.left(ev.Args[1], id)
	case backend.EvPoison:
		if l.enter.Kind != backend.EvInvalid {
			m.left(l.enter.Args[1], id)
		}
		l.enter, l.poisoned = backend.Event{}, *ev
	case backend.EvUnpoison:
		l.poisoned = backend.Event{}
	case backend.EvAcquire:
		if in := l.enter; in.Kind != backend.EvInvalid && in.Args[1] != ev.Args[1] && c.task(in.Args[1]).dropping {
			c.fail("NC8", events(in, *ev), "%s acquires lock %d although %s ended inside it, and it was not poisoned",
				c.label(ev.Args[1]), id, c.label(in.Args[1]))
		}
	}
}

func (m *nocancel) left(task, lock int64) {
	t := m.c.task(task)
	if i := slices.Index(t.nc.entered, lock); i >= 0 {
		t.nc.entered = slices.Delete(t.nc.entered, i, i+1)
	}
}

// starts judges NC9.
func (m *nocancel) starts(ev *backend.Event) {
	id, what := ev.Args[1], "acquires a lock"
	switch ev.Kind {
	case backend.EvAcquire:
		if ev.Args[3] == inOnePoll { // a section of a sync mutex waits for nobody
			return
		}
	case backend.EvSubmit:
		what = "submits an op"
	case backend.EvTimerStart:
		what = "starts a timer"
	case backend.EvPut:
		id, what = ev.Args[2], "sends"
	case backend.EvTake:
		id, what = ev.Args[2], "receives"
	case backend.EvTokenTake:
		id, what = ev.Args[2], "takes a token"
	}
	if t := m.c.tasks[id]; t != nil && t.dropping && t.live {
		m.c.fail("NC9", events(t.dropBegin, *ev), "%s %s in its teardown", m.c.label(id), what)
	}
}

// waits reports whether a task's end waits for a scope that still has a reason to be open.
func (m *nocancel) waits(task int64) bool {
	c := m.c
	if c.world.owned[task] <= 0 {
		return false
	}
	for _, s := range c.world.scopes {
		if s.owner != task || !s.isOpen() {
			continue
		}
		for i := range s.members {
			if c.task(s.members[i].task).live {
				return true
			}
		}
		for _, child := range s.children {
			if child.isOpen() {
				return true
			}
		}
	}
	return false
}

// idle judges what needs no further event: a requested teardown is work for the run queue.
func (m *nocancel) idle(ev *backend.Event) {
	c := m.c
	for t := c.world.queue.head; t != nil; t = t.q.next {
		if t.cancelled {
			c.fail("NC5", events(t.cancelReq, *ev), "%s was asked to cancel, but its teardown did not begin", c.label(t.id))
		}
	}
	for _, id := range m.unasked {
		if t := c.task(id); t.nc.released.Kind == backend.EvInvalid {
			c.fail("NC1", events(t.nc.attached, t.cancelReq), "%s was cancelled as if its attached handle had been released, but it was not", c.label(id))
		}
	}
	m.unasked = m.unasked[:0]
}

// quiet judges the obligations that end only with the world: a teardown that waits for nothing must have ended.
func (m *nocancel) quiet(ev *backend.Event) {
	c := m.c
	if ev.Kind != backend.EvIdle && c.last.Kind != backend.EvIdle {
		m.idle(ev)
	}
	for _, id := range sortedKeys(m.ending) {
		if t := c.task(id); t.live && t.dropping && !m.waits(id) && !m.opOpen(ev, id) {
			if t.cancelled {
				c.fail("NC5", events(t.cancelReq, t.dropBegin, *ev), "%s was asked to cancel, but its teardown never ends", c.label(id))
			}
		}
	}
	if ev.Kind != backend.EvExit || c.world.mode != backend.ModeWait && c.world.mode != backend.ModeStop {
		return
	}
	for _, id := range sortedKeys(c.tasks) {
		if t := c.tasks[id]; t.nc.detached.Kind != backend.EvInvalid && !t.ready && !t.cancelled {
			c.fail(t.detachRule(), events(t.nc.detached, *ev), "%s was detached, but the run ended before it did", c.label(id))
		}
	}
}

// opOpen reports whether ops are still in flight when the world has stopped, so that a teardown may wait for one.
func (m *nocancel) opOpen(ev *backend.Event, id int64) bool {
	return ev.Kind == backend.EvStalled && len(m.c.world.openOps) > 0
}
