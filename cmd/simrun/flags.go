package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/scenarios"
)

// Defaults of the flags.
const (
	backendDefault  = "sim"
	seedsDefault    = "1-200"
	seedsReal       = "1-10" // with another backend than sim
	strategyDefault = "portfolio"
	faultsDefault   = "swarm"
)

const jobsMax = 1024 // goroutines of a sweep

// flags is the command line, checked.
type flags struct {
	all                      []scenarios.Scenario // that there are
	list, check, json        bool
	scenario, replay, mutant string
	backend, board           string
	seedText, seedsText      string
	strategy, faults         string
	workers, jobs            int
	steps                    int64
	span                     time.Duration // of a soak
	traceForm, file          string
	set                      *flag.FlagSet
	given                    map[string]bool // on the command line
	environ                  map[string]bool // in the environment, and not on the command line
	seed                     uint64
	seeds                    chaos.Seeds
	rule                     chaos.Rule
	plan                     *chaos.Plan
	chosen                   scenarios.Scenario // if one is named
	boards                   []firmware.Board
}

func (f *flags) define() *flag.FlagSet {
	fs := flag.NewFlagSet("simrun", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.BoolVar(&f.list, "list", false, "")
	fs.StringVar(&f.scenario, "scenario", "", "")
	fs.StringVar(&f.backend, "backend", backendDefault, "")
	fs.StringVar(&f.board, "board", boardDefault, "")
	fs.DurationVar(&f.span, "for", 0, "")
	fs.StringVar(&f.seedText, "seed", "", "")
	fs.StringVar(&f.seedsText, "seeds", seedsDefault, "")
	fs.StringVar(&f.strategy, "strategy", strategyDefault, "")
	fs.StringVar(&f.faults, "faults", faultsDefault, "")
	fs.IntVar(&f.workers, "workers", 0, "")
	fs.Int64Var(&f.steps, "steps", 0, "")
	fs.StringVar(&f.traceForm, "trace", "", "")
	fs.StringVar(&f.file, "o", "", "")
	fs.StringVar(&f.replay, "replay", "", "")
	fs.BoolVar(&f.check, "check-determinism", false, "")
	fs.BoolVar(&f.json, "json", false, "")
	fs.StringVar(&f.mutant, "mutant", "", "")
	fs.IntVar(&f.jobs, "jobs", 0, "")
	return fs
}

// twins are the flags with an environment twin: TRIPOINT_SEED and so on.
func twins() []string { return []string{"seed", "seeds", "strategy", "faults", "steps", "workers"} }

func twin(name string) string { return "TRIPOINT_" + strings.ToUpper(name) }

// parse reads the arguments and, for flags that are not given, the environment.
func (f *flags) parse(args []string, env func(string) (string, bool)) (help bool, err error) {
	fs := f.define()
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return true, nil
	} else if err != nil {
		return false, fmt.Errorf("%s (simrun -h lists the flags)", strings.TrimPrefix(err.Error(), "flag "))
	}
	if fs.NArg() > 0 {
		return false, fmt.Errorf("unexpected argument %q: everything is a flag (simrun -h lists them)", fs.Arg(0))
	}
	f.set, f.given, f.environ = fs, map[string]bool{}, map[string]bool{}
	fs.Visit(func(g *flag.Flag) { f.given[g.Name] = true })
	if f.backend == "uring" || f.backend == "cortexm" {
		f.seedsText = cmp.Or(given(fs, f.given, "seeds"), seedsReal)
	}
	for _, name := range twins() {
		value, ok := env(twin(name))
		if !f.knows(name) {
			continue // not of its world
		}
		if !ok || value == "" || f.given[name] || strings.HasPrefix(name, "seed") && (f.given["seed"] || f.given["seeds"]) {
			continue
		}
		if err := fs.Set(name, value); err != nil {
			return false, fmt.Errorf("invalid value %q in the environment variable %s: %s", value, twin(name), f.allowed(name))
		}
		f.environ[name] = true
	}
	return false, f.understand()
}

