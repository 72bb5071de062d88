package explore

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// race is a lost update among three tasks.
func race(w *World) {
	counter := 0
	add := func(t *sched.Task) int {
		seen := counter
		if t.Yield() != nil {
			return 0
		}
		counter = seen + 1
		return 0
	}
	w.AtEnd("no update is lost", func() error {
		if counter != 3 {
			return fmt.Errorf("the counter is %d", counter)
		}
		return nil
	})
	w.Main(sched.WaitForAllTasks, func(t *sched.Task) int {
		for range 3 {
			sched.Spawn(t, "adder", add)
		}
		return 0
	})
}

// tiny has two tasks that give way a few times, and nothing that allocates but its closures.
func tiny(w *World) {
	w.Main(sched.DetachTasks, func(t *sched.Task) int {
		h := sched.Spawn(t, "child", func(t *sched.Task) int {
			_ = t.Yield() // nobody cancels it
			return 1
		})
		_ = t.Yield()
		v, _ := h.Join(t)
		return v
	})
}

func swarm(t testing.TB) *chaos.Plan {
	plan, err := ParsePlan("swarm")
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func newRunner(t testing.TB, program Program, opts Options) *Runner {
	r := New("test", Config{}, program, opts)
	t.Cleanup(r.Close)
	return r
}

// A run is a function of its seed: not of the runs before it, and not of the runner.
func TestRunIsFunctionOfSeed(t *testing.T) {
	opts := Options{Plan: swarm(t), Monitors: true}
	used := newRunner(t, race, opts)
	for seed := uint64(200); seed > 0; seed-- {
		fresh := New("test", Config{}, race, opts)
		a, b := used.Run(seed), fresh.Run(seed)
		fresh.Close()
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: a used runner gave %+v, a fresh one %+v", seed, a, b)
		}
	}
}

// What a tape holds is the run: replayed strictly it has the same fingerprint and the same end.
func TestReplayIsTheRun(t *testing.T) {
	opts := Options{Plan: swarm(t), Monitors: true}
	r := newRunner(t, race, opts)
	failed := 0
	for seed := uint64(1); seed <= 100; seed++ {
		want := r.Run(seed)
		tape := r.Tape()
		got := r.Replay(tape, false)
		if !got.Same(&want) || got.Steps != want.Steps || got.Draws != want.Draws {
			t.Fatalf("seed %d: the run was %+v, its replay %+v", seed, want, got)
		}
		if lenient := r.Replay(tape, true); !lenient.Same(&want) {
			t.Fatalf("seed %d: the run was %+v, its lenient replay %+v", seed, want, lenient)
		}
		if want.Outcome == Property {
			failed++
		}
	}
	if failed == 0 || failed == 100 {
		t.Errorf("%d of 100 seeds failed: the program does not depend on its schedule", failed)
	}
}

// A tape of another program is stale, and says where.
func TestReplayOfAnotherProgramIsStale(t *testing.T) {
	r := newRunner(t, race, Options{})
	r.Run(3)
	other := newRunner(t, tiny, Options{})
	res := other.Replay(r.Tape(), false)
	if res.Outcome != Stale || res.Outcome.ExitCode() != ExitGuard || !strings.Contains(res.Violation.Text, "stale tape") {
		t.Errorf("got %v, want a stale tape: %+v", res.Outcome, res.Violation)
	}
}

// The zero run is what -strategy zero makes of seed 0.
func TestZeroRunIsZeroStrategy(t *testing.T) {
	rule, err := chaos.ParseStrategy("zero")
	if err != nil {
		t.Fatal(err)
	}
	r := newRunner(t, race, Options{Rule: rule, Plan: swarm(t)})
	if a, b := r.Zero(), r.Run(0); !a.Same(&b) {
		t.Errorf("the zero run is %+v, strategy zero gives %+v", a, b)
	}
}

// A runner that is warm allocates what the program allocates: here two closures, two handles.
func TestRunAllocatesNothing(t *testing.T) {
	r := newRunner(t, tiny, Options{})
	seed := uint64(0)
	run := func() {
		seed++
		if res := r.Run(seed); res.Outcome != Pass {
			t.Fatalf("seed %d: %+v", seed, res.Violation)
		}
	}
	for range 100 {
		run()
	}
	if n := testing.AllocsPerRun(1000, run); n > 3 {
		t.Errorf("a run allocates %v times, want at most 3 for the program's own handles and closures", n)
	}
}

