package sched

import "github.com/tripoint-go/tripoint/backend"

// Line is the executor's side of one interrupt line: the list of the tasks that wait for it. The line is enabled exactly
// while that list is not empty (CM7), so a device that nobody waits for cannot storm.
type Line struct {
	list    List
	enabled bool
}

// LineWait is the future that is Ready after the next run of a line's handler. It carries no count: the caller clears the
// device and looks again. The zero value is idle.
type LineWait struct {
	n       int
	state   opWaitState
	refused bool
	node    Node
	own     Resource
}

// Start names the line, 0 to Caps.Lines-1; nothing happens before the first poll. A line that does not exist is a
// programmer error.
func (w *LineWait) Start(n int) { w.n, w.state, w.refused = n, opwNew, false }

// Poll links the wait, then enables the line; it is Ready after the next run of the handler, or if the gate ends or refuses the wait.
// For a line that does not exist it panics.
func (w *LineWait) Poll(t *Task) Poll {
	in := t.Enter()
	p := w.poll(t)
	t.Leave(in)
	return p
}

func (w *LineWait) poll(t *Task) Poll {
	ex := t.ex
	switch w.state {
	case opwNew:
		if ex.gated {
			w.state, w.refused = opwRefused, true
			ex.refuse(t, backend.OpInvalid, backend.ECANCELED)
			return Pending
		}
		if uint(w.n) >= uint(len(ex.lines)) {
			ex.Misuse("sched: no such interrupt line")
		}
		t.refusals = 0
		w.state = opwLinked
		t.Own(&w.own, w, releaseLine)
		l := &ex.lines[w.n]
		l.list.line = int64(w.n) + 1
		l.list.Link(&w.node, t)
		if !l.enabled {
			l.enabled = true
			ex.tr.Emit(backend.EvLineOn, int64(w.n), 0, 0, 0, 0)
			ex.be.LineEnable(w.n)
		}
	case opwLinked:
		if w.node.Fired() {
			w.state, w.refused = opwDone, w.node.Code == CodeRefused
			w.own.Disown()
			return Ready
		}
		if w.node.follow(t); w.own.Owner() != t {
			w.own.Disown()
			t.Own(&w.own, w, releaseLine)
		}
	case opwRefused:
		w.state = opwDone
		return Ready
	default:
		ex.Misuse("sched: a line wait is polled after Start and before Ready")
	}
	t.blocked = w
	return Pending
}

// Err returns ErrCancelled if the gate ended or refused the wait. It is defined once Ready.
func (w *LineWait) Err() error {
	if w.refused {
		return ErrCancelled
	}
	return nil
}

func releaseLine(of any, t *Task) { of.(*LineWait).Abandon(t) }

// Abandon unlinks the wait, and disables the line if it was the last; idempotent.
func (w *LineWait) Abandon(t *Task) {
	in := t.Enter()
	if w.state == opwLinked && w.node.Linked() {
		w.node.Unlink()
		t.ex.quiet(w.n)
	}
	w.state = opwDone
	w.own.Disown()
	t.Leave(in)
}

// Blocked implements Blocker.
func (w *LineWait) Blocked() WaitInfo { return WaitInfo{What: "interrupt line", ID: int64(w.n)} }

// WaitIRQ waits for the next run of line n's handler, which may be long after the call: look at the device first. The error is
// ErrCancelled if the task is cancelled or the gate is closed. Straight-line tasks only; the future is [LineWait].
func (t *Task) WaitIRQ(n int) error {
	in := t.Enter()
	err := t.waitIRQ(n)
	t.Leave(in)
	return err
}

func (t *Task) waitIRQ(n int) error {
	if t.denied() {
		return ErrCancelled
	}
	t.line.Start(n)
	if err := Await(t, &t.line); err != nil {
		return err
	}
	return t.line.Err()
}

// PendLine requests line n by software: everyone linked on it is woken by its handler, which runs after the caller's poll. It may be
// called from a task. A line that does not exist is a programmer error.
func (ex *Executor) PendLine(n int) {
	if uint(n) >= uint(len(ex.lines)) {
		panic("sched: no such interrupt line")
	}
	ex.Lock()
	ex.tr.Emit(backend.EvSwPend, int64(n), 0, 0, 0, 0)
	ex.be.LinePend(n)
	ex.Unlock()
}

// SoftLine is the line that belongs to software: PendSV on a Cortex-M, where it needs no device. Elsewhere it is a line like any other,
// and is there if Limits.Lines is at least 15. No mutex and no channel uses it.
const SoftLine = 14

// PendSoft wakes everybody who waits for SoftLine. It may be called from a task, and allocates nothing. A world without the line is a
// programmer error, as for [Executor.PendLine].
func (ex *Executor) PendSoft() { ex.PendLine(SoftLine) }

// WaitSoft waits for the next PendSoft, or another request of SoftLine; see [Task.WaitIRQ]. Straight-line tasks only.
func (t *Task) WaitSoft() error { return t.WaitIRQ(SoftLine) }

// interrupt is the handler of line n: one pass over its list.
func (ex *Executor) interrupt(n int) {
	l := &ex.lines[n]
	l.list.line = int64(n) + 1
	ex.tr.Emit(backend.EvIRQ, int64(n), 0, 0, 0, 0)
	l.list.Pass(ex, backend.WakeLine)
	ex.quiet(n)
}

// quiet disables line n if nobody waits for it (CM7).
func (ex *Executor) quiet(n int) {
	if l := &ex.lines[n]; l.enabled && l.list.Empty() {
		l.enabled = false
		ex.tr.Emit(backend.EvLineOff, int64(n), 0, 0, 0, 0)
		ex.be.LineDisable(n)
	}
}

// endLines ends every line wait because the gate closed.
func (ex *Executor) endLines() {
	for n := range ex.lines {
		if l := &ex.lines[n]; !l.list.Empty() {
			l.list.PassEach(ex, backend.WakeLine, refuseLine)
			ex.quiet(n)
		}
	}
}

func refuseLine(n *Node) { n.Code = CodeRefused }
