package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// feature is one row of the specification's table of features: where it is, its name, and the backends that must offer it.
type feature struct{ section, name, backends string }

// features are the rows of section 2 of the specification, in its order. docs/FEATURES.md has each of them.
var features = []feature{
	{"2.1", "`Main(root)`", "Y/Y/Y"},
	{"2.1", "`Run(root, mode)`", "Y/Y/s"},
	{"2.1", "`Spawn(name, f, opts)`", "Y/Y/s"},
	{"2.1", "Injector", "Y/Y/s (wake)"},
	{"2.1", "`Yield`", "Y/Y/Y"},
	{"2.1", "Thread pool size", "Y/Y/1"},
	{"2.1", "Run modes", "Y/Y/Y"},
	{"2.1", "Straight-line task", "Y/Y/s"},
	{"2.2", "`Task` reference", "Y/Y/Y"},
	{"2.2", "`Join(cx)`", "Y/Y/Y"},
	{"2.2", "`Cancel()`", "Y/Y/Y"},
	{"2.2", "`Attach` / `Detach`", "Y/Y/Y"},
	{"2.2", "Child task", "Y/Y/s"},
	{"2.2", "Critical section", "Y/Y/Y"},
	{"2.2", "Cleanup task", "Y/Y/s"},
	{"2.2", "Task-result bundle", "Y/Y/s"},
	{"2.2", "Scope", "Y/Y/s"},
	{"2.3", "`Sleep(d)`", "Y/Y/Y"},
	{"2.3", "`Timeout(d, f)`", "Y/Y/Y"},
	{"2.3", "`Race(a, b, ...)`", "Y/Y/Y"},
	{"2.3", "`Select(a, b, ...)`", "Y/Y/Y"},
	{"2.3", "`JoinOf(a, b, ...)`", "Y/Y/Y"},
	{"2.3", "`Map`, `Optional`, `Never` (pending)", "Y/Y/Y"},
	{"2.3", "Loop throttler", "Y/Y/Y"},
	{"2.4", "Mutex", "Y/Y/s"},
	{"2.4", "Poison", "Y/Y/Y"},
	{"2.4", "`With(cx, func(*T))`", "Y/Y/Y"},
	{"2.4", "RW lock", "Y/Y/s"},
	{"2.4", "Sync mutex", "Y/Y/Y"},
	{"2.4", "Condition variable (AsyncVariable)", "Y/Y/s"},
	{"2.4", "Eventually, Singleton", "Y/Y/Y"},
	{"2.5", "Bounded, unbounded", "Y/Y/s, Y/Y/-"},
	{"2.5", "Oneshot", "Y/Y/Y"},
	{"2.5", "SPSC", "Y/Y/s"},
	{"2.6", "Token: triggerable, already", "Y/Y/Y"},
	{"2.6", "Either (OR) / set (AND)", "Y/Y/s"},
	{"2.6", "Scoped token", "Y/Y/s"},
	{"2.6", "Signal receiver", "Y/Y/-"},
	{"2.6", "Shutdown token, trigger, wait", "Y/Y/s"},
	{"2.7", "Resource", "Y/Y/-"},
	{"2.7", "States, merge", "Y/Y/s"},
	{"2.7", "Reports", "Y/Y/-"},
	{"2.7", "Dependencies, group", "Y/Y/-"},
	{"2.7", "Task resource", "Y/Y/-"},
	{"2.7", "Root resource", "Y/Y/-"},
	{"2.8", "Op", "Y/Y/s"},
	{"2.8", "Files", "Y/Y/-"},
	{"2.8", "Sockets, readiness", "Y/Y/-"},
	{"2.8", "Errors", "Y/Y/s"},
	{"2.8", "Byte stream (portable)", "Y/Y/Y"},
	{"2.8", "Device op", "Y/-/Y"},
	{"2.9", "Waker node", "Y/Y/Y"},
	{"2.9", "Waker list", "Y/Y/Y"},
	{"2.9", "Static task", "Y/Y/Y"},
	{"2.9", "Wait for IRQ", "Y/Y/Y"},
	{"2.9", "PendSV", "Y/Y/Y"},
	{"2.9", "Mutex, channel", "Y/Y/Y"},
	{"2.9", "Cond value", "Y/Y/Y"},
}

