package scenarios

import (
	"testing"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/scenarios/portable"
	"github.com/tripoint-go/tripoint/sched"
)

// Every portable program is a scenario, under its own name, and whoever is not portable says why.
func TestPortableProgramsAreScenarios(t *testing.T) {
	seen := map[int]string{}
	for _, s := range All() {
		i, ok := s.Portable()
		if ok == (s.OnlyHost != "") {
			t.Errorf("%s: portable %v, and the reason why not is %q", s.Name, ok, s.OnlyHost)
		}
		if !ok {
			continue
		}
		if portable.Name(i) != s.Name || seen[i] != "" {
			t.Errorf("%s: its program is number %d, that of %s, and that of %q", s.Name, i, portable.Name(i), seen[i])
		}
		seen[i] = s.Name
	}
	if len(seen) != portable.Count {
		t.Errorf("%d of %d portable programs are scenarios", len(seen), portable.Count)
	}
}

// A set lends programs that have nothing in common.
func TestPortableProgramsAreNew(t *testing.T) {
	var set portable.Set
	for i := range portable.Count {
		if set.Program(i) == set.Program(i) {
			t.Errorf("%s: two worlds have one program", portable.Name(i))
		}
	}
}

// greedy starts one task more than there is memory for.
type greedy struct{ w *portable.World }

func (p *greedy) Setup(w *portable.World) {
	p.w = w
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int64 {
		for range portable.TasksMax {
			w.Spawn(t, "child", func(*sched.Task) int64 { return 0 })
		}
		return 0
	})
}

func (p *greedy) Check(*portable.World) {}

// failing states what does not hold, in the run or after it.
type failing struct{ during bool }

func (p *failing) Setup(w *portable.World) {
	w.Main(sched.DetachTasks, func(t *sched.Task) int64 {
		if p.during {
			w.Equal("one is two", 1, 2)
		}
		return 0
	})
}

func (p *failing) Check(w *portable.World) {
	w.AtLeast("two is at most one", 1, 2)
	w.Assert(false, "nobody gets here: the first failure counts")
}

// What a portable program states, and what it does wrong, is what the explorer reports.
func TestPortableFailuresAreTold(t *testing.T) {
	for _, c := range []struct {
		name    string
		program func() portable.Program
		outcome explore.Outcome
		text    string
	}{
		{"too many tasks", func() portable.Program { return &greedy{} }, explore.Panic,
			`panic: task "root" panicked: portable: a program has at most as many tasks as World.Init was given, TasksMax by custom`},
		{"a property in the run", func() portable.Program { return &failing{during: true} }, explore.Property, "property: one is two: got 1, want 2"},
		{"a property at the end", func() portable.Program { return &failing{} }, explore.Property, "property: two is at most one: got 1, want 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Scenario{Name: "failing", Program: hosted(c.program)}
			res := runner(t, s, "fifo", "none").Run(1)
			if res.Outcome != c.outcome || text(&res) != c.text {
				t.Errorf("%s, %q; want %s, %q", res.Outcome, text(&res), c.outcome, c.text)
			}
		})
	}
}
