package chaos

import (
	"bytes"
	"compress/gzip"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/backend"
)

var rewrite = flag.Bool("rewrite", false, "write the golden tape anew")

// goldenRun is a fixed program under a fixed seed. Its tape is testdata/golden.simtape.
func goldenRun(t *testing.T) *Recording {
	r, err := ParseStrategy("pct:3")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := ParsePlan("disk.eio=1/4,ring.short=1/2", sites())
	if err != nil {
		t.Fatal(err)
	}
	e := NewExplorer(r, plan, Options{StepsEstimate: 12})
	e.Reset(20)
	var tape Tape
	tape.Record(e)
	tape.Choose(backend.ChoiceWork, 0, 8)
	for slot := uint32(1); slot <= 4; slot++ {
		tape.Spawned(slot)
	}
	for step := range 12 {
		tape.Pick(slots(2 + step%3))
		tape.Choose(backend.ChoiceFault, 1, 2)
		tape.Choose(backend.ChoiceShort, 3, 100)
		tape.Choose(backend.ChoiceOrder, 0, 2)
	}
	rec := tape.Recording(Header{
		Tool: "tripoint 0.1.0", Commit: "0123456789abcdef0123456789abcdef01234567", Go: "go1.26.0", Platform: "linux/amd64",
		Scenario: "lost-update", Options: "tasks=4", Seed: "20", Strategy: e.Strategy(), Faults: e.Faults(), Profile: "k=12",
		Fingerprint: "89abcdef01234567", Signature: `panic: "two` + "\nlines\"",
	})
	rec.Notes = []string{"Golden tape: what a seed means, and how a tape looks.\nBoth change with a new format version only.", ""}
	return rec
}

