//go:build !tinygo

package service

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// NewGroup makes a resource of others, which t owns: it is told to stop by its own owners and passes that on to its members, and it
// ends when all of them have: Done if they are, else with the first permanent failure, under the name of who failed. Its own state is
// Ready meanwhile; the overall state is the merge of all. A group without members is done. It allocates.
//
// Members that have ended count, too. The error is sched.ErrClosed if one of them was told to stop and has not ended; then there is no
// group.
func NewGroup(t *sched.Task, name string, members ...*Resource) (*Resource, error) {
	r := &Resource{ex: t.Executor()}
	for _, m := range members {
		r.mayHave(m)
	}
	in := t.Enter()
	for _, m := range members {
		if m.told.IsCancelled() && !m.own.Terminal() {
			t.Leave(in)
			return nil, sched.ErrClosed
		}
	}
	r.build(t, name, group, Ready)
	for _, m := range members {
		if !r.holds(m) {
			r.admit(m)
		}
	}
	r.publish()
	t.Leave(in)
	return r, nil
}

// admit makes m a member of a group or root. One that is done changes nothing.
func (r *Resource) admit(m *Resource) {
	if m.own == Done {
		return
	}
	how := backend.DepMember
	if r.kind == root {
		how = backend.DepRoot
	}
	l := r.register(m, how)
	l.declare(r.told.ID())
	if m.own.Terminal() {
		return
	}
	if err := m.told.Add(l.record[:], &r.told); err != nil {
		panic("service: SD7: a token that has not fired takes members")
	}
}
