package policy

import (
	"cmp"
	"go/ast"
	"slices"
	"strings"
)

// row says what the packages of one folder may import besides the standard library.
type row struct {
	pkg     string   // folder; "." is the root package
	own     []string // packages of the module, "a/..." with everything below
	modules []string // third-party packages
	why     string   // why not more: read after "because"
}

// everything is the whole module, for packages whose job is to put the parts together.
var everything = []string{"..."}

// table is the dependency rule. A package that is not in it may not exist: add a row together with its reason. Tests have
// the more lenient rule of [checkTestImports].
var table = []row{
	{pkg: "vclock", why: "everybody's notion of time depends on nothing"},
	{pkg: "backend", own: []string{"vclock"}, why: "a contract that knew one of its sides would not be a contract"},
	{pkg: "backend/backendtest", own: contract, why: "the conformance suite runs without an executor"},
	{
		pkg: "backend/uring", own: contract,
		// giouring only with the build tag of that name: the second driver, which ours is compared with.
		modules: []string{"golang.org/x/sys/unix", "github.com/pawelgaczynski/giouring"},
		why:     "a backend does not know its consumer, as a database/sql driver does not know database/sql",
	},
	{pkg: "backend/cortexm", own: contract, why: "a backend does not know its consumer"},
	{pkg: "backend/sim", own: contract, why: "a backend does not know its consumer, and draws only from the chooser it is given"},
	{pkg: "sched", own: contract, why: "the core runs on every backend and knows none"},
	{pkg: "sched/flow", own: core, why: "combinators are built from the core's exported parts only"},
	{pkg: "sched/tsync", own: core, why: "locks and channels are built from the core's exported parts only"},
	{pkg: "service", own: tasks, why: "it is a program on top of the core, not a part of it"},
	{pkg: "signals", own: tasks, why: "it is a program on top of the core, not a part of it"},
	{pkg: "aio", own: tasks, why: "what tasks read and write must work on every backend, so it may name none"},
	{
		pkg: "chaos", own: []string{"backend", "vclock", "internal/prng"},
		why: "strategies and tapes fit the core's and the simulator's interfaces without knowing either",
	},
	{
		pkg: "scenarios", own: everything, modules: []string{"github.com/anishathalye/porcupine"},
		why: "only modules that judge a run belong into a scenario",
	},
	{pkg: "scenarios/portable", own: tasks, why: "its programs run where there is neither a kernel nor an explorer"},
	{pkg: "simtest", own: everything, why: "it runs inside other people's tests and brings no dependencies there"},
	{
		pkg: ".", own: []string{"sched/...", "backend", "vclock", "backend/uring", "signals"},
		why: "the production facade carries nothing of the simulator",
	},
	{pkg: "examples", own: facade, why: "examples are programs, and only their tests run them"},
	{pkg: "examples/hello", own: facade, why: "an example shows what a user needs, no more"},
	{pkg: "examples/graceful", own: facade, why: "an example shows what a user needs, no more"},
	{pkg: "examples/services", own: facade, why: "an example shows what a user needs, no more"},
	{pkg: "examples/echo", own: facade, why: "an example shows what a user needs, no more"},
	{pkg: "examples/append", own: facade, why: "an example shows what a user needs, no more"},
	{pkg: "examples/blinky", own: board, why: "an example shows what a user needs, no more"},
	{
		pkg: "cmd/simrun", modules: []string{"golang.org/x/term"},
		own: []string{"scenarios", "chaos", "internal/...", "backend/...", "sched/...", "vclock"},
		why: "the tool runs scenarios; what only tests need stays in simtest",
	},
	{pkg: "internal/prng", why: "its golden sequences depend on nothing"},
	{
		pkg: "internal/explore", own: []string{"backend", "backend/sim", "chaos", "sched", "vclock", "internal/spec", "internal/trace"},
		why: "the runner knows the simulator and the core, and none of the programs it runs",
	},
	{
		pkg: "internal/explore/live", own: []string{"backend", "backend/uring", "internal/explore", "sched", "vclock"},
		modules: []string{"golang.org/x/sys/unix"}, why: "it brings the real kernel to the runner, which knows none",
	},
	{pkg: "internal/trace", own: contract, why: "traces are read without the program that wrote them"},
	{pkg: "internal/spec", own: contract, why: "monitors know the trace alphabet and nothing of the code they judge"},
	{
		pkg: "internal/report", own: []string{"backend", "vclock", "chaos", "internal/..."},
		why: "a report is made from trace and tape, without running anything",
	},
	{pkg: "internal/require", why: "tests of every package ask it what the machine must have"},
	{pkg: "internal/firmware", why: "it builds and runs programs, and knows nothing of what they do"},
	{pkg: "internal/firmware/board", why: "it is tests, and only they build and run anything"},
	{pkg: "internal/firmware/fw/kit", own: board, why: "a firmware for tests contains what it tests"},
	{pkg: "internal/firmware/fw/alarm", own: tested, why: "a firmware for tests contains what it tests"},
	{pkg: "internal/firmware/fw/uart", own: tested, why: "a firmware for tests contains what it tests"},
	{pkg: "internal/firmware/fw/fault", own: tested, why: "a firmware for tests contains what it tests"},
	{pkg: "internal/firmware/fw/again", own: tested, why: "a firmware for tests contains what it tests"},
	{pkg: "internal/firmware/fw/edges", own: tested, why: "a firmware for tests contains what it tests"},
	{pkg: "internal/firmware/fw/limits", own: tested, why: "a firmware for tests contains what it tests"},
	{pkg: "internal/firmware/fw/shutdown", own: tested, why: "a firmware for tests contains what it tests"},
	{pkg: "internal/firmware/fw/api", own: board, why: "a firmware for tests contains what it tests"},
	{pkg: "internal/firmware/fw/smoke", why: "it shows that the toolchain works, whatever else does not"},
	{
		pkg: "internal/firmware/fw/inject", own: []string{"backend", "backend/cortexm/...", "sched/...", "vclock"},
		why: "what is interrupted is the core alone",
	},
	{
		pkg: "internal/firmware/sweep", own: []string{"backend", "vclock", "internal/firmware/...", "internal/spec"},
		why: "it judges by the trace and knows nothing of the core",
	},
	{pkg: "internal/firmware/cost", own: []string{"internal/firmware/..."}, why: "it counts, and knows the firmware by the names of functions only"},
	{
		pkg: "internal/firmware/fw/cost", own: []string{"backend", "backend/cortexm/...", "sched", "vclock"},
		why: "what is measured is what a firmware has, no more",
	},
	{
		pkg: "internal/firmware/fw/scenarios",
		own: []string{"backend", "backend/cortexm/...", "internal/prng", "scenarios/portable", "sched", "vclock"},
		why: "a firmware has no host",
	},
	{
		pkg: "internal/firmware/loop", own: []string{"backend", "internal/explore", "internal/firmware", "sched", "vclock"},
		why: "it carries requests and replies, and judges nothing",
	},
	{pkg: "backend/cortexm/semihost", why: "it talks to a debugger, and serves whoever needs one"},
	{pkg: "bench/cortexm/report", own: everything, why: "it compares our firmware with programs in C"},
	{pkg: "internal/firmware/bare", why: "firmware in plain C is built from C alone"},
	{pkg: "internal/firmware/inject", why: "it is given an ELF file, and does not care who built it"},
	{pkg: "internal/firmware/count", why: "it is given an ELF file, and does not care who built it"},
	{
		pkg: "internal/modeltest", own: []string{"chaos", "internal/explore", "sched", "vclock"}, modules: []string{"pgregory.net/rapid"},
		why: "it draws and runs programs, and knows none of the objects that they use",
	},
	{pkg: "internal/guides", why: "documents are data; only their tests run anything"},
	{pkg: "internal/mutants", why: "mutants are data; only their tests run anything"},
	{pkg: "internal/bench", own: everything, why: "benchmarks compare with the standard library and with our own parts"},
	{pkg: "bench/linux", own: everything, why: "it compares with programs that are processes of their own, not modules"},
	{pkg: "bench/cortexm", own: []string{"internal/firmware/..."}, why: "it measures programs in C, which contain nothing of ours"},
	{pkg: "internal/policy", why: "the rules judge the source and take no part in it"},
}

