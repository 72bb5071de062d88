package flow

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Either is the token that has fired when one of its members has (OR): what listens to several owners of whom each may stop it.
// Members are flags of scopes, triggers and combined tokens. Init or Open before use; it must not be moved. It does not allocate,
// and any task may use it.
//
// A token that is closed has fired: then nobody waits for it any more, and nothing is linked to it. So does the end of the task
// that has opened it.
type Either struct{ c combined }

// Init prepares an Either that nobody owns: Close it when it has not fired and is no longer used, because its members keep hold of
// it. To prepare it again before that is a programmer error.
func (e *Either) Init(ex *sched.Executor) {
	ex.Lock()
	e.c.flag.InitAny(ex)
	ex.Unlock()
}

// Open is Init for an Either that t owns: when t ends it is closed. It returns sched.ErrCancelled if t is ending.
func (e *Either) Open(t *sched.Task) error {
	in := t.Enter()
	e.c.flag.InitAny(t.Executor())
	err := e.c.open(t)
	t.Leave(in)
	return err
}

// AddWith adds members, with one record each; see [sched.Flag.Add] for the records. The Either fires at once if one of them has
// fired. It returns sched.ErrClosed if the Either has fired, sched.ErrCycle if it would depend on itself; then none is added.
func (e *Either) AddWith(records []sched.Membership, flags ...*sched.Flag) error {
	return e.c.add(records, flags)
}

// Close gives the members up and fires the Either; idempotent.
func (e *Either) Close() { e.c.close() }

// Flag returns the flag that the Either fires, to wait for it and to combine it.
func (e *Either) Flag() *sched.Flag { return &e.c.flag }

// IsCancelled reports whether the Either has fired. It costs one load, and may be called from any thread.
func (e *Either) IsCancelled() bool { return e.c.flag.IsCancelled() }

// Wait waits until the Either fires. It returns sched.ErrCancelled if t is cancelled. Straight-line tasks only.
func (e *Either) Wait(t *sched.Task) error { return e.c.flag.Wait(t) }

// Set is the token that has fired when it has members and all of them have fired (AND): what several owners share, and none of them
// needs any more. It latches: then it stays fired and takes no members (SC6). Otherwise it is used like an [Either].
type Set struct{ c combined }

// Init prepares a Set that nobody owns, as [Either.Init] does.
func (s *Set) Init(ex *sched.Executor) {
	ex.Lock()
	s.c.flag.InitAll(ex)
	ex.Unlock()
}

// Open is Init for a Set that t owns: when t ends it is closed. It returns sched.ErrCancelled if t is ending.
func (s *Set) Open(t *sched.Task) error {
	in := t.Enter()
	s.c.flag.InitAll(t.Executor())
	err := s.c.open(t)
	t.Leave(in)
	return err
}

// AddWith adds members, with one record each; see [sched.Flag.Add] for the records. The Set fires at once if all its members, old
// and new, have fired. It returns sched.ErrClosed if the Set has fired, sched.ErrCycle if it would depend on itself; then none
// is added.
func (s *Set) AddWith(records []sched.Membership, flags ...*sched.Flag) error {
	return s.c.add(records, flags)
}

// Close gives the members up and fires the Set; idempotent.
func (s *Set) Close() { s.c.close() }

// Flag returns the flag that the Set fires, to wait for it and to combine it.
func (s *Set) Flag() *sched.Flag { return &s.c.flag }

// IsCancelled reports whether the Set has fired. It costs one load, and may be called from any thread.
func (s *Set) IsCancelled() bool { return s.c.flag.IsCancelled() }

// Wait waits until the Set fires. It returns sched.ErrCancelled if t is cancelled. Straight-line tasks only.
func (s *Set) Wait(t *sched.Task) error { return s.c.flag.Wait(t) }

type combined struct {
	flag sched.Flag
	own  sched.Resource
}

func (c *combined) open(t *sched.Task) error {
	if t.Ending() {
		c.flag.Fire(backend.TriggerClose)
		return sched.ErrCancelled
	}
	t.Own(&c.own, c, releaseCombined)
	return nil
}

func (c *combined) add(records []sched.Membership, flags []*sched.Flag) error {
	ex := c.flag.Executor()
	ex.Lock()
	err := c.flag.Add(records, flags...)
	ex.Unlock()
	return err
}

func (c *combined) close() {
	ex := c.flag.Executor()
	ex.Lock()
	c.own.Disown()
	c.flag.Fire(backend.TriggerClose)
	ex.Unlock()
}

func releaseCombined(of any, _ *sched.Task) { of.(*combined).flag.Fire(backend.TriggerClose) }
