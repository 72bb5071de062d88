package chaos

import (
	"fmt"
	"strconv"
	"strings"
)

// Strategy orders tasks and lanes. It is a pure function of the seed and of the calls since Reset. It gets the draws of
// no particular place only; whatever happens at a site is up to the fault plan. Calls do not allocate once every slot has
// been seen.
type Strategy interface {
	// Reset starts a run. It forgets the run before.
	Reset(seed uint64)
	// Pick returns an index into ready, the slots of the runnable tasks in queue order, at least 2 of them. The slice is
	// valid during the call.
	Pick(ready []uint32) int
	// Lane decides who goes on among n that have no slots, n at least 2: virtual lanes, or at a choice point inside a task
	// the task itself (0) and others.
	Lane(n int) int
	// Spawned says that the slot now belongs to a new task.
	Spawned(slot uint32)
	// String returns the strategy with its parameters, for people.
	String() string
}

// PCTDepthMax is the largest depth that pct takes. Published bugs need 1 to 5.
const PCTDepthMax = 64

// StepsEstimateDefault is the number of scheduling steps that pct assumes where no profile run has counted them.
const StepsEstimateDefault = 1000

// stepsEstimateMax keeps ten times the estimate inside an int of 32 bits.
const stepsEstimateMax = 100_000_000

// Streams of a seed, one per consumer. Their numbers are part of what a seed means.
const (
	streamSchedule uint64 = iota + 1 // pick, lane
	streamFaults                     // draws at a site
	streamWorld                      // order, delay, cancel, short, spurious, fault at site 0
	streamExt                        // ext, irq at site 0
	streamWork                       // work at site 0
	streamSwarm                      // which sites are on, and their ratios
)

type ruleKind uint8

const (
	rulePortfolio ruleKind = iota // the zero Rule: a safe default
	ruleZero
	ruleRandom
	rulePCT
	ruleFIFO
)

// Rule maps seeds to strategies. The zero value is the portfolio. Rules are comparable.
type Rule struct {
	kind  ruleKind
	depth int // of pct
}

// ParseStrategy reads a rule:
//
//	portfolio  the seed decides: rw, pct:2 to pct:6, fifo
//	rw         random walk: every ready task is equally likely
//	pct:d      random priorities with d-1 demotions, d from 1 to 64; random walk after a long while
//	fifo       tasks strictly first in, first out; all other draws as usual
//	zero       every draw is 0
func ParseStrategy(text string) (Rule, error) {
	switch text {
	case "portfolio":
		return Rule{kind: rulePortfolio}, nil
	case "zero":
		return Rule{kind: ruleZero}, nil
	case "rw":
		return Rule{kind: ruleRandom}, nil
	case "fifo":
		return Rule{kind: ruleFIFO}, nil
	}
	depth, ok := strings.CutPrefix(text, "pct:")
	if !ok {
		return Rule{}, fmt.Errorf("chaos: unknown strategy %q: know portfolio, rw, pct:d, fifo, zero", text)
	}
	d, err := strconv.Atoi(depth)
	if err != nil || d < 1 || d > PCTDepthMax || strconv.Itoa(d) != depth {
		return Rule{}, fmt.Errorf("chaos: strategy %q: the depth is a number from 1 to %d, as in pct:3", text, PCTDepthMax)
	}
	return Rule{kind: rulePCT, depth: d}, nil
}

// String returns the text that [ParseStrategy] reads back.
func (r Rule) String() string {
	switch r.kind {
	case ruleZero:
		return "zero"
	case ruleRandom:
		return "rw"
	case rulePCT:
		return "pct:" + strconv.Itoa(r.depth)
	case ruleFIFO:
		return "fifo"
	}
	return "portfolio"
}

// For returns the strategy that the rule has for a seed, as a rule that is no portfolio. The portfolio deals by seed mod 3:
// 0 rw, 1 pct with depth 2 + (seed div 3) mod 5, 2 fifo. Contiguous ranges of seeds are therefore fair shares.
func (r Rule) For(seed uint64) Rule {
	if r.kind != rulePortfolio {
		return r
	}
	switch seed % 3 {
	case 0:
		return Rule{kind: ruleRandom}
	case 1:
		return Rule{kind: rulePCT, depth: 2 + int(seed/3%5)}
	}
	return Rule{kind: ruleFIFO}
}

// FreeOrder reports whether the executor must run in free-order mode, where the order of polls is a draw. Only fifo does
// without. A portfolio has no answer before [Rule.For].
func (r Rule) FreeOrder() bool { return r.kind != ruleFIFO }
