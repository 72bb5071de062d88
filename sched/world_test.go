package sched

import (
	"strings"
	"testing"

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
// run judges every trace by the rules that hold for any program (see judge), so each test states only what is special.

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

// world is one executor in a scripted world, with its trace.
type world struct {
	t     *testing.T
	be    *fake
	ex    *Executor
	tr    backend.Trace
	rec   *trace.Recorder
	opts  Options
	judge bool
	lines []string // the trace as text, one event a line without seq and lane
}

func newWorld(t *testing.T, limits Limits, opts Options) *world {
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

// run runs body and fails the test if the run failed or its trace breaks a general rule.
func (w *world) run(mode Mode, body func(*Task) int) int {
	w.t.Helper()
	v, err := w.try(false, mode, body)
	if err != nil {
		w.fatalf("the run failed: %v", err)
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
	if w.judge {
		w.judgeTrace(rec.Events)
		c := spec.New(spec.Options{Simulated: true, Complete: true, Grace: w.opts.Grace})
		c.Events(rec.Events)
		for _, v := range c.Finish() {
			w.errorf("%s: %s, at %v", v.ID, v.Text, v.Events)
		}
	}
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

// judgeTrace checks what holds for the trace of every program: S1, S2, S3, S6, CM3, CM4, NC1, NC4, NC9, IO1, IO2, IO5,
// IO7, IO12, T4.
func (w *world) judgeTrace(events []backend.Event) {
	w.t.Helper()
	type task struct{ live, polling, ready, dropping, cancelled, attached, released, woken, outcome bool }
	tasks := map[int64]*task{}
	open := map[int64]bool{}    // operations
	result := map[int64]int32{} // of completed operations that are not reaped
	ccl := map[int64]bool{}
	timers, nodes := map[int64]bool{}, map[int64]bool{}
	rootDone, gate, over, failed, frozen := 0, false, false, false, false
	for i := range events {
		ev := &events[i]
		a := ev.Args
		bad := func(id string) { w.t.Helper(); w.fatalf("%s is broken at line %d", id, i+1) }
		if over {
			bad("exit is last")
		}
		get := func(id int64) *task {
			if tasks[id] == nil {
				bad("unknown task")
			}
			return tasks[id]
		}
		switch ev.Kind {
		case backend.EvSpawn:
			if tasks[a[0]] != nil {
				bad("ids are not reused")
			}
			tasks[a[0]] = &task{live: true, woken: true}
			if p := tasks[a[1]]; p != nil && p.live && p.dropping && a[2] != backend.ClassCleanup {
				bad("NC9")
			}
			if a[1] == 0 && rootDone > 0 {
				bad("SD10")
			}
		case backend.EvPollBegin:
			t := get(a[0])
			if t.polling {
				bad("S1")
			}
			if !t.live || t.ready || t.dropping || t.cancelled {
				bad("S2")
			}
			if !t.woken {
				bad("S4")
			}
			t.polling, t.woken = true, false
		case backend.EvPollEnd:
			t := get(a[0])
			if !t.polling {
				bad("S1")
			}
			t.polling, t.ready = false, a[1] == backend.PollReady
		case backend.EvWake:
			t := get(a[0])
			if a[2] == backend.EffVoid != (!t.live || t.ready || t.dropping) {
				bad("S3 (eff)")
			}
			t.woken = t.woken || a[2] != backend.EffVoid
		case backend.EvHAttach:
			get(a[0]).attached = true
		case backend.EvHDrop:
			get(a[0]).released = a[1] == 1
		case backend.EvCancelReq:
			t := get(a[0])
			if t.cancelled || a[1] == backend.CancelHandle && !(t.attached && t.released) {
				bad("NC1")
			}
			t.cancelled = true
		case backend.EvDropBegin:
			t := get(a[0])
			if t.polling || t.dropping || !t.ready && !t.cancelled {
				bad("NC1, S2")
			}
			t.dropping, t.woken = true, false
		case backend.EvDropEnd:
			t := get(a[0])
			if !t.live || !t.dropping {
				bad("S2")
			}
			t.live = false
		case backend.EvJoined, backend.EvCancelRes:
			t := get(a[0])
			if t.live || t.outcome || t.ready != (ev.Kind == backend.EvJoined || a[1] == 1) {
				bad("NC4")
			}
			t.outcome = true
		case backend.EvSubmit:
			if open[a[0]] || gate && a[2] != int64(backend.OpClose) {
				bad("IO1, IO12")
			}
			if get(a[1]).dropping {
				bad("NC9")
			}
			open[a[0]] = true
		case backend.EvCancelOp:
			if !open[a[0]] || ccl[a[0]] {
				bad("IO5")
			}
			ccl[a[0]] = true
		case backend.EvComplete:
			if !open[a[0]] {
				bad("IO1")
			}
			delete(open, a[0])
			result[a[0]] = int32(a[1])
		case backend.EvReap:
			res, ok := result[a[0]]
			if !ok || int64(res) != a[2] {
				bad("IO1, IO7")
			}
			delete(result, a[0])
		case backend.EvTimerStart:
			if get(a[1]).dropping || gate {
				bad("NC9, T5")
			}
			timers[a[0]] = true
		case backend.EvExpire, backend.EvTimerStop:
			if !timers[a[0]] {
				bad("T4")
			}
			delete(timers, a[0])
		case backend.EvLink:
			if nodes[a[0]] {
				bad("CM4")
			}
			nodes[a[0]] = true
		case backend.EvFire:
			if !nodes[a[0]] {
				bad("CM3")
			}
		case backend.EvUnlink:
			if !nodes[a[0]] {
				bad("CM4")
			}
			delete(nodes, a[0])
		case backend.EvTokenTake:
			if get(a[2]).dropping {
				bad("NC9")
			}
		case backend.EvIdle, backend.EvStalled:
			for id, t := range tasks {
				if t.live && t.woken {
					w.fatalf("S3 or S6 is broken: task %d was woken and is not polled when the run idles, line %d", id, i+1)
				}
			}
		case backend.EvRootDone:
			if rootDone++; rootDone > 1 {
				bad("SD5 (two rootdone)")
			}
		case backend.EvGate:
			gate = true
		case backend.EvFrozen:
			frozen = true
		case backend.EvFatal:
			bad("S7")
		case backend.EvExit:
			over, failed = true, a[0] < 0
		}
	}
	if !over {
		w.fatalf("the run has no exit")
	}
	if failed || frozen {
		return
	}
	if len(timers)+len(nodes)+len(result) > 0 {
		w.fatalf("left over at the end: timers %v, nodes %v, results %v", timers, nodes, result)
	}
	if w.ex.timers.root != nil || len(w.ex.freeOps) != len(w.ex.opTable)-len(open) || w.ex.freeWaiters != 0 || !w.ex.opWaiters.Empty() {
		w.fatalf("left over at the end: timer heap, op table or waiters for a slot")
	}
}
