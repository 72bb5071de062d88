//go:build !tinygo

package service

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Resource is a part of a program that serves others, as they see it. It belongs to one executor, and any task of it may call the
// methods; those that take a task are for that task. Make one with [Start], [StartInterruptible], [New], [NewGroup] or [NewRoot].
//
// Who decides when it stops are its owners. Each adds a token of its own, by AddToken, or as one that depends on it, or as the group
// or root that it is a member of; when all tokens have fired, the resource is told to stop. The task that made it is an owner, and so
// are those that call Own: when the last of them gives it up, without or with a token, a token is added that has fired already, so
// that a resource nobody needs stops by itself.
//
// Invariants, inside the core: parents are not terminal; r is terminal and has left the tree, or it is below each of them; cause has
// the state overall.
type Resource struct {
	ex      *sched.Executor
	kind    kind
	name    string
	own     State
	message string
	err     error
	digest  int64  // of err
	task    int64  // that runs its body, in the trace
	version uint64 // of the report

	told    sched.Flag // fires when its owners agree; its id is that of the resource
	nobody  sched.Flag // has fired: the token of the last owner
	spare   [1]sched.Membership
	holders int
	maker   Owner

	below, above []*link
	overall      State
	cause        *Resource // where overall comes from
	failed       *Resource // of a group or root: the first that failed for good below it
	last         *Report
	root         *Root // whose resource it is, or nil
	marked       bool  // by the walk that is going on

	subscribers sched.List
	waiters     sched.List // for a state
}

type kind uint8

const (
	single kind = iota // has a state of its own
	group
	root
)

// link says that child is below parent. It is on both lists until either the parent is terminal, or nobody waits for the child.
type link struct {
	parent, child *Resource
	how           int64
	gone          sched.Flag // of a dependency: fires when parent is terminal
	record        [1]sched.Membership
}

// build makes a resource that t owns. It is for inside.
func (r *Resource) build(t *sched.Task, name string, kind kind, first State) {
	ex := t.Executor()
	r.ex, r.kind, r.name, r.own, r.overall, r.cause = ex, kind, name, first, first, r
	if kind == root {
		r.told.InitAny(ex)
	} else {
		r.told.InitAll(ex)
	}
	r.told.OnFire(r.stop)
	r.maker.begin(r, t)
}

// ID returns the id of the resource in the trace, and of the flag that tells it to stop.
func (r *Resource) ID() int64 { return r.told.ID() }

// Name returns the name it was made with.
func (r *Resource) Name() string { return r.name }

// State returns the resource's own state. It does not allocate.
func (r *Resource) State() State {
	r.ex.Lock()
	s := r.own
	r.ex.Unlock()
	return s
}

// Overall returns the worst state of the resource and everything below it. It does not allocate.
func (r *Resource) Overall() State {
	r.ex.Lock()
	s := r.overall
	r.ex.Unlock()
	return s
}

// Report returns the report as it is now. It allocates unless nothing has changed since the last one.
func (r *Resource) Report() *Report {
	r.ex.Lock()
	p := r.report()
	r.ex.Unlock()
	return p
}

// AddToken adds the token of an owner: until it has fired, the resource is not told to stop. The flag is that of a scope, a
// [sched.Token], a trigger or a combined token. A token that has fired already says "I need it no longer". The error is
// sched.ErrClosed if all tokens have fired, or the resource has ended; then nothing was added. A root stops as soon as one of its tokens
// has fired. It allocates.
func (r *Resource) AddToken(flag *sched.Flag) error {
	if flag == nil || flag.Executor() != r.ex {
		panic("service: SC6: a token is a flag of the same executor")
	}
	records := make([]sched.Membership, 1)
	r.ex.Lock()
	err := r.told.Add(records, flag)
	r.ex.Unlock()
	return err
}

// Own makes t an owner: one more that has to give the resource up before the last one has. It allocates; the end of t releases it.
func (r *Resource) Own(t *sched.Task) *Owner {
	o := new(Owner)
	in := t.Enter()
	o.begin(r, t)
	t.Leave(in)
	return o
}

// Release gives up what the task that made the resource has by having made it; idempotent. It does not allocate.
func (r *Resource) Release() { r.maker.Release() }

// Owner is one share in a resource. It says nothing about when to stop, as a token does, until all are given up.
type Owner struct {
	r    *Resource
	held bool
	own  sched.Resource
}

func (o *Owner) begin(r *Resource, t *sched.Task) {
	o.r, o.held = r, true
	r.holders++
	t.Own(&o.own, o, releaseOwner)
}

func releaseOwner(of any, _ *sched.Task) { of.(*Owner).drop() }

// Release gives the share up; idempotent. Any task may call it, and it does not allocate.
func (o *Owner) Release() {
	o.r.ex.Lock()
	o.drop()
	o.r.ex.Unlock()
}

func (o *Owner) drop() {
	if !o.held {
		return
	}
	o.held = false
	o.own.Disown()
	r := o.r
	if r.holders--; r.holders > 0 || r.told.IsCancelled() {
		return
	}
	if r.root != nil {
		r.root.trigger.Fire(backend.TriggerAPI)
		return
	}
	if r.nobody.Executor() == nil {
		r.nobody.Init(r.ex)
		r.nobody.Fire(backend.TriggerAPI)
	}
	_ = r.told.Add(r.spare[:], &r.nobody) // it has not fired
}