// knows reports whether the environment has a say in a flag where the backend is this one.
func (f *flags) knows(name string) bool {
	switch f.backend {
	case "uring":
		return name == "seeds" || name == "workers"
	case "cortexm":
		return name == "seeds" || name == "seed"
	}
	return true
}

// given returns the text of a flag on the command line, empty if it is not there.
func given(fs *flag.FlagSet, on map[string]bool, name string) string {
	if !on[name] {
		return ""
	}
	return fs.Lookup(name).Value.String()
}

// allowed says which numbers a flag takes.
func (f *flags) allowed(name string) string {
	switch name {
	case "jobs":
		return fmt.Sprintf("it is 1 to %d", jobsMax)
	case "workers":
		return fmt.Sprintf("it is 1 to %d", f.workersMax())
	}
	return "it is a number, at least 1"
}

// workersMax is how many workers there may be: simulated lanes, or threads.
func (f *flags) workersMax() int64 {
	if f.backend == "uring" {
		return 255
	}
	return explore.LanesMax
}

// checkNumbers rejects what is out of range. The zero of a flag that is not given stands for its default.
func (f *flags) checkNumbers() error {
	for _, n := range []struct {
		name       string
		value, max int64
	}{{"jobs", int64(f.jobs), jobsMax}, {"workers", int64(f.workers), f.workersMax()}, {"steps", f.steps, math.MaxInt64}} {
		switch {
		case n.value >= 1 && n.value <= n.max:
		case f.given[n.name]:
			return fmt.Errorf("-%s %d: %s", n.name, n.value, f.allowed(n.name))
		case f.environ[n.name]:
			return fmt.Errorf("%s=%d: %s", twin(n.name), n.value, f.allowed(n.name))
		}
	}
	if f.jobs == 0 {
		f.jobs = runtime.GOMAXPROCS(0)
	}
	return nil
}

// checkEmpty rejects flags that are given without saying anything; empty means not given further on.
func (f *flags) checkEmpty() error {
	for _, name := range []string{"backend", "board", "scenario", "replay", "mutant", "trace", "o", "seed"} {
		if f.given[name] && f.set.Lookup(name).Value.String() == "" {
			return fmt.Errorf("-%s: the value is empty", name)
		}
	}
	return nil
}

// understand gives the texts their meaning and rejects what does not go together.
func (f *flags) understand() (err error) {
	if err := f.checkEmpty(); err != nil {
		return err
	}
	if f.rule, err = chaos.ParseStrategy(f.strategy); err != nil {
		return plain("strategy", err)
	}
	if f.plan, err = explore.ParsePlan(f.faults); err != nil {
		return plain("faults", err)
	}
	if f.seeds, err = chaos.ParseSeeds(f.seedsText); err != nil {
		return plain("seeds", err)
	}
	if f.seedText != "" {
		if f.seed, err = chaos.ParseSeed(f.seedText); err != nil {
			return plain("seed", err)
		}
	}
	if f.scenario != "" {
		s, ok := f.find(f.scenario)
		if !ok {
			return fmt.Errorf("unknown scenario %q: simrun -list has the names", f.scenario)
		}
		f.chosen = s
	}
	switch f.traceForm {
	case "", "text", "jsonl", "chrome":
	default:
		return fmt.Errorf("-trace %s: the forms are text, jsonl and chrome", f.traceForm)
	}
	return f.checkTogether()
}

