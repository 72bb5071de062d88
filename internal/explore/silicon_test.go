package explore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// played is a board whose only run is played by a function.
type played func(told explore.Told) (explore.End, error)

// Run implements [explore.Machine].
func (p played) Run(_ int, _ uint64, _ vclock.Duration, told explore.Told) (explore.End, error) {
	return p(told)
}

// boot and exit are the shortest trace that breaks no rule: whoever ran it has used up its steps.
var (
	boot = backend.Event{Seq: 1, Kind: backend.EvBoot, Args: [5]int64{3, 1, 1, backend.ModeDetach}}
	exit = backend.Event{Seq: 2, Tau: 5, Kind: backend.EvExit, Args: [5]int64{-4}}
)

// Whatever a board tells has its outcome: the first property that does not hold before everything else, and no end is a panic.
func TestVerdictsOnABoard(t *testing.T) {
	events := func(told explore.Told) { told.Events([]backend.Event{boot, exit}) }
	for _, c := range []struct {
		name    string
		run     played
		outcome explore.Outcome
		id      string
		text    string
	}{
		{"property", func(told explore.Told) (explore.End, error) {
			told.Events([]backend.Event{boot})
			told.Fail("first", 1, 2)
			told.Fail("second", 3, 4)
			return explore.End{Err: sched.ErrStalled}, nil
		}, explore.Property, "first", "got 1, want 2"},
		{"property without numbers", func(told explore.Told) (explore.End, error) {
			events(told)
			told.Fail("first", 0, 0)
			return explore.End{}, nil
		}, explore.Property, "first", "it does not hold"},
		{"property, then death", func(told explore.Told) (explore.End, error) {
			told.Fail("first", 1, 2)
			return explore.End{Died: "exception 3"}, nil
		}, explore.Property, "first", "got 1, want 2"},
		{"stalled", func(told explore.Told) (explore.End, error) {
			told.Events([]backend.Event{boot, {Seq: 2, Kind: backend.EvStalled, Args: [5]int64{1}}, {Seq: 3, Kind: backend.EvExit, Args: [5]int64{-2}}})
			return explore.End{Err: sched.ErrStalled}, nil
		}, explore.Deadlock, "deadlock", "live tasks are left"},
		{"steps", func(told explore.Told) (explore.End, error) {
			events(told)
			return explore.End{Err: sched.ErrSteps}, nil
		}, explore.NoProgress, "steps", ""},
		{"death", func(told explore.Told) (explore.End, error) {
			told.Events([]backend.Event{boot})
			return explore.End{Died: "exception 3"}, nil
		}, explore.Panic, "fault", "exception 3"},
		{"hang", func(told explore.Told) (explore.End, error) {
			return explore.End{Died: "no answer", Hung: true}, nil
		}, explore.NoProgress, explore.Hang, "no answer"},
	} {
		r := explore.NewSilicon("x", "board", 0, explore.Config{}, c.run)
		res, err := r.Run(1)
		if err != nil || res.Outcome != c.outcome || res.Name() != c.id || !strings.Contains(res.Violation.Text, c.text) {
			t.Errorf("%s: got %s %+v, error %v, want %s with %q", c.name, res.Signature(), res.Violation, err, c.id, c.text)
		}
		if res.Hung != (c.id == explore.Hang) {
			t.Errorf("%s: got hung=%t", c.name, res.Hung)
		}
	}
}

// A broken invariant is found in the trace of a board; a board that cannot run is an error; counts add up.
func TestRunsOnABoard(t *testing.T) {
	late := exit
	late.Seq = 3 // an event is missing
	script := []played{
		func(told explore.Told) (explore.End, error) {
			told.Events([]backend.Event{boot, exit})
			told.Sometimes("often", true)
			return explore.End{Steps: 2, Now: 7, Stack: 30}, nil
		},
		func(told explore.Told) (explore.End, error) {
			told.Events([]backend.Event{boot, {Seq: 2, Kind: backend.EvPollBegin, Args: [5]int64{9}}, late})
			return explore.End{Steps: 3, Now: 1, Stack: 20}, nil
		},
		func(explore.Told) (explore.End, error) { return explore.End{}, errors.New("no emulator") },
	}
	runs := 0
	r := explore.NewSilicon("x", "board", 0, explore.Config{}, played(func(told explore.Told) (explore.End, error) {
		runs++
		return script[runs-1](told)
	}))
	good, err := r.Run(1)
	if err != nil || good.Outcome != explore.Pass || good.Events != 2 || good.Steps != 2 || good.End != 7 || len(r.Trace().Events) != 2 {
		t.Errorf("got %+v, error %v", good, err)
	}
	bad, err := r.Run(1)
	if err != nil || bad.Outcome != explore.Invariant || bad.Same(&good) || len(bad.Broken) == 0 || !slices.Contains(bad.Broken, bad.Name()) {
		t.Errorf("a poll of a task that was never spawned: got %+v, error %v", bad, err)
	}
	if f := r.Failure(bad); f.Scenario != "x" || !strings.Contains(f.Configuration, "board=board") || len(f.Trace.Events) != 3 || !f.Remote {
		t.Errorf("got %+v", f)
	}
	if _, err := r.Run(1); err == nil || err.Error() != "board: no emulator" {
		t.Errorf("got the error %v", err)
	}
	s := r.Stats()
	if s.Runs != 2 || s.Steps != 5 || s.Events != 5 || s.Virtual != 8 || r.Stack() != 30 || len(s.Sometime) != 1 || s.Sometime[0].True != 1 {
		t.Errorf("got %+v and %d words", s, r.Stack())
	}
}
