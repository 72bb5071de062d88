package chaos

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// slots returns the slots 1 to n, as a run queue.
func slots(n int) []uint32 {
	s := make([]uint32, n)
	for i := range s {
		s[i] = uint32(i + 1)
	}
	return s
}

func strategies() []Strategy {
	return []Strategy{Zero{}, &FIFO{}, &RandomWalk{}, NewPCT(1, 0), NewPCT(3, 50), NewPCT(2, 2), NewPCT(PCTDepthMax, 20)}
}

// Every strategy answers inside the range, and the same seed gives the same answers after any earlier run.
func TestStrategyIsFunctionOfSeed(t *testing.T) {
	run := func(s Strategy, seed uint64, moves []int) string {
		s.Reset(seed)
		s.Spawned(1)
		tasks := uint32(1)
		out := ""
		for _, m := range moves {
			switch {
			case m == 0:
				tasks++
				s.Spawned(tasks)
			case m == 1:
				n := s.Lane(3)
				if n < 0 || n > 2 {
					return fmt.Sprintf("lane %d of 3", n)
				}
				out += fmt.Sprint("L", n)
			default:
				ready := slots(m) // some may be unannounced
				n := s.Pick(ready)
				if n < 0 || n >= len(ready) {
					return fmt.Sprintf("pick %d of %d", n, len(ready))
				}
				out += fmt.Sprint("P", n)
			}
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		moves := rapid.SliceOfN(rapid.IntRange(0, 12), 0, 200).Draw(t, "moves")
		other := rapid.SliceOfN(rapid.IntRange(0, 12), 0, 50).Draw(t, "moves of the run before")
		seed := rapid.Uint64().Draw(t, "seed")
		for i, used := range strategies() {
			fresh := strategies()[i]
			run(used, seed+1, other)
			if got, want := run(used, seed, moves), run(fresh, seed, moves); got != want {
				t.Fatalf("%s: after another run %s, fresh %s", used, got, want)
			}
		}
	})
}

// Random walk picks each task about equally often; FIFO and zero pick the head only.
func TestPickFrequency(t *testing.T) {
	count := func(s Strategy) (n [5]int) {
		s.Reset(9)
		for range 10000 {
			n[s.Pick(slots(5))]++
		}
		return n
	}
	for _, s := range []Strategy{Zero{}, &FIFO{}} {
		if got, want := count(s), [5]int{10000}; got != want {
			t.Errorf("%s: picks %v, want %v", s, got, want)
		}
	}
	got := count(&RandomWalk{})
	for _, n := range got {
		if n < 1850 || n > 2150 {
			t.Errorf("rw: picks %v, want about 2000 each", got)
		}
	}
}

// Priorities are distinct, and every task is equally likely to be the highest, whenever it was spawned.
func TestPCTRanks(t *testing.T) {
	const tasks, runs = 5, 5000
	s := NewPCT(3, 100)
	var first [tasks + 1]int
	for seed := uint64(0); seed < runs; seed++ {
		s.Reset(seed)
		seen := map[uint64]bool{}
		for slot := uint32(1); slot <= tasks; slot++ {
			s.Spawned(slot)
			if r := s.rank[slot]; r < rankInitial || seen[r] {
				t.Fatalf("seed %d: rank %#x of slot %d is taken or too low", seed, r, slot)
			}
			seen[s.rank[slot]] = true
		}
		first[slots(tasks)[s.highest(slots(tasks))]]++
	}
	for slot := 1; slot <= tasks; slot++ {
		if n := first[slot]; n < runs/tasks-150 || n > runs/tasks+150 {
			t.Errorf("highest of %d: %v, want about %d each", runs, first[1:], runs/tasks)
		}
	}
}

// There are d-1 demotions at distinct steps in 1..k, each to a rank of its own below all initial ones.
func TestPCTDemotions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 12).Draw(t, "d")
		k := rapid.IntRange(1, 60).Draw(t, "k")
		tasks := rapid.IntRange(2, 8).Draw(t, "tasks")
		s := NewPCT(d, k)
		s.Reset(rapid.Uint64().Draw(t, "seed"))
		ready := slots(tasks)
		for _, slot := range ready {
			s.Spawned(slot)
		}
		demotions, ranks := 0, map[uint64]bool{}
		for step := 1; step <= k; step++ {
			before := append([]uint64(nil), s.rank...)
			pick := s.Pick(ready)
			for slot, r := range s.rank {
				if r == before[slot] {
					continue
				}
				demotions++
				if r <= rankDemoted || r > rankDemoted+uint64(d-1) || ranks[r] {
					t.Fatalf("step %d: slot %d was demoted to %#x, outside the d-1 ranks or taken", step, slot, r)
				}
				ranks[r] = true
			}
			for _, slot := range ready {
				if s.rank[slot] > s.rank[ready[pick]] {
					t.Fatalf("step %d: slot %d was picked, but %d has a higher rank", step, ready[pick], slot)
				}
			}
		}
		if want := min(d-1, k); demotions != want {
			t.Fatalf("d=%d k=%d: %d demotions, want %d", d, k, demotions, want)
		}
	})
}

