package explore

import (
	"fmt"
	"strings"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/internal/trace"
)

// Failure is a failing run with everything that a report shows.
type Failure struct {
	Result
	Scenario      string
	Configuration string
	Tape          *chaos.Recording
	Trace         trace.Recording
	Real          bool   // on a real kernel: time is real, nothing is drawn, there is no tape
	Remote        bool   // on a board: what live tasks wait for is not known
	Difference    string // of two runs of the same seed, if the outcome is Nondeterminism
}

// explainTries is the number of recorded runs among which a difference is looked for.
const explainTries = 4

// Explain runs the seed of a result again, twice, with recording on. If the runs are not the one of the result, the outcome
// is Nondeterminism, and the failure says where two of them first differ.
func (r *Runner) Explain(first Result) Failure {
	return r.explain(first, func() Result {
		if first.Zero {
			return r.Zero()
		}
		return r.Run(first.Seed)
	})
}

// ExplainReplay is [Runner.Explain] for the result of a strict replay.
func (r *Runner) ExplainReplay(first Result, rec *chaos.Recording) Failure {
	return r.explain(first, func() Result { return r.Replay(rec, false) })
}

func (r *Runner) explain(first Result, again func() Result) Failure {
	counting, before := r.counting, r.opts.Record
	r.counting = false
	r.Record(max(before, TraceEventsDefault))
	defer func() {
		r.counting = counting
		r.Record(before)
	}()
	f := r.Failure(again())
	steady := f.Same(&first)
	for range explainTries - 1 {
		res := again()
		if res.Same(&f.Result) && steady {
			return f
		}
		steady = false
		a, b := first.Fingerprint, res.Fingerprint
		if f.Fingerprint != b {
			a = f.Fingerprint // both were recorded
		}
		if f.Differ(spec.SameTape, trace.FormatSum(a), trace.FormatSum(b), r.Trace()) {
			return f
		}
	}
	return f
}

// Failure returns what is known about the last run, whose result is res, as it is told in reports.
func (r *Runner) Failure(res Result) Failure {
	return Failure{Result: res, Scenario: r.name, Configuration: r.Configuration(), Tape: r.Tape(), Trace: r.Trace()}
}

// Differ makes nondeterminism the outcome: runs that should be one have the fingerprints a and b, and one of them the trace
// other. id says why they should be one: spec.SameTape or spec.Replay. It reports whether that trace differs from the one of
// the failure.
func (f *Failure) Differ(id, a, b string, other trace.Recording) bool {
	var diff strings.Builder
	// A strings.Builder takes everything, so there is no error.
	equal, _ := trace.WriteDiff(&diff, f.Trace, other)
	text := Difference(id, a, b)
	if a == b && !equal { // these runs differ, and not those of the fingerprints
		text = differently("two recorded runs that should be one left different traces")
	}
	if f.Trace.Dropped+other.Dropped == 0 {
		if v, differ := spec.Compare(id, f.Trace.Events, other.Events); differ {
			text += "\n" + v.Text
		}
	}
	f.Outcome = Nondeterminism
	f.Violation = &Violation{ID: id, Tau: f.End, Step: f.Steps, Seq: f.Events, Text: text}
	f.Difference = diff.String()
	if equal {
		f.Difference = "the runs that were recorded are equal, event by event\n"
	}
	return !equal
}

// Difference says that runs which should be one, for the reason id as in [Failure.Differ], have the fingerprints a and b.
func Difference(id, a, b string) string {
	text := fmt.Sprintf("the same seed gave fingerprint %s and then %s", a, b)
	if id == spec.Replay {
		text = fmt.Sprintf("a run has fingerprint %s, and the replay of its tape %s", a, b)
	}
	switch {
	case a != b:
	case id == spec.Replay:
		text = "a run and the replay of its tape ended in different ways, though the traces are equal"
	default:
		text = "the same seed ended once one way and once another, though the traces are equal"
	}
	return differently(text)
}

// differently adds what such a difference comes from.
func differently(text string) string {
	return text + "\nthe program depends on something that is not drawn: the wall clock, goroutines, map order, randomness, " +
		"or state left by an earlier run"
}
