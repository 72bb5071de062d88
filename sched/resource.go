package sched

// Resource is the record by which a task owns something that must be given back: an op in flight, a timer, a linked node, a
// guard, an attached handle, a token, a channel end, a scope. It is embedded in what it stands for, so owning allocates
// nothing.
//
// When the task ends, the executor takes its resources off the list in reverse order of acquisition and calls release for
// each. Release must not block: what takes longer counts itself with [Task.Hold] and ends with [Task.Unhold].
type Resource struct {
	prev, next *Resource // towards older, towards newer
	owner      *Task     // nil while it is on no list
	of         any
	release    func(of any, t *Task)
}

// Own puts r on t's list. of is the object that r is embedded in; release gets it back. A resource that is already owned
// is a programmer error.
func (t *Task) Own(r *Resource, of any, release func(of any, t *Task)) {
	if r.owner != nil {
		t.ex.Misuse("sched: a resource has one owner")
	}
	r.owner, r.of, r.release = t, of, release
	r.prev, r.next = t.newest, nil
	if t.newest != nil {
		t.newest.next = r
	}
	t.newest = r
}

// Disown takes r off its owner's list without releasing it. On a resource without an owner it does nothing.
func (r *Resource) Disown() {
	t := r.owner
	if t == nil {
		return
	}
	if r.prev != nil {
		r.prev.next = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	} else {
		t.newest = r.prev
	}
	r.prev, r.next, r.owner = nil, nil, nil
}

// Owner returns the task that owns r, or nil.
func (r *Resource) Owner() *Task { return r.owner }

// Give moves r, which has an owner, to the task of a handle, as the newest of what that task owns. It returns false, and changes
// nothing, if that task is being torn down or has ended. It belongs inside the core.
func (r *Resource) Give(to *JoinHandle) bool {
	t := to.task
	if t == nil || t.flags&flagDropping != 0 {
		return false
	}
	r.Disown()
	t.Own(r, r.of, r.release)
	return true
}
