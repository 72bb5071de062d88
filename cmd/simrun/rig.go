package main

import (
	"context"
	"errors"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/loop"
	"github.com/tripoint-go/tripoint/internal/report"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/internal/trace"
)

// rig is a board at work. One goroutine makes its runs; err, and counts and stacks in the cells, are for others once runs is closed.
type rig struct {
	lab   *lab
	board firmware.Board
	cells []cell // by scenario
	runs  chan siliconRun
	err   error
}

// cell is one scenario on one board.
type cell struct {
	row     report.SiliconRow
	failed  int  // runs
	planned bool // all of them as planned
}

// siliconRun is one seed that was run.
type siliconRun struct {
	scenario int
	res      explore.Result
	fail     *explore.Failure // to be told: the first of its cell that was not planned
	trace    *trace.Recording // if it was asked for
}

var errForeign = errors.New("the mutant is in a file that is not part of the firmware")

// runsAhead is how many runs a board may be ahead of what is told of it.
const runsAhead = 1 << 14

func newRig(l *lab, b firmware.Board) *rig {
	r := &rig{lab: l, board: b, cells: make([]cell, len(l.list)), runs: make(chan siliconRun, runsAhead)}
	for i := range r.cells {
		r.cells[i].row.Name, r.cells[i].row.Board = l.list[i].Name, b.Name
	}
	return r
}

// runnable lists the scenarios that run on a board.
func (r *rig) runnable() []int {
	var out []int
	for i := range r.lab.list {
		if _, ok := r.lab.list[i].Portable(); ok {
			out = append(out, i)
		}
	}
	return out
}

// work builds the firmware and makes all runs.
func (r *rig) work() {
	defer close(r.runs)
	if r.lab.over() {
		return
	}
	if err := r.all(r.lab.in.ctx); err != nil {
		r.err = err
		r.lab.cut.Store(true)
	}
}

func (r *rig) all(ctx context.Context) (err error) {
	l := r.lab
	elf, err := l.tc.Build(ctx, firmware.Firmware{Package: loop.Package, Board: r.board, Overlay: l.overlay})
	if err != nil {
		return err
	}
	if l.overlay != nil {
		plain, err := l.tc.Build(ctx, firmware.Firmware{Package: loop.Package, Board: r.board})
		if err != nil {
			return err
		}
		if plain == elf {
			return errForeign
		}
	}
	machine, fresh := loop.New(l.tc, r.board, elf), loop.New(l.tc, r.board, elf)
	defer func() {
		err = errors.Join(err, machine.Close(), fresh.Close())
	}()
	for _, i := range r.runnable() {
		if err := r.scenario(i, machine, fresh); err != nil {
			return err
		}
	}
	return nil
}

// scenario runs every seed of one scenario. An emulator that hangs once is not asked for this scenario again.
func (r *rig) scenario(i int, machine, fresh *loop.Board) error {
	l, s, row := r.lab, &r.lab.list[i], &r.cells[i].row
	program, _ := s.Portable()
	runner := func(m *loop.Board) *explore.Silicon {
		return explore.NewSilicon(s.Name, r.board.Name, program, s.Config, m)
	}
	trio := trio{first: runner(machine), again: runner(machine)}
	if l.t.f.check {
		trio.fresh, trio.close = runner(fresh), fresh.Close
	}
	told := false
	for seed := range l.t.f.seeds.All() {
		if l.over() {
			break
		}
		fail, err := trio.run(seed)
		if err != nil {
			return err
		}
		run := siliconRun{scenario: i, res: fail.Result}
		if run.res.Outcome != explore.Pass && !told && !l.planned(s, run.res.Outcome) {
			told, run.fail = true, &fail
		}
		if l.t.f.traceForm != "" {
			run.trace = &fail.Trace
		}
		r.runs <- run
		if run.res.Hung {
			break
		}
	}
	row.Stats, row.Stack = *trio.first.Stats(), trio.first.Stack()
	return nil
}

// trio makes every run twice on one emulator and, if fresh is not nil, once more on another that has made none before.
type trio struct {
	first, again, fresh *explore.Silicon
	close               func() error // of the emulator of fresh
}

// run returns the first run of a seed, or the difference from one that should be equal.
func (x *trio) run(seed uint64) (explore.Failure, error) {
	res, err := x.first.Run(seed)
	fail := x.first.Failure(res)
	if err != nil || res.Hung {
		return fail, err
	}
	for _, other := range []*explore.Silicon{x.again, x.fresh} {
		if other == nil {
			continue
		}
		second, err := other.Run(seed)
		if err != nil {
			return fail, err
		}
		if !res.Same(&second) {
			fail.Differ(spec.SameTape, trace.FormatSum(res.Fingerprint), trace.FormatSum(second.Fingerprint), other.Trace())
			return fail, nil
		}
	}
	if x.fresh != nil {
		return fail, x.close()
	}
	return fail, nil
}
