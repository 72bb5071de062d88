package sched

import "github.com/tripoint-go/tripoint/backend"

// This file is about straight-line tasks in static memory: the same source on a host and where there is neither heap nor
// goroutine. The program owns the header and the stack, and the body is a plain function that finds its state through
// [Task.Arg].

// SpawnOptions are the less common ways to start a task. The zero value is a task of its own: unattached, and not waited for.
type SpawnOptions struct {
	// Cleanup: the task is of the cleanup class, so the exit grace of Main waits for it. Whatever a teardown spawns is, too.
	Cleanup bool
	// Attach: the handle is attached to the task that spawns, which makes a child task. During a teardown it is ignored.
	Attach bool
	// Scope: the task is a member of the scope, to which its handle is attached; Attach says nothing more then.
	Scope *Scope
}

// class is that of the task, as in the trace.
func (o *SpawnOptions) class() uint8 {
	if o.Cleanup {
		return uint8(backend.ClassCleanup)
	}
	return uint8(backend.ClassNormal)
}

// StartFunc begins a life of a static straight-line task: it is queued, not polled. body runs on stack, which belongs to the task
// until it has ended; on a host, where goroutines have stacks, it may be nil. Whoever joins the task gets the value that body
// returns. Nothing is allocated where stacks are the program's. For the rest, and for the errors, see [Task.Start].
func (t *Task) StartFunc(ex *Executor, parent *Task, name string, body func(*Task) int64, stack []uint32) (*JoinHandle, error) {
	in := parent != nil && parent.Enter()
	h, err := t.begin(ex, parent, name, uint8(backend.ClassNormal), nil)
	if err == nil {
		t.furnish(body, stack)
	}
	if parent != nil {
		parent.Leave(in)
	}
	return h, err
}

// StartWith is [Task.StartFunc] by task parent, which calls, with options: what [SpawnWith] is for tasks that the executor makes. A
// scope that is closing takes no members: that is ErrClosed.
func (t *Task) StartWith(parent *Task, name string, opts SpawnOptions, body func(*Task) int64, stack []uint32) (*JoinHandle, error) {
	in := parent.Enter()
	h, err := t.beginWith(parent, name, opts)
	if err == nil {
		t.furnish(body, stack)
	}
	parent.Leave(in)
	return h, err
}

func (t *Task) beginWith(parent *Task, name string, opts SpawnOptions) (*JoinHandle, error) {
	if opts.Scope != nil && opts.Scope.state != scopeOpen {
		return nil, ErrClosed
	}
	h, err := t.begin(parent.ex, parent, name, opts.class(), nil)
	if err == nil {
		h.place(t, parent, opts)
	}
	return h, err
}

// place attaches the handle of the new task t as the options say.
func (h *JoinHandle) place(t, parent *Task, opts SpawnOptions) {
	switch {
	case opts.Scope != nil:
		opts.Scope.join(t, h)
	case opts.Attach && parent.flags&flagDropping == 0:
		_ = h.attach(parent) // which a new handle and a live owner cannot refuse
	}
}

// StartMember is [Task.StartWith] for a member of scope s.
func (t *Task) StartMember(s *Scope, parent *Task, name string, body func(*Task) int64, stack []uint32) (*JoinHandle, error) {
	return t.StartWith(parent, name, SpawnOptions{Scope: s}, body, stack)
}

// BeginFunc is [Executor.Begin] for a root that is a straight-line task on stack, see [Task.StartFunc]. Its value is the exit code.
func (ex *Executor) BeginFunc(t *Task, name string, body func(*Task) int64, stack []uint32, mode Mode, main bool) {
	ex.Begin(t, name, nil, mode, main)
	t.furnish(body, stack)
}

// Serve ticks until the run that Begin or BeginFunc has booted is over. Whoever calls it is the thread of the executor until then.
func (ex *Executor) Serve() {
	for ex.Tick() {
	}
}

// run implements runner.
func (t *Task) run(*Task) { t.handle.digest = t.body(t) }

// Join waits for the task's end and returns the value of its body, 0 if that is a polled future. It is for a task without a
// typed handle, and heapless; for the errors see [Handle.Join]. Straight-line tasks only.
func (h *JoinHandle) Join(t *Task) (int64, error) {
	in := t.Enter()
	err := h.join(t)
	var v int64
	if err == nil {
		v = h.digest
	}
	t.Leave(in)
	return v, err
}

// Cancel requests a cancel and waits for the task's end; see [Handle.Cancel]. It is heapless. Straight-line tasks only.
func (h *JoinHandle) Cancel(t *Task) (value int64, ok bool, err error) {
	in := t.Enter()
	if ok, err = h.cancel(t); ok { // a body that was cancelled has returned something all the same
		value = h.digest
	}
	t.Leave(in)
	return value, ok, err
}
