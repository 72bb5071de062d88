//go:build !tinygo

package flow

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// WithTimeout waits for f for at most d. It returns nil if f was Ready in time (ask f for its result), sched.ErrTimeout if
// not: then f was abandoned, and everything it had under way is over. It returns sched.ErrCancelled if t is cancelled.
// Straight-line tasks only; it allocates.
func WithTimeout[F sched.Future](t *sched.Task, d vclock.Duration, f F) error {
	o := new(Timeout[F])
	o.Start(t, d, f)
	if err := sched.Await(t, o); err != nil {
		return err
	}
	return o.Err()
}

// Within is WithTimeout for a future that has an error of its own, which is returned if the future was in time. It allocates.
func Within[F interface {
	sched.Future
	Err() error
}](t *sched.Task, d vclock.Duration, f F) error {
	if err := WithTimeout(t, d, f); err != nil {
		return err
	}
	return f.Err()
}

// First waits until a or b is Ready and returns which: 0 or 1; a wins a tie. The loser is abandoned and over. If t is
// cancelled, the error is sched.ErrCancelled: both are abandoned, and it returns -1; or one had won and the other was not over
// yet, then it returns which. Straight-line tasks only; it allocates.
func First[A, B sched.Future](t *sched.Task, a A, b B) (int, error) {
	r := &Race[A, B]{A: a, B: b}
	err := sched.Await(t, r)
	return r.Won(), err
}

// FirstOf is First over any number of futures of any types, left-biased; nil stands for one that is absent. Without futures it
// waits for ever. Straight-line tasks only; it allocates.
func FirstOf(t *sched.Task, futures ...sched.Future) (int, error) {
	r := &RaceN[Optional[sched.Future]]{Arms: arms(futures)}
	err := sched.Await(t, r)
	return r.Won(), err
}

// SelectOf waits until one of the futures is Ready and returns which; the leftmost wins a tie, and nil stands for one that is
// absent. The others stay valid and keep their progress, also if t is cancelled, and then it returns -1 and
// sched.ErrCancelled. See [Select]. Straight-line tasks only; it allocates.
func SelectOf(t *sched.Task, futures ...sched.Future) (int, error) {
	s := &SelectN[Optional[sched.Future]]{Arms: arms(futures)}
	err := sched.Await(t, s)
	return s.Won(), err
}

func arms(futures []sched.Future) []Optional[sched.Future] {
	out := make([]Optional[sched.Future], len(futures))
	for i, f := range futures {
		out[i] = Optional[sched.Future]{f, f != nil}
	}
	return out
}

// Both waits until a and b are Ready. If t is cancelled, what was not Ready is abandoned, and it returns sched.ErrCancelled.
// Straight-line tasks only; it allocates.
func Both[A, B sched.Future](t *sched.Task, a A, b B) error {
	return sched.Await(t, &JoinOf[A, B]{A: a, B: b})
}

// All is Both for any number of futures of any types. Straight-line tasks only; it allocates.
func All(t *sched.Task, futures ...sched.Future) error {
	return sched.Await(t, &JoinOfN[sched.Future]{Arms: futures, Done: make([]bool, len(futures))})
}

// Valued is a future with a result, such as a [Map].
type Valued[R any] interface {
	sched.Future
	Value() R
}

// Results waits until all futures are Ready and returns their results in the order of the arguments. Errors as Both.
// Straight-line tasks only; it allocates.
func Results[R any](t *sched.Task, futures ...Valued[R]) ([]R, error) {
	if err := sched.Await(t, &JoinOfN[Valued[R]]{Arms: futures, Done: make([]bool, len(futures))}); err != nil {
		return nil, err
	}
	values := make([]R, len(futures))
	for i, f := range futures {
		values[i] = f.Value()
	}
	return values, nil
}

// Mapped waits for f and returns what apply makes of it, see [Map]. It returns sched.ErrCancelled, and abandons f, if t is
// cancelled. Straight-line tasks only; it allocates.
func Mapped[F sched.Future, R any](t *sched.Task, f F, apply func(F) R) (R, error) {
	m := &Map[F, R]{F: f, Apply: apply}
	err := sched.Await(t, m)
	return m.value, err
}

// OpenScope makes a child scope of parent (nil: the root scope) owned by t. Straight-line tasks only; it allocates.
func OpenScope(t *sched.Task, name string, parent *sched.Scope) (*sched.Scope, error) {
	s := new(sched.Scope)
	if err := s.Open(t, name, parent); err != nil {
		return nil, err
	}
	return s, nil
}

// TokenOf takes a stop token of s for t: advice to stop when s or an ancestor fires. The scope waits for its Release. It
// allocates.
func TokenOf(t *sched.Task, s *sched.Scope) (*sched.Token, error) {
	k := new(sched.Token)
	if err := s.Take(k, t); err != nil {
		return nil, err
	}
	return k, nil
}

// AnyOf returns a token, owned by t, that has fired when one of the flags has. Its end or Close takes it off the flags. It returns
// sched.ErrCancelled if t is ending. It allocates.
func AnyOf(t *sched.Task, flags ...*sched.Flag) (*Either, error) {
	e := new(Either)
	if err := e.Open(t); err != nil {
		return nil, err
	}
	return e, e.Add(flags...)
}

// Add is AddWith that allocates the records.
func (e *Either) Add(flags ...*sched.Flag) error {
	return e.AddWith(make([]sched.Membership, len(flags)), flags...)
}

// AllOf returns a token, owned by t, that has fired when there are flags and all of them have; without flags, it fires with those
// that are added. Its end or Close takes it off the flags. It returns sched.ErrCancelled if t is ending. It allocates.
func AllOf(t *sched.Task, flags ...*sched.Flag) (*Set, error) {
	s := new(Set)
	if err := s.Open(t); err != nil {
		return nil, err
	}
	return s, s.Add(flags...)
}

// Add is AddWith that allocates the records.
func (s *Set) Add(flags ...*sched.Flag) error {
	return s.AddWith(make([]sched.Membership, len(flags)), flags...)
}

// NewThrottler returns a throttler that lets a loop of t go round at most n times per window. It returns sched.ErrRate for what is
// no rate, see [Throttler.Init]. It allocates.
func NewThrottler(t *sched.Task, n int, window vclock.Duration) (*Throttler, error) {
	h := new(Throttler)
	if err := h.Init(t.Executor(), n, window); err != nil {
		return nil, err
	}
	return h, nil
}
