package main

import (
	"bufio"
	"bytes"
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
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/scenarios"
)

// mark is what must be the same whenever a seed is run.
type mark struct {
	scenario, fingerprint, result string
	seed                          uint64
}

// checkDeterminism runs every seed twice in this process and once in a fresh one, and compares. What the runs find does not
// matter here.
func (t *tool) checkDeterminism() int {
	f := &t.f
	list, what := scenarios.All(), "all scenarios"
	if f.scenario != "" {
		list, what = []scenarios.Scenario{f.chosen}, "scenario "+f.scenario
	}
	if f.single() {
		f.seeds, f.seedsText = oneSeed(f.seed), strconv.FormatUint(f.seed, 10)
	}
	t.begin(what + ", seeds " + f.seeds.String() + ", determinism")
	first, err := t.marks(list, f.jobs)
	if err != nil {
		return t.internal(err)
	}
	second, err := t.marks(list, 1)
	if err != nil {
		return t.internal(err)
	}
	fresh, err := t.freshMarks(list)
	if err != nil {
		return t.internal(err)
	}
	if len(fresh) != len(first) {
		return t.internal(fmt.Errorf("a fresh process made %d runs, this one %d", len(fresh), len(first)))
	}
	for i := range first {
		if first[i] != second[i] {
			return t.differs(first[i], second[i], false)
		}
		if first[i] != fresh[i] {
			return t.differs(first[i], fresh[i], true)
		}
	}
	if !f.json {
		fmt.Fprintf(t.stdout, "%d runs, each made twice in this process and once in a fresh one: equal fingerprints\n", len(first))
	}
	return t.end(explore.ExitPass, t.commandAgain())
}

func oneSeed(seed uint64) chaos.Seeds {
	seeds, err := chaos.ParseSeeds(strconv.FormatUint(seed, 10))
	if err != nil {
		panic(err) // a number is a list of seeds
	}
	return seeds
}

// marks makes all runs here.
func (t *tool) marks(list []scenarios.Scenario, workers int) ([]mark, error) {
	jobs := make([]explore.Job, len(list))
	for i, s := range list {
		jobs[i] = explore.Job{Name: s.Name, Config: s.Config, Program: s.Program, Options: t.f.options(), Seeds: t.f.seeds}
	}
	var out []mark
	_, err := explore.Sweep(jobs, explore.SweepOptions{Workers: workers, Each: func(l *explore.Line) {
		if !l.Zero {
			out = append(out, mark{jobs[l.Job].Name, trace.FormatSum(l.Fingerprint), l.Outcome.String(), l.Seed})
		}
	}})
	return out, err
}

// freshMarks makes all runs in a process of their own.
func (t *tool) freshMarks(list []scenarios.Scenario) ([]mark, error) {
	var out []mark
	for _, s := range list {
		text, err := t.fresh(append(t.f.shape(s.Name), "-seeds", t.f.seedsText, "-jobs", strconv.Itoa(t.f.jobs), "-json")...)
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			var run jsonRun
			if err := json.Unmarshal(lines.Bytes(), &run); err != nil {
				return nil, fmt.Errorf("a fresh process printed %q: %w", lines.Text(), err)
			}
			out = append(out, mark{run.Scenario, run.Fingerprint, run.Result, run.Seed})
		}
	}
	return out, nil
}

// fresh calls this tool again, in an empty folder, and returns what it prints.
func (t *tool) fresh(args ...string) ([]byte, error) {
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
	cmd := exec.Command(self)
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

// differs reports a seed that gave two runs.
func (t *tool) differs(a, b mark, fresh bool) int {
	s, known := scenarios.Find(a.scenario)
	if !known || a.scenario != b.scenario || a.seed != b.seed {
		return t.internal(fmt.Errorf("runs are compared with others: %v, %v", a, b))
	}
	r := explore.New(s.Name, s.Config, s.Program, t.f.options())
	defer r.Close()
	r.Record(explore.TraceEventsDefault)
	fail := r.Failure(r.Run(a.seed))
	other := trace.Recording{}
	if fresh {
		var err error
		if other, err = t.freshTrace(a); err != nil {
			return t.internal(err)
		}
	} else {
		r.Run(a.seed)
		other = r.Trace()
	}
	fail.Differ(a.fingerprint, b.fingerprint, other)
	again := t.commandAgain()
	report.Failure(t.result(), &fail, report.Where{Replay: []string{again}})
	return t.end(explore.ExitNondeterminism, again)
}

// freshTrace makes one run in a process of its own and reads its trace.
func (t *tool) freshTrace(m mark) (trace.Recording, error) {
	dir, err := os.MkdirTemp("", "simrun-trace-")
	if err != nil {
		return trace.Recording{}, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "trace")
	if _, err := t.fresh(append(t.f.shape(m.scenario), "-seed", strconv.FormatUint(m.seed, 10), "-trace", "jsonl", "-o", path)...); err != nil {
		return trace.Recording{}, err
	}
	file, err := os.Open(path)
	if err != nil {
		return trace.Recording{}, err
	}
	defer file.Close()
	return trace.ReadJSONL(file)
}
