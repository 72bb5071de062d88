package chaos

import (
	"fmt"

	"github.com/tripoint-go/tripoint/internal/prng"
)

// slotMax bounds the table of priorities. The executor's task ids leave 24 bits for the slot.
const slotMax = 1<<24 - 1

// PCT gives tasks random distinct priorities, always picks the highest, and lowers the priority of the task whose turn it
// is at d-1 random steps. It finds a bug that needs d ordering constraints with probability at least 1/(n*k^(d-1)) per run,
// for n tasks and k steps (Burckhardt, Kothari, Musuvathi and Nagarakatte, "A Randomized Scheduler with Probabilistic
// Guarantees of Finding Bugs", ASPLOS 2010).
//
// Strict priorities starve, hence two departures. A task that was picked k times in a row, longer than the whole run was
// expected to last, goes below all others: it spins on something that another has to do. And after max(10k, 10000) picks
// comes the fair suffix, a random walk, which is what "eventually" may count on.
//
// A pick costs one look at every ready task.
type PCT struct {
	rand   prng.Rand
	depth  int // d, at least 1
	steps  int // k, at least 1
	suffix int // picks before the fair suffix

	rank    []uint64 // by slot: the higher goes first; 0: none yet
	used    int      // ranks from here on are 0
	points  [PCTDepthMax]changePoint
	nPoints int // d-1, or k if that is less
	next    int // index into points
	picks   int // stops counting in the suffix
	last    uint32
	streak  int // how often last was picked in a row
	floor   uint64
}

// changePoint is a demotion: the task whose turn it is at the pick number at (from 1) gets the rank.
type changePoint struct {
	at   int
	rank uint64
}

// Ranks, from above: with the top bit, random ones that end in the slot, which makes them distinct; below rankDemoted plus
// PCTDepthMax, those of the change points; below rankDemoted, those of tasks that spin, each lower than the one before.
const (
	rankInitial uint64 = 1 << 63
	rankDemoted uint64 = 1 << 62
)

// NewPCT returns the strategy for a depth from 1 to [PCTDepthMax] and an estimate of the scheduling steps in a run (0:
// [StepsEstimateDefault]). Reset it before use.
func NewPCT(depth, stepsEstimate int) *PCT {
	s := &PCT{}
	s.configure(depth, stepsEstimate)
	return s
}

// configure sets the parameters of the next runs. It allocates nothing.
func (s *PCT) configure(depth, stepsEstimate int) {
	if depth < 1 || depth > PCTDepthMax {
		panic("chaos: the depth of pct is from 1 to 64")
	}
	if stepsEstimate < 0 || stepsEstimate > stepsEstimateMax {
		panic("chaos: the estimate of steps is from 0 to 100 million")
	}
	if stepsEstimate == 0 {
		stepsEstimate = StepsEstimateDefault
	}
	s.depth = depth
	s.steps = stepsEstimate
	s.suffix = max(10*stepsEstimate, 10_000)
}

// Reset starts a run: no task has a rank, and the change points are drawn.
func (s *PCT) Reset(seed uint64) {
	s.rand.Seed(seed, streamSchedule)
	clear(s.rank[:s.used])
	s.used = 0
	s.next, s.picks, s.streak = 0, 0, 0
	s.floor = rankDemoted
	s.drawPoints()
}

// drawPoints draws distinct steps in 1..k (Robert Floyd's sampling: one draw for each) and deals the ranks 1, 2, ... out to
// them in random order, since a later demotion may go above or below an earlier one.
func (s *PCT) drawPoints() {
	n := min(s.depth-1, s.steps)
	s.nPoints = n
	points := s.points[:n]
	for i := range points {
		top := s.steps - n + i + 1
		at := s.rand.N(top) + 1
		for _, p := range points[:i] {
			if p.at == at {
				at = top
				break
			}
		}
		points[i] = changePoint{at: at, rank: rankDemoted + uint64(i) + 1}
	}
	for i := n - 1; i > 0; i-- {
		j := s.rand.N(i + 1)
		points[i].rank, points[j].rank = points[j].rank, points[i].rank
	}
	for i := 1; i < n; i++ {
		for j := i; j > 0 && points[j].at < points[j-1].at; j-- {
			points[j], points[j-1] = points[j-1], points[j]
		}
	}
}

// Spawned gives the task in the slot a random rank among the initial ones.
func (s *PCT) Spawned(slot uint32) {
	if slot > slotMax {
		panic("chaos: a slot has at most 24 bits")
	}
	for int(slot) >= len(s.rank) {
		s.rank = append(s.rank, 0)
	}
	s.rank[slot] = rankInitial | s.rand.Uint64()>>33<<32 | uint64(slot)
	s.used = max(s.used, int(slot)+1)
	if slot == s.last {
		s.streak = 0
	}
}

// Pick returns the ready task with the highest rank, or a random one in the fair suffix.
func (s *PCT) Pick(ready []uint32) int {
	if s.picks >= s.suffix {
		return s.rand.N(len(ready))
	}
	s.picks++
	best := s.highest(ready)
	if s.next < s.nPoints && s.points[s.next].at == s.picks {
		s.rank[ready[best]] = s.points[s.next].rank
		s.next++
		best = s.highest(ready)
	} else if ready[best] == s.last && s.streak >= s.steps {
		s.floor--
		s.rank[s.last] = s.floor
		best = s.highest(ready)
	}
	if ready[best] != s.last {
		s.last, s.streak = ready[best], 0
	}
	s.streak++
	return best
}

// highest returns the index of the slot with the highest rank. A slot that nobody announced gets its rank here.
func (s *PCT) highest(ready []uint32) int {
	best, top := 0, uint64(0)
	for i, slot := range ready {
		if int(slot) >= len(s.rank) || s.rank[slot] == 0 {
			s.Spawned(slot)
		}
		if r := s.rank[slot]; r > top {
			best, top = i, r
		}
	}
	return best
}

// Lane draws uniformly: lanes have no priorities.
func (s *PCT) Lane(n int) int { return s.rand.N(n) }

// String returns the depth and the estimate of steps, such as "pct:3 k=1000".
func (s *PCT) String() string { return fmt.Sprintf("pct:%d k=%d", s.depth, s.steps) }
