//go:build !tinygo

package service

import (
	"slices"

	"github.com/tripoint-go/tripoint/backend"
)

// This file is what happens in the tree when something changes, all of it inside the core and in one step: whoever enters afterwards
// finds states, causes and versions that fit each other.

// change gives r another state and message of its own, and tells everybody. A terminal state is final (MT3).
func (r *Resource) change(s State, message string) {
	if r.own.Terminal() {
		panic("service: MT3: a terminal state is final")
	}
	r.own, r.message = s, message
	r.publish()
}

// stop is what being told to stop comes to.
func (r *Resource) stop() {
	if r.own.Terminal() || r.own == Stopping {
		return
	}
	if r.root != nil {
		r.root.stopAt = r.ex.Now()
	}
	r.own = Stopping
	r.publish()
}

// publish gives r and everything above it a new version, from below to above: groups and roots draw their conclusions on the way. What
// has ended then leaves the tree.
func (r *Resource) publish() {
	var ended []*Resource
	order := r.upwards(nil)
	for i := len(order) - 1; i >= 0; i-- {
		p := order[i]
		p.marked = false
		before := p.own
		switch p.kind {
		case group:
			p.reactGroup()
		case root:
			p.reactRoot()
		}
		p.fold()
		p.version++
		p.emit()
		if p.own.Terminal() {
			p.bequeath(order[:i])
			if p.own == Done {
				p.forget()
			}
			ended = append(ended, p)
		}
		if p.root != nil && p.own == Stopping && before != Stopping {
			ended = append(ended, p)
		}
		if !p.subscribers.Empty() {
			p.subscribers.Pass(p.ex, backend.WakeSync)
		}
		if !p.waiters.Empty() {
			p.waiters.Pass(p.ex, backend.WakeSync)
		}
	}
	for _, p := range ended {
		if p.own.Terminal() {
			p.leave()
		} else {
			p.root.trigger.Fire(backend.TriggerAPI)
		}
	}
}

// upwards appends r and everything above it that has not ended, each behind all that is above it.
func (r *Resource) upwards(order []*Resource) []*Resource {
	r.marked = true
	for _, l := range r.above {
		if p := l.parent; !p.marked && !p.own.Terminal() {
			order = p.upwards(order)
		}
	}
	return append(order, r)
}

// fold finds the overall state and where it comes from: of a failure, the one below comes first.
func (r *Resource) fold() {
	r.overall, r.cause = r.own, r
	if r.own.Terminal() {
		if r.failed != nil && r.own == PermanentFailure {
			r.cause = r.failed
		}
		return
	}
	for _, l := range r.below {
		c := l.child
		if c.overall > r.overall || c.overall == r.overall && c.overall >= TemporaryFailure && r.cause == r {
			r.overall, r.cause = c.overall, c.cause
		}
	}
}

// emit writes the change. What the cause is depends on the kind; see docs/TRACE.md.
func (r *Resource) emit() {
	var cause int64
	switch {
	case r.kind == single && r.own.Terminal():
		cause = r.digest
	case r.root != nil && r.own == Stopping:
		cause = int64(r.root.grace)
	case r.kind != single && r.own == PermanentFailure && r.failed != nil:
		cause = r.failed.ID()
	}
	tr := r.ex.Trace()
	tr.Emit(backend.EvService, r.ID(), int64(r.own), int64(r.version), r.task, cause)
	tr.Emit(backend.EvServiceAll, r.ID(), int64(r.overall), r.cause.ID(), 0, 0)
}

// settled reports whether everything below r has ended.
func (r *Resource) settled() bool {
	for _, l := range r.below {
		if !l.child.own.Terminal() {
			return false
		}
	}
	return true
}

// noteFailure remembers the first permanent failure below a group or root.
func (r *Resource) noteFailure() {
	for i := 0; i < len(r.below) && r.failed == nil; i++ {
		if c := r.below[i].child; c.overall == PermanentFailure {
			r.failed = c.cause
		}
	}
}

// verdict ends a group or root.
func (r *Resource) verdict() {
	r.own = Done
	if r.failed != nil {
		r.own, r.message, r.err = PermanentFailure, r.failed.message, r.failed.err
	}
}

func (r *Resource) reactGroup() {
	r.noteFailure()
	if !r.own.Terminal() && r.settled() {
		r.verdict()
	}
}

// register puts child below r.
func (r *Resource) register(child *Resource, how int64) *link {
	l := &link{parent: r, child: child, how: how}
	r.below = append(r.below, l)
	child.above = append(child.above, l)
	return l
}

// declare tells the trace of a link; via is the flag that the child's owners got by it.
func (l *link) declare(via int64) {
	l.parent.ex.Trace().Emit(backend.EvServiceDep, l.parent.ID(), l.child.ID(), l.how, via, 0)
}

// bequeath gives what r, which has just ended, still depends on to the groups and roots above it: they wait for it, too, so that a
// tree has ended only when all of it has. above is what is above r.
func (r *Resource) bequeath(above []*Resource) {
	for _, l := range r.below {
		if l.child.own.Terminal() {
			continue
		}
		for _, q := range above {
			if q.kind != single && !q.holds(l.child) {
				q.register(l.child, backend.DepLeft).declare(0)
			}
		}
	}
}

// forget takes r, which is done, from the lists of those above it, so that what lives long does not collect what lived briefly below it.
// Done changes no merge.
func (r *Resource) forget() {
	for _, l := range r.above {
		l.parent.below = without(l.parent.below, l)
	}
	r.above = nil
}

func without(links []*link, gone *link) []*link {
	return slices.DeleteFunc(links, func(l *link) bool { return l == gone })
}

func (r *Resource) holds(child *Resource) bool {
	for _, l := range r.below {
		if l.child == child {
			return true
		}
	}
	return false
}

// leave takes r, which is terminal, off what is below it: its dependencies lose an owner, and its tokens are given back.
func (r *Resource) leave() {
	below := r.below
	r.below = nil
	r.told.Fire(backend.TriggerClose)
	for _, l := range below {
		l.child.above = without(l.child.above, l)
	}
	for _, l := range below {
		if l.how == backend.DepRequired {
			l.gone.Fire(backend.TriggerAPI)
		}
	}
}

// reaches reports whether target is r or below it.
func (r *Resource) reaches(target *Resource) bool {
	seen := map[*Resource]bool{}
	var walk func(p *Resource) bool
	walk = func(p *Resource) bool {
		if p == target {
			return true
		}
		seen[p] = true
		for _, l := range p.below {
			if !seen[l.child] && walk(l.child) {
				return true
			}
		}
		return false
	}
	return walk(r)
}
