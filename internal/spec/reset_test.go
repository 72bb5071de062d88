package spec

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

// tableTrace is a trace of the tables of this package, and how it is to be judged.
type tableTrace struct {
	text   string
	events []backend.Event
	opts   Options
}

// tableTraces are all of them, good and bad.
func tableTraces(t *testing.T) []tableTrace {
	var all []tableTrace
	add := func(text string, events []backend.Event, real, complete bool) {
		all = append(all, tableTrace{text, events, Options{Simulated: !real, Complete: complete, Grace: 1000}})
	}
	for _, c := range slices.Concat(schedBad, nocancelBad, timeBad, shutdownBad, scopeBad) {
		add(c.text, parseTrace(t, c.text), c.real, !c.incomplete)
	}
	for _, c := range slices.Concat(schedGood, nocancelGood, timeGood, shutdownGood, scopeGood) {
		add(c.text, parseTrace(t, c.text), c.real, !c.incomplete)
	}
	for _, c := range slices.Concat(opsCases(), lockCases(), channelCases(), waiterCases()) {
		add(c.text, parseOpsTrace(t, c.text), false, strings.Contains(c.text, "exit"))
	}
	return all
}

// Whatever a checker was fed before, wholly or in part, after Reset it judges like a new one; and what it found before stays.
func TestResetIsLikeNew(t *testing.T) {
	all := tableTraces(t)
	if len(all) < 200 {
		t.Fatalf("there are only %d traces", len(all))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	used := New(Options{})
	var before, kept []Violation
	broken := 0
	for i := range 20 * len(all) {
		tr := all[rng.IntN(len(all))]
		events := tr.events
		if rng.IntN(4) == 0 {
			events = events[:rng.IntN(len(events)+1)]
		}
		fresh := New(tr.opts)
		used.Reset(tr.opts)
		for _, c := range []*Checker{fresh, used} {
			if i%2 == 0 {
				c.Name(1, "one")
			}
			c.Events(events)
		}
		if got, want := used.Seen(), fresh.Seen(); got != want {
			t.Fatalf("run %d: it has seen other events than a new one: %v, want %v", i, got, want)
		}
		got, want := used.found, fresh.found
		if rng.IntN(4) > 0 {
			got, want = used.Finish(), fresh.Finish()
		}
		if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Fatalf("run %d: after a reset\n%v\nand a new one\n%v\n%s", i, got, want, tr.text)
		}
		if !reflect.DeepEqual(before, kept) {
			t.Fatalf("run %d: what was found in the run before has changed", i)
		}
		if broken += len(got); got != nil {
			before, kept = got, slices.Clone(got)
			for j := range kept {
				kept[j].Events = slices.Clone(kept[j].Events)
			}
		}
	}
	if broken == 0 {
		t.Error("nothing was found in any trace")
	}
}

// Reset itself allocates nothing.
func TestResetAllocatesNothing(t *testing.T) {
	c := New(Options{Simulated: true})
	opts := c.opts
	if n := testing.AllocsPerRun(100, func() { c.Reset(opts) }); n != 0 {
		t.Errorf("Reset allocates %v times", n)
	}
}

func BenchmarkReset(b *testing.B) {
	c := New(Options{Simulated: true})
	b.ReportAllocs()
	for b.Loop() {
		c.Reset(Options{Simulated: true})
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(Options{Simulated: true})
	}
}
