package spec

import (
	"math"

	"github.com/tripoint-go/tripoint/backend"
)

// throttling judges throttlers: T8.
type throttling struct {
	c    *Checker
	laps map[int64]*lapState
}

// lapState is a throttler. It lets n iterations start per window W: of those numbered i to j, at t_i to t_j, there may be
// n + ceil(n*(t_j-t_i)/W), so j-i-n must stay below n*(t_j-t_i)/W. excess is the largest (j-i)*W - n*(t_j-t_i) over all i up to the
// last iteration j; it must stay below n*W.
type lapState struct {
	excess int64
	last   backend.Event
}

func throttleRules() []Rule {
	return []Rule{
		{"T8", "throttle", "A throttler of n per window W lets at most n + ceil(n*L/W) iterations start in any interval of length L.",
			kinds(backend.EvLap)},
	}
}

func installThrottle(c *Checker) {
	m := &throttling{c: c}
	c.atReset(func() { m.laps = emptied(m.laps) })
	c.when(m.lap, backend.EvLap)
}

func (m *throttling) lap(ev *backend.Event) {
	c, id, n, window := m.c, ev.Args[0], ev.Args[1], ev.Args[2]
	if n < 1 || window < 1 || n > math.MaxInt64/2/window {
		c.fail("T8", events(*ev), "throttler %d has no rate: %d per %d ns", id, n, window)
		return
	}
	s := m.laps[id]
	if s == nil {
		m.laps[id] = &lapState{last: *ev}
		return
	}
	if s.last.Args[1] != n || s.last.Args[2] != window {
		c.fail("T8", events(s.last, *ev), "throttler %d changes its rate", id)
		return
	}
	passed := int64(ev.Tau.Sub(s.last.Tau))
	s.excess += window
	if passed > s.excess/n {
		s.excess = 0
	} else {
		s.excess -= passed * n
	}
	if s.excess >= n*window {
		c.fail("T8", events(s.last, *ev), "throttler %d lets more iterations start than %d at once and %d per %d ns", id, n, n, window)
		s.excess = 0 // tell each burst once
	}
	s.last = *ev
}
