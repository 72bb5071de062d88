package explore

import (
	"runtime"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// A watch shows what the runner is doing, and every run moves it.
func TestWatch(t *testing.T) {
	var watch Watch
	var at []Position
	r := newRunner(t, func(w *World) {
		at = append(at, watch.Now())
		w.Main(sched.DetachTasks, func(t *sched.Task) int { return w.Work(2) })
	}, Options{Watch: &watch})
	r.Run(7)
	tape := r.Tape()
	r.Run(8)
	r.Replay(tape, false)
	want := []Position{{Stage: InZero}, {Stage: InSeed, Seed: 7}, {Stage: InSeed, Seed: 8}, {Stage: InReplay, Seed: 7}}
	if len(at) != len(want) {
		t.Fatalf("got %+v", at)
	}
	moves := uint64(0)
	for i, p := range at {
		if p.Stage != want[i].Stage || p.Seed != want[i].Seed || p.Moves <= moves {
			t.Errorf("run %d: got %+v after %d moves, want %+v", i, p, moves, want[i])
		}
		moves = p.Moves
	}
	if p := watch.Now(); p.Stage != Idle || p.Moves <= moves {
		t.Errorf("between runs: %+v after %d moves", p, moves)
	}
}

// A run that Goexit leaves is told, with the task that did it and with a tape that leads there, and the goroutine ends; no
// coroutine is left behind.
func TestGoexitIsTold(t *testing.T) {
	for _, c := range []struct {
		name, want string
		zero       bool // leaves the zero run, inside New
		program    Program
	}{
		{"body", `task "second" left`, false, func(w *World) {
			x := w.Work(2)
			w.Main(sched.WaitForAllTasks, func(t *sched.Task) int {
				sched.Spawn(t, "second", func(*sched.Task) int {
					if x == 1 {
						runtime.Goexit()
					}
					return 0
				})
				return 0
			})
		}},
		{"at once", `task "root" left`, true, func(w *World) {
			w.Main(sched.DetachTasks, func(*sched.Task) int { runtime.Goexit(); return 0 })
		}},
		{"set-up", "the set-up left", true, func(*World) { runtime.Goexit() }},
		{"end", "a check at the end left", true, func(w *World) {
			w.AtEnd("p", func() error { runtime.Goexit(); return nil })
			w.Main(sched.DetachTasks, func(*sched.Task) int { return 0 })
		}},
	} {
		var told []Failure
		returned := false
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r := New("x", Config{}, c.program, Options{Monitors: true, Left: func(f *Failure) { told = append(told, *f) }})
			defer r.Close()
			for seed := range uint64(50) {
				r.Run(seed)
			}
			returned = true
		}()
		<-ended
		if returned || len(told) != 1 {
			t.Fatalf("%s: returned %t, told %d times", c.name, returned, len(told))
		}
		f := told[0]
		if f.Outcome != Panic || f.Name() != Goexit || !strings.Contains(f.Violation.Text, c.want) || f.Zero != c.zero || f.Tape == nil {
			t.Errorf("%s: told %+v, %+v", c.name, f, f.Violation)
		}
		if c.name == "body" && (f.Tape.Header.Seed == "" || len(f.Trace.Events) == 0 || len(f.Waits) == 0) {
			t.Errorf("%s: told %+v", c.name, f)
		}
	}
}

// A program without a root has a sentence and no stack.
func TestNoRootHasNoStack(t *testing.T) {
	res := newRunner(t, func(*World) {}, Options{}).Run(1)
	if res.Name() != NoRoot || res.Stack != nil || res.Violation.Text != "the program registered no root: call w.Main or w.Run once" {
		t.Errorf("got %+v, %+v", res, res.Violation)
	}
}

// The sentence about two runs is about those whose difference is shown.
func TestDifferenceDoesNotContradictItself(t *testing.T) {
	calls := 0
	r := newRunner(t, func(w *World) {
		calls++
		n := calls % 2 // so the run and the last one that is recorded are equal, and the one between them is not
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			_ = t.Sleep(vclock.Duration(1 + n))
			w.Assert(false, "p", "")
			return 0
		})
	}, Options{})
	f := r.Explain(r.Run(1))
	if text := f.Violation.Text; !strings.HasPrefix(text, "the same seed gave fingerprint ") || !strings.Contains(text, " differs ") ||
		strings.Count(text, trace.FormatSum(f.Fingerprint)) != 1 {
		t.Errorf("got %v: %s", f.Outcome, text)
	}
	event := func(tau vclock.Instant) trace.Recording {
		return trace.Recording{Events: []backend.Event{{Seq: 1, Tau: tau, Kind: backend.EvPollBegin, Args: [5]int64{1}}}}
	}
	for _, c := range []struct {
		other trace.Recording
		want  string
		equal bool
	}{
		{event(1), "the traces are equal", true},
		{event(2), "two recorded runs that should be one left different traces", false},
	} {
		f := Failure{Trace: event(1)}
		if differ := f.Differ(spec.SameTape, "a", "a", c.other); differ == c.equal || !strings.Contains(f.Violation.Text, c.want) ||
			strings.Contains(f.Violation.Text, "traces are equal") != c.equal {
			t.Errorf("%t: got %s", differ, f.Violation.Text)
		}
	}
}