// Every way to fail has its outcome and its exit code.
func TestOutcomes(t *testing.T) {
	main := func(body func(w *World, t *sched.Task)) Program {
		return func(w *World) {
			w.Main(sched.WaitForAllTasks, func(t *sched.Task) int { body(w, t); return 0 })
		}
	}
	for _, c := range []struct {
		name    string
		program Program
		outcome Outcome
		id      string
		code    int
	}{
		{"pass", main(func(*World, *sched.Task) {}), Pass, "", 0},
		{"assert", main(func(w *World, t *sched.Task) { w.Assert(false, "p", "seen %d", 1) }), Property, "p", 1},
		{"first assert", main(func(w *World, t *sched.Task) {
			w.Assert(false, "p", "")
			w.Assert(false, "q", "")
		}), Property, "p", 1},
		{"assert in the set-up", func(w *World) {
			w.Assert(false, "p", "")
			w.Main(sched.DetachTasks, func(*sched.Task) int { return 0 })
		}, Property, "p", 1},
		{"at end", func(w *World) {
			w.AtEnd("p", func() error { return nil })
			w.AtEnd("q", func() error { return errors.New("wrong") })
			w.Run(sched.DetachTasks, func(*sched.Task) int { return 0 })
		}, Property, "q", 1},
		{"panic", main(func(*World, *sched.Task) { panic("boom") }), Panic, "panic", 1},
		{"panic in the set-up", func(*World) { panic("boom") }, Panic, "panic", 1},
		{"no root", func(*World) {}, Panic, NoRoot, 1},
		{"panic at the end", func(w *World) {
			w.AtEnd("p", func() error { panic("boom") })
			w.Run(sched.DetachTasks, func(*sched.Task) int { return 0 })
		}, Panic, "panic", 1},
		{"deadlock", main(func(w *World, t *sched.Task) {
			m := new(tsync.Mutex[int])
			m.Init(w.Exec, "m", 0)
			if _, err := m.Lock(t); err != nil {
				return
			}
			h := sched.Spawn(t, "second", func(t *sched.Task) int {
				_, _ = m.Lock(t) // never
				return 0
			})
			_, _ = h.Join(t)
		}), Deadlock, "deadlock", 3},
		{"livelock", main(func(w *World, t *sched.Task) {
			for t.Yield() == nil {
				continue
			}
		}), NoProgress, "steps", 3},
		{"signal", func(w *World) {
			w.Kernel.SignalAt(15, 5)
			w.Main(sched.DetachTasks, func(t *sched.Task) int { _ = t.Sleep(10); return 0 })
		}, Property, "no signal ends the run", 1},
		{"expected signal", func(w *World) {
			w.Kernel.SignalAt(15, 5)
			w.ExpectSignal(15)
			w.Main(sched.DetachTasks, func(t *sched.Task) int { _ = t.Sleep(10); return 0 })
		}, Pass, "", 0},
		{"no signal", func(w *World) {
			w.ExpectSignal(15)
			w.Main(sched.DetachTasks, func(t *sched.Task) int { return 0 })
		}, Property, "a signal ends the run", 1},
	} {
		r := New(c.name, Config{StepsMax: 1000}, c.program, Options{Monitors: true})
		res := r.Run(1)
		if res.Outcome != c.outcome || res.Name() != c.id || res.Outcome.ExitCode() != c.code {
			t.Errorf("%s: got %v %q, exit %d, want %v %q, exit %d (%+v)", c.name, res.Outcome, res.Name(), res.Outcome.ExitCode(),
				c.outcome, c.id, c.code, res.Violation)
		}
		if again := r.Run(1); !again.Same(&res) {
			t.Errorf("%s: the second run was %+v, the first %+v", c.name, again, res)
		}
		r.Close()
	}
}

// An assertion ends the run within its tick, not when the trace happens to be full.
func TestAssertEndsTheRun(t *testing.T) {
	program := func(w *World) {
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			w.Assert(false, "p", "")
			_ = t.Sleep(vclock.Second)
			return 0
		})
	}
	r := newRunner(t, program, Options{})
	if res := r.Run(1); res.End != 0 || res.Steps != 1 {
		t.Errorf("the run went on to %d ns and step %d", res.End, res.Steps)
	}
}

// Tasks that a run leaves frozen are unwound before the next run: what their deferred calls do is nobody's result.
func TestFrozenTasksDoNotTouchTheNextRun(t *testing.T) {
	program := func(w *World) {
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			sched.Spawn(t, "left over", func(t *sched.Task) int {
				defer func() {
					w.Sometimes("unwound", true)
					w.Assert(false, "too late", "")
					w.Kernel.File("litter", nil)
				}()
				_ = t.Sleep(vclock.Hour)
				return 0
			})
			_ = t.Sleep(vclock.Second)
			return w.Kernel.OpenFDs()
		})
	}
	r := newRunner(t, program, Options{Monitors: true})
	want := r.Run(1)
	for range 3 {
		if res := r.Run(1); res.Outcome != Pass || !res.Same(&want) {
			t.Errorf("got %+v, want %+v", res, want)
		}
	}
	if len(r.Stats().Sometime) != 0 {
		t.Errorf("the statistics have %+v", r.Stats().Sometime)
	}
}

