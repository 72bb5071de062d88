package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/trace"
)

// How much of a run a report shows.
const (
	lastEvents = 20
	stackLines = 24
)

// Where says how a failure can be run again.
type Where struct {
	Replay []string // commands to paste, the best first
	Tape   string   // file with the tape; empty if there is none
}

// Failure writes what there is to know about a failing run, in this order: what was violated, and the sentence; virtual time,
// step, fingerprint; how to run it again; the drawn configuration; the last events; what each task waits for; the tape.
func Failure(out io.Writer, f *explore.Failure, where Where) {
	v := f.Violation
	fmt.Fprintln(out, heading(f.Outcome, v.ID))
	fmt.Fprintf(out, "  %s\n", strings.ReplaceAll(v.Text, "\n", "\n  "))
	if cycle := Cycle(f.Waits); cycle != "" && f.Outcome == explore.Deadlock {
		fmt.Fprintf(out, "  %s\n", cycle)
	}
	step := f.Steps
	if v.Step != 0 {
		step = v.Step
	}
	if f.Real {
		fmt.Fprintf(out, "%s after the start, step %d, event %d\n", time.Duration(v.Tau), step, v.Seq)
	} else {
		fmt.Fprintf(out, "at virtual time %s, step %d, event %d; fingerprint %s\n",
			time.Duration(v.Tau), step, v.Seq, trace.FormatSum(f.Fingerprint))
	}
	for i, line := range where.Replay {
		label := "replay:"
		if f.Real {
			label = "again: "
		}
		if i > 0 {
			label = "or:    "
		}
		fmt.Fprintf(out, "%s %s\n", label, line)
	}
	fmt.Fprintf(out, "scenario %s, %s: %s\n", f.Scenario, Run(&f.Result), f.Configuration)
	if f.Difference != "" {
		fmt.Fprintf(out, "two runs, side by side:\n%s", indent(f.Difference))
	}
	if len(v.Events) > 0 {
		fmt.Fprintf(out, "events that show it:\n")
		describe(out, v.Events, f.Trace.Names)
	}
	events := f.Trace.Events
	if n := len(events); n > lastEvents {
		events = events[n-lastEvents:]
	}
	fmt.Fprintf(out, "last %d of %d events:\n", len(events), f.Events)
	describe(out, events, f.Trace.Names)
	switch {
	case len(f.Waits) > 0:
		fmt.Fprintf(out, "live tasks:\n")
		Waits(out, f.Waits)
	case !f.Remote:
		fmt.Fprintf(out, "no task is live\n")
	}
	if len(f.Stack) > 0 {
		fmt.Fprintf(out, "stack of the panic:\n%s", indent(stack(f.Stack)))
	}
	if where.Tape != "" {
		fmt.Fprintf(out, "tape: %s\n", where.Tape)
	}
}

// heading says how a run failed and what was violated.
func heading(o explore.Outcome, id string) string {
	switch o {
	case explore.Property:
		return "property violated: " + id
	case explore.Invariant:
		return "invariant violated: " + id
	case explore.NoProgress:
		return "no progress: " + id
	case explore.Nondeterminism:
		return "nondeterminism: " + id
	}
	return o.String()
}

// Run names a run: its seed, or that it is the zero run.
func Run(r *explore.Result) string {
	if r.Zero {
		return "zero tape"
	}
	return "seed " + strconv.FormatUint(r.Seed, 10)
}

func describe(out io.Writer, events []backend.Event, names *trace.Names) {
	for i := range events {
		fmt.Fprintf(out, "  %s\n", trace.Describe(&events[i], names))
	}
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("  " + line)
	}
	return b.String()
}

// stack cuts a stack down to the frames of the program: those behind the call of panic and before the executor, without
// the addresses, which differ from run to run.
func stack(text []byte) string {
	if i := bytes.LastIndex(text, []byte("\npanic(")); i >= 0 {
		text = text[i+1:]
		for range 2 {
			if i := bytes.IndexByte(text, '\n'); i >= 0 {
				text = text[i+1:]
			}
		}
	}
	var b strings.Builder
	n := 0
	for line := range strings.Lines(string(text)) {
		if n++; n > stackLines || strings.Contains(line, "/sched.(*") || strings.Contains(line, "/explore.(*Runner)") {
			break
		}
		line = strings.TrimRight(line, "\n")
		if i := strings.LastIndex(line, " +0x"); i >= 0 {
			line = line[:i]
		}
		if i := strings.LastIndexByte(line, '('); i >= 0 && !strings.HasPrefix(line, "\t") {
			line = line[:i] + "(...)"
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
