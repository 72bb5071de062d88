package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/report"
	"github.com/tripoint-go/tripoint/internal/trace"
)

// one makes the run of -seed.
func (t *tool) one() int {
	f := &t.f
	s := f.chosen
	if err := t.openTrace(); err != nil {
		return t.usage(err)
	}
	t.begin(fmt.Sprintf("scenario %s, seed %d", s.Name, f.seed))
	r := explore.New(s.Name, s.Config, s.Program, f.options())
	defer r.Close()
	r.Record(recordEvents(f))
	res := r.Run(f.seed)
	if code := t.writeTrace(r.Trace()); code != explore.ExitPass {
		return code
	}
	again := t.command() + " " + strings.Join(f.again(s.Name, &res), " ")
	if res.Outcome == explore.Pass {
		t.line(s.Name, &res)
		t.passed(s.Name, r.Configuration(), &res)
		return t.end(explore.ExitPass, again)
	}
	fail := r.Explain(res)
	t.line(s.Name, &fail.Result)
	t.fail(&fail, again)
	return t.end(fail.Outcome.ExitCode(), again)
}

// line prints a single run as JSON if that was asked for.
func (t *tool) line(scenario string, res *explore.Result) {
	if t.f.json {
		t.writeJSON(jsonOf(scenario, t.f.rule, res))
	}
}

// recordEvents is how many events a run keeps: all that fit if the trace is asked for.
func recordEvents(f *flags) int {
	if f.traceForm == "" {
		return 0
	}
	return 1 << 20
}

// passed reports a single run that passed.
func (t *tool) passed(name, configuration string, res *explore.Result) {
	if t.f.json {
		return
	}
	fmt.Fprintf(t.result(), "scenario %s, %s: %s\n", name, report.Run(res), configuration)
	fmt.Fprintf(t.result(), "virtual time %s, %d steps, %d events, %d draws, %d faults; fingerprint %s\n", time.Duration(res.End), res.Steps,
		res.Events, res.Choices, res.Fires, trace.FormatSum(res.Fingerprint))
}

// fail reports a failing run and writes its tape. That the tape cannot be written does not change what was found.
func (t *tool) fail(fail *explore.Failure, again string) {
	path := tapePath(fail)
	var text strings.Builder
	report.Failure(&text, fail, report.Where{Replay: []string{again}})
	tape := fail.Tape
	tape.Notes = strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	replay := []string{again, t.command() + " -replay " + quote(path)}
	if err := tape.Write(path); err != nil {
		fmt.Fprintf(t.stderr, "simrun: the tape was not written: %v\n", err)
		path, replay = "", replay[:1]
	}
	report.Failure(t.result(), fail, report.Where{Replay: replay, Tape: path})
}

func tapePath(fail *explore.Failure) string {
	run := strconv.FormatUint(fail.Seed, 10)
	if fail.Zero {
		run = "zero"
	}
	return "simrun-" + fail.Scenario + "-" + run + ".simtape"
}

// traceOnStdout reports whether standard output is for a trace.
func (t *tool) traceOnStdout() bool { return t.f.traceForm != "" && t.f.file == "" }

// writeTrace writes the trace of a run if it was asked for, and returns an exit code.
func (t *tool) writeTrace(rec trace.Recording) int {
	if t.f.traceForm == "" {
		return explore.ExitPass
	}
	write := trace.WriteText
	switch t.f.traceForm {
	case "jsonl":
		write = trace.WriteJSONL
	case "chrome":
		write = trace.WriteChrome
	}
	var err error
	if t.trace == nil {
		err = write(t.stdout, rec)
	} else {
		err = writeClose(t.trace, func(w io.Writer) error { return write(w, rec) })
	}
	if t.stdout.err != nil {
		return explore.ExitInternal // run tells why
	}
	if err != nil {
		return t.internal(fmt.Errorf("write trace: %w", err))
	}
	if rec.Dropped > 0 {
		fmt.Fprintf(t.stderr, "simrun: the trace has the last %d events, %d before them are left out\n", len(rec.Events), rec.Dropped)
	}
	return explore.ExitPass
}

// openTrace opens the file of -o, before the run and not after it.
func (t *tool) openTrace() error {
	if t.f.traceForm == "" || t.f.file == "" {
		return nil
	}
	file, err := os.Create(t.f.file)
	if err != nil {
		return fmt.Errorf("-o: %w", err)
	}
	t.trace = file
	return nil
}

func writeClose(f *os.File, write func(io.Writer) error) error {
	out := bufio.NewWriter(f)
	err := write(out)
	if errFlush := out.Flush(); err == nil {
		err = errFlush
	}
	if errClose := f.Close(); err == nil {
		err = errClose
	}
	return err
}