// contract is what every backend and the core know: the contract and time.
var contract = []string{"backend", "vclock"}

// core is what is built on the executor alone. The executor's exported names use types of backend and vclock, so these add
// no dependency.
var core = []string{"sched", "backend", "vclock"}

// tasks is what libraries for tasks use.
var tasks = []string{"sched/...", "backend", "vclock"}

// facade is what production programs use.
var facade = []string{".", "aio", "service", "signals", "sched/...", "backend", "vclock"}

// board is what a firmware uses.
var board = []string{"backend/cortexm/...", "sched/...", "service", "backend", "vclock"}

// tested is what a firmware with tests uses.
var tested = append([]string{"internal/firmware/fw/kit"}, board...)

// testModules are third-party packages for tests. They never reach a program that uses the project.
var testModules = []string{
	"pgregory.net/rapid",
	"github.com/google/go-cmp/...",
	"github.com/cockroachdb/datadriven",
	"github.com/anishathalye/porcupine",
	"github.com/rogpeppe/go-internal/testscript/...",
	"go.uber.org/goleak",
	"golang.org/x/sys/unix", // real pipes, limits and signals for what runs on the real kernel
}

// restricted packages may be imported by their friends and by tests only, whatever the rest of the table allows.
var restricted = []struct {
	pkg     string
	friends []string
	except  string // a package below that only the table restricts
	why     string
	instead string
}{
	{"scenarios", []string{"cmd/simrun", "simtest"}, "scenarios/portable", "scenarios are the top of the module", "a test of the package that needs it"},
	{"simtest", nil, "", "it is for _test.go files", "the parts it is made of"},
	{"cmd", nil, "", "commands are not libraries", "a package below internal"},
}

