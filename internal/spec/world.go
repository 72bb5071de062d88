package spec

import (
	"slices"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// world is what follows from the trace about the run as a whole: the run queue, the lanes, the clock, and what is still
// open. The checker keeps it up to date before the monitors see an event, from the trace alone.
type world struct {
	queue     runQueue
	starts    int64 // polls and teardown steps started so far
	live      int64 // tasks between spawn and drop-
	openOps   map[int64]int64
	lines     map[int64]bool
	timers    int // open
	scopes    map[int64]*scopeState
	owned     map[int64]int // open scopes by owner
	lanes     *[256]laneState
	lanesUsed int           // lanes from here on are as new
	rootScope int64         // 0 before it
	rootDone  backend.Event // Kind 0 before it
	gate      backend.Event // Kind 0 before it
	panicked  backend.Event // the first panic or fatal
	main      bool          // Main: trigger and grace
	mode      int64         // backend.ModeDetach, ModeWait or ModeStop; 0 if the trace does not say

	idle      backend.Event  // the last idle
	afterIdle bool           // nothing but choices since that idle
	wokeTau   vclock.Instant // clock at the end of the last idle
	move      moveKind       // how the clock came to differ between the previous event and this one
	moved     moveKind       // how it changed the last time it did
}

// laneState is one scheduler thread.
type laneState struct {
	poll      int64  // task whose poll is open, 0 if none
	pollSeq   uint64 // of its poll+
	outerSeq  uint64 // of the poll that was open when the last poll+ came, 0 if none
	passDepth int
	drop      int64         // task whose teardown step is the last thing that began, 0 if none
	last      backend.Event // the event before the one being judged, of those of this lane
	won       backend.Event // the last race that was decided here
	givenUp   uint64        // the last event of the unbroken run of releases behind it
	failed    backend.Event // the failure of a bundle's member in the step that is running
}

// moveKind says how time passed.
type moveKind uint8

const (
	moveNone  moveKind = iota
	moveIdle           // across an idle
	moveYield          // while every queued task had got there by yielding
	moveOther          // otherwise
	moveBack           // backwards
)

// runQueue is the run queue as the trace implies it: tasks in the order in which they were queued.
type runQueue struct {
	head, tail *taskState
	n          int64
	yielded    int64 // of them, tasks that got there by yielding
}

// queueState is a task's place in the run queue and what is known about its wakes.
type queueState struct {
	queued     bool
	noted      bool          // woken while running
	yielded    bool          // by itself, in the current or the last poll
	refused    bool          // a refusal put it there, so the place is only known once a wake says so
	woken      bool          // a wake that was not void came since the last poll+
	answered   bool          // woken, as it was when the last poll+ began
	mergeable  bool          // before the last wake it was queued or noted, so that wake could merge
	wasQueued  bool          // before its last poll or teardown step began
	bypassed   int64         // starts of others between queueing and that beginning
	startsThen int64         // world.starts when it was queued
	ahead      int64         // entries ahead of it then
	reported   bool          // S5 was reported for this entry
	cause      backend.Event // what queued it
	spawnPoll  uint64        // poll+ of the poll in which it was spawned, 0 if none
	prev, next *taskState
}

func (c *Checker) enqueue(t *taskState, ev *backend.Event, yielded bool) {
	if t.q.queued || t.ready || t.dropping || !t.live {
		return
	}
	q := &c.world.queue
	t.q.queued, t.q.reported, t.q.cause = true, false, *ev
	t.q.ahead, t.q.startsThen, t.q.yielded = q.n, c.world.starts, yielded
	t.q.prev, t.q.next = q.tail, nil
	if q.tail == nil {
		q.head = t
	} else {
		q.tail.q.next = t
	}
	q.tail = t
	q.n++
	if yielded {
		q.yielded++
	}
}

func (c *Checker) dequeue(t *taskState) {
	if !t.q.queued {
		return
	}
	q := &c.world.queue
	if t.q.prev == nil {
		q.head = t.q.next
	} else {
		t.q.prev.q.next = t.q.next
	}
	if t.q.next == nil {
		q.tail = t.q.prev
	} else {
		t.q.next.q.prev = t.q.prev
	}
	t.q.prev, t.q.next, t.q.queued, t.q.refused = nil, nil, false, false
	q.n--
	if t.q.yielded {
		q.yielded--
	}
}

// begin notes that a poll or a teardown step of t starts.
func (c *Checker) begin(t *taskState) {
	t.q.wasQueued = t.q.queued
	t.q.bypassed = c.world.starts - t.q.startsThen
	c.dequeue(t)
	c.world.starts++
}

// trackClock notes how the clock got from the previous event to this one. It runs before anything else sees the event.
func (c *Checker) trackClock(ev *backend.Event) {
	w := &c.world
	w.move = moveNone
	switch {
	case c.last.Kind == backend.EvInvalid || ev.Tau == c.last.Tau:
	case ev.Tau < c.last.Tau:
		w.move = moveBack
	case w.afterIdle:
		w.move = moveIdle
	case w.queue.n > 0 && w.queue.n == w.queue.yielded:
		w.move = moveYield
	default:
		w.move = moveOther
	}
	if w.move != moveNone {
		w.moved = w.move
	}
	if w.afterIdle && (ev.Kind != backend.EvChoice || w.move != moveNone) {
		w.afterIdle, w.wokeTau = false, ev.Tau
	}
	if ev.Kind == backend.EvIdle {
		w.afterIdle, w.idle, w.wokeTau = true, *ev, ev.Tau
	}
}

// trackWake keeps the run queue for a wake.
func (c *Checker) trackWake(ev *backend.Event) {
	t, src, eff := c.task(ev.Args[0]), ev.Args[1], ev.Args[2]
	t.q.mergeable = t.q.queued || t.q.noted || t.q.refused || t.cancelled && t.polling
	if eff == backend.EffVoid {
		return
	}
	t.q.woken = true
	if t.polling && eff != backend.EffQueued {
		t.q.noted = true
		t.q.yielded = t.q.yielded || src == backend.WakeSelf
		return
	}
	if t.q.queued && t.q.refused && eff == backend.EffQueued {
		c.dequeue(t)
	}
	if eff != backend.EffMerged {
		c.enqueue(t, ev, src == backend.WakeSelf)
	}
}

// trackRefuse puts a refused task to the tail: at once, or when its poll ends.
func (c *Checker) trackRefuse(ev *backend.Event) {
	t := c.task(ev.Args[0])
	t.q.woken = true
	if t.polling {
		t.q.noted, t.q.yielded = true, true
	} else {
		c.enqueue(t, ev, true)
		t.q.refused = t.q.queued
	}
}

// trackPoll keeps the run queue and the lanes for a poll.
func (c *Checker) trackPoll(ev *backend.Event) {
	t := c.task(ev.Args[0])
	if ev.Kind == backend.EvPollBegin {
		c.begin(t)
		t.lastPoll, t.overlap = t.pollBegin, backend.Event{}
		if t.polling {
			t.overlap = t.pollBegin
		}
		t.polling, t.pollBegin, t.pollBegins = true, *ev, t.pollBegins+1
		t.q.answered, t.q.woken, t.q.noted, t.q.yielded = t.q.woken, false, false, false
		lane := &c.world.lanes[ev.Lane]
		lane.outerSeq, lane.poll, lane.pollSeq, lane.drop = lane.pollSeq, t.id, ev.Seq, 0
		return
	}
	t.wasPolling, t.polling = t.polling, false
	if lane := &c.world.lanes[t.pollBegin.Lane]; lane.poll == t.id {
		lane.poll, lane.pollSeq = 0, 0
	}
	switch {
	case ev.Args[1] == backend.PollReady:
		c.dequeue(t)
		t.ready, t.readyEnd = true, *ev
	case t.q.noted || t.cancelled:
		c.enqueue(t, ev, t.q.yielded)
	}
	t.q.noted = false
}

// trackSpawn starts a new task.
func (c *Checker) trackSpawn(ev *backend.Event) {
	a := &ev.Args
	old := c.tasks[a[0]]
	t := &taskState{id: a[0], parent: a[1], class: a[2], name: c.names[a[3]], live: true, spawn: *ev}
	if old != nil {
		c.dequeue(old)
		if old.spawn.Kind != backend.EvInvalid {
			t.before = old
		}
	}
	if old == nil || !old.live {
		c.world.live++
	}
	c.tasks[a[0]], c.recent = t, t
	if lane := &c.world.lanes[ev.Lane]; lane.poll != 0 {
		t.q.spawnPoll = lane.pollSeq
	}
	c.enqueue(t, ev, false)
}

// trackEnd keeps the shared state for a cancel request and for the teardown.
func (c *Checker) trackEnd(ev *backend.Event) {
	t := c.task(ev.Args[0])
	switch ev.Kind {
	case backend.EvCancelReq:
		if !t.cancelled {
			t.cancelled, t.cancelReq = true, *ev
		}
		if !t.polling {
			c.enqueue(t, ev, false)
		}
	case backend.EvDropBegin:
		if t.ready {
			c.dequeue(t)
		} else {
			c.begin(t)
		}
		t.dropping = true
		c.world.lanes[ev.Lane].drop = t.id
		if t.dropBegins++; t.dropBegins == 1 {
			t.dropBegin = *ev
		}
	case backend.EvDropEnd:
		if t.live {
			c.world.live--
		}
		c.dequeue(t)
		t.live = false
		t.endSeq = ev.Seq
		t.dropEnds++
		if lane := &c.world.lanes[ev.Lane]; lane.drop == t.id {
			lane.drop = 0
		}
	}
}

// releasing reports whether the release of t's handle, which asks t to cancel, is itself part of giving something up: a
// teardown runs, or a wait was just unlinked. The join of an attached handle that is abandoned looks like that.
func (c *Checker) releasing(ev *backend.Event, t *taskState) bool {
	gaveUp := func(last *backend.Event) bool {
		return last.Kind == backend.EvUnlink && last.Args[1] == backend.UnlinkDrop
	}
	lane := &c.world.lanes[ev.Lane]
	return lane.drop != 0 || gaveUp(&lane.last) || t.nc.released.Seq != 0 && t.nc.released.Seq == lane.last.Seq && gaveUp(&t.nc.releasedAfter)
}

// graceOver reports whether the exit grace has passed at an instant. It is only meaningful after rootdone.
func (c *Checker) graceOver(now vclock.Instant) bool {
	return now >= c.world.rootDone.Tau.Add(c.opts.Grace)
}

// failure reports whether an exit code is one of those reserved for failing ends, which void every obligation.
func failure(code int64) bool { return code >= -100 && code <= -1 }

// events copies the events that were really seen, leaving out zero ones, so that evidence can be listed without checks.
func events(evs ...backend.Event) []backend.Event {
	out := make([]backend.Event, 0, len(evs))
	for _, ev := range evs {
		if ev.Kind != backend.EvInvalid {
			out = append(out, ev)
		}
	}
	return out
}

// sortedKeys returns the keys of a map in order, so that a report does not depend on the map's order.
func sortedKeys[V any](m map[int64]V) []int64 {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
