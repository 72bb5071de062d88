package sched

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
)

// Flag is what everything that fires has in common: scopes, and the triggers and combined tokens of package flow. It fires once
// and stays fired, and it is advice to stop: it cancels nothing (SD1, SD3). Programs get one from a method Flag, ask it
// and wait for it; what makes it, fires it and combines it is for authors of primitives, inside the core.
//
// A combined flag has members, other flags, and fires when one of them has, or when all have. A member knows what it is a member
// of by a [Membership], a record of the caller's. Firing walks from a flag to what depends on it in the order of a queue, so
// no depth of combinations takes stack. Nothing here allocates.
//
// Invariants: a flag that has fired has no waiter, is no member and has no members; no flag depends on itself (SC6).
type Flag struct {
	ex      *Executor
	fired   atomic.Bool // changes inside the core, IsCancelled reads it from anywhere
	seen    bool        // by the search that is going on
	how     uint8       // backend.TriggerAny or TriggerAll of a combined flag, else 0
	need    int32       // of a combined flag: so many members have to fire before it does
	scope   *Scope      // whose flag it is
	next    *Flag       // behind it in the queue of the walk that is going on
	waiters List        // has the flag's id
	within  memberships // of this flag in others, oldest first
	members memberships // of others in this flag, oldest first
	host    flagHost
}

// Membership is the record by which one flag is a member of a combined one. It is in use from Add until either of them has fired;
// until then it must stay where it is. The zero value is ready for use.
type Membership struct {
	of, in        *Flag       // both nil while it is not in use
	older, newer  *Membership // of the same member
	before, after *Membership // of the same combined flag
}

type memberships struct{ first, last *Membership }

// Init makes f a flag that has not fired. It is for authors of primitives, inside the core. On a flag that others wait for or
// depend on, or that has members, it is a programmer error.
func (f *Flag) Init(ex *Executor) { f.init(ex, 0) }

// InitAny makes f a combined flag that fires when one of its members has, with the same conditions as Init.
func (f *Flag) InitAny(ex *Executor) { f.init(ex, backend.TriggerAny) }

// InitAll makes f a combined flag that fires when it has members and all of them have fired, with the same conditions as Init.
func (f *Flag) InitAll(ex *Executor) { f.init(ex, backend.TriggerAll) }

func (f *Flag) init(ex *Executor, how int64) {
	if f.within.first != nil || f.members.first != nil || !f.waiters.Empty() {
		ex.Misuse("sched: SC6: a flag is prepared again when nobody waits for it and nothing is combined with it")
	}
	*f = Flag{ex: ex, how: uint8(how)}
	f.waiters.ID(ex)
}

// Executor returns the executor that the flag was prepared for.
func (f *Flag) Executor() *Executor { return f.ex }

// ID returns the flag's id in the trace.
func (f *Flag) ID() int64 { return f.waiters.id }

// IsCancelled reports whether the flag has fired. It costs one load, and may be called from any thread.
func (f *Flag) IsCancelled() bool { return f.fired.Load() }

// Wait waits until the flag fires. It returns ErrCancelled if t is cancelled. It does not allocate. Straight-line tasks only; the
// future is flow.Signalled.
func (f *Flag) Wait(t *Task) error {
	in := t.Enter()
	var err error
	if !f.fired.Load() || t.flags&flagDropping != 0 {
		_, _, err = t.Park(&f.waiters, f)
	}
	t.Leave(in)
	return err
}

// Waiters returns the list of nodes that the flag fires. It is for authors of primitives, inside the core; who links has seen that
// the flag has not fired.
func (f *Flag) Waiters() *List { return &f.waiters }

// Blocked implements Blocker.
func (f *Flag) Blocked() WaitInfo {
	switch {
	case f.scope != nil:
		return WaitInfo{What: "stop token", ID: f.ID(), Name: f.scope.name}
	case f.how != 0:
		return WaitInfo{What: "combined token", ID: f.ID()}
	}
	return WaitInfo{What: "trigger", ID: f.ID()}
}

