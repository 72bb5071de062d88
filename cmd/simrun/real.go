package main

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/explore/live"
	"github.com/tripoint-go/tripoint/internal/report"
	"github.com/tripoint-go/tripoint/scenarios"
)

// workersReal are the numbers of workers that a scenario is run with, one after the other, unless -workers says one.
func workersReal() []int { return []int{1, 2, 8} }

// bench is one call that runs scenarios on a real kernel.
type bench struct {
	t       *tool
	in      *interrupt
	list    []scenarios.Scenario
	rows    []report.RealRow
	runners [][]*explore.Real // by scenario and number of workers
	runs    int64
	failed  []int // runs, by scenario
	code    int
	again   string // makes the first failure again
	refused error  // a world could not be opened
	hung    bool   // a run never ended: its goroutines are in the way of every other
}

// real runs the scenarios that are fit for it on the kernel's io_uring: every seed with every number of workers, or, with -for,
// seed after seed until the time is over.
func (t *tool) real() int {
	f := &t.f
	if err := t.openTrace(); err != nil {
		return t.usage(err)
	}
	list, what := f.scenarios()
	b := &bench{t: t, in: t.watch(), list: list}
	defer b.in.stop()
	out := bufio.NewWriter(t.stdout)
	if f.json {
		t.lines = out
	}
	var verdict string
	if f.span > 0 {
		t.begin(fmt.Sprintf("%s on io_uring for %s", what, f.span))
		b.open()
		verdict = b.soak()
	} else {
		t.begin(fmt.Sprintf("%s on io_uring, seeds %s", what, f.seeds.String()))
		b.open()
		b.sweep()
	}
	b.in.stop()
	_ = out.Flush() // standard output remembers its errors
	t.lines = nil
	switch {
	case b.refused != nil && b.runs == 0:
		fmt.Fprintf(t.stderr, "simrun: no real kernel to run on: %v\n", b.refused)
		return explore.ExitRefused
	case b.refused != nil:
		return t.internal(b.refused)
	}
	b.table()
	if verdict != "" {
		fmt.Fprintln(t.result(), verdict)
	}
	if b.in.came() {
		return t.interrupted(b.in)
	}
	if b.again == "" {
		b.again = t.commandAgain()
	}
	return t.end(b.code, b.again)
}

// open makes the runners.
func (b *bench) open() {
	workers := workersReal()
	if n := b.t.f.workers; n > 0 {
		workers = []int{n}
	}
	b.rows, b.failed, b.runners = make([]report.RealRow, len(b.list)), make([]int, len(b.list)), make([][]*explore.Real, len(b.list))
	for i, s := range b.list {
		b.rows[i] = report.RealRow{Name: s.Name, LeftOut: s.OnlySim, Workers: workers}
		if s.OnlySim != "" {
			continue
		}
		for _, n := range workers {
			b.runners[i] = append(b.runners[i], explore.NewReal(s.Name, s.Config, s.Program, explore.RealOptions{Workers: n, Open: live.Open}))
		}
	}
}

// sweep makes all runs of all scenarios.
func (b *bench) sweep() {
	p := newProgress(b.t.stderr)
	defer p.clear()
	seeds := b.t.f.seeds
	perScenario := int64(seeds.Count() * len(b.rows[0].Workers))
	done, total := int64(0), int64(0)
	for i := range b.list {
		if b.rows[i].LeftOut == "" {
			total += perScenario
		}
	}
	for i := range b.list {
		for w := range b.runners[i] {
			for seed := range seeds.All() {
				if b.over() {
					return
				}
				b.run(i, w, seed)
				done++
				p.show(done, total)
			}
		}
	}
}

// over reports whether no further run makes sense.
func (b *bench) over() bool { return b.in.came() || b.refused != nil || b.hung }

