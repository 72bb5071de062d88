package sched

import (
	"unsafe"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// This file is for worlds whose interrupts interrupt: a handler calls [Executor.Interrupt] while the processor is between two
// polls, or asleep. Everywhere else interrupts are masked, so a handler finds the core in a state that any of its functions may
// be called in, and the core needs no masks of its own:
//
//	thread   ──poll──┤open├──poll──┤open├── nothing to do ──┤wait          ├──
//	handler           irq           -                        irq, direct poll
//	masked   ████████      ████████      ███████████████████               ██
//
// While the executor waits, nothing is queued. So whoever an interrupt wakes first is the next to be polled, and the handler
// polls it on the spot: from the handler's first instruction to the task's first it is some forty instructions (37 on an M3, 47
// on an M0) instead of a wake-up of the loop. Only one handler of a wait does so. What else is requested by then is for passes: otherwise a line
// whose task waits again at once would keep all others, and the loop with its timers, from ever running (CM13). The order of polls
// is that of the loop, but for requests at the same time: there a task runs before the next handler, and a timer that is due as well
// expires after it.
//
// The one unsafe step is the way to a line without a bounds check, three of those instructions. A line has an interrupt only while it
// is enabled, and it is enabled only through the same table; exceptions below 16 need no enabling, so [Executor.Init] wants a
// table of at least 16.

// Interrupt is the handler of line n, which exists: one pass over the line's list. It implements [backend.Handler] and is for
// handlers only.
func (ex *Executor) Interrupt(n int) {
	if base := ex.waiting; base != nil {
		l := (*Line)(unsafe.Add(base, uintptr(n)*unsafe.Sizeof(Line{})))
		if w := l.list.head; w != nil && w.next == nil {
			ex.direct(l, w, n)
			return
		}
	}
	ex.pass(n)
}

// direct is what a pass and a turn of the loop come to if one task waits and nobody is queued. That task is neither queued nor
// running nor being torn down, or it would not be linked.
func (ex *Executor) direct(l *Line, w *Node, n int) {
	t := w.task
	l.list.head, l.list.tail, l.enabled = nil, nil, false
	w.list, w.fired = nil, true
	t.flags |= flagRunning
	ex.current = t
	if backend.Tracing && ex.tr != nil {
		ex.traceDirect(n, w)
	}
	if t.co.active() { // on a host, for tests
		t.co.resume()
		ex.settle(n, t, t.co.answer(t))
		return
	}
	ex.settle(n, t, t.poll(t))
}

// pass is the handler wherever the loop has to poll.
//
//go:noinline
func (ex *Executor) pass(n int) {
	ex.interrupt(n)
	ex.waiting = nil
	ex.be.Unpark()
}

// wait is the backend's Wait, with handlers that may poll. The turn of such a poll ends here, with what it has prepared.
func (ex *Executor) wait(until vclock.Instant) bool {
	if ex.handlers == nil {
		return ex.be.Wait(until)
	}
	ex.waiting = unsafe.Pointer(unsafe.SliceData(ex.lines))
	ok := ex.be.Wait(until)
	ex.waiting = nil
	if len(ex.batch) > 0 && !ex.run.over {
		ex.submit()
	}
	return ok
}

// traceDirect writes what direct has done.
//
//go:noinline
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
//
//go:noinline
func (ex *Executor) settle(n int, t *Task, p Poll) {
	ex.steps++
	ex.polled(t, p)
	if !ex.lines[n].enabled {
		ex.be.LineDisable(n)
	}
	ex.waiting = nil
	ex.be.Unpark()
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
	for n := range ex.lines {
		if l := &ex.lines[n]; l.enabled {
			l.enabled = false
			ex.tr.Emit(backend.EvLineOff, int64(n), 0, 0, 0, 0)
			ex.be.LineDisable(n)
		}
	}
}
