package policy

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// names is what documents may name: the exported names of the packages that people import, and all tests.
type names struct {
	pkgs    map[string]map[string]*member // by package name, the root's being that of its package clause
	tests   map[string]bool               // "sched/tsync.TestModelMutex"; of the root "tripoint.TestMain"
	strings map[string]bool               // string literals of scenarios/portable: the names of its programs are among them
	ids     map[string]bool               // string literals of internal/spec: the invariants that have monitors are among them
}

// member is one exported name of a package: with the names of its fields and methods if it is a type.
type member struct {
	has   map[string]bool
	embed []string // embedded types: "JoinHandle", or "explore.World" for what an alias stands for
}

// collect makes the index of a tree.
func collect(t *tree) *names {
	n := &names{pkgs: map[string]map[string]*member{}, tests: map[string]bool{}, strings: map[string]bool{}, ids: map[string]bool{}}
	for _, f := range t.files {
		if f.test {
			n.collectTests(f)
			continue
		}
		switch f.pkg {
		case "scenarios/portable":
			literals(f, n.strings)
		case "internal/spec":
			literals(f, n.ids)
		}
		if matches([]string{"internal/firmware/..."}, f.pkg) || f.Name.Name == "main" {
			continue
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if recv := receiver(d); recv != "" {
					n.at(f.Name.Name, recv).has[d.Name.Name] = true
				} else {
					n.at(f.Name.Name, d.Name.Name)
				}
			case *ast.GenDecl:
				n.collectGroup(f.Name.Name, d)
			}
		}
	}
	return n
}

// literals adds the texts of a file's string literals.
func literals(f *file, to map[string]bool) {
	ast.Inspect(f.File, func(node ast.Node) bool {
		if lit, ok := node.(*ast.BasicLit); ok {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				to[s] = true
			}
		}
		return true
	})
}

// at returns the member of that name, which exists from then on.
func (n *names) at(pkg, name string) *member {
	if n.pkgs[pkg] == nil {
		n.pkgs[pkg] = map[string]*member{}
	}
	if n.pkgs[pkg][name] == nil {
		n.pkgs[pkg][name] = &member{has: map[string]bool{}}
	}
	return n.pkgs[pkg][name]
}

func (n *names) collectGroup(pkg string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.ValueSpec:
			for _, name := range s.Names {
				n.at(pkg, name.Name)
			}
		case *ast.TypeSpec:
			m := n.at(pkg, s.Name.Name)
			fields := &ast.FieldList{}
			switch x := s.Type.(type) {
			case *ast.StructType:
				fields = x.Fields
			case *ast.InterfaceType:
				fields = x.Methods
			default:
				if s.Assign.IsValid() {
					m.embed = append(m.embed, typeName(s.Type))
				}
			}
			for _, field := range fields.List {
				for _, name := range field.Names {
					m.has[name.Name] = true
				}
				if len(field.Names) == 0 {
					m.embed = append(m.embed, typeName(field.Type))
				}
			}
		}
	}
}

// typeName returns "T" or "pkg.T" for a type of that name, "" for others.
func typeName(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.StarExpr:
		return typeName(x.X)
	case *ast.IndexExpr:
		return typeName(x.X)
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return typeName(x.X) + "." + x.Sel.Name
	}
	return ""
}

func (n *names) collectTests(f *file) {
	pkg := f.pkg
	if pkg == "." {
		pkg = strings.TrimSuffix(f.Name.Name, "_test")
	}
	for _, decl := range f.Decls {
		if d, ok := decl.(*ast.FuncDecl); ok && d.Recv == nil && testName.MatchString(d.Name.Name) {
			n.tests[pkg+"."+d.Name.Name] = true
		}
	}
}

var (
	testName = regexp.MustCompile(`^(Test|Example|Fuzz|Benchmark)(\P{Ll}|$)`)
	// qualified finds "sched.Spawn", "tsync.Mutex.Lock" and "sched/tsync.TestModelMutex".
	qualified = regexp.MustCompile(`(?:^|[^\w./"])((?:[a-z][a-z0-9]*/)*[a-z][a-z0-9]*)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)
)

// missing says in a few words what is wrong with a name that a document uses, "" if nothing is.
func (n *names) missing(pkg, name, sub string) string {
	if testName.MatchString(name) && sub == "" && !(n.pkgs[pkg] != nil && n.pkgs[pkg][name] != nil) {
		if !n.tests[pkg+"."+name] {
			return fmt.Sprintf("there is no test %s in %s", name, pkg)
		}
		return ""
	}
	if n.pkgs[pkg] == nil {
		return "there is no package " + pkg
	}
	if n.pkgs[pkg][name] == nil {
		return fmt.Sprintf("there is no %s.%s", pkg, name)
	}
	if sub != "" && !n.has(pkg, name, sub) {
		return fmt.Sprintf("%s.%s has no %s", pkg, name, sub)
	}
	return ""
}

// has reports whether a type has a field or a method, also by embedding or through an alias.
func (n *names) has(pkg, name, sub string) bool {
	m := n.pkgs[pkg][name]
	return m != nil && (m.has[sub] || slices.ContainsFunc(m.embed, func(typ string) bool {
		if other, name, ok := strings.Cut(typ, "."); ok {
			return n.has(other, name, sub)
		}
		return typ != name && n.has(pkg, typ, sub)
	}))
}

// strict are the documents in which every qualified name is one of ours, or one of these packages of others.
var (
	strict  = []string{"docs/FEATURES.md", "docs/coming-from.md"}
	foreign = []string{"atomic", "bufio", "context", "errgroup", "errors", "net", "os", "rapid", "runtime", "signal", "sync", "testing", "time"}
)

// checkDocNames wants the Go names in the code spans of every document to exist. Where the text before the dot is no package of
// ours it may be a variable, but not in the strict documents. The changelog tells of the past.
func checkDocNames(t *tree) []finding {
	var out []finding
	index := collect(t)
	for _, x := range t.texts {
		if !strings.HasSuffix(x.path, ".md") || x.path == "CHANGELOG.md" {
			continue
		}
		for _, s := range spans(x.content) {
			for _, m := range qualified.FindAllStringSubmatch(s.text, -1) {
				known := index.pkgs[m[1]] != nil || strings.Contains(m[1], "/")
				if slices.Contains(foreign, m[1]) || !known && !slices.Contains(strict, x.path) {
					continue
				}
				if why := index.missing(m[1], m[2], m[3]); why != "" {
					out = append(out, finding{x.path, s.line, fmt.Sprintf("`%s`: %s", s.text, why)})
				}
			}
		}
	}
	return out
}

// span is a piece of a document: a line, or inline code.
type span struct {
	text string
	line int
}

var code = regexp.MustCompile("`([^`\n]+)`")

// spans returns the inline code of a document, without that in its code blocks.
func spans(content string) []span {
	var out []span
	for _, l := range prose(content) {
		for _, m := range code.FindAllStringSubmatch(l.text, -1) {
			out = append(out, span{m[1], l.line})
		}
	}
	return out
}
