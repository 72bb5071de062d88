package policy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// tree is the source of one module: every Go file outside testdata and nested modules, under any build constraint, and
// every text that words are searched in, nested modules and testdata included.
type tree struct {
	module string
	fset   *token.FileSet
	files  []*file         // sorted by path
	texts  []text          // sorted by path
	paths  map[string]bool // every file and folder that documents may link to
	broken []finding
}

// file is one parsed Go file.
type file struct {
	*ast.File
	path     string // from the module's root, with slashes
	pkg      string // its folder; "." is the root package
	test     bool
	hostOnly bool // its build constraint cannot hold when TinyGo compiles
	lines    int
}

// text is the content of one project text.
type text struct{ path, content string }

// finding is one objection of one rule. Line 0 means the whole file.
type finding struct {
	path string
	line int
	msg  string
}

func (f finding) String() string {
	if f.line == 0 {
		return f.path + ": " + f.msg
	}
	return fmt.Sprintf("%s:%d: %s", f.path, f.line, f.msg)
}

// find makes a finding at a node of a file.
func (t *tree) find(f *file, at ast.Node, format string, args ...any) finding {
	return finding{f.path, t.fset.Position(at.Pos()).Line, fmt.Sprintf(format, args...)}
}

// load reads a module from its root folder.
func load(root fs.FS) (*tree, error) {
	gomod, err := fs.ReadFile(root, "go.mod")
	if err != nil {
		return nil, err
	}
	t := &tree{fset: token.NewFileSet(), module: modulePath(gomod), paths: map[string]bool{}}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			// .ci is the one hidden folder that is ours; bin holds what make built, tapes what a sweep found.
			hidden := strings.HasPrefix(d.Name(), ".") && name != "." && name != ".ci"
			if hidden || name == "bin" || name == "tapes" {
				return fs.SkipDir
			}
			t.paths[name] = true
			return nil
		}
		t.paths[name] = true
		if !isText(name) {
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		t.texts = append(t.texts, text{name, string(src)})
		if strings.HasSuffix(name, ".go") && !outside(root, name) {
			t.parse(name, src)
		}
		return nil
	})
	return t, err
}

// isText reports whether a file is one of the project's texts.
func isText(name string) bool {
	return strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".md") ||
		path.Base(name) == "Makefile" || name == ".ci/run"
}

// outside reports whether a Go file belongs to a nested module or to test data, which the go command does not build.
func outside(root fs.FS, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		base := path.Base(dir)
		if base == "testdata" || strings.HasPrefix(base, "_") {
			return true
		}
		if _, err := fs.Stat(root, dir+"/go.mod"); err == nil {
			return true
		}
	}
	return false
}

func (t *tree) parse(name string, src []byte) {
	parsed, err := parser.ParseFile(t.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.broken = append(t.broken, finding{name, 0, "does not parse: " + err.Error()})
		return
	}
	t.files = append(t.files, &file{
		File:     parsed,
		path:     name,
		pkg:      path.Dir(name),
		test:     strings.HasSuffix(name, "_test.go"),
		hostOnly: hostOnly(parsed),
		lines:    bytes.Count(src, []byte("\n")),
	})
}

// hostOnly reports whether the file's build constraint is false under every set of tags that contains tinygo.
func hostOnly(f *ast.File) bool {
	for _, group := range f.Comments {
		if group.Pos() > f.Package {
			return false
		}
		for _, c := range group.List {
			if constraint.IsGoBuild(c.Text) {
				expr, err := constraint.Parse(c.Text)
				return err == nil && !possible(expr, map[string]bool{"tinygo": true})
			}
		}
	}
	return false
}

// possible reports whether some assignment to the tags that are not fixed yet makes the constraint true. It tries them
// all: constraints have few tags.
func possible(expr constraint.Expr, fixed map[string]bool) bool {
	var free string
	holds := expr.Eval(func(tag string) bool {
		value, ok := fixed[tag]
		if !ok && free == "" {
			free = tag
		}
		return value
	})
	if holds || free == "" {
		return holds
	}
	defer delete(fixed, free)
	for _, value := range []bool{false, true} {
		fixed[free] = value
		if possible(expr, fixed) {
			return true
		}
	}
	return false
}

