//go:build !tinygo

package sched

import (
	"runtime"
	"sync"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// This file is the pool of threads that polls the tasks of one executor. One lock protects the core. Who holds it is "inside":
// workers between two polls, and every call of a task into the core. Outside of it, and beside each other, run the bodies of
// straight-line tasks, the polls of futures, and everything that enters the kernel:
//
//	         ┌────────────── inside: one at a time ───────────────┐
//	 worker  │ take reports ─ fire timers ─ begin ▶ ... ▶ polled  │──▶ Reap, Wait (the lane's own ring)
//	         └───────────────────────────────│───────▲────────────┘
//	                                         ▼       │ an await: the lock comes back with the task
//	                                      the body, outside
//
// So the core needs no second thought about threads, its events have one order, and a step inside costs some 100 ns, while the
// kernel's work and the program's own scale with the workers.
//
// An await takes the lock once: the task enters, registers its wait and switches to its worker, which goes on inside; the worker
// that resumes it is inside, and the task leaves when the await returns.

// workers is what an executor with a pool has beyond the core.
type workers struct {
	mu      sync.Mutex
	be      backend.Parallel
	pool    []worker
	parked  []*worker      // in Wait; the one that parked last is the first to be roused
	until   vclock.Instant // the earliest deadline that a parked worker watches
	rousing bool           // one of them was told to get up and is not inside yet
	told    bool           // Options.Stalled was called
	began   vclock.Instant // the tick of the worker that came in last; 0: not known
	// pollTime is the time between two polls, a running average over ticks.
	pollTime vclock.Duration
	sources  int            // injectors that are open
	locked   bool           // inside is code without a task, by Lock
	entered  *Task          // inside is the code of this task, by Enter
	done     chan struct{}  // Main or Run may return
	open     bool           // done is open
	all      sync.WaitGroup // workers and the completion thread
}

// hire makes the pool that Options.Workers asks for.
func (ex *Executor) hire() {
	n := ex.opts.Workers
	if n == 0 {
		return
	}
	par, ok := ex.be.(backend.Parallel)
	switch {
	case n < 0 || n > 255:
		panic("sched: S6: a pool has 1 to 255 workers")
	case !ok || par.Lanes() < n:
		panic("sched: Options.Workers needs a backend.Parallel with as many lanes")
	case ex.opts.Chooser != nil || ex.opts.FreeOrder || ex.lanes > 1:
		panic("sched: Options.Workers goes without a chooser, free order and simulated lanes")
	}
	ws := &workers{be: par, pool: make([]worker, n), parked: make([]*worker, 0, n), until: vclock.Forever, pollTime: patience}
	for i := range ws.pool {
		ws.pool[i] = worker{ex: ex, n: i, be: par.Lane(i), reports: make([]backend.Completion, len(ex.reports))}
	}
	ex.host.workers = ws
}

// goHome waits until the pool has gone home, and makes the executor one of a single thread, with nothing left of the run but its
// panic: Run may have returned before that. It ends coroutines where they ran.
func (ex *Executor) goHome() {
	ws := ex.host.workers
	ws.all.Wait()
	done := make(chan struct{})
	ws.pool[0].be.Run(func() {
		defer close(done)
		why := ex.host.panicked
		ex.host.workers, ex.opts.Workers = nil, 0
		ex.reclaim()
		ex.drain()
		ex.host.panicked = why
	})
	<-done
}

// work runs the pool until the run is over, or Run may return before that.
func (ex *Executor) work() error {
	ws := ex.host.workers
	ws.done, ws.open = make(chan struct{}), true
	ws.all.Add(len(ws.pool) + 1)
	go ex.rescue()
	for i := range ws.pool {
		ws.pool[i].be.Run(ws.pool[i].run)
	}
	<-ws.done
	ex.Lock()
	over := ex.run.over
	ex.Unlock()
	switch {
	case !over:
		return nil
	case !ex.run.main:
		ws.all.Wait()
	}
	return ex.Err()
}

// returned lets Run return although tasks are left.
func (ex *Executor) returned() {
	if ws := ex.host.workers; ws.open {
		ws.open = false
		close(ws.done)
	}
}

// halt tells everybody that the run is over.
func (ex *Executor) halt() {
	ws := ex.host.workers
	if ws == nil || !ws.open && ws.done == nil {
		return
	}
	ex.returned()
	for _, w := range ws.parked {
		w.be.Unpark()
	}
	ws.be.Release()
}

func (t *Task) enter() {
	ws := t.ex.host.workers
	ws.mu.Lock()
	ws.entered = t
	t.outside = false
	if tr := t.ex.tr; tr != nil {
		tr.Lane = t.lane
	}
}

func (t *Task) leave() {
	t.outside = true
	t.ex.host.workers.leave(t.ex)
}

// Lock is [Task.Enter] for code that has no task at hand: a method of a handle or a guard that a body calls. It does not nest,
// and must not be called where the core is owned already, as in a release function. With one thread it costs a load.
func (ex *Executor) Lock() {
	if ws := ex.host.workers; ws != nil {
		ws.mu.Lock()
		ws.locked = true
	}
}

// Unlock ends the section that Lock began, and rouses a worker if there is work for it.
func (ex *Executor) Unlock() {
	if ws := ex.host.workers; ws != nil {
		ws.leave(ex)
	}
}

// Misuse panics because a program has broken a rule of a primitive: text is "package: ID: statement". It is for inside the core, and
// gives it up first if a body or a future has entered it: the deferred calls of that body run next, and what they call may need the
// core, as does everybody else if they recover.
func (ex *Executor) Misuse(text string) {
	if ws := ex.host.workers; ws != nil {
		switch t := ws.entered; {
		case ws.locked:
			ex.Unlock()
		case t != nil:
			t.leave()
		default: // a body that goes on after an await is inside without having entered
			if t = ws.pool[ex.lane].at; t != nil && !t.outside && t.co.active() {
				t.leave()
			}
		}
	}
	panic(text)
}

// leave gives up the core. If there is work that nobody is about to do, a parked worker is roused for it.
func (ws *workers) leave(ex *Executor) {
	ws.locked, ws.entered = false, nil
	var w *worker
	if len(ws.parked) > 0 && (ws.plenty(ex) || ex.deadline() < ws.until) {
		w = ws.choose()
	}
	ws.mu.Unlock()
	if w != nil {
		w.be.Unpark()
	}
}

// patience is how long what is queued may take the workers that are up before another one is roused. Rousing costs some 5 us, and
// what moves to another processor costs more.
const patience = 20 * vclock.Microsecond

// plenty reports whether what is queued is worth another worker: if none is up, the tick under way has lasted for long, or the tasks
// that are queued will take long, judging by those before. A first long task among short ones is noticed by the completion thread.
func (ws *workers) plenty(ex *Executor) bool {
	n := ex.queue.len()
	switch {
	case n == 0:
		return false
	case len(ws.parked) == len(ws.pool) || ws.pollTime*vclock.Duration(n) > patience:
		return true
	case ws.began == 0:
		ws.began = ex.be.Now()
		return false
	}
	return ex.be.Now().Sub(ws.began) > patience
}

// rouse gets up the worker that parked last, so that it looks at the state of the run.
func (ex *Executor) rouse() {
	if w := ex.host.workers.choose(); w != nil {
		w.be.Unpark()
	}
}

// choose returns the parked worker to rouse: none while another one is on its way.
func (ws *workers) choose() *worker {
	n := len(ws.parked)
	if n == 0 || ws.rousing {
		return nil
	}
	w := ws.parked[n-1]
	w.roused, ws.rousing = true, true
	return w
}

// stalled applies the stall rule when nobody has anything to do: if nothing can wake a task that is left, a mode that waits for it
// fails, and a root that is live is told so, once.
func (ex *Executor) stalled() bool {
	ws := ex.host.workers
	if ex.live == 0 || ex.openOps > 0 || ex.deadline() != vclock.Forever || ws.sources > 0 || ex.listening() {
		return false
	}
	if ex.run.phase == phaseServe && ex.run.mode != backend.ModeDetach {
		ex.tr.Emit(backend.EvStalled, int64(ex.live), 0, 0, 0, 0)
		ex.fail(ErrStalled)
		return true
	}
	if !ws.told && ex.opts.Stalled != nil {
		ws.told = true
		ex.opts.Stalled(ex)
	}
	return false
}

// listening reports whether a line or a signal could wake somebody.
func (ex *Executor) listening() bool {
	for i := range ex.lines {
		if ex.lines[i].enabled {
			return true
		}
	}
	return ex.host.receivers != nil || ex.caps.Signals && ex.run.main && ex.tokenTaken && !ex.signalled && !ex.rootScope.flag.fired.Load()
}

// rescue is the completion thread. It sleeps in the backend until a lane has reports that its worker does not come to take,
// because a task does not let go of it, and takes them: operations end, memory comes back, and whoever is parked gets the tasks.
func (ex *Executor) rescue() {
	ws := ex.host.workers
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer ws.all.Done()
	reports := make([]backend.Completion, len(ex.reports))
	for {
		i := ws.be.Stuck()
		if i < 0 {
			return
		}
		w := &ws.pool[0]
		if i < len(ws.pool) {
			w = &ws.pool[i]
		}
		w.reap.Lock()
		n := ws.be.Help(i, reports)
		ws.mu.Lock()
		if !ex.run.over {
			if ex.tr != nil {
				ex.tr.Lane = uint8(w.n)
			}
			ex.readClock()
			ex.takeReports(reports[:n])
			ex.fireTimers()
			if ex.run.rootEnded && !ex.run.over {
				ex.phaseEnded()
			}
			if ex.queue.len() > 0 {
				ex.rouse()
			}
		}
		w.reap.Unlock()
		ws.leave(ex)
	}
}