// Change points are equally likely at every step, and the demotions come in every order.
func TestPCTPointsAreUniform(t *testing.T) {
	const k, runs = 10, 10000
	s := NewPCT(3, k)
	var at [k + 1]int
	rising := 0
	for seed := uint64(0); seed < runs; seed++ {
		s.Reset(seed)
		p := s.points[:s.nPoints]
		if len(p) != 2 || p[0].at < 1 || p[0].at >= p[1].at || p[1].at > k {
			t.Fatalf("seed %d: points %v are not 2 distinct steps of %d", seed, p, k)
		}
		at[p[0].at]++
		at[p[1].at]++
		if p[0].rank < p[1].rank {
			rising++
		}
	}
	for step := 1; step <= k; step++ {
		if n := at[step]; n < 1800 || n > 2200 {
			t.Errorf("step %d is a change point in %d of %d runs, want about %d", step, n, runs, 2*runs/k)
		}
	}
	if rising < runs*47/100 || rising > runs*53/100 {
		t.Errorf("the later demotion is the higher one in %d of %d runs, want about half", rising, runs)
	}
}

// Strict priorities starve; the fair suffix gives everybody a turn, and begins after max(10k, 10000) picks.
func TestPCTFairSuffix(t *testing.T) {
	for _, c := range []struct{ k, suffix int }{{0, 10000}, {20, 10000}, {2000, 20000}} {
		s := NewPCT(1, c.k)
		s.Reset(4)
		ready := slots(4)
		for i := range c.suffix {
			if pick := s.Pick(ready); s.rank[ready[pick]] != max(s.rank[1], s.rank[2], s.rank[3], s.rank[4]) {
				t.Fatalf("k=%d: pick %d is not the task with the highest rank", c.k, i+1)
			}
		}
		var count [4]int
		rand := s.rand
		for i := range 400 {
			pick := s.Pick(ready)
			count[pick]++
			if want := rand.N(4); pick != want {
				t.Fatalf("k=%d: pick %d of the suffix is %d, random walk picks %d", c.k, i+1, pick, want)
			}
		}
		for _, n := range count {
			if n < 60 {
				t.Errorf("k=%d: picks in the suffix %v, want about 100 each", c.k, count)
			}
		}
	}
}

// A task that spins on another one is put last after k picks in a row, so everybody gets a turn long before the suffix.
func TestPCTSpinningTaskGoesLast(t *testing.T) {
	const k, tasks = 50, 6
	for seed := uint64(0); seed < 50; seed++ {
		s := NewPCT(2, k)
		s.Reset(seed)
		ready := slots(tasks)
		turns := map[int]bool{}
		for range (tasks + 1) * k {
			turns[s.Pick(ready)] = true
		}
		if len(turns) != tasks {
			t.Fatalf("seed %d: %d of %d tasks had a turn within %d picks", seed, len(turns), tasks, (tasks+1)*k)
		}
	}
}

// The slot of a task that ended belongs to a new task with a new rank.
func TestPCTSlotReuse(t *testing.T) {
	s := NewPCT(1, 0)
	s.Reset(1)
	s.Spawned(1)
	old := s.rank[1]
	s.Spawned(1)
	if s.rank[1] == old {
		t.Errorf("the second task in slot 1 has the rank of the first, %#x", old)
	}
	// Nor does it inherit the picks in a row of the first: it may have k of its own.
	const k = 3
	s = NewPCT(1, k)
	for seed := uint64(0); seed < 100; seed++ {
		s.Reset(seed)
		ready := slots(2)
		first := s.Pick(ready)
		s.Pick(ready)
		s.Spawned(ready[first])
		if s.highest(ready) != first {
			continue
		}
		for i := range k {
			if got := s.Pick(ready); got != first {
				t.Fatalf("seed %d: the new task was put last after %d picks, want %d", seed, i, k)
			}
		}
	}
}

func TestParseStrategy(t *testing.T) {
	for _, text := range []string{"portfolio", "rw", "fifo", "zero", "pct:1", "pct:3", "pct:64"} {
		r, err := ParseStrategy(text)
		if err != nil || r.String() != text {
			t.Errorf("ParseStrategy(%q) = %q, %v; want it back", text, r, err)
		}
	}
	for _, text := range []string{"", "RW", "pct", "pct:", "pct:0", "pct:65", "pct:+3", "pct:03", "pct:x", "pct:-1", "urw", "rw "} {
		if r, err := ParseStrategy(text); err == nil {
			t.Errorf("ParseStrategy(%q) = %q, want an error", text, r)
		}
	}
	if got := (Rule{}).String(); got != "portfolio" {
		t.Errorf("the zero rule is %s, want portfolio", got)
	}
}

func TestPortfolio(t *testing.T) {
	var r Rule
	for seed, want := range []string{
		"rw", "pct:2", "fifo", "rw", "pct:3", "fifo", "rw", "pct:4", "fifo", "rw", "pct:5", "fifo", "rw", "pct:6", "fifo",
		"rw", "pct:2", "fifo",
	} {
		got := r.For(uint64(seed))
		if got.String() != want {
			t.Errorf("seed %d: got %s, want %s", seed, got, want)
		}
		if free := want != "fifo"; got.FreeOrder() != free {
			t.Errorf("seed %d, %s: free order %v, want %v", seed, got, got.FreeOrder(), free)
		}
	}
	if got := (Rule{kind: rulePCT, depth: 9}).For(2).String(); got != "pct:9" {
		t.Errorf("pct:9 for seed 2 is %s, want itself", got)
	}
}
