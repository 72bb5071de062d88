package flow

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Bundle joins named tasks, its members: it is a scope whose result is nil if all of them return nil, and otherwise the first
// failure in the order in which they ended (BR1, BR2). The others run on until Close (BR4). Its owner's end closes it with
// grace 0. The zero value is ready for Open; it must not be moved after that.
//
// A bundle itself allocates nothing: members live in memory of the program's own ([Bundle.AddMember]). On hosts there are
// members that are allocated, too. Its methods may be called by any task, one that is a member included; they enter the core
// by themselves.
type Bundle struct {
	scope       sched.Scope
	ex          *sched.Executor
	id          int64 // of the scope
	owner       *sched.Task
	added       int
	ending      *Member      // failed, and not ended yet, newest first
	first, last *MemberError // of those that have ended, in the order in which they did
	firstID     sched.TaskID // of the member that first is of, 0: none
	joined      bool
}

// MemberError is the failure of one member of a bundle. It is part of the member's own memory.
type MemberError struct {
	Name  string
	Index int // in the order of Add, from 0
	Err   error

	next atomic.Pointer[MemberError] // changes inside the core
}

// Error names the member and says what went wrong. Where there is no heap, it is the text of Err alone.
func (e *MemberError) Error() string { return e.text() }

// Unwrap returns the member's own error.
func (e *MemberError) Unwrap() error { return e.Err }

// Next returns the failure of the member that ended next among those that failed, nil if this was the last so far. Any task may
// call it; it costs a load.
func (e *MemberError) Next() *MemberError { return e.next.Load() }

// Member is memory for one member of a bundle at a time. Task and Stack are those of a static straight-line task; the
// program sets them, and Task.Arg, before AddMember. The member may be added again once its task has ended well, and after a
// failure when the bundle was opened anew.
type Member struct {
	Task  *sched.Task
	Stack []uint32

	bundle  *Bundle
	id      sched.TaskID
	body    func(*sched.Task) error
	arg     any
	own     sched.Resource // of the member's task, whose end releases it, even if the body never ran
	failure MemberError
	next    *Member // in the list of those that are ending
	failed  bool
}

// Open makes b a bundle owned by t, whose scope is a child of parent, nil: of the root scope. A bundle that is in use is a
// programmer error; a parent that is closing gives sched.ErrClosed.
func (b *Bundle) Open(t *sched.Task, name string, parent *sched.Scope) error {
	in := t.Enter()
	err := b.scope.Open(t, name, parent)
	if err == nil {
		b.ex, b.id, b.owner = t.Executor(), b.scope.ID(), t
		b.added, b.ending, b.first, b.last, b.firstID, b.joined = 0, nil, nil, nil, 0, false
		b.scope.OnEnd(b, memberEnded)
	}
	t.Leave(in)
	return err
}

// AddMember starts a member at once, from task t, which calls. The body must be safe to cancel at each await: that is how Close
// ends it. A member that was cancelled has failed, with sched.ErrCancelled if its body says nothing else. The handle's value
// is 0 if the member returned nil, else 1. Errors: sched.ErrClosed if the bundle is closing, sched.ErrRunning if the member's
// task is live, sched.ErrTasksFull; what was not started is not a member.
func (b *Bundle) AddMember(t *sched.Task, m *Member, name string, body func(*sched.Task) error) (*sched.JoinHandle, error) {
	in := t.Enter() // the member must not end before it is noted
	if m.failed && m.bundle.keeps(m) {
		t.Executor().Misuse("flow: BR5: a member that has failed is added again when its bundle was opened anew")
	}
	h, err := m.Task.StartMember(&b.scope, t, name, runMember, m.Stack)
	if err == nil {
		m.arg, m.Task.Arg = m.Task.Arg, m
		b.note(m, m.Task, name, body)
	}
	t.Leave(in)
	return h, err
}

// runMember is the body of a member in the program's memory.
func runMember(t *sched.Task) int64 {
	m := t.Arg.(*Member)
	t.Arg = m.arg
	if m.run(t) != nil {
		return 1
	}
	return 0
}

