package guides

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/tripoint-go/tripoint"

// imports are the packages that a block may use without importing them, by their names.
var imports = func() map[string]string {
	out := map[string]string{
		"tripoint": modulePath, "flow": modulePath + "/sched/flow", "tsync": modulePath + "/sched/tsync", "cortexm": modulePath + "/backend/cortexm",
		"semihost": modulePath + "/backend/cortexm/semihost", "sim": modulePath + "/backend/sim", "uring": modulePath + "/backend/uring",
	}
	for _, name := range []string{"aio", "backend", "sched", "service", "signals", "simtest", "vclock"} {
		out[name] = modulePath + "/" + name
	}
	for _, p := range []string{"errors", "fmt", "io", "net", "os", "os/signal", "strings", "syscall", "testing", "time"} {
		out[path.Base(p)] = p
	}
	return out
}()

// source makes a Go file of a block: in the given package, with the imports that it needs, and with line numbers that are those of
// the document.
func (b *block) source(pkg string) (string, error) {
	text := b.text()
	own := strings.HasPrefix(text, "package ")
	head := "package " + pkg + "; "
	if own {
		head = ""
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, b.doc, head+text, 0)
	if err != nil {
		return "", fmt.Errorf("%s:%d and after: %v", b.doc, b.line, err)
	}
	for _, p := range b.parts {
		formatted, err := format.Source([]byte(p.text))
		if err != nil {
			return "", fmt.Errorf("%s:%d: %v", b.doc, p.line, err)
		}
		if string(formatted) != p.text {
			return "", fmt.Errorf("%s:%d: not formatted, want\n%s", b.doc, p.line, formatted)
		}
	}
	if own {
		// The clause is the first line, so that what follows keeps its place.
		_, rest, _ := strings.Cut(text, "\n")
		return fmt.Sprintf("package %s\n//line %s:%d\n%s", pkg, b.doc, b.line+1, rest), nil
	}
	var out strings.Builder
	fmt.Fprintf(&out, "package %s\n", pkg)
	for _, p := range needed(f) {
		fmt.Fprintf(&out, "import %q\n", p)
	}
	for _, p := range b.parts {
		fmt.Fprintf(&out, "//line %s:%d\n%s", b.doc, p.line, p.text)
	}
	return out.String(), nil
}

// needed returns the import paths of the packages that a file uses and does not import.
func needed(f *ast.File) []string {
	free := map[*ast.Ident]bool{}
	for _, id := range f.Unresolved {
		free[id] = true
	}
	paths := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && free[id] && imports[id.Name] != "" {
				paths[imports[id.Name]] = true
			}
		}
		return true
	})
	return slices.Sorted(maps.Keys(paths))
}

// workshop is a module as a reader would have one, with all programs and tests of the documents.
type workshop struct{ dir string }

// newWorkshop makes the module, with nothing in it. It needs no network: what it requires is what this module does.
func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	w := &workshop{t.TempDir()}
	abs, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	gosum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(gomod), "module "+modulePath, "module example.com/reader", 1) +
		fmt.Sprintf("\nrequire %s v0.0.0\nreplace %s => %s\n", modulePath, modulePath, abs)
	w.write(t, "go.mod", text)
	w.write(t, "go.sum", string(gosum))
	return w
}

func (w *workshop) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// command runs in the module, without a network.
func (w *workshop) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = w.dir
	cmd.Env = append(environment(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	return cmd
}

func (w *workshop) run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := w.command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(append([]string{name}, args...), " "), err, out)
	}
}

// environment is that of the test, without what would choose other seeds for what it runs.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "TRIPOINT_") && !strings.HasPrefix(v, "TRIPOINT_REQUIRE=")
	})
}

// programs builds all programs of all documents into one file, because linking is what takes the time: func main of each becomes func
// Main of a package, and the main program calls the one that it is asked for. It returns the file, and the name of each block in it.
func (w *workshop) programs(t *testing.T, all []*block) (file string, names map[*block]string) {
	t.Helper()
	names = map[*block]string{}
	var imported, cases strings.Builder
	for i, b := range all {
		pkg := fmt.Sprintf("b%d", i)
		names[b] = pkg
		src, err := b.source(pkg)
		if err != nil {
			t.Fatal(err)
		}
		w.write(t, "programs/"+pkg+"/main.go", strings.Replace(src, "\nfunc main()", "\nfunc Main()", 1))
		fmt.Fprintf(&imported, "import %q\n", "example.com/reader/programs/"+pkg)
		fmt.Fprintf(&cases, "case %q: %s.Main()\n", pkg, pkg)
	}
	w.write(t, "programs/main.go", "package main\nimport \"os\"\n"+imported.String()+
		"func main() {\nname := os.Args[1]\nos.Args = os.Args[:1]\nswitch name {\n"+cases.String()+"default: panic(name)\n}\n}\n")
	file = filepath.Join(w.dir, "bin", "programs")
	w.run(t, "go", "build", "-o", file, "./programs")
	return file, names
}

// tests writes the tests of a document, each block into a file of one package, and builds them. It returns the file, and the folder
// of the package.
func (w *workshop) tests(t *testing.T, doc string, all []*block) (file, dir string) {
	t.Helper()
	pkg := strings.NewReplacer("-", "", ".", "").Replace(strings.ToLower(strings.TrimSuffix(path.Base(doc), ".md")))
	for i, b := range all {
		src, err := b.source(pkg)
		if err != nil {
			t.Fatal(err)
		}
		w.write(t, fmt.Sprintf("%s/b%d_test.go", pkg, i), src)
	}
	file = filepath.Join(w.dir, "bin", pkg+".test")
	w.run(t, "go", "test", "-c", "-o", file, "./"+pkg)
	return file, filepath.Join(w.dir, pkg)
}
