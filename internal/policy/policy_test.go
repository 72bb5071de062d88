package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// rules are all checks, by the name of their subtest.
var rules = []struct {
	name  string
	check func(*tree) []finding
}{
	{"Packages", checkPackages},
	{"Imports", checkImports},
	{"TestImports", checkTestImports},
	{"Core", checkCore},
	{"Seeded", checkSeeded},
	{"PackageDocs", checkPackageDocs},
	{"Docs", checkDocs},
	{"Sizes", checkSizes},
	{"Words", checkWords},
	{"DocNames", checkDocNames},
	{"Links", checkLinks},
}

// TestPolicy holds the project's source to every rule.
func TestPolicy(t *testing.T) {
	tr := repository(t)
	for _, f := range tr.broken {
		t.Error(f)
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, f := range r.check(tr) {
				t.Error(f)
			}
		})
	}
}

// bad is a small source that one rule must object to. Each want is part of one finding, in order, and there are no others.
type bad struct {
	name  string
	check func(*tree) []finding
	files map[string]string
	want  []string
}

// one makes the files of a case with a single file.
func one(path, content string) map[string]string { return map[string]string{path: content} }

// inCore makes the files of a case in the core.
func inCore(body string) map[string]string { return one("sched/x.go", "package sched\n"+body) }