// A seed means the same draws, and a tape the same bytes, on every machine and in every later release.
func TestGoldenTape(t *testing.T) {
	const path = "testdata/golden.simtape"
	rec := goldenRun(t)
	if *rewrite {
		if err := rec.Write(path); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := rec.AppendText(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the golden run gives another tape (-rewrite to accept):\n%s\nwant:\n%s", got, want)
	}
	read, err := ReadTape(path)
	if err != nil {
		t.Fatal(err)
	}
	rec.Notes = nil
	if !reflect.DeepEqual(read, rec) {
		t.Errorf("the golden tape reads as %+v, want %+v", read, rec)
	}
}

// recordings draws any recording that can be.
func recordings() *rapid.Generator[*Recording] {
	text := rapid.OneOf(rapid.StringN(0, 40, 200), rapid.SampledFrom([]string{"", " ", `"`, `\`, "a: b", "#", "x\ny", "\xff", "\r", "ä"}))
	return rapid.Custom(func(t *rapid.T) *Recording {
		rec := &Recording{}
		for _, key := range headerKeys() {
			if f := rec.Header.field(key); f != nil {
				*f = text.Draw(t, key)
			}
		}
		for range rapid.IntRange(0, 30).Draw(t, "draws") {
			kind := backend.ChoiceKind(rapid.IntRange(1, int(backend.ChoiceKinds)-1).Draw(t, "kind"))
			n := rapid.Int32Range(2, 1<<31-1).Draw(t, "n")
			pick := rapid.Int32Range(1, n-1).Draw(t, "pick")
			index := rec.Counts[kind] + rapid.Int64Range(0, 1<<50).Draw(t, "zeros")
			rec.Counts[kind] = index + 1
			rec.Draws = append(rec.Draws, Draw{Index: index, Pick: pick, N: n, Kind: kind})
		}
		rec.Counts[backend.ChoiceWork] += rapid.Int64Range(0, 1<<50).Draw(t, "more zeros")
		return rec
	})
}

// Every recording reads back as it was written, notes aside.
func TestTapeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rec := recordings().Draw(t, "recording")
		rec.Notes = rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "notes")
		text, err := rec.AppendText(nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseTape(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		rec.Notes = nil
		if !reflect.DeepEqual(got, rec) {
			t.Fatalf("got %+v\nwant %+v\ntext\n%s", got, rec, text)
		}
	})
}

// Files, plain and compressed, read back; a write replaces the old file and leaves nothing else behind.
func TestWriteAndRead(t *testing.T) {
	dir := t.TempDir()
	want := goldenRun(t)
	for _, name := range []string{"a.simtape", "a.simtape.gz"} {
		path := filepath.Join(dir, name)
		for range 2 {
			if err := want.Write(path); err != nil {
				t.Fatal(err)
			}
		}
		got, err := ReadTape(path)
		if err != nil {
			t.Fatal(err)
		}
		got.Notes = want.Notes
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s reads as %+v, want %+v", name, got, want)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "a.simtape")); err != nil || info.Mode().Perm()&0o044 != 0o044 {
		t.Errorf("a tape has mode %v, %v; want it readable by all", info.Mode(), err)
	}
	packed, err := os.ReadFile(filepath.Join(dir, "a.simtape.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(packed, []byte{0x1f, 0x8b}) {
		t.Errorf("the .gz file starts with % x, want gzip's 1f 8b", packed[:2])
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("the directory holds %v, want the 2 tapes only", entries)
	}
}

func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(append([]byte("simtape: 1\n#"), make([]byte, TapeBytesMax)...)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none"):                      "no such file",
		write("plain.gz", []byte("simtape: 1\n")):       "gzip",
		write("cut.gz", bomb.Bytes()[:bomb.Len()/2]):    "unexpected EOF",
		write("bomb.gz", bomb.Bytes()):                  "no tape: more than 16777216 bytes",
		write("bad", []byte("# x\nsimtape: 1\nfoo: 1")): "bad: line 3: unknown header key \"foo\"",
		dir: "is a directory",
	} {
		if _, err := ReadTape(path); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("ReadTape(%s): %v, want one line with %q", path, err, want)
		}
	}
	rec := &Recording{}
	if err := rec.Write(filepath.Join(dir, "no", "such", "dir")); err == nil {
		t.Error("a write into a missing directory succeeded")
	}
	if err := rec.Write(dir); err == nil {
		t.Error("a write over a directory succeeded")
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".simtape-*")); err != nil || left != nil {
		t.Errorf("failed writes left %v, %v", left, err)
	}
	rec.Draws = []Draw{{Kind: backend.ChoicePick, Index: 5, Pick: 1, N: 2}}
	if err := rec.Write(filepath.Join(dir, "x")); err == nil {
		t.Error("an impossible recording was written")
	}
}

func TestParseTapeErrors(t *testing.T) {
	const head = "simtape: 1\ndraws: pick=10 work=3\n"
	for text, want := range map[string]string{
		"":                               `no tape: there is no line "simtape: 1"`,
		"# simtape: 1\n":                 `no tape: there is no line "simtape: 1"`,
		"\x7fELF\x02":                    `line 1: no tape: it starts with "\x7fELF\x02", not with "simtape: 1"`,
		"seed: 1\nsimtape: 1\n":          `line 1: no tape: it starts with "seed: 1", not with "simtape: 1"`,
		"# x\n\nsimtape: 2\n":            `line 3: tape format version "2" is unknown: this tool reads version 1`,
		"simtape: 01\n":                  `line 1: tape format version "01" is unknown: this tool reads version 1`,
		"simtape: 1\n":                   "the header has no draws line",
		"simtape: 1\nsimtape: 1\n":       `line 2: unknown header key "simtape"`,
		"simtape: 1\nseed: 1\nseed: 1\n": "line 3: header key seed is given twice",
		"simtape: 1\nseed: \"a\n":        "line 2: header value of seed is badly quoted",
		"simtape: 1\nseed: " + strings.Repeat("x", headerValueMax+1): "line 2: header value of seed is longer than 65536 bytes",
		"simtape: 1\nseed: " + strings.Repeat("x", 5*headerValueMax): "line 2: header value of seed is longer than 65536 bytes",
		"simtape: 1\npick@1 1/2\n":                                   `line 2: "pick@1 1/2" is neither a note nor a header line, and the header has no draws line yet`,
		"simtape: 1\ndraws: \n":                                      `line 2: draws entry "" is not of the form pick=120`,
		"simtape: 1\ndraws: pick\n":                                  `line 2: draws entry "pick" is not of the form pick=120`,
		"simtape: 1\ndraws: pick=0\n":                                `line 2: draws entry "pick=0" is not of the form pick=120`,
		"simtape: 1\ndraws: pick=-1\n":                               `line 2: draws entry "pick=-1" is not of the form pick=120`,
		"simtape: 1\ndraws: pick=9223372036854775808\n":              `line 2: draws entry "pick=9223372036854775808" is not of the form pick=120`,
		"simtape: 1\ndraws: invalid=1\n":                             `line 2: draws entry "invalid=1" is not of the form pick=120`,
		"simtape: 1\ndraws: pick=1 pick=2\n":                         "line 2: draws of kind pick are given twice or out of order",
		head + "nonsense\n":                                          `line 3: "nonsense" is not a draw such as "pick@17 2/5"`,
		head + "pick@1 1\n":                                          `line 3: "pick@1 1" is not a draw such as "pick@17 2/5"`,
		head + "pick@1  1/2\n":                                       `line 3: "pick@1  1/2" is not a draw such as "pick@17 2/5"`,
		head + "pick@-1 1/2\n":                                       `line 3: "pick@-1 1/2" is not a draw such as "pick@17 2/5"`,
		head + "pick@1 1/2147483648\n":                               `line 3: "pick@1 1/2147483648" is not a draw such as "pick@17 2/5"`,
		head + strings.Repeat("z", 50) + "\n":                        `line 3: "` + strings.Repeat("z", 40) + `"... is not a draw such as "pick@17 2/5"`,
		head + "peck@1 1/2\n":                                        `line 3: unknown kind of draw "peck"`,
		head + "pick@1 0/2\n":                                        `line 3: draw "pick@1 0/2": the pick is not from 1 to n-1`,
		head + "pick@1 2/2\n":                                        `line 3: draw "pick@1 2/2": the pick is not from 1 to n-1`,
		head + "pick@10 1/2\n":                                       `line 3: draw "pick@10 1/2": the header counts only 10 draws of kind pick`,
		head + "ext@0 1/2\n":                                         `line 3: draw "ext@0 1/2": the header counts only 0 draws of kind ext`,
		head + "pick@4 1/2\nwork@0 1/2\npick@4 1/2\n":                `line 5: draw "pick@4 1/2": indices of kind pick do not rise`,
		head + "pick@4 1/2\n# note\nseed: 1\n":                       `line 5: header line "seed" after the first draw`,
	} {
		if _, err := ParseTape([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("ParseTape(%.60q):\n got %v\nwant %s", text, err, want)
		}
	}
	if _, err := ParseTape(make([]byte, TapeBytesMax+1)); err == nil || err.Error() != "no tape: more than 16777216 bytes" {
		t.Errorf("an absurd size: %v", err)
	}
	rec := &Recording{}
	for i := range DrawsMax + 1 {
		kind := backend.ChoiceKind(1 + i%int(backend.ChoiceKinds-1))
		rec.Draws = append(rec.Draws, Draw{Index: rec.Counts[kind], Pick: 1, N: 2, Kind: kind})
		rec.Counts[kind]++
	}
	if err := rec.Check(); err == nil || err.Error() != "chaos: a tape has at most 1048576 draws" {
		t.Errorf("too many draws in a recording: %v", err)
	}
	many := []byte("simtape: 1\ndraws: " + rec.Counts.text() + "\n")
	for i := range rec.Draws {
		many = append(rec.Draws[i].appendText(many), '\n')
	}
	if _, err := ParseTape(many); err == nil || err.Error() != "line 1048579: more than 1048576 draws" {
		t.Errorf("too many draws in a file: %v", err)
	}
}

// Line ends of either kind, notes between the lines and a missing last line end do not matter.
func TestParseTapeLayout(t *testing.T) {
	got, err := ParseTape([]byte("# a\r\n\r\nsimtape: 1\r\n#b\nsignature: \"x\\ny\"\ndraws: pick=4\n\npick@3 1/2"))
	if err != nil {
		t.Fatal(err)
	}
	want := &Recording{Header: Header{Signature: "x\ny"}, Draws: []Draw{{Kind: backend.ChoicePick, Index: 3, Pick: 1, N: 2}}}
	want.Counts[backend.ChoicePick] = 4
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestHeaderFreeOrder(t *testing.T) {
	for _, seed := range []uint64{0, 1, 2} {
		e := explorer(t, "portfolio", "none")
		e.Reset(seed)
		h := Header{Strategy: e.Strategy()}
		if h.FreeOrder() != e.FreeOrder() {
			t.Errorf("strategy %s: the header says free order %v, the run had %v", h.Strategy, h.FreeOrder(), e.FreeOrder())
		}
	}
}

// Whatever the parser takes is sound and survives writing and reading.
func FuzzParseTape(f *testing.F) {
	golden, err := os.ReadFile("testdata/golden.simtape")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte("simtape: 1\ndraws: none\n"))
	f.Add([]byte("#\n\nsimtape: 1\r\nseed: \"\\x00\"\ndraws: pick=3 work=9223372036854775807\nwork@9223372036854775806 1/2\npick@0 1/2"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rec, err := ParseTape(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %q", err)
			}
			return
		}
		if err := rec.Check(); err != nil {
			t.Fatal(err)
		}
		out, err := rec.AppendText(nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseTape(out)
		if err != nil || !reflect.DeepEqual(again, rec) {
			t.Errorf("%q reads as %+v, writes as %q, which reads as %+v, %v", text, rec, out, again, err)
		}
	})
}
