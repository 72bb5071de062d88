package main

import (
	"fmt"
	goversion "go/version"
	"runtime"
	"strings"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/report"
	"github.com/tripoint-go/tripoint/internal/trace"
)

// elsewhere lists what may make a run differ from the tape with this header: another commit or, if a commit is not known,
// another tool, and another minor version of Go. The platform does not matter, and neither does what is not known.
func elsewhere(h *chaos.Header, tool, commit, goVersion string) []string {
	var out []string
	recorded, _, _ := strings.Cut(h.Tool, ", ") // Go version and platform follow
	running, _, _ := strings.Cut(tool, ", ")
	switch {
	case h.Commit != "" && commit != "":
		if h.Commit != commit {
			out = append(out, fmt.Sprintf("at commit %s, this is %s", h.Commit, commit))
		}
	case recorded != "" && recorded != running:
		out = append(out, fmt.Sprintf("by %s, this is %s", recorded, running))
	case h.Commit != "":
		out = append(out, fmt.Sprintf("at commit %s, this is of an unknown commit", h.Commit))
	}
	if h.Go != "" && minor(h.Go) != minor(goVersion) {
		out = append(out, fmt.Sprintf("with %s, this is %s", h.Go, goVersion))
	}
	return out
}

// minor returns a Go version without its patch, and one that is no release as it is.
func minor(goVersion string) string {
	if lang := goversion.Lang(goVersion); lang != "" {
		return lang
	}
	return goVersion
}

// replay runs what a tape holds.
func (t *tool) replay() int {
	f := &t.f
	rec, err := chaos.ReadTape(f.replay)
	if err != nil {
		return t.usage(fmt.Errorf("-replay: %s", strings.TrimPrefix(err.Error(), "chaos: ")))
	}
	h := &rec.Header
	opts := f.options()
	s, known := f.find(h.Scenario)
	err = opts.ReadHeader(h)
	switch {
	case !known:
		return t.usage(fmt.Errorf("-replay %s: the tape is of scenario %q, which is unknown here: simrun -list has the names", f.replay, h.Scenario))
	case f.scenario != "" && f.scenario != h.Scenario:
		return t.usage(fmt.Errorf("-replay %s: the tape is of scenario %s, not of %s", f.replay, h.Scenario, f.scenario))
	case err != nil:
		return t.usage(fmt.Errorf("-replay %s: %s", f.replay, strings.TrimPrefix(err.Error(), "explore: ")))
	}
	if err := t.openTrace(); err != nil {
		return t.usage(err)
	}
	t.begin(fmt.Sprintf("scenario %s, tape %s", s.Name, f.replay))
	for _, text := range elsewhere(h, version(), commit(), runtime.Version()) {
		fmt.Fprintf(t.stderr, "simrun: the tape was recorded %s\n", text)
	}
	r := explore.New(s.Name, s.Config, s.Program, opts)
	defer r.Close()
	r.Record(recordEvents(f))
	res := r.Replay(rec, false)
	if code := t.writeTrace(r.Trace()); code != explore.ExitPass {
		return code
	}
	again := t.command() + " -replay " + quote(f.replay)
	switch {
	case res.Outcome == explore.Stale:
		fmt.Fprintln(t.result(), strings.TrimPrefix(res.Violation.Text, "chaos: "))
		return t.end(res.Outcome.ExitCode(), again)
	case res.Outcome == explore.Pass:
		if h.Signature != "" {
			fmt.Fprintf(t.result(), "not reproduced: the tape has the failure %q, and the run passed\n", h.Signature)
		}
		t.passed(s.Name, r.Configuration(), &res)
		return t.end(explore.ExitPass, again)
	}
	fail := r.ExplainReplay(res, rec)
	report.Failure(t.result(), &fail, report.Where{Replay: []string{again}, Tape: f.replay})
	switch {
	case fail.Signature() != h.Signature:
		fmt.Fprintf(t.result(), "another failure: the tape has %q\n", h.Signature)
	case trace.FormatSum(fail.Fingerprint) != h.Fingerprint:
		fmt.Fprintf(t.result(), "reproduced on another path: the tape has fingerprint %s\n", h.Fingerprint)
	default:
		fmt.Fprintf(t.result(), "reproduced\n")
	}
	return t.end(fail.Outcome.ExitCode(), again)
}
