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
// typed handle; for the errors see [Handle.Join]. Straight-line tasks only.
func (h *JoinHandle) Join(t *Task) (int64, error) {
	in := t.Enter()
	v, err := h.joinValue(t)
	t.Leave(in)
	return v, err
}

func (h *JoinHandle) joinValue(t *Task) (int64, error) {
	if h.state == joinGone && h.err == 0 {
		return 0, ErrDetached
	}
	if err := Await(t, h); err != nil {
		return 0, err
	}
	if _, err := h.outcome(); err != nil {
		return 0, err
	}
	return h.digest, nil
}

// Cancel requests a cancel and waits for the task's end. ok says that the body had finished, with the value. The request stands
// even if the wait is given up. Straight-line tasks only.
func (h *JoinHandle) Cancel(t *Task) (value int64, ok bool, err error) {
	in := t.Enter()
	value, ok, err = h.cancelValue(t)
	t.Leave(in)
	return value, ok, err
}

func (h *JoinHandle) cancelValue(t *Task) (value int64, ok bool, err error) {
	if err = h.stop(); err != nil {
		return 0, false, err
	}
	if err = Await(t, h); err != nil {
		return 0, false, err
	}
	if !h.some { // a body that was cancelled has returned something all the same
		return 0, false, nil
	}
	return h.digest, true, nil
}
