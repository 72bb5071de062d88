//go:build !tinygo

package flow_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// tree is a drawn combinator: a leaf, or a node over others.
type tree struct {
	op   string
	form int // which of the types of the same meaning
	at   int // of a leaf: the round in which it is Ready, counted from its first poll; 0: never
	arms []*tree

	leaf *probe
	won  func() int
	over func() bool // of a map: it was applied
}

var nodes = []string{"race", "race", "select", "join", "map", "optional", "absent", "never"}

func drawTree(t *rapid.T, depth int) *tree {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		return &tree{op: "leaf", at: rapid.IntRange(0, 4).Draw(t, "at")}
	}
	n := &tree{op: rapid.SampledFrom(nodes).Draw(t, "op"), form: rapid.IntRange(0, 1).Draw(t, "form")}
	arms := 1
	switch n.op {
	case "race", "select", "join":
		arms = rapid.IntRange(0, 4).Draw(t, "arms")
	case "never":
		arms = 0
	}
	for range arms {
		n.arms = append(n.arms, drawTree(t, depth-1))
	}
	return n
}

// build makes the future.
func (n *tree) build() sched.Future {
	var fs []sched.Future
	for _, a := range n.arms {
		fs = append(fs, a.build())
	}
	type any3 = sched.Future
	few := n.form == 0 && (len(fs) == 2 || len(fs) == 3)
	switch {
	case n.op == "leaf":
		n.leaf = &probe{at: n.at}
		return n.leaf
	case n.op == "race" && few && len(fs) == 2:
		r := &flow.Race[any3, any3]{A: fs[0], B: fs[1]}
		n.won = r.Won
		return r
	case n.op == "race" && few:
		r := &flow.Race3[any3, any3, any3]{A: fs[0], B: fs[1], C: fs[2]}
		n.won = r.Won
		return r
	case n.op == "race":
		r := &flow.RaceN[any3]{Arms: fs}
		n.won = r.Won
		return r
	case n.op == "select" && few && len(fs) == 2:
		s := &flow.Select[any3, any3]{A: fs[0], B: fs[1]}
		n.won = s.Won
		return s
	case n.op == "select" && few:
		s := &flow.Select3[any3, any3, any3]{A: fs[0], B: fs[1], C: fs[2]}
		n.won = s.Won
		return s
	case n.op == "select":
		s := &flow.SelectN[any3]{Arms: fs}
		n.won = s.Won
		return s
	case n.op == "join" && few && len(fs) == 2:
		return &flow.JoinOf[any3, any3]{A: fs[0], B: fs[1]}
	case n.op == "join" && few:
		return &flow.JoinOf3[any3, any3, any3]{A: fs[0], B: fs[1], C: fs[2]}
	case n.op == "join":
		return &flow.JoinOfN[any3]{Arms: fs, Done: make([]bool, len(fs))}
	case n.op == "map":
		applied := 0
		m := &flow.Map[any3, int]{F: fs[0], Apply: func(f any3) int { applied++; return applied }}
		n.over = func() bool { return applied == 1 && m.Value() == 1 }
		return m
	case n.op == "optional":
		return flow.Some(fs[0])
	case n.op == "absent":
		return flow.Optional[any3]{F: fs[0]}
	}
	return flow.Never{}
}

// ready is the naive evaluator: the round in which n is Ready, 0: never.
func (n *tree) ready() int {
	switch n.op {
	case "leaf":
		return n.at
	case "map", "optional":
		return n.arms[0].ready()
	case "race", "select":
		first := 0
		for _, a := range n.arms {
			if r := a.ready(); r > 0 && (first == 0 || r < first) {
				first = r
			}
		}
		return first
	case "join":
		last := 1
		for _, a := range n.arms {
			r := a.ready()
			if r == 0 {
				return 0
			}
			last = max(last, r)
		}
		return last
	}
	return 0
}

