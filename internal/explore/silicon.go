package explore

import (
	"fmt"
	"time"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// SiliconSlack is how late a timer may come on a board: a tick of the slowest clock, and the instructions from the alarm to
// the executor's look at the clock.
const SiliconSlack = 100 * vclock.Microsecond

// Machine is a board with the firmware that runs portable programs. It belongs to one goroutine.
type Machine interface {
	// Run makes one run of a program, and tells while it goes on. The error is one of the machine or of the way to it; that the
	// program has died is an End.
	Run(program int, seed uint64, grace vclock.Duration, told Told) (End, error)
}

// Told is what a run on a board tells.
type Told interface {
	backend.Sink
	Fail(property string, got, want int64)
	Sometimes(name string, cond bool)
}

// End is how a run on a board ended.
type End struct {
	Exit  int64
	Err   sched.Error // 0: none
	Steps int64
	Now   vclock.Instant
	Stack int    // words of the stack that was used most
	Died  string // why there was no end: a fault, a stack overflow, an emulator that hangs; empty: there was one
	Hung  bool   // it has died because nobody waited any longer
}

// Silicon runs one portable program again and again on a board and judges every run by its trace. It belongs to one goroutine.
type Silicon struct {
	name    string
	board   string
	program int
	config  Config
	machine Machine
	rec     *trace.Recorder
	checker *spec.Checker
	hash    trace.Hash
	res     *Result // of the run under way
	last    backend.Event
	stats   Stats
	stack   int
}

// NewSilicon returns a runner for the portable program of this number. board is the machine's name, for reports.
func NewSilicon(name, board string, program int, config Config, m Machine) *Silicon {
	return &Silicon{
		name: name, board: board, program: program, config: config.defaulted(&Options{}), machine: m,
		rec: trace.NewRecorder(realEvents, trace.KeepLast),
	}
}

// Stats returns the counts of all runs so far. It is the runner's own.
func (s *Silicon) Stats() *Stats { return &s.stats }

// Stack returns the words of the stack that was used most in all runs so far.
func (s *Silicon) Stack() int { return s.stack }

// Trace returns the last events of the last run.
func (s *Silicon) Trace() trace.Recording { return s.rec.Recording() }

// Failure returns what is known about the last run, whose result is res, as it is told in reports.
func (s *Silicon) Failure(res Result) Failure {
	return Failure{Result: res, Scenario: s.name, Configuration: "backend=cortexm board=" + s.board, Trace: s.rec.Recording(), Remote: true}
}

// Run makes one run. The same seed gives the same trace. The error is one of the machine.
func (s *Silicon) Run(seed uint64) (Result, error) {
	res := Result{Seed: seed}
	s.res = &res
	s.hash.Reset()
	s.rec.Reset()
	s.last = backend.Event{}
	opts := spec.Options{Slack: SiliconSlack, Grace: s.config.Grace, Complete: true}
	if s.checker == nil {
		s.checker = spec.New(opts)
	} else {
		s.checker.Reset(opts)
	}
	end, err := s.machine.Run(s.program, seed, s.config.Grace, s)
	if err != nil {
		return res, fmt.Errorf("%s: %w", s.board, err)
	}
	res.Events, res.Fingerprint, res.Steps, res.Exit, res.End = s.hash.Count(), s.hash.Sum(), end.Steps, end.Exit, end.Now
	s.judge(&end)
	s.stack = max(s.stack, end.Stack)
	s.stats.Runs++
	s.stats.Steps += res.Steps
	s.stats.Events += res.Events
	s.stats.Virtual += res.End.Sub(0)
	for i, n := range s.checker.Seen() {
		s.stats.Seen[i] += n
	}
	return res, nil
}

// judge decides the outcome: a property comes before an invariant that was broken later, and both before what the executor says.
func (s *Silicon) judge(end *End) {
	res := s.res
	first := res.Violation
	if end.Died != "" && first == nil {
		s.died(end)
		return
	}
	for _, v := range s.checker.Finish() {
		res.Broken = append(res.Broken, v.ID)
		found := &Violation{ID: v.ID, Text: v.Text, Events: v.Events}
		if n := len(v.Events); n > 0 {
			found.Tau, found.Seq = v.Events[n-1].Tau, v.Events[n-1].Seq
		}
		if first == nil || found.Seq < first.Seq {
			first, res.Outcome = found, Invariant
		}
	}
	res.Violation = first
	switch {
	case first != nil:
	case end.Err == 0:
		res.Outcome = Pass
	case end.Err == sched.ErrStalled:
		res.fail(Deadlock, "deadlock", "live tasks are left, nothing is runnable, no timer is armed and no line is enabled")
	default:
		res.fail(NoProgress, "steps", end.Err.Error())
	}
}

// died is the verdict on a run without an end. The executor has told no totals, so what the trace shows stands for them.
func (s *Silicon) died(end *End) {
	res := s.res
	res.End = s.last.Tau
	if end.Hung {
		res.fail(NoProgress, Hang, end.Died)
		res.Hung = true
		return
	}
	res.fail(Panic, "fault", end.Died)
}

// Events implements [backend.Sink].
func (s *Silicon) Events(batch []backend.Event) bool {
	s.hash.Add(batch)
	s.rec.Events(batch)
	s.checker.Events(batch)
	if n := len(batch); n > 0 {
		s.last = batch[n-1]
	}
	return true
}

// Name implements [backend.Sink].
func (s *Silicon) Name(id int64, text string) {
	s.rec.Name(id, text)
	s.checker.Name(id, text)
}

// Fail implements [Told]. The first failure counts.
func (s *Silicon) Fail(property string, got, want int64) {
	if s.res.Violation != nil {
		return
	}
	text := "it does not hold"
	if got != want {
		text = fmt.Sprintf("got %d, want %d", got, want)
	}
	s.res.fail(Property, property, text)
	s.res.Violation.Tau, s.res.Violation.Seq = s.last.Tau, s.last.Seq
}

// Sometimes implements [Told].
func (s *Silicon) Sometimes(name string, cond bool) { s.stats.sometimes(name, cond) }

// SiliconPatience is how long an emulator may take for one run before it is given up.
const SiliconPatience = 20 * time.Second
