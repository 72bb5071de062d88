package tsync

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Eventually is a value that is written once and read by anybody, before or after (EV1): whoever asks too early waits. A second Set is
// an error. Reads of a value that is there cost two loads without a trace. Nothing here allocates. Call Init before use; an Eventually
// must not be copied.
type Eventually[T any] struct {
	ex      *sched.Executor
	name    string
	set     atomic.Bool // v is written, and changes no more
	traced  bool
	waiters sched.List
	digest  int64
	v       T
}

// Init gives the value its executor and a name for reports.
func (e *Eventually[T]) Init(ex *sched.Executor, name string) {
	*e = Eventually[T]{ex: ex, name: name, traced: ex.Trace() != nil}
	ex.Lock()
	e.waiters.ID(ex) // the value and its list of waiters have one id
	ex.Unlock()
}

// ID returns the value's id in the trace.
func (e *Eventually[T]) ID() int64 { return e.waiters.ID(e.ex) }

// Set writes the value and wakes everybody who waits for it. If there is one, it returns sched.ErrAlreadySet and changes nothing. t is
// the task that calls; release functions and futures may do so, too.
func (e *Eventually[T]) Set(t *sched.Task, v T) error {
	t.Point(e.ID())
	in := t.Enter()
	err := e.write(v)
	t.Leave(in)
	return err
}

func (e *Eventually[T]) write(v T) error {
	if e.set.Load() {
		return sched.ErrAlreadySet
	}
	e.v = v
	if e.traced {
		e.digest = sched.Digest(&e.v)
	}
	e.set.Store(true)
	e.ex.Trace().Emit(backend.EvSet, e.ID(), e.digest, 0, 0, 0)
	if !e.waiters.Empty() {
		e.waiters.Pass(e.ex, backend.WakeSync)
	}
	return nil
}

// Get returns the value, waiting for it. The error is sched.ErrCancelled if t is cancelled. Straight-line tasks only.
func (e *Eventually[T]) Get(t *sched.Task) (v T, err error) {
	if err = e.await(t); err == nil {
		v = e.v
	}
	return v, err
}

// await returns when the value is there and t has got it.
func (e *Eventually[T]) await(t *sched.Task) (err error) {
	t.Point(e.ID())
	if !e.traced && !t.Ending() && e.set.Load() {
		return nil
	}
	in := t.Enter()
	if t.Ending() || !e.set.Load() {
		_, _, err = t.Park(&e.waiters, e)
	}
	if err == nil {
		e.got(t)
	}
	t.Leave(in)
	return err
}

func (e *Eventually[T]) got(t *sched.Task) {
	e.ex.Trace().Emit(backend.EvGet, e.ID(), e.digest, int64(t.ID()), 0, 0)
}

// TryGet returns the value if it is there. It never waits, and may be called in a teardown.
func (e *Eventually[T]) TryGet(t *sched.Task) (v T, ok bool) {
	if e.there(t) {
		return e.v, true
	}
	return v, false
}

func (e *Eventually[T]) there(t *sched.Task) bool {
	if !e.set.Load() {
		return false
	}
	if e.traced {
		in := t.Enter()
		e.got(t)
		t.Leave(in)
	}
	return true
}

// Blocked implements sched.Blocker.
func (e *Eventually[T]) Blocked() sched.WaitInfo {
	return sched.WaitInfo{What: "value", ID: e.ID(), Name: e.name}
}

// GetWait is the future of a read. It is Ready when the value is there. It belongs to the task that polls it first.
type GetWait[T any] struct {
	e    *Eventually[T]
	done bool
	node sched.Node
	own  sched.Resource
}

// StartGet prepares w to read; nothing happens before the first poll.
func (e *Eventually[T]) StartGet(w *GetWait[T]) {
	if e.ex == nil {
		panic("tsync: EV1: a value is used before its Init")
	}
	if w.own.Owner() != nil {
		panic("tsync: EV2: a read is started once at a time")
	}
	*w = GetWait[T]{e: e}
}

// Poll is Ready when the value is there.
func (w *GetWait[T]) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := w.poll(t, in)
	t.Leave(in)
	return p
}

func (w *GetWait[T]) poll(t *sched.Task, in bool) sched.Poll {
	e := w.e
	switch {
	case w.done:
		return sched.Ready
	case e.set.Load():
		w.done = true
		w.own.Disown()
		e.got(t)
		return sched.Ready
	case w.node.Linked():
		sameTask(&w.node, t, in)
	default:
		e.waiters.Link(&w.node, t)
		t.Own(&w.own, w, giveUp)
	}
	t.SetBlocker(e)
	return sched.Pending
}

// Abandon stops waiting; idempotent.
func (w *GetWait[T]) Abandon(t *sched.Task) {
	in := t.Enter()
	w.own.Disown()
	w.node.Unlink()
	t.Leave(in)
}

// Value returns, once Ready, the value.
func (w *GetWait[T]) Value() T { return *w.Address() }

// Address returns, once Ready, the address of the value: that of a [Singleton]. Whoever reads an [Eventually] by it must not change it.
func (w *GetWait[T]) Address() *T {
	if !w.done {
		panic("tsync: EV2: a read has no value before it is Ready")
	}
	return &w.e.v
}

// Singleton is an [Eventually] that is there for good, in static memory, and hands out the address of its value: a driver, a
// configuration. It is never released, and what the address leads to is for its users to protect. Call Init before use.
type Singleton[T any] struct{ cell Eventually[T] }

// Init gives the singleton its executor and a name for reports.
func (s *Singleton[T]) Init(ex *sched.Executor, name string) { s.cell.Init(ex, name) }

// ID returns the singleton's id in the trace.
func (s *Singleton[T]) ID() int64 { return s.cell.ID() }

// Set writes the value, as [Eventually.Set].
func (s *Singleton[T]) Set(t *sched.Task, v T) error { return s.cell.Set(t, v) }

// Get returns the address of the value, waiting for it, as [Eventually.Get]. It is the same for everybody, for good.
func (s *Singleton[T]) Get(t *sched.Task) (*T, error) {
	if err := s.cell.await(t); err != nil {
		return nil, err
	}
	return &s.cell.v, nil
}

// TryGet returns the address of the value if it is there, as [Eventually.TryGet].
func (s *Singleton[T]) TryGet(t *sched.Task) (*T, bool) {
	if s.cell.there(t) {
		return &s.cell.v, true
	}
	return nil, false
}

// StartGet prepares w to wait for the value, as [Eventually.StartGet]; then w.Address is that of the singleton's value.
func (s *Singleton[T]) StartGet(w *GetWait[T]) { s.cell.StartGet(w) }
