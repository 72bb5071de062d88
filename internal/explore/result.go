package explore

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Outcome is how a run ended. The zero value is invalid.
type Outcome uint8

// The outcomes.
const (
	Invalid        Outcome = iota
	Pass                   // nothing was wrong
	Property               // a property of the program was violated
	Invariant              // an invariant of the specification was violated
	Panic                  // a task, the set-up or a check panicked
	Deadlock               // live tasks are left and nothing can wake them
	NoProgress             // the step budget is gone, or a task keeps calling although it is refused
	Nondeterminism         // the same seed gave another run
	Stale                  // the tape does not fit the program
)

// Exit codes, by meaning. If several apply, 125 comes first, then 4, then the lowest.
const (
	ExitPass           = 0
	ExitProperty       = 1
	ExitUsage          = 2
	ExitNoProgress     = 3
	ExitNondeterminism = 4
	ExitWorlds         = 5
	ExitGuard          = 6
	ExitRefused        = 7 // the machine has no io_uring for us, or not what builds and runs firmware
	ExitInternal       = 125
)

// String returns the outcome in a word, as tables and JSON have it.
func (o Outcome) String() string {
	names := [...]string{"invalid", "pass", "property", "invariant", "panic", "deadlock", "no progress", "nondeterminism", "stale"}
	if int(o) < len(names) {
		return names[o]
	}
	return "invalid"
}

// ExitCode returns the exit code that belongs to the outcome.
func (o Outcome) ExitCode() int {
	switch o {
	case Pass:
		return ExitPass
	case Property, Invariant, Panic:
		return ExitProperty
	case Deadlock, NoProgress:
		return ExitNoProgress
	case Nondeterminism:
		return ExitNondeterminism
	case Stale:
		return ExitGuard
	}
	return ExitInternal
}

// WorseExit returns the exit code of two results together.
func WorseExit(a, b int) int {
	for _, first := range []int{ExitInternal, ExitNondeterminism} {
		if a == first || b == first {
			return first
		}
	}
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// Ids of violations that are mistakes of the program, with the outcome Panic.
const (
	NoRoot = "no root" // the set-up registered none
	Goexit = "goexit"  // the run was left by runtime.Goexit
)

// Hang is the id of a real run that did not end in time, with the outcome NoProgress. Its goroutines are left.
const Hang = "hang"

// Violation is what went wrong in a run.
type Violation struct {
	ID     string          // of an invariant; the property; "panic", "deadlock", ...
	Text   string          // one sentence
	Tau    vclock.Instant  // when
	Step   int64           // polls and teardown steps by then; 0 if it is not known
	Seq    uint64          // of the last event by then
	Events []backend.Event // that show it, for an invariant

	property bool
}

// Result is what a run came to. It is a value and stays valid.
type Result struct {
	Seed        uint64
	Zero        bool // the zero run, which no seed led to
	Outcome     Outcome
	Fingerprint uint64
	Schedule    uint64 // hash of the draws that order tasks and lanes
	Draws       uint64 // hash of all draws
	Choices     int64  // number of draws
	Fires       int64  // draws at a fault site that were not 0
	Steps       int64
	Events      uint64
	End         vclock.Instant
	Exit        int64      // exit code of the executor; it means nothing if the set-up panicked
	Violation   *Violation // nil if the run passed
	Broken      []string   // ids of all invariants that the monitors saw broken, in the order in which they were reported
	Hung        bool       // a real run that was given up: its goroutines are left
	Waits       []Wait     // live tasks at the end, if the run failed
	Stack       []byte     // of a panic
}

// Name returns what was violated, empty if nothing was.
func (r *Result) Name() string {
	if r.Violation == nil {
		return ""
	}
	return r.Violation.ID
}

// Signature identifies a failure across runs: how it failed and what was violated. It is empty for a run that passed.
func (r *Result) Signature() string {
	if r.Violation == nil {
		return ""
	}
	if r.Violation.ID == r.Outcome.String() {
		return r.Violation.ID
	}
	return r.Outcome.String() + ": " + r.Violation.ID
}

// Same reports whether two results are of the same run: it left the same trace and ended in the same way.
func (r *Result) Same(o *Result) bool {
	return r.Fingerprint == o.Fingerprint && r.Outcome == o.Outcome && r.Name() == o.Name()
}

func (res *Result) fail(o Outcome, id, text string) {
	res.Outcome = o
	res.Violation = &Violation{ID: id, Text: text, Tau: res.End, Step: res.Steps, Seq: res.Events}
}

// Wait is a live task at the end of a run, and what it waits for.
type Wait struct {
	Task       sched.TaskID
	Name       string
	State      string         // "waiting", "runnable", "running", "ending"
	What       string         // kind of object, such as "lock"; empty if the task waits for nothing known
	Object     int64          // id in the trace
	ObjectName string         // may be empty
	Holder     sched.TaskID   // task that could end the wait; 0 if none is known
	Until      vclock.Instant // deadline of a timer
}

// waits lists the live tasks in slot order.
func waits(ex *sched.Executor) []Wait {
	var out []Wait
	ex.EachTask(func(t *sched.Task) {
		w := Wait{Task: t.ID(), Name: t.Name(), State: t.State()}
		if info, ok := t.Blocked(); ok {
			w.What, w.Object, w.ObjectName, w.Until = info.What, info.ID, info.Name, info.Until
			if info.Holder != nil {
				w.Holder = info.Holder.ID()
			}
		}
		out = append(out, w)
	})
	return out
}

// Stats are counts over runs. Those of several runners add up. The zero value is empty.
type Stats struct {
	Runs     int64
	Steps    int64
	Events   uint64
	Choices  int64
	Virtual  vclock.Duration
	Tally    chaos.Tally
	OnVisits [256]int64 // by site: visits in runs that had the site switched on; only where nothing fired
	Seen     [backend.EvKinds]int64
	Sometime []Sometime
}

// Sometime counts how often a condition of [World.Sometimes] was true and false.
type Sometime struct {
	Name        string
	True, False int64
}

func (s *Stats) sometimes(name string, cond bool) {
	for i := range s.Sometime {
		if s.Sometime[i].Name == name {
			s.Sometime[i].add(cond)
			return
		}
	}
	s.Sometime = append(s.Sometime, Sometime{Name: name})
	s.Sometime[len(s.Sometime)-1].add(cond)
}

func (s *Sometime) add(cond bool) {
	if cond {
		s.True++
	} else {
		s.False++
	}
}

// Add adds the counts of other runs.
func (s *Stats) Add(o *Stats) {
	s.Runs += o.Runs
	s.Steps += o.Steps
	s.Events += o.Events
	s.Choices += o.Choices
	s.Virtual += o.Virtual
	s.Tally.Add(&o.Tally)
	for i := range s.OnVisits {
		s.OnVisits[i] += o.OnVisits[i]
	}
	for i := range s.Seen {
		s.Seen[i] += o.Seen[i]
	}
	for _, x := range o.Sometime {
		i := 0
		for i < len(s.Sometime) && s.Sometime[i].Name < x.Name {
			i++
		}
		if i == len(s.Sometime) || s.Sometime[i].Name != x.Name {
			s.Sometime = append(s.Sometime[:i:i], append([]Sometime{{Name: x.Name}}, s.Sometime[i:]...)...)
		}
		s.Sometime[i].True += x.True
		s.Sometime[i].False += x.False
	}
}

// Fires returns the number of faults that fired.
func (s *Stats) Fires() int64 {
	sum := int64(0)
	for _, n := range s.Tally.Fires {
		sum += n
	}
	return sum
}
