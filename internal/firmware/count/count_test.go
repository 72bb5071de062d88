package count_test

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/internal/firmware/bare"
	"github.com/tripoint-go/tripoint/internal/firmware/count"
	"github.com/tripoint-go/tripoint/internal/require"
)

// options builds the plugin and the firmware.
func options(t *testing.T, b bare.Board, flags ...string) count.Options {
	t.Helper()
	_, noCompiler := exec.LookPath("cc")
	if err := errors.Join(bare.Lacking(bare.Clang), noCompiler); err != nil {
		require.Lacking(t, require.Cortexm, err)
	}
	dir := t.TempDir()
	o := count.Options{
		Machine: b.Machine, ELF: filepath.Join(dir, "fw.elf"), Plugin: filepath.Join(dir, "count.so"),
		Marks: []string{"first", "second"}, Args: []string{"fw"},
	}
	if err := count.BuildPlugin(t.Context(), "cc", o.Plugin); err != nil {
		t.Fatal(err)
	}
	if err := bare.Build(t.Context(), b, bare.Clang, o.ELF, []string{filepath.Join("testdata", "known.c")}, flags...); err != nil {
		t.Fatal(err)
	}
	return o
}

func run(t *testing.T, o count.Options) count.Counts {
	t.Helper()
	c, err := count.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestKnownSequence(t *testing.T) {
	for _, b := range bare.Boards() {
		t.Run(b.Machine, func(t *testing.T) {
			five := run(t, options(t, b))
			want := []count.Pair{
				{From: "first", To: "second", N: 5, Min: 10, Max: 10, Sum: 50},
				{From: "second", To: "first", N: 4, Min: 4, Max: 8, Sum: 3*4 + 8},
			}
			if !reflect.DeepEqual(five.Pairs, want) || five.Status != 5 {
				t.Errorf("got status %d and %v\nwant status 5 and %v", five.Status, five.Pairs, want)
			}
			if p, ok := five.Between("second", "first"); !ok || p.Mean() != 5 {
				t.Errorf("got %v, %v; want a mean of 5", p, ok)
			}
			if p, ok := five.Between("first", "first"); ok {
				t.Errorf("got %v, want no such pair", p)
			}
			// One round more is ten instructions and four.
			if six := run(t, options(t, b, "-DLOOPS=6")); six.Total != five.Total+14 {
				t.Errorf("got %d instructions after %d, want 14 more", six.Total, five.Total)
			}
		})
	}
}

func TestCountsAreDeterministic(t *testing.T) {
	o := options(t, bare.Boards()[0])
	if a, b := run(t, o), run(t, o); !reflect.DeepEqual(a, b) {
		t.Errorf("got %v, then %v; want them equal", a, b)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*count.Options)
		want   string
	}{
		{"no symbol", func(o *count.Options) { o.Marks[1] = "third" }, "no symbol third"},
		{"one mark twice", func(o *count.Options) { o.Marks[1] = "rounds" }, "marks first and rounds"},
		{"too many marks", func(o *count.Options) { o.Marks = make([]string, count.MarksMax+1) }, "at most 32 marks"},
		{"no file", func(o *count.Options) { o.ELF += "x" }, "no such file"},
		{"no plugin", func(o *count.Options) { o.Plugin += "x" }, "count.sox"},
		{"no emulator", func(o *count.Options) { o.QEMU = "no-such-qemu" }, "no-such-qemu"},
		{"unknown machine", func(o *count.Options) { o.Machine = "lm3s" }, "unsupported machine type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t, bare.Boards()[0])
			c.change(&o)
			got, err := count.Run(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", got, err, c.want)
			}
		})
	}
}

func TestRunThatDoesNotEnd(t *testing.T) {
	o := options(t, bare.Boards()[0], "-DFOREVER")
	o.Limit = 100 * time.Millisecond
	if got, err := count.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "within 100ms") {
		t.Errorf("got %v, %v; want an error that names the limit", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := count.Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v; want the context's error", got, err)
	}
}

func TestPluginThatDoesNotCompile(t *testing.T) {
	if err := count.BuildPlugin(t.Context(), "no-such-cc", filepath.Join(t.TempDir(), "count.so")); err == nil {
		t.Error("got no error without a compiler")
	}
}
