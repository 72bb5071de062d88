package board

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/require"
)

// hangs is when a firmware that has not ended is taken for hung: each takes a fraction of a second.
const hangs = 20 * time.Second

func toolchain(t testing.TB) *firmware.Toolchain {
	t.Helper()
	tc, err := firmware.Find()
	if err != nil {
		require.Lacking(t, require.Cortexm, err)
	}
	return tc
}

// built builds a firmware, and gives its run a limit.
func built(t *testing.T, fw firmware.Firmware) (tc *firmware.Toolchain, elf string, ctx context.Context) {
	t.Helper()
	tc = toolchain(t)
	elf, err := tc.Build(t.Context(), fw)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	t.Cleanup(cancel)
	return tc, elf, ctx
}

// run builds a firmware and runs it, and wants it to end with this status.
func run(t *testing.T, fw firmware.Firmware, o firmware.Options, status int) firmware.Result {
	t.Helper()
	tc, elf, ctx := built(t, fw)
	r, err := tc.Run(ctx, fw.Board, elf, o)
	if err != nil || r.Status != status {
		t.Fatalf("got status %d, error %v, want status %d; it wrote\n%s%s", r.Status, err, status, r.Stdout, r.Stderr)
	}
	return r
}

// numbers are the lines that end in a number.
func numbers(t *testing.T, output []byte) map[string]int {
	t.Helper()
	out := map[string]int{}
	for line := range strings.Lines(string(output)) {
		i := strings.LastIndexByte(line, ' ')
		if n, err := strconv.Atoi(strings.TrimSpace(line[i+1:])); i > 0 && err == nil {
			out[line[:i]] = n
		}
	}
	return out
}

// said is what a firmware has said, without what QEMU says about a timer of one board that nobody uses yet.
func said(r firmware.Result) string {
	return strings.TrimPrefix(string(r.Stderr), "Timer with period zero, disabling\n")
}
