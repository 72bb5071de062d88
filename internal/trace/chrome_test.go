package trace

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"pgregory.net/rapid"
)

type chromeEntry struct {
	Ph, Name, Cat, Bp string
	ID                json.RawMessage
	Pid, Tid          int64
	Ts                float64
}

// checkChrome checks what a viewer needs: slices of each track nest in time order, spans pair up, every flow has a start
// inside a slice and an end that is not earlier, and nothing stays open. It returns the number of entries by phase.
func checkChrome(t fataler, rec Recording) map[string]int {
	t.Helper()
	var out bytes.Buffer
	if err := WriteChrome(&out, rec); err != nil {
		t.Fatalf("write: %v", err)
	}
	var file struct{ TraceEvents []chromeEntry }
	if err := json.Unmarshal(out.Bytes(), &file); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, out.Bytes())
	}
	type at struct{ pid, tid int64 }
	depth, last := map[at]int{}, map[at]float64{}
	begins := map[at]map[float64]bool{}
	spans, flows, count := map[string]string{}, map[string]float64{}, map[string]int{}
	for i, e := range file.TraceEvents {
		count[e.Ph]++
		track, id := at{e.Pid, e.Tid}, e.Cat+string(e.ID)
		if e.Ph == "B" || e.Ph == "E" || e.Ph == "i" {
			if e.Ts < last[track] {
				t.Fatalf("entry %d: %v goes back in time on its track", i, e)
			}
			last[track] = e.Ts
		}
		switch e.Ph {
		case "B":
			depth[track]++
			if begins[track] == nil {
				begins[track] = map[float64]bool{}
			}
			begins[track][e.Ts] = true
		case "E":
			if depth[track]--; depth[track] < 0 {
				t.Fatalf("entry %d: %v ends no slice", i, e)
			}
		case "b":
			if _, open := spans[id]; open {
				t.Fatalf("entry %d: %v begins twice", i, e)
			}
			spans[id] = e.Name
		case "e":
			if name, open := spans[id]; !open || name != e.Name {
				t.Fatalf("entry %d: %v ends no span", i, e)
			}
			delete(spans, id)
		case "s":
			if _, open := flows[id]; open || !begins[track][e.Ts] {
				t.Fatalf("entry %d: %v starts twice or outside a slice", i, e)
			}
			flows[id] = e.Ts
		case "f":
			start, open := flows[id]
			if !open || start > e.Ts || e.Bp != "e" || !begins[track][e.Ts] {
				t.Fatalf("entry %d: %v ends no flow, or outside a slice", i, e)
			}
			delete(flows, id)
		case "i", "M":
		default:
			t.Fatalf("entry %d: unknown phase %q", i, e.Ph)
		}
	}
	for track, n := range depth {
		if n != 0 {
			t.Fatalf("track %v: %d slices stay open", track, n)
		}
	}
	if len(spans)+len(flows) != 0 {
		t.Fatalf("open at the end: spans %v, flows %v", spans, flows)
	}
	return count
}

// A good trace shows every poll, teardown, wake and life span.
func TestChromeOfAGoodTrace(t *testing.T) {
	_, rec := readGolden(t)
	var polls, causes, teardowns, idles, lives int
	for _, ev := range rec.Events {
		switch ev.Kind {
		case backend.EvPollBegin:
			polls++
		case backend.EvDropBegin:
			teardowns++
		case backend.EvSpawn:
			causes++
			lives++
		case backend.EvWake, backend.EvCancelReq:
			causes++
		case backend.EvSubmit, backend.EvTimerStart:
			lives++
		case backend.EvIdle:
			idles++
		}
	}
	count := checkChrome(t, rec)
	if want := 2*polls + teardowns + causes + idles; count["B"] != want || count["E"] != want {
		t.Errorf("got %d begins, %d ends, want %d", count["B"], count["E"], want)
	}
	if count["s"] != causes || count["f"] != causes {
		t.Errorf("got %d flows, want %d: every cause led to a turn", count["s"], causes)
	}
	if count["b"] != lives {
		t.Errorf("got %d life spans, want %d", count["b"], lives)
	}
}

// Any sequence of events, however wrong, can be drawn.
func TestChromeOfAnyTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkChrome(t, drawRecording(t)) })

	kinds := []backend.EventKind{backend.EvPollBegin, backend.EvPollEnd, backend.EvDropBegin, backend.EvDropEnd, backend.EvWake,
		backend.EvSpawn, backend.EvPassBegin, backend.EvPassEnd, backend.EvIdle, backend.EvIRQ, backend.EvSubmit, backend.EvComplete}
	rapid.Check(t, func(t *rapid.T) {
		var rec Recording
		for i := range rapid.IntRange(0, 40).Draw(t, "events") {
			rec.Events = append(rec.Events, backend.Event{
				Seq: uint64(i) + 1, Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Lane: uint8(rapid.IntRange(0, 1).Draw(t, "lane")),
				Args: [5]int64{rapid.Int64Range(1, 3).Draw(t, "id"), 1, rapid.Int64Range(0, 2).Draw(t, "eff")},
			})
		}
		checkChrome(t, rec)
	})
}
