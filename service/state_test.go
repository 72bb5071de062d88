package service

import (
	"slices"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

var states = []State{Done, Ready, Loading, Stopping, TemporaryFailure, PermanentFailure}

// Merge is the maximum under the stated order, for every three states (MT1).
func TestMergeIsASemilattice(t *testing.T) {
	for i, a := range states {
		if Merge(a, a) != a || Merge(a, Done) != a || Merge(Done, a) != a {
			t.Errorf("%v is not idempotent, or Done is not its identity", a)
		}
		for j, b := range states {
			if got, want := Merge(a, b), states[max(i, j)]; got != want || Merge(b, a) != want {
				t.Errorf("Merge(%v, %v) is %v, want %v, either way", a, b, got, want)
			}
			for _, c := range states {
				if Merge(Merge(a, b), c) != Merge(a, Merge(b, c)) {
					t.Errorf("Merge of %v, %v and %v depends on the brackets", a, b, c)
				}
			}
		}
	}
}

func TestStatesHaveNumbersAndNames(t *testing.T) {
	numbers := []int64{backend.ServiceDone, backend.ServiceReady, backend.ServiceLoading, backend.ServiceStopping,
		backend.ServiceTemporaryFailure, backend.ServicePermanentFailure}
	var names []string
	for i, s := range states {
		if int64(s) != numbers[i] || s.Terminal() != (s == Done || s == PermanentFailure) {
			t.Errorf("%v is %d in the trace, terminal %t", s, numbers[i], s.Terminal())
		}
		names = append(names, s.String())
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != len(states) || State(99).String() != "no state" {
		t.Errorf("the states are called %q", names)
	}
}
