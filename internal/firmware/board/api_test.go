package board

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/internal/firmware"
)

// apiPackages is what a firmware may use.
var apiPackages = []string{"vclock", "backend", "backend/cortexm", "backend/cortexm/semihost", "sched", "sched/flow", "sched/tsync", "service"}

const apiFolder = "internal/firmware/fw/api"

// parsed returns the files of a folder that belong to a firmware for the first board.
func parsed(t *testing.T, root, folder string) []*ast.File {
	t.Helper()
	match := build.Default
	match.GOOS, match.GOARCH, match.CgoEnabled = "linux", "arm", true
	match.BuildTags = []string{"tinygo", "cortexm", "baremetal", firmware.Boards()[0].Tag}
	dir := filepath.Join(root, filepath.FromSlash(folder))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		if ok, err := match.MatchFile(dir, e.Name()); err != nil {
			t.Fatal(err)
		} else if !ok {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// exported returns the names of a package's exported types and functions, and of its exported types' methods: "sched.Task",
// "sched.Task.Sleep".
func exported(pkg string, files []*ast.File) []string {
	var out []string
	for _, f := range files {
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = typeName(d.Recv.List[0].Type) + "." + name
				}
				if ast.IsExported(name) && d.Name.IsExported() {
					out = append(out, pkg+"."+name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() {
						out = append(out, pkg+"."+ts.Name.Name)
					}
				}
			}
		}
	}
	return out
}

// typeName is the name in a type such as *T, (*T), T[A] or pkg.T.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return typeName(e.X)
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		if x := typeName(e.X); x != "" {
			return x + "." + e.Sel.Name
		}
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// mentioned returns what files refer to, in the form of exported: methods as method expressions.
func mentioned(files []*ast.File) map[string]bool {
	out := map[string]bool{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				out[typeName(s)] = true
			}
			return true
		})
	}
	return out
}

// Everything that a firmware may use is in fw/api.
func TestAPIIsComplete(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	have := mentioned(parsed(t, root, apiFolder))
	n := 0
	for _, pkg := range apiPackages {
		for _, name := range exported(path.Base(pkg), parsed(t, root, pkg)) {
			n++
			if !have[name] {
				t.Errorf("%s does not refer to %s", apiFolder, name)
			}
		}
	}
	if n < 300 {
		t.Errorf("got %d exported names, want the whole API", n)
	}
}

// What fw/api refers to links on every board without a heap, and without traces.
func TestAPILinks(t *testing.T) {
	boards := firmware.Boards()
	for _, b := range boards {
		t.Run(b.Name, func(t *testing.T) {
			run(t, firmware.Firmware{Package: "./" + apiFolder, Board: b}, firmware.Options{}, 0)
		})
	}
	t.Run("notrace", func(t *testing.T) {
		run(t, firmware.Firmware{Package: "./" + apiFolder, Board: boards[0], Tags: []string{"notrace"}}, firmware.Options{}, 0)
	})
}

// One allocation anywhere in it does not link, and the error says where it is.
func TestAPIWithAnAllocation(t *testing.T) {
	tc := toolchain(t)
	const file, line = "sched/task.go", "func (t *Task) Hold() { t.held++ }"
	source, err := os.ReadFile(filepath.Join(tc.Root(), filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(source), line)
	if !found {
		t.Fatalf("%s has no line %q", file, line)
	}
	_, err = tc.Build(t.Context(), firmware.Firmware{
		Package: "./" + apiFolder, Board: firmware.Boards()[0],
		Overlay: map[string]string{file: before + "func (t *Task) Hold() { t.held++; t.Arg = new(Task) }" + after},
	})
	for _, want := range []string{"runtime.alloc", fmt.Sprintf("%s:%d", file, 1+strings.Count(before, "\n"))} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got the error %v, want one with %s", err, want)
		}
	}
}
