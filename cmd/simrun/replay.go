package main

import (
	"fmt"
	"strings"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/report"
	"github.com/tripoint-go/tripoint/internal/trace"
)

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
	t.begin(fmt.Sprintf("scenario %s, tape %s", s.Name, f.replay))
	if c := commit(); c != h.Commit && c != "" && h.Commit != "" {
		fmt.Fprintf(t.stderr, "simrun: the tape was recorded at commit %s, this is %s\n", h.Commit, c)
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
