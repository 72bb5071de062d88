package simtest

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

// fake is a test that only notes what becomes of it.
type fake struct {
	dir   string
	log   string
	fatal string
}

func (f *fake) Helper()                           {}
func (f *fake) Name() string                      { return "TestFake/some (case)" }
func (f *fake) Logf(format string, args ...any)   { f.log += fmt.Sprintf(format, args...) }
func (f *fake) Fatalf(format string, args ...any) { f.fatal += fmt.Sprintf(format, args...) }
func (f *fake) ArtifactDir() string               { return f.dir }

// try runs a program in a test of its own, with the environment and the flags as given.
func try(t *testing.T, env, flags map[string]string, program Program, options ...Option) *fake {
	f := &fake{dir: t.TempDir()}
	look := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	run(f, "example.org/mod/pkg", look, flags, program, options)
	return f
}

// quiet passes always.
func quiet(w *World) {
	w.Work(1000)
	w.Main(sched.DetachTasks, func(t *sched.Task) int { return 0 })
}

// seven fails for the workload 7 of 40.
func seven(w *World) {
	n := w.Work(40)
	w.Main(sched.DetachTasks, func(t *sched.Task) int {
		w.Assert(n != 7, "n is not 7", "n is %d", n)
		return 0
	})
}

func TestPassingProgram(t *testing.T) {
	f := try(t, nil, nil, quiet)
	if f.fatal != "" || !strings.Contains(f.log, "200 runs passed") {
		t.Errorf("log %q, fatal %q", f.log, f.fatal)
	}
}

// The report names property, seed and both commands, in order, and each of the two commands finds the failure again.
func TestFailureIsReportedAndRepeats(t *testing.T) {
	first := try(t, nil, nil, seven, Faults("none"))
	m := regexp.MustCompile(`-tripoint\.seed=(\d+)`).FindStringSubmatch(first.fatal)
	if m == nil {
		t.Fatalf("no seed in %q", first.fatal)
	}
	at := 0
	for _, want := range []string{
		"seed " + m[1] + " fails\n", "property violated: n is not 7\n", "n is 7\n", "at virtual time", "fingerprint",
		`replay: go test -run '^TestFake$/^some \(case\)$' -count=1 example.org/mod/pkg -tripoint.seed=` + m[1] + "\n",
		"or:     TRIPOINT_SEED=" + m[1] + ` go test -run '^TestFake$/^some \(case\)$' -count=1 example.org/mod/pkg` + "\n",
		"seed " + m[1] + ": strategy=", "events:", "no task is live\n", "tape: " + first.dir,
	} {
		i := strings.Index(first.fatal[at:], want)
		if i < 0 {
			t.Fatalf("no %q from byte %d on in:\n%s", want, at, first.fatal)
		}
		at += i
	}
	byFlag := try(t, nil, map[string]string{"seed": m[1]}, seven, Faults("none"))
	byTwin := try(t, map[string]string{"TRIPOINT_SEED": m[1]}, nil, seven, Faults("none"))
	same := func(f *fake) string { return strings.ReplaceAll(f.fatal, f.dir, "DIR") }
	if same(byFlag) != same(first) || same(byTwin) != same(first) {
		t.Errorf("the sweep said:\n%s\nthe flag:\n%s\nthe twin:\n%s", first.fatal, byFlag.fatal, byTwin.fatal)
	}
	tape, err := chaos.ReadTape(first.dir + "/seed-" + m[1] + ".simtape")
	if err != nil || tape.Header.Seed != m[1] || tape.Header.Signature != "property: n is not 7" {
		t.Errorf("tape %+v, %v", tape, err)
	}
}

// A failing zero tape is reported before any seed, with a command that leads there.
func TestZeroTapeFirst(t *testing.T) {
	program := func(w *World) {
		n := w.Work(1 << 30)
		w.Main(sched.DetachTasks, func(t *sched.Task) int { w.Assert(n > 0, "n is not 0", ""); return 0 })
	}
	f := try(t, nil, nil, program)
	if !strings.HasPrefix(f.fatal, "zero tape fails") || !strings.Contains(f.fatal, "replay: TRIPOINT_STRATEGY=zero go test") {
		t.Fatalf("got %q", f.fatal)
	}
	again := try(t, map[string]string{"TRIPOINT_STRATEGY": "zero"}, map[string]string{"seed": "0"}, program)
	print := regexp.MustCompile(`fingerprint [0-9a-f]{16}`)
	if a, b := print.FindString(f.fatal), print.FindString(again.fatal); a == "" || a != b {
		t.Errorf("%q, and again %q", a, b)
	}
}

// Flags win over the environment, which wins over options; and what the environment changed is in the command.
func TestOverrides(t *testing.T) {
	for _, c := range []struct {
		env, flags map[string]string
		options    []Option
		want       string
	}{
		{nil, nil, []Option{Seeds("1-5")}, "5 runs"},
		{map[string]string{"TRIPOINT_SEEDS": "1-7"}, nil, []Option{Seeds("1-5")}, "7 runs"},
		{map[string]string{"TRIPOINT_SEEDS": "1-7", "TRIPOINT_SEED": "4"}, nil, nil, "1 runs"},
		{map[string]string{"TRIPOINT_SEED": "4"}, map[string]string{"seeds": "1-9"}, nil, "9 runs"},
		{nil, map[string]string{"seeds": "1-9", "seed": "2"}, nil, "1 runs"},
		{map[string]string{"TRIPOINT_SEEDS": ""}, nil, []Option{Seeds("1-5")}, "5 runs"},
	} {
		f := try(t, c.env, c.flags, quiet, c.options...)
		if f.fatal != "" || !strings.Contains(f.log, "simtest: "+c.want) {
			t.Errorf("env %v, flags %v: log %q, fatal %q, want %s", c.env, c.flags, f.log, f.fatal, c.want)
		}
	}
	f := try(t, map[string]string{"TRIPOINT_FAULTS": "none", "TRIPOINT_WORKERS": "2"}, nil, seven)
	if want := "replay: TRIPOINT_FAULTS=none TRIPOINT_WORKERS=2 go test"; !strings.Contains(f.fatal, want) {
		t.Errorf("no %q in %q", want, f.fatal)
	}
}

