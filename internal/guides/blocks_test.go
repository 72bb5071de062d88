package guides

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// block is one fenced block of a document that can be run, with what it must print.
type block struct {
	doc   string // path from the root of the module
	line  int    // of its first line of text
	lang  string
	words []string // behind the language
	parts []part   // more than one if blocks before it are parts of it
	want  string
	shown bool // there is a block with what it prints
}

// part is the text of one block, and where it is.
type part struct {
	text string
	line int
}

// name identifies the block in the output of tests.
func (b *block) name() string { return fmt.Sprintf("line %d", b.line) }

// value returns what stands behind "key=" in the block's words.
func (b *block) value(key string) string {
	for _, w := range b.words {
		if v, ok := strings.CutPrefix(w, key+"="); ok {
			return v
		}
	}
	return ""
}

// text returns all of the block.
func (b *block) text() string {
	var all strings.Builder
	for _, p := range b.parts {
		all.WriteString(p.text)
	}
	return all.String()
}

// fence is one fenced block as it is in the document.
type fence struct {
	info []string
	part
}

// fences splits a document.
func fences(content string) ([]fence, error) {
	var out []fence
	line, open := 0, false
	for text := range strings.Lines(content) {
		line++
		info, ok := strings.CutPrefix(text, "```")
		switch {
		case ok && open && strings.TrimSpace(info) != "":
			return nil, fmt.Errorf("line %d: a block ends with %q", line, strings.TrimSpace(text))
		case ok && open:
			open = false
		case ok:
			open = true
			out = append(out, fence{strings.Fields(info), part{line: line + 1}})
		case open:
			out[len(out)-1].text += text
		case strings.Contains(text, "```"):
			return nil, fmt.Errorf("line %d: a fence that is indented", line)
		}
	}
	if open {
		return nil, fmt.Errorf("line %d: a block has no end", line)
	}
	return out, nil
}

// blocks reads what a document has to run.
func blocks(doc, content string) ([]*block, error) {
	all, err := fences(content)
	if err != nil {
		return nil, err
	}
	var out []*block
	var parts, prelude []part
	preludes := 0 // how many blocks have used it
	for i, f := range all {
		lang := ""
		if len(f.info) > 0 {
			lang = f.info[0]
		}
		switch lang {
		case "":
			if !strings.ContainsAny(f.text, "│─▶") {
				return nil, fmt.Errorf("line %d: a block without a language, which is no picture", f.line)
			}
		case "text":
			if i == 0 || len(out) == 0 || out[len(out)-1].line != all[i-1].line {
				return nil, fmt.Errorf("line %d: nothing before this text could print it", f.line)
			}
			b := out[len(out)-1]
			b.want, b.shown = f.text, true
		case "go", "sh":
			if slices.Contains(f.info, "prelude") {
				prelude = []part{f.part}
				continue
			}
			parts = append(parts, f.part)
			switch {
			case lang == "sh" || whole(f.text):
			case prelude != nil:
				parts = slices.Concat(prelude, parts)
				preludes++
			default:
				continue
			}
			out = append(out, &block{doc: doc, line: f.line, lang: lang, words: f.info[1:], parts: parts})
			parts = nil
		default:
			return nil, fmt.Errorf("line %d: got the language %q, want go, sh, text or none", f.line, lang)
		}
	}
	if prelude != nil && preludes == 0 {
		return nil, fmt.Errorf("line %d: a prelude of nothing", prelude[0].line)
	}
	if len(parts) > 0 {
		return nil, fmt.Errorf("line %d: a block that is no program and no test, and none comes after it", parts[0].line)
	}
	return out, nil
}

// whole reports whether a block in Go is a program or a test.
func whole(text string) bool {
	return strings.Contains("\n"+text, "\nfunc main()") || isTest(text)
}

func isTest(text string) bool {
	return strings.Contains("\n"+text, "\nfunc Test") || strings.Contains("\n"+text, "\nfunc Example")
}

// isFirmware reports whether a program is for a board.
func isFirmware(text string) bool { return strings.Contains(text, "cortexm.") }

// elsewhere are blocks that another test runs, by a text that is in them or in what they print.
var elsewhere = []struct{ doc, text, test string }{
	{"README.md", "git clone", "cmd/simrun.TestScripts"}, // the second command; the first one needs a network
	{"README.md", "schedules  faults  result", "cmd/simrun.TestScripts"},
	{"README.md", "property violated", "cmd/simrun.TestScripts"},
	{"README.md", ".toolchain/bin/tinygo build", "examples.TestBlinky"},
}

