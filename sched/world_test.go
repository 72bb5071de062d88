//go:build !tinygo

package sched

import (
	"strings"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/vclock"
)

// The tests of this package attack the executor from a scripted world: nothing happens there unless the test says so, in
// the test's own order. Tests of one run look like this:
//
//	w := newWorld(t, Limits{}, Options{})
//	v := w.run(WaitForAllTasks, func(t *Task) int { ...; w.be.finish(7, 0); ... })
//	w.wantOrder("cqe o=...", "drop- t=2")
//
// run judges every trace with the monitors, so each test states only what is special.

// fake is the scripted backend. Operations stay in flight until the script finishes them; time moves in Wait only.
type fake struct {
	caps     backend.Caps
	now      vclock.Instant
	flight   []backend.Op
	cancels  []backend.OpID
	disposed []int32
	due      []backend.Completion
	later    []event
	enabled  []bool
	signals  bool
	stubborn bool                     // a cancel does nothing: the script decides how the operation ends
	accept   int                      // operations that Submit takes at most, -1: all
	submits  int                      // calls of Submit
	onWait   func(vclock.Instant)     // called by each Wait
	onSubmit func(op *backend.Op)     // called for each operation that is taken
	onCancel func(id backend.OpID)    // called for each cancel
	auto     func(*backend.Op) *event // when and how an operation ends by itself
}

// event is something the fake reports at an instant.
type event struct {
	at vclock.Instant
	c  backend.Completion
}

func (f *fake) Caps() backend.Caps  { return f.caps }
func (f *fake) Now() vclock.Instant { return f.now }
func (f *fake) Unpark()             {}

func (f *fake) Submit(ops []*backend.Op) int {
	f.submits++
	n := len(ops)
	if f.accept >= 0 {
		n = min(n, f.accept)
	}
	for _, op := range ops[:n] {
		f.flight = append(f.flight, *op)
		if f.onSubmit != nil {
			f.onSubmit(op)
		}
		if f.auto != nil {
			if ev := f.auto(op); ev != nil {
				ev.c.ID, ev.c.Kind = op.ID, backend.CompletionOp
				f.later = append(f.later, *ev)
			}
		}
	}
	return n
}

func (f *fake) Cancel(id backend.OpID) {
	f.cancels = append(f.cancels, id)
	if f.onCancel != nil {
		f.onCancel(id)
	}
	if !f.stubborn {
		for i := range f.flight {
			if f.flight[i].ID == id {
				f.complete(i, -int32(backend.ECANCELED))
				return
			}
		}
	}
}

// complete ends the operation at index i of flight.
func (f *fake) complete(i int, res int32) {
	f.due = append(f.due, backend.Completion{ID: f.flight[i].ID, Res: res, Kind: backend.CompletionOp})
	f.flight = append(f.flight[:i], f.flight[i+1:]...)
}

// finish ends the oldest operation in flight on descriptor fd; false if there is none.
func (f *fake) finish(fd, res int32) bool {
	for i := range f.flight {
		if f.flight[i].FD == fd {
			f.complete(i, res)
			return true
		}
	}
	return false
}

// finishAt does what finish does, at an instant.
func (f *fake) finishAt(at vclock.Instant, fd, res int32) {
	for i := range f.flight {
		if f.flight[i].FD == fd {
			f.later = append(f.later, event{at, backend.Completion{ID: f.flight[i].ID, Res: res, Kind: backend.CompletionOp}})
			return
		}
	}
	panic("fake: no such operation")
}

func (f *fake) at(at vclock.Instant, kind backend.CompletionKind, n int32) {
	f.later = append(f.later, event{at, backend.Completion{Kind: kind, N: n}})
}

