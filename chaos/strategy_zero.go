package chaos

// Zero answers 0, always: the run a newcomer would expect. The zero value is ready.
type Zero struct{}

// Reset does nothing.
func (Zero) Reset(uint64) {}

// Pick returns 0, the head of the run queue.
func (Zero) Pick([]uint32) int { return 0 }

// Lane returns 0.
func (Zero) Lane(int) int { return 0 }

// Spawned does nothing.
func (Zero) Spawned(uint32) {}

// String returns "zero".
func (Zero) String() string { return "zero" }
