package trace

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"github.com/tripoint-go/tripoint/backend"
)

// The processes of the Chrome form. Perfetto shows each as a group of tracks.
const (
	pidLanes = 1 // one track per lane: polls, passes, idle time, causes, interrupts
	pidTasks = 2 // one track per task: polls and teardown
	pidLives = 3 // life spans of tasks, ops and timers
)

// tauMax is the latest instant that is drawn where it is; it leaves room for the nanoseconds between events.
const tauMax = 1 << 62

// WriteChrome writes a recording as Chrome trace JSON, which Perfetto and chrome://tracing open.
//
//	process "lanes"  a track per lane: polls, passes and idle time as slices; what makes a task run (spawn, wake, cancel)
//	                 as slices of 1 ns; interrupts and other milestones as instants
//	process "tasks"  a track per task: its polls and its teardown
//	process "lives"  async spans: tasks from spawn to drop-, ops from submit to the terminal cqe, timers
//	flows            from what made a task run to the poll or teardown that it led to
//
// Slices of a track always nest. A slice that the recording does not end ends with it, and an end without a begin is left
// out, so every recording can be drawn, also a cut or a wrong one.
//
// Many events share one virtual instant. So that slices are visible and nest, every event is drawn at its tau or 1 ns after
// the event before, whichever is later. The exact tau is in the arguments of a slice. Times are microseconds with three
// decimals.
func WriteChrome(w io.Writer, rec Recording) error {
	c := &chrome{
		out: bufio.NewWriter(w), names: rec.Names,
		tracks: map[trackID]*track{}, tasks: map[int64]int64{}, causes: map[int64]cause{},
		spans: map[spanID]string{},
	}
	fmt.Fprintf(c.out, `{"displayTimeUnit":"ns","otherData":{"format":"tripoint-chrome","version":1,"dropped":%d},"traceEvents":[`, rec.Dropped)
	for pid, name := range []string{pidLanes: "lanes", pidTasks: "tasks", pidLives: "lives"} {
		if name != "" {
			c.meta("process_name", pid, 0, "name", strconv.Quote(name))
			c.meta("process_sort_index", pid, 0, "sort_index", strconv.Itoa(pid))
		}
	}
	now := int64(-1)
	for i := range rec.Events {
		now = max(min(int64(rec.Events[i].Tau), tauMax), now+1)
		c.event(&rec.Events[i], now)
	}
	c.close(now + 1)
	fmt.Fprint(c.out, "\n]}\n")
	return c.out.Flush()
}

type trackID struct {
	pid int
	tid int64
}

// track holds the names of the open slices, outermost first.
type track struct {
	id   trackID
	open []string
}

type spanID struct {
	category, id string
}

// cause is what made a task run: the place where a flow starts once the task's turn comes.
type cause struct {
	track *track
	at    int64
}

// chrome is the state of one conversion. Maps are only looked up, never walked: the order of the output is in the slices.
type chrome struct {
	out    *bufio.Writer
	names  *Names
	any    bool // an entry was written, so the next one needs a comma
	tracks map[trackID]*track
	order  []*track
	tasks  map[int64]int64   // task id to tid, in the order of appearance
	causes map[int64]cause   // by task
	spans  map[spanID]string // names of the open ones
	begun  []spanID          // in the order of begin
	flows  int
	idle   *track // the track with an idle slice open
}

