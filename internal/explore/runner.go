package explore

import (
	"runtime"
	"strconv"
	"strings"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// traceBuffer is the number of events that a run collects before its sinks see them.
const traceBuffer = 256

// Runner runs one program again and again in the same memory. It belongs to one goroutine.
type Runner struct {
	name   string
	config Config
	opts   Options

	trial
	kernel   *sim.Kernel
	external func(*sched.Executor, int32)
	explorer *chaos.Explorer
	profile  int // scheduling draws of the zero run
	draws    draws
	work     backend.Draws
	buffer   []backend.Event
	monitors *spec.Checker // nil before the first run that is judged
	seed     uint64
	grace    vclock.Duration
	stats    Stats
	counting bool
	last     lastRun
}

// lastRun is what the header of a tape says about the run that was last.
type lastRun struct {
	result   Result
	strategy string // empty: ask the explorer
	faults   string
	seed     string
	free     bool
}

// New returns a runner for a program. It makes one run on the zero tape, which tells pct how long the program is; that run
// is in no statistics.
func New(name string, config Config, program Program, opts Options) *Runner {
	config = config.defaulted(&opts)
	if opts.Plan == nil {
		plan, err := ParsePlan("none")
		if err != nil {
			panic(err)
		}
		opts.Plan = plan
	}
	r := &Runner{name: name, config: config, opts: opts, buffer: make([]backend.Event, traceBuffer)}
	r.kernel = sim.New(config.kernel())
	r.exec = sched.New(config.Limits, sched.Options{Backend: r.kernel, Lanes: config.Lanes})
	r.program, r.stepsMax, r.left = program, config.StepsMax, r.leave
	r.world.Kernel, r.world.Host, r.world.Exec, r.world.run = r.kernel, simHost{r.kernel}, r.exec, r
	r.sink.world, r.sink.watch, r.sink.monitors = &r.world, opts.Watch, r.ready
	r.external = func(ex *sched.Executor, n int32) {
		if r.world.external != nil {
			r.world.external(ex, n)
		}
	}
	defer func() {
		if !r.counting { // the zero run was left, and nobody else can close the runner
			r.Close()
		}
	}()
	r.Zero()
	counts := r.draws.tape.Counts()
	r.profile = int(min(counts[backend.ChoicePick], 100_000_000))
	r.explorer = chaos.NewExplorer(opts.Rule, opts.Plan, chaos.Options{StepsEstimate: r.profile})
	r.stats = Stats{}
	r.Record(opts.Record)
	r.counting = true
	return r
}

// Close ends the coroutines of the runner. It is of no use afterwards.
func (r *Runner) Close() { r.exec.Close() }

// Record changes how many of the last events of each run are kept; 0 keeps none.
func (r *Runner) Record(events int) {
	r.opts.Record, r.sink.rec = events, nil
	if events > 0 {
		r.sink.rec = trace.NewRecorder(events, trace.KeepLast)
	}
}

// Stats returns the counts of all runs so far. It is the runner's own.
func (r *Runner) Stats() *Stats { return &r.stats }

// Trace returns what was recorded of the last run: nothing, unless recording is on.
func (r *Runner) Trace() trace.Recording {
	if r.sink.rec == nil {
		return trace.Recording{}
	}
	return r.sink.rec.Recording()
}

// Run runs the program for a seed.
func (r *Runner) Run(seed uint64) Result {
	r.explorer.Reset(seed)
	r.draws.tape.Record(r.explorer)
	r.last = lastRun{free: r.explorer.FreeOrder()}
	res := Result{Seed: seed}
	r.execute(InSeed, &res)
	if r.counting && r.opts.Plan.Swarm() {
		r.countOn()
	}
	r.last.result = res
	return res
}

// Zero runs the program on the zero tape: every draw is 0.
func (r *Runner) Zero() Result {
	r.draws.tape.ReplayLenient(nil)
	r.last = lastRun{strategy: "zero", faults: "none", free: true}
	res := Result{Zero: true}
	r.execute(InZero, &res)
	r.last.result = res
	return res
}

// Replay runs the program on a tape. Strictly, a tape that does not fit is stale; leniently, draws are bent until they do.
func (r *Runner) Replay(rec *chaos.Recording, lenient bool) Result {
	if lenient {
		r.draws.tape.ReplayLenient(rec.Draws)
	} else {
		r.draws.tape.Replay(rec)
	}
	h := &rec.Header
	seed, _ := chaos.ParseSeed(h.Seed) // a tape without seed, or with none that counts, boots with seed 0
	r.last = lastRun{strategy: h.Strategy, faults: h.Faults, seed: h.Seed, free: h.FreeOrder()}
	res := Result{Seed: seed}
	r.execute(InReplay, &res)
	if stale := r.draws.tape.Finish(); stale != nil {
		res.Outcome = Stale
		res.Violation = &Violation{ID: "stale", Text: stale.Error(), Tau: res.End, Step: res.Steps}
	}
	r.last.result = res
	return res
}

// again replays the tape of the last run, strictly. The result is of the same run, or the program depends on something that
// is not drawn. It is in no statistics.
func (r *Runner) again() Result {
	counting := r.counting
	r.counting = false
	res := r.Replay(r.Tape(), false)
	r.counting = counting
	return res
}

// execute is one run; the tape is ready.
func (r *Runner) execute(stage Stage, res *Result) {
	r.opts.Watch.enter(stage, res.Seed)
	r.draws.reset()
	r.sink.hash.Reset()
	r.sink.checker = nil
	if r.sink.rec != nil {
		r.sink.rec.Reset()
	}
	r.trace.Init(r.buffer, &r.sink)
	r.work = backend.Draws{Chooser: &r.draws, Trace: &r.trace}
	r.kernel.Reset(r.work)
	r.seed = res.Seed
	r.restart(r.config.Grace)
	r.world.reset()
	ran := r.setUp(res)
	if ran {
		r.sink.ready()
		r.drive(res)
	}
	r.measure(res)
	if ran {
		r.judge(res, r.exec.Err())
	}
	if res.Outcome != Pass {
		res.Waits = waits(r.exec)
	}
	if r.counting {
		r.count(res)
	}
	if r.exec.Live() > 0 {
		r.unwind()
	}
	r.opts.Watch.enter(Idle, 0)
}

// measure fills in what is counted of a run, however it ended.
func (r *Runner) measure(res *Result) {
	res.Fingerprint = r.sink.hash.Sum()
	res.Events = r.sink.hash.Count()
	res.Steps = r.exec.Steps()
	res.End = r.kernel.Now()
	res.Exit, _ = r.exec.Exit()
	res.Schedule, res.Draws = r.draws.schedule, r.draws.all
	res.Choices, res.Fires = r.draws.total, r.draws.fires
}

// unwind ends the tasks that the run left frozen, now and not at the next run's expense: their deferred calls may still
// touch the world.
func (r *Runner) unwind() {
	counting := r.counting
	r.counting = false
	r.exec.Reset(sched.Options{Backend: r.kernel, Lanes: r.config.Lanes})
	r.counting = counting
}

// restart makes the executor ready, and remembers the grace for the monitors.
func (r *Runner) restart(grace vclock.Duration) {
	r.grace = grace
	r.exec.Reset(sched.Options{
		Backend: r.kernel, Trace: &r.trace, Chooser: &r.draws, FreeOrder: r.last.free, Lanes: r.config.Lanes,
		Seed: int64(r.seed), Grace: grace, StepsMax: r.config.StepsMax, External: r.external,
	})
}

// ready returns the monitors of this run, once what they must know of it is known.
func (r *Runner) ready() *spec.Checker {
	if !r.opts.Monitors {
		return nil
	}
	opts := spec.Options{Simulated: true, Grace: r.grace, YieldTick: r.kernel.Caps().YieldTick, Complete: true}
	if r.monitors == nil {
		r.monitors = spec.New(opts)
	} else {
		r.monitors.Reset(opts)
	}
	return r.monitors
}

func (r *Runner) draw(n int) int {
	if r.exec.Over() {
		panic("explore: Work is for the set-up and for bodies")
	}
	return r.work.Draw(backend.ChoiceWork, 0, n, 0)
}

func (r *Runner) sometimes(name string, cond bool) {
	if r.counting {
		r.stats.sometimes(name, cond)
	}
}

func (r *Runner) position() (step int64, seq uint64) { return r.exec.Steps(), r.trace.Seq() }

// interrupt hands what is in the trace to the sink, which asks for the end of the run.
func (r *Runner) interrupt() { r.trace.Flush() }

func (r *Runner) count(res *Result) {
	s := &r.stats
	s.Runs++
	s.Steps += res.Steps
	s.Events += res.Events
	s.Choices += res.Choices
	s.Virtual += res.End.Sub(0)
	for _, site := range r.opts.Plan.Sites() {
		if !r.draws.visited {
			break
		}
		s.Tally.Visits[site.Site] += r.draws.tally.Visits[site.Site]
		s.Tally.Fires[site.Site] += r.draws.tally.Fires[site.Site]
	}
	if r.sink.checker != nil {
		for i, n := range r.sink.checker.Seen() {
			s.Seen[i] += n
		}
	}
}

// countOn counts the visits to sites that swarm had switched on in this run. It asks only about sites where nothing has
// fired so far: for the others nobody wants to know.
func (r *Runner) countOn() {
	faults := ""
	for _, site := range r.opts.Plan.Sites() {
		visits := r.draws.tally.Visits[site.Site]
		if visits == 0 || r.stats.Tally.Fires[site.Site] != 0 {
			continue
		}
		if faults == "" {
			faults = "," + r.explorer.Faults()
		}
		if strings.Contains(faults, ","+site.Name+"=") {
			r.stats.OnVisits[site.Site] += visits
		}
	}
}

// Configuration returns the drawn configuration of the last run in one line.
func (r *Runner) Configuration() string {
	h := r.Header()
	text := "strategy=" + h.Strategy + " faults=" + h.Faults
	if r.last.strategy == "" && r.opts.Plan.Swarm() {
		text += " (swarm)"
	}
	return text + " " + h.Options
}

// Header returns the header of a tape of the last run.
func (r *Runner) Header() chaos.Header {
	res := &r.last.result
	h := chaos.Header{
		Tool: r.opts.Tool, Commit: r.opts.Commit, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Scenario: r.name, Options: r.header(), Seed: r.last.seed, Strategy: r.last.strategy, Faults: r.last.faults,
		Profile: "picks=" + strconv.Itoa(r.profile), Fingerprint: trace.FormatSum(res.Fingerprint), Signature: res.Signature(),
	}
	if r.last.strategy == "" {
		h.Seed, h.Strategy, h.Faults = strconv.FormatUint(res.Seed, 10), r.explorer.Strategy(), r.explorer.Faults()
	}
	return h
}

// Tape returns the tape of the last run.
func (r *Runner) Tape() *chaos.Recording { return r.draws.tape.Recording(r.Header()) }
