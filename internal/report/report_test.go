package report

import (
	"strings"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/vclock"
)

func lock(task, holder int, name, object string) explore.Wait {
	w := explore.Wait{Name: name, State: "waiting", What: "lock", Object: 9, ObjectName: object}
	setTask(&w, task, holder)
	return w
}

func setTask(w *explore.Wait, task, holder int) {
	for range task {
		w.Task++
	}
	for range holder {
		w.Holder++
	}
}

// A circle is told from its first task on, with locks and holders; names that do not tell get the id.
func TestCycle(t *testing.T) {
	join := lock(1, 2, "root", "")
	join.What = "join"
	for _, c := range []struct {
		name  string
		table []explore.Wait
		want  string
	}{
		{"two", []explore.Wait{lock(2, 3, "a", "L2"), lock(3, 2, "b", "L1")},
			`"a" waits for lock "L2" held by "b", which waits for lock "L1" held by "a"`},
		{"behind a join", []explore.Wait{join, lock(2, 3, "a", "L2"), lock(3, 2, "b", "L1")},
			`"a" waits for lock "L2" held by "b", which waits for lock "L1" held by "a"`},
		{"itself", []explore.Wait{lock(2, 2, "", "")}, `task 2 waits for lock 9 held by task 2`},
		{"same names", []explore.Wait{lock(2, 3, "w", ""), lock(3, 4, "w", ""), lock(4, 2, "x", "")},
			`"w" (task 2) waits for lock 9 held by "w" (task 3), which waits for lock 9 held by "x", which waits for lock 9 held by "w" (task 2)`},
		{"through a join", []explore.Wait{join, lock(2, 1, "a", "L")}, `"root" waits for the end of "a", which waits for lock "L" held by "root"`},
		{"chain", []explore.Wait{join, lock(2, 3, "a", "L"), lock(3, 0, "b", "M")}, ""},
		{"holder has ended", []explore.Wait{lock(2, 7, "a", "L")}, ""},
		{"none", nil, ""},
	} {
		if got := Cycle(c.table); got != c.want {
			t.Errorf("%s: got  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// A failure has its parts in the order that its readers know.
func TestFailure(t *testing.T) {
	rec := trace.NewRecorder(100, trace.KeepLast)
	rec.Name(backend.Digest("a"), "a")
	rec.Events([]backend.Event{{Seq: 1, Kind: backend.EvSpawn, Args: [5]int64{2, 0, 0, backend.Digest("a")}}})
	for seq := uint64(2); seq < 40; seq++ {
		rec.Events([]backend.Event{{Seq: seq, Tau: vclock.Instant(seq), Kind: backend.EvPollBegin, Args: [5]int64{2}}})
	}
	f := explore.Failure{Scenario: "x", Configuration: "strategy=rw", Trace: rec.Recording(), Difference: "left | right\n"}
	f.Seed, f.Outcome, f.Fingerprint, f.Steps, f.Events = 7, explore.Invariant, 0xabc, 12, 39
	f.Violation = &explore.Violation{ID: "S3", Text: "task \"a\" sleeps\non", Tau: 1500, Seq: 33, Events: rec.Recording().Events[:1]}
	f.Waits = []explore.Wait{lock(2, 0, "a", "L")}
	f.Stack = []byte("goroutine 1 [running]:\nruntime/debug.Stack()\n\t/x\npanic({0x1, 0x2})\n\t/go/panic.go:1 +0x1\n" +
		"main.body(0x123, {0x5})\n\t/src/main.go:7 +0x4d\nexample.org/sched.(*Task).run(0x1)\n\t/src/x.go:1 +0x1\n")
	var out strings.Builder
	Failure(&out, &f, Where{Replay: []string{"first", "second"}, Tape: "file"})
	var events strings.Builder
	describe(&events, f.Trace.Events[19:], f.Trace.Names)
	want := `invariant violated: S3
  task "a" sleeps
  on
at virtual time 1.5µs, step 12, event 33; fingerprint 0000000000000abc
replay: first
or:     second
scenario x, seed 7: strategy=rw
two runs, side by side:
  left | right
events that show it:
  ` + trace.Describe(&f.Trace.Events[0], f.Trace.Names) + `
last 20 of 39 events:
` + events.String() + `live tasks:
  task  state    waits for  held by
  "a"   waiting  lock "L"   -
stack of the panic:
  main.body(...)
  	/src/main.go:7
tape: file
`
	if got := out.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if !strings.Contains(events.String(), `task 2 "a" is polled`) {
		t.Errorf("events have no names:\n%s", events.String())
	}
}

// The table has a row for each summary, aligned.
func TestTable(t *testing.T) {
	s := explore.Summary{Job: &explore.Job{Name: "x"}, Runs: 3, Schedules: 2}
	s.Stats.Steps, s.Stats.Virtual, s.Stats.Tally.Fires[4] = 10, 123456*vclock.Microsecond, 5
	var out strings.Builder
	Table(&out, []Row{{&s, "pass"}})
	want := "scenario  runs  virtual time  steps  schedules  faults  result\nx         3     123ms         10     2          5       pass\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestRound(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 999: "999ns", 1234: "1.23µs", 123456 * time.Microsecond: "123ms", 200 * time.Second: "3m20s",
	} {
		if got := round(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}
