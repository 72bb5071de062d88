package trace

import (
	"slices"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"pgregory.net/rapid"
)

// A recorder keeps exactly the last or the first events, whatever the batches are, and counts the rest.
func TestRecorderKeepsWhatItsModeSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		keep := rapid.SampledFrom([]Keep{KeepLast, KeepFirst}).Draw(t, "keep")
		events := ramp(rapid.IntRange(0, 70).Draw(t, "events"))
		r := NewRecorder(limit, keep)
		for range rapid.IntRange(0, 2).Draw(t, "runs before") {
			r.Events(ramp(limit + 3))
			r.Reset()
		}
		for rest := events; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "batch")
			if !r.Events(rest[:n]) {
				t.Fatal("a recorder asked for the end of the run")
			}
			rest = rest[n:]
		}
		kept := min(limit, len(events))
		want := events[len(events)-kept:]
		if keep == KeepFirst {
			want = events[:kept]
		}
		rec := r.Recording()
		if !slices.Equal(rec.Events, want) || rec.Dropped != int64(len(events)-kept) || r.Len() != kept {
			t.Fatalf("got %d events, %d dropped, want %d and %d", len(rec.Events), rec.Dropped, kept, len(events)-kept)
		}
	})
}

// The name of a task outlives its spawn event, and names are bounded.
func TestRecorderRemembersNames(t *testing.T) {
	r := NewRecorder(1, KeepLast)
	var tr backend.Trace
	tr.Init(make([]backend.Event, 4), r)
	reader := tr.Intern("reader")
	tr.Emit(backend.EvSpawn, 7, 0, 0, reader, 0)
	tr.Emit(backend.EvPollBegin, 7, 0, 0, 0, 0)
	tr.Flush()
	rec := r.Recording()
	if got, want := Describe(&rec.Events[0], rec.Names), `#2 0 ns: task 7 "reader" is polled`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for i := range int64(NamesMax + 1) {
		rec.Names.nameTask(100+i, reader)
		rec.Names.Add(1+i, "text")
	}
	if rec.Names.Task(7) != "" || rec.Names.Task(100) != "" || rec.Names.Task(100+NamesMax) != "reader" {
		t.Error("want the names of the last tasks and no others")
	}
	if _, ok := rec.Names.Text(1 + NamesMax); ok {
		t.Error("names are not bounded")
	}
}

// stopper is a sink that asks for the end of the run and counts what it gets.
type stopper struct{ events, names int }

func (s *stopper) Events(batch []backend.Event) bool {
	s.events += len(batch)
	return false
}

func (s *stopper) Name(int64, string) { s.names++ }

// Every sink of a tee gets everything, also after one said no, and feeding allocates nothing.
func TestTeeFeedsAll(t *testing.T) {
	var before, after Hash
	s := &stopper{}
	tee := NewTee(&before, nil, s, &after)
	batch := ramp(10)
	if tee.Events(batch) {
		t.Error("a sink said no and the tee said yes")
	}
	if before.Count() != 10 || s.events != 10 || after.Sum() != before.Sum() {
		t.Errorf("got %d, %d, %d events, want 10 each", before.Count(), s.events, after.Count())
	}
	if tee.Name(1, "x"); s.names != 1 {
		t.Error("the name got lost")
	}
	if quiet := NewTee(&before, &after); !quiet.Events(batch) || !NewTee().Events(batch) {
		t.Error("nobody said no and the tee did")
	}
	if n := testing.AllocsPerRun(50, func() { tee.Events(batch) }); n != 0 {
		t.Errorf("a batch costs %v allocations", n)
	}
}
