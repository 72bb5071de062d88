package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/report"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/scenarios"
)

// sweep runs one scenario or all of them for many seeds.
func (t *tool) sweep() int {
	f := &t.f
	list, what := f.scenarios()
	in := t.watch()
	defer in.stop()
	t.begin(what + ", seeds " + f.seeds.String())
	jobs := make([]explore.Job, len(list))
	for i, s := range list {
		jobs[i] = explore.Job{Name: s.Name, Config: s.Config, Program: s.Program, Options: f.options(), Seeds: f.seeds}
	}
	out := bufio.NewWriter(t.stdout)
	opts := explore.SweepOptions{Workers: f.jobs, Stop: in.came}
	if f.json {
		t.lines = out
		opts.Each = func(l *explore.Line) {
			if !l.Zero {
				t.writeJSON(jsonOf(jobs[l.Job].Name, f.rule, &l.Result))
			}
		}
	}
	p := newProgress(t.stderr)
	opts.Progress = p.show
	sums, err := explore.Sweep(jobs, opts)
	in.stop()
	p.clear()
	_ = out.Flush() // standard output remembers its errors
	t.lines = nil
	if err != nil {
		return t.internal(err)
	}
	if in.came() {
		t.table(list, sums, true)
		return t.interrupted(in)
	}
	return t.verdict(list, sums)
}

// verdict reports on a sweep, from the failures to the last line.
func (t *tool) verdict(list []scenarios.Scenario, sums []explore.Summary) int {
	code, again := t.table(list, sums, false)
	guards, notes := explore.Judge(sums, t.f.plan)
	for _, text := range notes {
		fmt.Fprintf(t.result(), "note: %s\n", text)
	}
	for _, text := range guards {
		fmt.Fprintf(t.result(), "guard: %s\n", text)
		code = explore.WorseExit(code, explore.ExitGuard)
	}
	if t.f.scenario == "" {
		t.noteUnjudged(sums)
	}
	if again == "" {
		again = t.commandAgain()
	}
	return t.end(code, again)
}

// table reports the failures, then every scenario in a line. It returns the exit code, and the command that makes the first
// failure again, empty if there is none. cut says that the sweep was interrupted.
func (t *tool) table(list []scenarios.Scenario, sums []explore.Summary, cut bool) (code int, again string) {
	f := &t.f
	rows := make([]report.Row, len(sums))
	for i := range sums {
		sum := &sums[i]
		var one int
		rows[i].Summary = sum
		if f.scenario != "" {
			rows[i].Result, one = raw(sum)
		} else {
			rows[i].Result, one = expected(list[i].Expect, sum)
		}
		if cut {
			rows[i].Result = soFar(sum, rows[i].Result)
		}
		if one == explore.ExitPass {
			continue
		}
		code = explore.WorseExit(code, one)
		if sum.First != nil {
			line := t.command() + " " + strings.Join(f.again(sum.Job.Name, &sum.First.Result), " ")
			t.fail(sum.First, line)
			if sum.Zero.Outcome != explore.Pass && !sum.First.Zero {
				zero := strings.Join(f.again(sum.Job.Name, &sum.Zero), " ")
				fmt.Fprintf(t.result(), "the zero tape fails too: %s %s\n", t.command(), zero)
			}
			fmt.Fprintln(t.result())
			if again == "" {
				again = line
			}
		}
	}
	if !f.json {
		report.Table(t.result(), rows)
	}
	return code, again
}

// soFar says what was found in a sweep that was interrupted. What a whole sweep must find is not expected of it.
func soFar(sum *explore.Summary, text string) string {
	left := int64(sum.Job.Seeds.Count()) - sum.Runs
	switch {
	case sum.Zero.Outcome == explore.Invalid:
		return "interrupted before it began"
	case left > 0 && sum.First == nil:
		return fmt.Sprintf("interrupted with %d seeds to go; no failure so far", left)
	case left > 0:
		return fmt.Sprintf("interrupted with %d seeds to go; %s", left, text)
	}
	return text
}

// raw says what was found, whatever was expected: the result of a scenario that was asked for by name.
func raw(sum *explore.Summary) (string, int) {
	if sum.First == nil {
		return "pass", explore.ExitPass
	}
	code := sum.First.Outcome.ExitCode()
	if sum.First.Zero {
		return "FAIL on the zero tape only: " + sum.First.Signature(), code
	}
	return fmt.Sprintf("FAIL at seed %d, in %d of %d runs: %s", sum.First.Seed, sum.Failed, sum.Runs, sum.First.Signature()), code
}

// expected says what was found, compared with what a scenario plants.
func expected(e scenarios.Expect, sum *explore.Summary) (string, int) {
	switch {
	case e == scenarios.ExpectPass:
		return raw(sum)
	case sum.First != nil && !e.Meets(sum.First.Outcome):
		text, code := raw(sum)
		return text + ", and not the planted " + e.String(), code
	case sum.First != nil && sum.First.Zero:
		return "found on the zero tape: " + sum.First.Signature(), explore.ExitPass
	case sum.First == nil && sum.Doubt() != "":
		return fmt.Sprintf("the planted %s not found in %d runs, and not judged: %s", e, sum.Runs, sum.Doubt()), explore.ExitPass
	case sum.First == nil:
		return fmt.Sprintf("NOT FOUND: the planted %s, in %d runs", e, sum.Runs), explore.ExitGuard
	}
	return fmt.Sprintf("found at seed %d after %d runs: %s", sum.First.Seed, sum.FirstRun, sum.First.Signature()), explore.ExitPass
}

// noteUnjudged names invariants that saw nothing to judge.
func (t *tool) noteUnjudged(sums []explore.Summary) {
	var all explore.Stats
	for i := range sums {
		all.Add(&sums[i].Stats)
	}
	var ids []string
	for _, rule := range spec.Unjudged(all.Seen) {
		ids = append(ids, rule.ID)
	}
	if len(ids) > 0 {
		fmt.Fprintf(t.stderr, "simrun: no run had an event that these invariants judge: %s\n", strings.Join(ids, " "))
	}
}

// commandAgain returns this call as a line to paste.
func (t *tool) commandAgain() string {
	words := []string{t.command()}
	for _, arg := range t.args[1:] {
		words = append(words, quote(arg))
	}
	return strings.Join(words, " ")
}
