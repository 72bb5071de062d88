// Package scenarios holds the programs that simrun runs: one per file, each with its properties, and the list of all of
// them. A scenario is a program first: read it to learn how tasks are written, and run it to see what the simulator makes
// of it.
//
// To add one, write a function that takes a [explore.World], declare its properties with Assert, AtEnd and Sometimes, and
// append a line to [All]. One that needs neither descriptors nor signals belongs into package portable, and runs on a
// microcontroller, too. A program that sets its world up with World.Host runs on the real kernel, too: then what several
// bodies write is atomic, and what is exact in virtual time only is asked for where World.Virtual says so. One that cannot says
// why in OnlySim.
package scenarios

import (
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Expect says what a sweep must find. The zero value is the usual case.
type Expect uint8

// What can be expected.
const (
	ExpectPass     Expect = iota // every seed passes
	ExpectCanary                 // a planted bug: some seed violates a property or an invariant
	ExpectDeadlock               // a planted deadlock: some seed ends in one
	ExpectPanic                  // a planted panic: some seed panics
	ExpectSteps                  // a planted livelock: some seed uses up its steps
)

// String returns the expectation in a word.
func (e Expect) String() string {
	return [...]string{"pass", "canary", "deadlock", "panic", "no progress"}[e]
}

// Meets reports whether an outcome is what is expected of a failing seed.
func (e Expect) Meets(o explore.Outcome) bool {
	switch e {
	case ExpectCanary:
		return o == explore.Property || o == explore.Invariant
	case ExpectDeadlock:
		return o == explore.Deadlock
	case ExpectPanic:
		return o == explore.Panic
	case ExpectSteps:
		return o == explore.NoProgress
	}
	return false
}

// Scenario is a program with what there is to know about it.
type Scenario struct {
	Name    string // as in -scenario
	Doc     string // one line
	Config  explore.Config
	Program explore.Program
	Expect  Expect

	// OnlySim says in a few words why the scenario runs in the simulator only. It is empty if it runs on a real kernel, too:
	// then it sets its world up with World.Host, its bodies may run on several workers at once, and its properties hold in
	// real time.
	OnlySim string

	// OnlyHost says in a few words what the scenario needs that a microcontroller has not. It is empty if the program is one of
	// package portable.
	OnlyHost string

	// AnyOrder declares that without faults the exit code is a function of the seed, in whatever order tasks run.
	AnyOrder bool
}

// Portable returns the number of the program in package portable, if it is one of them.
func (s *Scenario) Portable() (program int, ok bool) {
	if s.OnlyHost != "" {
		return 0, false
	}
	return portableNumber(s.Name), true
}

// All lists the scenarios in the order in which a sweep runs them.
func All() []Scenario {
	return []Scenario{
		ported("hello", "spawn a task that sleeps one second, join it, exit with its value"),
		ported("criticalsection", "a critical section held across an await in a detached task, whose parent is cancelled"),
		ported("handles", "two tasks want one outcome; a child, a critical section and a reference"),
		ported("poison", "a change interrupted by a cancel poisons the mutex, and the next task sees it"),
		ported("bundle", "three servers joined together, of which one fails"),
		ported("scopes", "nested scopes, members that listen and members that do not"),
		{Name: "server", Doc: "an accept loop stopped by SIGTERM, with clean-up inside and beyond the grace", Program: server, OnlyHost: "signals and connections", OnlySim: "sends its own process SIGTERM at an instant", AnyOrder: true, Config: explore.Config{Grace: 10 * vclock.Millisecond}},
		{Name: "service", Doc: "resources that need each other, one of which fails, stop in order under load", Program: services, OnlyHost: "resources are allocated"},
		{Name: "reload", Doc: "SIGHUP is received and coalesces, SIGTERM asks, and a closed receiver gives the default action back", Program: reload, OnlyHost: "signals", OnlySim: "a signal ends the process"},
		{Name: "signals", Doc: "the first SIGTERM asks, the second ends", Program: signalsDefault, OnlyHost: "signals", OnlySim: "a signal ends the process"},
		{Name: "cancelread", Doc: "a cancel races the completion of a read that borrows a buffer", Program: cancelRead, OnlyHost: "descriptors", AnyOrder: true},
		{Name: "closing", Doc: "a stream and a listener are closed under those who wait on them", Program: closing, OnlyHost: "descriptors"},
		{Name: "filecopy", Doc: "a file is copied with reordered, delayed and short completions", Program: fileCopy, OnlyHost: "files", AnyOrder: true},
		{Name: "saturation", Doc: "more tasks than operation slots, some of them cancelled", Program: saturation, OnlyHost: "operations that a kernel must do", Config: explore.Config{Limits: sched.Limits{Ops: 2}}},
		ported("timers", "timers with equal deadlines, ties, races and timeouts").anyOrder(),
		ported("combinators", "locks, values and deadlines in races, selects, joins and maps, with ties and a cancel"),
		{Name: "timeouts", Doc: "operations against deadlines: ties, late losers, buffers that come back", Program: timeouts, OnlyHost: "operations that a kernel must do", AnyOrder: true},
		ported("pipeline", "producers and consumers over a bounded channel, and a oneshot"),
		ported("relay", "values pass over channels that close because tasks end, and become visible in bursts"),
		ported("rwlock", "readers, a writer and upgradeable readers of one lock, two of them cancelled"),
		ported("condition", "a queue made of a mutex and two conditions, with waiters that are cancelled and a poisoner"),
		{Name: "parallel", Doc: "three lanes that interleave at every access to a shared cell", Program: parallel, OnlyHost: "several lanes", AnyOrder: true, Config: explore.Config{Lanes: 3}},
		ported("interrupts", "two tasks on one interrupt line under a storm").withLines(3),
		ported("waiterlist", "passes with nodes that leave, join and nest"),
		ported("futures", "static tasks that are polled futures: started, stopped, started again").withLines(3).anyOrder(),
		ported("tokens", "loops at a pace until flags fire: triggers, scopes, one of several, all of several").anyOrder(),
		{Name: "outside", Doc: "spawns and wakes from outside, also after the root has ended", Program: outside, OnlyHost: "spawns from outside"},
		{Name: "mode-detach", Doc: "tasks left over when the root ends: frozen", Program: modeDetach, OnlyHost: "descriptors; lines-detach does without"},
		{Name: "mode-wait", Doc: "tasks left over when the root ends: waited for", Program: modeWait, OnlyHost: "descriptors; lines-wait does without"},
		{Name: "mode-stop", Doc: "tasks left over when the root ends: their operations end", Program: modeStop, OnlyHost: "descriptors; lines-stop does without", Config: explore.Config{Lines: 1}},
		ported("lines-detach", "sleepers and waiters on lines left over when the root ends: frozen").withLines(3),
		ported("lines-wait", "sleepers and waiters on lines left over when the root ends: waited for").withLines(3),
		ported("lines-stop", "sleepers and waiters on lines left over when the root ends: their waits end").withLines(3),
		{Name: "echo", Doc: "a TCP server and its clients: half-closed connections, a cancel in the middle", Program: echo, OnlyHost: "connections"},
		{Name: "reports", Doc: "operations with many reports: one accept for all, sends without copies, picked buffers", Program: reports, OnlyHost: "connections"},
		{Name: "directory", Doc: "versions of a file are renamed over each other while somebody reads", Program: directory, OnlyHost: "files"},
		{Name: "logwriter", Doc: "writers append to one file and make it durable in groups", Program: logWriter, OnlyHost: "files"},
		canary(),
		deadlock(),
		{Name: "panics", Doc: "a task panics while others wait", Program: panics, OnlyHost: "a panic is the end of everything", OnlySim: "plants a failure: a panic", Expect: ExpectPanic},
	}
}
