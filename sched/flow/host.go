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
	ex       *sched.Executor
	id       int64 // of the scope
	owner    *sched.Task
	failed   []*member // in the order in which they ended
	failures []*MemberError
	first    sched.TaskID // the member whose failure ended first, 0: none; set with the result
	joined   bool
	result   error
}

// member is what the bundle notes about a task of its own: a resource of that task, released by its end, so that the end is
// noted even if the body never ran.
type member struct {
	bundle *Bundle
	id     sched.TaskID
	own    sched.Resource
	err    MemberError
}

// NewBundle opens a bundle owned by t, below the root scope.
func NewBundle(t *sched.Task, name string) (*Bundle, error) {
	b := &Bundle{ex: t.Executor(), owner: t}
	if err := b.scope.Open(t, name, nil); err != nil {
		return nil, err
	}
	b.id = b.scope.ID()
	b.scope.OnEnd(b.memberGone)
	return b, nil
}

// Add starts a member at once. It is for the bundle's owner; other tasks, such as members, use AddFrom. The member must be
// safe to cancel at each await: that is how Close ends it. A member that was cancelled has failed, with sched.ErrCancelled
// if its body says nothing else. The handle's Err is sched.ErrClosed if the bundle is closing, sched.ErrTasksFull if the
// task table is full; what was not started is not a member.
func (b *Bundle) Add(name string, body func(*sched.Task) error) *sched.Handle[error] {
	return b.AddFrom(b.owner, name, body)
}

// AddFrom is Add by task t, which calls it.
func (b *Bundle) AddFrom(t *sched.Task, name string, body func(*sched.Task) error) *sched.Handle[error] {
	m := &member{bundle: b, err: MemberError{Name: name, Err: sched.ErrCancelled}}
	in := t.Enter() // the member must not end before it is noted
	h := sched.SpawnWith(t, name, sched.SpawnOptions{Scope: &b.scope}, func(t *sched.Task) error {
		err := body(t)
		if err == nil && t.Ending() {
			err = sched.ErrCancelled
		}
		m.err.Err = err
		return err
	})
	if n := h.Blocked().Holder; n != nil {
		m.id = n.ID()
		n.Own(&m.own, m, memberEnded)
		b.joined = b.joined && b.result != nil // a success so far is not that of the new member
	}
	t.Leave(in)
	return h
}

func memberEnded(of any, _ *sched.Task) {
	m := of.(*member)
	if m.err.Err != nil {
		m.bundle.failed = append(m.bundle.failed, m)
		m.bundle.failures = append(m.bundle.failures, &m.err)
	}
}

// Token takes a stop token of the bundle for t.
func (b *Bundle) Token(t *sched.Task) (*sched.Token, error) { return TokenOf(t, &b.scope) }

// Scope returns the bundle's scope.
func (b *Bundle) Scope() *sched.Scope { return &b.scope }

// Join waits for the first failure or the end of all members. It returns nil, a *MemberError, or sched.ErrCancelled if t is
// cancelled. Repeating it returns the same result (BR5), unless it was nil and members were added. Straight-line tasks only.
func (b *Bundle) Join(t *sched.Task) error {
	in := t.Enter()
	var err error
	for !b.joined && err == nil {
		if b.decided() {
			b.settle()
			break
		}
		err = b.scope.AwaitChange(t)
	}
	if err == nil {
		err = b.result
	}
	t.Leave(in)
	return err
}

// JoinAll waits for every member and returns all failures in the order in which they ended. Straight-line tasks only.
func (b *Bundle) JoinAll(t *sched.Task) ([]*MemberError, error) {
	in := t.Enter()
	var err error
	for !b.empty() && err == nil {
		err = b.scope.AwaitChange(t)
	}
	var failures []*MemberError
	if err == nil {
		if !b.joined && b.decided() {
			b.settle()
		}
		failures = b.failures
	}
	t.Leave(in)
	return failures, err
}

// memberGone notes the failure that ended first. What a member leaves behind may take a while to be given back, so that is
// not always the one that began to fail first.
func (b *Bundle) memberGone(id sched.TaskID) {
	if b.first != 0 {
		return
	}
	for _, m := range b.failed {
		if m.id == id {
			b.first, b.result = id, &m.err
		}
	}
}

// empty reports whether no member is left. Like what follows, it is for inside.
func (b *Bundle) empty() bool { return b.scope.Members() == 0 }

// decided reports whether a member that failed has ended, or all have.
func (b *Bundle) decided() bool { return b.first != 0 || b.empty() }

func (b *Bundle) settle() {
	b.joined = true
	if tr := b.ex.Trace(); tr != nil {
		var digest int64
		if b.first != 0 {
			digest = sched.Digest(&b.result)
		}
		tr.Emit(backend.EvBundleJoin, b.id, int64(b.first), digest, 0, 0)
	}
}

// Close asks the members to stop, waits up to grace, cancels what is left, and waits until all are gone. It returns nil if
// the grace was enough, else sched.ErrScopeLate. Straight-line tasks only.
func (b *Bundle) Close(t *sched.Task, grace vclock.Duration) error { return b.scope.Close(t, grace) }