// event draws one event at the instant now.
func (c *chrome) event(ev *backend.Event, now int64) {
	lane := c.track(trackID{pidLanes, int64(ev.Lane)}, "lane "+strconv.Itoa(int(ev.Lane)))
	if c.idle != nil {
		c.end(c.idle, "idle", now)
		c.idle = nil
	}
	t := ev.Args[0]
	switch ev.Kind {
	case backend.EvPollBegin:
		c.begin(lane, "poll "+c.task(t), now, ev)
		c.turn(t, "poll", now, ev)
	case backend.EvPollEnd:
		c.end(c.taskTrack(t), "poll", now)
		c.end(lane, "poll "+c.task(t), now)
	case backend.EvDropBegin:
		c.turn(t, "teardown", now, ev)
	case backend.EvDropEnd:
		c.end(c.taskTrack(t), "teardown", now)
		c.spanEnd("task", c.text(asTask, t), now)
		delete(c.causes, t)
	case backend.EvSpawn:
		c.span("task", c.text(asTask, t), c.task(t), now, ev)
		c.cause(lane, t, "spawn "+c.task(t), now, ev)
	case backend.EvWake:
		if eff := ev.Args[2]; eff == backend.EffQueued || eff == backend.EffNoted {
			c.cause(lane, t, "wake "+c.task(t), now, ev)
		}
	case backend.EvCancelReq:
		c.cause(lane, t, "cancel "+c.task(t), now, ev)
	case backend.EvPassBegin:
		c.begin(lane, "pass "+strconv.FormatInt(t, 10), now, ev)
	case backend.EvPassEnd:
		c.end(lane, "pass "+strconv.FormatInt(t, 10), now)
	case backend.EvIdle:
		c.begin(lane, "idle", now, ev)
		c.idle = lane
	case backend.EvSubmit:
		c.span("op", c.text(asOp, t), asOpKind.spelled(ev.Args[2])+" by "+c.task(ev.Args[1]), now, ev)
	case backend.EvComplete:
		if ev.Args[2] == 0 {
			c.spanEnd("op", c.text(asOp, t), now)
		}
	case backend.EvTimerStart:
		c.span("timer", strconv.FormatInt(t, 10), "timer of "+c.task(ev.Args[1]), now, ev)
	case backend.EvExpire, backend.EvTimerStop:
		c.spanEnd("timer", strconv.FormatInt(t, 10), now)
	case backend.EvIRQ:
		c.instant(lane, "irq "+strconv.FormatInt(t, 10), now, ev)
	case backend.EvPanic, backend.EvFatal, backend.EvSignal, backend.EvTrigger, backend.EvRootDone, backend.EvStopAccept,
		backend.EvGate, backend.EvFrozen, backend.EvStalled, backend.EvExit, backend.EvLost:
		c.instant(lane, Describe(ev, c.names), now, ev)
	}
}

// turn begins a poll or a teardown on the task's track and draws the flow that led to it.
func (c *chrome) turn(t int64, what string, now int64, ev *backend.Event) {
	tr := c.taskTrack(t)
	c.begin(tr, what, now, ev)
	from, ok := c.causes[t]
	if !ok {
		return
	}
	delete(c.causes, t)
	c.flows++
	c.entry(`"ph":"s","cat":"run","name":"run","id":%d,"pid":%d,"tid":%d,"ts":%s`,
		c.flows, from.track.id.pid, from.track.id.tid, micros(from.at))
	c.entry(`"ph":"f","bp":"e","cat":"run","name":"run","id":%d,"pid":%d,"tid":%d,"ts":%s`,
		c.flows, tr.id.pid, tr.id.tid, micros(now))
}

// cause draws a slice of 1 ns, because a flow must start inside a slice, and remembers it for the task's next turn. A
// later cause replaces an earlier one: it is a cancel, or it was noted while the earlier one's poll ran.
func (c *chrome) cause(lane *track, t int64, name string, now int64, ev *backend.Event) {
	c.begin(lane, name, now, ev)
	c.end(lane, name, now+1)
	c.causes[t] = cause{lane, now}
}

// begin opens a slice.
func (c *chrome) begin(tr *track, name string, now int64, ev *backend.Event) {
	tr.open = append(tr.open, name)
	c.entry(`"ph":"B","name":%s,"pid":%d,"tid":%d,"ts":%s,"args":%s`, quote(name), tr.id.pid, tr.id.tid, micros(now), c.args(ev))
}

