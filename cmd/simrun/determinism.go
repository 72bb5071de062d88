package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/report"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/scenarios"
)

// mark is what must be the same whenever a seed is run.
type mark struct {
	scenario, fingerprint, result, invariant string
	seed                                     uint64
}

func (r *jsonRun) mark() mark { return mark{r.Scenario, r.Fingerprint, r.Result, r.Invariant, r.Seed} }

// seedRun is one seed of one scenario, run here.
type seedRun struct {
	line     jsonRun
	replayed *explore.Result // of the strict replay of its tape, if that was asked for
}

// drift is a seed that gave two runs.
type drift struct {
	at    int    // place among the runs
	id    string // spec.SameTape or spec.Replay
	a, b  mark
	fresh bool   // b was made in a fresh process
	stale string // how the tape did not fit; empty if it did
}

// text says in sentences what differs.
func (d *drift) text() string {
	text := explore.Difference(d.id, d.a.fingerprint, d.b.fingerprint)
	if d.stale != "" {
		text += "\n" + d.stale
	}
	return text
}

// checkDeterminism runs every seed twice in this process and once in a fresh one, replays the tape of the first run, and
// compares. What the runs find does not matter here.
func (t *tool) checkDeterminism() int {
	f := &t.f
	list, what := f.scenarios()
	if f.single() {
		f.seeds, f.seedsText = oneSeed(f.seed), strconv.FormatUint(f.seed, 10)
	}
	in := t.watch()
	defer in.stop()
	t.begin(what + ", seeds " + f.seeds.String() + ", determinism")
	first, err := t.runs(list, explore.SweepOptions{Workers: f.jobs, Replay: true, Stop: in.came})
	if err != nil {
		return t.internal(err)
	}
	second, err := t.runs(list, explore.SweepOptions{Workers: 1, Stop: in.came})
	if err != nil {
		return t.internal(err)
	}
	fresh, err := t.freshRuns(in.ctx)
	if in.came() {
		return t.interrupted(in)
	}
	if err != nil {
		return t.internal(err)
	}
	if len(fresh) != len(first) {
		return t.internal(fmt.Errorf("a fresh process made %d runs, this one %d", len(fresh), len(first)))
	}
	var drifts []drift
	for i := range first {
		if d, differs := compare(&first[i], second[i].line.mark(), fresh[i].mark()); differs {
			d.at = i
			drifts = append(drifts, d)
		}
	}
	if f.json {
		t.runLines(first, drifts)
	}
	if len(drifts) > 0 {
		return t.differs(&drifts[0], len(drifts), len(first))
	}
	if !f.json {
		fmt.Fprintf(t.stdout, "%d runs, each made twice in this process and once in a fresh one, and replayed from its tape: equal "+
			"fingerprints\n", len(first))
	}
	return t.end(explore.ExitPass, t.commandAgain())
}

// compare holds the other runs of a seed against the first. Equal runs come before replays: a replay of a run that is not
// even equal to itself says nothing about the tape.
func compare(first *seedRun, second, fresh mark) (drift, bool) {
	a := first.line.mark()
	if a != second {
		return drift{id: spec.SameTape, a: a, b: second}, true
	}
	r := first.replayed
	if b := (mark{a.scenario, trace.FormatSum(r.Fingerprint), r.Outcome.String(), r.Name(), a.seed}); a != b {
		d := drift{id: spec.Replay, a: a, b: b}
		if r.Outcome == explore.Stale {
			d.stale = strings.TrimPrefix(r.Violation.Text, "chaos: ")
		}
		return d, true
	}
	if a != fresh {
		return drift{id: spec.SameTape, a: a, b: fresh, fresh: true}, true
	}
	return drift{}, false
}

// runLines prints the lines of a sweep; a run that differs from itself has that for its result.
func (t *tool) runLines(runs []seedRun, drifts []drift) {
	out := bufio.NewWriter(t.stdout)
	t.lines = out
	for i := range runs {
		line := runs[i].line
		if len(drifts) > 0 && drifts[0].at == i {
			line.Result, line.Invariant, line.Message = explore.Nondeterminism.String(), drifts[0].id, drifts[0].text()
			drifts = drifts[1:]
		}
		t.writeJSON(line)
	}
	_ = out.Flush() // standard output remembers its errors
	t.lines = nil
}

func oneSeed(seed uint64) chaos.Seeds {
	seeds, err := chaos.ParseSeeds(strconv.FormatUint(seed, 10))
	if err != nil {
		panic(err) // a number is a list of seeds
	}
	return seeds
}

