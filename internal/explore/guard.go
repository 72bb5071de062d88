package explore

import (
	"fmt"

	"github.com/tripoint-go/tripoint/chaos"
)

// Bounds of the guards.
const (
	guardVisitsMin = 200 // visits to a site that swarm had switched on, after which one fire is due
	guardRunsMin   = 50  // runs after which a condition should have been true once, and two tapes different
)

// Guards says why the result of a sweep proves less than it seems to, one sentence each: faults that were asked for and did
// nothing, programs that do nothing, conditions that were never true. plan is the plan of all jobs.
func Guards(sums []Summary, plan *chaos.Plan) []string {
	var out []string
	var all Stats
	for i := range sums {
		sum := &sums[i]
		all.Add(&sum.Stats)
		for _, text := range sum.guards() {
			out = append(out, sum.Job.Name+": "+text)
		}
	}
	if plan == nil {
		return out
	}
	for _, inert := range plan.Inert(&all.Tally) {
		if !plan.Swarm() {
			out = append(out, inert.String())
			continue
		}
		for _, site := range plan.Sites() {
			if site.Name == inert.Name && all.OnVisits[site.Site] >= guardVisitsMin {
				out = append(out, fmt.Sprintf("fault %s never fired in %d visits in runs that had it switched on",
					inert.Name, all.OnVisits[site.Site]))
			}
		}
	}
	return out
}

// guards are those of one job.
func (s *Summary) guards() []string {
	var out []string
	if s.Runs > 0 && s.Stats.Steps == 0 {
		out = append(out, "no run made a step: the program does nothing")
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
