package spec

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// refusalLimit is RefusalLimit of the specification, doubled: the monitor counts calls where the executor may count polls.
const refusalLimit = 2 * 1000

// lateTimer is how much later than allowed a timer may come where time is real: it covers the load of the machine.
const lateTimer = 10 * vclock.Second

// slack is how late a timer may come.
func (c *Checker) slack() vclock.Duration {
	if c.opts.Simulated {
		return c.opts.Slack
	}
	return c.opts.Slack + lateTimer
}

// stopsKept bounds how many deadlines of abandoned timers are remembered.
const stopsKept = 4096

// timing judges time: T1 to T5 and T7. T6 is in race.go.
type timing struct {
	c        *Checker
	timers   map[int64]*timerState
	heap     []*timerState                    // by (deadline, id); closed timers leave it when they come to the top
	stopped  map[vclock.Instant]backend.Event // deadlines of abandoned timers
	expiries int                              // delivered, and not followed by a wake yet
}

type timerState struct {
	id       int64
	task     int64
	deadline vclock.Instant
	start    backend.Event
	end      backend.Event // Kind 0 while it is open
}

// timerTaskState is what the monitor knows about the timers of one task.
type timerTaskState struct {
	open     int64         // timers it started that are open
	expired  backend.Event // the last of its timers that was delivered
	refusals int64         // in a row
}

func timeRules() []Rule {
	return []Rule{
		{"T1", "time", "No timer is delivered before its deadline.", kinds(backend.EvExpire)},
		{"T2", "time", "A deadline is the creation's instant plus the duration.", kinds(backend.EvTimerStart)},
		{"T3", "time", "Timers are delivered in the order of deadline and creation, and not late.", kinds(backend.EvExpire)},
		{"T4", "time", "An abandoned or delivered timer is gone: it is not delivered, wakes nobody and is not waited for.",
			kinds(backend.EvExpire, backend.EvTimerStop)},
		{"T5", "time", "Closing the gate ends every open timer at once and refuses new ones, and endless refusals end the run.",
			kinds(backend.EvGate)},
		{"T6", "time", "A timeout whose future is Ready in the same round is decided for the future.", kinds(backend.EvWon)},
		{"T7", "time", "Virtual time moves only while the executor idles, to the instant of the next event, or while all queued tasks yield.",
			kinds(backend.EvIdle, backend.EvPollBegin)},
	}
}

func installTime(c *Checker) {
	m := &timing{c: c}
	c.atReset(m.reset)
	c.when(m.start, backend.EvTimerStart)
	c.when(m.expire, backend.EvExpire)
	c.when(m.stop, backend.EvTimerStop)
	c.when(m.wake, backend.EvWake)
	c.when(m.refuse, backend.EvRefuse)
	c.when(m.progress, backend.EvSubmit, backend.EvTake, backend.EvPut, backend.EvAcquire)
	c.when(m.dropEnd, backend.EvDropEnd)
	c.when(m.idle, backend.EvIdle)
	c.when(m.exit, backend.EvExit)
	c.when(m.clock, everyEvent()...)
}

func (m *timing) reset() {
	*m = timing{c: m.c, timers: emptied(m.timers), heap: m.heap[:0], stopped: emptied(m.stopped)}
}

func (m *timing) start(ev *backend.Event) {
	c := m.c
	i, id, d := ev.Args[0], ev.Args[1], vclock.Duration(ev.Args[2])
	deadline := vclock.Instant(ev.Args[3])
	if want := ev.Tau.Add(d); deadline != want && (d >= 0 || deadline != ev.Tau) {
		c.fail("T2", events(*ev), "timer %d of %s has the deadline %d, not %d", i, c.label(id), deadline, want)
	}
	if g := c.world.gate; g.Kind != backend.EvInvalid {
		c.fail("T5", events(g, *ev), "%s starts a timer although the gate is closed", c.label(id))
	}
	t := &timerState{id: i, task: id, deadline: deadline, start: *ev}
	m.timers[i] = t
	m.push(t)
	c.task(id).tm.open++
}

