package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/report"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/scenarios"
	"github.com/tripoint-go/tripoint/vclock"
)

// hasCortexm reports whether this machine can build and run firmware. That it cannot is an error where it is demanded.
func hasCortexm() (bool, error) {
	_, err := firmware.Find()
	if err == nil {
		return true, nil
	}
	if require.Demanded(require.Cortexm) {
		return false, fmt.Errorf("the toolchain is demanded, and it is missing: %w", err)
	}
	return false, nil
}

// scripted is a board whose runs are the ones of a script, one after the other, the last one for ever.
type scripted struct {
	ends []scriptedEnd
	runs int
}

type scriptedEnd struct {
	exit int64 // in the trace
	end  explore.End
	err  error
}

// Run implements [explore.Machine].
func (m *scripted) Run(_ int, seed uint64, _ vclock.Duration, told explore.Told) (explore.End, error) {
	e := m.ends[min(m.runs, len(m.ends)-1)]
	m.runs++
	told.Events([]backend.Event{
		{Seq: 1, Kind: backend.EvBoot, Args: [5]int64{3, int64(seed), 1, backend.ModeDetach}},
		{Seq: 2, Kind: backend.EvExit, Args: [5]int64{e.exit}},
	})
	return e.end, e.err
}

func runnerOn(ends ...scriptedEnd) (*explore.Silicon, *scripted) {
	m := &scripted{ends: ends}
	return explore.NewSilicon("x", "board", 0, explore.Config{}, m), m
}

// Runs that should be one and are not are nondeterminism, whichever of them differs, and the report shows both.
func TestRunsOnABoardAreCompared(t *testing.T) {
	usual, other := scriptedEnd{exit: 1}, scriptedEnd{exit: 2}
	for _, c := range []struct {
		name                string
		first, again, fresh scriptedEnd
		differ              bool
	}{
		{"equal", usual, usual, usual, false},
		{"the second run", usual, other, usual, true},
		{"the fresh emulator", usual, usual, other, true},
		{"dies once", usual, scriptedEnd{exit: 1, end: explore.End{Died: "exception 3"}}, usual, true},
	} {
		first, _ := runnerOn(c.first)
		again, _ := runnerOn(c.again)
		fresh, _ := runnerOn(c.fresh)
		closed := 0
		x := trio{first: first, again: again, fresh: fresh, close: func() error { closed++; return nil }}
		fail, err := x.run(7)
		if err != nil || fail.Outcome == explore.Nondeterminism != c.differ {
			t.Errorf("%s: got %s, error %v", c.name, fail.Signature(), err)
		}
		if !c.differ && closed != 1 {
			t.Errorf("%s: the emulator of the fresh run was closed %d times, want once", c.name, closed)
		}
		if c.differ && (fail.Name() != spec.SameTape || fail.Difference == "") {
			t.Errorf("%s: got %+v and the difference %q", c.name, fail.Violation, fail.Difference)
		}
	}
}

// An emulator that hangs is not asked again, and what it cannot do at all is an error.
func TestNoSecondRunAfterAHang(t *testing.T) {
	first, _ := runnerOn(scriptedEnd{exit: 1, end: explore.End{Died: "it has not answered", Hung: true}})
	again, machine := runnerOn(scriptedEnd{exit: 1})
	x := trio{first: first, again: again}
	if fail, err := x.run(1); err != nil || fail.Outcome != explore.NoProgress || !fail.Hung || machine.runs != 0 {
		t.Errorf("got %s, error %v, and %d more runs; want a run that hangs and no more", fail.Signature(), err, machine.runs)
	}
	broken := errors.New("no emulator")
	x.first, _ = runnerOn(scriptedEnd{err: broken})
	if _, err := x.run(1); !errors.Is(err, broken) {
		t.Errorf("got the error %v, want %v", err, broken)
	}
}

// The last column compares what was found with what a scenario plants.
func TestResultsOnABoard(t *testing.T) {
	find := func(f *flags, name string) *scenarios.Scenario {
		s, ok := f.find(name)
		if !ok {
			t.Fatalf("no scenario %s", name)
		}
		return &s
	}
	for _, c := range []struct {
		scenario, named string
		runs            int64
		cell            cell
		want            string
		code            int
	}{
		{"hello", "", 3, cell{}, "pass", explore.ExitPass},
		{"hello", "", 0, cell{}, "not run", explore.ExitPass},
		{"canary", "", 3, cell{}, "pass", explore.ExitPass},
		{"deadlock", "", 3, cell{}, "NOT FOUND: the planted deadlock, in 3 runs", explore.ExitGuard},
		{"deadlock", "deadlock", 3, cell{}, "pass", explore.ExitPass},
		{"deadlock", "", 3, cell{failed: 3, planned: true, row: report.SiliconRow{Result: "found"}}, "found", explore.ExitPass},
		{"hello", "", 3, cell{failed: 2, row: report.SiliconRow{Result: "FAIL: x"}}, "FAIL: x, in 2 of 3 runs", explore.ExitPass},
	} {
		l := &lab{t: newTool(scenarios.All()), in: &interrupt{}}
		l.t.f.scenario = c.named
		c.cell.row.Stats.Runs = c.runs
		l.result(find(&l.t.f, c.scenario), &c.cell)
		if got := c.cell.row.Result; got != c.want || l.code != c.code {
			t.Errorf("%s: got %q with code %d, want %q with %d", c.scenario, got, l.code, c.want, c.code)
		}
	}
}

// The table has a row for each scenario on each board; what was left out comes last.
func TestSiliconTable(t *testing.T) {
	rows := []report.SiliconRow{{Name: "b", LeftOut: "files"}, {Name: "a", Board: "x", Stack: 7, Result: "pass"}}
	rows[1].Stats.Runs, rows[1].Stats.Virtual = 3, 20*vclock.Millisecond
	var out strings.Builder
	report.SiliconTable(&out, rows)
	const want = "scenario  board  runs  virtual time  steps  events  stack words  result\n" +
		"a         x      3     20ms          0      0       7            pass\n" +
		"b         -      0     -             -      -       -            left out: files\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