// Values that make no sense end the test with one line, whoever gave them.
func TestBadValues(t *testing.T) {
	for _, c := range []struct {
		env    map[string]string
		option Option
		want   string
	}{
		{nil, Seeds("9-1"), "run backwards"},
		{nil, Strategy("magic"), "unknown strategy"},
		{nil, Faults("gremlin=1/2"), "unknown fault site"},
		{nil, Steps(0), "at least 1"},
		{nil, Workers(99), "from 1 to 16"},
		{map[string]string{"TRIPOINT_SEED": "x"}, Seeds("1"), "seed"},
		{map[string]string{"TRIPOINT_STEPS": "many"}, Seeds("1"), "steps"},
	} {
		f := try(t, c.env, nil, quiet, c.option)
		if !strings.Contains(f.fatal, c.want) || strings.Contains(f.fatal, "\n") {
			t.Errorf("got %q, want one line with %q", f.fatal, c.want)
		}
	}
}

// A deadlock names the tasks and the circle in which they wait.
func TestDeadlockNamesTheCircle(t *testing.T) {
	f := try(t, nil, nil, func(w *World) {
		var one, two tsync.Mutex[int]
		one.Init(w.Exec, "L1", 0)
		two.Init(w.Exec, "L2", 0)
		both := func(m, n *tsync.Mutex[int]) func(*sched.Task) int {
			return func(t *sched.Task) int {
				m.Lock(t)
				t.Yield()
				n.Lock(t)
				return 0
			}
		}
		w.Main(sched.WaitForAllTasks, func(t *sched.Task) int {
			sched.Spawn(t, "a", both(&one, &two))
			sched.Spawn(t, "b", both(&two, &one))
			return 0
		})
	})
	if want := `"a" waits for lock "L2" held by "b", which waits for lock "L1" held by "a"`; !strings.Contains(f.fatal, want) {
		t.Errorf("no %q in:\n%s", want, f.fatal)
	}
}

// A test that proves nothing fails, unless it is run for one seed.
func TestGuards(t *testing.T) {
	never := func(w *World) { w.Sometimes("the moon is blue", false); quiet(w) }
	if f := try(t, nil, nil, never); !strings.Contains(f.fatal, "the moon is blue") {
		t.Errorf("got %q", f.fatal)
	}
	if f := try(t, nil, nil, quiet, Faults("disk.eio=1/2")); !strings.Contains(f.fatal, "disk.eio never fired") {
		t.Errorf("got %q", f.fatal)
	}
	if f := try(t, nil, map[string]string{"seed": "3"}, never, Faults("disk.eio=1/2")); f.fatal != "" {
		t.Errorf("one seed: got %q", f.fatal)
	}
}

// Under go test itself: the flag and the twin lead back to the same failure, and nondeterminism is named.
func TestInsideGoTest(t *testing.T) {
	goTest := func(env string, args ...string) string {
		cmd := exec.Command("go", append([]string{"test", "-count=1"}, args...)...)
		cmd.Env = append(os.Environ(), "TRIPOINT_SEED="+env)
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Fatalf("go test %v passes:\n%s", args, out)
		}
		return string(out)
	}
	const pkg = "./testdata/failing"
	first := goTest("", "-run=LostUpdate", pkg)
	m := regexp.MustCompile(`replay: go test -run '(\S+)' -count=1 (\S+) -tripoint\.seed=(\d+)`).FindStringSubmatch(first)
	if m == nil {
		t.Fatalf("no command in:\n%s", first)
	}
	if want := `^TestLostUpdate$/^two_tasks$`; m[1] != want {
		t.Errorf("-run is %s, want %s", m[1], want)
	}
	print := regexp.MustCompile(`fingerprint [0-9a-f]{16}`)
	want := print.FindString(first)
	if got := print.FindString(goTest("", "-run="+m[1], m[2], "-tripoint.seed="+m[3])); got != want || want == "" {
		t.Errorf("the flag gives %s, want %s", got, want)
	}
	if got := print.FindString(goTest(m[3], "-run="+m[1], m[2])); got != want {
		t.Errorf("the twin gives %s, want %s", got, want)
	}
	out := goTest("", "-run=Nondeterminism", pkg)
	for _, want := range []string{"nondeterminism: DT1\n", "something that is not drawn", "first difference at record", "timer+"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
}

// The program in the package comment is the one that is tested.
func TestDocIsTheExample(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var doc strings.Builder
	for line := range strings.Lines(read("doc.go")) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok {
			doc.WriteString(code)
		}
	}
	if example := read("example_test.go"); doc.Len() == 0 || !strings.HasSuffix(example, doc.String()) {
		t.Errorf("example_test.go does not end with the code of doc.go:\n%s", doc.String())
	}
}
