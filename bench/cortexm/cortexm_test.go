package cortexm_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tripoint-go/tripoint/bench/cortexm"
	"github.com/tripoint-go/tripoint/internal/firmware/bare"
	"github.com/tripoint-go/tripoint/internal/firmware/count"
	"github.com/tripoint-go/tripoint/internal/require"
)

// The program does its work, in plausible numbers of instructions, when each of the compilers builds it. The numbers themselves are
// for the tables; -v shows them.
func TestWake(t *testing.T) {
	_, noCompiler := exec.LookPath("cc")
	if err := errors.Join(bare.Lacking(bare.Clang), noCompiler); err != nil {
		require.Lacking(t, require.Cortexm, err)
	}
	plugin := filepath.Join(t.TempDir(), "count.so")
	if err := count.BuildPlugin(t.Context(), "cc", plugin); err != nil {
		t.Fatal(err)
	}
	for _, b := range bare.Boards() {
		for _, v := range cortexm.Variants() {
			if err := bare.Lacking(v.Compiler); err != nil { // gcc, which only the tables need
				t.Logf("%v is not measured: %v", v, err)
				continue
			}
			t.Run(b.CPU+" "+v.String(), func(t *testing.T) {
				w, err := cortexm.MeasureWake(t.Context(), b, v, plugin)
				if err != nil {
					t.Fatal(err)
				}
				// Rounds of 1 to 4 waiters, five interrupts each; in the last one the last poll is another task's.
				for _, c := range []struct {
					name string
					pair count.Pair
					n    uint64
				}{{"run", w.Run, 20}, {"return", w.Return, 15}, {"next", w.Next, 5 * (1 + 2 + 2)}} {
					t.Logf("%s: %d to %d instructions", c.name, c.pair.Min, c.pair.Max)
					if c.pair.N != c.n || c.pair.Min < 10 || c.pair.Max > 100 {
						t.Errorf("got %s %+v, want it %d times, between 10 and 100 instructions", c.name, c.pair, c.n)
					}
				}
			})
		}
	}
}
