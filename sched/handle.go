package sched

import "github.com/tripoint-go/tripoint/backend"

// JoinHandle is the untyped part of a join handle, and the future that is Ready when the task has ended and everything it owned
// has been given back. It is the only object that can join or cancel its task (NC1).
//
// A handle starts unattached: forgetting it, or giving up a join, leaves the task running to its end (NC2, NC3). Attach
// ties the task to its owner's end: then the handle is a resource of the owner, and releasing it requests a cancel.
//
//	             Attach                    the owner ends, or Release
//	Unattached ──────────▶ Attached ──────────────────────────────────┐
//	    │                     │                                       ▼
//	    ├── Join, Cancel ─────┴──▶ Gone, with the outcome        cancel requested
//	    ├── Detach, Release, an abandoned Join ──▶ Gone; the task runs to its end
//
// A handle is used once: Join, Cancel and Detach use it up, and every later call says [ErrDetached]. One task waits for it at a time:
// while one is in Join or Cancel, those of another return ErrDetached at once (the request of that Cancel stands), and a poll by
// another is a programmer error, because the first would never be woken. As a future it may move to another task as long as
// the one that polled it before waits for something else.
//
// Any task of the executor may call the methods; those that take a task are for that task, within a poll. Nothing here allocates.
// The handle of a static task is part of that task, so it is good for one life only, and the next Start begins it anew.
type JoinHandle struct {
	ex      *Executor
	task    *Task // nil once the task has ended
	id      TaskID
	state   joinState
	stopped bool // Stop was called: the outcome is reported as that of a cancel
	done    bool
	some    bool
	err     Error // why the spawn failed, 0 if it did not
	given   bool  // given up: Detach, or Release
	joining bool  // a task is in Join or Cancel, and uses the handle up
	digest  int64
	waiters List
	node    Node
	own     Resource // the wait, of the task that polled last
	res     Resource // the attached handle, of its owner
}

type joinState uint8

const (
	joinUnattached joinState = iota
	joinAttached
	joinGone // detached, or its outcome was taken
)

func (h *JoinHandle) begin(t *Task) {
	if h.ex != nil { // used before; clearing a new one again would cost 6 % of a spawn
		*h = JoinHandle{}
	}
	h.ex, h.task, h.id = t.ex, t, t.id
}

// end publishes the outcome. The waiter, if any, is woken after drop- (NC4).
func (h *JoinHandle) end(ex *Executor, t *Task) {
	h.task, h.done, h.some = nil, true, t.flags&flagReady != 0
	if !h.waiters.Empty() {
		h.waiters.Pass(ex, backend.WakeJoin)
	}
}

// ID returns the id of the task, 0 if there never was one.
func (h *JoinHandle) ID() TaskID { return h.id }

// Err returns why the spawn failed, ErrTasksFull or ErrClosed, or nil.
func (h *JoinHandle) Err() error {
	if h.err != 0 {
		return h.err
	}
	return nil
}

// Done reports whether the task has ended, with everything it owned given back. It does not wait.
func (h *JoinHandle) Done() bool {
	h.lock()
	done := h.done
	h.unlock()
	return done
}

// Task returns the live task, or nil. It is good until the task ends, for its Ref, and for Name and State in reports.
func (h *JoinHandle) Task() *Task {
	h.lock()
	t := h.task
	h.unlock()
	return t
}

// lock is [Executor.Lock] for a handle, which has no executor if the spawn failed.
func (h *JoinHandle) lock() {
	if h.ex != nil {
		h.ex.Lock()
	}
}

func (h *JoinHandle) unlock() {
	if h.ex != nil {
		h.ex.Unlock()
	}
}

// gone says why the handle is of no use.
func (h *JoinHandle) gone() error {
	if h.err != 0 {
		return h.err
	}
	return ErrDetached
}

// Stop requests that the task be cancelled; what the request comes to is told by Poll. It takes effect even if nobody
// asks, is idempotent, and does nothing to a task that has ended. A task may stop itself: its poll goes on, and if that says Ready the
// body has finished; otherwise the teardown follows. It returns ErrDetached if the handle was given up or used.
func (h *JoinHandle) Stop() error {
	h.lock()
	err := h.stop()
	h.unlock()
	return err
}

func (h *JoinHandle) stop() error {
	if h.state == joinGone {
		return h.gone()
	}
	h.stopped = true
	if h.task != nil {
		h.ex.cancel(h.task, backend.CancelCall)
	}
	return nil
}

