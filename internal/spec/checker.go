// Package spec holds the monitors: small state machines over a trace, one file per group of invariants, named by the IDs
// of the specification (S1, NC4, CM7, ...). The same monitors judge traces of every backend. They know the trace alphabet
// and nothing about the code that produced it, so a bug in the executor cannot hide in them.
//
// A [Checker] is a trace sink: feed it batches while the program runs, or a recorded trace afterwards, then call
// [Checker.Finish] once. Events of several workers come in one order, that of the executor's lock; each carries its worker as
// the lane, and what one step brings about is looked for on its lane only. Every report names the invariant, says in one
// sentence what was wrong, and carries the events that show it. [Rules] lists every invariant that is judged, and at which
// events; [Compare] judges determinism, which takes two traces. A trace that lost events is reported under the name TRACE,
// whatever else it shows.
package spec

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// Violation is one broken invariant.
type Violation struct {
	ID     string          // of the invariant, such as "NC1"
	Text   string          // one sentence, with names
	Events []backend.Event // that show it, in trace order, the last one being where it broke
}

// Options adapts the monitors to a world.
type Options struct {
	Simulated bool            // virtual time: T7 applies, and SD4 is exact
	Slack     vclock.Duration // TimerSlack of T3; where time is real, the load of the machine is allowed for besides
	Grace     vclock.Duration // of SD4; 0 means 1 s
	YieldTick vclock.Duration // of T7; 0 means 1 us
	Complete  bool            // the run ended by itself (exit event): open obligations at the end are violations
	MaxCount  int             // violations kept; 0 means 16
}

// Checker runs all monitors over one trace. It is not safe for concurrent use.
type Checker struct {
	opts  Options
	names map[int64]string
	tasks map[int64]*taskState
	// recent is the task asked for last: most events in a row are about the same one.
	recent *taskState
	on     [backend.EvKinds][]func(*backend.Event)
	ends   []func()
	quiet  []func(*backend.Event)
	resets []func()
	seen   [backend.EvKinds]int64
	found  []Violation

	boot   backend.Event // the boot event, zero before it
	lanes  int64
	free   bool // the order of polls is a choice: S5 is suspended
	frozen bool
	exited bool
	last   backend.Event // the event before the one being judged
	world  world
}

// taskState is what the trace has said of one task so far. The checker updates it before the monitors see the event, so a
// handler for an event sees the state after it; live therefore already is false in the handler of drop-.
type taskState struct {
	id         int64
	parent     int64
	class      int64
	name       string
	live       bool // from spawn to drop-
	polling    bool // between poll+ and poll-
	ready      bool // poll-(R) was seen
	cancelled  bool // a cancelreq was seen
	dropping   bool // drop+ was seen
	spawn      backend.Event
	cancelReq  backend.Event // the first one; Kind 0 if none
	dropBegin  backend.Event
	pollBegin  backend.Event // the last one
	pollBegins int64
	before     *taskState // an earlier task with the same id, which must not be

	lastPoll   backend.Event // the poll+ before pollBegin
	overlap    backend.Event // a poll+ that was open when pollBegin came
	readyEnd   backend.Event // poll-(R)
	wasPolling bool          // before the last poll-
	dropBegins int
	dropEnds   int
	endSeq     uint64 // of drop-
	raceOps    int64  // ops of losers still in flight, of its last race
	raceLast   uint64 // won of that race

	q  queueState
	nc cancelState
	tm timerTaskState
}

// New returns a checker with every monitor installed.
func New(opts Options) *Checker { return newChecker(opts, monitors()) }

func newChecker(opts Options, installs []func(*Checker)) *Checker {
	c := &Checker{}
	c.reset(opts)
	c.when(func(ev *backend.Event) {
		c.fail("TRACE", events(*ev), "%d events are missing: a trace with a hole proves nothing", ev.Args[0])
	}, backend.EvLost)
	for _, install := range installs {
		install(c)
	}
	return c
}

// Reset makes the checker ready for another trace, as [New] with these options would, in the memory that it has: what was
// found before stays valid, and nothing that was fed before matters any more. It is much cheaper than New.
func (c *Checker) Reset(opts Options) {
	c.reset(opts)
	for _, reset := range c.resets {
		reset()
	}
}

