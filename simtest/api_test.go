package simtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// listed returns the lines of the lists in the doc comment of a type: code, without the remarks. A line without a remark is
// an error.
func listed(t *testing.T, name string) []string {
	file, err := parser.ParseFile(token.NewFileSet(), "api.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.TYPE && d.Specs[0].(*ast.TypeSpec).Name.Name == name {
			for line := range strings.Lines(d.Doc.Text()) {
				if !strings.HasPrefix(line, "\t") {
					continue
				}
				code, remark, _ := strings.Cut(line, "//")
				if strings.TrimSpace(remark) == "" {
					t.Errorf("%s: no remark in %q", name, line)
				}
				out = append(out, strings.TrimSpace(code))
			}
		}
	}
	return out
}

// plain writes the parameters of a method, or the type of a field, without names.
func plain(t *testing.T, text string) string {
	expr, err := parser.ParseExpr(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	ast.Inspect(expr, func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncType); ok {
			for _, list := range []*ast.FieldList{f.Params, f.Results} {
				if list == nil {
					continue
				}
				var fields []*ast.Field
				for _, field := range list.List {
					for range max(1, len(field.Names)) {
						fields = append(fields, &ast.Field{Type: field.Type})
					}
				}
				list.List = fields
			}
		}
		return true
	})
	return types.ExprString(expr)
}

// What go doc shows of World and Config is what they have: all fields, all methods, and their types.
func TestDocListsTheAPI(t *testing.T) {
	world, config := reflect.TypeFor[World](), reflect.TypeFor[Config]()
	var want []string
	fields := func(typ reflect.Type) {
		for f := range typ.Fields() {
			if f.IsExported() {
				want = append(want, f.Name+" "+plain(t, f.Type.String()))
			}
		}
	}
	check := func(name string) {
		var got []string
		for _, line := range listed(t, name) {
			at := strings.IndexAny(line, " (")
			if at < 0 {
				t.Fatalf("%s: no type in %q", name, line)
			}
			text := strings.TrimSpace(line[at:])
			if line[at] == '(' {
				text = "func" + text
			}
			got = append(got, line[:at]+" "+plain(t, text))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is documented with\n%s\nand has\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		want = nil
	}
	fields(world)
	for m := range reflect.PointerTo(world).Methods() {
		params := []string{}
		for i := 1; i < m.Type.NumIn(); i++ {
			p := m.Type.In(i).String()
			if m.Type.IsVariadic() && i == m.Type.NumIn()-1 {
				p = "..." + m.Type.In(i).Elem().String()
			}
			params = append(params, p)
		}
		text := fmt.Sprintf("func(%s)", strings.Join(params, ", "))
		if m.Type.NumOut() == 1 {
			text += " " + m.Type.Out(0).String()
		}
		text = strings.ReplaceAll(text, "interface {}", "any")
		want = append(want, m.Name+" "+plain(t, text))
	}
	check("World")
	fields(config)
	check("Config")
}
