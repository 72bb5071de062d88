package inject

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
)

// plan is a sweep with its defaults filled in, and what the first run has shown. It does not change once workers run.
type plan struct {
	Sweep
	image *image
	twice []bool   // by source: it is paired with itself; Sources has each only once by now
	end   uint32   // where the window ends
	path  []uint32 // the address at each position of the run that nothing disturbs
	way   []route  // to each of them
}

// ending is how one run ended.
type ending struct {
	end  End
	code int
	why  string
}

func (e ending) good() bool { return e.end == Judged && e.code == 0 }

// injection is a source at a position.
type injection struct{ source, at int } // the source's index

// run does the sweep: the first run, the check that the sources are alive, then all injections on several emulators.
func (p *plan) run(ctx context.Context) (Report, error) {
	first := &worker{plan: p, ctx: ctx}
	defer first.drop()
	e, err := first.try(p.trace)
	if err != nil {
		return Report{}, err
	}
	t := &tally{plan: p}
	t.report.Positions = len(p.path)
	if !e.good() {
		var points []Point
		if n := len(p.path); p.Asleep && n > 0 {
			points = []Point{p.point(0, n-1, p.path[n-1])}
		}
		t.report.Failures = []Failure{p.failure(e, points...)}
		return t.report, nil
	}
	if len(p.path) == 0 {
		return Report{}, fmt.Errorf("the window from %s is empty", p.From)
	}
	for _, s := range p.Sources {
		if err := first.alive(s); err != nil {
			return Report{}, err
		}
	}
	first.drop()
	return p.sweep(ctx, t)
}

// trace is the run that nothing disturbs. It finds out where the window ends and what its positions are.
func (p *plan) trace(g *guest) (ending, error) {
	if err := g.begin(); err != nil {
		return ending{}, err
	}
	p.end = p.image.to
	if p.Asleep {
		path, err := g.record(p.end)
		if err != nil {
			return ending{}, err
		}
		if n := len(path); n == 0 || !p.image.sleeps(path[n-1]) {
			return ending{}, errors.New("the firmware does not sleep before the verdict")
		}
		p.path, p.way = path, routes(path)
		if err := g.pend(p.Sources[0]); err != nil {
			return ending{}, err
		}
		return g.finish()
	}
	if p.To == "" {
		lr, err := g.gdb.register(regLR)
		if err != nil {
			return ending{}, err
		}
		p.end = lr &^ 1
	}
	path, err := g.record(p.end)
	if err != nil {
		return ending{}, err
	}
	if err := g.gdb.at(p.end); err != nil {
		return ending{}, fmt.Errorf("the window does not end before the verdict: %w", err)
	}
	p.path, p.way = path, routes(path)
	return g.finish()
}

