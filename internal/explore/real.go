package explore

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// TimerSlack is how late a timer may come in real time, the load of the machine not counted.
const TimerSlack = 500 * vclock.Microsecond

// PatienceDefault is how long a real run may take before it is said to hang.
const PatienceDefault = 30 * time.Second

const (
	goroutinePatience = 2 * time.Second // for the goroutines of a run to end
	corePatience      = 2 * time.Second // to look into a run that hangs
)

const (
	stackBytes = 1 << 16 // of all goroutines, where some are left
	realEvents = 1 << 13 // the last ones of a run, for reports
)

// silentHang is the invariant that every run breaks which does not end.
const silentHang = "SD9"

// Ground is a world on a real kernel, set up for one run. Package live makes them.
type Ground interface {
	Host

	// Backend returns what the executor runs on.
	Backend() backend.Backend

	// Begin tells the ground who runs on it, before the set-up. external is called, inside the core, for events of
	// Host.External.
	Begin(ex *sched.Executor, external func(n int32))

	// Start begins the outside, behind the set-up: the times of its events count from here.
	Start()

	// Quiet ends the outside: when it has returned, no event comes any more. Nothing is closed.
	Quiet()

	// Close ends the backend, and closes everything that is left. The error says what leaked: what the run should have given
	// back by itself. After a run that froze tasks their descriptors are expected. Nobody uses the ground any more.
	Close(frozen bool) error
}

// RealOptions are the choices of whoever runs a program on a real kernel.
type RealOptions struct {
	Workers  int // threads that poll tasks, at least 1
	Watch    *Watch
	Patience time.Duration // default PatienceDefault
	Open     func(config Config, workers int) (Ground, error)
}

// Real runs one program again and again on a real kernel, each time on a new ground, and judges every run by its trace. It
// belongs to one goroutine. Where a run hangs, its goroutines stay, and the runner is of no further use.
type Real struct {
	trial
	name     string
	config   Config
	opts     RealOptions
	ground   Ground
	buffer   []backend.Event
	rec      *trace.Recorder
	monitors *spec.Checker
	grace    vclock.Duration

	mu       sync.Mutex // protects what bodies share
	explorer *chaos.Explorer
	stats    Stats
}

// NewReal returns a runner for a program that is fit for real kernels.
func NewReal(name string, config Config, program Program, opts RealOptions) *Real {
	plan, err := ParsePlan("none")
	if err != nil {
		panic(err)
	}
	config = config.defaulted(&Options{})
	if opts.Patience == 0 {
		opts.Patience = PatienceDefault
	}
	config.Limits.Lanes = 0
	ch := make(chan os.Signal, 1) // the runtime's own goroutine for signals stays once it is there: let it be before we count
	signal.Notify(ch, syscall.SIGTERM)
	signal.Stop(ch)
	r := &Real{
		name: name, config: config, opts: opts, buffer: make([]backend.Event, traceBuffer),
		rec: trace.NewRecorder(realEvents, trace.KeepLast), explorer: chaos.NewExplorer(chaos.Rule{}, plan, chaos.Options{}),
	}
	r.program, r.stepsMax = program, config.StepsMax
	r.left = func(Result, string) {}
	r.world.run = r
	r.sink.world, r.sink.watch, r.sink.monitors, r.sink.rec = &r.world, opts.Watch, r.ready, r.rec
	return r
}

// Stats returns the counts of all runs so far. It is the runner's own.
func (r *Real) Stats() *Stats { return &r.stats }

// Trace returns the last events of the last run.
func (r *Real) Trace() trace.Recording { return r.rec.Recording() }

// Failure returns what is known about the last run, whose result is res, as it is told in reports.
func (r *Real) Failure(res Result) Failure {
	return Failure{
		Result: res, Scenario: r.name, Configuration: fmt.Sprintf("backend=uring workers=%d", r.opts.Workers),
		Trace: r.rec.Recording(), Real: true,
	}
}

// Run makes one run. What the program draws with World.Work depends on the seed alone; everything else is up to the machine.
// The error is one of setting the world up.
func (r *Real) Run(seed uint64) (Result, error) {
	res := Result{Seed: seed}
	r.opts.Watch.enter(InSeed, seed)
	defer r.opts.Watch.enter(Idle, 0)
	done := make(chan error, 1)
	go func() { done <- r.whole(&res) }()
	timer := time.NewTimer(r.opts.Patience)
	defer timer.Stop()
	select {
	case err := <-done:
		return res, err
	case <-timer.C:
		return r.hung(seed), nil
	}
}

// hung is the result of a run that does not end. If somebody holds the core for good, nothing more can be told.
func (r *Real) hung(seed uint64) Result {
	told := make(chan Result, 1)
	go func() { told <- r.stuck(seed) }()
	timer := time.NewTimer(corePatience)
	defer timer.Stop()
	select {
	case res := <-told:
		return res
	case <-timer.C:
		res := Result{Seed: seed, Hung: true}
		res.fail(NoProgress, Hang, fmt.Sprintf("the run has not ended after %s of real time, and its core is not let go of", r.opts.Patience))
		res.Stack = stacks()
		return res
	}
}

