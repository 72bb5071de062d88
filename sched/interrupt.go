package sched

import "github.com/tripoint-go/tripoint/backend"

// This file is for worlds whose interrupts interrupt: a handler calls [Executor.Interrupt] while the processor is between two
// polls, or asleep. Everywhere else interrupts are masked, so a handler finds the core in a state that any of its functions may
// be called in, and the core needs no masks of its own:
//
//	thread   ──poll──┤open├──poll──┤open├── nothing to do ──┤wait          ├──
//	handler           irq           -                        irq, direct poll
//	masked   ████████      ████████      ███████████████████               ██
//
// While the executor waits, nothing is queued. So whoever an interrupt wakes first is the next to be polled, and the handler
// polls it on the spot: from the handler's first instruction to the task's first it is some thirty instructions instead of
// a wake-up of the loop. The order of events is that of the loop.

// Interrupt is the handler of line n, which exists: one pass over the line's list. It implements [backend.Handler] and is for
// handlers only.
func (ex *Executor) Interrupt(n int) {
	l := &ex.lines[n]
	w := l.list.head
	if w == nil || !ex.parked || w.next != nil || w.task.flags&^flagStatic != flagLive {
		ex.interrupt(n)
		ex.parked = false
		return
	}
	// What a pass comes to if it fires one node, and nobody is queued.
	t := w.task
	l.list.head, l.list.tail, l.enabled = nil, nil, false
	w.list, w.fired = nil, true
	t.flags |= flagRunning
	ex.current = t
	if ex.tr != nil {
		ex.traceDirect(n, w)
	}
	ex.settle(n, t, t.poll(t))
}

// traceDirect writes what Interrupt has done.
func (ex *Executor) traceDirect(n int, w *Node) {
	ex.readClock()
	ex.lines[n].list.line = int64(n) + 1
	ex.tr.Emit(backend.EvIRQ, int64(n), 0, 0, 0, 0)
	ex.tr.Emit(backend.EvPassBegin, ex.lines[n].list.ID(ex), int64(n)+1, 0, 0, 0)
	ex.tr.Emit(backend.EvFire, w.id, 0, 0, 0, 0)
	ex.tr.Emit(backend.EvUnlink, w.id, backend.UnlinkFire, 0, 0, 0)
	ex.tr.Emit(backend.EvWake, int64(w.task.id), backend.WakeLine, backend.EffQueued, 0, 0)
	ex.tr.Emit(backend.EvPassEnd, ex.lines[n].list.id, 0, 0, 0, 0)
	ex.tr.Emit(backend.EvLineOff, int64(n), 0, 0, 0, 0)
	ex.tr.Emit(backend.EvPollBegin, int64(w.task.id), 0, 0, 0, 0)
}

// settle takes the answer of a poll inside the handler of line n. Until here the line was open for nobody, which no
// interrupt could see; a task that waits again has enabled it.
func (ex *Executor) settle(n int, t *Task, p Poll) {
	ex.steps++
	ex.polled(t, p)
	if !ex.lines[n].enabled {
		ex.be.LineDisable(n)
	}
	if ex.queue.len() > 0 {
		ex.parked = false
	}
}

// Running implements [backend.Handler].
func (ex *Executor) Running() (name string, ok bool) {
	if ex.current == nil {
		return "", false
	}
	return ex.current.name, true
}

// open lets pending interrupts in, between two polls.
func (ex *Executor) open() {
	if ex.handlers != nil {
		ex.handlers.Open()
	}
}

// silence disables every line (SD12): the run is over, and nobody is left to serve them.
func (ex *Executor) silence() {
	if ex.handlers == nil {
		return
	}
	for n := range ex.lines {
		if l := &ex.lines[n]; l.enabled {
			l.enabled = false
			ex.tr.Emit(backend.EvLineOff, int64(n), 0, 0, 0, 0)
			ex.be.LineDisable(n)
		}
	}
}
