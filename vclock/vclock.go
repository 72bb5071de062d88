// Package vclock holds the project's notion of time: instants and durations of one monotonic clock, and the clocks that
// produce them.
//
// An [Instant] is a count of nanoseconds since an origin that only its clock knows (boot, start of the simulation). It is
// never wall time, never runs backwards, and means nothing outside the run that made it. The core and every backend use
// these types and no others, so the same program can live in real time, in interrupt ticks, and in virtual time.
//
// Nothing in this package allocates. Except for [Monotonic], which exists on hosts only, nothing here reads a real clock.
package vclock

// Instant is a point in time: nanoseconds since the origin of its clock. Range: 0 to [Forever]. The zero value is the
// origin.
type Instant int64

// Duration is a distance in time in nanoseconds. It converts to and from time.Duration by a plain conversion. Negative
// durations are legal operands and mean "already past".
type Duration int64

// The units of [Duration].
const (
	Nanosecond  Duration = 1
	Microsecond          = 1000 * Nanosecond
	Millisecond          = 1000 * Microsecond
	Second               = 1000 * Millisecond
	Minute               = 60 * Second
	Hour                 = 60 * Minute
)

// Forever is the instant that never comes: the deadline of a wait without one.
const Forever Instant = 1<<63 - 1

// Add returns the instant d after t. It saturates at [Forever] and at 0, so a deadline computed from an absurd duration
// is late or already past, never in the wrong direction.
func (t Instant) Add(d Duration) Instant {
	if d >= 0 {
		if Instant(d) > Forever-t {
			return Forever
		}
		return t + Instant(d)
	}
	if s := t + Instant(d); s > 0 {
		return s
	}
	return 0
}

// Sub returns the distance from u to t: negative if t is before u.
func (t Instant) Sub(u Instant) Duration { return Duration(t - u) }

// Before reports whether t is earlier than u.
func (t Instant) Before(u Instant) bool { return t < u }

// Clock tells the time. Now never returns less than it returned before, and never more than [Forever]-1. It may be called
// from a task, from the executor and from an interrupt.
type Clock interface {
	Now() Instant
}

// Virtual is a clock that moves only when it is told to. The zero value stands at 0. It is not safe for concurrent use:
// its simulator owns it.
type Virtual struct{ now Instant }

// Now returns the current virtual time.
func (c *Virtual) Now() Instant { return c.now }

// AdvanceTo moves the clock to t. A t that is not after the current time leaves the clock where it is, because virtual
// time never runs backwards.
func (c *Virtual) AdvanceTo(t Instant) {
	if t > c.now {
		c.now = t
	}
}

// Reset puts the clock back to 0, for the next run.
func (c *Virtual) Reset() { c.now = 0 }

// Skewed is a clock that runs fast or slow against another: every Den nanoseconds of Of pass as Num nanoseconds here, plus
// a constant Ahead. With Num and Den positive it is monotonic whenever Of is; a zero Num or Den means "as fast as Of". The
// arithmetic is exact in integers, rounded down to a nanosecond, as long as Num times Den and the skewed time fit 63 bits.
type Skewed struct {
	Of       Clock
	Num, Den int64
	Ahead    Duration
}

// Now returns the skewed time.
func (c *Skewed) Now() Instant {
	t := int64(c.Of.Now())
	if c.Num > 0 && c.Den > 0 {
		// Split so that the product does not overflow for long runs.
		t = t/c.Den*c.Num + t%c.Den*c.Num/c.Den
	}
	return Instant(t).Add(c.Ahead)
}
