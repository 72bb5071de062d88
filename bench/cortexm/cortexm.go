// Package cortexm holds programs in C that the executor's path from an interrupt to a task is measured against, and counts
// their instructions in the same emulator with the same plugin. The programs are in the folder c.
package cortexm

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tripoint-go/tripoint/internal/firmware/bare"
	"github.com/tripoint-go/tripoint/internal/firmware/count"
)

//go:embed c/wake.c
var wake string

// Variant is a compiler and how it optimizes.
type Variant struct {
	Compiler bare.Compiler
	Level    string // such as "-O2"
}

// String returns the variant as one would type it.
func (v Variant) String() string { return string(v.Compiler) + " " + v.Level }

// Variants returns those of the tables: what each of the compilers does for size, and gcc for speed.
func Variants() []Variant {
	return []Variant{{bare.Clang, "-Oz"}, {bare.GCC, "-Os"}, {bare.GCC, "-O2"}}
}

// Wake is the cost of the path from an interrupt to a task in the program wake.c, in instructions. Costs have a least and a
// most because one waiter alone is cheaper to take off its list than the first of several.
type Wake struct {
	Run    count.Pair // from the handler's first instruction to that of the first task's poll
	Return count.Pair // from the last task's poll, which is included, to the interrupted code
	Next   count.Pair // from one task's poll, which is included, to the next task's
}

// MeasureWake builds wake.c for a board and counts. plugin is what [count.BuildPlugin] has built. An error of
// the program's own, such as a task that was not polled, is an error here.
func MeasureWake(ctx context.Context, b bare.Board, v Variant, plugin string) (Wake, error) {
	dir, err := os.MkdirTemp("", "wake")
	if err != nil {
		return Wake{}, fmt.Errorf("cortexm: %w", err)
	}
	defer os.RemoveAll(dir)
	source, elf := filepath.Join(dir, "wake.c"), filepath.Join(dir, "wake.elf")
	if err := os.WriteFile(source, []byte(wake), 0o666); err != nil {
		return Wake{}, fmt.Errorf("cortexm: %w", err)
	}
	if err := bare.Build(ctx, b, v.Compiler, elf, []string{source}, v.Level); err != nil {
		return Wake{}, err
	}
	counts, err := count.Run(ctx, count.Options{
		Machine: b.Machine, ELF: elf, Plugin: plugin, Marks: []string{"Any_Handler", "poll", "returned", "other"},
	})
	if err != nil {
		return Wake{}, err
	}
	if counts.Status != 0 {
		return Wake{}, fmt.Errorf("cortexm: wake.c, %v on %s: status %d", v, b.Machine, counts.Status)
	}
	var w Wake
	for _, want := range []struct {
		from, to string
		cost     *count.Pair
	}{{"Any_Handler", "poll", &w.Run}, {"poll", "returned", &w.Return}, {"poll", "poll", &w.Next}} {
		p, ok := counts.Between(want.from, want.to)
		if !ok {
			return Wake{}, fmt.Errorf("cortexm: wake.c, %v on %s: nothing leads from %s to %s", v, b.Machine, want.from, want.to)
		}
		*want.cost = p
	}
	return w, nil
}
