package explore

import (
	"fmt"
	"slices"

	"github.com/tripoint-go/tripoint/chaos"
)

// Bounds of the guards.
const (
	guardVisitsMin = 200 // visits to a site that swarm had switched on, after which one fire is due
	guardRunsMin   = 50  // runs after which a condition should have been true once, and two tapes different
)

// Guards says why the result of a sweep proves less than it seems to, one sentence each: faults that were asked for and did
// nothing, programs that do nothing, conditions that were never true. plan is the plan of all jobs. It is strict, as befits
// a program whose author chose strategy and faults; [Judge] allows for what they cannot reach.
func Guards(sums []Summary, plan *chaos.Plan) []string {
	var out []string
	for i := range sums {
		for _, text := range sums[i].guards() {
			out = append(out, sums[i].Job.Name+": "+text)
		}
	}
	never, idle := inert(sums, plan)
	return append(append(out, never...), idle...)
}

// Judge is [Guards] for a sweep whose strategy, faults and seeds may be anything. A guard speaks only where it can mean
// something; the notes say which ones were left out, and why, one line each.
func Judge(sums []Summary, plan *chaos.Plan) (guards, notes []string) {
	note := func(what, why string) {
		if text := what + " not judged: " + why; !slices.Contains(notes, text) {
			notes = append(notes, text)
		}
	}
	fires := "" // why no fault can be demanded to fire
	for i := range sums {
		sum := &sums[i]
		doubt := sum.Doubt()
		if doubt == "" && (plan == nil || !plan.Swarm()) {
			doubt = "what the program does may need faults that were not asked for"
		}
		switch texts := sum.guards(); {
		case len(texts) > 0 && texts[0] == doesNothing:
			guards = append(guards, sum.Job.Name+": "+doesNothing)
		case doubt != "":
			note("equal draws and conditions that were never true:", doubt)
		default:
			for _, text := range texts {
				guards = append(guards, sum.Job.Name+": "+text)
			}
		}
		if sum.Job.Options.Rule.String() == "zero" || sum.Runs < guardRunsMin {
			fires = sum.Doubt()
		}
	}
	never, idle := inert(sums, plan)
	guards = append(guards, never...)
	switch {
	case fires == "":
		guards = append(guards, idle...)
	case len(idle) > 0:
		note("faults that never fired:", fires)
	}
	return guards, notes
}

// Doubt says why nobody can expect of a sweep that it finds what there is to find, whatever the faults: too few seeds, or a
// strategy that does not look for orders. It is empty if it can be expected.
func (s *Summary) Doubt() string {
	rule := s.Job.Options.Rule.String()
	switch {
	case s.Runs < guardRunsMin:
		return fmt.Sprintf("too few seeds to judge, %d are enough", guardRunsMin)
	case rule == "zero" || rule == "fifo" || rule == "pct:1":
		return "strategy " + rule + " does not explore enough orders of tasks"
	}
	return ""
}

// inert lists the faults that were asked for and never fired: those whose site was named and never visited, whatever the
// seeds, and those that were visited.
func inert(sums []Summary, plan *chaos.Plan) (never, idle []string) {
	if plan == nil {
		return nil, nil
	}
	var all Stats
	for i := range sums {
		all.Add(&sums[i].Stats)
	}
	for _, inert := range plan.Inert(&all.Tally) {
		switch {
		case plan.Swarm():
		case inert.Visits == 0:
			never = append(never, inert.String())
			continue
		default:
			idle = append(idle, inert.String())
			continue
		}
		for _, site := range plan.Sites() {
			if site.Name == inert.Name && all.OnVisits[site.Site] >= guardVisitsMin {
				idle = append(idle, fmt.Sprintf("fault %s never fired in %d visits in runs that had it switched on",
					inert.Name, all.OnVisits[site.Site]))
			}
		}
	}
	return never, idle
}

const doesNothing = "no run made a step: the program does nothing"

// guards are those of one job.
func (s *Summary) guards() []string {
	var out []string
	if s.Runs > 0 && s.Stats.Steps == 0 {
		out = append(out, doesNothing)
	}
	if s.Runs < guardRunsMin {
		return out
	}
	if s.Tapes == 1 && s.Stats.Choices > 0 && !s.Job.Config.Single {
		out = append(out, fmt.Sprintf("all %d seeds made the same draws: nothing was explored", s.Runs))
	}
	for _, x := range s.Stats.Sometime {
		if x.True == 0 {
			out = append(out, fmt.Sprintf("sometimes %q was never true in %d visits", x.Name, x.False))
		}
	}
	return out
}
