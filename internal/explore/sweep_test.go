package explore

import (
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

func seeds(t *testing.T, text string) chaos.Seeds {
	s, err := chaos.ParseSeeds(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// planned is a failure that only some seeds and one condition see.
func planned(w *World) {
	n := w.Work(100)
	w.Sometimes("n is above 50", n > 50)
	w.Sometimes("n is 100", n == 100)
	w.Main(sched.DetachTasks, func(t *sched.Task) int {
		w.Assert(n != 7, "n is not 7", "it is")
		return n
	})
}

// The result of a sweep, and the order of its lines, do not depend on the number of workers.
func TestSweepDoesNotDependOnWorkers(t *testing.T) {
	opts := Options{Plan: swarm(t), Monitors: true}
	jobs := []Job{
		{Name: "race", Program: race, Options: opts, Seeds: seeds(t, "1-500")},
		{Name: "tiny", Program: tiny, Options: opts, Seeds: seeds(t, "3,1,40-45")},
		{Name: "planned", Program: planned, Options: opts, Seeds: seeds(t, "1-300")},
	}
	type all struct {
		lines []Line
		sums  []Summary
	}
	run := func(workers int) (a all) {
		total := int64(0)
		sums, err := Sweep(jobs, SweepOptions{
			Workers:  workers,
			Each:     func(l *Line) { a.lines = append(a.lines, *l) },
			Progress: func(done, of int64) { total = done - of },
		})
		if err != nil || total != 0 {
			t.Fatalf("%d workers: %v, %d runs short", workers, err, -total)
		}
		a.sums = sums
		return a
	}
	want := run(1)
	if n := len(want.lines); n != 500+8+300+3 {
		t.Fatalf("%d lines, want one for each seed and each zero run", n)
	}
	for _, workers := range []int{2, 3, 7} {
		if got := run(workers); !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers find something else than one", workers)
		}
	}
	sum := want.sums[2]
	if sum.First == nil || sum.First.Name() != "n is not 7" || sum.FirstRun == 0 || sum.Runs != 300 {
		t.Errorf("planned: %+v", sum.First)
	}
	for _, l := range want.lines {
		if l.Job == 2 && l.Outcome != Pass {
			if l.Seed != sum.First.Seed {
				t.Errorf("the first failing seed is %d, reported was %d", l.Seed, sum.First.Seed)
			}
			break
		}
	}
}

// A failing zero run is told even if no seed fails.
func TestSweepTellsOfTheZeroRun(t *testing.T) {
	program := func(w *World) {
		n := w.Work(1 << 30)
		w.Main(sched.DetachTasks, func(t *sched.Task) int { w.Assert(n != 0, "p", ""); return 0 })
	}
	sums, err := Sweep([]Job{{Name: "zero", Program: program, Seeds: seeds(t, "1-20")}}, SweepOptions{Workers: 2})
	if err != nil || sums[0].Failed != 0 || sums[0].First == nil || !sums[0].First.Zero {
		t.Fatalf("%+v, %v", sums, err)
	}
}

// A sweep that is stopped has run what had begun, and says nothing about the rest.
func TestSweepStops(t *testing.T) {
	jobs := []Job{
		{Name: "tiny", Program: tiny, Seeds: seeds(t, "1-10")},
		{Name: "race", Program: race, Seeds: seeds(t, "1-100000")},
		{Name: "never", Program: func(*World) { panic("boom") }, Seeds: seeds(t, "1-10")},
	}
	for _, workers := range []int{1, 4} {
		var asked atomic.Int64
		runs := int64(0)
		sums, err := Sweep(jobs, SweepOptions{
			Workers: workers,
			Each: func(l *Line) {
				if !l.Zero {
					runs++
				}
			},
			Stop: func() bool { return asked.Add(1) > 200 },
		})
		if err != nil {
			t.Fatal(err)
		}
		a, b := sums[0].Runs, sums[1].Runs
		if workers == 1 && a != 10 || a > 10 || b < 1 || b > 200 || a+b != runs {
			t.Errorf("%d workers: %d and %d runs, %d told of", workers, a, b, runs)
		}
		if s := &sums[2]; s.Zero.Outcome != Invalid || s.First != nil || s.Runs != 0 {
			t.Errorf("%d workers: a program that never began: %+v", workers, s)
		}
	}
}

// Judge leaves out the guards that cannot mean anything, and says so; the others are those of Guards.
func TestJudge(t *testing.T) {
	idle := func(w *World) {
		w.Work(1 << 30)
		w.Sometimes("never", false)
		w.Main(sched.DetachTasks, func(t *sched.Task) int { _ = t.Sleep(vclock.Second); return 0 })
	}
	for _, c := range []struct {
		program           Program
		rule, plan, seeds string
		guard, note       string // in the only one; empty: none
	}{
		{idle, "portfolio", "swarm", "1-60", `sometimes "never"`, ""},
		{idle, "portfolio", "swarm", "1-49", "", "too few seeds to judge"},
		{idle, "portfolio", "none", "1-60", "", "faults that were not asked for"},
		{idle, "fifo", "swarm", "1-60", "", "strategy fifo"},
		{idle, "zero", "none", "1-60", "", "strategy zero"},
		{idle, "pct:1", "swarm", "1-60", "", "strategy pct:1"},
		{idle, "pct:2", "swarm", "1-60", `sometimes "never"`, ""},
		{race, "rw", "disk.eio=1/2", "1", "disk.eio never fired: its site was never visited", "too few seeds"},
		{race, "rw", "task.spurious=1/1000000", "1-60", "the ratio 1/1000000 is too small", "faults that were not asked for"},
		{func(*World) { panic("boom") }, "zero", "none", "1", "the program does nothing", ""},
	} {
		rule, errRule := chaos.ParseStrategy(c.rule)
		plan, errPlan := ParsePlan(c.plan)
		if err := errors.Join(errRule, errPlan); err != nil {
			t.Fatal(err)
		}
		job := Job{Name: "x", Program: c.program, Seeds: seeds(t, c.seeds), Options: Options{Rule: rule, Plan: plan}}
		sums, err := Sweep([]Job{job}, SweepOptions{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		guards, notes := Judge(sums, plan)
		for _, x := range []struct {
			got  []string
			want string
		}{{guards, c.guard}, {notes, c.note}} {
			if x.want == "" && len(x.got) != 0 || x.want != "" && (len(x.got) != 1 || !strings.Contains(x.got[0], x.want)) {
				t.Errorf("%s, %s, seeds %s: got %q, want %q", c.rule, c.plan, c.seeds, x.got, x.want)
			}
		}
	}
}

// What may never fire for lack of seeds, or with the zero tape, is a note.
func TestJudgeOfIdleFaults(t *testing.T) {
	plan, err := ParsePlan("task.spurious=1/1000000")
	if err != nil {
		t.Fatal(err)
	}
	job := Job{Name: "race", Program: race, Seeds: seeds(t, "1-10"), Options: Options{Plan: plan}}
	sums, err := Sweep([]Job{job}, SweepOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if guards, notes := Judge(sums, plan); len(guards) != 0 || len(notes) != 2 || !strings.Contains(notes[1], "faults that never fired") {
		t.Errorf("guards %q, notes %q", guards, notes)
	}
}

// Each guard speaks about the sweep that proves nothing, and not about the one that does.
func TestGuards(t *testing.T) {
	sleeper := func(w *World) {
		w.Main(sched.DetachTasks, func(t *sched.Task) int { _ = t.Sleep(vclock.Second); return 0 })
	}
	explicit := func(text string) *chaos.Plan {
		p, err := ParsePlan(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	two := func(w *World) { w.Work(2); sleeper(w) }
	rare := func(w *World) { w.Work(1 << 30); w.Sometimes("never", false); sleeper(w) }
	for _, c := range []struct {
		name    string
		program Program
		config  Config
		rule    string
		plan    *chaos.Plan
		seeds   string
		want    string // in the only guard; empty: none
	}{
		{"fine", race, Config{}, "portfolio", swarm(t), "1-100", ""},
		{"sometimes", rare, Config{}, "rw", explicit("none"), "1-60", `sometimes "never" was never true`},
		{"sometimes, few runs", rare, Config{}, "rw", explicit("none"), "1-5", ""},
		{"same draws", two, Config{}, "zero", explicit("none"), "1-60", "made the same draws"},
		{"same draws, declared", two, Config{Single: true}, "zero", explicit("none"), "1-60", ""},
		{"no draws", sleeper, Config{SpuriousSlots: -1}, "rw", explicit("none"), "1-60", ""},
		{"not visited", race, Config{}, "rw", explicit("disk.eio=1/2"), "1-10", "disk.eio never fired: its site was never visited"},
		{"too small", race, Config{}, "rw", explicit("task.spurious=1/1000000"), "1-10", "the ratio 1/1000000 is too small"},
		{"big enough", race, Config{}, "rw", explicit("task.spurious=1/1"), "1-10", ""},
		{"no step", func(*World) { panic("boom") }, Config{}, "rw", explicit("none"), "1-10", "the program does nothing"},
	} {
		rule, err := chaos.ParseStrategy(c.rule)
		if err != nil {
			t.Fatal(err)
		}
		job := Job{Name: c.name, Config: c.config, Program: c.program, Seeds: seeds(t, c.seeds), Options: Options{Rule: rule, Plan: c.plan}}
		sums, err := Sweep([]Job{job}, SweepOptions{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		got := Guards(sums, c.plan)
		if c.want == "" && len(got) != 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
			t.Errorf("%s: guards %q, want %q", c.name, got, c.want)
		}
	}
}

// With swarm, a site that was switched on and visited often must have fired: here nothing is ever woken by it, because the
// counts are made up.
func TestGuardOfSwarm(t *testing.T) {
	plan := swarm(t)
	site := plan.Sites()[0]
	sum := Summary{Job: &Job{Name: "x"}}
	sum.Stats.OnVisits[site.Site] = guardVisitsMin - 1
	if got := Guards([]Summary{sum}, plan); len(got) != 0 {
		t.Errorf("guards %q below the bound", got)
	}
	sum.Stats.OnVisits[site.Site]++
	if got := Guards([]Summary{sum}, plan); len(got) != 1 || !strings.Contains(got[0], site.Name) {
		t.Errorf("guards %q, want one about %s", got, site.Name)
	}
}

// A tape repeats the options that it was recorded with, and refuses what it does not know.
func TestReadHeader(t *testing.T) {
	r := New("x", Config{Lanes: 3, StepsMax: 77}, tiny, Options{Monitors: true})
	defer r.Close()
	r.Run(1)
	h := r.Header()
	var o Options
	if err := o.ReadHeader(&h); err != nil || o.Lanes != 3 || o.StepsMax != 77 || !o.Monitors {
		t.Errorf("read %+v, %v from %q", o, err, h.Options)
	}
	for _, text := range []string{"", "workers=2", "workers=0 steps=1", "workers=99 steps=1", "steps=x", "steps=5 speed=3"} {
		h.Options = text
		if err := new(Options).ReadHeader(&h); err == nil {
			t.Errorf("options %q are taken", text)
		}
	}
}

// If several exit codes apply, 125 comes first, then 4, then the lowest.
func TestWorseExit(t *testing.T) {
	for _, c := range [][3]int{
		{0, 0, 0}, {0, 3, 3}, {1, 3, 1}, {6, 3, 3}, {4, 1, 4}, {125, 4, 125}, {1, 125, 125}, {6, 0, 6},
	} {
		if got, back := WorseExit(c[0], c[1]), WorseExit(c[1], c[0]); got != c[2] || back != c[2] {
			t.Errorf("%d and %d: got %d and %d, want %d", c[0], c[1], got, back, c[2])
		}
	}
}