// checkImports holds the files that are not tests to the table.
func checkImports(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		if f.test {
			continue
		}
		r, known := rowOf(f.pkg)
		if !known {
			continue // checkPackages says so
		}
		for _, spec := range f.Imports {
			p := importOf(spec)
			pkg, own := t.own(p)
			switch {
			case own:
				if !matches(r.own, pkg) {
					out = append(out, t.find(f, spec, "package %s is banned in %s because %s, use %s", pkg, f.pkg, r.why, orNothing(r.own)))
				}
				out = append(out, t.checkRestricted(f, spec, pkg)...)
			case strings.Contains(strings.Split(p, "/")[0], ".") && !matches(r.modules, p):
				out = append(out, t.find(f, spec,
					"module %s is banned in %s because every dependency needs a line and a reason in the import table, use %s",
					p, f.pkg, orNothing(append(slices.Clone(r.modules), "the standard library"))))
			}
		}
	}
	return out
}

// checkRestricted applies the rules that no row of the table can relax.
func (t *tree) checkRestricted(f *file, spec *ast.ImportSpec, imported string) []finding {
	var out []finding
	for _, r := range restricted {
		if imported != r.except && matches([]string{r.pkg + "/..."}, imported) && !slices.Contains(r.friends, f.pkg) {
			out = append(out, t.find(f, spec, "package %s is banned in %s because %s, use %s", imported, f.pkg, r.why, r.instead))
		}
	}
	return out
}

// checkTestImports lets tests import every package but commands, with one exception that holds for them too: what belongs
// to a backend is tested without the executor. Third-party packages come from the row or from testModules.
func checkTestImports(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		if !f.test {
			continue
		}
		r, _ := rowOf(f.pkg)
		for _, spec := range f.Imports {
			p := importOf(spec)
			pkg, own := t.own(p)
			switch {
			case own && matches([]string{"backend/..."}, f.pkg) && matches([]string{"sched/..."}, pkg):
				out = append(out, t.find(f, spec,
					"package %s is banned in tests of %s because a backend is tested without its consumer, use backend/backendtest, or move the test to %s",
					pkg, f.pkg, pkg))
			case own && matches([]string{"cmd/..."}, pkg):
				out = append(out, t.find(f, spec, "package %s is banned in tests because commands are not libraries, use the built command", pkg))
			case !own && strings.Contains(strings.Split(p, "/")[0], ".") && !matches(testModules, p) && !matches(r.modules, p):
				out = append(out, t.find(f, spec,
					"module %s is banned in tests because every dependency needs a line in testModules, use %s", p, strings.Join(testModules, ", ")))
			}
		}
	}
	return out
}

// checkPackages objects to packages without a row.
func checkPackages(t *tree) []finding {
	var out []finding
	seen := map[string]bool{}
	for _, f := range t.files {
		if _, known := rowOf(f.pkg); !known && !seen[f.pkg] {
			seen[f.pkg] = true
			out = append(out, finding{f.path, 0, "package " + f.pkg +
				" is unknown: add a row to the table in internal/policy/imports_test.go that says what it may import, and why not more"})
		}
	}
	return out
}

func rowOf(pkg string) (row, bool) {
	i := slices.IndexFunc(table, func(r row) bool { return r.pkg == pkg })
	if i < 0 {
		return row{}, false
	}
	return table[i], true
}

func orNothing(list []string) string {
	return cmp.Or(strings.Join(list, ", "), "nothing of ours")
}
