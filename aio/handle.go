package aio

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// handle is what files, streams and listeners have in common: a descriptor, its operations in flight, and the order in
// which it is closed.
type handle struct {
	ex     *sched.Executor
	fd     int32
	kind   int64
	state  handleState
	open   int // operations that have begun and are not over
	in     direction
	out    direction
	beside *flight // operations that wait for no turn, the newest first
	spare  *flight
	idle   sched.List  // who waits for open to reach 0
	holder *sched.Task // whose end waits for the operations
	left   bool        // the task that was closing is gone: the last operation closes
	file   *File       // that the handle is part of, if it is one
	res    sched.Resource
}

type handleState uint8

const (
	handleOpen handleState = iota
	handleClosing
	handleClosed
)

// direction is one of the two queues of a stream: its turn is taken, or it is free.
//
// The turn goes to the next in line when the operation is over. It stays with a task that has something to do first: to
// repeat a call that was interrupted, lest others overtake it, or to move a file's position, from which the next read
// starts.
type direction struct {
	h       *handle
	busy    bool
	kept    bool          // the operation is over, and user has the turn until its next poll
	op      *sched.OpWait // the operation in flight, for Close
	user    *sched.Task   // that waits for the operation
	waiters sched.List
}

func (h *handle) init(t *sched.Task, fd int32, kind int64) {
	h.ex, h.fd, h.kind = t.Executor(), fd, kind
	h.in.h, h.out.h = h, h
	in := t.Enter()
	h.ex.Trace().Emit(backend.EvHOpen, int64(fd), kind, 0, 0, 0)
	h.own(t)
	t.Leave(in)
}

func (h *handle) own(t *sched.Task) { t.Own(&h.res, h, releaseHandle) }

// releaseHandle is what the owner's end does: wait for what is in flight, then give the descriptor back.
func releaseHandle(of any, t *sched.Task) {
	h := of.(*handle)
	if h.state == handleClosed {
		return
	}
	h.state = handleClosing
	h.refuseWaiters()
	h.cancelOps()
	if h.open > 0 {
		h.holder = t
		t.Hold()
		return
	}
	h.dispose()
}

func (h *handle) dispose() {
	h.state = handleClosed
	h.res.Disown()
	h.ex.Dispose(h.fd)
	h.ex.Trace().Emit(backend.EvHClose, int64(h.fd), 0, 0, 0, 0)
}

// over is called once for each operation that has begun.
func (h *handle) over() {
	h.open--
	if h.open > 0 {
		return
	}
	if t := h.holder; t != nil || h.left {
		h.holder = nil
		h.dispose()
		if t != nil {
			t.Unhold()
		}
	}
	if !h.idle.Empty() {
		h.idle.Pass(h.ex, backend.WakeOp)
	}
}

func (h *handle) refuseWaiters() {
	for _, d := range []*direction{&h.in, &h.out} {
		if !d.waiters.Empty() {
			d.waiters.PassEach(h.ex, backend.WakeOp, refuseTurn)
		}
	}
}

const codeRefused = 32

func refuseTurn(n *sched.Node) { n.Code = codeRefused }

func (h *handle) cancelOps() {
	for _, d := range []*direction{&h.in, &h.out} {
		if d.op != nil {
			d.op.Cancel()
		}
	}
	for f := h.beside; f != nil; {
		older := f.older
		if f.op != nil {
			f.op.Cancel()
		}
		f = older
	}
}

// interrupted reports whether a call has to be repeated.
func interrupted(err error) bool { return err == backend.EINTR || err == backend.EAGAIN }

// OpDone implements sched.OpHook: the operation is over, the next in line may go.
func (d *direction) OpDone(_ backend.OpKind, res int32, sent bool) {
	d.op = nil
	if f := d.h.file; f != nil && d == &d.h.out && sent && res > 0 {
		// A write moves the position when it completes, whether or not anybody waits (IO14).
		f.moved(int64(res))
	}
	again := res < 0 && interrupted(backend.Errno(-res)) || d.h.file != nil && d == &d.h.in
	if sent && again && d.user != nil {
		d.kept = true
		return
	}
	d.user = nil
	d.pass()
	d.h.over()
}

// giveUp ends a turn that was kept.
func (d *direction) giveUp() {
	d.kept, d.user = false, nil
	d.pass()
	d.h.over()
}