// Fire fires the flag, wakes who waits for it in their order, and then does the same with what depends on it: child scopes, and
// combined flags that have what they need. why is one of the backend.Trigger constants. Idempotent. It is for authors of
// primitives, inside the core.
func (f *Flag) Fire(why int64) {
	if f.fired.Load() {
		return
	}
	f.mark(why)
	last := f
	for g := f; g != nil; {
		if !g.waiters.Empty() {
			g.waiters.Pass(g.ex, backend.WakeToken)
		}
		for m := g.within.first; m != nil; m = g.within.first {
			c := m.in
			m.end()
			if c.need--; c.need <= 0 && !c.fired.Load() {
				last = last.follow(c, int64(c.how))
			}
		}
		for m := g.members.first; m != nil; m = g.members.first {
			m.end()
		}
		g.host.call()
		if g.scope != nil {
			for c := g.scope.child; c != nil; c = c.sibling {
				if !c.flag.fired.Load() {
					last = last.follow(&c.flag, backend.TriggerParent)
				}
			}
		}
		next := g.next
		g.next = nil
		g = next
	}
}

func (f *Flag) mark(why int64) {
	f.fired.Store(true)
	f.ex.tr.Emit(backend.EvTrigger, f.ID(), why, 0, 0, 0)
}

// follow fires c and puts it behind f, the last in the queue.
func (f *Flag) follow(c *Flag, why int64) *Flag {
	c.mark(why)
	f.next = c
	return c
}

// Add makes flags members of the combined flag f, with one record each; members that have fired take none. All of them are added
// before f is judged: with InitAll, one that has fired does not fire f while another in the same call has not. It returns
// ErrClosed if f has fired, ErrCycle if f would depend on itself: then nothing was added. It is for authors of primitives,
// inside the core. Flags of another executor, a record that is in use, and a flag that is not combined are programmer errors.
func (f *Flag) Add(records []Membership, flags ...*Flag) error {
	if f.how == 0 || len(records) < len(flags) {
		f.ex.Misuse("sched: SC6: members are added to a combined flag, with a record for each")
	}
	if f.fired.Load() {
		return ErrClosed
	}
	for i, member := range flags {
		if member == nil || member.ex != f.ex || records[i].in != nil {
			f.ex.Misuse("sched: SC6: a member is a flag of the same executor, with a record of its own")
		}
		if member.how != 0 && f.leadsTo(member) {
			return ErrCycle
		}
	}
	if f.how == uint8(backend.TriggerAny) {
		f.need = 1
	}
	for i, member := range flags {
		f.ex.tr.Emit(backend.EvTokenIn, f.ID(), member.ID(), int64(f.how), 0, 0)
		switch {
		case !member.fired.Load():
			records[i].begin(member, f)
			if f.how == uint8(backend.TriggerAll) {
				f.need++
			}
		case f.how == uint8(backend.TriggerAny):
			f.need = 0
		}
	}
	if f.need == 0 && len(flags) > 0 {
		f.Fire(int64(f.how))
	}
	return nil
}

// leadsTo reports whether target is f or depends on it.
func (f *Flag) leadsTo(target *Flag) bool {
	f.seen = true
	last := f
	for g := f; g != nil; g = g.next {
		for m := g.within.first; m != nil; m = m.newer {
			if !m.in.seen {
				m.in.seen = true
				last.next = m.in
				last = m.in
			}
		}
	}
	found := target.seen
	for g := f; g != nil; {
		next := g.next
		g.seen, g.next = false, nil
		g = next
	}
	return found
}

func (m *Membership) begin(of, in *Flag) {
	*m = Membership{of: of, in: in, older: of.within.last, before: in.members.last}
	if m.older != nil {
		m.older.newer = m
	} else {
		of.within.first = m
	}
	of.within.last = m
	if m.before != nil {
		m.before.after = m
	} else {
		in.members.first = m
	}
	in.members.last = m
}

func (m *Membership) end() {
	if m.older != nil {
		m.older.newer = m.newer
	} else {
		m.of.within.first = m.newer
	}
	if m.newer != nil {
		m.newer.older = m.older
	} else {
		m.of.within.last = m.older
	}
	if m.before != nil {
		m.before.after = m.after
	} else {
		m.in.members.first = m.after
	}
	if m.after != nil {
		m.after.before = m.before
	} else {
		m.in.members.last = m.before
	}
	*m = Membership{}
}
