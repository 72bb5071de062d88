package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/mutants"
	"github.com/tripoint-go/tripoint/internal/report"
	"github.com/tripoint-go/tripoint/scenarios"
)

// lab is one call that runs scenarios on emulated boards.
type lab struct {
	t       *tool
	in      *interrupt
	tc      *firmware.Toolchain
	overlay map[string]string // of the firmware
	list    []scenarios.Scenario
	rigs    []*rig
	cut     atomic.Bool // no further run makes sense
	code    int
	again   string // makes the first failure again
	err     error  // of the compiler or an emulator
}

// silicon runs the scenarios that need no operating system as firmware, on one emulated board or on all of them. Every seed is run
// twice: equal runs are part of what is judged, and cost next to nothing.
func (t *tool) silicon() int {
	f := &t.f
	tc, err := firmware.Find()
	if err != nil {
		fmt.Fprintf(t.stderr, "simrun: no board to run on: %v\n", err)
		return explore.ExitRefused
	}
	l := &lab{t: t, tc: tc}
	if err := l.mutate(); err != nil {
		return t.usage(err)
	}
	if err := t.openTrace(); err != nil {
		return t.usage(err)
	}
	var what string
	l.list, what = f.scenarios()
	l.in = t.watch()
	defer l.in.stop()
	t.begin(fmt.Sprintf("%s on %s, seeds %s", what, l.where(), f.seeds.String()))
	out := bufio.NewWriter(t.stdout)
	if f.json {
		t.lines = out
	}
	l.sweep()
	l.in.stop()
	_ = out.Flush() // standard output remembers its errors
	t.lines = nil
	if l.in.came() {
		l.table()
		return t.interrupted(l.in)
	}
	switch {
	case errors.Is(l.err, errForeign):
		return t.usage(errForeign)
	case l.err != nil:
		return t.internal(l.err)
	}
	l.table()
	if l.again == "" {
		l.again = t.commandAgain()
	}
	return t.end(l.code, l.again)
}

// where names the boards.
func (l *lab) where() string {
	if boards := l.t.f.boards; len(boards) == 1 {
		return boards[0].Name
	}
	return "all boards"
}

// mutate puts the known bug that was asked for into the firmware.
func (l *lab) mutate() error {
	name := l.t.f.mutant
	if name == "" {
		return nil
	}
	m, err := mutants.Find(name)
	if err != nil {
		return err
	}
	source, err := os.ReadFile(filepath.Join(l.tc.Root(), filepath.FromSlash(m.File)))
	if err != nil {
		return fmt.Errorf("mutant %s: %w", name, err)
	}
	text, err := m.Apply(string(source))
	if err != nil {
		return err
	}
	l.overlay = map[string]string{m.File: text}
	fmt.Fprintf(l.t.stderr, "simrun: mutant %s in %s: %s; it breaks %s\n", m.Name, m.File, m.What, m.Invariant)
	return nil
}

// sweep makes all runs, on as many boards at once as there are jobs. What they find is told board after board, so that the output
// does not depend on the number of jobs.
func (l *lab) sweep() {
	f := &l.t.f
	for _, b := range f.boards {
		l.rigs = append(l.rigs, newRig(l, b))
	}
	jobs := make(chan struct{}, f.jobs)
	go func() { // in order: a rig that nobody listens to yet may wait for those before it, and for no other
		for _, r := range l.rigs {
			jobs <- struct{}{}
			go func() {
				r.work()
				<-jobs
			}()
		}
	}()
	p := newProgress(l.t.stderr)
	defer p.clear()
	done, total := int64(0), int64(0)
	for _, r := range l.rigs {
		total += int64(len(r.runnable())) * int64(f.seeds.Count())
	}
	for _, r := range l.rigs {
		for run := range r.runs {
			l.take(r, &run)
			done++
			p.show(done, total)
		}
		if r.err != nil && l.err == nil && !l.in.came() {
			l.err = r.err
		}
	}
}

// over reports whether no further run makes sense. Any goroutine may call it.
func (l *lab) over() bool { return l.in.came() || l.cut.Load() }

// planned reports whether this outcome is what the scenario is for. Who asks for a scenario by name wants to see what it does.
func (l *lab) planned(s *scenarios.Scenario, o explore.Outcome) bool {
	return l.t.f.scenario == "" && s.Expect.Meets(o)
}

