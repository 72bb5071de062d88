package spec

import (
	"slices"

	"github.com/tripoint-go/tripoint/backend"
)

// combining judges combined tokens: SC6.
type combining struct {
	c      *Checker
	tokens map[int64]*combined
	of     map[int64][]*combined   // those that a scope or token is a member of, in the order in which it became one
	fired  map[int64]backend.Event // triggers of scopes and tokens
	owed   []*combined             // whose trigger may be due in this step
}

// combined is a token that fires with one of its members, or with all.
type combined struct {
	id, how int64
	members []int64
	joined  []backend.Event // tokin of each
}

func tokenRules() []Rule {
	return []Rule{
		{"SC6", "tokens", "A combined token fires exactly when one of its members, or the last of them, does, and then takes no more.",
			kinds(backend.EvTokenIn)},
	}
}

func installTokens(c *Checker) {
	m := &combining{c: c}
	c.atReset(m.reset)
	c.when(m.join, backend.EvTokenIn)
	c.when(m.trigger, backend.EvTrigger)
	c.when(m.settle, backend.EvPollBegin, backend.EvPollEnd, backend.EvIdle, backend.EvFrozen, backend.EvExit)
}

func (m *combining) reset() {
	*m = combining{c: m.c, tokens: emptied(m.tokens), of: emptied(m.of), fired: emptied(m.fired), owed: m.owed[:0]}
}

func (m *combining) join(ev *backend.Event) {
	c, id, member := m.c, ev.Args[0], ev.Args[1]
	k := m.tokens[id]
	if k == nil {
		k = &combined{id: id, how: ev.Args[2]}
		m.tokens[id] = k
	}
	switch first, fired := m.fired[id]; {
	case fired:
		c.fail("SC6", events(first, *ev), "token %d takes the member %d after it has fired", id, member)
		return
	case k.how != ev.Args[2]:
		c.fail("SC6", events(k.joined[0], *ev), "token %d changes its mind about how many members it needs", id)
		return
	case m.depends(member, id):
		c.fail("SC6", events(*ev), "token %d depends on itself with the member %d", id, member)
		return
	}
	k.members, k.joined = append(k.members, member), append(k.joined, *ev)
	m.of[member] = append(m.of[member], k)
	m.owed = append(m.owed, k)
}

// depends reports whether a token is the other or depends on it; what has fired depends on nothing any more.
func (m *combining) depends(token, on int64) bool {
	seen, queue := map[int64]bool{token: true}, []int64{token}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		if id == on {
			return true
		}
		if _, fired := m.fired[id]; fired {
			continue
		}
		if k := m.tokens[id]; k != nil {
			for _, member := range k.members {
				if !seen[member] {
					seen[member] = true
					queue = append(queue, member)
				}
			}
		}
	}
	return false
}

// due reports whether enough members have fired.
func (m *combining) due(k *combined) bool {
	fired := func(id int64) bool { _, yes := m.fired[id]; return yes }
	if k.how == backend.TriggerAny {
		return slices.ContainsFunc(k.members, fired)
	}
	return len(k.members) > 0 && !slices.ContainsFunc(k.members, func(id int64) bool { return !fired(id) })
}

func (m *combining) trigger(ev *backend.Event) {
	c, id, why := m.c, ev.Args[0], ev.Args[1]
	byMembers := why == backend.TriggerAny || why == backend.TriggerAll
	k := m.tokens[id]
	switch {
	case k == nil && byMembers:
		c.fail("SC6", events(*ev), "%d fires with its members and has none", id)
	case k == nil || why == backend.TriggerClose:
	case why != k.how:
		c.fail("SC6", events(k.joined[0], *ev), "token %d, which fires with its members, fires for another reason", id)
	case !m.due(k):
		c.fail("SC6", events(k.joined[len(k.joined)-1], *ev), "token %d fires, but the members that it needs have not", id)
	}
	if _, again := m.fired[id]; !again {
		m.fired[id] = *ev
		m.owed = append(m.owed, m.of[id]...)
	}
}

// settle judges what had to happen in the step in which a member fired or was added.
func (m *combining) settle(ev *backend.Event) {
	if ev.Kind == backend.EvExit && failure(ev.Args[0]) || m.c.world.panicked.Kind != backend.EvInvalid {
		m.owed = m.owed[:0]
	}
	for _, k := range m.owed {
		if _, fired := m.fired[k.id]; !fired && m.due(k) {
			m.c.fail("SC6", events(k.joined[len(k.joined)-1], *ev), "token %d has not fired together with its members", k.id)
		}
	}
	m.owed = m.owed[:0]
}
