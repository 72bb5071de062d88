package spec

import (
	"regexp"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

func TestRulesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	shape := regexp.MustCompile(`^[A-Z]+[0-9]+$`)
	for _, r := range Rules() {
		switch {
		case !shape.MatchString(r.ID):
			t.Errorf("%q is not an id of the specification", r.ID)
		case seen[r.ID]:
			t.Errorf("%s is listed twice", r.ID)
		case r.Group == "" || len(r.Kinds) == 0:
			t.Errorf("%s has no group or judges no event", r.ID)
		case !strings.HasSuffix(r.Statement, ".") || len(r.Statement) > 160:
			t.Errorf("%s: the statement is not one short sentence: %q", r.ID, r.Statement)
		}
		for _, k := range r.Kinds {
			if k == backend.EvInvalid || k >= backend.EvKinds {
				t.Errorf("%s judges the event %d, which does not exist", r.ID, k)
			}
		}
		seen[r.ID] = true
	}
	if got := Invariants(); len(got) != len(seen) {
		t.Errorf("%d ids for %d rules", len(got), len(seen))
	}
}

func TestUnjudgedNamesWhatASweepMissed(t *testing.T) {
	var seen [backend.EvKinds]int64
	if got, want := len(Unjudged(seen)), len(Rules()); got != want {
		t.Errorf("of an empty sweep %d rules are unjudged, want all %d", got, want)
	}
	c := New(Options{Simulated: true})
	c.Events(parseTrace(t, "MAIN; poll+ 1; END"))
	missed := map[string]bool{}
	for _, r := range Unjudged(c.Seen()) {
		missed[r.ID] = true
	}
	for id, want := range map[string]bool{"S1": false, "SD5": false, "NC4": true, "T1": true, "SC3": true} {
		if missed[id] != want {
			t.Errorf("%s unjudged: got %v, want %v", id, missed[id], want)
		}
	}
}

func TestATraceWithAHoleFails(t *testing.T) {
	c := New(Options{})
	c.Events([]backend.Event{{Seq: 1, Kind: backend.EvBoot}, {Seq: 9, Kind: backend.EvLost, Args: [5]int64{7}}})
	if found := c.Finish(); len(found) == 0 || found[0].ID != "TRACE" {
		t.Errorf("got %v, want a violation TRACE", found)
	}
}

func BenchmarkCheckerYields(b *testing.B) {
	const tasks = 64
	batch := make([]backend.Event, 0, 3*tasks)
	c := New(Options{Simulated: true})
	c.Events([]backend.Event{{Seq: 1, Kind: backend.EvBoot, Args: [5]int64{1, 0, 1, backend.ModeDetach + backend.ModeMain}}})
	seq := uint64(1)
	emit := func(kind backend.EventKind, args ...int64) {
		seq++
		ev := backend.Event{Seq: seq, Kind: kind}
		copy(ev.Args[:], args)
		batch = append(batch, ev)
	}
	for i := range int64(tasks) {
		emit(backend.EvSpawn, i+1)
	}
	c.Events(batch)
	b.ReportAllocs()
	for b.Loop() {
		batch = batch[:0]
		for i := range int64(tasks) {
			emit(backend.EvPollBegin, i+1)
			emit(backend.EvWake, i+1, backend.WakeSelf, backend.EffNoted)
			emit(backend.EvPollEnd, i+1, backend.PollPending)
		}
		if !c.Events(batch) {
			b.Fatal(c.Finish())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(3*tasks), "ns/event")
}
