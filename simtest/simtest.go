package simtest

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/explore"
)

// The flags exist before go test parses its own, so they cannot be made by Run: these are the only package variables, and
// nothing but parsing writes to them.
var (
	flagSeed  = flag.String("tripoint.seed", "", "run simtest tests for this seed only")
	flagSeeds = flag.String("tripoint.seeds", "", "run simtest tests for these seeds, such as 1-1000")
	flagTape  = flag.String("tripoint.replay", "", "replay the tape in this file, in the test that it is of")
)

// SeedsDefault is the list of seeds of a test that does not say otherwise.
const SeedsDefault = "1-200"

// Option changes how a test runs its program. A value that makes no sense fails the test.
type Option func(*settings)

// Seeds chooses the seeds: numbers and ranges, such as "1-1000" or "7,20-30".
func Seeds(list string) Option { return func(s *settings) { s.seeds = list } }

// Strategy chooses how tasks are ordered: "portfolio" (the default: the seed decides), "rw", "pct:d", "fifo", "zero".
func Strategy(name string) Option { return func(s *settings) { s.strategy = name } }

// Faults chooses where the world misbehaves: "swarm" (the default: drawn for each run), "none", or sites with ratios such as
// "ring.eintr=1/4,disk.eio=3/100". With ratios, a fault that never fires fails the test.
func Faults(plan string) Option { return func(s *settings) { s.faults = plan } }

// Steps bounds the polls and teardown steps of a run.
func Steps(n int64) Option { return func(s *settings) { s.steps = strconv.FormatInt(n, 10) } }

// Workers sets the number of simulated scheduler threads.
func Workers(n int) Option { return func(s *settings) { s.workers = strconv.Itoa(n) } }

// In says what the program needs of its world.
func In(c Config) Option { return func(s *settings) { s.config = c } }

// Run runs the program for many seeds, and on the zero tape first. Every run is judged by the properties of the program and
// by the invariants of the executor. At the first seed that fails it runs that seed again to be sure, reports, and ends the
// test. It also fails a test of 50 seeds or more that proves nothing: a Sometimes that was never true, faults that never
// fired, seeds that all draw the same. A test that is run for one seed, or on a tape, is not judged so. A run in which nothing
// happens for ten seconds is named on the standard error.
func Run(t testing.TB, program Program, options ...Option) {
	t.Helper()
	flags := map[string]string{"seed": *flagSeed, "seeds": *flagSeeds, "replay": *flagTape}
	run(t, caller(), os.LookupEnv, flags, program, options)
}

// tb is what a test needs to have here.
type tb interface {
	Helper()
	Name() string
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	ArtifactDir() string
}

// settings are the options as texts, and what they mean.
type settings struct {
	seed, seeds, strategy, faults, steps, workers string
	tape                                          string // file; empty: seeds
	config                                        Config
	patience                                      time.Duration
	stderr                                        io.Writer

	env  []string // twins that were used, for the command that repeats a run
	list chaos.Seeds
	opts explore.Options
}

func run(t tb, pkg string, env func(string) (string, bool), flags map[string]string, program Program, options []Option) {
	t.Helper()
	s := settings{seeds: SeedsDefault, strategy: "portfolio", faults: "swarm", patience: patience, stderr: os.Stderr}
	for _, o := range options {
		o(&s)
	}
	s.override(env, flags)
	if err := s.parse(); err != nil {
		t.Fatalf("simtest: %v", err)
		return
	}
	name := strings.ReplaceAll(t.Name(), "/", ".")
	rec, err := s.readTape(name)
	if err != nil {
		t.Fatalf("simtest: %v", err)
		return
	}
	defer s.guard(t.Name(), pkg)()
	s.opts.Left = func(f *explore.Failure) { t.Logf("%s", s.told(t, pkg, f)) }
	r := explore.New(name, s.config, program, s.opts)
	defer r.Close()
	if rec != nil {
		s.onTape(t, pkg, r, rec)
		return
	}
	if s.seed == "" {
		if res := r.Zero(); res.Outcome != explore.Pass {
			s.fail(t, pkg, r, res)
			return
		}
	}
	sum := explore.Summary{Job: &explore.Job{Name: name, Config: s.config}}
	tapes := map[uint64]struct{}{}
	for seed := range s.list.All() {
		res := r.Run(seed)
		if res.Outcome != explore.Pass {
			s.fail(t, pkg, r, res)
			return
		}
		sum.Runs++
		if len(tapes) < 2 {
			tapes[res.Draws] = struct{}{}
		}
	}
	sum.Stats, sum.Tapes = *r.Stats(), len(tapes)
	t.Logf("simtest: %d runs passed, %s of virtual time, %d steps, %d faults", sum.Runs, time.Duration(sum.Stats.Virtual),
		sum.Stats.Steps, sum.Stats.Fires())
	if s.seed != "" {
		return
	}
	if guards := explore.Guards([]explore.Summary{sum}, s.opts.Plan); len(guards) > 0 {
		t.Fatalf("simtest: every run passed, but the test proves less than it seems to:\n%s", strings.Join(guards, "\n"))
	}
}

