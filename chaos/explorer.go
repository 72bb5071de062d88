package chaos

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/prng"
)

// Options are what a strategy cannot learn during the run. The zero value is usable.
type Options struct {
	// StepsEstimate is the number of picks among at least two tasks that a run is expected to make, from a run on the zero
	// tape. 0 means unknown. At most 100 million.
	StepsEstimate int
}

// Explorer answers the draws of one run after another at random: a seed decides the strategy, the faults that are on, and
// every draw. It implements [backend.Chooser]; a [Tape] in front of it records what it answers.
//
// At site 0 the strategy decides picks and lanes, and all other kinds are drawn uniformly. At another site the answer is 0,
// unless the site is on and fires: then it is uniform over the rest. The strategy zero answers 0 everywhere.
type Explorer struct {
	rule     Rule
	plan     *Plan
	estimate int

	seed     uint64
	drawn    Rule
	strategy Strategy
	fault    prng.Rand
	world    prng.Rand
	ext      prng.Rand
	work     prng.Rand
	ratio    [siteCount]Ratio // by site; of this run
	tally    Tally

	rw   RandomWalk
	pct  PCT
	fifo FIFO
}

// NewExplorer returns an explorer for a rule and a plan. Reset it before use.
func NewExplorer(rule Rule, plan *Plan, options Options) *Explorer {
	if options.StepsEstimate < 0 || options.StepsEstimate > stepsEstimateMax {
		panic("chaos: the estimate of steps is from 0 to 100 million")
	}
	e := &Explorer{rule: rule, plan: plan, estimate: options.StepsEstimate}
	if !plan.swarm {
		e.ratio = plan.ratio
	}
	return e
}

// Reset starts the run of a seed. Only the tally survives. It allocates nothing.
func (e *Explorer) Reset(seed uint64) {
	e.seed = seed
	e.drawn = e.rule.For(seed)
	switch e.drawn.kind {
	case ruleZero:
		e.strategy = Zero{}
	case ruleRandom:
		e.strategy = &e.rw
	case rulePCT:
		e.pct.configure(e.drawn.depth, e.estimate)
		e.strategy = &e.pct
	case ruleFIFO:
		e.strategy = &e.fifo
	}
	e.strategy.Reset(seed)
	e.fault.Seed(seed, streamFaults)
	e.world.Seed(seed, streamWorld)
	e.ext.Seed(seed, streamExt)
	e.work.Seed(seed, streamWork)
	if e.plan.swarm {
		e.drawSwarm()
	}
}

// drawSwarm decides for each site whether it is on, and its ratio. Both are drawn for every site, so that a new site at the
// end of the list leaves the others as they were.
func (e *Explorer) drawSwarm() {
	r := prng.New(e.seed, streamSwarm)
	for i := range e.plan.sites {
		on, size := r.N(4) == 0, r.N(3)
		ratio := Ratio{}
		if on {
			ratio = Ratio{1, 4 << (2 * size)}
		}
		e.ratio[e.plan.sites[i].Site] = ratio
	}
}

// Choose implements [backend.Chooser].
func (e *Explorer) Choose(kind backend.ChoiceKind, site backend.Site, n int) int {
	if site != 0 {
		return e.chooseFault(site, n)
	}
	if e.drawn.kind == ruleZero {
		return 0
	}
	switch kind {
	case backend.ChoicePick:
		if !e.drawn.FreeOrder() {
			return 0
		}
		return e.strategy.Lane(n)
	case backend.ChoiceLane:
		return e.strategy.Lane(n)
	case backend.ChoiceExt, backend.ChoiceIRQ:
		return e.ext.N(n)
	case backend.ChoiceWork:
		return e.work.N(n)
	}
	return e.world.N(n)
}

func (e *Explorer) chooseFault(site backend.Site, n int) int {
	e.tally.Visits[site]++
	ratio := e.ratio[site]
	if ratio.Num == 0 || e.drawn.kind == ruleZero || !e.fault.Ratio(ratio.Num, ratio.Den) {
		return 0
	}
	e.tally.Fires[site]++
	return 1 + e.fault.N(n-1)
}

// Pick implements [backend.Chooser].
func (e *Explorer) Pick(ready []uint32) int {
	if e.drawn.kind == ruleRandom {
		return e.rw.Pick(ready) // inlined
	}
	return e.strategy.Pick(ready)
}

// Spawned implements [backend.Chooser].
func (e *Explorer) Spawned(slot uint32) { e.strategy.Spawned(slot) }

// FreeOrder reports whether the executor must run this seed in free-order mode.
func (e *Explorer) FreeOrder() bool { return e.drawn.FreeOrder() }

// Seed returns the seed of the run.
func (e *Explorer) Seed() uint64 { return e.seed }

// Strategy returns the strategy of the run with its parameters, as tape headers have it, such as "pct:3 k=1000".
func (e *Explorer) Strategy() string { return e.strategy.String() }

// Faults returns the faults that are on in this run, with their ratios. [ParsePlan] reads it: with the same seed the plan
// it gives fires at the same visits.
func (e *Explorer) Faults() string {
	return formatRatios(e.plan.sites, func(site backend.Site) Ratio { return e.ratio[site] })
}

// String returns the drawn configuration in one line: strategy with parameters, faults with ratios, and the plan if that
// was drawn.
func (e *Explorer) String() string {
	s := "strategy=" + e.Strategy() + " faults=" + e.Faults()
	if e.plan.swarm {
		s += " (swarm)"
	}
	return s
}

// Tally returns the visits and fires of all runs so far. It is the explorer's own: copy it before the next run.
func (e *Explorer) Tally() *Tally { return &e.tally }