// formats are documents whose blocks are pieces of a trace, of which internal/trace has golden files.
var formats = []string{"docs/TRACE.md"}

// root is the root of the module.
var root = filepath.Join("..", "..")

// documents reads the blocks of all documents.
func documents(t *testing.T) map[string][]*block {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no documents", err)
	}
	all := map[string][]*block{}
	for _, path := range append(paths, filepath.Join(root, "README.md")) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		doc := filepath.ToSlash(rel)
		if slices.Contains(formats, doc) {
			continue
		}
		bs, err := blocks(doc, string(content))
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		all[doc] = slices.DeleteFunc(bs, ranElsewhere)
	}
	return all
}

func ranElsewhere(b *block) bool {
	for _, e := range elsewhere {
		if e.doc == b.doc && (strings.Contains(b.text(), e.text) || strings.Contains(b.want, e.text)) {
			return true
		}
	}
	return false
}

// What is said to be run elsewhere is, and is still there.
func TestElsewhere(t *testing.T) {
	for _, e := range elsewhere {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.doc)))
		if err != nil || !strings.Contains(string(content), e.text) {
			t.Errorf("%s has no %q: %v", e.doc, e.text, err)
		}
		folder, name, _ := strings.Cut(e.test, ".")
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(files, func(file string) bool {
			src, err := os.ReadFile(file)
			return err == nil && strings.Contains(string(src), "\nfunc "+name+"(t *testing.T)")
		}) {
			t.Errorf("there is no test %s", e.test)
		}
	}
}

// Every mistake in the form of a document is named, because what is not recognised would not be tested.
func TestBadDocuments(t *testing.T) {
	const program = "```go\nfunc main() {}\n```\n"
	for _, c := range []struct{ content, want string }{
		{"```\ngo run .\n```\n", "line 2: a block without a language"},
		{"```bash\nls\n```\n", `line 2: got the language "bash"`},
		{"```text\nx\n```\n", "line 2: nothing before this text"},
		{program + "```text\nx\n```\n```text\ny\n```\n", "line 8: nothing before this text"},
		{program + "```\n│\n```\n```text\nx\n```\n", "line 8: nothing before this text"},
		{"```go\nfunc f() {}\n```\n", "line 2: a block that is no program and no test"},
		{"```go prelude\nfunc main() {}\n```\n" + program, "line 2: a prelude of nothing"},
		{"```go\nfunc main() {}\n", "line 2: a block has no end"},
		{"```go\nfunc main() {}\n``` x\n", "line 3: a block ends with"},
		{"- a\n\n  ```go\n", "line 3: a fence that is indented"},
	} {
		if _, err := blocks("a.md", c.content); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.content, err, c.want)
		}
	}
}

// Parts are put before the program that comes after them, and texts belong to what they follow.
func TestGoodDocument(t *testing.T) {
	bs, err := blocks("a.md", "```go\nfunc f() {}\n```\n```go board=x\nfunc main() {}\n```\n\nprints\n\n```text\ny\n```\n```sh\nls\n```\n")
	if err != nil || len(bs) != 2 {
		t.Fatalf("got %d blocks and %v, want 2", len(bs), err)
	}
	if b := bs[0]; b.text() != "func f() {}\nfunc main() {}\n" || b.want != "y\n" || !b.shown || b.line != 5 || b.value("board") != "x" {
		t.Errorf("got %+v", b)
	}
	if b := bs[1]; b.lang != "sh" || b.shown || b.text() != "ls\n" {
		t.Errorf("got %+v", b)
	}
	bs, err = blocks("a.md", "```go prelude\nfunc main() { f() }\n```\n```go\nfunc f() {}\n```\n```go\nfunc f() { }\n```\n")
	if err != nil || len(bs) != 2 || bs[1].text() != "func main() { f() }\nfunc f() { }\n" || bs[1].line != 8 {
		t.Errorf("got %d blocks and %v, want 2 with a prelude", len(bs), err)
	}
	src, err := (&block{doc: "a.md", line: 7, parts: []part{{"func main() {\n\tfmt.Println(vclock.Second, t.x)\n}\n", 7}}}).source("b0")
	want := "package b0\nimport \"fmt\"\nimport \"github.com/tripoint-go/tripoint/vclock\"\n//line a.md:7\nfunc main() {\n\tfmt.Println(vclock.Second, t.x)\n}\n"
	if err != nil || src != want {
		t.Errorf("got %v and\n%s\nwant\n%s", err, src, want)
	}
}
