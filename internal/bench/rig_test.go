package bench

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// world is one simulated world with everything that a sweep has: random walk in free order, recorded on a tape, and a trace
// that is hashed.
type world struct {
	from  *chaos.Explorer
	tape  chaos.Tape
	trace backend.Trace
	hash  trace.Hash
	buf   [256]backend.Event
	sink  backend.Sink // the hash, and whoever else listens
	k     *sim.Kernel
	ex    *sched.Executor
	seed  uint64
	opts  sched.Options
}

// newWorld makes a world for so many tasks besides the root. Faults are off.
func newWorld(b *testing.B, tasks int, o sim.Options) *world {
	rule, err := chaos.ParseStrategy("rw")
	if err != nil {
		b.Fatal(err)
	}
	plan, err := chaos.ParsePlan("none", sim.Sites())
	if err != nil {
		b.Fatal(err)
	}
	w := &world{from: chaos.NewExplorer(rule, plan, chaos.Options{}), k: sim.New(o)}
	w.sink = &w.hash
	w.reset()
	w.ex = sched.New(sched.Limits{Tasks: tasks + 1}, w.opts)
	b.Cleanup(w.ex.Close)
	return w
}

// reset prepares everything but the executor for the next seed.
func (w *world) reset() {
	w.seed++
	w.from.Reset(w.seed)
	w.tape.Record(w.from)
	w.hash.Reset()
	w.trace.Init(w.buf[:], w.sink)
	w.k.Reset(backend.Draws{Chooser: &w.tape, Trace: &w.trace})
	w.opts = sched.Options{Backend: w.k, Trace: &w.trace, Chooser: &w.tape, FreeOrder: true}
}

// run plays body as the root of one run.
func (w *world) run(b *testing.B, body func(*sched.Task) int) {
	if _, err := sched.Run(w.ex, sched.WaitForAllTasks, body); err != nil {
		b.Fatal(err)
	}
}

// fuel is the work that the tasks of one run share. A tape has room for a million draws and real runs are much shorter, so
// the tape starts anew after runLen of them, as it does between runs.
type fuel struct {
	left int
	tape *chaos.Tape
	from backend.Chooser
}

const runLen = 1 << 14

// next takes one unit.
func (f *fuel) next() bool {
	f.left--
	if f.left&(runLen-1) == 0 && f.tape != nil {
		f.tape.Record(f.from)
	}
	return f.left > 0
}

// still is the least that an executor runs on: a clock that stands, and nothing ever to report. It stands for a production
// backend that is never asked, so that nothing but the executor is measured.
type still struct{}

func (still) Caps() backend.Caps            { return backend.Caps{Name: "still"} }
func (still) Now() vclock.Instant           { return 0 }
func (still) Submit([]*backend.Op) int      { return 0 }
func (still) Cancel(backend.OpID)           {}
func (still) Reap([]backend.Completion) int { return 0 }
func (still) Wait(vclock.Instant) bool      { return false }
func (still) Unpark()                       {}
func (still) LineEnable(int)                {}
func (still) LineDisable(int)               {}
func (still) LinePend(int)                  {}
func (still) SignalEnable(bool)             {}
func (still) Dispose(backend.OpKind, int32) {}

// plain makes an executor as in production: no chooser, no trace, first in first out.
func plain(b *testing.B, tasks int) *sched.Executor {
	ex := sched.New(sched.Limits{Tasks: tasks + 1}, sched.Options{Backend: still{}})
	b.Cleanup(ex.Close)
	return ex
}