// note makes m, whose task n was started, known to the bundle.
func (b *Bundle) note(m *Member, n *sched.Task, name string, body func(*sched.Task) error) {
	m.bundle, m.id, m.body, m.failed, m.next = b, n.ID(), body, false, nil
	m.failure = MemberError{Name: name, Index: b.added, Err: sched.ErrCancelled}
	b.added++
	n.Own(&m.own, m, memberEnding)
	b.joined = b.joined && b.first != nil // a success so far is not that of the new member
}

// run runs the body. It is not in the core.
func (m *Member) run(t *sched.Task) error {
	err := m.body(t)
	if err == nil && t.Ending() {
		err = sched.ErrCancelled
	}
	m.failure.Err = err
	return err
}

// memberEnding is the release of what a member's task owns for its bundle: the first step of its end.
func memberEnding(of any, t *sched.Task) {
	m := of.(*Member)
	if arg, mine := t.Arg.(*Member); mine && arg == m { // the body never ran
		t.Arg = m.arg
	}
	if m.failure.Err != nil && m.bundle.scope.Has(t) { // one that was detached is nobody's any more
		m.failed = true
		m.next, m.bundle.ending = m.bundle.ending, m
	}
}

// memberEnded notes a failure when the member has ended, unless it was detached before. What a member leaves behind may take a while
// to be given back, so the order is not always that in which members began to fail.
func memberEnded(of any, id sched.TaskID, ended bool) {
	b := of.(*Bundle)
	for at := &b.ending; *at != nil; at = &(*at).next {
		if m := *at; m.id == id {
			*at, m.next = m.next, nil
			if m.failed = ended; ended {
				b.fail(m)
			}
			return
		}
	}
}

// keeps reports whether the failure of m is on the list.
func (b *Bundle) keeps(m *Member) bool {
	for e := b.first; e != nil; e = e.Next() {
		if e == &m.failure {
			return true
		}
	}
	return false
}

func (b *Bundle) fail(m *Member) {
	if b.first == nil {
		b.first, b.firstID = &m.failure, m.id
	} else {
		b.last.next.Store(&m.failure)
	}
	b.last = &m.failure
	if tr := b.ex.Trace(); tr != nil {
		tr.Emit(backend.EvBundleFail, b.id, int64(m.id), sched.Digest(&m.failure.Err), 0, 0)
	}
}

// Scope returns the bundle's scope, for tokens: b.Scope().Take.
func (b *Bundle) Scope() *sched.Scope { return &b.scope }

// Join waits for the first failure or the end of all members. It returns nil, a [*MemberError], or sched.ErrCancelled if t is
// cancelled. An empty bundle joins at once. Repeating it returns the same result (BR5), unless it was nil and members were
// added. Straight-line tasks only.
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
	if err == nil && b.first != nil {
		err = b.first
	}
	t.Leave(in)
	return err
}

// WaitAll waits for the end of every member and returns the failure that came first, from which Next leads to the others in
// the order in which the members ended; nil if there was none. The error is sched.ErrCancelled if t is cancelled.
// Straight-line tasks only.
func (b *Bundle) WaitAll(t *sched.Task) (*MemberError, error) {
	in := t.Enter()
	var err error
	for !b.empty() && err == nil {
		err = b.scope.AwaitChange(t)
	}
	var first *MemberError
	if err == nil {
		if !b.joined && b.decided() {
			b.settle()
		}
		first = b.first
	}
	t.Leave(in)
	return first, err
}

// empty reports whether no member is left. Like what follows, it is for inside.
func (b *Bundle) empty() bool { return b.scope.Members() == 0 }

// decided reports whether a member that failed has ended, or all have.
func (b *Bundle) decided() bool { return b.first != nil || b.empty() }

func (b *Bundle) settle() {
	b.joined = true
	if tr := b.ex.Trace(); tr != nil {
		var digest int64
		if b.first != nil {
			digest = sched.Digest(&b.first.Err)
		}
		tr.Emit(backend.EvBundleJoin, b.id, int64(b.firstID), digest, 0, 0)
	}
}

// Close asks the members to stop, waits up to grace, cancels what is left, and waits until all are gone. It returns nil if
// the grace was enough; the errors are those of [sched.Scope.Close]. Straight-line tasks only.
func (b *Bundle) Close(t *sched.Task, grace vclock.Duration) error { return b.scope.Close(t, grace) }
