package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/inject"
)

// window is one critical window of the core, as a program of the firmware fw/inject.
type window struct {
	name   string // of the program: the build tag is window_name
	to     string // function that ends it; empty: when tripoint_window, which begins it, returns
	asleep bool   // it ends in the sleep
	both   bool   // either of two interrupts, not only the first
	pairs  bool   // and both of them, at every pair of boundaries
	mutant mutant
}

// injected says what is injected, for the report.
func (w *window) injected() string {
	switch {
	case w.pairs:
		return "pairs"
	case w.both:
		return "two"
	}
	return "one"
}

// mutant is the same window with a mask removed.
type mutant struct {
	edits []edit
	names []string // invariants that the mask is there for: each must be named by some run
}

// edit replaces a text of a file, which is there exactly once.
type edit struct{ file, old, new string }

// The interrupts that are injected: those that the firmware's tasks wait for.
var sources = []inject.Source{25, 26}

const (
	windowMax = 3000            // steps; a longer window is a mistake
	runMax    = 5 * time.Second // wall-clock time for a run, which takes a hundredth of a second, and for the start of an emulator
)

// sweep builds the firmware for a window, with the mutant if there is one, and interrupts it everywhere.
func sweep(ctx context.Context, tc *firmware.Toolchain, w window, board string, m *mutant) (inject.Report, error) {
	b, err := firmware.BoardByName(board)
	if err != nil {
		return inject.Report{}, err
	}
	program := firmware.Firmware{Package: "./internal/firmware/fw/inject", Board: b, Tags: []string{"window_" + w.name}}
	if m != nil {
		if program.Overlay, err = m.overlay(tc.Root()); err != nil {
			return inject.Report{}, fmt.Errorf("mutant of %s: %w", w.name, err)
		}
	}
	elf, err := tc.Build(ctx, program)
	if err != nil {
		return inject.Report{}, err
	}
	judge, err := monitors(elf)
	if err != nil {
		return inject.Report{}, err
	}
	s := inject.Sweep{
		ELF: elf, Machine: inject.Machine{Name: b.Name, NVIC: b.NVIC}, From: "tripoint_window", To: w.to, Asleep: w.asleep,
		Verdict: "tripoint_exit", Judge: judge, Sources: sources[:1], Pairs: w.pairs && m == nil, Limit: runMax, Max: windowMax,
	}
	if w.both {
		s.Sources = sources
	}
	if m != nil {
		s.Until = m.dead()
	}
	r, err := s.Run(ctx)
	if err != nil {
		return r, fmt.Errorf("%s: %w", w.name, err)
	}
	return r, nil
}

// overlay applies the edits to what is on disk, and adds what they call.
func (m *mutant) overlay(root string) (map[string]string, error) {
	out := map[string]string{}
	for _, e := range m.edits {
		text, ok := out[e.file]
		if !ok {
			b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file)))
			if err != nil {
				return nil, err
			}
			text = string(b)
		}
		if n := strings.Count(text, e.old); n != 1 {
			return nil, fmt.Errorf("%s has %q %d times, want it once", e.file, e.old, n)
		}
		out[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	if len(out) == 0 {
		return nil, errors.New("nothing is changed")
	}
	for file := range out {
		if dir := file[:strings.LastIndexByte(file, '/')]; dir != cortexm {
			out[dir+"/unmasked.go"] = fmt.Sprintf(unmasked, dir[strings.LastIndexByte(dir, '/')+1:])
		}
	}
	return out, nil
}

const cortexm = "backend/cortexm"

// unmasked is what mutants of the core call.
const unmasked = `//go:build tinygo

package %s

import "device/arm"

func unmask() { arm.Asm("cpsie i\nisb") }
func mask()   { arm.Asm("cpsid i") }
`

// named returns the invariants that the monitors have named in a run.
func named(f inject.Failure) []string {
	if f.End != inject.Judged || f.Code != broken {
		return nil
	}
	ids, _, _ := strings.Cut(f.Why, ":")
	return strings.Fields(ids)
}

// dead returns what is to be shown all failures, and answers when every invariant has been named.
func (m *mutant) dead() func(inject.Failure) bool {
	left := slices.Clone(m.names)
	return func(f inject.Failure) bool {
		ids := named(f)
		left = slices.DeleteFunc(left, func(id string) bool { return slices.Contains(ids, id) })
		return len(left) == 0
	}
}

// judge says what a sweep over the mutant comes to.
func (m *mutant) judge(r inject.Report) killed {
	k := killed{first: "no failure"}
	count := map[string]int{}
	for i, f := range r.Failures {
		if i == 0 && len(f.Points) > 0 {
			k.first = fmt.Sprintf("%v at %d", f.Points[0].Source, f.Points[0].At)
		}
		if len(f.Points) == 0 {
			k.bad = "it fails by itself"
		}
		for _, id := range named(f) {
			if count[id]++; !slices.Contains(k.named, id) {
				k.named = append(k.named, id)
			}
		}
	}
	for _, id := range m.names {
		if count[id] == 0 {
			k.bad = "no run names " + id
		}
	}
	slices.Sort(k.named)
	for i, id := range k.named {
		k.named[i] = fmt.Sprintf("%s×%d", id, count[id])
	}
	return k
}