// reset forgets the trace. Like the reset of every monitor it builds the whole struct anew and names what stays, so that a
// field that is forgotten here starts empty, too.
func (c *Checker) reset(opts Options) {
	if opts.Grace == 0 {
		opts.Grace = vclock.Second
	}
	if opts.YieldTick == 0 {
		opts.YieldTick = vclock.Microsecond
	}
	if opts.MaxCount == 0 {
		opts.MaxCount = 16
	}
	w := &c.world
	if w.lanes == nil {
		w.lanes = new([256]laneState)
	}
	clear(w.lanes[:w.lanesUsed])
	*c = Checker{
		on: c.on, ends: c.ends, quiet: c.quiet, resets: c.resets,
		opts: opts, names: emptied(c.names), tasks: emptied(c.tasks), lanes: 1,
		world: world{
			openOps: emptied(w.openOps), lines: emptied(w.lines), scopes: emptied(w.scopes), owned: emptied(w.owned), lanes: w.lanes,
		},
	}
}

// emptied returns the map without its entries, or a new one in place of nil.
func emptied[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	clear(m)
	return m
}

// monitors lists the constructors of all groups, one line per group. Each registers its handlers with Checker.when,
// Checker.atQuiet and Checker.atEnd, its reset with Checker.atReset, and has its table of rules in ruleTables.
func monitors() []func(*Checker) {
	return []func(*Checker){
		installSched,
		installNocancel,
		installTime,
		installOps,
		installWaiting,
		installShutdown,
		installScope,
		installTokens,
		installThrottle,
		installService,
	}
}

// when registers a handler for some kinds of events.
func (c *Checker) when(handler func(*backend.Event), kinds ...backend.EventKind) {
	for _, k := range kinds {
		c.on[k] = append(c.on[k], handler)
	}
}

// atEnd registers a check to run when the trace is over. It must look at frozen, exited and opts.Complete itself.
func (c *Checker) atEnd(check func()) { c.ends = append(c.ends, check) }

// atQuiet registers a check for the moments at which nothing can happen any more by itself, so that an obligation still open
// is a violation: an idle without deadline, op or enabled line, a stall, and the end of a run that neither failed nor froze.
// The check gets the event that shows the moment and may run several times.
func (c *Checker) atQuiet(check func(*backend.Event)) { c.quiet = append(c.quiet, check) }

// atReset registers what makes a monitor as good as new, and does it. A monitor keeps nothing of a trace outside of the struct
// that it resets and of the states that it hangs on tasks.
func (c *Checker) atReset(reset func()) {
	c.resets = append(c.resets, reset)
	reset()
}

