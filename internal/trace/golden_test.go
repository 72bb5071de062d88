package trace

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

var update = flag.Bool("rewrite", false, "renew golden files and the legend in docs/TRACE.md")

// readGolden returns the hand-written trace that the derived golden files come from.
func readGolden(t testing.TB) (text []byte, rec Recording) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "cancel.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if rec, err = ReadText(bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return text, rec
}

func compareGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale; run the test with -rewrite and review the diff. got:\n%s", file, got)
	}
}

// The text form is a fixed point: what the golden file says is what the printer writes.
func TestGoldenTextIsWhatThePrinterWrites(t *testing.T) {
	text, rec := readGolden(t)
	var got bytes.Buffer
	if err := WriteText(&got, rec); err != nil {
		t.Fatal(err)
	}
	mark := bytes.Index(text, []byte(textMark))
	if mark <= 0 || !bytes.Equal(text[mark:], got.Bytes()) {
		t.Errorf("got:\n%s\nwant the part of testdata/cancel.txt from %q on", got.Bytes(), textMark)
	}
}

func TestGoldenDerivedForms(t *testing.T) {
	_, rec := readGolden(t)
	var jsonl, chromeJSON, said bytes.Buffer
	if err := WriteJSONL(&jsonl, rec); err != nil {
		t.Fatal(err)
	}
	if err := WriteChrome(&chromeJSON, rec); err != nil {
		t.Fatal(err)
	}
	for i := range rec.Events {
		said.WriteString(Describe(&rec.Events[i], rec.Names) + "\n")
	}
	compareGolden(t, filepath.Join("testdata", "cancel.jsonl"), jsonl.Bytes())
	compareGolden(t, filepath.Join("testdata", "cancel.chrome.json"), chromeJSON.Bytes())
	compareGolden(t, filepath.Join("testdata", "cancel.describe.txt"), said.Bytes())
}

// Every kind has an entry, names are unique, sentences name only fields of their kind, and no field name collides with a
// column of JSONL.
func TestTableIsComplete(t *testing.T) {
	names := map[string]bool{}
	for k := backend.EvInvalid + 1; k < backend.EvKinds; k++ {
		kind := kindOf(k)
		if kind.Name == "" || kind.Say == "" || names[kind.Name] {
			t.Errorf("kind %d: name %q, sentence %q: missing or not unique", k, kind.Name, kind.Say)
		}
		names[kind.Name] = true
		if len(kind.Fields) > len(backend.Event{}.Args) {
			t.Errorf("%s has %d fields", kind.Name, len(kind.Fields))
		}
		for i, f := range kind.Fields {
			if j, _ := fieldOf(k, f.Name); j != i || f.Type == nil {
				t.Errorf("%s: field %q: twice or without type", kind.Name, f.Name)
			}
			if strings.Contains(" seq tau lane ev ", " "+f.Name+" ") {
				t.Errorf("%s: field %q is a column of JSONL", kind.Name, f.Name)
			}
		}
		_ = Describe(&backend.Event{Kind: k}, nil) // panics if a sentence names an unknown field
	}
	if kindByName("") != backend.EvInvalid {
		t.Error("the empty name is a kind")
	}
}

// The alphabet of the specification, spelled as it is there and in its order, and then what was added to it.
func TestKindNamesAreThoseOfTheSpecification(t *testing.T) {
	const want = "boot spawn poll+ poll- wake hatt hdrop cancelreq drop+ drop- joined cancelres panic fatal lend return " +
		"submit stall refuse ccl orphan cqe reap hopen hclose pos timer+ expire timer- irq swpend line+ line- link fire " +
		"unlink pass+ pass- acq rel enter leave poison unpoison put take bounce chan chclose cork notify set get scope+ " +
		"member scopeclose scope- bjoin tok+ tok- trigger signal won svc svcdep svcsee choice idle rootdone stopacc gate " +
		"frozen stalled exit lost tokin lap want lower cond bfail svcall"
	var got []string
	for _, k := range Legend()[1:] {
		got = append(got, k.Name)
	}
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

// The legend of docs/TRACE.md is what the table says.
func TestLegendIsCurrent(t *testing.T) {
	const begin, end = "<!-- legend: begin -->\n", "<!-- legend: end -->\n"
	file := filepath.Join("..", "..", "docs", "TRACE.md")
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(old), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no legend marks", file)
	}
	compareGolden(t, file, []byte(head+begin+"\n"+LegendMarkdown()+"\n"+end+tail))
}