// override takes flags and environment over the options. Of one source, a tape wins over a seed, and that over a list.
func (s *settings) override(env func(string) (string, bool), flags map[string]string) {
	twin := func(name string, v *string) {
		if value, ok := env("TRIPOINT_" + strings.ToUpper(name)); ok && value != "" {
			*v = value
			s.env = append(s.env, "TRIPOINT_"+strings.ToUpper(name)+"="+value)
		}
	}
	twin("strategy", &s.strategy)
	twin("faults", &s.faults)
	twin("steps", &s.steps)
	twin("workers", &s.workers)
	kept := s.env
	twin("seeds", &s.seeds)
	twin("seed", &s.seed)
	twin("replay", &s.tape)
	s.env = kept // a command names its seed itself
	if flags["seeds"] != "" {
		s.seeds, s.seed, s.tape = flags["seeds"], "", ""
	}
	if flags["seed"] != "" {
		s.seed, s.tape = flags["seed"], ""
	}
	if flags["replay"] != "" {
		s.tape = flags["replay"]
	}
}

func (s *settings) parse() (err error) {
	s.opts = explore.Options{Monitors: true, Tool: "simtest", Commit: revision(), Watch: new(explore.Watch)}
	if s.opts.Rule, err = chaos.ParseStrategy(s.strategy); err != nil {
		return err
	}
	if s.opts.Plan, err = explore.ParsePlan(s.faults); err != nil {
		return err
	}
	list := s.seeds
	if s.seed != "" {
		seed, err := chaos.ParseSeed(s.seed)
		if err != nil {
			return err
		}
		list = strconv.FormatUint(seed, 10)
	}
	if s.list, err = chaos.ParseSeeds(list); err != nil {
		return err
	}
	if s.steps != "" {
		if s.opts.StepsMax, err = strconv.ParseInt(s.steps, 10, 64); err != nil || s.opts.StepsMax < 1 {
			return fmt.Errorf("steps %q: write a number of at least 1", s.steps)
		}
	}
	if s.workers != "" {
		if s.opts.Lanes, err = strconv.Atoi(s.workers); err != nil || s.opts.Lanes < 1 || s.opts.Lanes > explore.LanesMax {
			return fmt.Errorf("workers %q: write a number from 1 to %d", s.workers, explore.LanesMax)
		}
	}
	return nil
}

// caller returns the import path of the package whose test is running, as go test takes it.
func caller() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	test := ""
	for {
		frame, more := frames.Next()
		if frame.Function == "testing.tRunner" {
			break
		}
		if test = frame.Function; !more {
			return "." // not a test: whoever calls knows its package
		}
	}
	slash := strings.LastIndexByte(test, '/') + 1
	dot := strings.IndexByte(test[slash:], '.')
	if dot < 0 {
		return "."
	}
	path := strings.ReplaceAll(test[:slash+dot], "%2e", ".")
	return strings.TrimSuffix(path, "_test")
}

// revision returns the commit that the test was built from, empty if it is not known.
func revision() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return ""
}