// judge says what must have happened to n and what is below it when it was polled so many times and then given up or not.
func (n *tree) judge(polls int, givenUp bool) error {
	round := n.ready()
	isReady := round > 0 && polls >= round
	var err error
	arm := func(i, polls int, givenUp bool) {
		if e := n.arms[i].judge(polls, givenUp); err == nil {
			err = e
		}
	}
	switch n.op {
	case "leaf":
		abandons := 0
		if givenUp && !isReady {
			abandons = 1
		}
		if n.leaf.polls != polls || n.leaf.abandons != abandons {
			return fmt.Errorf("a leaf that is ready at %d: polled %d times, want %d, abandoned %d times, want %d", n.at, n.leaf.polls, polls, n.leaf.abandons, abandons)
		}
	case "map":
		if n.over() != isReady {
			return fmt.Errorf("a map over a future that is ready (%t) was applied (%t)", isReady, n.over())
		}
		arm(0, polls, givenUp && !isReady)
	case "optional":
		arm(0, polls, givenUp)
	case "absent":
		arm(0, 0, false)
	case "join":
		for i, a := range n.arms {
			r := a.ready()
			if r > 0 && polls >= r {
				arm(i, r, false)
			} else {
				arm(i, polls, givenUp && !isReady)
			}
		}
	case "race", "select":
		winner := -1
		for i, a := range n.arms {
			switch late := winner >= 0; {
			case !isReady:
				arm(i, polls, givenUp && n.op == "race")
			case !late && a.ready() == round:
				winner = i
				arm(i, polls, false)
			case late:
				arm(i, polls-1, n.op == "race")
			default:
				arm(i, polls, n.op == "race")
			}
		}
		if got := n.won(); err == nil && got != winner {
			return fmt.Errorf("arm %d of a %s has won, want %d", got, n.op, winner)
		}
	}
	return err
}

// watch counts what is done to a future, and does it.
type watch struct {
	f        sched.Future
	polls    int
	ready    bool
	twice    bool // give it up twice
	abandons int
}

func (o *watch) Poll(t *sched.Task) sched.Poll {
	o.polls++
	p := o.f.Poll(t)
	o.ready = p == sched.Ready
	if !o.ready {
		t.YieldNow()
	}
	return p
}

func (o *watch) Abandon(t *sched.Task) {
	o.abandons++
	o.f.Abandon(t)
	if _, leaf := o.f.(*probe); !leaf && o.twice {
		o.f.Abandon(t) // idempotent
	}
}

// Random trees of combinators over probes, some given up in the middle, do what a naive evaluator says.
func TestModelRace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roots := []*tree{drawTree(t, 3), drawTree(t, 2)}
		cancels := [2]int{rapid.IntRange(0, 12).Draw(t, "cancel"), rapid.IntRange(0, 12).Draw(t, "cancel")}
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
				var hs [2]*sched.Handle[error]
				var seen [2]watch
				for i, root := range roots {
					seen[i].f, seen[i].twice = root.build(), root.op != "optional"
					hs[i] = sched.Spawn(t, fmt.Sprint("t", i), func(t *sched.Task) error { return sched.Await(t, &seen[i]) })
				}
				for round := range 13 {
					for i, h := range hs {
						if cancels[i] == round {
							h.Stop()
						}
					}
					t.Yield()
				}
				for i, h := range hs {
					h.Stop()
					h.Cancel(t)
					o := &seen[i]
					want := roots[i].ready()
					w.Assert(o.ready == (want > 0 && o.polls == want) && o.ready == (o.abandons == 0 && o.polls > 0), "a tree is ready when it must be",
						"polled %d times, abandoned %d times, ready %t, want that in round %d", o.polls, o.abandons, o.ready, want)
					if o.polls > 0 {
						err := roots[i].judge(o.polls, o.abandons > 0)
						w.Assert(err == nil, "a tree does what it must", "%v", err)
					}
				}
				return 0
			})
		})
	})
}

// choice is the model of selects over a set of probes: how often each was polled.
type choice struct {
	at, polls []int
	gone      []bool // was Ready, or was given up
}

// pick plays rounds of a select over some of them and returns the winner, -1: none so far.
func (m *choice) pick(of []int, rounds int) int {
	for range rounds {
		for _, i := range of {
			if m.gone[i] {
				continue
			}
			if m.polls[i]++; m.polls[i] == m.at[i] {
				m.gone[i] = true
				return i
			}
		}
	}
	return -1
}

// Selects over overlapping sets of probes: the losers go on from where they were, and nobody gives them up but their owner.
func TestModelSelect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 5).Draw(t, "at")
		sets := rapid.SliceOfN(rapid.IntRange(1, 31), 1, 10).Draw(t, "sets")
		cancel := rapid.IntRange(0, 40).Draw(t, "cancel")
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
				h := sched.Spawn(t, "selects", func(t *sched.Task) int { selects(w, t, at, sets); return 0 })
				for range cancel {
					t.Yield()
				}
				h.Cancel(t)
				return 0
			})
		})
	})
}