var bads = []bad{
	{"unknown package", checkPackages, map[string]string{"extra/a.go": "package extra\n", "extra/b.go": "package extra\n"},
		[]string{"extra/a.go: package extra is unknown: add a row"}},

	{"backend imports core", checkImports, one("backend/sim/x.go", `package sim; import _ "example.com/m/sched/flow"`),
		[]string{"backend/sim/x.go:1: package sched/flow is banned in backend/sim because a backend does not know its consumer"}},
	{"contract imports core", checkImports, one("backend/x.go", `package backend; import _ "example.com/m/sched"`),
		[]string{"package sched is banned in backend because"}},
	{"leaf imports anything", checkImports, one("vclock/x.go", `package vclock; import _ "example.com/m/backend"`),
		[]string{"depends on nothing, use nothing of ours"}},
	{"host-only core file imports", checkImports,
		one("sched/x.go", "//go:build !tinygo\n\npackage sched\n\nimport _ \"example.com/m/backend/uring\"\n"),
		[]string{"sched/x.go:5: package backend/uring is banned in sched"}},
	{"facade imports simulator", checkImports, one("x.go", `package m; import _ "example.com/m/backend/sim"`),
		[]string{"package backend/sim is banned in . because the production facade"}},
	{"library imports root", checkImports, one("chaos/x.go", `package chaos; import _ "example.com/m"`),
		[]string{"package . is banned in chaos"}},
	{"library imports scenarios", checkImports, one("internal/bench/x.go", `package bench; import _ "example.com/m/scenarios"`),
		[]string{"internal/bench/x.go:1: package scenarios is banned in internal/bench because scenarios are the top"}},
	{"tool imports simtest", checkImports, one("cmd/simrun/x.go", `package main; import _ "example.com/m/simtest"`),
		[]string{"package simtest is banned in cmd/simrun", "package simtest is banned in cmd/simrun because it is for _test.go files"}},
	{"new module", checkImports, one("scenarios/x.go", `package scenarios; import _ "gopkg.in/yaml.v3"`),
		[]string{"module gopkg.in/yaml.v3 is banned in scenarios because every dependency"}},
	{"test module outside tests", checkImports, one("chaos/x.go", `package chaos; import _ "pgregory.net/rapid"`),
		[]string{"module pgregory.net/rapid is banned in chaos"}},

	{"backend test imports core", checkTestImports, one("backend/sim/x_test.go", `package sim_test; import _ "example.com/m/sched"`),
		[]string{"package sched is banned in tests of backend/sim because a backend is tested without its consumer"}},
	{"test imports command", checkTestImports, one("scenarios/x_test.go", `package scenarios; import _ "example.com/m/cmd/simrun"`),
		[]string{"commands are not libraries"}},
	{"test imports new module", checkTestImports, one("chaos/x_test.go", `package chaos; import _ "github.com/stretchr/testify/assert"`),
		[]string{"module github.com/stretchr/testify/assert is banned in tests"}},

	{"import outside the list", checkCore, inCore("import _ \"net/http\"\n"),
		[]string{"sched/x.go:2: import net/http is banned here because only packages that neither allocate"}},
	{"file for a platform is still core", checkCore, one("sched/x.go", "//go:build linux\n\npackage sched\n\nimport _ \"os\"\n"),
		[]string{"sched/x.go:5: import os is banned here because it does I/O, use an operation of the backend"}},
	{"goroutine", checkCore, inCore("func f() {\n\tgo f()\n}\n"),
		[]string{"sched/x.go:3: a go statement is banned here because the Go scheduler would decide what runs next, use a task"}},
	{"select", checkCore, inCore("func f() { select {} }\n"), []string{"select is banned here because it picks at random"}},
	{"channel type", checkCore, inCore("type c struct{ c chan int }\n"), []string{"a channel is banned here"}},
	{"channel send", checkCore, inCore("func f[C any](c C) { c <- 1 }\n"), []string{"a channel is banned here"}},
	{"channel receive", checkCore, inCore("func f[C any](c C) { <-c }\n"), []string{"a channel is banned here"}},
	{"map field", checkCore, inCore("type m struct{ m map[int]int }\n"), []string{"a map is banned here because it allocates and its order is random"}},
	{"map range", checkCore, inCore("func f() {\n\tfor range (map[int]int{}) {\n\t}\n}\n"), []string{"sched/x.go:3: a map is banned here"}},
	{"package variables", checkCore, inCore("var a, b = 1, 2\n"),
		[]string{"a package variable (a) is banned here", "a package variable (b) is banned here because executors share nothing"}},
	{"error variable", checkCore, inCore("var ErrX error = nil\n"), []string{"a package variable (ErrX) is banned here"}},
	{"defer", checkCore, inCore("func f() { defer f() }\n"), []string{"defer is banned here because it may allocate"}},
	{"init", checkCore, inCore("func init() {}\n"), []string{"an init function is banned here"}},
	{"every core package", checkCore, map[string]string{
		"backend/x.go": "package backend\nvar a int\n", "sched/flow/x.go": "package flow\nvar a int\n",
		"sched/tsync/x.go": "package tsync\nvar a int\n", "vclock/x.go": "package vclock\nvar a int\n",
	}, []string{"backend/x.go:2", "sched/flow/x.go:2", "sched/tsync/x.go:2", "vclock/x.go:2"}},

	{"wall clock", checkSeeded, one("backend/sim/x.go", "package sim\nimport \"time\"\nvar t = time.Now()\n"),
		[]string{"backend/sim/x.go:3: time.Now is banned here because a simulated run has no wall clock"}},
	{"wall clock under another name", checkSeeded, one("chaos/x.go", "package chaos\nimport clock \"time\"\nfunc f() { clock.Sleep(1) }\n"),
		[]string{"chaos/x.go:3: time.Sleep is banned here"}},
	{"wall clock as a value", checkSeeded, one("scenarios/x.go", "package scenarios\nimport \"time\"\nvar now = time.Now\n"),
		[]string{"time.Now is banned here"}},
	{"wall clock without a name", checkSeeded, one("scenarios/x.go", "package scenarios\nimport . \"time\"\nvar now = Now()\n"),
		[]string{"a dot import of time is banned here"}},
	{"goroutine in a host-only file", checkSeeded, one("sched/x.go", "//go:build !tinygo\n\npackage sched\nfunc f() { go f() }\n"),
		[]string{"sched/x.go:4: a go statement is banned here"}},

	{"no package comment", checkPackageDocs, map[string]string{"a/x.go": "package a\n", "a/x_test.go": "// Package a is documented in a test.\npackage a\n"},
		[]string{"a/x.go: package a has no comment"}},
	{"package comment about something else", checkPackageDocs, one("a/x.go", "// Copyright somebody.\npackage a\n"), []string{"package a has no comment"}},
	{"tests without a package comment", checkPackageDocs, one("a/x_test.go", "package a\n"), []string{"package a has no comment"}},

	{"exported names", checkDocs, one("a/x.go", `package a
type T struct{}
func F() {}
func (*T) M() {}
const C = 1
var V = 1
type G[P any] struct{}
func (g G[P]) M() {}
`), []string{"x.go:2: T has no doc", "F has no doc", "T.M has no doc", "C has no doc", "V has no doc", "G has no doc", "G.M has no doc"}},
	{"groups", checkDocs, one("a/x.go", `package a
// A group of types does not document its members.
type (
	T int
)
var (
	// A has a comment.
	A = 1
	B = 1 // a remark behind a variable is no contract
)
`), []string{"x.go:4: T has no doc", "x.go:9: B has no doc"}},

	{"long file", checkSizes, one("a/x.go", "package a\n"+strings.Repeat("\n", fileLinesMax)), []string{"a/x.go: a file of 601 lines"}},
	{"long function", checkSizes, one("a/x_test.go", "package a\nfunc f() {\n"+strings.Repeat("\n", funcLinesMax-1)+"}\n"),
		[]string{"a/x_test.go:2: a function of 101 lines (f)"}},

	{"words", checkWords, map[string]string{
		"README.md": "fine\nSee Sha" + "red/notes.md\n", "a/testdata/x.go": "// /wo" + "rk/x\npackage x\n",
		"Makefile": "x:\n\ttouch /tmp/" + "bash\n", ".ci/run": "# a SUB" + "AGENT\n",
	}, []string{".ci/run:1", "Makefile:2", "README.md:2", "a/testdata/x.go:1"}},

	{"links in documents", checkLinks, map[string]string{
		"docs/a.md": "# A title, `x` \n[b](../b.md#the-end) [c](../b.md#nowhere) [d](d.md) [e](https://example.com/d.md) [f](#a-title-x)\n[g](../sched) [h](../sched/y.go)\n[i](#b)\n",
		"b.md":      "## The end\n```\n# nowhere\n[x](y.md)\n```\n", "sched/x.go": "package sched\n",
	}, []string{
		"docs/a.md:2: the link ../b.md#nowhere: there is no such heading", "docs/a.md:2: the link d.md: there is no docs/d.md",
		"docs/a.md:3: the link ../sched/y.go: there is no", "docs/a.md:4: the link #b: there is no such heading",
	}},
	{"names in documents", checkDocNames, map[string]string{
		"sched/x.go": "package sched\ntype T struct { F int; E }\ntype E struct{}\nfunc (*E) M() {}\ntype A = T\n", "sched/x_test.go": "package sched\nfunc TestX() {}\n",
		"README.md": "`sched.T.F` `sched.A.M(t)` `sched/x.go` `mutex.Lock` `T` `sched.TestX`\n`sched.U` and\n`a(sched.T.N)`\n`sched/x.TestX` `sched.TestY`\n" +
			"```\n`sched.V`\n```\n",
		"docs/coming-from.md": "`sync.Mutex` is `tsync.Mutex`\n", "CHANGELOG.md": "`sched.Old`\n",
	}, []string{
		"README.md:2: `sched.U`: there is no sched.U", "README.md:3: `a(sched.T.N)`: sched.T has no N", "README.md:4: `sched/x.TestX`: there is no test TestX",
		"README.md:4: `sched.TestY`: there is no test TestY", "docs/coming-from.md:1: `tsync.Mutex`: there is no package tsync",
	}},
}

