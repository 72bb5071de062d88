package sched

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// ScopeClose is the future that closes a scope: refuse new members, trigger, wait until members and tokens, those of scopes below
// included, are gone or the grace is over, close the child scopes and cancel the members that are left, wait until they are
// gone.
type ScopeClose struct {
	scope *Scope
	grace Sleep
	node  Node
	own   Resource
	state closeState
}

type closeState uint8

const (
	closeNew closeState = iota
	closeGrace
	closeHard
	closeDone
)

const closedUnopened = "sched: SC3: a scope is closed after Open, and the root scope ends with its executor"

// Start names the scope and the grace, at least 0; nothing happens before the first poll.
func (c *ScopeClose) Start(s *Scope, grace vclock.Duration) {
	if s.parent == nil {
		panic(closedUnopened)
	}
	*c = ScopeClose{scope: s}
	c.grace.timer.deadline = vclock.Instant(max(grace, 0))
}

// Poll makes progress; it is Ready when the scope is gone.
func (c *ScopeClose) Poll(t *Task) Poll {
	in := t.Enter()
	p := c.poll(t)
	t.Leave(in)
	return p
}

func (c *ScopeClose) poll(t *Task) Poll {
	s := c.scope
	if c.state == closeNew {
		grace := vclock.Duration(c.grace.timer.deadline)
		switch s.state {
		case scopeOpen:
			s.beginClose(grace)
		case scopeClosing: // the shortest grace counts
			s.flag.ex.tr.Emit(backend.EvScopeClose, s.flag.ID(), int64(grace), 0, 0, 0)
		}
		if s.state != scopeGone && (s.within > 0 || s.tokens > 0) && grace > 0 {
			c.state = closeGrace
			c.grace.Start(t, grace)
		} else {
			c.harden()
		}
	}
	if c.state == closeGrace && (s.within == 0 && s.tokens == 0 || c.grace.timer.state != timerArmed) {
		c.grace.Abandon(t)
		c.harden()
	}
	if s.state == scopeGone {
		c.state = closeDone
		c.grace.Abandon(t) // somebody else was faster
		c.leave()
		return Ready
	}
	if c.own.Owner() != t {
		c.move(t)
	}
	if !c.node.Linked() {
		s.changed.Link(&c.node, t)
	}
	t.blocked = c
	return Pending
}

// move makes t the task that waits. It is a function of its own because poll is on the way to the deepest calls.
//
//go:noinline
func (c *ScopeClose) move(t *Task) {
	c.leave()
	c.grace.timer.follow(t)
	t.Own(&c.own, c, releaseClose)
	c.scope.closers++
}

func (c *ScopeClose) leave() {
	if c.own.Owner() != nil {
		c.scope.closers--
	}
	c.own.Disown()
	c.node.Unlink()
}

func (c *ScopeClose) harden() {
	c.state = closeHard
	if c.scope.state != scopeGone { // else an earlier close has said who was late
		c.scope.noteLate()
		c.scope.closeHard()
	}
}

// closeHard ends what the grace has left: open scopes below close with grace 0, so that a scope leaves no task behind whoever owns
// the scopes inside it, and members are cancelled. Scopes that are empty go last, because that changes the tree.
func (s *Scope) closeHard() {
	for c := s; c != nil; c = c.after(s) {
		switch {
		case c.state == scopeOpen:
			c.beginClose(0)
		case c != s && c.youngest != nil: // what is left of its own grace
			c.flag.ex.tr.Emit(backend.EvScopeClose, c.flag.ID(), 0, 0, 0, 0)
		}
	}
	last := s
	for c := s; c != nil; c = c.after(s) {
		c.cancelMembers()
		if c != s && c.members == 0 && c.children == 0 {
			last.flag.next = &c.flag
			last = c
		}
	}
	for f := s.flag.next; f != nil; {
		next := f.next
		f.next = nil
		if c := f.scope; c.state == scopeClosing { // else the end of another has taken it along
			c.settle()
		}
		f = next
	}
	s.flag.next = nil
	if s.state == scopeClosing {
		s.settle()
	}
}