func (f *flags) checkTogether() error {
	if err := f.checkNumbers(); err != nil {
		return err
	}
	if err := f.checkBackend(); err != nil {
		return err
	}
	if f.file == "-" && f.traceForm != "" {
		f.file = "" // both are standard output
	}
	switch {
	case f.given["seed"] && f.given["seeds"]:
		return errors.New("-seed and -seeds exclude each other")
	case f.replay != "" && (f.given["seed"] || f.given["seeds"] || f.given["strategy"] || f.given["faults"]):
		return errors.New("-replay reads seed, strategy and faults from the tape: leave these flags out")
	case f.replay != "" && (f.given["steps"] || f.given["workers"]):
		return errors.New("-replay reads steps and workers from the tape: leave these flags out")
	case f.replay != "" && (f.check || f.json):
		return errors.New("-replay goes with neither -check-determinism nor -json")
	case f.seedText != "" && f.scenario == "" && f.replay == "" && !f.list && f.mutant == "":
		return errors.New("-seed needs -scenario: simrun -list has the names")
	case f.traceForm != "" && !f.single() && f.replay == "":
		return errors.New("-trace needs one run: add -seed N or -replay TAPE")
	case f.traceForm != "" && f.json && f.file == "":
		return errors.New("-trace and -json cannot both have standard output: add -o FILE")
	case f.traceForm != "" && f.check:
		return errors.New("-trace goes without -check-determinism")
	case f.file != "" && f.traceForm == "":
		return errors.New("-o names the file of a trace: add -trace text, jsonl or chrome")
	}
	return nil
}

// find returns the scenario with a name.
func (f *flags) find(name string) (scenarios.Scenario, bool) {
	i := slices.IndexFunc(f.all, func(s scenarios.Scenario) bool { return s.Name == name })
	if i < 0 {
		return scenarios.Scenario{}, false
	}
	return f.all[i], true
}

// scenarios returns what the call is about, and how to say it.
func (f *flags) scenarios() ([]scenarios.Scenario, string) {
	if f.scenario != "" {
		return []scenarios.Scenario{f.chosen}, "scenario " + f.scenario
	}
	return f.all, "all scenarios"
}

// single reports whether there is exactly one run to make.
func (f *flags) single() bool {
	switch one := f.scenario != "" && f.seeds.Count() == 1; f.backend {
	case "uring":
		return one && f.workers != 0 && f.span == 0
	case "cortexm":
		return one && len(f.boards) == 1
	}
	return f.seedText != ""
}

// plain names the flag and drops the package in front of an error.
func plain(name string, err error) error {
	return fmt.Errorf("-%s: %s", name, strings.TrimPrefix(err.Error(), "chaos: "))
}

// options are those of every run.
func (f *flags) options() explore.Options {
	return explore.Options{
		Rule: f.rule, Plan: f.plan, Monitors: true, StepsMax: f.steps, Lanes: f.workers, Tool: version(), Commit: commit(),
	}
}

// shape returns the arguments that say how runs are made, except for defaults: those of one scenario, or of all if it is
// empty.
func (f *flags) shape(scenario string) []string {
	args := []string{
		"-strategy", f.strategy, "-faults", f.faults,
	}
	if f.steps != 0 {
		args = append(args, "-steps", strconv.FormatInt(f.steps, 10))
	}
	if f.workers != 0 {
		args = append(args, "-workers", strconv.Itoa(f.workers))
	}
	if scenario != "" {
		args = append(args, "-scenario", scenario)
	}
	return args
}

// again returns the arguments that make a run again: its seed, and every choice that is not the default.
func (f *flags) again(scenario string, r *explore.Result) []string {
	args := []string{"-scenario", scenario, "-seed", strconv.FormatUint(r.Seed, 10)}
	if r.Zero {
		args = append(args, "-strategy", "zero")
	} else if f.strategy != strategyDefault {
		args = append(args, "-strategy", f.strategy)
	}
	if f.faults != faultsDefault {
		args = append(args, "-faults", f.faults)
	}
	if f.steps != 0 {
		args = append(args, "-steps", strconv.FormatInt(f.steps, 10))
	}
	if f.workers != 0 {
		args = append(args, "-workers", strconv.Itoa(f.workers))
	}
	return args
}

// others returns the flags on the command line except -mutant, in the order of their names.
func (f *flags) others() []string {
	var args []string
	f.set.Visit(func(g *flag.Flag) {
		if g.Name != "mutant" && f.given[g.Name] {
			args = append(args, "-"+g.Name+"="+g.Value.String())
		}
	})
	return args
}