// Attach moves the handle to owner's resource list: the owner's end requests a cancel of the task, and does not wait for its end. It
// returns ErrDetached if the handle was given up or used, or the reason why there is no task, and does nothing if it is attached
// already. It is for the owner itself, which must not be ending: then it is ErrCancelled.
func (h *JoinHandle) Attach(owner *Task) error {
	in := owner.Enter()
	err := h.attach(owner)
	owner.Leave(in)
	return err
}

func (h *JoinHandle) attach(owner *Task) error {
	switch {
	case h.state == joinGone || h.ex == nil:
		return h.gone()
	case owner.flags&flagDropping != 0:
		return ErrCancelled
	case h.state == joinUnattached:
		h.state = joinAttached
		owner.Own(&h.res, h, releaseJoin)
		h.ex.tr.Emit(backend.EvHAttach, int64(h.id), int64(owner.id), 0, 0, 0)
	}
	return nil
}

func (h *JoinHandle) attachScope(s *Scope) {
	h.state = joinAttached
	h.ex.tr.Emit(backend.EvHAttach, int64(h.id), -s.flag.ID(), 0, 0, 0)
}

// Detach gives up control for good: nothing can cancel the task any more, but a request that was made before stands. A detached member
// leaves its scope. A task that is in Join or Cancel gets ErrDetached. So does the caller if the handle was given up or used before.
func (h *JoinHandle) Detach() error {
	h.lock()
	err := h.detach()
	h.unlock()
	return err
}

func (h *JoinHandle) detach() error {
	if h.state == joinGone || h.ex == nil {
		return h.gone()
	}
	h.giveUp()
	h.ex.tr.Emit(backend.EvHDrop, int64(h.id), 0, 0, 0, 0)
	if t := h.task; t != nil && t.scope != nil && t.flags&flagCancel == 0 { // a member that is ending stays one (SC3)
		if s := t.scope; s.ended != nil {
			s.ended(s.endedOf, t.id, false)
		}
		t.scope.leave(t)
	}
	return nil
}

// giveUp ends the life of the handle without an outcome. A task that waits on it is told.
func (h *JoinHandle) giveUp() {
	h.state, h.given = joinGone, true
	h.res.Disown()
	h.own.Disown()
	if h.node.Linked() {
		h.node.Fire(backend.WakeJoin)
	}
}

// Release gives the handle back: an attached one requests a cancel, and is released by its owner only, an unattached one detaches.
// Idempotent, and without effect on a handle that was used.
func (h *JoinHandle) Release() {
	h.lock()
	h.release()
	h.unlock()
}

func (h *JoinHandle) release() {
	switch h.state {
	case joinUnattached:
		if h.ex != nil {
			h.drop()
		}
	case joinAttached:
		h.releaseAttached()
	}
}

// drop forgets an unattached handle.
func (h *JoinHandle) drop() {
	h.giveUp()
	h.ex.tr.Emit(backend.EvHDrop, int64(h.id), 0, 0, 0, 0)
}

func (h *JoinHandle) releaseAttached() {
	h.giveUp()
	h.ex.tr.Emit(backend.EvHDrop, int64(h.id), 1, 0, 0, 0)
	if h.task != nil {
		h.ex.cancel(h.task, backend.CancelHandle)
	}
}

// releaseJoin is what the end of an attached handle's owner does. Whoever else waits on the handle, or will, learns what
// the cancel comes to.
func releaseJoin(of any, _ *Task) {
	h := of.(*JoinHandle)
	h.state = joinUnattached
	h.ex.tr.Emit(backend.EvHDrop, int64(h.id), 1, 0, 0, 0)
	if h.task != nil {
		h.stopped = true
		h.ex.cancel(h.task, backend.CancelHandle)
	}
}

func releaseWait(of any, t *Task) { of.(*JoinHandle).Abandon(t) }

// Poll is Ready when the task has ended; the handle is used up then, and Outcome tells what came of it. It is Ready at once if there is
// nothing to wait for: no task, or a handle that was given up. See [JoinHandle] for polls by several tasks.
func (h *JoinHandle) Poll(t *Task) Poll {
	in := t.Enter()
	p := h.poll(t)
	t.Leave(in)
	return p
}