// take waits for the direction's turn.
func (d *direction) take(t *sched.Task, until *deadline) error {
	switch {
	case t.Ending(): // Park says no, and ends a body that does not listen
	case d.h.state != handleOpen:
		return sched.ErrClosed
	case !d.busy && d.waiters.Empty():
		d.busy = true
		return nil
	}
	if until != nil && !t.Ending() {
		return until.take(t, d)
	}
	code, fired, err := t.Park(&d.waiters, d)
	switch {
	case err != nil:
		if fired && code != codeRefused {
			d.pass()
		}
		return err
	case code == codeRefused:
		return sched.ErrClosed
	}
	return nil
}

// pass gives the turn to the next in line.
func (d *direction) pass() {
	if n := d.waiters.First(); n != nil {
		n.Fire(backend.WakeOp)
		return
	}
	d.busy = false
}

// Blocked implements sched.Blocker.
func (d *direction) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "turn on a stream", ID: int64(d.h.fd)}
}

// Blocked implements sched.Blocker.
func (h *handle) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "operations on a handle", ID: int64(h.fd)}
}

// do performs one operation in direction d, again and again while it is interrupted. The descriptor is the handle's, the
// offset of a file its position. With a deadline, the operation is asked to end when that has come, and has the result that
// it has.
func (h *handle) do(t *sched.Task, d *direction, op backend.Op, until *deadline) (int, error) {
	in := t.Enter()
	n, err := h.doInside(t, d, &op, until)
	t.Leave(in)
	return n, err
}

func (h *handle) doInside(t *sched.Task, d *direction, op *backend.Op, until *deadline) (int, error) {
	if until != nil && until.passed { // in an earlier part of the same call
		return 0, until.timedOut()
	}
	if err := d.take(t, until); err != nil {
		return 0, err
	}
	if h.state != handleOpen {
		d.pass()
		return 0, sched.ErrClosed
	}
	h.open++
	op.FD = h.fd
	for {
		d.user = t
		if h.file != nil {
			op.Off = h.file.pos
		}
		var n int
		var err error
		if until == nil {
			n, err = t.DoOpOn(d, &d.op, op, h.file != nil)
		} else {
			n, err = until.perform(t, d, op)
		}
		switch {
		case d.user != t: // it is over, and the turn was passed on
		case !d.kept:
			d.user = nil // cancelled: it is still under way, and nobody waits for it
		case interrupted(err) && h.state == handleOpen:
			d.kept = false
			continue
		default:
			if d.moves(op.Kind) && err == nil && n > 0 {
				h.file.moved(int64(n))
			}
			d.giveUp()
		}
		return n, h.ended(err)
	}
}

// ended makes the error of an operation that ended because its handle is being closed say so.
func (h *handle) ended(err error) error {
	if h.state != handleOpen && (interrupted(err) || err == backend.ECANCELED) {
		return sched.ErrClosed
	}
	return err
}

// moves reports whether the result of an operation moves the position when it is taken: a read of a file does.
func (d *direction) moves(kind backend.OpKind) bool {
	return d.h.file != nil && (kind == backend.OpRead || kind == backend.OpReadv)
}

// close cancels and awaits the handle's operations, then closes the descriptor.
func (h *handle) close(t *sched.Task) error {
	in := t.Enter()
	err := h.closeInside(t)
	t.Leave(in)
	return err
}

func (h *handle) closeInside(t *sched.Task) error {
	switch {
	case t.Ending(): // Park says no, and ends a body that does not listen
		_, _, err := t.Park(&h.idle, h)
		return err
	case h.state != handleOpen:
		return sched.ErrClosed
	}
	h.state = handleClosing
	h.refuseWaiters()
	h.cancelOps()
	for h.open > 0 {
		if _, _, err := t.Park(&h.idle, h); err != nil {
			h.leave()
			return err
		}
	}
	if h.state == handleClosed { // its owner has ended meanwhile
		return nil
	}
	h.open++
	h.state = handleClosed
	h.res.Disown()
	c := &closeHook{h}
	var op *sched.OpWait
	_, err := t.DoOn(c, &op, backend.OpClose, h.fd, nil, 0, false)
	return err
}

// leave is what a task does that is cancelled while it waits to close: the handle is closed without it.
func (h *handle) leave() {
	switch {
	case h.state == handleClosed:
	case h.open > 0:
		h.left = true
	default:
		h.dispose()
	}
}

// closeHook sees the close complete, whether or not the closing task is still there.
type closeHook struct{ h *handle }

// OpDone implements sched.OpHook.
func (c *closeHook) OpDone(_ backend.OpKind, _ int32, sent bool) {
	h := c.h
	h.open--
	if !sent {
		h.ex.Dispose(h.fd)
	}
	h.ex.Trace().Emit(backend.EvHClose, int64(h.fd), 0, 0, 0, 0)
}
