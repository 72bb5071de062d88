package explore

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/sched"
)

// trial makes one run of a program and judges it: what is the same in every world.
type trial struct {
	program  Program
	world    World
	exec     *sched.Executor
	trace    backend.Trace
	sink     sink
	stepsMax int64
	left     func(res Result, who string) // the run is left by runtime.Goexit
}

// sink feeds the readers of the trace and ends the run when one of them has seen enough.
type sink struct {
	world   *World
	hash    trace.Hash
	watch   *Watch
	checker *spec.Checker   // of this run; nil before it is ready, and without monitors
	rec     *trace.Recorder // may be nil

	// monitors returns the checker of this run, nil if it is not judged.
	monitors func() *spec.Checker
}

// ready installs the monitors, once what they must know of the run is known.
func (s *sink) ready() {
	if s.checker == nil {
		s.checker = s.monitors()
	}
}

// Events implements [backend.Sink].
func (s *sink) Events(batch []backend.Event) bool {
	s.ready()
	s.watch.move()
	s.hash.Add(batch)
	on := !s.world.failed.Load()
	if s.rec != nil {
		s.rec.Events(batch)
	}
	if s.checker != nil && !s.checker.Events(batch) {
		on = false
	}
	return on
}

// Name implements [backend.Sink].
func (s *sink) Name(id int64, text string) {
	if s.rec != nil {
		s.rec.Name(id, text)
	}
	if s.checker != nil {
		s.checker.Name(id, text)
	}
}

// setUp calls the program, and reports whether there is something to run.
func (r *trial) setUp(res *Result) bool {
	if !r.protect(res, "the set-up", func() { r.program(&r.world) }) {
		return false
	}
	if r.world.body == nil {
		res.fail(Panic, NoRoot, "the program registered no root: call w.Main or w.Run once")
		return false
	}
	return true
}

// drive runs the root. What it returns is also the executor's to tell.
func (r *trial) drive(res *Result) {
	done := false
	defer func() {
		if done {
			return
		}
		if v := recover(); v != nil {
			panic(v) // the executor was misused: nothing that a report could tell
		}
		r.left(*res, running(r.exec))
	}()
	if r.world.main {
		_, _ = sched.Main(r.exec, r.world.mode, r.world.body)
	} else {
		_, _ = sched.Run(r.exec, r.world.mode, r.world.body)
	}
	done = true
}

// protect calls f; a panic in it is the result of the run, and false.
func (r *trial) protect(res *Result, who string, f func()) (ok bool) {
	defer func() {
		v := recover()
		if v == nil && !ok {
			r.left(*res, who)
		}
		if v != nil {
			res.Outcome = Panic
			res.Violation = &Violation{ID: "panic", Text: fmt.Sprintf("%s panicked: %v", who, v), Tau: r.world.Host.Now()}
			res.Stack = debug.Stack()
		}
	}()
	f()
	return true
}

// judge decides the outcome: what was violated first, then why the executor stopped, then the properties of the whole run. err
// is what the executor says.
func (r *trial) judge(res *Result, err error) {
	violation, broken := r.broken()
	res.Broken = broken
	var panicked *sched.PanicError
	switch {
	case violation != nil && violation.property:
		res.Outcome, res.Violation = Property, violation
	case violation != nil:
		res.Outcome, res.Violation = Invariant, violation
	case errors.As(err, &panicked):
		who := "the executor"
		if panicked.Task != 0 {
			who = fmt.Sprintf("task %q", panicked.Name)
		}
		res.fail(Panic, "panic", fmt.Sprintf("%s panicked: %v", who, panicked.Value))
		res.Stack = panicked.Stack
	case err == sched.ErrStalled:
		res.fail(Deadlock, "deadlock", fmt.Sprintf("%d live tasks are left, nothing is runnable, no timer is armed and no operation "+
			"in flight will complete", r.exec.Live()))
	case err == sched.ErrSteps:
		res.fail(NoProgress, "steps", fmt.Sprintf("the run has not ended after %d steps", r.stepsMax))
	case err == sched.ErrRefusalLoop:
		res.fail(NoProgress, "refusals", "a task goes on calling although its calls are refused")
	default: // nil, or a signal
		r.atEnd(res)
	}
}

// broken returns the first violation of a property or an invariant, or nil, and the ids of all invariants that were broken.
func (r *trial) broken() (*Violation, []string) {
	var first *Violation
	if r.world.failed.Load() {
		first = new(Violation)
		*first = r.world.found
	}
	if r.sink.checker == nil {
		return first, nil
	}
	var ids []string
	for _, v := range r.sink.checker.Finish() {
		if !slices.Contains(ids, v.ID) {
			ids = append(ids, v.ID)
		}
		found := &Violation{ID: v.ID, Text: v.Text, Events: v.Events, Tau: r.world.Host.Now(), Seq: r.trace.Seq()}
		if n := len(v.Events); n > 0 {
			found.Tau, found.Seq = v.Events[n-1].Tau, v.Events[n-1].Seq
		}
		if first == nil || found.Seq < first.Seq {
			first = found
		}
	}
	return first, ids
}

func (r *trial) atEnd(res *Result) {
	ok := r.protect(res, "a check at the end", func() {
		if r.world.mode == sched.StopAllOperations && r.world.Host.InFlight() > 0 && r.exec.Live() == 0 {
			r.world.violate("no operation outlives StopAllOperations", fmt.Sprintf("%d are in flight", r.world.Host.InFlight()))
		}
		r.judgeSignal()
		for i := range r.world.ends {
			end := &r.world.ends[i]
			if r.world.failed.Load() {
				break
			}
			if err := end.check(); err != nil && !r.world.failed.Load() {
				r.world.violate(end.property, err.Error())
			}
		}
	})
	switch {
	case !ok:
	case r.world.failed.Load():
		res.Outcome, res.Violation = Property, new(Violation)
		*res.Violation = r.world.found
	default:
		res.Outcome = Pass
	}
}

// judgeSignal holds the end of the run to what the program expects of it.
func (r *trial) judgeSignal() {
	code, err := r.exec.Exit()
	var n int32
	if err == sched.ErrSignal {
		n = int32(sched.ExitSignal - code)
	}
	switch {
	case n == r.world.signal.Load() || r.world.failed.Load():
	case n != 0:
		r.world.violate("no signal ends the run", fmt.Sprintf("the default action of signal %d ended it", n))
	default:
		r.world.violate("a signal ends the run", fmt.Sprintf("signal %d was expected to end it", r.world.signal.Load()))
	}
}
