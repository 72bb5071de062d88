package flow

import "github.com/tripoint-go/tripoint/sched"

// Map is the future F with a result: when F is Ready, Apply makes the result of it, once, in the same poll. Apply runs outside
// of the executor's core, must not await, and may do what a poll may. The zero value with F and Apply set is ready to be
// polled. It allocates nothing, if Apply is a plain function.
type Map[F sched.Future, R any] struct {
	F     F
	Apply func(F) R

	value R
	over  bool
}

// Poll is Ready when F is.
func (m *Map[F, R]) Poll(t *sched.Task) sched.Poll {
	if !m.over {
		if m.F.Poll(t) == sched.Pending {
			return sched.Pending
		}
		m.over = true
		m.value = m.Apply(m.F)
	}
	return sched.Ready
}

// Abandon abandons F, unless it was Ready; idempotent. Apply is not called any more.
func (m *Map[F, R]) Abandon(t *sched.Task) {
	if !m.over {
		m.over = true
		m.F.Abandon(t)
	}
}

// Value returns, once Ready, what Apply has returned, before that and after Abandon the zero value.
func (m *Map[F, R]) Value() R { return m.value }

// Optional is a future that may be absent: then it is never Ready, as an arm of a race or a select that is switched off. It
// is a value that can be polled as it is. It allocates nothing.
type Optional[F sched.Future] struct {
	F       F
	Present bool
}

// Some returns f as an Optional that is present.
func Some[F sched.Future](f F) Optional[F] { return Optional[F]{f, true} }

// Poll is that of F, or Pending if F is absent.
func (o Optional[F]) Poll(t *sched.Task) sched.Poll {
	if !o.Present {
		return sched.Pending
	}
	return o.F.Poll(t)
}

// Abandon is that of F. It does nothing if F is absent.
func (o Optional[F]) Abandon(t *sched.Task) {
	if o.Present {
		o.F.Abandon(t)
	}
}

// Never is the future that is never Ready. Nothing wakes a task that waits for it alone.
type Never struct{}

// Poll is Pending.
func (Never) Poll(*sched.Task) sched.Poll { return sched.Pending }

// Abandon does nothing.
func (Never) Abandon(*sched.Task) {}
