//go:build !tinygo

package sched

import "github.com/tripoint-go/tripoint/backend"

// SignalReceiver takes one signal of the process for tasks of one executor: package signals has the form for programs. The zero
// value is ready for Open; it must not be copied.
//
// Occurrences coalesce: one that nobody has taken yet stands for all since the last Recv, as for a process. Nothing of the executor
// runs in a signal handler.
type SignalReceiver struct {
	ex      *Executor
	n       int32
	open    bool
	pending bool
	ended   bool // by the gate
	id      int64
	waiters List
	next    *SignalReceiver
	own     Resource
}

// Open takes signal n over, and makes the receiver a resource of t: its end closes it. While a receiver is open, its signal neither
// has its default action nor triggers a shutdown. The executor must run in Main, as a process has one: so there is one receiver per
// signal and process. It is for the task itself, and allocates what the backend needs.
//
// The error is EBUSY for a second receiver of a signal, EINVAL for a signal that there is not or that nobody can receive, EPERM
// outside of Main, EOPNOTSUPP where there are no signals, all of backend.Errno; or ErrCancelled if t is being torn down. Opening an
// open receiver is a programmer error.
func (r *SignalReceiver) Open(t *Task, n int) error {
	in := t.Enter()
	err := r.doOpen(t, int32(n))
	t.Leave(in)
	return err
}

func (r *SignalReceiver) doOpen(t *Task, n int32) error {
	ex := t.ex
	be, ok := ex.be.(backend.Receivers)
	switch {
	case r.open:
		ex.Misuse("sched: SD6: a signal receiver is opened once")
	case t.flags&flagDropping != 0 || ex.gated:
		return ErrCancelled
	case !ok:
		return backend.EOPNOTSUPP
	case !ex.run.main:
		return backend.EPERM
	}
	if e := be.SignalOpen(n); e != backend.OK {
		return e
	}
	*r = SignalReceiver{ex: ex, n: n, open: true, next: ex.host.receivers}
	r.id = r.waiters.ID(ex)
	ex.host.receivers = r
	t.Own(&r.own, r, releaseReceiver)
	return nil
}

func releaseReceiver(of any, _ *Task) { of.(*SignalReceiver).close() }

// Close gives the signal back its default action, or the shutdown, and ends every wait with ErrClosed; idempotent. Any task may call
// it.
func (r *SignalReceiver) Close() {
	if ex := r.ex; ex != nil {
		ex.Lock()
		r.close()
		ex.Unlock()
	}
}

func (r *SignalReceiver) close() {
	if !r.open {
		return
	}
	ex := r.ex
	for p := &ex.host.receivers; *p != nil; p = &(*p).next {
		if *p == r {
			*p = r.next
			break
		}
	}
	r.shut()
	ex.be.(backend.Receivers).SignalClose(r.n)
}

// shut ends the receiver's life in the core.
func (r *SignalReceiver) shut() {
	r.open, r.pending, r.next = false, false, nil
	r.own.Disown()
	if !r.waiters.Empty() {
		r.waiters.Pass(r.ex, backend.WakeExt)
	}
}

// Recv waits for the signal, and takes what has come since the last Recv as one. The error is ErrClosed once the receiver is closed,
// ErrCancelled if t is cancelled or the gate closes. Of several tasks that wait, the first that runs takes it, and the others wait
// on. Straight-line tasks only; it does not allocate.
func (r *SignalReceiver) Recv(t *Task) error {
	in := t.Enter()
	err := r.recv(t)
	t.Leave(in)
	return err
}

func (r *SignalReceiver) recv(t *Task) error {
	if r.ended {
		t.ex.refuse(t, backend.OpInvalid, backend.ECANCELED)
		t.needStack()
		t.suspend()
		return ErrCancelled
	}
	for {
		if t.flags&flagDropping == 0 { // otherwise Park says no, and ends a body that does not listen
			if done, err := r.take(); done {
				return err
			}
		}
		if _, _, err := t.Park(&r.waiters, r); err != nil {
			return err
		}
	}
}

// take takes what is pending; done is false if there is nothing to take or to say.
func (r *SignalReceiver) take() (done bool, err error) {
	switch {
	case r.ended:
		return true, ErrCancelled
	case !r.open:
		return true, ErrClosed
	case r.pending:
		r.pending = false
		return true, nil
	}
	return false, nil
}

// Blocked implements Blocker.
func (r *SignalReceiver) Blocked() WaitInfo { return WaitInfo{What: "signal", ID: int64(r.n)} }

// SignalWait is the future of a Recv, one for each wait; Err tells what came of it. Set Receiver before the first poll.
type SignalWait struct {
	Receiver *SignalReceiver
	node     Node
	own      Resource
	done     bool
	refused  bool
	err      error
}

// Poll is Ready once a signal was taken, or none comes. It does not allocate.
func (w *SignalWait) Poll(t *Task) Poll {
	in := t.Enter()
	p := w.poll(t)
	t.Leave(in)
	return p
}

func (w *SignalWait) poll(t *Task) Poll {
	if w.done {
		return Ready
	}
	if w.Receiver.ended && !w.refused && w.own.Owner() == nil { // not in the poll that asks
		w.refused = true
		t.ex.refuse(t, backend.OpInvalid, backend.ECANCELED)
		return Pending
	}
	if w.done, w.err = w.Receiver.take(); w.done {
		w.leave()
		return Ready
	}
	if w.own.Owner() != t {
		w.leave()
		t.Own(&w.own, w, releaseSignalWait)
	}
	if !w.node.Linked() {
		w.Receiver.waiters.Link(&w.node, t)
	}
	t.blocked = w.Receiver
	return Pending
}

func releaseSignalWait(of any, _ *Task) { of.(*SignalWait).leave() }

func (w *SignalWait) leave() {
	w.node.Unlink()
	w.own.Disown()
}

// Abandon stops waiting; idempotent. What is pending stays for the next wait.
func (w *SignalWait) Abandon(t *Task) {
	in := t.Enter()
	w.leave()
	t.Leave(in)
}

// Err returns, once Ready, nil for a signal, else what Recv would return.
func (w *SignalWait) Err() error { return w.err }

// received gives signal n to its receiver, if there is one.
func (ex *Executor) received(n int32) bool {
	for r := ex.host.receivers; r != nil; r = r.next {
		if r.n != n {
			continue
		}
		ex.tr.Emit(backend.EvSignal, int64(n), backend.SignalDeliver, 0, 0, 0)
		r.pending = true
		if !r.waiters.Empty() {
			r.waiters.Pass(ex, backend.WakeExt)
		}
		return true
	}
	return false
}

// endReceivers ends every wait for a signal because the gate closed.
func (ex *Executor) endReceivers() {
	for r := ex.host.receivers; r != nil; r = r.next {
		r.ended = true
		if !r.waiters.Empty() {
			r.waiters.Pass(ex, backend.WakeExt)
		}
	}
}

// deafen gives all signals back: the run is over.
func (ex *Executor) deafen() {
	for r := ex.host.receivers; r != nil; r = ex.host.receivers {
		ex.host.receivers = r.next
		r.open, r.next = false, nil
		ex.be.(backend.Receivers).SignalClose(r.n)
	}
}