// take tells about a run, and keeps what it came to.
func (l *lab) take(r *rig, run *siliconRun) {
	t, s, c, res := l.t, &l.list[run.scenario], &r.cells[run.scenario], &run.res
	if t.f.json {
		t.writeJSON(jsonOfSilicon(s.Name, r.board.Name, res))
	}
	if run.trace != nil {
		l.code = explore.WorseExit(l.code, t.writeTrace(*run.trace))
	}
	if res.Outcome == explore.Pass {
		return
	}
	c.failed++
	if l.planned(s, res.Outcome) {
		if c.row.Result == "" || c.planned {
			c.planned = true
			c.row.Result = fmt.Sprintf("found in %d runs: %s", c.failed, res.Signature())
		}
		return
	}
	l.code = explore.WorseExit(l.code, res.Outcome.ExitCode())
	if run.fail == nil {
		return // only the first failure of a scenario on a board is told in full
	}
	c.planned = false
	c.row.Result = "FAIL: " + res.Signature()
	again := l.command(r, s.Name, res.Seed)
	if l.again == "" {
		l.again = again
	}
	report.Failure(t.result(), run.fail, report.Where{Replay: []string{again}})
	fmt.Fprintln(t.result())
}

// command makes one run again.
func (l *lab) command(r *rig, scenario string, seed uint64) string {
	text := fmt.Sprintf("%s -backend cortexm -board %s -scenario %s -seeds %d", l.t.command(), r.board.Name, scenario, seed)
	if l.t.f.check {
		text += " -check-determinism"
	}
	if l.t.f.mutant != "" {
		text += " -mutant " + quote(l.t.f.mutant)
	}
	return text
}

// table writes a line for every scenario on every board.
func (l *lab) table() {
	t := l.t
	var all explore.Summary
	var rows []report.SiliconRow
	for i := range l.list {
		s := &l.list[i]
		if _, ok := s.Portable(); !ok {
			rows = append(rows, report.SiliconRow{Name: s.Name, LeftOut: s.OnlyHost})
			continue
		}
		for _, r := range l.rigs {
			c := &r.cells[i]
			all.Stats.Add(&c.row.Stats)
			l.result(s, c)
			rows = append(rows, c.row)
		}
	}
	if t.f.json {
		return
	}
	report.SiliconTable(t.result(), rows)
	if l.over() {
		return
	}
	if t.f.scenario == "" {
		t.noteUnjudged([]explore.Summary{all})
	}
	if l.code == explore.ExitPass {
		fresh := ""
		if t.f.check {
			fresh = ", and once by a fresh emulator"
		}
		fmt.Fprintf(t.result(), "%d runs, each made twice%s: equal traces\n", all.Stats.Runs, fresh)
	}
}

// result completes the last column of a row. The order of a board is fixed, so a bug that only another order shows may stay hidden; any
// other planted failure must be found.
func (l *lab) result(s *scenarios.Scenario, c *cell) {
	row := &c.row
	switch n := row.Stats.Runs; {
	case c.failed > 0 && !c.planned && n > 1:
		row.Result += fmt.Sprintf(", in %d of %d runs", c.failed, n)
	case row.Result != "":
	case n == 0:
		row.Result = "not run"
	case l.t.f.scenario == "" && s.Expect != scenarios.ExpectPass && s.Expect != scenarios.ExpectCanary && !l.over():
		row.Result = fmt.Sprintf("NOT FOUND: the planted %s, in %d runs", s.Expect, n)
		l.code = explore.WorseExit(l.code, explore.ExitGuard)
	default:
		row.Result = "pass"
	}
}

// boardDefault runs the scenarios if nobody names a board; boardAll stands for all.
const (
	boardDefault = "mps2-an385"
	boardAll     = "all"
)

// checkSilicon understands -board, and rejects what makes no sense on a board.
func (f *flags) checkSilicon() (err error) {
	if f.backend != "cortexm" {
		if f.given["board"] {
			return errors.New("-board goes with -backend cortexm: the other backends have no boards")
		}
		return nil
	}
	if f.boards, err = parseBoards(f.board); err != nil {
		return err
	}
	for _, name := range []string{"strategy", "faults", "steps", "replay"} {
		if f.given[name] {
			return fmt.Errorf("-%s goes without -backend cortexm: a board has its own order and budget, and nothing is drawn but the workload", name)
		}
	}
	if f.given["workers"] {
		return errors.New("-workers goes without -backend cortexm: a board has one processor")
	}
	if f.seedText != "" {
		f.seeds = oneSeed(f.seed)
	}
	if f.traceForm != "" && !f.single() {
		return errors.New("-trace needs one run: with -backend cortexm, add -scenario NAME -seeds N, and one board")
	}
	if f.scenario != "" && f.chosen.OnlyHost != "" {
		return fmt.Errorf("scenario %s does not run on a board, which lacks what it needs: %s", f.scenario, f.chosen.OnlyHost)
	}
	return nil
}

// parseBoards returns the boards of that name.
func parseBoards(name string) ([]firmware.Board, error) {
	if name == boardAll {
		return firmware.Boards(), nil
	}
	for _, b := range firmware.Boards() {
		if b.Name == name {
			return []firmware.Board{b}, nil
		}
	}
	return nil, fmt.Errorf("-board %s: it is %s", name, boardNames())
}

// boardNames lists what -board takes.
func boardNames() string {
	var names []string
	for _, b := range firmware.Boards() {
		names = append(names, b.Name)
	}
	return strings.Join(names, ", ") + " or " + boardAll
}
