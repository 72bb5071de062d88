package aio

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// flight is one operation that waits for no turn and may run beside any other of its handle: a positional read, a sync, a
// shutdown. Close knows of it, cancels it and waits for it.
type flight struct {
	h            *handle
	op           *sched.OpWait
	newer, older *flight // older: also the next spare one
	over         bool
}

// doBeside performs one operation without a turn, again and again while it is interrupted. It allocates when more of them
// are under way than ever before.
func (h *handle) doBeside(t *sched.Task, op backend.Op) (int, error) {
	in := t.Enter()
	n, err := h.besideInside(t, &op)
	t.Leave(in)
	return n, err
}

func (h *handle) besideInside(t *sched.Task, op *backend.Op) (int, error) {
	if t.Ending() { // Park says no, and ends a body that does not listen
		_, _, err := t.Park(&h.idle, h)
		return 0, err
	}
	op.FD = h.fd
	for {
		if h.state != handleOpen {
			return 0, sched.ErrClosed
		}
		f := h.spare
		if f == nil {
			f = new(flight)
		} else {
			h.spare = f.older
		}
		*f = flight{h: h, older: h.beside}
		if f.older != nil {
			f.older.newer = f
		}
		h.beside = f
		h.open++
		n, err := t.DoOpOn(f, &f.op, op, false)
		if f.over { // otherwise t is cancelled, and OpDone is still to come
			f.older, h.spare = h.spare, f
		}
		if interrupted(err) && h.state == handleOpen {
			continue
		}
		return n, h.ended(err)
	}
}

// OpDone implements sched.OpHook.
func (f *flight) OpDone(backend.OpKind, int32, bool) {
	h := f.h
	f.op, f.over = nil, true
	if f.newer != nil {
		f.newer.older = f.older
	} else {
		h.beside = f.older
	}
	if f.older != nil {
		f.older.newer = f.newer
	}
	h.over()
}
