package main

import (
	"slices"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/inject"
	"github.com/tripoint-go/tripoint/internal/require"
)

func toolchain(t *testing.T) *firmware.Toolchain {
	t.Helper()
	tc, err := firmware.Find()
	if err != nil {
		require.Lacking(t, require.Cortexm, err)
	}
	return tc
}

// quick is the board of the tests; make inject has them all, and pairs.
const quick = "lm3s6965evb"

// quickMutants are those that the tests sweep: of one window each of the list, the queue and the sleep.
var quickMutants = []string{"insert", "push", "sleep"}

func TestWindows(t *testing.T) {
	tc := toolchain(t)
	for _, w := range windows() {
		w.both, w.pairs = false, false
		t.Run(w.name, func(t *testing.T) {
			r, err := sweep(t.Context(), tc, w, quick, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Failures) > 0 || r.Runs < r.Positions || r.Positions < positionsMin {
				t.Errorf("got %v\nwant a good run for each of %d positions or more", r, positionsMin)
			}
		})
	}
}

// positionsMin is less than the shortest window has.
const positionsMin = 25

func TestMutants(t *testing.T) {
	tc := toolchain(t)
	byName := map[string]window{}
	for _, w := range windows() {
		byName[w.name] = w
	}
	for _, name := range quickMutants {
		t.Run(name, func(t *testing.T) {
			w := byName[name]
			r, err := sweep(t.Context(), tc, w, quick, &w.mutant)
			if err != nil {
				t.Fatal(err)
			}
			if k := w.mutant.judge(r); k.bad != "" {
				t.Errorf("got %v\nwant every invariant of %v named", k, w.mutant.names)
			}
		})
	}
}

// Every mutant still applies to the code, so that it does not rot between two runs of make inject.
func TestOverlays(t *testing.T) {
	tc := toolchain(t)
	for _, w := range windows() {
		if files, err := w.mutant.overlay(tc.Root()); err != nil || len(files) == 0 || len(w.mutant.names) == 0 {
			t.Errorf("%s: got %d files, %d invariants, error %v; want files and invariants", w.name, len(files), len(w.mutant.names), err)
		}
	}
}

func TestOverlayOfOtherCode(t *testing.T) {
	m := mutant{edits: []edit{{"go.mod", "no such text", ""}}}
	if _, err := m.overlay(toolchain(t).Root()); err == nil {
		t.Error("got no error, want one: the text is not in the file")
	}
}

// The judge names the invariant that a trace breaks: here somebody sleeps while a task can run. That good traces please it is what
// the windows show.
func TestJudge(t *testing.T) {
	trace := []backend.Event{
		{Seq: 1, Kind: backend.EvBoot, Args: [5]int64{3, 0, 1, backend.ModeWait}},
		{Seq: 2, Kind: backend.EvSpawn, Args: [5]int64{1}},
		{Seq: 3, Kind: backend.EvIdle},
	}
	if ids, text := judge(trace); !slices.Contains(ids, "S9") || text == "" {
		t.Errorf("got %v %q, want S9", ids, text)
	}
}

func TestEventsOfMemory(t *testing.T) {
	b := make([]byte, 2*eventBytes)
	b[0], b[8], b[16], b[48], b[56], b[57], b[eventBytes] = 1, 2, 3, 4, 5, 6, 7
	got := events(b)
	want := backend.Event{Seq: 1, Tau: 2, Args: [5]int64{3, 0, 0, 0, 4}, Kind: 5, Lane: 6}
	if len(got) != 2 || got[0] != want || got[1].Seq != 7 {
		t.Errorf("got %v, want %v first", got, want)
	}
}

// A mutant that no run names an invariant of is not dead, and neither is one that fails by itself.
func TestVerdictOnMutants(t *testing.T) {
	m := mutant{names: []string{"S3", "CM1"}}
	at := []inject.Point{{Source: 25, At: 4}}
	fail := func(why string, points []inject.Point) inject.Failure {
		return inject.Failure{Points: points, End: inject.Judged, Code: broken, Why: why}
	}
	for _, c := range []struct {
		name     string
		failures []inject.Failure
		good     bool
	}{
		{"no failure", nil, false},
		{"one of two", []inject.Failure{fail("S3: a wake", at)}, false},
		{"both", []inject.Failure{fail("S3: a wake", at), fail("CM8 CM1: a node", at)}, true},
		{"by itself", []inject.Failure{fail("S3 CM1: a wake", nil)}, false},
		{"only the firmware says so", []inject.Failure{{Points: at, End: inject.Judged, Code: 1, Why: "S3 CM1"}}, false},
	} {
		if k := m.judge(inject.Report{Failures: c.failures}); (k.bad == "") != c.good {
			t.Errorf("%s: got %v, want good: %v", c.name, k, c.good)
		}
	}
}
