package sched

import "github.com/tripoint-go/tripoint/backend"

// This file is about tasks seen from elsewhere: by other tasks, by handlers, and by what is no task at all.

// Ref names a task for others: a plain value, which may be copied, kept for as long as one likes and compared with ==. It can wake
// the task and cannot cancel it. A *Task, on the other hand, is for the task itself, within a poll; when the task has ended, its header
// may be that of another one. The zero value names nobody.
type Ref struct {
	ex    *Executor
	epoch uint32
	id    TaskID
	name  string
}

// Ref returns a reference to t. It is for the task itself, or inside the core. It does not allocate.
func (t *Task) Ref() Ref { return Ref{t.ex, t.epoch, t.id, t.name} }

// ID returns the task's id, which no other task of the run ever has.
func (r Ref) ID() TaskID { return r.id }

// Name returns the name that the task was spawned with.
func (r Ref) Name() string { return r.name }

// Live reports whether the task has not ended: it is true until everything that the task owned has been given back. It may be called
// by any task, and does not allocate.
func (r Ref) Live() bool {
	if r.ex == nil {
		return false
	}
	r.ex.Lock()
	live := r.ex.epoch == r.epoch && r.ex.find(r.id) != nil
	r.ex.Unlock()
	return live
}

// Wake makes sure that the task is polled at least once more, if it is live; otherwise it does nothing. Waking is idempotent, and does
// not allocate. It may be called by any task; other goroutines use an [Injector], and handlers [Executor.WakeOutside].
func (r Ref) Wake() {
	if r.ex != nil {
		r.ex.Lock()
		if r.ex.epoch == r.epoch {
			r.ex.WakeOutside(r.id)
		}
		r.ex.Unlock()
	}
}

// find returns the live task with this id, or nil.
func (ex *Executor) find(id TaskID) *Task {
	slot := int(id.Slot())
	if slot >= len(ex.tasks) || ex.tasks[slot] == nil || ex.tasks[slot].id != id {
		return nil
	}
	return ex.tasks[slot]
}

// WakeOutside makes sure that a task is polled at least once more, from inside the core but outside of all tasks: from
// Options.External, and from the program's own interrupt handlers where handlers interrupt. A task that has ended is left alone. It
// does not allocate.
func (ex *Executor) WakeOutside(id TaskID) {
	t := ex.find(id)
	if t == nil {
		return
	}
	ex.wake(t, backend.WakeExt)
	ex.stir()
}

// stir ends the executor's wait where handlers interrupt it: there is something to do.
func (ex *Executor) stir() {
	if ex.handlers != nil {
		ex.waiting = nil
		ex.be.Unpark()
	}
}
