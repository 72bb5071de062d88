package chaos

import "github.com/tripoint-go/tripoint/internal/prng"

// FIFO polls tasks strictly first in, first out and leaves everything else as open as random walk does. The executor runs
// in its ordinary order then, with whole batches per tick, as in production; so this strategy also tests that order.
type FIFO struct{ rand prng.Rand }

// Reset starts a run.
func (s *FIFO) Reset(seed uint64) { s.rand.Seed(seed, streamSchedule) }

// Pick returns 0, the head of the run queue.
func (s *FIFO) Pick([]uint32) int { return 0 }

// Lane draws uniformly.
func (s *FIFO) Lane(n int) int { return s.rand.N(n) }

// Spawned does nothing.
func (s *FIFO) Spawned(uint32) {}

// String returns "fifo".
func (s *FIFO) String() string { return "fifo" }
