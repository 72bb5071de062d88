package aio

import (
	"os"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// deadline is a bound on one call, from its begin to its result. An operation that is under way when it comes is asked to
// end and waited for: if it has done something by then, that is the result, so no byte that was read is lost.
type deadline struct {
	sleep  sched.Sleep
	passed bool
	op     sched.OpWait
	turn   sched.Node
	own    sched.Resource
	d      *direction // whose turn it waits for
}

// begin fixes the deadline, after from now.
func (u *deadline) begin(t *sched.Task, after vclock.Duration) {
	u.passed = false
	u.sleep.Start(t, after)
}

// end forgets a deadline that has not come.
func (u *deadline) end(t *sched.Task) { u.sleep.Abandon(t) }

// due reports whether the deadline has come. It is called in the polls of whoever waits.
func (u *deadline) due(t *sched.Task) bool {
	u.passed = u.passed || u.sleep.Poll(t) == sched.Ready
	return u.passed
}

// timedOut is the error of a call whose deadline has passed, or ended with the gate.
func (u *deadline) timedOut() error {
	if err := u.sleep.Err(); err != nil {
		return err
	}
	return os.ErrDeadlineExceeded
}

// perform is Task.DoOpOn with the deadline.
func (u *deadline) perform(t *sched.Task, d *direction, op *backend.Op) (int, error) {
	u.op.StartOp(op)
	u.op.Hook(d)
	d.op = &u.op
	if err := sched.Await(t, (*timedOp)(u)); err != nil {
		return 0, err
	}
	n, err := u.op.Result()
	switch {
	case err != sched.ErrCancelled && !(u.passed && interrupted(err)):
		return n, err
	case d.h.state != handleOpen:
		return 0, backend.ECANCELED
	case u.passed:
		return 0, u.timedOut()
	}
	return 0, err
}

// timedOp is the future of an operation with a deadline.
type timedOp deadline

// Poll implements sched.Future.
func (w *timedOp) Poll(t *sched.Task) sched.Poll {
	if w.op.Poll(t) == sched.Ready {
		return sched.Ready
	}
	if u := (*deadline)(w); !u.passed && u.due(t) {
		u.op.Cancel()
	}
	return sched.Pending
}

// Abandon implements sched.Future.
func (w *timedOp) Abandon(t *sched.Task) {
	w.op.Abandon(t)
	w.sleep.Abandon(t)
}

// take is direction.take with the deadline, for a turn that is not free.
func (u *deadline) take(t *sched.Task, d *direction) error {
	u.d = d
	d.waiters.Link(&u.turn, t)
	t.Own(&u.own, u, releaseTurn)
	if err := sched.Await(t, (*timedTurn)(u)); err != nil {
		return err
	}
	switch {
	case !u.turn.Fired():
		return u.timedOut()
	case u.turn.Code == codeRefused:
		return sched.ErrClosed
	}
	return nil
}

// timedTurn is the future of a turn with a deadline.
type timedTurn deadline

// Poll implements sched.Future.
func (w *timedTurn) Poll(t *sched.Task) sched.Poll {
	if w.turn.Linked() && !(*deadline)(w).due(t) {
		t.SetBlocker(w.d)
		return sched.Pending
	}
	w.turn.Unlink()
	w.own.Disown()
	return sched.Ready
}

// Abandon implements sched.Future.
func (w *timedTurn) Abandon(t *sched.Task) {
	releaseTurn((*deadline)(w), t)
	w.sleep.Abandon(t)
}

// releaseTurn leaves the line; a turn that was given meanwhile goes on to the next.
func releaseTurn(of any, _ *sched.Task) {
	u := of.(*deadline)
	if u.d == nil {
		return
	}
	d := u.d
	u.d = nil
	u.own.Disown()
	u.turn.Unlink()
	if u.turn.Fired() && u.turn.Code != codeRefused {
		d.pass()
	}
}