const featuresPath = "docs/FEATURES.md"

// invariant is an ID of the specification.
var invariant = regexp.MustCompile(`\b(S|NC|IO|T|MU|PO|AV|EV|CH|CM|SD|BR|SC|MT|DT)\d+\b`)

// The columns of a table of features.
const (
	colName = iota
	colHolds
	colGo
	colBackends
	colProof
	colBoard
	colCount
)

// featureRow is one row of the document.
type featureRow struct {
	section string
	cells   []string
	line    int
}

// checkFeatures holds docs/FEATURES.md to the list: every row is there, in order, and says by which functions one has it, which
// test proves it, and what runs on a board where the board has it. Whether the names exist is the business of checkDocNames.
func checkFeatures(t *tree, want []feature) []finding {
	rows, err := readFeatures(t)
	if err != "" {
		return []finding{{featuresPath, 0, err}}
	}
	var out []finding
	object := func(line int, format string, args ...any) {
		out = append(out, finding{featuresPath, line, fmt.Sprintf(format, args...)})
	}
	index := collect(t)
	for i, f := range want {
		if i >= len(rows) {
			object(0, "the row %q of section %s is not there", f.name, f.section)
			continue
		}
		r := rows[i]
		if r.section != f.section || r.cells[colName] != f.name {
			object(r.line, "got the row %q in section %s, want %q in section %s", r.cells[colName], r.section, f.name, f.section)
			break
		}
		if r.cells[colBackends] != f.backends {
			object(r.line, "%s: got the backends %q, want %q", f.name, r.cells[colBackends], f.backends)
		}
		out = append(out, r.check(index, !strings.HasSuffix(f.backends, "/-"))...)
	}
	for _, r := range rows[min(len(want), len(rows)):] {
		object(r.line, "the row %q is not one of the specification", r.cells[colName])
	}
	return out
}

// check judges the cells of a row.
func (r *featureRow) check(index *names, board bool) []finding {
	var out []finding
	object := func(format string, args ...any) {
		out = append(out, finding{featuresPath, r.line, r.cells[colName] + ": " + fmt.Sprintf(format, args...)})
	}
	if r.cells[colHolds] == "" {
		object("say what holds")
	}
	for _, id := range invariant.FindAllString(r.cells[colHolds], -1) {
		if !index.ids[id] {
			object("no monitor of internal/spec judges %s", id)
		}
	}
	listed := func(col int) []string {
		var texts []string
		for _, s := range spans(r.cells[col]) {
			texts = append(texts, s.text)
		}
		return texts
	}
	isTest := func(s string) bool { return index.tests[s] }
	named := listed(colGo)
	for _, s := range named {
		if m := qualified.FindStringSubmatch(s); m == nil || strings.TrimSpace(m[0]) != s || testName.MatchString(m[2]) {
			object("%q is not the name of a function, a type or a field, as sched.Spawn is", s)
		}
	}
	proofs := listed(colProof)
	for _, s := range proofs {
		if !isTest(s) {
			object("%q is no test or example, as sched/tsync.TestModelMutex is", s)
		}
	}
	if len(named) == 0 || len(proofs) == 0 {
		object("name a function and a test")
	}
	boards := listed(colBoard)
	for _, s := range boards {
		if !isTest(s) && !index.strings[s] {
			object("%q is no program of scenarios/portable and no test", s)
		}
	}
	if board && len(boards) == 0 {
		object("name what runs on a board")
	}
	return out
}