// TestRulesObject shows every rule failing, with the message that the author of the offence will read.
func TestRulesObject(t *testing.T) {
	for _, b := range bads {
		t.Run(b.name, func(t *testing.T) { b.run(t) })
	}
}

// TestEveryImportBanObjects goes through the import bans one by one.
func TestEveryImportBanObjects(t *testing.T) {
	for _, b := range coreImportBans {
		c := bad{b.what, checkCore, inCore(fmt.Sprintf("import _ %q\n", b.what)), []string{
			"sched/x.go:2: import " + b.what + " is banned here because " + b.why + ", use " + b.instead}}
		t.Run("core/"+b.what, func(t *testing.T) { c.run(t) })
	}
	for _, b := range seededImportBans {
		c := bad{b.what, checkSeeded, one("chaos/x.go", fmt.Sprintf("package chaos\nimport _ %q\n", b.what)), []string{
			"chaos/x.go:2: import " + b.what + " is banned here because " + b.why}}
		t.Run("seeded/"+b.what, func(t *testing.T) { c.run(t) })
	}
}

func (b *bad) run(t *testing.T) {
	b.judge(t, source(t, b.files))
}

// judge compares what the rule finds with what it must find.
func (b *bad) judge(t *testing.T, tr *tree) {
	t.Helper()
	for _, f := range tr.broken {
		t.Fatal("the case itself: ", f)
	}
	got := b.check(tr)
	for i, want := range b.want {
		if i >= len(got) {
			t.Errorf("got no finding with %q", want)
		} else if !strings.Contains(got[i].String(), want) {
			t.Errorf("got %q, want it to contain %q", got[i], want)
		}
	}
	for _, f := range got[min(len(b.want), len(got)):] {
		t.Errorf("got %q, want no more findings", f)
	}
}

