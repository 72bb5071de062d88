package board

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/count"
	"github.com/tripoint-go/tripoint/internal/require"
)

// Two runs of one firmware execute the same number of instructions and say the same.
func TestRunsAreTheSame(t *testing.T) {
	tc := toolchain(t)
	if _, err := exec.LookPath("cc"); err != nil {
		require.Lacking(t, require.Cortexm, errors.Join(errors.New("no compiler for the plugin"), err))
	}
	plugin := filepath.Join(t.TempDir(), "count.so")
	if err := count.BuildPlugin(t.Context(), "cc", plugin); err != nil {
		t.Fatal(err)
	}
	for _, b := range firmware.Boards() {
		for _, c := range []struct {
			name   string
			number int
		}{{"alarm", int(b.ClockHz / 500_000)}, {"limits", 3}, {"shutdown", 4}, {"uart", 3}} {
			t.Run(c.name+" "+b.Name, func(t *testing.T) {
				elf, err := tc.Build(t.Context(), firmware.Firmware{Package: "./internal/firmware/fw/" + c.name, Board: b})
				if err != nil {
					t.Fatal(err)
				}
				o := count.Options{Machine: b.Name, ELF: elf, Plugin: plugin, Args: []string{"fw", fmt.Sprint(c.number)}, Limit: hangs}
				first, err := count.Run(t.Context(), o)
				if err != nil || first.Status != 0 || first.Total == 0 {
					t.Fatalf("got %+v, error %v, want status 0 and instructions", first, err)
				}
				second, err := count.Run(t.Context(), o)
				if err != nil || second.Total != first.Total || second.Output != first.Output {
					t.Errorf("got %d instructions and %q, then %d and %q, error %v", first.Total, first.Output, second.Total, second.Output, err)
				}
				t.Logf("%d instructions", first.Total)
			})
		}
	}
}
