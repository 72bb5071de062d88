package sched

// This file is about straight-line tasks in static memory: the same source on a host and where there is neither heap nor
// goroutine. The program owns the header and the stack, and the body is a plain function that finds its state through
// [Task.Arg].

// StartFunc begins a life of a static straight-line task: it is queued, not polled. body runs on stack, which belongs to the task
// until it has ended; on a host, where goroutines have stacks, it may be nil. Whoever joins the task gets the value that body
// returns. For the rest, and for the errors, see [Task.Start].
func (t *Task) StartFunc(ex *Executor, parent *Task, name string, body func(*Task) int64, stack []uint32) (*JoinHandle, error) {
	in := parent != nil && parent.Enter()
	h, err := t.begin(ex, parent, name, nil)
	if err == nil {
		t.furnish(body, stack)
	}
	if parent != nil {
		parent.Leave(in)
	}
	return h, err
}

// StartMember is [Task.StartFunc] by task parent, which calls, for a member of scope s. A scope that is closing takes no members:
// that is ErrClosed.
func (t *Task) StartMember(s *Scope, parent *Task, name string, body func(*Task) int64, stack []uint32) (*JoinHandle, error) {
	in := parent.Enter()
	h, err := t.beginMember(s, parent, name)
	if err == nil {
		t.furnish(body, stack)
	}
	parent.Leave(in)
	return h, err
}

func (t *Task) beginMember(s *Scope, parent *Task, name string) (*JoinHandle, error) {
	if s.state != scopeOpen {
		return nil, ErrClosed
	}
	h, err := t.begin(parent.ex, parent, name, nil)
	if err == nil {
		s.join(t, h)
	}
	return h, err
}

// BeginFunc is [Executor.Begin] for a root that is a straight-line task. Its value is the exit code.
func (ex *Executor) BeginFunc(t *Task, name string, body func(*Task) int64, stack []uint32, mode Mode, main bool) {
	ex.Begin(t, name, nil, mode, main)
	t.furnish(body, stack)
}

// Serve ticks until the run that Begin or BeginFunc has booted is over.
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