func (f *fake) mature() {
	for i := 0; i < len(f.later); {
		if f.later[i].at > f.now {
			i++
			continue
		}
		c := f.later[i].c
		f.later = append(f.later[:i], f.later[i+1:]...)
		if c.Kind != backend.CompletionOp {
			f.due = append(f.due, c)
			continue
		}
		for j := range f.flight {
			if f.flight[j].ID == c.ID { // else it was cancelled meanwhile
				f.complete(j, c.Res)
				break
			}
		}
	}
}

func (f *fake) Reap(into []backend.Completion) int {
	f.mature()
	n := copy(into, f.due)
	f.due = append(f.due[:0], f.due[n:]...)
	return n
}

func (f *fake) Wait(until vclock.Instant) bool {
	if f.onWait != nil {
		f.onWait(until)
	}
	for {
		f.mature()
		if len(f.due) > 0 {
			return true
		}
		next := vclock.Forever
		for _, ev := range f.later {
			next = min(next, ev.at)
		}
		next = min(next, until)
		if next == vclock.Forever {
			return false
		}
		f.now = max(f.now, next)
		if next == until {
			return true
		}
	}
}

func (f *fake) LineEnable(n int)  { f.enabled[n] = true }
func (f *fake) LineDisable(n int) { f.enabled[n] = false }
func (f *fake) LinePend(n int) {
	f.due = append(f.due, backend.Completion{Kind: backend.CompletionLine, N: int32(n)})
}
func (f *fake) SignalEnable(on bool)                   { f.signals = on }
func (f *fake) Dispose(kind backend.OpKind, res int32) { f.disposed = append(f.disposed, res) }

// failer is what a world needs of a testing.T or a rapid.T.
type failer interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// world is one executor in a scripted world, with its trace.
type world struct {
	t     failer
	be    *fake
	ex    *Executor
	tr    backend.Trace
	rec   *trace.Recorder
	opts  Options
	judge bool
	ticks bool     // the test moves the clock in bodies, as time does where it is real
	lines []string // the trace as text, one event a line without seq and lane
}

func newWorld(t failer, limits Limits, opts Options) *world {
	t.Helper()
	w := &world{t: t, opts: opts, judge: true}
	w.be = &fake{accept: -1, enabled: make([]bool, 4), caps: backend.Caps{
		Name: "fake", Number: 1, Ops: 1<<backend.OpKinds - 2, Lines: 4, Signals: true, YieldTick: vclock.Microsecond,
	}}
	if w.opts.StepsMax == 0 {
		w.opts.StepsMax = 20_000
	}
	if limits.Tasks == 0 {
		limits.Tasks = 32
	}
	if limits.Ops == 0 {
		limits.Ops = 8
	}
	w.opts.Backend, w.opts.Trace = w.be, &w.tr
	w.rec = trace.NewRecorder(1<<20, trace.KeepFirst)
	w.tr.Init(make([]backend.Event, 256), w.rec)
	w.ex = New(limits, w.opts)
	t.Cleanup(w.ex.Close)
	return w
}

// reset prepares another run; the backend starts anew.
func (w *world) reset() {
	caps := w.be.caps
	*w.be = fake{accept: -1, enabled: make([]bool, 4), caps: caps}
	w.rec.Reset()
	w.tr.Init(make([]backend.Event, 256), w.rec)
	w.lines = nil
	w.ex.Reset(w.opts)
}

// run runs body and fails the test if the run failed or its trace breaks a rule.
func (w *world) run(mode Mode, body func(*Task) int) int {
	w.t.Helper()
	v, err := w.try(false, mode, body)
	if err != nil {
		w.fatalf("the run failed: %v", err)
	}
	if v <= -200 { // what the bodies of the tests return when something is wrong
		w.fatalf("the body returned %d: see there", v)
	}
	return v
}

// main is run for Main.
func (w *world) main(mode Mode, body func(*Task) int) int {
	w.t.Helper()
	v, err := w.try(true, mode, body)
	if err != nil {
		w.fatalf("the run failed: %v", err)
	}
	if v <= -200 { // what the bodies of the tests return when something is wrong
		w.fatalf("the body returned %d: see there", v)
	}
	return v
}

