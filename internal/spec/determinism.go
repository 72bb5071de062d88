package spec

import (
	"fmt"

	"github.com/tripoint-go/tripoint/backend"
)

// The comparisons of two traces that [Compare] makes.
const (
	SameTape = "DT1" // two runs of one program with the same options and tape
	Replay   = "DT2" // a run, and the replay of the choices it recorded
)

func determinismRules() []Rule {
	return []Rule{
		{SameTape, "determinism", "Two runs with the same program, options and tape give the same trace.", kinds(backend.EvBoot)},
		{Replay, "determinism", "Replaying the recorded choices of a run gives its trace again.", kinds(backend.EvChoice)},
	}
}

// Compare compares two traces of which the same is expected: want of the first run, got of the second. The id says why the
// same is expected: [SameTape] or [Replay]. It returns the violation and true at the first event in which they differ. Its
// evidence is the last choice before that event, if there was one, then the event of the first run, then that of the second;
// the side whose trace had already ended is left out. Under [Replay] a boot event may name another seed, because the
// recorded choices stand for it. The cost is linear; nothing is kept.
func Compare(id string, want, got []backend.Event) (Violation, bool) {
	var choice backend.Event
	for i := range max(len(want), len(got)) {
		var a, b backend.Event
		if i < len(want) {
			a = want[i]
		}
		if i < len(got) {
			b = got[i]
		}
		if a == b || id == Replay && sameBoot(a, b) {
			if a.Kind == backend.EvChoice {
				choice = a
			}
			continue
		}
		return difference(id, i, choice, a, b), true
	}
	return Violation{}, false
}

// sameBoot reports whether two boot events differ in their seeds only.
func sameBoot(a, b backend.Event) bool {
	a.Args[1] = b.Args[1]
	return a.Kind == backend.EvBoot && a == b
}

func difference(id string, i int, choice, a, b backend.Event) Violation {
	what := "with the same tape"
	if id == Replay {
		what = "under replay"
	}
	after := "before any choice"
	if choice.Kind != backend.EvInvalid {
		after = fmt.Sprintf("the last choice in common is event %d", choice.Seq)
	}
	how := "differs"
	switch {
	case a.Kind == backend.EvInvalid:
		how = "exists in the second run only"
	case b.Kind == backend.EvInvalid:
		how = "exists in the first run only"
	}
	return Violation{ID: id, Text: fmt.Sprintf("event %d %s %s; %s", i+1, how, what, after), Events: events(choice, a, b)}
}

// markEvery is the number of events between two marks of a Chain.
const markEvery = 1024

// Chain is the running hash of a trace with a mark every 1024 events: 8 bytes per mark instead of 64 per event, for long
// runs. It is a sink and never asks for the end of the run. The zero value is ready to use. It is not safe for concurrent
// use.
type Chain struct {
	hash  uint64
	n     uint64
	marks []uint64
}

// Events adds a batch. It implements backend.Sink.
func (h *Chain) Events(batch []backend.Event) bool {
	for i := range batch {
		h.add(&batch[i])
	}
	return true
}

// Name implements backend.Sink. Names are not part of the hash: their ids are.
func (h *Chain) Name(int64, string) {}

func (h *Chain) add(ev *backend.Event) {
	x := h.hash
	for _, v := range [8]uint64{ev.Seq, uint64(ev.Tau), uint64(ev.Args[0]), uint64(ev.Args[1]), uint64(ev.Args[2]), uint64(ev.Args[3]),
		uint64(ev.Args[4]), uint64(ev.Kind)<<8 | uint64(ev.Lane)} {
		x = (x ^ v) * 0x9e3779b97f4a7c15
		x ^= x >> 32
	}
	h.hash = x
	if h.n++; h.n%markEvery == 0 {
		h.marks = append(h.marks, x)
	}
}

// Sum returns the hash of everything added so far and the number of events.
func (h *Chain) Sum() (hash, n uint64) { return h.hash, h.n }

// Divergence returns the numbers, counted from 1, of the first and the last event of the stretch in which two traces begin to
// differ, and false if they are equal. Recording the stretch in both runs again and passing it to [Compare] names the event.
func (h *Chain) Divergence(other *Chain) (from, to uint64, differ bool) {
	if h.hash == other.hash && h.n == other.n {
		return 0, 0, false
	}
	for i := range min(len(h.marks), len(other.marks)) {
		if h.marks[i] != other.marks[i] {
			return uint64(i)*markEvery + 1, uint64(i+1) * markEvery, true
		}
	}
	from = uint64(min(len(h.marks), len(other.marks)))*markEvery + 1
	return from, min(max(h.n, other.n), from+markEvery-1), true
}