// close ends an open timer; it reports false, and says why, if there is none to end.
func (m *timing) close(ev *backend.Event, verb string) (*timerState, bool) {
	c, i := m.c, ev.Args[0]
	t := m.timers[i]
	if t == nil {
		c.fail("T4", events(*ev), "timer %d is %s although no timer with this id is open", i, verb)
		return nil, false
	}
	t.end = *ev
	delete(m.timers, i)
	c.task(t.task).tm.open--
	return t, true
}

func (m *timing) expire(ev *backend.Event) {
	c := m.c
	first := m.first()
	t, ok := m.close(ev, "delivered")
	if !ok {
		return
	}
	m.expiries++
	c.task(t.task).tm.expired = *ev
	gated := c.world.gate.Kind != backend.EvInvalid
	if ev.Args[1] == 0 {
		switch {
		case !gated:
			c.fail("T5", events(t.start, *ev), "timer %d of %s is refused although the gate is open", t.id, c.label(t.task))
		case t.deadline <= ev.Tau:
			c.fail("T5", events(t.start, *ev), "timer %d of %s is refused although its deadline has passed", t.id, c.label(t.task))
		}
		return
	}
	if ev.Tau < t.deadline {
		c.fail("T1", events(t.start, *ev), "timer %d of %s is delivered %d ns early", t.id, c.label(t.task), t.deadline.Sub(ev.Tau))
		return
	}
	if first != t && !gated {
		c.fail("T3", events(first.start, t.start, *ev), "timer %d of %s is delivered before timer %d, which is due first", t.id, c.label(t.task), first.id)
		return
	}
	// Lateness counts from the end of the last wait: what came after is the time the lanes were busy.
	idle := &c.world.idle
	if idle.Kind != backend.EvInvalid && t.start.Seq < idle.Seq {
		if late := c.world.wokeTau.Sub(max(t.deadline, idle.Tau)); late > c.slack() {
			c.fail("T3", events(t.start, *idle, *ev), "timer %d of %s is delivered %d ns late: the executor slept past its deadline", t.id, c.label(t.task), late)
		}
	}
}

func (m *timing) stop(ev *backend.Event) {
	if t, ok := m.close(ev, "abandoned"); ok && t.deadline > ev.Tau {
		if len(m.stopped) >= stopsKept {
			clear(m.stopped)
		}
		m.stopped[t.deadline] = *ev
	}
}

func (m *timing) wake(ev *backend.Event) {
	if ev.Args[1] != backend.WakeTimer {
		return
	}
	if m.expiries == 0 {
		// On another lane a timer may be delivered before the poll that started it has asked for it; then that poll wakes
		// its own task.
		if t := m.c.task(ev.Args[0]); t.polling && t.tm.expired.Kind != backend.EvInvalid && t.tm.expired.Seq > t.pollBegin.Seq {
			return
		}
		m.c.fail("T4", events(*ev), "%s is woken by a timer, but no timer was delivered", m.c.label(ev.Args[0]))
		return
	}
	m.expiries--
}

func (m *timing) refuse(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	if ev.Args[1] == int64(backend.OpTimer) {
		m.expiries++ // the refusal wakes as a timer would
	}
	if t.tm.refusals++; t.tm.refusals == refusalLimit+1 {
		c.fail("T5", events(t.spawn, *ev), "%s was refused %d times in a row, and the run goes on", c.label(t.id), t.tm.refusals)
	}
}

// progress notes that a task got something other than a refusal.
func (m *timing) progress(ev *backend.Event) {
	id := ev.Args[1]
	if ev.Kind == backend.EvTake || ev.Kind == backend.EvPut {
		id = ev.Args[2]
	}
	if t := m.c.tasks[id]; t != nil {
		t.tm.refusals = 0
	}
}

