//go:build !tinygo

package sched

import (
	"sync"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// This file is the loop of one worker of the pool of workers.go.

// worker is one thread of the pool.
type worker struct {
	ex      *Executor
	n       int
	be      backend.Lane
	reap    sync.Mutex // reports of a lane are taken in the order in which they were reaped; taken before the core
	reports []backend.Completion
	at      *Task // that it polls
	until   vclock.Instant
	roused  bool
	ticks   uint
	reaping bool // holds reap
	away    bool // outside, in Reap or Wait
}

// run is the life of a worker.
func (w *worker) run() {
	ex := w.ex
	ws := ex.host.workers
	defer ws.all.Done()
	ws.mu.Lock()
	over := false
	defer func() {
		if v := recover(); v != nil || !over {
			w.crashed(v)
		}
		ws.mu.Unlock()
	}()
	for !ex.run.over {
		w.tick()
	}
	over = true
}

// crashed ends the run because of a panic in what w was doing, or, if v is nil, because that ended the worker's goroutine. It comes
// back inside first: the completion thread and the other workers must be able to go home.
func (w *worker) crashed(v any) {
	ex := w.ex
	t := w.at
	switch {
	case w.away:
		ex.host.workers.mu.Lock()
	case t != nil && t.outside:
		t.enter()
	}
	ex.host.workers.entered = nil
	if w.reaping {
		w.reap.Unlock()
	}
	if t == nil {
		t = ex.current
	}
	if v == nil {
		v = "a body may not end its goroutine (runtime.Goexit, testing.T.FailNow)"
	}
	ex.crashed(t, v)
}

// act says that w is the one inside.
func (w *worker) act() {
	ex := w.ex
	ex.lane, ex.submitTo = uint8(w.n), w.be
	if ex.tr != nil {
		ex.tr.Lane = uint8(w.n)
	}
}

// tick is one turn of a worker: collect reports, fire timers, poll what is ready, submit what that prepared, park if there was
// nothing to do. Entering the kernel happens in Reap and Wait, outside.
func (w *worker) tick() {
	ex := w.ex
	n := w.collect()
	if ex.run.over || ex.run.rootEnded && ex.phaseEnded() {
		return
	}
	batch := ex.queue.len()
	if batch > 0 && !w.pollBatch(batch) {
		return
	}
	idle := n == 0 && batch == 0
	if len(ex.batch) > 0 { // what the lane had no room for
		w.submit()
		idle = false
	}
	if ex.tr.Stopped() {
		ex.fail(ErrStopped)
	}
	if idle && !ex.run.over && ex.queue.len() == 0 {
		w.park()
	}
}

// submit gives the lane what was prepared. The kernel gets it with the rest of the tick.
func (w *worker) submit() {
	w.act()
	w.ex.submit()
}

// pollBatch polls as many tasks as were queued when the tick began, unless other workers are faster, and reports whether the run
// goes on. With several workers it takes the time, unless there is one task to poll: then of one tick in eight.
func (w *worker) pollBatch(batch int) bool {
	ex := w.ex
	ws := ex.host.workers
	var began vclock.Instant
	w.ticks++
	if len(ws.pool) > 1 && (batch > 1 || w.ticks%8 == 0) {
		began = ex.be.Now()
	}
	ws.began = began // 0: whoever is interested looks at the clock
	polls := 0
	for ; polls < batch && ex.queue.len() > 0; polls++ {
		w.act()
		if t := ex.begin(ex.tasks[ex.queue.pop()]); t != nil {
			w.poll(t)
		}
		if len(ex.batch) > 0 {
			w.submit() // before another worker may poll the task again (IO11)
		}
		if ex.run.rootEnded && ex.phaseEnded() || ex.overBudget() {
			return false
		}
	}
	if began > 0 && polls > 0 {
		took := ex.be.Now().Sub(began) / vclock.Duration(polls)
		ws.pollTime += (took - ws.pollTime) / 8
	}
	return true
}

// collect takes the lane's reports, and fires the timers that are due.
func (w *worker) collect() int {
	ex := w.ex
	n := 0
	if w.be.Due() {
		n = w.reapLane()
	} else {
		w.look()
	}
	if ex.timers.root != nil && !ex.run.over {
		ex.fireTimers()
	}
	return n
}

// look reads the clock, if anybody wants to know: a timer, the end of a grace, or the trace. A timer that is armed looks by itself.
func (w *worker) look() {
	if ex := w.ex; ex.timers.root != nil || ex.tr != nil || ex.run.phase == phaseGrace {
		ex.readClock()
	}
}

// reapLane enters the kernel, outside, and takes the reports.
func (w *worker) reapLane() int {
	ex := w.ex
	ws := ex.host.workers
	w.away = true
	ws.leave(ex)
	w.reap.Lock()
	w.reaping = true
	n := w.be.Reap(w.reports)
	ws.mu.Lock()
	w.away = false
	w.act()
	w.look()
	if n > 0 && !ex.run.over {
		ex.takeReports(w.reports[:n])
	}
	w.reaping = false
	w.reap.Unlock()
	return n
}

// poll polls t. A straight-line task comes in and leaves by itself.
func (w *worker) poll(t *Task) {
	w.at = t
	w.ex.equip(t)
	var p Poll
	if t.co.active() {
		t.co.resume()
		w.ex.host.workers.entered = nil // it came in to switch
		w.act()
		p = t.co.answer(t)
	} else {
		t.leave()
		p = t.poll(t)
		t.enter()
		w.ex.host.workers.entered = nil
		w.act()
	}
	w.at = nil
	w.ex.polled(t, p)
}

// park waits until the lane has reports, a deadline has come, or there is work.
func (w *worker) park() {
	ex := w.ex
	ws := ex.host.workers
	w.until = ex.deadline()
	if rank := len(ws.parked); rank > 0 && ws.until <= w.until {
		// Somebody watches that deadline already; the others are there in case that one has much to do. If nobody did, leave would
		// rouse one after another.
		w.until = w.until.Add(vclock.Duration(rank) * vclock.Millisecond)
	}
	if len(ws.parked) == len(ws.pool)-1 {
		if ex.stalled() {
			return
		}
		ex.tr.Emit(backend.EvIdle, int64(ex.deadline()), 0, 0, 0, 0)
	}
	ws.parked = append(ws.parked, w)
	ws.until = min(ws.until, w.until)
	w.away = true
	ws.mu.Unlock()
	w.be.Wait(w.until)
	ws.mu.Lock()
	w.away = false
	ws.wake(w)
}

// wake takes w off the list of those who are parked.
func (ws *workers) wake(w *worker) {
	if w.roused {
		w.roused, ws.rousing = false, false
	}
	left := ws.parked[:0]
	ws.until = vclock.Forever
	for _, p := range ws.parked {
		if p != w {
			left = append(left, p)
			ws.until = min(ws.until, p.until)
		}
	}
	ws.parked = left
}
