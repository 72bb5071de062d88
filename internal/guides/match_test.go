package guides

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var duration = regexp.MustCompile(`\b\d+(\.\d+)?(ns|µs|us|ms|h|m|s)(\d+(\.\d+)?(ms|m|s))*\b`)

// match compares what was printed with what a document shows. The rules are in the package's comment; measured says that one duration
// is as good as another.
func match(got, want string, measured bool) error {
	g, w := lines(got), lines(want)
	i, skip := 0, false
	for _, shown := range w {
		if shown == "..." {
			skip = true
			continue
		}
		pattern := line(shown, measured)
		for skip && i < len(g) && !pattern.MatchString(g[i]) {
			i++
		}
		if i >= len(g) {
			return fmt.Errorf("the document shows a line that is not printed, or not in this order:\n%s\nprinted:\n%s", shown, got)
		}
		if !pattern.MatchString(g[i]) {
			return fmt.Errorf("the document shows\n%s\nwhere this is printed:\n%s\nall of it:\n%s", shown, g[i], got)
		}
		i, skip = i+1, false
	}
	if i < len(g) && !skip {
		return fmt.Errorf("the document does not show that this is printed:\n%s\nall of it:\n%s", g[i], got)
	}
	return nil
}

// lines returns the lines of a text with their white space made equal, without empty ones.
func lines(text string) []string {
	var out []string
	for l := range strings.Lines(text) {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// line makes a pattern of a shown line.
func line(shown string, measured bool) *regexp.Regexp {
	var p strings.Builder
	p.WriteString("^")
	for shown != "" {
		at := []int{len(shown), len(shown)}
		if measured {
			if m := duration.FindStringIndex(shown); m != nil {
				at = m
			}
		}
		p.WriteString(strings.ReplaceAll(regexp.QuoteMeta(shown[:at[0]]), "…", ".*"))
		if at[0] < at[1] {
			p.WriteString(duration.String())
		}
		shown = shown[at[1]:]
	}
	return regexp.MustCompile(p.String() + "$")
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		got, want string
		measured  bool
		ok        bool
	}{
		{"a\nb\n", "a\nb\n", false, true},
		{"a\nb\n", "a\n", false, false},
		{"a\n", "a\nb\n", false, false},
		{"a\nb\n", "b\na\n", false, false},
		{"", "", false, true},
		{"a\n", "", false, false},
		{"a  b\n\n", "a b", false, true},
		{"a\nb\nc\nd\n", "a\n...\nd\n", false, true},
		{"a\nd\n", "a\n...\nd\n", false, true},
		{"a\nb\nc\n", "a\n...\n", false, true},
		{"a\nb\nc\n", "a\n...\nd\n", false, false},
		{"a\nb\nc\n", "...\nb\n", false, false},
		{"seed 17 fails", "seed … fails", false, true},
		{"seed 17 passes", "seed … fails", false, false},
		{"a 3.5ms b", "a 612µs b", true, true},
		{"a 1m2.5s b", "a 612µs b", true, true},
		{"a 3.5ms b", "a 612µs b", false, false},
		{"a 3.5 b", "a 612µs b", true, false},
		{"axb", "a.b", false, false},
		{"a[1]", "a[1]", true, true},
		{"axb 1s", "a.b 1s", true, false},
	} {
		if err := match(c.got, c.want, c.measured); (err == nil) != c.ok {
			t.Errorf("%q printed, %q shown, measured %v: got %v", c.got, c.want, c.measured, err)
		}
	}
}
