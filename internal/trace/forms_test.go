package trace

import (
	"bytes"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
	"pgregory.net/rapid"
)

// drawRecording draws events of every kind, also beyond the alphabet, with likely and absurd arguments.
func drawRecording(t *rapid.T) Recording {
	rec := Recording{Names: NewNames()}
	var ids []int64
	for _, text := range rapid.SliceOfN(rapid.String(), 0, 4).Draw(t, "names") {
		ids = append(ids, internText(text, rec.Names))
	}
	rec.Names.Add(12345, "a text that is not behind its digest")
	ids = append(ids, 0, 12345)
	arg := rapid.OneOf(rapid.Int64Range(-130, 300), rapid.Int64(), rapid.SampledFrom(ids),
		rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 1 << 16, 1 << 24, 1<<24 | 3}))
	n := rapid.IntRange(0, 20).Draw(t, "events")
	for range n {
		ev := backend.Event{
			Seq: rapid.Uint64().Draw(t, "seq"), Tau: vclock.Instant(arg.Draw(t, "tau")),
			Kind: backend.EventKind(rapid.IntRange(0, int(backend.EvKinds)+2).Draw(t, "kind")), Lane: rapid.Uint8().Draw(t, "lane"),
		}
		for i := range ev.Args {
			ev.Args[i] = arg.Draw(t, "arg")
		}
		rec.Events = append(rec.Events, ev)
	}
	return rec
}

// Text and JSONL lead back to the same events, and what was read prints the same bytes again.
func TestRoundTrip(t *testing.T) {
	for name, form := range forms() {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			checkRoundTrip(t, form, drawRecording(t))
		}))
	}
}

type form struct {
	write func(io.Writer, Recording) error
	read  func(io.Reader) (Recording, error)
}

func forms() map[string]form {
	return map[string]form{"text": {WriteText, ReadText}, "jsonl": {WriteJSONL, ReadJSONL}}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func checkRoundTrip(t fataler, f form, rec Recording) {
	t.Helper()
	var first, second bytes.Buffer
	if err := f.write(&first, rec); err != nil {
		t.Fatalf("write: %v", err)
	}
	back, err := f.read(bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatalf("read back: %v\n%s", err, first.Bytes())
	}
	if !slices.Equal(back.Events, rec.Events) {
		t.Fatalf("other events come back:\n%v\nwant\n%v\n%s", back.Events, rec.Events, first.Bytes())
	}
	if err := f.write(&second, back); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Fatalf("other bytes the second time (%v):\n%s\nwant\n%s", err, second.Bytes(), first.Bytes())
	}
}

// What a reader accepts, however odd, has a canonical form that leads back to the same events.
func fuzzForm(f *testing.F, which string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	form := forms()[which]
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := form.read(bytes.NewReader(data))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "trace: line ") {
				t.Fatalf("an error without a line: %v", err)
			}
			return
		}
		checkRoundTrip(t, form, rec)
		checkChrome(t, rec)
	})
}

func FuzzReadText(f *testing.F) {
	text, _ := readGolden(f)
	fuzzForm(f, "text", string(text), "1 2_0 0 wake t=3.1 src=op\n2 1 9 77 x0=-1\n3 0 0 hatt owner=s4 t=0.1\n4 0 0 cqe o=5.0 res=-EIO\n")
}

func FuzzReadJSONL(f *testing.F) {
	fuzzForm(f, "jsonl", `{"format":"tripoint-trace","version":1,"dropped":2}`+"\n"+
		`{"seq":1,"tau":0,"lane":0,"ev":"spawn","t":"3.1","name":"reader","class":7}`)
}

