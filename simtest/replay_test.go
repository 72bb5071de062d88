package simtest

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
)

// failing runs a program that fails, and returns what was reported and the tape.
func failing(t *testing.T, program Program) (f *fake, tape string) {
	f = try(t, nil, nil, program, Faults("none"))
	m := regexp.MustCompile(`(?m)^tape: (\S+) `).FindStringSubmatch(f.fatal)
	if m == nil {
		t.Fatalf("no tape in %q", f.fatal)
	}
	return f, m[1]
}

// A tape leads to the same failure by the flag and by the twin, whatever seeds and options are asked for, and the report says
// how to do it again.
func TestReplay(t *testing.T) {
	first, tape := failing(t, seven)
	print := regexp.MustCompile(`at virtual time .* fingerprint [0-9a-f]{16}`)
	want := print.FindString(first.fatal)
	for _, f := range []*fake{
		try(t, nil, map[string]string{"replay": tape, "seed": "1"}, seven),
		try(t, map[string]string{"TRIPOINT_REPLAY": tape, "TRIPOINT_SEED": "1"}, nil, seven, Strategy("zero"), Workers(3)),
	} {
		if got := print.FindString(f.fatal); got != want || want == "" {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, want := range []string{
			"tape " + tape + " fails\n", "property violated: n is not 7\n",
			`replay: go test -run '^TestFake$/^some \(case\)$' -count=1 example.org/mod/pkg -tripoint.replay=` + tape + "\n",
			"or:     TRIPOINT_REPLAY=" + tape + " go test", "\nreproduced",
		} {
			if !strings.Contains(f.fatal, want) {
				t.Errorf("no %q in:\n%s", want, f.fatal)
			}
		}
	}
	// A seed that is asked for by a flag wins over a tape of the environment.
	f := try(t, map[string]string{"TRIPOINT_REPLAY": tape}, map[string]string{"seeds": "1-3"}, quiet)
	if !strings.Contains(f.log, "3 runs passed") {
		t.Errorf("log %q, fatal %q", f.log, f.fatal)
	}
}

// A tape that does not fit is told from one whose failure is gone, and from one that shows something else.
func TestReplayOfAnotherProgram(t *testing.T) {
	_, tape := failing(t, seven)
	text, err := os.ReadFile(tape)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir() + "/elsewhere.simtape"
	text = regexp.MustCompile(`(?m)^scenario: .*$`).ReplaceAll(text, []byte("scenario: TestOther"))
	if err := os.WriteFile(elsewhere, text, 0o600); err != nil {
		t.Fatal(err)
	}
	drawing := func(n int, property string, fails func(int) bool) Program {
		return func(w *World) {
			x := w.Work(n)
			w.Main(sched.DetachTasks, func(*sched.Task) int { w.Assert(!fails(x), property, ""); return 0 })
		}
	}
	always := func(int) bool { return true }
	for _, c := range []struct {
		name, tape string
		program    Program
		fatal, log string
	}{
		{"of another test", elsewhere, seven, `is of "TestOther", and this test is "TestFake.some (case)"`, ""},
		{"no such file", elsewhere + "x", seven, "no such file", ""},
		{"stale", tape, drawing(41, "n is not 7", always), "stale tape", ""},
		{"mended", tape, drawing(40, "n is not 7", func(int) bool { return false }), "", "not reproduced: the tape has the failure"},
		{"another failure", tape, drawing(40, "n is odd", always), `another failure: the tape has "property: n is not 7"`, ""},
	} {
		f := try(t, nil, map[string]string{"replay": c.tape}, c.program)
		if !strings.Contains(f.fatal, c.fatal) || (c.fatal == "") != (f.fatal == "") || !strings.Contains(f.log, c.log) {
			t.Errorf("%s: fatal %q, log %q; want %q, %q", c.name, f.fatal, f.log, c.fatal, c.log)
		}
	}
}

// A program without a root is told in a sentence, with the seed and without a stack.
func TestNoRoot(t *testing.T) {
	f := try(t, nil, nil, func(*World) {})
	want := "simtest: the program registered no root: call w.Main or w.Run once (zero tape)\nreplay: TRIPOINT_STRATEGY=zero go test "
	if !strings.HasPrefix(f.fatal, want) || strings.Count(f.fatal, "\n") != 1 {
		t.Errorf("got %q", f.fatal)
	}
	f = try(t, nil, nil, func(w *World) {
		if w.Work(2) == 0 {
			quiet(w)
		}
	})
	if !regexp.MustCompile(`once \(seed (\d+)\)\nreplay: go test .* -tripoint.seed=\d+$`).MatchString(f.fatal) {
		t.Errorf("got %q", f.fatal)
	}
}

// With -artifacts the report has the command that replays the tape, and the command works; Fatal inside a run is reported
// like any failure, wherever it is called.
func TestTapesAndFatalInsideGoTest(t *testing.T) {
	goTest := func(args ...string) string {
		out, err := exec.Command("go", append([]string{"test", "-count=1"}, args...)...).CombinedOutput()
		if err == nil {
			t.Fatalf("go test %v passes:\n%s", args, out)
		}
		return string(out)
	}
	const pkg = "./testdata/failing"
	print := regexp.MustCompile(`fingerprint [0-9a-f]{16}`)
	command := regexp.MustCompile(`or: +go test -run '(\S+)' -count=1 (\S+) (-tripoint\.replay=\S+)\n`)
	for _, c := range []struct{ test, said, who, run string }{
		{"LostUpdate", "", "no update is lost", "seed "},
		{"FatalInBody", "fatal in body", `task "bold" left the run by runtime.Goexit`, "seed "},
		{"FatalAtOnce", "fatal in body", `task "root" left the run by runtime.Goexit`, "zero tape"},
		{"FatalInSetUp", "fatal in set-up", "the set-up left the run by runtime.Goexit", "seed "},
	} {
		out := goTest("-artifacts", "-outputdir="+t.TempDir(), "-run="+c.test, pkg)
		m := command.FindStringSubmatch(out)
		for _, want := range []string{c.said, c.who, c.run, "replay: ", "last ", "tape: "} {
			if m == nil || !strings.Contains(out, want) {
				t.Fatalf("%s: no %q or no command in:\n%s", c.test, want, out)
			}
		}
		again := goTest("-run="+m[1], m[2], m[3])
		if a, b := print.FindString(out), print.FindString(again); a == "" || a != b || !strings.Contains(again, c.who) {
			t.Errorf("%s: %s, and on the tape:\n%s", c.test, a, again)
		}
	}
}

// said is a standard error that a body can wait for.
type said struct {
	text atomic.Pointer[string]
}

func (s *said) Write(p []byte) (int, error) {
	text := string(p)
	s.text.CompareAndSwap(nil, &text)
	return len(p), nil
}

// spin is a body that does not await until somebody has complained.
func spin(s *said) {
	for s.text.Load() == nil {
		continue
	}
}

// A body that spins is named with its run, its place in the source, and the command that leads there; the run itself does not
// notice.
func TestWatchdog(t *testing.T) {
	for _, c := range []struct {
		flags   map[string]string
		run     string
		command string
		setUp   bool
	}{
		{nil, "zero tape", "replay: TRIPOINT_STRATEGY=zero go test ", false},
		{map[string]string{"seed": "7"}, "seed 7", "-tripoint.seed=7\n", false},
		{map[string]string{"seed": "7"}, "seed 7", "-tripoint.seed=7\n", true},
	} {
		var s said
		f := try(t, nil, c.flags, func(w *World) {
			here := w.Exec.Steps() == 0 && (c.flags == nil || w.Work(1<<30) != 0)
			if here && c.setUp {
				spin(&s)
			}
			w.Main(sched.DetachTasks, func(*sched.Task) int {
				if here {
					spin(&s)
				}
				return 0
			})
		}, Seeds("1-3"), func(set *settings) { set.patience, set.stderr = 300*time.Millisecond, &s })
		if f.fatal != "" || !strings.Contains(f.log, "passed") {
			t.Errorf("log %q, fatal %q", f.log, f.fatal)
		}
		text := *s.text.Load()
		for _, want := range []string{"simtest: TestFake/some (case): " + c.run + ": nothing has happened for 300ms", c.command,
			"simtest.spin(", "/simtest/replay_test.go:"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in:\n%s", want, text)
			}
		}
	}
}

// Patience ends once for each place at which a runner stands still, and never between runs.
func TestStill(t *testing.T) {
	var s still
	told := 0
	look := func(at explore.Position, times int) int {
		told = 0
		for range times {
			if s.look(at) {
				told++
			}
		}
		return told
	}
	at := func(moves uint64, stage explore.Stage) explore.Position {
		return explore.Position{Moves: moves, Stage: stage}
	}
	for i, c := range []struct {
		at          explore.Position
		times, want int
	}{
		{at(1, explore.InSeed), looks, 0}, {at(2, explore.InSeed), looks, 0}, {at(3, explore.InZero), looks + 1, 1},
		{at(3, explore.InZero), 5 * looks, 0}, {at(4, explore.Idle), 5 * looks, 0}, {at(5, explore.InReplay), looks + 1, 1},
	} {
		if got := look(c.at, c.times); got != c.want {
			t.Errorf("%d: told %d times, want %d", i, got, c.want)
		}
	}
}