// readFeatures returns the rows of all tables, by their sections, or what is wrong with the document.
func readFeatures(t *tree) (rows []featureRow, err string) {
	i := slices.IndexFunc(t.texts, func(x text) bool { return x.path == featuresPath })
	if i < 0 {
		return nil, "the document does not exist"
	}
	section, line := "", 0
	for text := range strings.Lines(t.texts[i].content) {
		line++
		text = strings.TrimSpace(text)
		if heading, ok := strings.CutPrefix(text, "## "); ok {
			section, _, _ = strings.Cut(heading, " ")
			continue
		}
		if !strings.HasPrefix(text, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(text, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[colName] == "feature" || strings.HasPrefix(cells[colName], "---") {
			continue
		}
		if len(cells) != colCount {
			return nil, fmt.Sprintf("line %d: got a row of %d cells, want %d", line, len(cells), colCount)
		}
		rows = append(rows, featureRow{section, cells, line})
	}
	return rows, ""
}

// TestFeatures holds docs/FEATURES.md to the specification and to the code.
func TestFeatures(t *testing.T) {
	for _, f := range checkFeatures(repository(t), features) {
		t.Error(f)
	}
}

// TestFeaturesObject shows that each kind of mistake in the document is named.
func TestFeaturesObject(t *testing.T) {
	want := []feature{{"2.1", "One", "Y/Y/s"}, {"2.2", "Two", "Y/Y/-"}}
	const (
		head = "## 2.1 A\n\n| feature | what holds | Go | sim/uring/cortexm | proof | on a board |\n|---|---|---|---|---|---|\n"
		one  = "| One | it holds | `sched.F`, `sched.T.M` | Y/Y/s | `sched.TestF` | `hello` |\n"
		next = "\n## 2.2 B\n\n"
		two  = "| Two | it holds | `sched.F` | Y/Y/- | `sched.ExampleF` |  |\n"
	)
	for _, c := range []struct {
		name, doc string
		want      []string // part of one finding each
	}{
		{"good", head + one + next + two, nil},
		{"no row", head + one, []string{`the row "Two" of section 2.2 is not there`}},
		{"wrong order", head + two + next + one, []string{`got the row "Two" in section 2.1, want "One"`}},
		{"wrong section", head + one + two, []string{`got the row "Two" in section 2.1, want "Two" in section 2.2`}},
		{"one too many", head + one + next + two + two, []string{`is not one of the specification`}},
		{"backends", head + strings.Replace(one, "Y/Y/s", "Y/Y/Y", 1) + next + two, []string{`got the backends "Y/Y/Y"`}},
		{"no test", head + one + next + strings.Replace(two, "`sched.ExampleF`", "", 1), []string{"name a function and a test"}},
		{"no such test", head + strings.Replace(one, "TestF", "TestG", 1) + next + two, []string{`"sched.TestG" is no test`}},
		{"no function", head + one + next + strings.Replace(two, "`sched.F`", "", 1), []string{"name a function and a test"}},
		{"no name", head + one + next + strings.Replace(two, "`sched.F`", "`F`", 1), []string{`"F" is not the name`}},
		{"no board", head + strings.Replace(one, "`hello`", "", 1) + next + two, []string{"name what runs on a board"}},
		{"no such program", head + strings.Replace(one, "hello", "bye", 1) + next + two, []string{`"bye" is no program`}},
		{"nothing holds", head + one + next + strings.Replace(two, "it holds", "", 1), []string{"say what holds"}},
		{"invariant", head + strings.Replace(one, "it holds", "it holds (MU1, MU9)", 1) + next + two, []string{"no monitor of internal/spec judges MU9"}},
		{"cells", head + "| One | it holds |\n", []string{"line 5: got a row of 2 cells"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := source(t, map[string]string{
				featuresPath:                c.doc,
				"sched/f.go":                "package sched\nfunc F() {}\ntype T struct{}\nfunc (T) M() {}\n",
				"sched/f_test.go":           "package sched_test\nfunc TestF() {}\nfunc ExampleF() {}\n",
				"internal/spec/lock.go":     "package spec\nconst a = \"MU1\"\n",
				"scenarios/portable/set.go": "package portable\nconst a = \"hello\"\n",
			})
			b := bad{c.name, func(t *tree) []finding { return checkFeatures(t, want) }, nil, c.want}
			b.judge(t, tr)
		})
	}
}