// fail records a violation. The format is a sentence without a full stop; events are those that show it, in any
// order. A sentence that was recorded before is not recorded again.
func (c *Checker) fail(id string, events []backend.Event, format string, args ...any) {
	if len(c.found) >= c.opts.MaxCount {
		return
	}
	text := fmt.Sprintf(format, args...)
	for i := range c.found {
		if c.found[i].ID == id && c.found[i].Text == text {
			return // the same state of affairs, seen again
		}
	}
	slices.SortStableFunc(events, func(a, b backend.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	c.found = append(c.found, Violation{ID: id, Text: text, Events: slices.Compact(events)})
}

// Events feeds a batch; it returns false once a violation is known, so that the run can end. It implements backend.Sink.
func (c *Checker) Events(batch []backend.Event) bool {
	for i := range batch {
		ev := &batch[i]
		c.seen[ev.Kind]++
		c.world.lanesUsed = max(c.world.lanesUsed, int(ev.Lane)+1)
		c.trackClock(ev)
		c.track(ev)
		for _, handler := range c.on[ev.Kind] {
			handler(ev)
		}
		if c.isQuiet(ev) {
			c.runQuiet(ev)
		}
		c.last, c.world.lanes[ev.Lane].last = *ev, *ev
	}
	return len(c.found) == 0
}

// isQuiet reports whether an event shows a moment as described at atQuiet. After a panic there is none.
func (c *Checker) isQuiet(ev *backend.Event) bool {
	switch ev.Kind {
	case backend.EvIdle:
		return ev.Args[0] == int64(vclock.Forever) && len(c.world.openOps) == 0 && len(c.world.lines) == 0
	case backend.EvStalled:
		return true
	case backend.EvExit:
		return !failure(ev.Args[0]) && !c.frozen && c.world.panicked.Kind == backend.EvInvalid
	}
	return false
}

func (c *Checker) runQuiet(ev *backend.Event) {
	for _, check := range c.quiet {
		check(ev)
	}
}

// Name learns the text behind an interned id. It implements backend.Sink.
func (c *Checker) Name(id int64, text string) { c.names[id] = text }

// Finish runs the checks that need the end of the trace and returns everything found, in the order found. Call it once.
func (c *Checker) Finish() []Violation {
	if c.opts.Complete && !c.exited && !c.frozen && c.world.panicked.Kind == backend.EvInvalid {
		c.runQuiet(&c.last)
	}
	for _, check := range c.ends {
		check()
	}
	return c.found
}

// Seen returns how often each kind of event was fed. A sweep uses it to say that a monitor never saw an event it judges.
func (c *Checker) Seen() [backend.EvKinds]int64 { return c.seen }

// task returns the state of a task, creating it for ids the trace never spawned, so monitors need no nil checks.
func (c *Checker) task(id int64) *taskState {
	if t := c.recent; t != nil && t.id == id {
		return t
	}
	t := c.tasks[id]
	if t == nil {
		t = &taskState{id: id}
		c.tasks[id] = t
	}
	c.recent = t
	return t
}

// label names a task for a sentence: its name if it has one, and its id.
func (c *Checker) label(id int64) string {
	if id == 0 {
		return "the outside"
	}
	if t := c.tasks[id]; t != nil && t.name != "" {
		return fmt.Sprintf("task %q", t.name)
	}
	return fmt.Sprintf("task %d", id)
}

// track keeps the shared state.
func (c *Checker) track(ev *backend.Event) {
	a := &ev.Args
	switch ev.Kind {
	case backend.EvBoot:
		c.boot, c.lanes, c.free = *ev, max(a[2], 1), a[4] != 0
		c.world.mode, c.world.main = a[3]&^backend.ModeMain, a[3]&backend.ModeMain != 0
	case backend.EvSpawn:
		c.trackSpawn(ev)
	case backend.EvPollBegin, backend.EvPollEnd:
		c.trackPoll(ev)
	case backend.EvWake:
		c.trackWake(ev)
	case backend.EvRefuse:
		c.trackRefuse(ev)
	case backend.EvCancelReq, backend.EvDropBegin, backend.EvDropEnd:
		c.trackEnd(ev)
	case backend.EvSubmit:
		c.world.openOps[a[0]] = a[1]
	case backend.EvComplete:
		if a[2] == 0 {
			delete(c.world.openOps, a[0])
		}
	case backend.EvLineOn:
		c.world.lines[a[0]] = true
	case backend.EvLineOff:
		delete(c.world.lines, a[0])
	case backend.EvPassBegin:
		c.world.lanes[ev.Lane].passDepth++
	case backend.EvPassEnd:
		c.world.lanes[ev.Lane].passDepth--
	case backend.EvTimerStart:
		c.world.timers++
	case backend.EvExpire, backend.EvTimerStop:
		c.world.timers--
	case backend.EvScopeOpen, backend.EvMember, backend.EvScopeClose, backend.EvScopeGone, backend.EvTrigger:
		c.trackScope(ev)
	case backend.EvIdle:
		c.world.lanes[ev.Lane].drop = 0
	case backend.EvRootDone:
		c.world.rootDone = *ev
	case backend.EvGate:
		c.world.gate = *ev
	case backend.EvPanic, backend.EvFatal:
		if c.world.panicked.Kind == backend.EvInvalid {
			c.world.panicked = *ev
		}
	case backend.EvFrozen:
		c.frozen = true
	case backend.EvExit:
		c.exited = true
	}
}