// Grace holds for one run, and a program can count on it in body and monitors.
func TestGraceOfARun(t *testing.T) {
	program := func(w *World) {
		grace := vclock.Duration(w.Work(2)+1) * vclock.Millisecond
		w.Grace(grace)
		w.AtEnd("the grace is kept", func() error {
			if now := w.Kernel.Now(); now != vclock.Instant(grace) {
				return fmt.Errorf("the run ended at %d", now)
			}
			return nil
		})
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			sched.SpawnWith(t, "cleanup", sched.SpawnOptions{Cleanup: true}, func(t *sched.Task) int {
				_ = t.Sleep(vclock.Hour)
				return 0
			})
			return 0
		})
	}
	r := newRunner(t, program, Options{Monitors: true})
	for seed := range uint64(20) {
		if res := r.Run(seed); res.Outcome != Pass {
			t.Fatalf("seed %d: %+v", seed, res.Violation)
		}
	}
}

// The wait table of a deadlock names the tasks, the locks and their holders.
func TestWaitsOfADeadlock(t *testing.T) {
	program := func(w *World) {
		var m tsync.Mutex[int]
		m.Init(w.Exec, "m", 0)
		w.Main(sched.WaitForAllTasks, func(t *sched.Task) int {
			_, _ = m.Lock(t)
			h := sched.Spawn(t, "second", func(t *sched.Task) int {
				_, _ = m.Lock(t)
				return 0
			})
			_, _ = h.Join(t)
			return 0
		})
	}
	res := newRunner(t, program, Options{}).Run(1)
	want := []Wait{
		{Task: 1, Name: "root", State: "waiting", What: "join", Object: 2, ObjectName: "second", Holder: 2},
		{Task: 2, Name: "second", State: "waiting", What: "lock", ObjectName: "m", Holder: 1},
	}
	for i := range res.Waits {
		if i < len(want) && res.Waits[i].What == "lock" {
			want[i].Object = res.Waits[i].Object
		}
	}
	if !reflect.DeepEqual(res.Waits, want) {
		t.Errorf("got %+v, want %+v", res.Waits, want)
	}
}

// What is not drawn is found out: the failure does not repeat, and the report shows where the runs part.
func TestNondeterminismIsNamed(t *testing.T) {
	calls := 0
	program := func(w *World) {
		calls++
		n := calls
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			_ = t.Sleep(vclock.Duration(n))
			w.Assert(false, "p", "")
			return 0
		})
	}
	r := newRunner(t, program, Options{})
	f := r.Explain(r.Run(1))
	if f.Outcome != Nondeterminism || f.Name() != spec.SameTape || f.Outcome.ExitCode() != ExitNondeterminism ||
		!strings.Contains(f.Difference, "timer+") || !strings.Contains(f.Difference, "first difference at record") {
		t.Errorf("got %v, want nondeterminism at a timer:\n%s", f.Outcome, f.Difference)
	}
}

// A failure that repeats is believed, and has the tape and the trace.
func TestExplainRepeats(t *testing.T) {
	r := newRunner(t, race, Options{Plan: swarm(t)})
	for seed := uint64(1); ; seed++ {
		res := r.Run(seed)
		if res.Outcome == Pass {
			continue
		}
		runs := r.Stats().Runs
		f := r.Explain(res)
		if !f.Same(&res) || f.Tape == nil || uint64(len(f.Trace.Events)) != res.Events {
			t.Errorf("seed %d: explained as %+v with %d events, was %+v", seed, f.Result, len(f.Trace.Events), res)
		}
		if r.Stats().Runs != runs {
			t.Errorf("the runs of an explanation are in the statistics")
		}
		return
	}
}

func BenchmarkTiny(b *testing.B) {
	r := newRunner(b, tiny, Options{})
	seed := uint64(0)
	for b.Loop() {
		seed++
		r.Run(seed)
	}
}

func BenchmarkTinyMonitored(b *testing.B) {
	r := newRunner(b, tiny, Options{Monitors: true, Plan: swarm(b)})
	seed := uint64(0)
	for b.Loop() {
		seed++
		r.Run(seed)
	}
}