func selects(w *explore.World, t *sched.Task, at, sets []int) {
	m := choice{at: at, polls: make([]int, len(at)), gone: make([]bool, len(at))}
	probes := make([]*probe, len(at))
	for i := range at {
		probes[i] = &probe{at: at[i]}
	}
	for n, set := range sets {
		var of []int
		var arms []sched.Future
		for i := range at {
			if set>>i&1 == 1 {
				of = append(of, i)
				arms = append(arms, nil)
				if !m.gone[i] {
					arms[len(arms)-1] = probes[i]
				}
			}
		}
		if n%3 == 2 && len(of) > 0 { // one that its owner gives up
			i := of[0]
			if !m.gone[i] {
				probes[i].Abandon(t)
				m.gone[i] = true
			}
			arms[0] = nil
		}
		end := &probe{at: 3} // so that it does end
		o := &watch{f: &flow.SelectN[flow.Optional[sched.Future]]{Arms: optional(append(arms, end))}}
		err := sched.Await(t, o)
		before := slices.Clone(m.polls)
		want := m.pick(of, o.polls)
		won := -1
		if err == nil {
			if won = o.f.(*flow.SelectN[flow.Optional[sched.Future]]).Won(); won == len(of) {
				won = -1
			} else {
				won = of[won]
			}
		}
		w.Assert(won == want || err != nil && o.ready, "the first that is ready is chosen", "%d, want %d, polls before %v, of %v at %v, set %v, end %d", won, want, before, m.polls, at, of, end.polls)
		for i, p := range probes {
			w.Assert(p.polls == m.polls[i] && p.abandons <= 1 && (p.abandons == 0 || m.gone[i]), "a loser keeps its progress", "%d: %d polls, want %d, %d abandons", i, p.polls, m.polls[i], p.abandons)
		}
		if err != nil {
			w.Assert(end.abandons == 0, "a select gives up nobody", "")
			return
		}
	}
}

func optional(fs []sched.Future) []flow.Optional[sched.Future] {
	var out []flow.Optional[sched.Future]
	for _, f := range fs {
		out = append(out, flow.Optional[sched.Future]{F: f, Present: f != nil})
	}
	return out
}

// contender is a task's own waits in TestModelContention.
type contender struct {
	lock  tsync.LockWait
	recv  tsync.RecvWait[int]
	sleep sched.Sleep
	read  sched.OpWait
	live  [4]bool
	buf   [4]byte
}

// Locks, values, timers and reads in races, joins and selects of several tasks that are cancelled at any point: the lock is free in
// the end, each value came once, nothing is under way that nobody waits for. The monitors judge the rest.
func TestModelContention(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 10)
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			var mu tsync.Mutex[int]
			var c tsync.Chan[int]
			mu.Init(w.Exec, "m", 0)
			c.Init(w.Exec, "c", make([]int, 2))
			fd, wfd := w.Kernel.Pipe()
			waits := make([]contender, len(program))
			inside, sent, took := 0, 0, 0
			modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
				q := &waits[me]
				switch s.Act {
				case 1:
					if c.TrySend(t, 1) {
						sent++
					}
					return true
				case 2:
					w.Kernel.Put(wfd, []byte{1})
					return true
				case 3:
					return t.Yield() == nil
				}
				q.start(t, &mu, &c, fd, s)
				fs := []sched.Future{&q.lock, &q.recv, &q.sleep, &q.read}
				for i := range fs {
					if !q.live[i] {
						fs[i] = nil
					}
				}
				won, err := 0, error(nil)
				if kept := s.Act >= 7; kept {
					won, err = flow.SelectOf(t, fs...)
				} else {
					won, err = flow.FirstOf(t, fs...)
					q.live = [4]bool{}
				}
				if won == 1 { // also if the task was cancelled before the losers were over
					if v, err := q.recv.Value(); err == nil {
						took += v
					}
				}
				if err != nil {
					return false
				}
				q.live[won] = false
				if won != 0 {
					return true
				}
				inside++
				w.Assert(inside == 1, "one owns the lock", "%d do", inside)
				p := mu.Permit(&q.lock)
				err = t.Yield()
				inside--
				p.Release()
				return err == nil
			}, nil)
			modeltest.Rescue(w, c.CloseTx)
			w.AtEnd("nothing is left and nothing is lost", func() error {
				if left := c.Len(); sent != took+left || w.Kernel.InFlight() > 0 {
					return fmt.Errorf("%d were sent, %d taken, %d are left; %d operations are under way", sent, took, left, w.Kernel.InFlight())
				}
				return nil
			})
		})
	})
}

// start begins those waits that are not under way, some of them.
func (q *contender) start(t *sched.Task, mu *tsync.Mutex[int], c *tsync.Chan[int], fd int32, s modeltest.Step) {
	begin := [4]func(){
		func() { mu.StartLock(&q.lock) },
		func() { c.StartRecv(&q.recv) },
		func() { q.sleep.Start(t, vclock.Duration(s.Arg)) },
		func() { q.read.Start(backend.OpRead, fd, q.buf[:], -1) },
	}
	for i := range begin {
		if !q.live[i] && (i == 2 || (s.Arg+s.Act)>>(i&1)&1 == 0) {
			q.live[i] = true
			begin[i]()
		}
	}
}