// runs makes all runs here.
func (t *tool) runs(list []scenarios.Scenario, opts explore.SweepOptions) ([]seedRun, error) {
	jobs := make([]explore.Job, len(list))
	for i, s := range list {
		jobs[i] = explore.Job{Name: s.Name, Config: s.Config, Program: s.Program, Options: t.f.options(), Seeds: t.f.seeds}
	}
	var out []seedRun
	opts.Each = func(l *explore.Line) {
		if !l.Zero {
			out = append(out, seedRun{jsonOf(jobs[l.Job].Name, t.f.rule, &l.Result), l.Replayed})
		}
	}
	_, err := explore.Sweep(jobs, opts)
	return out, err
}

// freshRuns makes all runs in a process of their own.
func (t *tool) freshRuns(ctx context.Context) ([]jsonRun, error) {
	f := &t.f
	text, err := t.fresh(ctx, append(f.shape(f.scenario), "-seeds", f.seedsText, "-jobs", strconv.Itoa(f.jobs), "-json")...)
	if err != nil {
		return nil, err
	}
	var out []jsonRun
	for lines := json.NewDecoder(bytes.NewReader(text)); lines.More(); {
		var run jsonRun
		if err := lines.Decode(&run); err != nil {
			return nil, fmt.Errorf("a fresh process did not print what a sweep prints: %w", err)
		}
		out = append(out, run)
	}
	return out, nil
}

// fresh calls this tool again, in an empty folder, and returns what it prints.
func (t *tool) fresh(ctx context.Context, args ...string) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "simrun-fresh-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var out, info bytes.Buffer
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = os.Environ()
	for _, name := range twins() {
		cmd.Env = append(cmd.Env, twin(name)+"=") // args say it all
	}
	cmd.Args = append([]string{t.args[0]}, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &info
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() != explore.ExitInternal && exit.ExitCode() != explore.ExitUsage {
		err = nil // what it found does not matter here
	}
	if err != nil {
		return nil, fmt.Errorf("a fresh process failed: %w: %s", err, strings.TrimSpace(info.String()))
	}
	return out.Bytes(), nil
}

// differTries is how often a seed is run again, recorded, in the hope that it differs again.
const differTries = 4

// differs reports the first of the seeds that gave two runs.
func (t *tool) differs(d *drift, differ, all int) int {
	s, known := t.f.find(d.a.scenario)
	if !known || d.a.scenario != d.b.scenario || d.a.seed != d.b.seed {
		return t.internal(fmt.Errorf("runs are compared with others: %v, %v", d.a, d.b))
	}
	r := explore.New(s.Name, s.Config, s.Program, t.f.options())
	defer r.Close()
	r.Record(explore.TraceEventsDefault)
	fail := r.Failure(r.Run(d.a.seed))
	for range differTries {
		other, err := t.otherTrace(r, &fail, d)
		if err != nil {
			return t.internal(err)
		}
		if fail.Differ(d.id, d.a.fingerprint, d.b.fingerprint, other) {
			break
		}
	}
	if d.stale != "" {
		fail.Violation.Text += "\n" + d.stale
	}
	again := t.commandAgain()
	report.Failure(t.result(), &fail, report.Where{Replay: []string{again}})
	where := "in this process"
	if d.fresh {
		where = "in a fresh process"
	}
	fmt.Fprintf(t.result(), "%d of %d runs differ, this one %s\n", differ, all, where)
	return t.end(explore.ExitNondeterminism, again)
}

// otherTrace makes a run that should be equal to the one of fail, and returns its trace.
func (t *tool) otherTrace(r *explore.Runner, fail *explore.Failure, d *drift) (trace.Recording, error) {
	switch {
	case d.fresh:
		return t.freshTrace(d.a)
	case d.id == spec.Replay:
		r.Replay(fail.Tape, false)
	default:
		r.Run(d.a.seed)
	}
	return r.Trace(), nil
}

// freshTrace makes one run in a process of its own and reads its trace.
func (t *tool) freshTrace(m mark) (trace.Recording, error) {
	dir, err := os.MkdirTemp("", "simrun-trace-")
	if err != nil {
		return trace.Recording{}, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "trace")
	if _, err := t.fresh(context.Background(), append(t.f.shape(m.scenario), "-seed", strconv.FormatUint(m.seed, 10), "-trace", "jsonl", "-o", path)...); err != nil {
		return trace.Recording{}, err
	}
	file, err := os.Open(path)
	if err != nil {
		return trace.Recording{}, err
	}
	defer file.Close()
	return trace.ReadJSONL(file)
}
