package report

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/tripoint-go/tripoint/internal/explore"
)

// Row is a line of the table of a sweep.
type Row struct {
	Summary *explore.Summary
	Result  string
}

// Table writes the table of a sweep: scenario, runs, virtual time, steps, distinct schedules, faults fired, result.
func Table(out io.Writer, rows []Row) {
	tw := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tw, "scenario\truns\tvirtual time\tsteps\tschedules\tfaults\tresult\n")
	for _, row := range rows {
		s := row.Summary
		fmt.Fprintf(tw, "%s\t%d\t%s\t%d\t%d\t%d\t%s\n", s.Job.Name, s.Runs, round(time.Duration(s.Stats.Virtual)), s.Stats.Steps,
			s.Schedules, s.Stats.Fires(), row.Result)
	}
	flush(tw)
}

// round keeps about three digits of a duration.
func round(d time.Duration) string {
	for unit := time.Duration(1); unit < time.Hour; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit).String()
		}
	}
	return strconv.Itoa(int(d/time.Hour)) + "h"
}