func modulePath(gomod []byte) string {
	for line := range strings.Lines(string(gomod)) {
		if rest, ok := strings.CutPrefix(line, "module "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// own returns the package that an import path means if it belongs to the module: its folder, "." for the root.
func (t *tree) own(importPath string) (pkg string, ok bool) {
	if importPath == t.module {
		return ".", true
	}
	return strings.CutPrefix(importPath, t.module+"/")
}

// importOf returns the import path of a spec. The parser has checked that it is a string literal.
func importOf(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		panic("policy: an import path that is no string")
	}
	return p
}

// matches reports whether a path is one of the patterns. The pattern "a/..." means a and everything below it, "..." means
// everything.
func matches(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, tree := strings.CutSuffix(pattern, "/...")
		return p == prefix || pattern == "..." || tree && strings.HasPrefix(p, prefix+"/")
	})
}

// repository loads the module that this package belongs to.
func repository(t *testing.T) *tree {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the working directory")
		}
		dir = up
	}
	tr, err := load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.files) == 0 || tr.module == "" {
		t.Fatalf("%s: found no Go files", dir)
	}
	return tr
}

// source makes a tree of files in memory: path to content.
func source(t *testing.T, files map[string]string) *tree {
	t.Helper()
	root := fstest.MapFS{"go.mod": {Data: []byte("module example.com/m\n\ngo 1.26\n")}}
	for name, content := range files {
		root[name] = &fstest.MapFile{Data: []byte(content)}
	}
	tr, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestLoadLeavesOutWhatTheGoCommandLeavesOut(t *testing.T) {
	tr := source(t, map[string]string{
		"root.go":                   "package m\n",
		"a/a.go":                    "package a\n",
		"a/a_test.go":               "package a\n",
		"a/testdata/bad/bad.go":     "package bad\n",
		"internal/tools/go.mod":     "module example.com/m/internal/tools\n",
		"internal/tools/sub/sub.go": "package sub\n",
		"_scratch/x.go":             "package x\n",
		".git/x.go":                 "package x\n",
		"bin/x.go":                  "package x\n",
		"notes.txt":                 "not a project text",
		"README.md":                 "a text",
		".ci/run":                   "a text",
		"Makefile":                  "a text",
	})
	var files, texts []string
	for _, f := range tr.files {
		files = append(files, f.path)
	}
	for _, x := range tr.texts {
		texts = append(texts, x.path)
	}
	if want := []string{"a/a.go", "a/a_test.go", "root.go"}; !slices.Equal(files, want) {
		t.Errorf("Go files: got %q, want %q", files, want)
	}
	want := []string{
		".ci/run", "Makefile", "README.md", "_scratch/x.go", "a/a.go", "a/a_test.go", "a/testdata/bad/bad.go",
		"internal/tools/sub/sub.go", "root.go",
	}
	if !slices.Equal(texts, want) {
		t.Errorf("texts: got %q, want %q", texts, want)
	}
}

func TestHostOnlyMeansNeverUnderTinyGo(t *testing.T) {
	for line, want := range map[string]bool{
		"":                                   false,
		"//go:build !tinygo":                 true,
		"//go:build linux && !tinygo":        true,
		"//go:build !(tinygo || js)":         true,
		"//go:build tinygo":                  false,
		"//go:build linux":                   false,
		"//go:build linux || !tinygo":        false,
		"//go:build !linux && (js || arm)":   false,
		"//go:build race && linux && !linux": true,
	} {
		tr := source(t, map[string]string{"x.go": line + "\n\npackage m\n"})
		if got := tr.files[0].hostOnly; got != want {
			t.Errorf("%q: host only: got %v, want %v", line, got, want)
		}
	}
}