// end closes the innermost open slice with this name, and what a wrong trace left open inside it. Without such a slice it
// does nothing.
func (c *chrome) end(tr *track, name string, now int64) {
	i := len(tr.open) - 1
	for i >= 0 && tr.open[i] != name {
		i--
	}
	if i < 0 {
		return
	}
	for n := len(tr.open); n > i; n-- {
		c.entry(`"ph":"E","pid":%d,"tid":%d,"ts":%s`, tr.id.pid, tr.id.tid, micros(now))
	}
	tr.open = tr.open[:i]
}

func (c *chrome) instant(tr *track, name string, now int64, ev *backend.Event) {
	c.entry(`"ph":"i","s":"t","name":%s,"pid":%d,"tid":%d,"ts":%s,"args":%s`,
		quote(name), tr.id.pid, tr.id.tid, micros(now), c.args(ev))
}

// span begins an async span unless one with its id is open.
func (c *chrome) span(category, id, name string, now int64, ev *backend.Event) {
	key := spanID{category, id}
	if _, open := c.spans[key]; open {
		return
	}
	c.spans[key] = name
	c.begun = append(c.begun, key)
	c.entry(`"ph":"b","cat":"%s","id":"%s %s","name":%s,"pid":%d,"tid":0,"ts":%s,"args":%s`,
		category, category, id, quote(name), pidLives, micros(now), c.args(ev))
}

func (c *chrome) spanEnd(category, id string, now int64) {
	key := spanID{category, id}
	name, open := c.spans[key]
	if !open {
		return
	}
	delete(c.spans, key)
	c.entry(`"ph":"e","cat":"%s","id":"%s %s","name":%s,"pid":%d,"tid":0,"ts":%s`,
		category, category, id, quote(name), pidLives, micros(now))
}

// close ends whatever is open.
func (c *chrome) close(now int64) {
	for _, tr := range c.order {
		for n := len(tr.open); n > 0; n = len(tr.open) {
			c.end(tr, tr.open[n-1], now)
		}
	}
	for _, key := range c.begun {
		c.spanEnd(key.category, key.id, now)
	}
}

// track returns a track and names it at its first use.
func (c *chrome) track(id trackID, name string) *track {
	tr := c.tracks[id]
	if tr == nil {
		tr = &track{id: id}
		c.tracks[id] = tr
		c.order = append(c.order, tr)
		c.meta("thread_name", id.pid, id.tid, "name", quote(name))
		c.meta("thread_sort_index", id.pid, id.tid, "sort_index", strconv.FormatInt(id.tid, 10))
	}
	return tr
}

// taskTrack returns the track of a task. Tracks are numbered in the order of appearance, because ids exceed 32 bits.
func (c *chrome) taskTrack(t int64) *track {
	tid, ok := c.tasks[t]
	if !ok {
		tid = int64(len(c.tasks)) + 1
		c.tasks[t] = tid
	}
	return c.track(trackID{pidTasks, tid}, c.task(t))
}

func (c *chrome) meta(kind string, pid int, tid int64, key, value string) {
	c.entry(`"ph":"M","name":"%s","pid":%d,"tid":%d,"args":{"%s":%s}`, kind, pid, tid, key, value)
}

func (c *chrome) entry(format string, args ...any) {
	if c.any {
		c.out.WriteByte(',')
	}
	c.any = true
	c.out.WriteString("\n{")
	fmt.Fprintf(c.out, format, args...)
	c.out.WriteByte('}')
}

// task returns how a task is called in the viewer: its id and its name.
func (c *chrome) task(t int64) string {
	if text := c.names.Task(t); text != "" {
		return c.text(asTask, t) + " " + text
	}
	return c.text(asTask, t)
}

func (c *chrome) text(typ *FieldType, v int64) string { return string(typ.add(nil, v, c.names)) }

func (c *chrome) args(ev *backend.Event) string {
	return fmt.Sprintf(`{"seq":%d,"tau":%d,"fields":%s}`, ev.Seq, int64(ev.Tau), quote(string(AppendFields(nil, ev, c.names))))
}

func quote(s string) string { return string(appendJSONString(nil, s)) }

// micros writes nanoseconds as microseconds with three decimals.
func micros(ns int64) string { return fmt.Sprintf("%d.%03d", ns/1000, ns%1000) }
