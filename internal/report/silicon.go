package report

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/tripoint-go/tripoint/internal/explore"
)

// SiliconRow is a line of the table of runs on boards.
type SiliconRow struct {
	Name    string
	Board   string
	LeftOut string // why it was not run; empty: it was
	Stats   explore.Stats
	Stack   int // words of the stack that was used most
	Result  string
}

// SiliconTable writes the table of runs on boards: scenario, board, runs, virtual time, steps, events, words of the stack that was used
// most, result. Scenarios that were left out come last, with the reason.
func SiliconTable(out io.Writer, rows []SiliconRow) {
	tw := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tw, "scenario\tboard\truns\tvirtual time\tsteps\tevents\tstack words\tresult\n")
	for _, row := range rows {
		if row.LeftOut != "" {
			continue
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%d\t%d\t%d\t%s\n", row.Name, row.Board, row.Stats.Runs, round(time.Duration(row.Stats.Virtual)),
			row.Stats.Steps, row.Stats.Events, row.Stack, row.Result)
	}
	for _, row := range rows {
		if row.LeftOut != "" {
			fmt.Fprintf(tw, "%s\t-\t0\t-\t-\t-\t-\tleft out: %s\n", row.Name, row.LeftOut)
		}
	}
	flush(tw)
}
