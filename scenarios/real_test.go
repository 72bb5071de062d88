package scenarios

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/explore/live"
	"github.com/tripoint-go/tripoint/internal/require"
)

// realRuns is the number of real runs of every scenario in a test, so that all of them together take a few seconds.
const realRuns = 5

// needRing ends a test on a machine that has no io_uring for us.
func needRing(t *testing.T) {
	t.Helper()
	if err := live.Available(); err != nil {
		require.Lacking(t, require.Uring, err)
	}
}

// On a real kernel, with one worker and with several, every scenario that is fit for it passes: its properties hold, its trace
// breaks no invariant, and it leaves nothing behind.
func TestRealRunsPass(t *testing.T) {
	needRing(t)
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
