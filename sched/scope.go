package sched

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// Scope owns tasks (its members) and counts stop tokens. It is its own token: it fires by Trigger or by that of an
// ancestor, and stays fired. Scopes form a tree below the executor's root scope; a child never affects its parent (SC2).
// The zero value is ready for Open.
//
//	Open ──(Trigger, or an ancestor's)──▶ Fired ──(Close)──▶ Closing ──(no member, no child scope)──▶ Gone
type Scope struct {
	flag     Flag
	name     string
	parent   *Scope
	child    *Scope // newest
	sibling  *Scope // older
	newer    *Scope // sibling
	youngest *Task  // newest member
	members  int
	within   int // members of the scope and of those below it
	children int
	closers  int // those who close it and were not told yet that it is gone
	tokens   int // live, its own and its descendants'
	state    scopeState
	late     bool // somebody had not stopped when its grace was over
	detail   lateDetail
	held     *Task
	ended    func(of any, id TaskID, ended bool)
	endedOf  any
	changed  List // closers, and those who wait for the tokens
	res      Resource
	closer   ScopeClose
}

type scopeState uint8

const (
	scopeNew scopeState = iota
	scopeOpen
	scopeClosing
	scopeGone
)

func (s *Scope) openRoot(ex *Executor) {
	*s = Scope{name: "root", state: scopeOpen}
	s.begin(ex)
	ex.tr.Emit(backend.EvScopeOpen, s.flag.ID(), 0, 0, 0, 0)
}

func (s *Scope) begin(ex *Executor) {
	s.flag.Init(ex)
	s.flag.scope = s
}

// RootScope returns the scope that Main triggers when the root has ended, and a signal earlier.
func (ex *Executor) RootScope() *Scope { return &ex.rootScope }

// Open makes s a child of parent (nil: the root scope), owned by t: when t ends, s closes with grace 0 and t ends only
// after its members (SC5). A scope that is in use is a programmer error; a parent that is closing gives ErrClosed.
func (s *Scope) Open(t *Task, name string, parent *Scope) error {
	in := t.Enter()
	err := s.open(t, name, parent)
	t.Leave(in)
	return err
}

func (s *Scope) open(t *Task, name string, parent *Scope) error {
	if s.state == scopeOpen || s.state == scopeClosing {
		t.ex.Misuse("sched: SC3: a scope is opened once")
	}
	if s.tokens > 0 {
		t.ex.Misuse("sched: SD2: a scope is opened again when the tokens of its last life are released")
	}
	if s.closers > 0 {
		t.ex.Misuse("sched: SC3: a scope is opened again when all who close it know that it is gone")
	}
	ex := t.ex
	if parent == nil {
		parent = &ex.rootScope
	}
	if parent.state != scopeOpen || t.flags&flagDropping != 0 {
		return ErrClosed
	}
	*s = Scope{name: name, parent: parent, state: scopeOpen, sibling: parent.child}
	s.begin(ex)
	if parent.child != nil {
		parent.child.newer = s
	}
	parent.child = s
	parent.children++
	t.Own(&s.res, s, releaseScope)
	ex.tr.Emit(backend.EvScopeOpen, s.flag.ID(), parent.flag.ID(), int64(t.id), 0, 0)
	if parent.flag.fired.Load() {
		s.trigger(backend.TriggerParent)
	}
	return nil
}

// ID returns the scope's id in the trace.
func (s *Scope) ID() int64 { return s.flag.ID() }

// Flag returns the flag that the scope fires, to wait for it and to combine it. It is good as long as the scope is open, and
// reads fired until the scope is opened again.
func (s *Scope) Flag() *Flag { return &s.flag }

// IsCancelled reports whether the scope has fired: advice to stop, by its own trigger or an ancestor's. It costs one load, and
// may be called from any thread.
func (s *Scope) IsCancelled() bool { return s.flag.IsCancelled() }

// Wait waits until the scope fires, without a token: the scope does not wait for the caller. It returns ErrCancelled if t is
// cancelled. Straight-line tasks only.
func (s *Scope) Wait(t *Task) error { return s.flag.Wait(t) }

// Trigger fires the scope's token, irreversibly: advice to stop to everybody in it (SD1, SD3). Idempotent. Where handlers interrupt,
// they may call it, too: on the root scope it requests the shutdown of a firmware.
func (s *Scope) Trigger() {
	s.flag.ex.Lock()
	s.trigger(backend.TriggerAPI)
	s.flag.ex.stir()
	s.flag.ex.Unlock()
}

func (s *Scope) trigger(why int64) {
	s.flag.Fire(why)
}

