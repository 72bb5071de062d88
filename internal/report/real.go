package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tripoint-go/tripoint/internal/explore"
)

// RealRow is a line of the table of runs on a real kernel.
type RealRow struct {
	Name    string
	LeftOut string // why it was not run; empty: it was
	Workers []int  // numbers of workers that it was run with
	Stats   explore.Stats
	Result  string
}

// RealTable writes the table of runs on a real kernel: scenario, workers, runs, real time, steps, events, result. Scenarios that
// were left out come last, with the reason.
func RealTable(out io.Writer, rows []RealRow) {
	tw := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tw, "scenario\tworkers\truns\treal time\tsteps\tevents\tresult\n")
	for _, row := range rows {
		if row.LeftOut != "" {
			continue
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%d\t%d\t%s\n", row.Name, strings.Trim(strings.ReplaceAll(fmt.Sprint(row.Workers), " ", ","), "[]"),
			row.Stats.Runs, round(time.Duration(row.Stats.Virtual)), row.Stats.Steps, row.Stats.Events, row.Result)
	}
	for _, row := range rows {
		if row.LeftOut != "" {
			fmt.Fprintf(tw, "%s\t-\t0\t-\t-\t-\tleft out: %s\n", row.Name, row.LeftOut)
		}
	}
	flush(tw)
}
