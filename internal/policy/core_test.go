package policy

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
)

// corePackages run unchanged in the simulator, on Linux and without a heap. Files for hosts only (//go:build !tinygo) are
// outside these rules, and so are tests.
var corePackages = []string{"vclock", "backend", "sched", "sched/flow", "sched/tsync", "service", "scenarios/portable"}

// coreImports is what the core may use of the standard library.
var coreImports = []string{"sync/atomic", "unsafe", "math/bits"}

// ban is one thing that is not used somewhere: "what is banned here because why, use instead".
type ban struct{ what, why, instead string }

// text finishes the sentence for what was found.
func (b ban) text() string { return b.what + " is banned here because " + b.why + ", use " + b.instead }

// coreImportBans gives the reasons for the imports that people reach for. Any other import gets the reason of
// [otherImport].
var coreImportBans = []ban{
	{"time", "it reads the wall clock and starts timers that no backend knows of", "vclock, and the backend's Now"},
	{"os", "it does I/O", "an operation of the backend"},
	{"io", "its interfaces are dispatched dynamically and its calls block", "an operation of the backend"},
	{"fmt", "it allocates and uses reflection", "constant texts, and formatting at the reader of the trace"},
	{"strconv", "it allocates", "numbers in trace events, and formatting at the reader of the trace"},
	{"strings", "it allocates", "byte slices of the caller"},
	{"errors", "its values are allocated in package variables", "comparable constants of a small error type"},
	{"log", "it does I/O, locks and reads the clock", "a trace event"},
	{"log/slog", "it does I/O, locks and reads the clock", "a trace event"},
	{"sync", "its locks block the thread that polls, and an interrupt that waits for one never ends", "sync/atomic, or sched/tsync above the core"},
	{"context", "it starts goroutines and uses channels", "join handles, tokens and scopes"},
	{"reflect", "it allocates and TinyGo supports it in part only", "generics"},
	{"math/rand", "it is a source of randomness that no tape records", "a draw from the chooser"},
	{"math/rand/v2", "it is a source of randomness that no tape records", "a draw from the chooser"},
	{"crypto/rand", "it is a source of randomness that no tape records", "a draw from the chooser"},
	{"hash/maphash", "its seed differs from run to run", "backend.Digest"},
	{"runtime", "it makes behaviour depend on the scheduler and collector of one Go version", "the backend"},
	{"iter", "coroutines exist on hosts only", "a file with the constraint //go:build !tinygo"},
	{"sort", "its interface is dispatched dynamically", "an order that the data structure keeps"},
	{"slices", "several of its functions allocate", "a loop"},
	{"maps", "the order of a map is random", "a slice that is indexed by slot"},
}

// otherImport is the reason against every import that is neither allowed nor listed.
var otherImport = ban{
	why:     "only packages that neither allocate, lock, print, read the clock nor start goroutines are allowed in the core",
	instead: "sync/atomic, unsafe, math/bits, or a file with the constraint //go:build !tinygo",
}

// The language that the core does without.
var (
	banGo      = ban{"a go statement", "the Go scheduler would decide what runs next", "a task"}
	banSelect  = ban{"select", "it picks at random among what is ready", "sched/flow, which is left-biased"}
	banChannel = ban{"a channel", "it blocks the thread that polls, and it allocates", "a waiter list, or a channel of sched/tsync"}
	banMap     = ban{"a map", "it allocates and its order is random", "an array or a slice indexed by slot"}
	banVar     = ban{"a package variable", "executors share nothing and start from nothing", "a constant, or a field of what the caller constructs"}
	banDefer   = ban{"defer", "it may allocate, and it hides work from the interrupt path", "a call at each return"}
	banInit    = ban{"an init function", "it runs before anybody has chosen a world", "a constructor"}
)

// checkCore holds the core's own files to the bans.
func checkCore(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		if !slices.Contains(corePackages, f.pkg) || f.test || f.hostOnly {
			continue
		}
		for _, spec := range f.Imports {
			p := importOf(spec)
			if _, own := t.own(p); own || slices.Contains(coreImports, p) {
				continue // the import table judges our own packages
			}
			b := otherImport
			if i := slices.IndexFunc(coreImportBans, func(b ban) bool { return b.what == p }); i >= 0 {
				b = coreImportBans[i]
			}
			b.what = "import " + p
			out = append(out, t.find(f, spec, "%s", b.text()))
		}
		for _, decl := range f.Decls {
			out = append(out, t.checkCoreDecl(f, decl)...)
		}
		out = append(out, t.checkCoreNodes(f)...)
	}
	return out
}

