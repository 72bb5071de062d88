package spec

import "github.com/tripoint-go/tripoint/backend"

// values judges EV1 and EV2, for values that are written once. The list of those who wait for a value has its id. What somebody who
// gave up has left on it is named by CM6.
type values struct {
	c    *Checker
	s    *lists
	sets map[int64]backend.Event // by value: its set
}

func valueRules() []Rule {
	return []Rule{
		{"EV1", "values", "A value is set at most once, and everybody reads what was set.", kinds(backend.EvSet, backend.EvGet)},
		{"EV2", "values", "Whoever waits for a value is woken when it is set.",
			kinds(backend.EvSet)},
	}
}

func installValues(c *Checker, s *lists) {
	m := &values{c: c, s: s}
	c.atReset(func() { *m = values{c: c, s: s, sets: emptied(m.sets)} })
	c.when(m.set, backend.EvSet)
	c.when(m.get, backend.EvGet)
	c.atQuiet(m.rest)
}

func (m *values) set(ev *backend.Event) {
	c, id := m.c, ev.Args[0]
	if first, ok := m.sets[id]; ok {
		c.fail("EV1", inOrder(first, *ev), "value %d is set twice", id)
		return
	}
	m.sets[id] = *ev
}

func (m *values) get(ev *backend.Event) {
	c, id, t := m.c, ev.Args[0], ev.Args[2]
	switch set, ok := m.sets[id]; {
	case !ok:
		c.fail("EV1", inOrder(*ev), "%s reads value %d before it is set", c.label(t), id)
	case set.Args[1] != ev.Args[1]:
		c.fail("EV1", inOrder(set, *ev), "%s reads from value %d something else than what was set", c.label(t), id)
	}
}

// rest judges who still waits when nothing happens any more.
func (m *values) rest(ev *backend.Event) {
	at := *ev
	for _, id := range sortedKeys(m.sets) {
		if n := m.s.first(m.s.lists[id]); n != nil {
			m.c.fail("EV2", inOrder(n.link, m.sets[id], at), "%s still waits for value %d, which is set", m.c.label(n.task), id)
		}
	}
}