// run makes one run of scenario i.
func (b *bench) run(i, w int, seed uint64) {
	t, s, r := b.t, &b.list[i], b.runners[i][w]
	res, err := r.Run(seed)
	if err != nil {
		b.refused = err
		return
	}
	b.runs++
	if t.f.json {
		t.writeJSON(jsonReal{
			Version: jsonVersion, Scenario: s.Name, Backend: "uring", Workers: b.rows[i].Workers[w], Seed: seed, Result: res.Outcome.String(),
			Invariant: res.Name(), Invariants: res.Broken, Message: message(&res), Steps: res.Steps, Events: res.Events, RealNs: int64(res.End),
		})
	}
	if code := t.writeTrace(r.Trace()); code != explore.ExitPass {
		b.code = explore.WorseExit(b.code, code)
	}
	if res.Outcome == explore.Pass {
		return
	}
	b.failed[i]++
	b.hung = b.hung || res.Hung
	row := &b.rows[i]
	if t.f.scenario == "" && s.Expect.Meets(res.Outcome) {
		row.Result = fmt.Sprintf("found in %d runs: %s", b.failed[i], res.Signature())
		return
	}
	b.code = explore.WorseExit(b.code, res.Outcome.ExitCode())
	if row.Result != "" {
		return // only the first failure of a scenario is told in full
	}
	row.Result = "FAIL: " + res.Signature()
	again := fmt.Sprintf("%s -backend uring -scenario %s -seeds %d -workers %d", t.command(), s.Name, seed, row.Workers[w])
	if b.again == "" {
		b.again = again
	}
	fail := r.Failure(res)
	report.Failure(t.result(), &fail, report.Where{Replay: []string{again}})
	fmt.Fprintln(t.result())
}

// table writes a line for every scenario.
func (b *bench) table() {
	t := b.t
	var all explore.Summary
	for i := range b.rows {
		row := &b.rows[i]
		for _, r := range b.runners[i] {
			row.Stats.Add(r.Stats())
		}
		all.Stats.Add(&row.Stats)
		switch {
		case strings.HasPrefix(row.Result, "FAIL") && row.Stats.Runs > 1:
			row.Result += fmt.Sprintf(", in %d of %d runs", b.failed[i], row.Stats.Runs)
		case row.Result == "" && row.Stats.Runs == 0:
			row.Result = "not run"
		case row.Result == "":
			row.Result = "pass"
		}
	}
	if !t.f.json {
		report.RealTable(t.result(), b.rows)
	}
	if t.f.scenario == "" && !b.over() {
		t.noteUnjudged([]explore.Summary{all})
	}
}

func message(r *explore.Result) string {
	if r.Violation == nil {
		return ""
	}
	return r.Violation.Text
}

// checkReal rejects what makes no sense on a real kernel.
func (f *flags) checkReal() error {
	if f.backend != "uring" {
		if f.given["for"] {
			return fmt.Errorf("-for goes with -backend uring: where time is virtual, seeds count")
		}
		return nil
	}
	for _, name := range []string{"seed", "replay", "check-determinism"} {
		if f.given[name] {
			return fmt.Errorf("-%s goes without -backend uring: a real run cannot be made again", name)
		}
	}
	for _, name := range []string{"strategy", "faults", "jobs", "steps"} {
		if f.given[name] {
			return fmt.Errorf("-%s goes without -backend uring: orders and faults are those of the machine", name)
		}
	}
	if f.traceForm != "" && !f.single() {
		return fmt.Errorf("-trace needs one run: with -backend uring, add -scenario NAME -seeds N -workers N")
	}
	if f.given["for"] && f.given["seeds"] {
		return fmt.Errorf("-for and -seeds exclude each other")
	}
	if f.given["for"] && f.span < time.Second {
		return fmt.Errorf("-for %s: it is at least 1s", f.span)
	}
	if f.scenario != "" && f.chosen.OnlySim != "" {
		return fmt.Errorf("scenario %s runs in the simulator only: %s", f.scenario, f.chosen.OnlySim)
	}
	return nil
}

func backends() []string { return []string{"sim", "uring", "cortexm"} }

// checkBackend rejects a backend that there is not.
func (f *flags) checkBackend() error {
	if !slices.Contains(backends(), f.backend) {
		return fmt.Errorf("-backend %s: it is sim, uring or cortexm", f.backend)
	}
	if err := f.checkReal(); err != nil {
		return err
	}
	return f.checkSilicon()
}