// TestRulesAccept shows what the rules leave alone, the exceptions above all.
func TestRulesAccept(t *testing.T) {
	const doc = "// Package sched is fine.\npackage sched\n"
	tr := source(t, map[string]string{
		"sched/core.go": doc + `
import (
	"example.com/m/backend"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// The constants share a comment.
const (
	A = iota
	B
)

const (
	C = 1 // so does the line
)

var _ fmt = (*impl)(nil)

type impl struct{}

// String is never asked for a comment below, because its type is not exported.
func (impl) Hidden() {}

func (*impl) Exported() {}

func f() {
	for i := range 10 {
		_ = -i
	}
}
`,
		"sched/pool.go": "//go:build !tinygo\n\npackage sched\n\nimport (\n\t\"iter\"\n\t\"time\"\n)\n\nvar pool map[int]time.Duration\n\nfunc g() { defer f() }\n",
		"sched/sched_test.go": `package sched_test

import (
	_ "example.com/m/backend/sim"
	_ "example.com/m/scenarios"
	_ "example.com/m/simtest"
	_ "math/rand/v2"
	_ "os"
	_ "pgregory.net/rapid"
	_ "time"
)

var Global chan int

func F() { go F() }
`,
		"vclock/doc.go":        "// Package vclock is fine.\npackage vclock\n",
		"backend/doc.go":       "// Package backend is fine.\npackage backend\n",
		"backend/sim/sim.go":   "// Package sim may allocate.\npackage sim\n\nimport \"fmt\"\n\nvar m map[int]string\n",
		"cmd/simrun/main.go":   "// Simrun runs scenarios.\npackage main\n\nimport (\n\t_ \"example.com/m/scenarios\"\n\t\"time\"\n)\n\nvar start = time.Now()\n",
		"internal/bench/b.go":  "// Package bench is fine.\npackage bench\n\nimport _ \"example.com/m/backend/sim\"\n",
		"backend/gen/gen.go":   "// Code generated by hand. DO NOT EDIT.\n\n// Package gen is long.\npackage gen\n" + strings.Repeat("\n", 2*fileLinesMax),
		"internal/bench/b2.go": "package bench\n\nfunc f() {" + strings.Repeat("\n", funcLinesMax-1) + "}\n",
		"README.md":            "Work is shared by workers.\n",
	})
	for _, f := range tr.broken {
		t.Fatal("the case itself: ", f)
	}
	for _, r := range rules {
		for _, f := range r.check(tr) {
			if f.path != "backend/gen/gen.go" || r.name != "Packages" { // gen stands for itself in the size rule only
				t.Errorf("%s: got %q, want no finding", r.name, f)
			}
		}
	}
}

// TestBrokenSourceIsReported shows that a file that does not parse is named and not passed over.
func TestBrokenSourceIsReported(t *testing.T) {
	tr := source(t, one("a/x.go", "package a\nfunc {\n"))
	if len(tr.broken) != 1 || !strings.Contains(tr.broken[0].String(), "a/x.go: does not parse") {
		t.Errorf("got %v, want one finding for a/x.go", tr.broken)
	}
}

// TestTableKeepsThePromises shows that no edit of the table can give away what the layers are for.
func TestTableKeepsThePromises(t *testing.T) {
	rows := map[string]int{}
	for _, r := range table {
		if r.why == "" {
			t.Errorf("%s: a row needs its reason", r.pkg)
		}
		if rows[r.pkg]++; rows[r.pkg] > 1 {
			t.Errorf("%s: got a second row, want one", r.pkg)
		}
		for _, pkg := range []string{"sched", "sched/flow", "sched/tsync"} {
			if (r.pkg == "vclock" || matches([]string{"backend/..."}, r.pkg)) && matches(r.own, pkg) {
				t.Errorf("%s may import %s: a backend knows its consumer", r.pkg, pkg)
			}
		}
		for _, pkg := range []string{"backend/sim", "backend/uring", "backend/cortexm", "chaos", "scenarios"} {
			if matches([]string{"sched/...", "service", "aio"}, r.pkg) && matches(r.own, pkg) {
				t.Errorf("%s may import %s: a task program depends on one world", r.pkg, pkg)
			}
		}
	}
	for _, pkg := range append(slices.Clone(corePackages), seededPackages...) {
		if _, ok := rowOf(pkg); !ok {
			t.Errorf("%s has bans and no row: a rule looks for a package that cannot exist", pkg)
		}
	}
}