// sweep hands the injections to the workers. Cancelling stops them all: on the first error, and when there are enough failures.
func (p *plan) sweep(ctx context.Context, t *tally) (Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t.stop = cancel
	work := make(chan injection)
	var group sync.WaitGroup
	for range p.Jobs {
		group.Go(func() {
			w := &worker{plan: p, ctx: ctx}
			defer w.drop()
			for in := range work {
				if err := w.inject(in, t); err != nil {
					t.fail(err)
					return
				}
			}
		})
	}
	func() {
		defer close(work)
		for at := range p.path {
			for source := range p.Sources {
				select {
				case work <- injection{source, at}:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	group.Wait()
	if err := t.err; err != nil {
		return Report{}, err
	}
	if err := ctx.Err(); err != nil && !t.report.Cut {
		return Report{}, err
	}
	return t.report, nil
}

// failure describes a run that did not end well. The points come without their places, which take time to look up.
func (p *plan) failure(e ending, points ...Point) Failure {
	for i := range points {
		points[i].Where = p.image.where(points[i].PC)
	}
	return Failure{Points: points, End: e.end, Code: e.code, Why: e.why}
}

func (p *plan) point(source, at int, pc uint32) Point {
	return Point{Source: p.Sources[source], At: at, PC: pc}
}

// tally collects what the workers find.
type tally struct {
	plan   *plan
	stop   func()
	mu     sync.Mutex
	report Report
	err    error
}

// add counts a run.
func (t *tally) add(e ending, points ...Point) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.report.Cut {
		return
	}
	t.report.Runs++
	if e.good() {
		return
	}
	f := t.plan.failure(e, points...)
	t.report.Failures = append(t.report.Failures, f)
	if len(t.report.Failures) == t.plan.Enough || t.plan.Until != nil && t.plan.Until(f) {
		t.report.Cut = true
		t.stop()
	}
}

// fail ends the sweep. What a worker meets after it was stopped is no error.
func (t *tally) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil && !t.report.Cut {
		t.err = err
	}
	t.stop()
}

// worker runs the firmware on an emulator of its own, which it starts when it needs one.
type worker struct {
	*plan
	ctx   context.Context
	guest *guest
}

func (w *worker) drop() {
	w.guest.close()
	w.guest = nil
}

// try does one run. If the emulator is lost, or the run does not end, it is done once more in a new emulator: only what
// happens twice is the firmware's doing and not that of a busy machine.
func (w *worker) try(run func(*guest) (ending, error)) (ending, error) {
	for first := true; ; first = false {
		if w.guest == nil {
			g, err := boot(w.ctx, w.plan)
			if err != nil {
				return ending{}, err
			}
			w.guest = g
		}
		e, err := run(w.guest)
		if err == nil {
			return e, nil
		}
		judged := w.guest.judged
		w.drop()
		var x exited
		switch {
		case w.ctx.Err() != nil:
			return ending{}, w.ctx.Err()
		case errors.As(err, &x) && judged:
			return ending{end: Exited, code: x.status}, nil
		case first && !errors.As(err, &x):
		case errors.Is(err, os.ErrDeadlineExceeded) && judged:
			return ending{end: Hung}, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return ending{}, fmt.Errorf("the window is not reached and left within %v: %w", w.Limit, err)
		default:
			return ending{}, err
		}
	}
}

// alive checks that a source that is made pending at position 0 interrupts the firmware before the verdict.
func (w *worker) alive(s Source) error {
	var taken bool
	e, err := w.try(func(g *guest) (ending, error) {
		if err := g.begin(); err != nil {
			return ending{}, err
		}
		if err := g.pend(s); err != nil {
			return ending{}, err
		}
		var err error
		taken, err = g.taken(s)
		return ending{end: Judged}, err
	})
	if err == nil && !(taken && e.good()) {
		err = fmt.Errorf("%v at position 0 does not interrupt within %d steps before the verdict: is it enabled?", s, w.Max)
	}
	return err
}

// inject does the run with one injection, and if it was good the pairs that begin with it.
func (w *worker) inject(in injection, t *tally) error {
	begin := func(g *guest) error {
		if err := g.begin(); err != nil {
			return err
		}
		if err := g.follow(w.path, w.way, in.at); err != nil {
			return err
		}
		return g.pend(w.Sources[in.source])
	}
	e, err := w.try(func(g *guest) (ending, error) {
		if err := begin(g); err != nil {
			return ending{}, err
		}
		return g.finish()
	})
	if err != nil {
		return err
	}
	t.add(e, w.point(in.source, in.at, w.path[in.at]))
	if !w.Pairs || !e.good() {
		return nil
	}
	path, err := w.continued(begin)
	if err != nil {
		return err
	}
	return w.pairs(in, begin, path, t)
}

// continued returns the path of the run after an injection that is known to end well.
func (w *worker) continued(begin func(*guest) error) (path []uint32, err error) {
	e, err := w.try(func(g *guest) (ending, error) {
		if err := begin(g); err != nil {
			return ending{}, err
		}
		var err error
		path, err = g.record(w.end)
		return ending{end: Judged}, err
	})
	if err == nil && !e.good() {
		err = fmt.Errorf("a run that was good before does not end when it is stepped through within %v", w.Limit)
	}
	return path, err
}

// pairs does the runs whose first injection begin makes, and whose second one comes on the path that follows.
func (w *worker) pairs(in injection, begin func(*guest) error, path []uint32, t *tally) error {
	way := routes(path)
	for second := range w.Sources {
		if second == in.source && !w.twice[second] {
			continue
		}
		for k, pc := range path {
			if k == 0 && second <= in.source {
				continue // at one position the order does not matter, and twice is once
			}
			e, err := w.try(func(g *guest) (ending, error) {
				if err := begin(g); err != nil {
					return ending{}, err
				}
				if err := g.follow(path, way, k); err != nil {
					return ending{}, err
				}
				if err := g.pend(w.Sources[second]); err != nil {
					return ending{}, err
				}
				return g.finish()
			})
			if err != nil {
				return err
			}
			t.add(e, w.point(in.source, in.at, w.path[in.at]), w.point(second, in.at+k, pc))
		}
	}
	return nil
}
