// Package cost counts what the executor costs on a board: instructions from an interrupt to the task that waits for it, and bytes
// of a firmware. The emulator counts instructions exactly and knows no cycles, so a number here has no noise, and says nothing
// about the wait states of a memory.
package cost

import (
	"context"
	"fmt"
	"slices"

	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/count"
)

// Package is the firmware that is measured.
const Package = "./internal/firmware/fw/cost"

// Variant is a way to build the firmware.
type Variant struct {
	Trace bool // a trace may be switched on, and is not; false: built without, with the tag notrace
	Kinds bool // with 32 kinds of future besides
}

// String returns the variant in a few words.
func (v Variant) String() string {
	switch {
	case v.Kinds && v.Trace:
		return "executor, trace off, 32 kinds of task"
	case v.Kinds:
		return "executor, 32 kinds of task"
	case v.Trace:
		return "executor, trace off"
	}
	return "executor"
}

func (v Variant) tags() []string {
	var tags []string
	if !v.Trace {
		tags = append(tags, "notrace")
	}
	if v.Kinds {
		tags = append(tags, "kinds32")
	}
	return tags
}

// Cost is one number of a table.
type Cost struct {
	Name string // what it is, for people and for the table of record
	N    int
	Unit string
}

// path is the way from one named function to another. The least number counts: it is what no timer disturbed.
type path struct{ name, from, to string }

// Names of what is counted, as they stand in tables.
const (
	Future   = "interrupt to a waiting future"
	Straight = "interrupt to the code behind WaitIRQ"
	Many     = "interrupt to the first of four futures"
	Further  = "one future of four to the next"
	Sleeper  = "alarm to the code behind Sleep"
	Yield    = "Yield and back"
	Switch   = "to another stack and back"
)

func paths() []path {
	return []path{
		{Future, "Line_Handler", "main.pollOne"},
		{Straight, "Line_Handler", "main.resumed"},
		{Many, "Line_Handler", "main.pollMany"},
		{Further, "main.pollMany", "main.pollMany"},
		{Sleeper, "SysTick_Handler", "main.slept"},
		{Yield, "main.yielded", "main.yielded"},
		{Switch, "main.switched", "main.switched"},
	}
}

// marks are the functions that the paths begin and end with.
func marks() []string {
	var names []string
	for _, p := range paths() {
		for _, name := range []string{p.from, p.to} {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Measure builds the firmware for a board and counts. plugin is what [count.BuildPlugin] has built.
func Measure(ctx context.Context, tc *firmware.Toolchain, b firmware.Board, v Variant, plugin string) ([]Cost, error) {
	elf, err := tc.Build(ctx, firmware.Firmware{Package: Package, Board: b, Tags: v.tags()})
	if err != nil {
		return nil, err
	}
	var costs []Cost
	counts, err := count.Run(ctx, count.Options{Machine: b.Name, ELF: elf, Plugin: plugin, Marks: marks()})
	if err != nil {
		return nil, err
	}
	if counts.Status != 42 {
		return nil, fmt.Errorf("cost: the firmware ended with status %d on %s: %s", counts.Status, b.Name, counts.Output)
	}
	for _, w := range paths() {
		p, ok := counts.Between(w.from, w.to)
		if !ok {
			return nil, fmt.Errorf("cost: on %s nothing leads from %s to %s", b.Name, w.from, w.to)
		}
		costs = append(costs, Cost{w.name, int(p.Min), "instructions"})
	}
	sizes, err := firmware.Size(elf)
	if err != nil {
		return nil, err
	}
	return append(costs,
		Cost{"text", int(sizes.Text), "bytes"},
		Cost{"data and bss", int(sizes.Data + sizes.BSS), "bytes"},
	), nil
}
