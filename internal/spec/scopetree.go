package spec

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// scopeState is what the trace has said of one scope or bundle so far.
type scopeState struct {
	id, parent, owner int64
	open              backend.Event
	gone              backend.Event // Kind 0 while it is open
	fired             backend.Event // its first trigger
	triggers          int
	closing           backend.Event  // the last scopeclose
	cancelAt          vclock.Instant // earliest end of the grace of any scopeclose
	members           []scopeMember  // in spawn order
	children          []*scopeState
	joined            backend.Event   // bundle: the first failure that bjoin reported, else the last bjoin
	failures          []backend.Event // bundle: of members, in the order in which they ended
	lateStart         backend.Event   // a member that was not new when it was added
	lastCancel        backend.Event   // the last cancel request of a member through the scope
	lastIndex         int             // of that member
}

type scopeMember struct {
	task  int64
	added backend.Event
}

// trackScope keeps the tree of scopes.
func (c *Checker) trackScope(ev *backend.Event) {
	a := &ev.Args
	if ev.Kind == backend.EvScopeOpen {
		s := &scopeState{id: a[0], parent: a[1], owner: a[2], open: *ev, cancelAt: vclock.Forever}
		c.world.scopes[s.id] = s
		if p := c.world.scopes[s.parent]; p != nil {
			p.children = append(p.children, s)
		} else if s.owner == 0 && c.world.rootScope == 0 {
			c.world.rootScope = s.id
		}
		c.world.owned[s.owner]++
		return
	}
	s := c.world.scopes[a[0]]
	if s == nil {
		return
	}
	switch ev.Kind {
	case backend.EvMember:
		s.members = append(s.members, scopeMember{a[1], *ev})
	case backend.EvScopeClose:
		s.closing = *ev
		s.cancelAt = min(s.cancelAt, ev.Tau.Add(vclock.Duration(a[1])))
	case backend.EvScopeGone:
		if s.gone.Kind == backend.EvInvalid {
			s.gone = *ev
			c.world.owned[s.owner]--
		}
	case backend.EvTrigger:
		if s.triggers++; s.triggers == 1 {
			s.fired = *ev
		}
	}
}

// isOpen reports whether the scope has not gone.
func (s *scopeState) isOpen() bool { return s.gone.Kind == backend.EvInvalid }

// isClosing reports whether the scope was asked to close and has not gone.
func (s *scopeState) isClosing() bool { return s.isOpen() && s.closing.Kind != backend.EvInvalid }

// belongs reports whether a task that was added to a scope still belongs to it: its handle was neither detached nor moved.
func (c *Checker) belongs(s *scopeState, m *scopeMember) bool {
	nc := &c.task(m.task).nc
	moved := nc.attached.Seq > m.added.Seq && nc.owner != -s.id
	return nc.detached.Kind == backend.EvInvalid && !moved
}

// under reports whether scope s is the given one or below it.
func (c *Checker) under(s, top int64) bool {
	for n := len(c.world.scopes); s != 0 && n >= 0; n-- {
		if s == top {
			return true
		}
		st := c.world.scopes[s]
		if st == nil {
			return false
		}
		s = st.parent
	}
	return false
}

// firedAbove returns the trigger of the nearest ancestor that fired, a zero event if none did.
func (c *Checker) firedAbove(s *scopeState) backend.Event {
	for p, n := c.world.scopes[s.parent], len(c.world.scopes); p != nil && n > 0; p, n = c.world.scopes[p.parent], n-1 {
		if p.triggers > 0 {
			return p.fired
		}
	}
	return backend.Event{}
}

// relative returns a child or sibling of s for which the condition holds, nil if there is none.
func (c *Checker) relative(s *scopeState, holds func(*scopeState) bool) *scopeState {
	for _, child := range s.children {
		if holds(child) {
			return child
		}
	}
	if p := c.world.scopes[s.parent]; p != nil {
		for _, sibling := range p.children {
			if sibling != s && holds(sibling) {
				return sibling
			}
		}
	}
	return nil
}
