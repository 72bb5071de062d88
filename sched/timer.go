package sched

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// Timer is one deadline of one task. It is an intrusive node of the executor's pairing heap, so any number of timers can
// be armed without storage of the executor's own: arm O(1), disarm and expire O(log n) amortised. The zero value is unarmed.
type Timer struct {
	deadline vclock.Instant
	id       int64
	task     *Task
	res      Resource
	state    timerState

	child, sibling, prev *Timer // prev: left sibling, or parent of a first child
}

type timerState uint8

const (
	timerIdle timerState = iota
	timerArmed
	timerExpired // delivered
	timerRefused // the gate was closed, or closed before the deadline
)

// arm starts the timer for t. The deadline is fixed here (T2). After the gate the call is refused: the state says so, and
// the task is woken to learn of it in a later poll (T5).
func (ex *Executor) arm(tm *Timer, t *Task, d vclock.Duration) {
	if tm.state == timerArmed {
		ex.Misuse("sched: T4: a timer is armed once at a time")
	}
	tm.task = t
	if t.flags&flagDropping != 0 { // a teardown starts nothing (NC9), and cannot wait for it
		tm.state = timerRefused
		return
	}
	if ex.gated {
		tm.state = timerRefused
		ex.refuse(t, backend.OpTimer, backend.ECANCELED)
		return
	}
	t.refusals = 0
	ex.readClock()
	ex.lastTimer++
	tm.id = ex.lastTimer
	tm.deadline = ex.now.Add(d)
	tm.state = timerArmed
	ex.timers.insert(tm)
	t.Own(&tm.res, tm, releaseTimer)
	ex.tr.Emit(backend.EvTimerStart, tm.id, int64(t.id), int64(d), int64(tm.deadline), 0)
}

func releaseTimer(of any, _ *Task) { of.(*Timer).disarm() }

// disarm abandons the timer: its heap entry is gone at once (T4). It does nothing unless the timer is armed.
func (tm *Timer) disarm() {
	if tm.state != timerArmed {
		return
	}
	ex := tm.task.ex
	tm.state = timerIdle
	tm.res.Disown()
	ex.timers.remove(tm)
	ex.tr.Emit(backend.EvTimerStop, tm.id, 0, 0, 0, 0)
}

// follow binds the timer to the task that waits for it now: for another task, it is another timer with the same deadline.
func (tm *Timer) follow(t *Task) {
	if tm.task != t && tm.state == timerArmed {
		ex := t.ex
		ex.readClock()
		rest := max(tm.deadline.Sub(ex.now), 0)
		tm.disarm()
		ex.arm(tm, t, rest)
	}
	tm.task = t
}

// expire delivers the timer, which has left the heap.
func (ex *Executor) expire(tm *Timer, ok int64) {
	tm.state = timerRefused
	if ok == 1 {
		tm.state = timerExpired
	}
	tm.res.Disown()
	ex.tr.Emit(backend.EvExpire, tm.id, ok, 0, 0, 0)
	ex.wake(tm.task, backend.WakeTimer)
	if s, inherited := tm.res.of.(*Scope); inherited {
		s.graceOver()
	}
}

// fireTimers expires what is due, in (deadline, id) order (T3).
func (ex *Executor) fireTimers() {
	for tm := ex.timers.root; tm != nil && tm.deadline <= ex.now; tm = ex.timers.root {
		ex.timers.remove(tm)
		ex.expire(tm, 1)
	}
}

// expireAll ends every timer because the gate closed (T5).
func (ex *Executor) expireAll() {
	for tm := ex.timers.root; tm != nil; tm = ex.timers.root {
		ex.timers.remove(tm)
		var ok int64
		if tm.deadline <= ex.now {
			ok = 1
		}
		ex.expire(tm, ok)
	}
}

// timerHeap is a pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986) ordered by (deadline, id).
type timerHeap struct{ root *Timer }

func (a *Timer) before(b *Timer) bool {
	return a.deadline < b.deadline || a.deadline == b.deadline && a.id < b.id
}

// meld makes the later of two roots the first child of the earlier.
func meld(a, b *Timer) *Timer {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	if b.before(a) {
		a, b = b, a
	}
	b.prev, b.sibling = a, a.child
	if a.child != nil {
		a.child.prev = b
	}
	a.child = b
	return a
}

func (h *timerHeap) insert(tm *Timer) {
	tm.child, tm.sibling, tm.prev = nil, nil, nil
	h.root = meld(h.root, tm)
}

func (h *timerHeap) remove(tm *Timer) {
	if tm == h.root {
		h.root = mergePairs(tm.child)
	} else {
		if tm.prev.child == tm {
			tm.prev.child = tm.sibling
		} else {
			tm.prev.sibling = tm.sibling
		}
		if tm.sibling != nil {
			tm.sibling.prev = tm.prev
		}
		h.root = meld(h.root, mergePairs(tm.child))
	}
	tm.child, tm.sibling, tm.prev = nil, nil, nil
}

// mergePairs melds a list of siblings into one tree: in pairs from the left, then the results from the right. The pairs
// are kept on a stack linked through prev, so no recursion is needed.
func mergePairs(first *Timer) *Timer {
	var stack *Timer
	for first != nil {
		a, b := first, first.sibling
		first = nil
		if b != nil {
			first = b.sibling
			b.sibling, b.prev = nil, nil
		}
		a.sibling, a.prev = nil, nil
		m := meld(a, b)
		m.prev = stack
		stack = m
	}
	var root *Timer
	for stack != nil {
		m := stack
		stack = m.prev
		m.prev = nil
		root = meld(root, m)
	}
	return root
}

// Sleep is the future that is Ready once a duration has passed since Start. The zero value is idle.
type Sleep struct {
	timer  Timer
	polled bool
}

// Start fixes the deadline d from now (T2). A negative d counts as 0. It may be called from t's poll; on a sleep that is
// under way it is a programmer error.
func (s *Sleep) Start(t *Task, d vclock.Duration) {
	in := t.Enter()
	s.polled = false
	t.ex.arm(&s.timer, t, max(d, 0))
	t.Leave(in)
}

// Poll is Ready when the deadline has passed, and Pending at least once. Err tells whether the wait was refused.
func (s *Sleep) Poll(t *Task) Poll {
	in := t.Enter()
	p := s.poll(t)
	t.Leave(in)
	return p
}

func (s *Sleep) poll(t *Task) Poll {
	if s.timer.state == timerIdle {
		t.ex.Misuse("sched: a sleep is polled after Start")
	}
	if s.timer.state == timerArmed || !s.polled {
		s.timer.follow(t)
		if !s.polled && s.timer.state != timerArmed { // the timer's own wake may have been answered long ago
			t.ex.wake(t, backend.WakeSelf)
		}
		s.polled = true
		t.blocked = s
		return Pending
	}
	return Ready
}

// Err returns nil after a sleep that lasted, ErrCancelled if the gate ended or refused it. It is defined once Ready.
func (s *Sleep) Err() error {
	if s.timer.state == timerRefused {
		return ErrCancelled
	}
	return nil
}

// Abandon gives the sleep up; idempotent.
func (s *Sleep) Abandon(t *Task) {
	in := t.Enter()
	s.timer.disarm()
	t.Leave(in)
}

// Blocked implements Blocker.
func (s *Sleep) Blocked() WaitInfo {
	return WaitInfo{What: "timer", ID: s.timer.id, Until: s.timer.deadline}
}
