package chaos

import "github.com/tripoint-go/tripoint/internal/prng"

// RandomWalk picks uniformly among the ready tasks, in constant time. It favours no task at any step, but interleavings as
// a whole are far from equally likely: the last event of a long task almost never comes before the first of a short one.
type RandomWalk struct{ rand prng.Rand }

// Reset starts a run.
func (s *RandomWalk) Reset(seed uint64) { s.rand.Seed(seed, streamSchedule) }

// Pick draws uniformly.
func (s *RandomWalk) Pick(ready []uint32) int { return s.rand.N(len(ready)) }

// Lane draws uniformly.
func (s *RandomWalk) Lane(n int) int { return s.rand.N(n) }

// Spawned does nothing.
func (s *RandomWalk) Spawned(uint32) {}

// String returns "rw".
func (s *RandomWalk) String() string { return "rw" }
