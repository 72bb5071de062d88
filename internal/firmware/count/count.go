// Package count runs a firmware under QEMU and counts instructions: of the whole run, and from each of some marked functions
// to the next of them that is reached. A plugin of QEMU does it, so the firmware is neither changed nor slowed down in its
// own time. [BuildPlugin] builds the plugin with the host's C compiler.
//
//	err := count.BuildPlugin(ctx, "cc", "count.so")
//	counts, err := count.Run(ctx, count.Options{
//		Machine: "lm3s6965evb", ELF: "fw.elf", Plugin: "count.so", Marks: []string{"Any_Handler", "poll"},
//	})
//	pair, ok := counts.Between("Any_Handler", "poll")
//
// A distance from one mark to another is the number of instructions from the first one of the one, which counts, to the first
// one of the other, which does not. Entering a handler costs cycles but no instruction. Instructions drive the emulated
// clock, so that equal runs have equal counts.
package count

import (
	"bytes"
	"cmp"
	"context"
	"debug/elf"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

//go:embed plugin/count.c
var plugin string

// BuildPlugin compiles the plugin into the file dst, a shared library. cc is a C compiler for the host, such as "cc". An
// error carries what the compiler said.
func BuildPlugin(ctx context.Context, cc, dst string) error {
	cmd := exec.CommandContext(ctx, cc, "-O2", "-Wall", "-shared", "-fPIC", "-o", dst, "-x", "c", "-")
	cmd.Stdin = strings.NewReader(plugin)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("count: %s: %w\n%s", cc, err, strings.TrimSpace(string(said)))
	}
	return nil
}

// MarksMax is how many marks one run may have.
const MarksMax = 32

// Options describes a run. Machine, ELF and Plugin must be set.
type Options struct {
	QEMU    string        // the program; empty means qemu-system-arm
	Machine string        // the machine's name in QEMU
	ELF     string        // the firmware
	Plugin  string        // what BuildPlugin has built
	Marks   []string      // functions, which the compiler must not have inlined; at most MarksMax, each once
	Args    []string      // the firmware's command line, its name first, for semihosting
	Limit   time.Duration // of wall-clock time; 0 means a minute
}

// Pair is what happened between two marks: From was reached, and To was the next mark after it.
type Pair struct {
	From, To      string
	N             uint64 // how often; never 0
	Min, Max, Sum uint64 // of the distances, in instructions
}

// Mean returns the mean distance.
func (p Pair) Mean() float64 { return float64(p.Sum) / float64(p.N) }

// Counts is the result of a run.
type Counts struct {
	Status int    // QEMU's exit status, which is the firmware's if it chose one
	Output string // what the run wrote to standard output and standard error
	Total  uint64 // instructions
	Pairs  []Pair // in the order of Options.Marks, From first
}

// Between returns the pair of two marks, and whether one ever came after the other.
func (c Counts) Between(from, to string) (Pair, bool) {
	i := slices.IndexFunc(c.Pairs, func(p Pair) bool { return p.From == from && p.To == to })
	if i < 0 {
		return Pair{}, false
	}
	return c.Pairs[i], true
}

// Run runs the firmware until it leaves the emulator, whatever its exit status, and returns the counts. A run that does
// not end within the limit is an error. The emulator is gone when Run returns, and so are its temporary files.
func Run(ctx context.Context, o Options) (Counts, error) {
	if o.Machine == "" || o.Plugin == "" || len(o.Marks) > MarksMax {
		return Counts{}, fmt.Errorf("count: a run needs a machine, a plugin, and at most %d marks", MarksMax)
	}
	marks, err := addresses(o.ELF, o.Marks)
	if err != nil {
		return Counts{}, err
	}
	dir, err := os.MkdirTemp("", "count")
	if err != nil {
		return Counts{}, fmt.Errorf("count: %w", err)
	}
	defer os.RemoveAll(dir)
	// A plugin is looked for where libraries are unless its name has a slash.
	library, err := filepath.Abs(o.Plugin)
	if err != nil {
		return Counts{}, fmt.Errorf("count: %w", err)
	}
	out := filepath.Join(dir, "counts")
	counter := escape(library) + ",out=" + escape(out)
	for _, m := range marks {
		counter += fmt.Sprintf(",mark=%#x", m)
	}
	semihosting := "enable=on,target=native"
	for _, a := range o.Args {
		semihosting += ",arg=" + escape(a)
	}
	limit := cmp.Or(o.Limit, time.Minute)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the run does not end within %v", limit))
	defer cancel()
	cmd := exec.CommandContext(ctx, cmp.Or(o.QEMU, "qemu-system-arm"), "-machine", o.Machine, "-display", "none",
		"-monitor", "none", "-serial", "null", "-icount", "shift=5,sleep=off", "-semihosting-config", semihosting,
		"-plugin", counter, "-kernel", o.ELF)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err = cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return Counts{}, fmt.Errorf("count: %s on %s: %w", o.ELF, o.Machine, cause)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Counts{}, fmt.Errorf("count: %w", err)
	}
	c := Counts{Status: cmd.ProcessState.ExitCode(), Output: said.String()}
	if err := c.read(out, o.Marks); err != nil {
		return Counts{}, fmt.Errorf("count: %s on %s ends with status %d and no counts: %w\n%s",
			o.ELF, o.Machine, c.Status, err, strings.TrimSpace(c.Output))
	}
	return c, nil
}

// escape writes a value into one of QEMU's lists, where a comma is written twice.
func escape(value string) string { return strings.ReplaceAll(value, ",", ",,") }

// read takes the counts from the plugin's file, whose last line shows that nothing is missing.
func (c *Counts) read(file string, marks []string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		var from, to int
		var p Pair
		if line == "end\n" {
			return nil
		}
		if _, err := fmt.Sscanf(line, "total %d\n", &c.Total); err == nil {
			continue
		}
		_, err := fmt.Sscanf(line, "pair %d %d %d %d %d %d\n", &from, &to, &p.N, &p.Min, &p.Max, &p.Sum)
		if err != nil || from >= len(marks) || to >= len(marks) {
			return fmt.Errorf("the plugin wrote %q", line)
		}
		p.From, p.To = marks[from], marks[to]
		c.Pairs = append(c.Pairs, p)
	}
	return errors.New("the plugin's file has no end")
}

// addresses looks functions up. Thumb code has the lowest bit set in a symbol, and not in its address.
func addresses(file string, names []string) ([]uint64, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("count: %s: %w", file, err)
	}
	var out []uint64
	for i, name := range names {
		at := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == name && s.Section != elf.SHN_UNDEF })
		if at < 0 {
			return nil, fmt.Errorf("count: %s has no symbol %s: was it inlined?", file, name)
		}
		address := symbols[at].Value &^ 1
		if earlier := slices.Index(out, address); earlier >= 0 {
			return nil, fmt.Errorf("count: marks %s and %s of %s are one address", names[earlier], names[i], file)
		}
		out = append(out, address)
	}
	return out, nil
}
