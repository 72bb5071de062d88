// Package spec holds the monitors: small state machines over a trace, one file per group of invariants, named by the IDs
// of the specification (S1, NC4, CM7, ...). The same monitors judge traces of every backend. They know the trace alphabet
// and nothing about the code that produced it, so a bug in the executor cannot hide in them.
//
// A [Checker] is a trace sink: feed it batches while the program runs, or a recorded trace afterwards, then call
// [Checker.Finish] once. Every report names the invariant, says in one sentence what was wrong, and carries the events
// that show it.
package spec

import (
	"fmt"

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
	Slack     vclock.Duration // TimerSlack of T3
	Grace     vclock.Duration // of SD4; 0 means 1 s
	Complete  bool            // the run ended by itself (exit event): open obligations at the end are violations
	MaxCount  int             // violations kept; 0 means 16
}

// Checker runs all monitors over one trace. It is not safe for concurrent use.
type Checker struct {
	opts  Options
	names map[int64]string
	tasks map[int64]*taskState
	on    [backend.EvKinds][]func(*backend.Event)
	ends  []func()
	seen  [backend.EvKinds]int64
	found []Violation

	boot   backend.Event // the boot event, zero before it
	lanes  int64
	free   bool // the order of polls is a choice: S5 is suspended
	frozen bool
	exited bool
	last   backend.Event
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
}

// New returns a checker with every monitor installed.
func New(opts Options) *Checker {
	if opts.Grace == 0 {
		opts.Grace = vclock.Second
	}
	if opts.MaxCount == 0 {
		opts.MaxCount = 16
	}
	c := &Checker{opts: opts, names: map[int64]string{}, tasks: map[int64]*taskState{}, lanes: 1}
	for _, install := range monitors() {
		install(c)
	}
	return c
}

// monitors lists the constructors of all groups. Each registers its handlers with Checker.when and Checker.atEnd.
func monitors() []func(*Checker) {
	return []func(*Checker){}
}

// when registers a handler for some kinds of events.
func (c *Checker) when(handler func(*backend.Event), kinds ...backend.EventKind) {
	for _, k := range kinds {
		c.on[k] = append(c.on[k], handler)
	}
}

// atEnd registers a check to run when the trace is over. It must look at frozen, exited and opts.Complete itself.
func (c *Checker) atEnd(check func()) { c.ends = append(c.ends, check) }

// fail records a violation. The format is a sentence without a full stop; events are those that show it.
func (c *Checker) fail(id string, events []backend.Event, format string, args ...any) {
	if len(c.found) < c.opts.MaxCount {
		c.found = append(c.found, Violation{ID: id, Text: fmt.Sprintf(format, args...), Events: events})
	}
}

// Events feeds a batch; it returns false once a violation is known, so that the run can end. It implements backend.Sink.
func (c *Checker) Events(batch []backend.Event) bool {
	for i := range batch {
		ev := &batch[i]
		c.seen[ev.Kind]++
		c.track(ev)
		for _, handler := range c.on[ev.Kind] {
			handler(ev)
		}
		c.last = *ev
	}
	return len(c.found) == 0
}

// Name learns the text behind an interned id. It implements backend.Sink.
func (c *Checker) Name(id int64, text string) { c.names[id] = text }

// Finish runs the checks that need the end of the trace and returns everything found, in the order found. Call it once.
func (c *Checker) Finish() []Violation {
	for _, check := range c.ends {
		check()
	}
	return c.found
}

// Seen returns how often each kind of event was fed. A sweep uses it to say that a monitor never saw an event it judges.
func (c *Checker) Seen() [backend.EvKinds]int64 { return c.seen }

// task returns the state of a task, creating it for ids the trace never spawned, so monitors need no nil checks.
func (c *Checker) task(id int64) *taskState {
	t := c.tasks[id]
	if t == nil {
		t = &taskState{id: id}
		c.tasks[id] = t
	}
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
		c.boot, c.lanes, c.free = *ev, a[2], a[4] != 0
	case backend.EvSpawn:
		c.tasks[a[0]] = &taskState{id: a[0], parent: a[1], class: a[2], name: c.names[a[3]], live: true, spawn: *ev}
	case backend.EvPollBegin:
		t := c.task(a[0])
		t.polling, t.pollBegin, t.pollBegins = true, *ev, t.pollBegins+1
	case backend.EvPollEnd:
		t := c.task(a[0])
		t.polling = false
		if a[1] == backend.PollReady {
			t.ready = true
		}
	case backend.EvCancelReq:
		if t := c.task(a[0]); !t.cancelled {
			t.cancelled, t.cancelReq = true, *ev
		}
	case backend.EvDropBegin:
		t := c.task(a[0])
		t.dropping, t.dropBegin = true, *ev
	case backend.EvDropEnd:
		c.task(a[0]).live = false
	case backend.EvFrozen:
		c.frozen = true
	case backend.EvExit:
		c.exited = true
	}
}
