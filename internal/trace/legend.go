package trace

import (
	"fmt"
	"strings"

	"github.com/tripoint-go/tripoint/backend"
)

// LegendMarkdown returns the tables of event kinds and field types for docs/TRACE.md.
func LegendMarkdown() string {
	var b strings.Builder
	emphasis := strings.NewReplacer("{", "*", "}", "*")
	b.WriteString("### Event kinds\n\n| No. | Event | Meaning |\n|---|---|---|\n")
	for i := range kinds {
		k := &kinds[i]
		if backend.EventKind(i) == backend.EvInvalid {
			continue
		}
		fields := make([]string, len(k.Fields))
		for j, f := range k.Fields {
			fields[j] = f.Name + ": " + f.Type.Name
			if f.Name == f.Type.Name || f.Type == asNumber {
				fields[j] = f.Name
			}
		}
		meaning := emphasis.Replace(k.Say)
		if k.Doc != "" {
			meaning += " · " + k.Doc
		}
		fmt.Fprintf(&b, "| %d | `%s(%s)` | %s |\n", i, k.Name, strings.Join(fields, ", "), meaning)
	}
	b.WriteString("\n### Field types\n\n| Type | Written as | JSONL |\n|---|---|---|\n")
	for _, t := range fieldTypes() {
		doc := t.Doc
		if len(t.Values) > 0 {
			values := make([]string, len(t.Values))
			for i, v := range t.Values {
				values[i] = fmt.Sprintf("`%s` %d", v.Text, v.V)
			}
			doc = strings.Join(values, ", ") + "; " + doc
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", t.Name, doc, [...]string{"number", "string", "string", "string"}[t.json])
	}
	return b.String()
}

// fieldTypes returns every type that the table uses, in the order of first use.
func fieldTypes() []*FieldType {
	var types []*FieldType
	seen := map[*FieldType]bool{}
	for i := range kinds {
		for _, f := range kinds[i].Fields {
			if !seen[f.Type] {
				seen[f.Type] = true
				types = append(types, f.Type)
			}
		}
	}
	return types
}