func (h *JoinHandle) poll(t *Task) Poll {
	if h.err != 0 || h.ex == nil || h.state == joinGone {
		return Ready
	}
	if !h.done {
		if h.own.Owner() != t {
			if h.taken(t) {
				t.ex.Misuse("sched: S3: two tasks wait for one join handle")
			}
			h.own.Disown()
			t.Own(&h.own, h, releaseWait)
		}
		if !h.node.Linked() {
			h.waiters.Link(&h.node, t)
		}
		h.node.follow(t)
		t.blocked = h
		return Pending
	}
	h.state = joinGone
	h.res.Disown()
	h.own.Disown()
	if h.some && !h.stopped {
		h.ex.tr.Emit(backend.EvJoined, int64(h.id), h.digest, 0, 0, 0)
	} else {
		var some, v int64
		if h.some {
			some, v = 1, h.digest
		}
		h.ex.tr.Emit(backend.EvCancelRes, int64(h.id), some, v, 0, 0)
	}
	return Ready
}

// taken reports whether another task than t waits for the handle and would not be woken if t did, too: it is in Join or Cancel, or
// its last poll ended with this wait. A task that waits for something else may have passed the handle on.
func (h *JoinHandle) taken(t *Task) bool {
	o := h.own.Owner()
	if o == nil || o == t {
		return false
	}
	b, direct := o.blocked.(*JoinHandle)
	return h.joining || direct && b == h && o.flags&(flagLive|flagQueued|flagRunning|flagDropping) == flagLive
}

// await is the wait of Join and Cancel.
func (h *JoinHandle) await(t *Task) error {
	if h.err == 0 && (h.state == joinGone || h.taken(t)) {
		return ErrDetached
	}
	if h.own.Owner() != t && t.flags&flagDropping == 0 {
		h.own.Disown() // the wait moves to t
	}
	h.joining = true
	err := Await(t, h)
	h.joining = false
	return err
}

// join waits for the end on behalf of Join.
func (h *JoinHandle) join(t *Task) error {
	if err := h.await(t); err != nil {
		return err
	}
	_, err := h.outcome()
	return err
}

// cancel requests a cancel and waits for the end on behalf of Cancel.
func (h *JoinHandle) cancel(t *Task) (some bool, err error) {
	if err = h.stop(); err == nil {
		err = h.await(t)
	}
	if err != nil {
		return false, err
	}
	if some, err = h.outcome(); Is(err, ErrNoValue) { // which is what a cancel is for
		err = nil
	}
	return some, err
}

// Abandon gives up waiting: an unattached handle detaches (NC3), one that is attached to t requests a cancel, and a cancel
// that was requested before stands. A handle attached to somebody else stays there: only its owner's end releases it
// (NC1). Nor does it disturb another task to which the wait has moved. Idempotent.
func (h *JoinHandle) Abandon(t *Task) {
	in := t.Enter()
	h.abandon(t)
	t.Leave(in)
}

func (h *JoinHandle) abandon(t *Task) {
	owns := h.state == joinAttached && h.res.Owner() == t
	if o := h.own.Owner(); o != nil && o != t && o.flags&flagDropping == 0 { // somebody else's wait
		if owns {
			h.res.Disown()
			releaseJoin(h, t)
		}
		return
	}
	waited := h.own.Owner() != nil || h.node.Linked()
	h.own.Disown()
	h.node.Unlink()
	switch {
	case owns:
		h.releaseAttached()
	case h.state == joinUnattached && waited && !h.stopped:
		h.drop()
	}
}

// Outcome returns, once the task has ended, whether the body finished, and why there is no value if there is none: ErrNoValue if a
// cancel came first, ErrDetached if the handle was given up or the task is live, ErrTasksFull or ErrClosed if it was never spawned. It does
// not use the handle up.
func (h *JoinHandle) Outcome() (some bool, err error) {
	h.lock()
	some, err = h.outcome()
	h.unlock()
	return some, err
}

func (h *JoinHandle) outcome() (some bool, err error) {
	switch {
	case h.err != 0:
		return false, h.err
	case !h.done || h.given:
		return false, ErrDetached
	case !h.some:
		return false, ErrNoValue
	}
	return true, nil
}

// Blocked implements Blocker.
func (h *JoinHandle) Blocked() WaitInfo {
	info := WaitInfo{What: "join", ID: int64(h.id), Holder: h.task}
	if h.task != nil {
		info.Name = h.task.name
	}
	return info
}
