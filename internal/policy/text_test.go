package policy

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// Limits on size. The house style asks to look again at a file of 500 lines and a function of 70; here is where looking
// again is no longer enough.
const (
	fileLinesMax = 600
	funcLinesMax = 100
)

// checkSizes objects to long files and functions, tests included. Generated files may have any size.
func checkSizes(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		if ast.IsGenerated(f.File) {
			continue
		}
		if f.lines > fileLinesMax {
			out = append(out, finding{f.path, 0, fmt.Sprintf(
				"a file of %d lines is banned here because nobody reads more than %d in one go, use one file per idea", f.lines, fileLinesMax)})
		}
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := t.fset.Position(fn.End()).Line - t.fset.Position(fn.Pos()).Line + 1
			if lines > funcLinesMax {
				out = append(out, t.find(f, fn, "a function of %d lines (%s) is banned here because nobody can hold more than %d in mind, use smaller ones",
					lines, fn.Name.Name, funcLinesMax))
			}
		}
	}
	return out
}

// checkPackageDocs wants a comment on every package. Where there are only tests, one of them has it.
func checkPackageDocs(t *tree) []finding {
	type state struct {
		first      *file
		documented bool
		hasCode    bool
	}
	pkgs := map[string]*state{}
	var order []string
	for _, f := range t.files {
		s := pkgs[f.pkg]
		if s == nil {
			s = &state{first: f}
			pkgs[f.pkg] = s
			order = append(order, f.pkg)
		}
		if !f.test && !s.hasCode {
			*s = state{first: f, hasCode: true} // from here on only files that are not tests count
		}
		if f.test == s.hasCode {
			continue
		}
		name := f.Name.Name
		s.documented = s.documented || strings.HasPrefix(f.Doc.Text(), "Package "+name+" ") || name == "main" && f.Doc != nil
	}
	var out []finding
	for _, pkg := range order {
		if s := pkgs[pkg]; !s.documented {
			out = append(out, finding{s.first.path, 0, fmt.Sprintf(
				"package %s has no comment: start one with \"Package %s ...\" above a package clause", pkg, s.first.Name.Name)})
		}
	}
	return out
}

// checkDocs wants a doc comment on every exported name of files that are not tests: types, functions, methods of exported
// types, and constants and variables. The names of one group may share the group's comment.
func checkDocs(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		if f.test || ast.IsGenerated(f.File) {
			continue
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				recv := receiver(d)
				if d.Doc == nil && d.Name.IsExported() && (recv == "" || ast.IsExported(recv)) {
					out = append(out, t.undocumented(f, d.Name, strings.TrimPrefix(recv+"."+d.Name.Name, ".")))
				}
			case *ast.GenDecl:
				out = append(out, t.checkGroup(f, d)...)
			}
		}
	}
	return out
}

// checkGroup looks at one declaration of types, constants or variables.
func (t *tree) checkGroup(f *file, d *ast.GenDecl) []finding {
	var out []finding
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.Doc == nil && (d.Doc == nil || d.Lparen.IsValid()) {
				out = append(out, t.undocumented(f, s.Name, s.Name.Name))
			}
		case *ast.ValueSpec:
			if d.Doc != nil || s.Doc != nil || s.Comment != nil && d.Tok == token.CONST {
				continue
			}
			for _, name := range s.Names {
				if name.IsExported() {
					out = append(out, t.undocumented(f, name, name.Name))
				}
			}
		}
	}
	return out
}

func (t *tree) undocumented(f *file, at ast.Node, name string) finding {
	return t.find(f, at, "%s has no doc comment: say what it guarantees, in which units and ranges, and who may call it", name)
}

// receiver returns the name of a method's type, or "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	typ := d.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.ParenExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// words are what no text of the project contains: a path of one machine helps nobody else. They are written in two parts so
// that this file does not contain them.
var words = []ban{
	{"sub" + "agent", "the text is about the code, not about how it was made", "nothing"},
	{"/wo" + "rk/", "it is a folder of one machine", "a path from the root of the repository"},
	{"/tmp/" + "bash", "it is a folder of one machine", "a path from the root of the repository"},
	{"sha" + "red/", "it is a folder outside of the repository", "a document of the repository (for a lock: \"shared or\")"},
}

// checkWords searches all texts for the words, whatever their case.
func checkWords(t *tree) []finding {
	var out []finding
	for _, x := range t.texts {
		n := 0
		for line := range strings.Lines(x.content) {
			n++
			for _, w := range words {
				if strings.Contains(strings.ToLower(line), w.what) {
					b := w
					b.what = fmt.Sprintf("%q", w.what)
					out = append(out, finding{x.path, n, b.text()})
				}
			}
		}
	}
	return out
}
