//go:build !tinygo

package flow

import (
	"fmt"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// WithTimeout waits for f for at most d. It returns nil if f was Ready in time (ask f for its result), sched.ErrTimeout if
// not: then f was abandoned, and everything it had under way is over. It returns sched.ErrCancelled if t is cancelled.
// Straight-line tasks only; it allocates.
func WithTimeout[F sched.Future](t *sched.Task, d vclock.Duration, f F) error {
	if t.Ending() {
		return sched.ErrCancelled
	}
	o := new(Timeout[F])
	o.Start(t, d, f)
	if err := sched.Await(t, o); err != nil {
		return err
	}
	return o.Err()
}

// First waits until a or b is Ready and returns which: 0 or 1; a wins a tie. The loser is abandoned and over. Straight-line
// tasks only; it allocates.
func First[A, B sched.Future](t *sched.Task, a A, b B) (int, error) {
	r := &Race[A, B]{A: a, B: b}
	if err := sched.Await(t, r); err != nil {
		return 0, err
	}
	return r.Won(), nil
}

// Both waits until a and b are Ready. Straight-line tasks only; it allocates.
func Both[A, B sched.Future](t *sched.Task, a A, b B) error {
	return sched.Await(t, &JoinOf[A, B]{A: a, B: b})
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

// ShutdownToken takes a token of the root scope: it fires on SIGINT or SIGTERM and when the root has ended, and Main waits
// for its Release up to the grace. It allocates.
func ShutdownToken(t *sched.Task) (*sched.Token, error) {
	return TokenOf(t, t.Executor().RootScope())
}

// MemberError is the failure of one member of a bundle.
type MemberError struct {
	Name string
	Err  error
}

// Error names the member and says what went wrong.
func (e *MemberError) Error() string { return fmt.Sprintf("task %q failed: %v", e.Name, e.Err) }

// Unwrap returns the member's own error.
func (e *MemberError) Unwrap() error { return e.Err }

// Bundle joins named tasks: it is a scope whose result is nil if all of them return nil, and otherwise the first failure in
// the order in which they ended. The others run on until Close. Its owner's end closes it with grace 0.
type Bundle struct {
	scope    sched.Scope
	owner    *sched.Task
	failures []*MemberError
	first    *sched.Handle[error] // of the member that failed first
	joined   bool
	result   error
}

// NewBundle opens a bundle owned by t, below the root scope.
func NewBundle(t *sched.Task, name string) (*Bundle, error) {
	b := &Bundle{owner: t}
	if err := b.scope.Open(t, name, nil); err != nil {
		return nil, err
	}
	return b, nil
}

// Add starts a member at once. The member must be safe to cancel at each await: that is how Close ends it. The handle's Err
// is sched.ErrClosed if the bundle is closing.
func (b *Bundle) Add(name string, body func(*sched.Task) error) *sched.Handle[error] {
	var h *sched.Handle[error]
	h = sched.SpawnWith(b.owner, name, sched.SpawnOptions{Scope: &b.scope}, func(t *sched.Task) error {
		err := body(t)
		if err == nil && t.Ending() {
			err = sched.ErrCancelled
		}
		if err != nil {
			if b.first == nil {
				b.first = h
			}
			b.failures = append(b.failures, &MemberError{Name: name, Err: err})
		}
		return err
	})
	return h
}

// Token takes a stop token of the bundle for t.
func (b *Bundle) Token(t *sched.Task) (*sched.Token, error) { return TokenOf(t, &b.scope) }

// Scope returns the bundle's scope.
func (b *Bundle) Scope() *sched.Scope { return &b.scope }

// Join waits for the first failure or the end of all members. It returns nil, a *MemberError, or sched.ErrCancelled if t is
// cancelled. Repeating it returns the same result (BR5). Straight-line tasks only.
func (b *Bundle) Join(t *sched.Task) error {
	for !b.joined {
		if b.decided() {
			b.settle()
			break
		}
		if err := b.scope.AwaitChange(t); err != nil {
			return err
		}
	}
	return b.result
}

// JoinAll waits for every member and returns all failures in the order in which they ended. Straight-line tasks only.
func (b *Bundle) JoinAll(t *sched.Task) ([]*MemberError, error) {
	for b.scope.Members() > 0 {
		if err := b.scope.AwaitChange(t); err != nil {
			return nil, err
		}
	}
	if !b.joined {
		b.settle()
	}
	return b.failures, nil
}

// decided reports whether the member that failed first has ended, or all have.
func (b *Bundle) decided() bool {
	return b.scope.Members() == 0 || b.first != nil && b.first.Done()
}

func (b *Bundle) settle() {
	b.joined = true
	var first, digest int64
	if b.first != nil {
		b.result = b.failures[0]
		digest = sched.Digest(&b.result)
		first = int64(b.first.ID())
	}
	b.owner.Executor().Trace().Emit(backend.EvBundleJoin, b.scope.ID(), first, digest, 0, 0)
}

// Close asks the members to stop, waits up to grace, cancels what is left, and waits until all are gone. It returns nil if
// the grace was enough, else sched.ErrScopeLate. Straight-line tasks only.
func (b *Bundle) Close(t *sched.Task, grace vclock.Duration) error { return b.scope.Close(t, grace) }