// checkCoreDecl looks for package variables and init functions. Declarations without a name, such as
// "var _ Backend = (*Sim)(nil)", state a fact and make no variable.
func (t *tree) checkCoreDecl(f *file, decl ast.Decl) []finding {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil && d.Name.Name == "init" {
			return []finding{t.find(f, d, "%s", banInit.text())}
		}
	case *ast.GenDecl:
		if d.Tok != token.VAR {
			return nil
		}
		var out []finding
		for _, spec := range d.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				if name.Name != "_" {
					b := banVar
					b.what += " (" + name.Name + ")"
					out = append(out, t.find(f, name, "%s", b.text()))
				}
			}
		}
		return out
	}
	return nil
}

// checkCoreNodes looks for banned statements, types and operators.
func (t *tree) checkCoreNodes(f *file) []finding {
	var out []finding
	ast.Inspect(f.File, func(n ast.Node) bool {
		var b ban
		switch n := n.(type) {
		case *ast.GoStmt:
			b = banGo
		case *ast.SelectStmt:
			b = banSelect
		case *ast.ChanType, *ast.SendStmt:
			b = banChannel
		case *ast.UnaryExpr:
			if n.Op != token.ARROW {
				return true
			}
			b = banChannel
		case *ast.MapType:
			b = banMap
		case *ast.DeferStmt:
			b = banDefer
		default:
			return true
		}
		out = append(out, t.find(f, n, "%s", b.text()))
		return true
	})
	return out
}

// seededPackages run inside a simulation: with the same tape they do the same. Their tests are free, their files for hosts
// only are not.
var seededPackages = []string{
	"backend", "backend/sim", "chaos", "sched", "sched/flow", "sched/tsync", "scenarios", "scenarios/portable", "internal/prng", "internal/spec", "internal/trace",
}

// seededImportBans are sources of randomness that no tape records.
var seededImportBans = []ban{
	{"math/rand", "it draws what no tape records", "the chooser, or internal/prng with a seed that was handed in"},
	{"math/rand/v2", "it draws what no tape records", "the chooser, or internal/prng with a seed that was handed in"},
	{"crypto/rand", "it draws what no tape records", "the chooser, or internal/prng with a seed that was handed in"},
	{"hash/maphash", "its seed differs from run to run", "backend.Digest, or hash/fnv"},
}

// threads are the files that make goroutines where others must not, with the reason.
var threads = map[string]string{
	"sched/workers.go": "it is the pool of threads that an executor with Options.Workers has; without, it is not used",
}

// wallClock lists what of package time lives in real time. Its types and constants are allowed.
var wallClock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// checkSeeded looks for wall time, foreign randomness and goroutines in what runs inside a simulation.
func checkSeeded(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		if !slices.Contains(seededPackages, f.pkg) || f.test {
			continue
		}
		timeName := ""
		for _, spec := range f.Imports {
			p := importOf(spec)
			if i := slices.IndexFunc(seededImportBans, func(b ban) bool { return b.what == p }); i >= 0 {
				b := seededImportBans[i]
				b.what = "import " + p
				out = append(out, t.find(f, spec, "%s", b.text()))
			}
			if p == "time" {
				timeName = path.Base(p)
				if spec.Name != nil {
					timeName = spec.Name.Name
				}
			}
			if p == "time" && timeName == "." {
				b := ban{"a dot import of time", "it hides which names read the clock", "import \"time\""}
				out = append(out, t.find(f, spec, "%s", b.text()))
			}
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if threads[f.path] == "" {
					out = append(out, t.find(f, n, "%s", banGo.text()))
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && timeName != "" && x.Name == timeName && slices.Contains(wallClock, n.Sel.Name) {
					b := ban{"time." + n.Sel.Name, "a simulated run has no wall clock", "the task's clock, or the backend's Now"}
					out = append(out, t.find(f, n, "%s", b.text()))
				}
			}
			return true
		})
	}
	return out
}
