//go:build !tinygo

package flow_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
)

// nested is a combinator of each kind, as a program without a heap would declare it.
type nested struct {
	leaves [8]probe
	arms   [2]*probe
	done   [2]bool
	race   flow.Race[*probe, flow.Never]
	three  flow.Race3[*probe, flow.Never, flow.Optional[*probe]]
	many   flow.RaceN[*probe]
	all    flow.JoinOfN[*probe]
	number flow.Map[*flow.RaceN[*probe], int]
	pick   flow.Select[*flow.Map[*flow.RaceN[*probe], int], *flow.JoinOfN[*probe]]
	both   flow.JoinOf[*flow.Race[*probe, flow.Never], *flow.Race3[*probe, flow.Never, flow.Optional[*probe]]]
	limit  flow.Timeout[*flow.JoinOf[*flow.Race[*probe, flow.Never], *flow.Race3[*probe, flow.Never, flow.Optional[*probe]]]]
}

func (n *nested) poll(t *sched.Task) bool {
	for i := range n.leaves {
		n.leaves[i] = probe{at: 2}
	}
	n.arms, n.done = [2]*probe{&n.leaves[0], &n.leaves[1]}, [2]bool{}
	n.race = flow.Race[*probe, flow.Never]{A: &n.leaves[2]}
	n.three = flow.Race3[*probe, flow.Never, flow.Optional[*probe]]{A: &n.leaves[3], C: flow.Some(&n.leaves[4])}
	n.many = flow.RaceN[*probe]{Arms: n.arms[:]}
	n.number = flow.Map[*flow.RaceN[*probe], int]{F: &n.many, Apply: (*flow.RaceN[*probe]).Won}
	n.all = flow.JoinOfN[*probe]{Arms: n.arms[:], Done: n.done[:]}
	n.pick = flow.Select[*flow.Map[*flow.RaceN[*probe], int], *flow.JoinOfN[*probe]]{A: &n.number, B: &n.all}
	n.both = flow.JoinOf[*flow.Race[*probe, flow.Never], *flow.Race3[*probe, flow.Never, flow.Optional[*probe]]]{A: &n.race, B: &n.three}
	n.limit.Start(t, 100, &n.both)
	ready := 0
	for range 2 {
		if n.limit.Poll(t) == sched.Ready {
			ready++
		}
		if n.pick.Poll(t) == sched.Ready {
			ready++
		}
	}
	return ready >= 2
}

func TestCombinatorsDoNotAllocate(t *testing.T) {
	run(func(task *sched.Task) {
		n := new(nested)
		ok := true
		if got := testing.AllocsPerRun(100, func() { ok = n.poll(task) && ok }); got != 0 || !ok {
			t.Errorf("got %v allocations a round, all ready: %t, want none and true", got, ok)
		}
	})
}