func releaseClose(of any, t *Task) {
	c := of.(*ScopeClose)
	c.scope.closers-- // the resource has left its owner
	c.Abandon(t)
}

// Abandon stops waiting; the scope goes on closing: its members are cancelled when the grace is over all the same, or when its owner
// ends. Idempotent.
func (c *ScopeClose) Abandon(t *Task) {
	in := t.Enter()
	waiting, left := c.state == closeGrace, c.grace.timer.deadline
	c.grace.Abandon(t)
	c.leave()
	if waiting {
		c.state = closeDone
		c.scope.inherit(left)
	}
	t.Leave(in)
}

// inherit has the owner of a closing scope keep the deadline of a close that was given up (SC4). Nobody waits for it: the scope
// itself acts when it expires. Of several deadlines the first counts, also if somebody else is closing the scope.
func (s *Scope) inherit(deadline vclock.Instant) {
	ex, owner, tm := s.flag.ex, s.res.owner, &s.closer.grace.timer
	closer := s.closer.own.owner
	switch {
	case s.state != scopeClosing || tm.state == timerArmed && tm.deadline <= deadline:
		return
	case closer != nil && tm.state != timerArmed: // his grace is over
		return
	case closer == nil && owner == nil:
		return
	case ex.gated:
		s.graceOver()
		return
	}
	tm.disarm()
	ex.readClock()
	left := max(deadline.Sub(ex.now), 0)
	if closer != nil {
		ex.arm(tm, closer, left)
		return
	}
	ex.arm(tm, owner, left)
	tm.res.of, tm.res.release = s, releaseGrace
}

func releaseGrace(of any, _ *Task) { of.(*Scope).closer.grace.timer.disarm() }

// graceOver cancels what an inherited grace has left.
func (s *Scope) graceOver() {
	s.noteLate()
	s.closeHard()
}

// Err returns, once Ready, nil if members and tokens were gone within the grace, else an error that [Is] ErrScopeLate: a
// *ScopeLateError on hosts, which says who was late.
func (c *ScopeClose) Err() error {
	if c.scope.late {
		return c.scope.lateError()
	}
	return nil
}

// noteLate takes note of whether somebody is late when the grace is over.
func (s *Scope) noteLate() {
	late := s.tokens > 0
	for c := s; c != nil; c = c.after(s) {
		for t := c.youngest; t != nil; t = t.older {
			late = late || t.flags&flagsEnding == 0
		}
	}
	if late {
		s.late = true
		s.nameLate()
	}
}

// Blocked implements Blocker.
func (c *ScopeClose) Blocked() WaitInfo {
	return WaitInfo{What: "scope to close", ID: c.scope.flag.ID(), Name: c.scope.name, Holder: c.scope.youngest}
}

// Close closes the scope and waits until it is gone. It returns nil if members and tokens were gone within the grace, an error that
// [Is] ErrScopeLate if some members were cancelled or tokens are still held, ErrCancelled if the caller is cancelled, ErrClosed if
// another task is closing it. Scopes below take members until the grace is over, for what has to be put in order there. A token that
// is still held reads fired; the scope can be opened again when it is released. Straight-line tasks only. It allocates on hosts, and
// only for the error.
func (s *Scope) Close(t *Task, grace vclock.Duration) error {
	in := t.Enter()
	err := s.close(t, grace)
	t.Leave(in)
	return err
}

func (s *Scope) close(t *Task, grace vclock.Duration) error {
	if t.denied() {
		return ErrCancelled
	}
	if s.parent == nil {
		t.ex.Misuse(closedUnopened)
	}
	c := &s.closer
	if c.own.Owner() != nil {
		return ErrClosed
	}
	if left := &c.grace.timer; left.state == timerArmed { // of a close that was given up
		s.flag.ex.readClock()
		grace = min(grace, left.deadline.Sub(s.flag.ex.now))
		left.disarm()
	}
	c.Start(s, grace)
	if err := Await(t, c); err != nil {
		return err
	}
	return c.Err()
}
