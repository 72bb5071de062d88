//go:build linux

package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// result is one figure of one benchmark line.
type result struct {
	name  string // without "Benchmark" and without the implementation
	impl  string
	unit  string
	value float64
}

// table prints medians of a file of benchmark lines as Markdown, with ratios as factors: what budgets are given in.
func table(args []string) error {
	f := flag.NewFlagSet("table", flag.ContinueOnError)
	base := f.String("base", "", "the implementation that ratios refer to; the first of each group by default")
	if err := f.Parse(args); err != nil {
		return err
	}
	name := "bin/bench-linux.txt"
	if f.NArg() > 0 {
		name = f.Arg(0)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	results := parseResults(text)
	for _, g := range suite() {
		for _, unit := range tableUnits(g.name) {
			if t := markdown(results, strings.Split(g.benches, " OR "), unit, *base); t != "" {
				fmt.Println(t)
			}
		}
	}
	return nil
}

// tableUnits are the figures worth a table of their own.
func tableUnits(group string) []string {
	switch group {
	case "echo":
		return []string{"rt/s", "srv-cpu-ns/op", "p99-ns", "cli-busy"}
	case "append":
		return []string{"ns/op", "p99-ns"}
	}
	return []string{"ns/op", "cpu-ns/op"}
}

// parseResults reads benchmark lines: a name, a count, and pairs of value and unit. It passes over everything else.
func parseResults(text []byte) []result {
	var out []result
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		before, impl, ok := strings.Cut(strings.TrimPrefix(words[0], "Benchmark"), "/impl=")
		if !ok {
			continue
		}
		impl, after, more := strings.Cut(impl, "/")
		name := before
		if more {
			name += "/" + after
		}
		for i := 2; i+1 < len(words); i += 2 {
			if v, err := strconv.ParseFloat(words[i], 64); err == nil {
				out = append(out, result{name, impl, words[i+1], v})
			}
		}
	}
	return out
}

// markdown makes one table of the medians in one unit: benchmarks in rows, implementations in columns. It returns "" when
// there is nothing in that unit.
func markdown(results []result, benches []string, unit, base string) string {
	values := map[[2]string][]float64{} // by name and implementation
	var rows, impls []string
	for _, r := range results {
		bench, _, _ := strings.Cut(r.name, "/")
		if r.unit != unit || !slices.Contains(benches, bench) {
			continue
		}
		if !slices.Contains(rows, r.name) {
			rows = append(rows, r.name)
		}
		if !slices.Contains(impls, r.impl) {
			impls = append(impls, r.impl)
		}
		key := [2]string{r.name, r.impl}
		values[key] = append(values[key], r.value)
	}
	if len(rows) == 0 {
		return ""
	}
	if base == "" || !slices.Contains(impls, base) {
		base = impls[0]
	}
	var out strings.Builder
	fmt.Fprintf(&out, "| %s | %s |\n|---%s|\n", unit, strings.Join(impls, " | "), strings.Repeat("|---", len(impls)))
	for _, row := range rows {
		fmt.Fprintf(&out, "| %s |", row)
		for _, impl := range impls {
			all := values[[2]string{row, impl}]
			if len(all) == 0 {
				out.WriteString(" |")
				continue
			}
			fmt.Fprintf(&out, " %s", figure(median(all)))
			if b := values[[2]string{row, base}]; impl != base && len(b) > 0 {
				fmt.Fprintf(&out, " (%.2f ×)", median(all)/median(b))
			}
			out.WriteString(" |")
		}
		out.WriteString("\n")
	}
	return out.String()
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// figure prints three digits, and whole numbers with commas between thousands.
func figure(v float64) string {
	switch {
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