// stuck tells what is known of a run that does not end.
func (r *Real) stuck(seed uint64) Result {
	res := Result{Seed: seed}
	r.exec.Lock()
	defer r.exec.Unlock()
	r.trace.Flush()
	res.Events = r.sink.hash.Count()
	res.Hung, res.Waits = true, waits(r.exec)
	res.fail(NoProgress, Hang, fmt.Sprintf("the run has not ended after %s of real time", r.opts.Patience))
	v, broken := r.broken()
	if v != nil && v.ID != silentHang { // why it hangs
		res.Outcome, res.Violation, res.Broken = Invariant, v, broken
		if v.property {
			res.Outcome = Property
		}
	}
	return res
}

// whole is one run from the opening of its ground to the end of its last goroutine.
func (r *Real) whole(res *Result) error {
	before := runtime.NumGoroutine()
	ground, err := r.opts.Open(r.config, r.opts.Workers)
	if err != nil {
		return err
	}
	r.ground = ground
	r.execute(res)
	// What has said that it is done may need a moment to be gone.
	for end := time.Now().Add(goroutinePatience); runtime.NumGoroutine() > before; time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			if res.Outcome == Pass {
				res.fail(Property, "nothing leaks", fmt.Sprintf("%d goroutines are left", runtime.NumGoroutine()-before))
				res.Stack = stacks()
			}
			break
		}
	}
	return nil
}

// stacks returns the stacks of all goroutines, as many as fit.
func stacks() []byte {
	text := make([]byte, stackBytes)
	return text[:runtime.Stack(text, true)]
}

// execute is one run on a ground that is open.
func (r *Real) execute(res *Result) {
	begin := time.Now()
	r.sink.hash.Reset()
	r.sink.checker = nil
	r.rec.Reset()
	r.trace.Init(r.buffer, &r.sink)
	r.explorer.Reset(res.Seed)
	r.grace = r.config.Grace
	r.exec = sched.New(r.config.Limits, r.options())
	r.world.Host, r.world.Exec = r.ground, r.exec
	r.world.reset()
	r.ground.Begin(r.exec, func(n int32) {
		if r.world.external != nil {
			r.world.external(r.exec, n)
		}
	})
	ran := r.setUp(res)
	var err error
	if ran {
		r.sink.ready()
		r.ground.Start()
		r.drive(res)
		err = r.exec.Err()
	}
	r.ground.Quiet()
	if err != nil {
		res.Waits = waits(r.exec)
	}
	res.Steps, res.Exit = r.exec.Steps(), 0
	r.exec.Close() // waits for what Run has left to its workers
	if code, late := r.exec.Exit(); ran && err == nil {
		err, res.Exit = late, code
	}
	res.Events, res.Fingerprint = r.sink.hash.Count(), r.sink.hash.Sum()
	res.End = vclock.Instant(time.Since(begin))
	if ran {
		r.judge(res, err)
	}
	frozen := r.sink.checker != nil && r.sink.checker.Seen()[backend.EvFrozen] > 0
	if leak := r.ground.Close(frozen || res.Outcome != Pass); leak != nil && res.Outcome == Pass {
		res.fail(Property, "nothing leaks", leak.Error())
	}
	r.count(res)
}

func (r *Real) options() sched.Options {
	return sched.Options{
		Backend: r.ground.Backend(), Workers: r.opts.Workers, Trace: &r.trace, Grace: r.grace, StepsMax: r.config.StepsMax,
	}
}

// ready returns the monitors of this run, once what they must know of it is known.
func (r *Real) ready() *spec.Checker {
	opts := spec.Options{Slack: TimerSlack, Grace: r.grace, Complete: true}
	if r.monitors == nil {
		r.monitors = spec.New(opts)
	} else {
		r.monitors.Reset(opts)
	}
	return r.monitors
}

func (r *Real) restart(grace vclock.Duration) {
	r.grace = grace
	r.exec.Reset(r.options())
}

func (r *Real) draw(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.explorer.Choose(backend.ChoiceWork, 0, n)
}

func (r *Real) sometimes(name string, cond bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.sometimes(name, cond)
}

func (r *Real) position() (step int64, seq uint64) {
	step = r.exec.Steps()
	r.exec.Lock()
	defer r.exec.Unlock()
	return step, r.trace.Seq()
}

func (r *Real) interrupt() {
	r.exec.Lock()
	defer r.exec.Unlock()
	r.trace.Flush()
}

func (r *Real) count(res *Result) {
	s := &r.stats
	s.Runs++
	s.Steps += res.Steps
	s.Events += res.Events
	s.Virtual += res.End.Sub(0)
	if r.sink.checker != nil {
		for i, n := range r.sink.checker.Seen() {
			s.Seen[i] += n
		}
	}
}
