package simtest

import (
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/report"
	"github.com/tripoint-go/tripoint/internal/trace"
)

// fail confirms a failure, keeps its tape, and ends the test.
func (s *settings) fail(t tb, pkg string, r *explore.Runner, res explore.Result) {
	t.Helper()
	f := r.Explain(res)
	t.Fatalf("%s", s.told(t, pkg, &f))
}

// told is what there is to say about a failure. It keeps the tape first, unless the failure is of one.
func (s *settings) told(t tb, pkg string, f *explore.Failure) string {
	where := report.Where{Replay: s.replay(t.Name(), pkg, &f.Result)}
	if f.Name() == explore.NoRoot {
		return fmt.Sprintf("simtest: %s (%s)\nreplay: %s", f.Violation.Text, s.which(f.Zero, f.Seed), where.Replay[0])
	}
	var text strings.Builder
	if s.tape != "" {
		where.Tape = s.tape
		report.Failure(&text, f, where)
		return "tape " + s.tape + " fails\n" + text.String()
	}
	report.Failure(&text, f, where)
	tape := filepath.Join(t.ArtifactDir(), "seed-"+strconv.FormatUint(f.Seed, 10)+".simtape")
	if f.Zero {
		tape = filepath.Join(t.ArtifactDir(), "zero.simtape")
	}
	if path, err := filepath.Abs(tape); err == nil {
		tape = path // go test runs each package in a folder of its own
	}
	f.Tape.Notes = strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	keeps := flag.Lookup("test.artifacts")
	switch err := f.Tape.Write(tape); {
	case err != nil:
		where.Tape = "not written: " + err.Error()
	case keeps != nil && keeps.Value.String() == "true":
		where.Tape = tape
		where.Replay = append(where.Replay, onTape(t.Name(), pkg, tape)...)
	default:
		where.Tape = tape + " (go test -artifacts keeps it, for -tripoint.replay)"
	}
	text.Reset()
	report.Failure(&text, f, where)
	return report.Run(&f.Result) + " fails\n" + text.String()
}

// which names a run.
func (s *settings) which(zero bool, seed uint64) string {
	if s.tape != "" {
		return "tape " + s.tape
	}
	return report.Run(&explore.Result{Zero: zero, Seed: seed})
}

// replay returns the commands that make a run again: with the flag, and with its twin.
func (s *settings) replay(test, pkg string, res *explore.Result) []string {
	if s.tape != "" {
		return append(onTape(test, pkg, s.tape), "TRIPOINT_REPLAY="+quote(s.tape)+" "+goTest(test, pkg))
	}
	env := s.env
	if res.Zero {
		env = nil
		for _, e := range s.env {
			if !strings.HasPrefix(e, "TRIPOINT_STRATEGY=") {
				env = append(env, e)
			}
		}
		env = append(env, "TRIPOINT_STRATEGY=zero")
	}
	prefix := ""
	for _, e := range env {
		prefix += e + " "
	}
	seed, command := strconv.FormatUint(res.Seed, 10), goTest(test, pkg)
	return []string{prefix + command + " -tripoint.seed=" + seed, prefix + "TRIPOINT_SEED=" + seed + " " + command}
}

// onTape returns the command that replays a tape.
func onTape(test, pkg, tape string) []string {
	return []string{goTest(test, pkg) + " -tripoint.replay=" + quote(tape)}
}

// goTest returns the command that runs one test.
func goTest(test, pkg string) string {
	var parts []string
	for part := range strings.SplitSeq(test, "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
	}
	return "go test -run '" + strings.Join(parts, "/") + "' -count=1 " + pkg
}

// quote makes a path one word of a shell.
func quote(path string) string {
	if regexp.MustCompile(`^[\w./:@%+=,-]+$`).MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// guard watches the runs of a test, and returns what ends that.
func (s *settings) guard(test, pkg string) (end func()) {
	return guard(s.opts.Watch, s.patience, s.stderr, func(at explore.Position) string {
		res := explore.Result{Zero: at.Stage == explore.InZero, Seed: at.Seed}
		return hung(test, s.which(res.Zero, res.Seed), s.patience, s.replay(test, pkg, &res), stacks())
	})
}

// readTape reads the tape of the test called name and takes its options over, if there is one to be replayed.
func (s *settings) readTape(name string) (*chaos.Recording, error) {
	if s.tape == "" {
		return nil, nil
	}
	rec, err := chaos.ReadTape(s.tape)
	if err != nil {
		return nil, err
	}
	if rec.Header.Scenario != name {
		return nil, fmt.Errorf("the tape %s is of %q, and this test is %q: choose the test with -run", s.tape, rec.Header.Scenario, name)
	}
	if err := s.opts.ReadHeader(&rec.Header); err != nil {
		return nil, fmt.Errorf("%s: %w", s.tape, err)
	}
	return rec, nil
}

// onTape replays a tape, strictly, and ends the test if the run fails or the tape is not one of this program.
func (s *settings) onTape(t tb, pkg string, r *explore.Runner, rec *chaos.Recording) {
	t.Helper()
	h := &rec.Header
	res := r.Replay(rec, false)
	switch res.Outcome {
	case explore.Stale:
		t.Fatalf("simtest: %s: %s", s.tape, strings.TrimPrefix(res.Violation.Text, "chaos: "))
		return
	case explore.Pass:
		text := "the run passed"
		if h.Signature != "" {
			text = fmt.Sprintf("not reproduced: the tape has the failure %q, and the run passed", h.Signature)
		}
		t.Logf("simtest: tape %s: %s", s.tape, text)
		return
	}
	f := r.ExplainReplay(res, rec)
	end := "reproduced"
	switch {
	case f.Signature() != h.Signature:
		end = fmt.Sprintf("another failure: the tape has %q", h.Signature)
	case trace.FormatSum(f.Fingerprint) != h.Fingerprint:
		end = "reproduced on another path: the tape has fingerprint " + h.Fingerprint
	}
	t.Fatalf("%s\n%s", strings.TrimSuffix(s.told(t, pkg, &f), "\n"), end)
}
