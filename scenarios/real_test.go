package scenarios

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/explore/live"
)

// realRuns is the number of real runs of every scenario in a test, so that all of them together take a few seconds.
const realRuns = 5

// requireUring ends a test on a machine that has no io_uring for us. That is a failure if the environment variable
// TRIPOINT_REQUIRE, a list separated by commas, demands it.
func requireUring(t *testing.T) {
	t.Helper()
	err := live.Available()
	if err == nil {
		return
	}
	if slices.Contains(strings.Split(os.Getenv("TRIPOINT_REQUIRE"), ","), "uring") {
		t.Fatalf("TRIPOINT_REQUIRE demands io_uring, and there is none: %v", err)
	}
	t.Skipf("not tested here: %v", err)
}

// On a real kernel, with one worker and with several, every scenario that is fit for it passes: its properties hold, its trace
// breaks no invariant, and it leaves nothing behind.
func TestRealRunsPass(t *testing.T) {
	requireUring(t)
	for _, s := range All() {
		if s.OnlySim != "" {
			continue
		}
		for _, workers := range []int{1, 2, 8} {
			t.Run(fmt.Sprintf("%s/%d", s.Name, workers), func(t *testing.T) {
				r := explore.NewReal(s.Name, s.Config, s.Program, explore.RealOptions{Workers: workers, Open: live.Open})
				for seed := range uint64(realRuns) {
					res, err := r.Run(seed)
					if err != nil {
						t.Fatal(err)
					}
					if res.Outcome != explore.Pass && !s.Expect.Meets(res.Outcome) {
						t.Fatalf("run %d: %s\n%s", seed, text(&res), res.Stack)
					}
				}
			})
		}
	}
}
