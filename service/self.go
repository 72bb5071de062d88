//go:build !tinygo

package service

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Self is a resource as its own code has it: it reports, depends on others, and listens to the token. Any task of the executor may
// call its methods.
type Self struct{ r *Resource }

// New makes a resource without a body, which t owns and whoever has Self drives: from Loading by Set to the end by End. [Start] is for
// what has a task of its own. It allocates.
func New(t *sched.Task, name string) *Self {
	r := new(Resource)
	in := t.Enter()
	r.build(t, name, single, Loading)
	r.publish()
	t.Leave(in)
	return &Self{r}
}

// Resource returns the resource as others have it.
func (s *Self) Resource() *Resource { return s.r }

// Token returns the flag that fires when all owners agree that the resource is to stop: ask it, wait for it, or race it with
// flow.Signalled. It is advice (SD3). It fires, too, when the resource has ended.
func (s *Self) Token() *sched.Flag { return &s.r.told }

// Ready reports that the resource serves. As [Self.Set] with Ready and no message.
func (s *Self) Ready() { s.Set(Ready, "") }

// Set reports a state, one of Loading, Ready and TemporaryFailure, and a message. A resource that was told to stop stays Stopping, and
// only the message is new. Another state, and a report of a resource that has ended, is a programmer error.
func (s *Self) Set(state State, message string) {
	if state != Ready && state != Loading && state != TemporaryFailure {
		panic("service: MT3: a resource says that it loads, is ready or has failed for a while; its end and its owners say the rest")
	}
	r := s.r
	r.ex.Lock()
	ended := r.own.Terminal()
	if !ended {
		if r.own == Stopping {
			state = Stopping
		}
		r.change(state, message)
	}
	r.ex.Unlock()
	if ended {
		panic("service: MT3: a terminal state is final")
	}
}

// Depend says that the resource needs other until it has ended itself: other is told to stop only when every resource that depends on
// it is terminal (SD7). The overall state and the report of the resource include those of other from now on. It allocates.
//
// The error is sched.ErrCycle if other needs the resource, sched.ErrClosed if other was told to stop or is done, or the resource has
// ended, a *[FailedError] if other has failed for good. Then nothing has changed. To need a root, or a resource of another executor, is a
// programmer error.
func (s *Self) Depend(other *Resource) error {
	s.r.mayHave(other)
	s.r.ex.Lock()
	err := s.r.depend(other)
	s.r.ex.Unlock()
	return err
}

func (r *Resource) depend(other *Resource) error {
	switch {
	case r.own.Terminal():
		return sched.ErrClosed
	case other.reaches(r):
		return sched.ErrCycle
	}
	if err := other.refusal(); err != nil {
		return err
	}
	r.require(other)
	r.publish()
	return nil
}

// refusal says why r cannot be needed any more.
func (r *Resource) refusal() error {
	switch {
	case r.own == PermanentFailure:
		return r.failure()
	case r.told.IsCancelled():
		return sched.ErrClosed
	}
	return nil
}

// require makes r an owner of other until r has ended.
func (r *Resource) require(other *Resource) {
	l := r.register(other, backend.DepRequired)
	l.gone.Init(r.ex)
	if err := other.told.Add(l.record[:], &l.gone); err != nil {
		panic("service: SD7: a token that has not fired takes members")
	}
	l.declare(l.gone.ID())
}

// mayHave demands that other can be below r.
func (r *Resource) mayHave(other *Resource) {
	switch {
	case other.ex != r.ex:
		panic("service: SD1: resources that depend on each other belong to one executor")
	case other.kind == root:
		panic("service: SD7: a root is below nobody")
	}
}

// End ends a resource that [New] has made: with Done if err is nil, else with PermanentFailure. What [Start] has made ends with its
// body; that, and a second End, is a programmer error.
func (s *Self) End(err error) {
	r := s.r
	message, digest := describe(r.ex, err)
	r.ex.Lock()
	wrong := r.own.Terminal() || r.task != 0
	if !wrong {
		r.end(err, message, digest)
	}
	r.ex.Unlock()
	if wrong {
		panic("service: MT3: a resource ends once, and with its body if it has one")
	}
}

// end gives r its terminal state.
func (r *Resource) end(err error, message string, digest int64) {
	r.err, r.digest = err, digest
	if err == nil {
		r.change(Done, "")
		return
	}
	r.change(PermanentFailure, message)
}

// describe asks an error for its text, outside of the core: that is code of the user.
func describe(ex *sched.Executor, err error) (message string, digest int64) {
	if err == nil {
		return "", 0
	}
	message = err.Error()
	if ex.Trace() != nil {
		digest = backend.Digest(message)
	}
	return message, digest
}
