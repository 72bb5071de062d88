//go:build !tinygo

package flow

import (
	"fmt"

	"github.com/tripoint-go/tripoint/sched"
)

func (e *MemberError) text() string { return fmt.Sprintf("task %q failed: %v", e.Name, e.Err) }

// NewBundle opens a bundle owned by t, below the root scope. It allocates the bundle.
func NewBundle(t *sched.Task, name string) (*Bundle, error) {
	b := new(Bundle)
	if err := b.Open(t, name, nil); err != nil {
		return nil, err
	}
	return b, nil
}

// Add starts a member at once; it allocates it. It is for the bundle's owner; other tasks, such as members, use AddFrom. For
// what a body must be like see [Bundle.AddMember]. The handle's Err is sched.ErrClosed if the bundle is closing,
// sched.ErrTasksFull if the task table is full; what was not started is not a member. The bundle keeps each failure until it
// is opened anew.
func (b *Bundle) Add(name string, body func(*sched.Task) error) *sched.Handle[error] {
	return b.AddFrom(b.owner, name, body)
}

// AddFrom is Add by task t, which calls it.
func (b *Bundle) AddFrom(t *sched.Task, name string, body func(*sched.Task) error) *sched.Handle[error] {
	m := new(Member)
	in := t.Enter() // the member must not end before it is noted
	h := sched.SpawnWith(t, name, sched.SpawnOptions{Scope: &b.scope}, m.run)
	if n := h.Blocked().Holder; n != nil {
		b.note(m, n, name, body)
	}
	t.Leave(in)
	return h
}

// Token takes a stop token of the bundle for t. It allocates the token.
func (b *Bundle) Token(t *sched.Task) (*sched.Token, error) { return TokenOf(t, &b.scope) }

// JoinAll waits for every member and returns all failures in the order in which the members ended, with the errors of
// [Bundle.WaitAll]. It allocates the list. Straight-line tasks only.
func (b *Bundle) JoinAll(t *sched.Task) ([]*MemberError, error) {
	first, err := b.WaitAll(t)
	var failures []*MemberError
	in := t.Enter() // members may be added meanwhile
	for ; first != nil; first = first.Next() {
		failures = append(failures, first)
	}
	t.Leave(in)
	return failures, err
}
