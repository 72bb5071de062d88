package spec

import (
	"slices"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

const twoChoices = "MAIN; choice 1 2 1; poll+ 1; choice 3 4 2; wake 1 self noted; poll- 1 P; poll+ 1; END"

func TestCompareNamesTheFirstDifference(t *testing.T) {
	base := parseTrace(t, twoChoices)
	for _, id := range []string{SameTape, Replay} {
		if v, bad := Compare(id, base, slices.Clone(base)); bad {
			t.Errorf("%s: equal traces differ: %v", id, v)
		}
		for i := range base {
			other := slices.Clone(base)
			other[i].Args[4] += 7
			v, bad := Compare(id, base, other)
			if !bad || v.ID != id {
				t.Fatalf("%s: a change of event %d gives %v, %v", id, i+1, v, bad)
			}
			want := []backend.Event{base[i], other[i]}
			for j := i - 1; j >= 0; j-- {
				if base[j].Kind == backend.EvChoice {
					want = append([]backend.Event{base[j]}, want...)
					break
				}
			}
			if !slices.Equal(v.Events, want) {
				t.Errorf("%s: event %d: got %v, want %v", id, i+1, v.Events, want)
			}
		}
		if v, bad := Compare(id, base, base[:5]); !bad || v.Events[len(v.Events)-1] != base[5] {
			t.Errorf("%s: a trace cut off gives %v, %v", id, v, bad)
		}
		if v, bad := Compare(id, base[:5], base); !bad || v.Events[len(v.Events)-1] != base[5] {
			t.Errorf("%s: a trace that goes on gives %v, %v", id, v, bad)
		}
	}
}

func TestReplayMayNameAnotherSeed(t *testing.T) {
	base, other := parseTrace(t, twoChoices), parseTrace(t, twoChoices)
	other[0].Args[1] = 99
	if v, bad := Compare(Replay, base, other); bad {
		t.Errorf("replay under another seed: %v", v)
	}
	if _, bad := Compare(SameTape, base, other); !bad {
		t.Error("two seeds in one comparison of the same tape pass")
	}
}

func TestChainFindsTheStretch(t *testing.T) {
	const n = 5000
	trace := make([]backend.Event, n)
	for i := range trace {
		trace[i] = backend.Event{Seq: uint64(i) + 1, Kind: backend.EvChoice, Args: [5]int64{1, 2, int64(i % 2)}}
	}
	var a Chain
	a.Events(trace[:100])
	a.Events(trace[100:])
	for _, at := range []int{0, 1, 1023, 1024, 4095, 4096, n - 1} {
		other := slices.Clone(trace)
		other[at].Args[2] ^= 1
		var b Chain
		b.Events(other)
		from, to, differ := a.Divergence(&b)
		if !differ || uint64(at)+1 < from || uint64(at)+1 > to || to-from >= markEvery {
			t.Errorf("a change of event %d is looked for in %d to %d, %v", at+1, from, to, differ)
		}
	}
	var same, short Chain
	same.Events(trace)
	if _, _, differ := a.Divergence(&same); differ {
		t.Error("equal traces differ")
	}
	short.Events(trace[:4096])
	if from, to, differ := a.Divergence(&short); !differ || from != 4097 || to != n {
		t.Errorf("a trace cut off at 4096 is looked for in %d to %d, %v", from, to, differ)
	}
}
