//go:build !tinygo

package vclock

import "time"

// Monotonic is the host's monotonic clock with its origin at construction. It may be read from any thread.
type Monotonic struct{ start time.Time }

// NewMonotonic returns a host clock that stands at 0 now.
func NewMonotonic() *Monotonic { return &Monotonic{start: time.Now()} }

// Now returns the nanoseconds since construction.
func (c *Monotonic) Now() Instant { return Instant(time.Since(c.start)) }