func (m *timing) dropEnd(ev *backend.Event) {
	c, t := m.c, m.c.task(ev.Args[0])
	if t.tm.open <= 0 {
		return
	}
	for _, i := range sortedKeys(m.timers) {
		if m.timers[i].task == t.id {
			c.fail("T4", events(m.timers[i].start, *ev), "%s ended, but its timer %d is still open", c.label(t.id), i)
			return
		}
	}
}

// idle judges what the executor waits for: the first open timer, or the end of the grace if that is sooner.
func (m *timing) idle(ev *backend.Event) {
	c, until := m.c, vclock.Instant(ev.Args[0])
	m.expiries = 0
	first := m.first()
	if first != nil && c.world.gate.Kind != backend.EvInvalid {
		c.fail("T5", events(first.start, c.world.gate, *ev), "timer %d of %s is still open although the gate is closed", first.id, c.label(first.task))
		return
	}
	if first != nil && until > max(first.deadline, ev.Tau) {
		c.fail("T3", events(first.start, *ev), "the executor waits past the deadline of timer %d of %s", first.id, c.label(first.task))
		return
	}
	if first != nil && until == first.deadline || until <= ev.Tau {
		return
	}
	if done := c.world.rootDone; done.Kind != backend.EvInvalid && until == done.Tau.Add(c.opts.Grace) {
		return
	}
	if stop, stale := m.stopped[until]; stale {
		c.fail("T4", events(stop, *ev), "the executor waits for timer %d, which was abandoned", stop.Args[0])
	}
}

func (m *timing) exit(ev *backend.Event) {
	c := m.c
	if g, first := c.world.gate, m.first(); g.Kind != backend.EvInvalid && first != nil && !failure(ev.Args[0]) {
		c.fail("T5", events(first.start, g, *ev), "timer %d of %s was still open at the end although the gate was closed", first.id, c.label(first.task))
	}
}

// clock judges T7.
func (m *timing) clock(ev *backend.Event) {
	c := m.c
	last := c.last
	if !c.opts.Simulated {
		return
	}
	switch c.world.move {
	case moveBack:
		c.fail("T7", events(last, *ev), "the clock runs backwards by %d ns", last.Tau.Sub(ev.Tau))
	case moveIdle:
		if until := vclock.Instant(c.world.idle.Args[0]); ev.Tau > until {
			c.fail("T7", events(c.world.idle, *ev), "the clock moves %d ns past the instant the executor waits for", ev.Tau.Sub(until))
		}
	case moveYield:
		if d := ev.Tau.Sub(last.Tau); d > c.opts.YieldTick {
			c.fail("T7", events(last, *ev), "the clock moves by %d ns while tasks yield, more than the yield tick", d)
		}
	case moveOther:
		c.fail("T7", events(last, *ev), "the clock moves by %d ns although the executor did not idle", ev.Tau.Sub(last.Tau))
	}
}

// The heap of open timers, ordered by deadline, then id.

func (t *timerState) before(u *timerState) bool {
	return t.deadline < u.deadline || t.deadline == u.deadline && t.id < u.id
}

func (m *timing) push(t *timerState) {
	m.heap = append(m.heap, t)
	for i := len(m.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !m.heap[i].before(m.heap[up]) {
			break
		}
		m.heap[i], m.heap[up] = m.heap[up], m.heap[i]
		i = up
	}
}

// first returns the open timer that is due first, nil if none is open.
func (m *timing) first() *timerState {
	for len(m.heap) > 0 && m.heap[0].end.Kind != backend.EvInvalid {
		n := len(m.heap) - 1
		m.heap[0] = m.heap[n]
		m.heap = m.heap[:n]
		for i := 0; ; {
			least := i
			for _, j := range [2]int{2*i + 1, 2*i + 2} {
				if j < n && m.heap[j].before(m.heap[least]) {
					least = j
				}
			}
			if least == i {
				break
			}
			m.heap[i], m.heap[least] = m.heap[least], m.heap[i]
			i = least
		}
	}
	if len(m.heap) == 0 {
		return nil
	}
	return m.heap[0]
}
