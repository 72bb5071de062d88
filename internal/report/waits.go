package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tripoint-go/tripoint/internal/explore"
)

// waits answers questions about a wait table.
type waits []explore.Wait

// label names a task: its name, and its id where the name alone does not tell.
func (ws waits) label(i int) string {
	w := &ws[i]
	if w.Name == "" {
		return fmt.Sprintf("task %d", w.Task)
	}
	for j := range ws {
		if j != i && ws[j].Name == w.Name {
			return fmt.Sprintf("%q (task %d)", w.Name, w.Task)
		}
	}
	return fmt.Sprintf("%q", w.Name)
}

// holder returns the row of the task that could end the wait of row i, or -1.
func (ws waits) holder(i int) int {
	for j := range ws {
		if ws[i].What != "" && ws[i].Holder != 0 && ws[j].Task == ws[i].Holder {
			return j
		}
	}
	return -1
}

// object names what row i waits for, without the holder.
func (ws waits) object(i int) string {
	w := &ws[i]
	switch {
	case w.What == "":
		return "-"
	case w.What == "join" && ws.holder(i) >= 0:
		return "the end of " + ws.label(ws.holder(i))
	case w.What == "join":
		return fmt.Sprintf("the end of task %d", w.Object)
	case w.ObjectName != "":
		return fmt.Sprintf("%s %q", w.What, w.ObjectName)
	case w.Until != 0:
		return fmt.Sprintf("%s %d at %s", w.What, w.Object, time.Duration(w.Until))
	}
	return fmt.Sprintf("%s %d", w.What, w.Object)
}

// Waits writes one row per live task: name, state, what it waits for, and who holds that.
func Waits(out io.Writer, table []explore.Wait) {
	ws := waits(table)
	tw := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tw, "  task\tstate\twaits for\theld by\n")
	for i := range ws {
		by := "-"
		if h := ws.holder(i); h >= 0 && ws[i].What != "join" {
			by = ws.label(h)
		}
		fmt.Fprintf(tw, "  %s\t%s\t%s\t%s\n", ws.label(i), ws[i].State, ws.object(i), by)
	}
	flush(tw)
}

// flush writes a table out. What the writer below says is its owner's to notice.
func flush(tw *tabwriter.Writer) { _ = tw.Flush() }

// Cycle returns a circle of tasks that wait for each other as a sentence, or "" if there is none. If there are several, it
// is the one with the first row.
func Cycle(table []explore.Wait) string {
	ws := waits(table)
	for start := range ws {
		var path []int
		for at := start; at >= 0 && len(path) <= len(ws); at = ws.holder(at) {
			if len(path) > 0 && at == start {
				return ws.sentence(path)
			}
			path = append(path, at)
		}
	}
	return ""
}

func (ws waits) sentence(path []int) string {
	var b strings.Builder
	b.WriteString(ws.label(path[0]))
	for n, i := range path {
		if n > 0 {
			b.WriteString(", which")
		}
		b.WriteString(" waits for " + ws.object(i))
		if ws[i].What != "join" {
			b.WriteString(" held by " + ws.label(path[(n+1)%len(path)]))
		}
	}
	return b.String()
}
