package trace

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/tripoint-go/tripoint/backend"
)

const (
	diffBefore = 3 // common records shown before the first difference
	diffAfter  = 3 // records shown side by side from the first difference on
)

// WriteDiff compares two recordings of what should be one trace, record by record, and returns whether they are equal where
// both are recorded. If they are not, it writes the last choice before the first difference, a few common records, and the
// first differing record side by side. Records are matched by seq, so recordings may begin at different places; recordings
// that have no record in common are different. Names do not count: they are implied by their ids.
func WriteDiff(w io.Writer, a, b Recording) (equal bool, err error) {
	x, y := align(a.Events, b.Events)
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	if n == len(x) && n == len(y) && (n > 0 || len(a.Events)+len(b.Events) == 0) {
		return true, nil
	}
	out := bufio.NewWriter(w)
	if n == 0 && (len(x) == 0 || len(y) == 0) {
		fmt.Fprintf(out, "no record in common: left %s, right %s\n", span(a.Events), span(b.Events))
		return false, out.Flush()
	}
	names := a.Names
	if names == nil {
		names = b.Names
	}
	fmt.Fprintf(out, "first difference at record %d\n", seqAt(x, y, n))
	if i := lastChoice(x[:n]); i >= 0 {
		fmt.Fprintf(out, "last choice before it: %s\n", Describe(&x[i], names))
	} else {
		fmt.Fprintf(out, "no choice before it is recorded\n")
	}
	var line []byte
	for i := max(0, n-diffBefore); i < n; i++ {
		line = AppendText(line[:0], &x[i], names)
		fmt.Fprintf(out, "  %s\n", line)
	}
	writeColumns(out, sideOf(x[n:], a.Names), sideOf(y[n:], b.Names))
	return false, out.Flush()
}

// align cuts off what only the recording that begins earlier has.
func align(x, y []backend.Event) (_, _ []backend.Event) {
	if len(x) == 0 || len(y) == 0 {
		return x, y
	}
	first := max(x[0].Seq, y[0].Seq)
	for len(x) > 0 && x[0].Seq < first {
		x = x[1:]
	}
	for len(y) > 0 && y[0].Seq < first {
		y = y[1:]
	}
	return x, y
}

func span(events []backend.Event) string {
	if len(events) == 0 {
		return "is empty"
	}
	return fmt.Sprintf("has %d to %d", events[0].Seq, events[len(events)-1].Seq)
}

func seqAt(x, y []backend.Event, n int) uint64 {
	if n < len(x) {
		return x[n].Seq
	}
	return y[n].Seq
}

func lastChoice(events []backend.Event) int {
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Kind == backend.EvChoice {
			return i
		}
	}
	return -1
}

// sideOf returns the lines of one column.
func sideOf(events []backend.Event, names *Names) (lines [diffAfter]string) {
	for i := range lines {
		switch {
		case i < len(events):
			lines[i] = string(AppendText(nil, &events[i], names))
		case i == len(events):
			lines[i] = "(the recording ends)"
		}
	}
	return lines
}

// writeColumns writes two columns; the mark in front says which line differs first.
func writeColumns(w io.Writer, left, right [diffAfter]string) {
	width := 0
	for _, line := range left {
		width = max(width, utf8.RuneCountInString(line))
	}
	mark := ">"
	for i := range left {
		if left[i] == "" && right[i] == "" {
			break
		}
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(left[i]))
		fmt.Fprintln(w, strings.TrimRight(mark+" "+left[i]+pad+" | "+right[i], " "))
		mark = " "
	}
}
