package scenarios

import (
	"reflect"
	"testing"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/explore"
)

// seedsEach is the number of seeds of every test, so that all of them together stay short under the race detector.
const seedsEach = 100

func options(t *testing.T, strategy, faults string) explore.Options {
	t.Helper()
	rule, err := chaos.ParseStrategy(strategy)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := explore.ParsePlan(faults)
	if err != nil {
		t.Fatal(err)
	}
	return explore.Options{Rule: rule, Plan: plan, Monitors: true}
}

func runner(t *testing.T, s Scenario, strategy, faults string) *explore.Runner {
	t.Helper()
	r := explore.New(s.Name, s.Config, s.Program, options(t, strategy, faults))
	t.Cleanup(r.Close)
	return r
}

func text(r *explore.Result) string {
	if r.Violation == nil {
		return r.Outcome.String()
	}
	return r.Signature() + ": " + r.Violation.Text
}

// Under every strategy, with faults and monitors, a scenario passes or ends as it is expected to; and whatever is planted is
// found by the search.
func TestOutcomesAreAsExpected(t *testing.T) {
	for _, strategy := range []string{"rw", "pct:3", "fifo"} {
		for _, s := range All() {
			t.Run(strategy+"/"+s.Name, func(t *testing.T) {
				r := runner(t, s, strategy, "swarm")
				failed := 0
				for seed := uint64(1); seed <= seedsEach; seed++ {
					res := r.Run(seed)
					if res.Outcome == explore.Pass {
						continue
					}
					if failed++; !s.Expect.Meets(res.Outcome) {
						t.Fatalf("seed %d: %s, expected was %s", seed, text(&res), s.Expect)
					}
				}
				if s.Expect != ExpectPass && failed == 0 && strategy == "rw" {
					t.Errorf("the planted %s was not found in %d runs", s.Expect, seedsEach)
				}
			})
		}
	}
}

// The canary is hidden from the order of a queue and from the zero tape, and the portfolio finds it in many runs: the chance
// that it misses it in a sweep of 200 is below (1-1/20)^200, 4 in 100,000.
func TestCanaryIsHiddenAndFound(t *testing.T) {
	s := canary()
	const seeds = 1000
	failures := func(strategy string) (n int) {
		r := runner(t, s, strategy, "swarm")
		for seed := uint64(1); seed <= seeds; seed++ {
			if res := r.Run(seed); res.Outcome != explore.Pass {
				n++
			}
		}
		return n
	}
	if n := failures("fifo"); n != 0 {
		t.Errorf("first in, first out shows the bug in %d of %d runs", n, seeds)
	}
	r := runner(t, s, "portfolio", "swarm")
	if res := r.Zero(); res.Outcome != explore.Pass {
		t.Errorf("the zero tape shows the bug: %s", text(&res))
	}
	if n := failures("portfolio"); n < seeds/20 {
		t.Errorf("the portfolio finds the bug in %d of %d runs, want at least one in 20", n, seeds)
	}
}

// What declares it does not depend on the order of tasks: without faults, another order gives the same exit code.
func TestAnyOrderGivesTheSameExitCode(t *testing.T) {
	declared := 0
	for _, s := range All() {
		if !s.AnyOrder {
			continue
		}
		declared++
		t.Run(s.Name, func(t *testing.T) {
			inTurn, others := runner(t, s, "fifo", "none"), []*explore.Runner{runner(t, s, "rw", "none"), runner(t, s, "pct:3", "none")}
			schedules := map[uint64]bool{}
			for seed := uint64(1); seed <= seedsEach; seed++ {
				want := inTurn.Run(seed)
				schedules[want.Schedule] = true
				for _, r := range others {
					got := r.Run(seed)
					if got.Exit != want.Exit || got.Outcome != want.Outcome {
						t.Fatalf("seed %d: exit code %d (%s) in another order, %d (%s) in turn", seed, got.Exit, text(&got), want.Exit, text(&want))
					}
					schedules[got.Schedule] = true
				}
			}
			if len(schedules) < 10 {
				t.Errorf("all runs together had %d different schedules: nothing was compared", len(schedules))
			}
		})
	}
	if declared == 0 {
		t.Error("no scenario declares it")
	}
}

// A run depends on its seed alone: on runners with different pasts, one of them with none, it is the same.
func TestRunsDoNotDependOnEachOther(t *testing.T) {
	const seeds = 30
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			up, down := runner(t, s, "portfolio", "swarm"), runner(t, s, "portfolio", "swarm")
			var first [seeds]explore.Result
			for seed := range uint64(seeds) {
				first[seed] = up.Run(seed)
			}
			for i := range uint64(seeds) {
				seed := seeds - 1 - i
				if i%5 == 0 {
					down.Zero()
				}
				same(t, "after others", down.Run(seed), first[seed])
			}
			for _, seed := range []uint64{1, seeds / 2} {
				alone := explore.New(s.Name, s.Config, s.Program, options(t, "portfolio", "swarm"))
				same(t, "alone", alone.Run(seed), first[seed])
				alone.Close()
			}
		})
	}
}

func same(t *testing.T, how string, got, want explore.Result) {
	t.Helper()
	got.Stack, want.Stack = nil, nil // addresses
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("seed %d %s: %+v\nwant %+v", want.Seed, how, got, want)
	}
}