// try runs body and judges the trace.
func (w *world) try(main bool, mode Mode, body func(*Task) int) (v int, err error) {
	w.t.Helper()
	if main {
		v, err = Main(w.ex, mode, body)
	} else {
		v, err = Run(w.ex, mode, body)
	}
	w.finish()
	return v, err
}

func (w *world) finish() {
	w.t.Helper()
	rec := w.rec.Recording()
	names := trace.NewNames()
	for i := range rec.Events {
		ev := &rec.Events[i]
		line := string(trace.AppendText(nil, ev, names))
		fields := strings.Fields(line)
		w.lines = append(w.lines, strings.Join(fields[3:], " "))
	}
	if !w.judge {
		return
	}
	c := spec.New(spec.Options{Simulated: !w.ticks, Complete: true, Grace: w.opts.Grace})
	c.Events(rec.Events)
	for _, v := range c.Finish() {
		w.errorf("%s: %s, at %v", v.ID, v.Text, v.Events)
	}
	if n := w.find(0, "rootdone"); n >= 0 && w.find(n+1, "rootdone") >= 0 {
		w.errorf("SD5: a run has one root")
	}
	if w.find(0, "exit") != len(w.lines)-1 {
		w.errorf("exit is the last event")
	}
	w.leftovers()
}

func (w *world) fatalf(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf(format+"\ntrace:\n%s", append(args, strings.Join(w.lines, "\n"))...)
}

func (w *world) errorf(format string, args ...any) {
	w.t.Helper()
	w.t.Errorf(format+"\ntrace:\n%s", append(args, strings.Join(w.lines, "\n"))...)
}

// find returns the index of the first line from from that starts with want, or -1.
func (w *world) find(from int, want string) int {
	for i := from; i < len(w.lines); i++ {
		if w.lines[i] == want || strings.HasPrefix(w.lines[i], want+" ") {
			return i
		}
	}
	return -1
}

// wantOrder demands that lines which start like these occur in this order, others between them allowed.
func (w *world) wantOrder(want ...string) {
	w.t.Helper()
	at := 0
	for _, s := range want {
		i := w.find(at, s)
		if i < 0 {
			w.fatalf("want the events %q in this order; %q is missing after line %d", want, s, at)
		}
		at = i + 1
	}
}

// wantCount demands how often lines that start like this occur.
func (w *world) wantCount(n int, want string) {
	w.t.Helper()
	got := 0
	for i := w.find(0, want); i >= 0; i = w.find(i+1, want) {
		got++
	}
	if got != n {
		w.errorf("%q occurs %d times, want %d", want, got, n)
	}
}

// leftovers demands that a run which ended by itself left no timer, slot, waiter or held lane behind.
func (w *world) leftovers() {
	w.t.Helper()
	ex := w.ex
	if ex.run.err != 0 || ex.live > 0 {
		return
	}
	if ex.timers.root != nil || len(ex.freeOps) != len(ex.opTable)-ex.openOps || ex.freeWaiters != 0 || !ex.opWaiters.Empty() ||
		ex.queue.len() != 0 || ex.yielders != 0 || ex.paused != 0 || ex.scopeTokens != 0 || ex.cleanups != 0 || len(ex.batch) != 0 {
		w.fatalf("left over at the end: %d slots free of %d with %d in use and %d promised, %d queued, %d of them yielded, %d paused, %d tokens, %d cleanup tasks",
			len(ex.freeOps), len(ex.opTable), ex.openOps, ex.freeWaiters, ex.queue.len(), ex.yielders, ex.paused, ex.scopeTokens, ex.cleanups)
	}
	for n := range ex.lines {
		if !ex.lines[n].list.Empty() || ex.lines[n].enabled {
			w.fatalf("line %d is enabled at the end, or has waiters", n)
		}
	}
}
