package trace

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
	"pgregory.net/rapid"
)

// ramp returns n records with small, regular values: the kind of input that a weak hash confuses.
func ramp(n int) []backend.Event {
	events := make([]backend.Event, n)
	for i := range events {
		k := int64(i)
		events[i] = backend.Event{
			Seq: uint64(i) + 1, Tau: vclock.Instant(k / 7), Lane: uint8(i % 3),
			Kind: backend.EventKind(1 + i%75), Args: [5]int64{k % 5, k % 11, -k, k << 32, 1},
		}
	}
	return events
}

func sumOf(events []backend.Event) uint64 {
	var h Hash
	h.Add(events)
	return h.Sum()
}

// These values must be the same on every architecture and never change: stored fingerprints depend on them.
func TestFingerprintGolden(t *testing.T) {
	_, rec := readGolden(t)
	for _, c := range []struct {
		name   string
		events []backend.Event
		want   string
	}{
		{"empty", nil, "3564b439cd1e1f16"},
		{"zero record", make([]backend.Event, 1), "4e0846c875d45532"},
		{"cancel.txt", rec.Events, "cf78503381bccbe6"},
		{"ramp 5000", ramp(5000), "e8b6149cb5264fda"},
	} {
		if got := FormatSum(sumOf(c.events)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	var h Hash
	h.Add(ramp(2500))
	points := h.Checkpoints()
	if len(points) != 2 || FormatSum(points[0]) != FormatSum(sumOf(ramp(1024))) || points[1] != sumOf(ramp(2048)) {
		t.Errorf("got checkpoints %x, want the sums after 1024 and 2048 records", points)
	}
}

// Every single-bit change of a hashed field and every swap of neighbours changes the sum; Seq does not count.
func TestFingerprintSeesEveryField(t *testing.T) {
	base := ramp(40)
	want := sumOf(base)
	seen := map[uint64]bool{want: true}
	try := func(what string, change func(ev *backend.Event)) {
		t.Helper()
		events := ramp(40)
		change(&events[20])
		if got := sumOf(events); seen[got] {
			t.Errorf("%s: the sum collides", what)
		} else {
			seen[got] = true
		}
	}
	for bit := range 64 {
		try("tau", func(ev *backend.Event) { ev.Tau ^= 1 << bit })
		for i := range 5 {
			try("args", func(ev *backend.Event) { ev.Args[i] ^= 1 << bit })
		}
		if bit < 8 {
			try("kind", func(ev *backend.Event) { ev.Kind ^= 1 << bit })
			try("lane", func(ev *backend.Event) { ev.Lane ^= 1 << bit })
		}
	}
	for i := range base[1:] {
		events := ramp(40)
		events[i], events[i+1] = events[i+1], events[i]
		if got := sumOf(events); seen[got] {
			t.Errorf("swap of %d and %d: the sum collides", i, i+1)
		} else {
			seen[got] = true
		}
	}
	events := ramp(40)
	events[3].Seq = 99
	if got := sumOf(events); got != want {
		t.Error("seq changes the sum")
	}
	if sumOf(base[:39]) == want || sumOf(append(ramp(40), backend.Event{})) == want {
		t.Error("the length does not count")
	}
}

// The way a trace is cut into batches does not matter, and Reset forgets everything.
func TestFingerprintIgnoresBatches(t *testing.T) {
	events := ramp(4000)
	var whole Hash
	whole.Add(events)
	var h Hash
	rapid.Check(t, func(t *rapid.T) {
		h.Reset()
		for rest := events; len(rest) > 0; {
			n := rapid.IntRange(0, len(rest)).Draw(t, "batch")
			if n == 0 {
				n = len(rest)
			}
			h.Add(rest[:n])
			rest = rest[n:]
		}
		if h.Sum() != whole.Sum() || h.Count() != 4000 || len(h.Checkpoints()) != 3 || h.Checkpoints()[2] != whole.Checkpoints()[2] {
			t.Fatalf("got %s and %x, want %s and %x", &h, h.Checkpoints(), &whole, whole.Checkpoints())
		}
	})
}

// The block that FirstDifference names contains the first changed record.
func TestFirstDifferenceFindsTheBlock(t *testing.T) {
	var a, b Hash
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5000).Draw(t, "records")
		at := rapid.IntRange(0, n-1).Draw(t, "changed")
		cut := rapid.Bool().Draw(t, "cut")
		left, right := ramp(n), ramp(n)
		if cut {
			right = right[:at]
		} else {
			right[at].Args[2]++
		}
		a.Reset()
		b.Reset()
		a.Add(left)
		b.Add(right)
		from, to := FirstDifference(&a, &b)
		if seq := uint64(at) + 1; seq < from || seq > to || to-from >= CheckpointRecords {
			t.Fatalf("record %d of %d changed, block %d to %d", seq, n, from, to)
		}
		if back, back2 := FirstDifference(&b, &a); back != from || back2 != to {
			t.Fatalf("not symmetric: %d to %d and %d to %d", from, to, back, back2)
		}
		if from, to = FirstDifference(&a, &a); from != 0 || to != 0 {
			t.Fatalf("a trace differs from itself in %d to %d", from, to)
		}
	})
}

// When the checkpoints are full, the distance doubles: memory stays bounded, and a thinned hash still compares with one
// that is not.
func TestCheckpointsAreBounded(t *testing.T) {
	var h, short Hash
	block := ramp(CheckpointRecords)
	for range CheckpointsMax + 3 {
		h.Add(block)
	}
	if h.Stride() != 2*CheckpointRecords || len(h.Checkpoints()) != (CheckpointsMax+3)/2 {
		t.Fatalf("got %d checkpoints of %d records, want %d of %d", len(h.Checkpoints()), h.Stride(), (CheckpointsMax+3)/2, 2*CheckpointRecords)
	}
	for range 5 {
		short.Add(block)
	}
	if h.Checkpoints()[1] != short.Checkpoints()[3] {
		t.Error("the second checkpoint is not that of record 4096")
	}
	if from, to := FirstDifference(&h, &short); from != 4*CheckpointRecords+1 || to != 6*CheckpointRecords {
		t.Errorf("got block %d to %d, want the third one", from, to)
	}
}

func BenchmarkHash(b *testing.B) {
	batch := ramp(256)
	var h Hash
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		h.Add(batch)
		n += len(batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
}
