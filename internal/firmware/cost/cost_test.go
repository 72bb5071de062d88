package cost

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/count"
	"github.com/tripoint-go/tripoint/internal/require"
)

var rewrite = flag.Bool("rewrite", false, "write the table of record anew")

const record = "testdata/costs.txt"

// tools returns the toolchain and a plugin that counts.
func tools(t *testing.T) (*firmware.Toolchain, string) {
	t.Helper()
	tc, err := firmware.Find()
	if err != nil {
		require.Lacking(t, require.Cortexm, err)
	}
	plugin := filepath.Join(t.TempDir(), "count.so")
	if err := count.BuildPlugin(t.Context(), "cc", plugin); err != nil {
		require.Lacking(t, require.Cortexm, err)
	}
	return tc, plugin
}

func measure(t *testing.T, tc *firmware.Toolchain, board string, v Variant, plugin string) []Cost {
	t.Helper()
	b, err := firmware.BoardByName(board)
	if err != nil {
		t.Fatal(err)
	}
	costs, err := Measure(t.Context(), tc, b, v, plugin)
	if err != nil {
		t.Fatal(err)
	}
	return costs
}

// No number grows by more than a tenth without somebody who says so, by writing the record anew. One that has shrunk by as much is
// out of date, too: what was gained could be lost again unseen.
func TestCostsAreOnRecord(t *testing.T) {
	tc, plugin := tools(t)
	var out strings.Builder
	var now []Cost
	for _, board := range []string{"lm3s6965evb", "microbit", "mps2-an505"} {
		for _, v := range []Variant{{}, {Trace: true}} {
			for _, c := range measure(t, tc, board, v, plugin) {
				c.Name = fmt.Sprintf("%s, trace %v: %s", board, v.Trace, c.Name)
				now = append(now, c)
				fmt.Fprintf(&out, "%s: %d %s\n", c.Name, c.N, c.Unit)
			}
		}
	}
	if *rewrite {
		if err := os.WriteFile(record, []byte(out.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	was := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(was) != len(now) {
		t.Fatalf("got %d costs, and %d are on record: make golden", len(now), len(was))
	}
	for i, c := range now {
		name, rest, _ := strings.Cut(was[i], ": ")
		name2, rest, _ := strings.Cut(rest, ": ")
		var n int
		if _, err := fmt.Sscan(rest, &n); err != nil || name+": "+name2 != c.Name {
			t.Fatalf("the record has %q where %q is due: make golden", was[i], c.Name)
		}
		if 10*c.N > 11*n || 10*c.N < 9*n {
			t.Errorf("%s: got %d %s, on record are %d: review it, then make golden", c.Name, c.N, c.Unit, n)
		}
	}
}

// A wake costs the same however many kinds of task a program has.
func TestKindsCostNothing(t *testing.T) {
	tc, plugin := tools(t)
	for _, board := range []string{"lm3s6965evb", "microbit"} {
		one := measure(t, tc, board, Variant{}, plugin)
		many := measure(t, tc, board, Variant{Kinds: true}, plugin)
		for i, c := range one {
			if slices.Contains([]string{Future, Straight, Many, Further}, c.Name) && many[i] != c {
				t.Errorf("%s, %s: %d %s with 1 kind of task, %d with 32", board, c.Name, c.N, c.Unit, many[i].N)
			}
		}
	}
}
