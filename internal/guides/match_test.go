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
	printed := lines(got)
	// The lines between two "..." stay together; the first ones begin what is printed, and the last ones end it.
	groups := [][]string{nil}
	for _, shown := range lines(want) {
		if shown == "..." {
			groups = append(groups, nil)
		} else {
			groups[len(groups)-1] = append(groups[len(groups)-1], shown)
		}
	}
	at := 0
	for i, group := range groups {
		first, last := i == 0, i == len(groups)-1
		switch {
		case first && last:
			if n := common(printed, group, measured); n < len(group) || n < len(printed) {
				return differ(printed, group, n, got)
			}
		case first:
			if n := common(printed, group, measured); n < len(group) {
				return differ(printed, group, n, got)
			}
			at = len(group)
		case last:
			at = max(at, len(printed)-len(group))
			if n := common(printed[at:], group, measured); n < len(group) {
				return differ(printed[at:], group, n, got)
			}
		default:
			for common(printed[at:], group, measured) < len(group) {
				if at++; at > len(printed) {
					return fmt.Errorf("the document shows what is not printed, or not in this place:\n%s\nprinted:\n%s", strings.Join(group, "\n"), got)
				}
			}
			at += len(group)
		}
	}
	return nil
}

// common returns how many lines at the beginning are as they are shown.
func common(printed, shown []string, measured bool) int {
	n := 0
	for n < len(printed) && n < len(shown) && line(shown[n], measured).MatchString(printed[n]) {
		n++
	}
	return n
}

// differ says what is wrong with line n.
func differ(printed, shown []string, n int, got string) error {
	at := func(lines []string) string {
		if n < len(lines) {
			return lines[n]
		}
		return "nothing more"
	}
	return fmt.Errorf("the document shows\n%s\nwhere this is printed:\n%s\nall of it:\n%s", at(shown), at(printed), got)
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
		{"a\nb\na\nb\n", "...\na\nb\n", false, true},
		{"a\nb\nc\nd\n", "...\nb\n...\nd\n", false, true},
		{"a\nb\nc\nd\n", "...\nb\nd\n...\n", false, false},
		{"a\n", "a\n...\na\n", false, false},
		{"a\n", "...\na\n...\na\n", false, false},
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