// Errors name the line and the reason.
func TestReadErrors(t *testing.T) {
	const head = `{"format":"tripoint-trace","version":1,"dropped":0}` + "\n"
	for _, c := range []struct{ form, text, want string }{
		{"text", "# tripoint trace 2", "trace: line 1: text version 2, this reader takes 1"},
		{"text", "\n#\n1 0 0", "trace: line 3: want seq, tau, lane and kind, got 3 of them"},
		{"text", "x 0 0 gate", `trace: line 1: seq "x" is not a number`},
		{"text", "1 z 0 gate", `trace: line 1: tau "z" is not a number`},
		{"text", "1 0 256 gate", `trace: line 1: lane "256" is not a number from 0 to 255`},
		{"text", "1 0 0 pol+", `trace: line 1: unknown event kind "pol+"`},
		{"text", "1 0 0 1", `trace: line 1: unknown event kind "1"`},
		{"text", "1 0 0 gate t", `trace: line 1: want name=value, got "t"`},
		{"text", "1 0 0 gate t=1", `trace: line 1: gate has no field "t"`},
		{"text", "1 0 0 poll+ x0=1", `trace: line 1: poll+ has no field "x0"`},
		{"text", "1 0 0 poll+ t=1 t=1", `trace: line 1: field t is there twice`},
		{"text", "1 0 0 poll- t=1 st=Q", `trace: line 1: st=Q: not a value of st`},
		{"text", "1 0 0 poll+ t=16777216", `trace: line 1: t=16777216: slot or generation out of range`},
		{"text", "1 0 0 ccl o=5", `trace: line 1: o=5: slot or generation out of range`},
		{"text", "1 0 0 spawn name=root", `trace: line 1: name=root: not a quoted text`},
		{"text", `1 0 0 spawn name="root"x`, `trace: line 1: want a blank after name="root"`},
		{"text", "1 0 0 cqe res=-EWHAT", `trace: line 1: res=-EWHAT: not a result`},
		{"text", strings.Repeat("x", LineMax+1), "trace: line 1: bufio.Scanner: token too long"},
		{"jsonl", "", "trace: line 1: empty file"},
		{"jsonl", `{"seq":1}`, "trace: line 1: not the first line of a tripoint-trace file"},
		{"jsonl", strings.Replace(head, `"version":1`, `"version":2`, 1), "trace: line 1: version 2, this reader takes 1"},
		{"jsonl", head + `{"seq":1,"tau":0,"ev":"gate"}`, `trace: line 2: no "lane"`},
		{"jsonl", head + `{"seq":1,"tau":0,"lane":0,"ev":"gat"}`, `trace: line 2: unknown event kind "gat"`},
		{"jsonl", head + `{"seq":1,"tau":0,"lane":0,"ev":"gate","t":1}`, `trace: line 2: gate has no field "t"`},
		{"jsonl", head + `{"seq":1,"tau":0,"lane":0,"ev":"fire","w":1.5}`, `trace: line 2: "w": not an integer`},
	} {
		_, err := forms()[c.form].read(strings.NewReader(c.text))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s %.60q: got %v, want %s", c.form, c.text, err, c.want)
		}
	}
}

// The first difference is shown with the last choice before it; Seq aligns recordings that begin at different places.
func TestWriteDiff(t *testing.T) {
	_, a := readGolden(t)
	_, b := readGolden(t)
	var out bytes.Buffer
	if equal, err := WriteDiff(&out, a, Recording{Events: b.Events[10:]}); !equal || err != nil || out.Len() != 0 {
		t.Errorf("equal where both are recorded: got %v, %v, %q", equal, err, out.String())
	}
	b.Events[22].Args[0]++
	if equal, err := WriteDiff(&out, a, b); equal || err != nil {
		t.Errorf("different: got %v, %v", equal, err)
	}
	out.WriteString("--- one ends early ---\n")
	if equal, err := WriteDiff(&out, Recording{Events: a.Events[:5], Names: a.Names}, Recording{Events: a.Events[2:7]}); equal || err != nil {
		t.Errorf("prefix: got %v, %v", equal, err)
	}
	out.WriteString("--- nothing in common ---\n")
	if equal, err := WriteDiff(&out, Recording{Events: a.Events[:5]}, Recording{Events: a.Events[7:]}); equal || err != nil {
		t.Errorf("disjoint: got %v, %v", equal, err)
	}
	compareGolden(t, "testdata/cancel.diff.txt", out.Bytes())
}