// join makes t a member.
func (s *Scope) join(t *Task, h *JoinHandle) {
	t.scope, t.older, t.younger = s, s.youngest, nil
	if s.youngest != nil {
		s.youngest.younger = t
	}
	s.youngest = t
	s.members++
	for p := s; p != nil; p = p.parent {
		p.within++
	}
	if tr := s.flag.ex.tr; tr != nil {
		tr.Emit(backend.EvMember, s.flag.ID(), int64(t.id), tr.Intern(t.name), 0, 0)
	}
	h.attachScope(s)
}

// leave takes t, which has ended or was detached, off the list of members.
func (s *Scope) leave(t *Task) {
	if t.older != nil {
		t.older.younger = t.younger
	}
	if t.younger != nil {
		t.younger.older = t.older
	} else {
		s.youngest = t.older
	}
	t.older, t.younger, t.scope = nil, nil, nil
	s.members--
	s.within--
	for p := s.parent; p != nil; p = p.parent {
		if p.within--; p.within == 0 && !p.changed.Empty() {
			p.changed.Pass(p.flag.ex, backend.WakeToken)
		}
	}
	s.settle()
}

// settle tells those who wait that members, children or tokens became fewer, and ends a closing scope that is empty, and then
// perhaps the one above it.
func (s *Scope) settle() {
	for s != nil {
		above := s.parent
		gone := s.state == scopeClosing && s.members == 0 && s.children == 0
		if gone {
			s.gone()
		}
		if !s.changed.Empty() {
			s.changed.Pass(s.flag.ex, backend.WakeToken)
		}
		if !gone {
			return
		}
		if t := s.held; t != nil {
			s.held = nil
			t.Unhold()
		}
		s = above
	}
}

func (s *Scope) gone() {
	s.state = scopeGone
	s.late = s.late || s.tokens > 0
	if tm := &s.closer.grace.timer; tm.state == timerArmed && s.closer.own.owner == nil { // inherited
		tm.disarm()
	}
	s.res.Disown()
	s.flag.ex.tr.Emit(backend.EvScopeGone, s.flag.ID(), 0, 0, 0, 0)
	p := s.parent
	if s.newer != nil {
		s.newer.sibling = s.sibling
	} else {
		p.child = s.sibling
	}
	if s.sibling != nil {
		s.sibling.newer = s.newer
	}
	p.children--
}

// after returns the scope that follows s in a walk over top and all scopes below it, parents first, nil at its end.
func (s *Scope) after(top *Scope) *Scope {
	if s.child != nil {
		return s.child
	}
	for s != top {
		if s.sibling != nil {
			return s.sibling
		}
		s = s.parent
	}
	return nil
}

// beginClose stops intake and triggers.
func (s *Scope) beginClose(grace vclock.Duration) {
	s.state = scopeClosing
	s.flag.ex.tr.Emit(backend.EvScopeClose, s.flag.ID(), int64(grace), 0, 0, 0)
	s.trigger(backend.TriggerClose)
}

// flagsEnding are those of a task that has ended by itself or was asked to.
const flagsEnding = flagCancel | flagReady | flagDropping

// cancelMembers requests the cancel of every member, newest first (SC4).
func (s *Scope) cancelMembers() {
	for t := s.youngest; t != nil; t = t.older {
		s.late = s.late || t.flags&flagsEnding == 0
		if t.handle.state == joinAttached {
			releaseJoin(t.handle, nil)
		}
	}
}

// releaseScope is what an owner's end does: close with grace 0, and delay the end until the scope is gone.
func releaseScope(of any, t *Task) {
	s := of.(*Scope)
	if s.state == scopeOpen {
		s.beginClose(0)
	}
	s.held = t
	t.Hold()
	s.closeHard()
}

// OnEnd has f called with of, a pointer, and the id of each member that ends, in the order in which they end, before anybody who
// waits for the scope is woken; and for one that is detached, with ended false. It comes after Open; f must not wait, spawn or cancel.
func (s *Scope) OnEnd(of any, f func(of any, id TaskID, ended bool)) { s.endedOf, s.ended = of, f }

// Members returns the number of members that have not ended. It is for primitives, inside the core.
func (s *Scope) Members() int { return s.members }

// Has reports whether t is a member that has not ended. It is for primitives, inside the core.
func (s *Scope) Has(t *Task) bool { return t.scope == s }

// Tokens returns the number of live tokens of the scope and its descendants. It is for primitives, inside the core.
func (s *Scope) Tokens() int { return s.tokens }

// AwaitChange waits until a member has ended or a token was released. Straight-line tasks only.
func (s *Scope) AwaitChange(t *Task) error {
	in := t.Enter()
	_, _, err := t.Park(&s.changed, s)
	t.Leave(in)
	return err
}

// Blocked implements Blocker.
func (s *Scope) Blocked() WaitInfo {
	return WaitInfo{What: "scope", ID: s.flag.ID(), Name: s.name, Holder: s.youngest}
}
