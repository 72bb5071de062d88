package explore

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Defaults of [Config] and [Options].
const (
	TasksDefault         = 64
	OpsDefault           = 64
	SpuriousSlotsDefault = 8
	StepsDefault         = 100_000
	TraceEventsDefault   = 1 << 16
	LanesMax             = 16
)

// Config is what a program needs of its world: sizes and bounds that are the same in every run. A zero field is its
// default. Small tables make short runs faster, because every run begins with empty ones.
type Config struct {
	Limits        sched.Limits    // Tasks: default 64; Ops: default 64; Lines and Lanes follow the fields below
	Lines         int             // interrupt lines of the kernel, 0 to sim.LinesMax
	Lanes         int             // simulated scheduler threads, 1 to LanesMax; default 1
	SpuriousSlots int             // tasks 1 to this may be woken for nothing; default 8, -1: none
	Grace         vclock.Duration // of Main's exit; default 1 s
	StepsMax      int64           // polls and teardown steps of a run; default 100,000
	FDMax         int             // these are those of sim.Options
	EventsMax     int
	PipeBytes     int
	FilesMax      int
	FileBytes     int
	Single        bool // all seeds are expected to make the same draws
}

// defaulted fills the defaults in and panics at sizes that no executor takes.
func (c Config) defaulted(o *Options) Config {
	or := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	or(&c.Limits.Tasks, TasksDefault)
	or(&c.Limits.Ops, OpsDefault)
	or(&c.SpuriousSlots, min(SpuriousSlotsDefault, c.Limits.Tasks))
	c.SpuriousSlots = max(0, c.SpuriousSlots)
	or(&c.Lanes, 1)
	if o.Lanes > 0 {
		c.Lanes = o.Lanes
	}
	if c.Lanes < 1 || c.Lanes > LanesMax {
		panic("explore: lanes are 1 to 16")
	}
	c.Limits.Lanes, c.Limits.Lines = c.Lanes, c.Lines
	if c.Grace == 0 {
		c.Grace = vclock.Second
	}
	if c.StepsMax == 0 {
		c.StepsMax = StepsDefault
	}
	if o.StepsMax > 0 {
		c.StepsMax = o.StepsMax
	}
	return c
}

func (c *Config) kernel() sim.Options {
	return sim.Options{
		Lines: c.Lines, OpsMax: c.Limits.Ops, FDMax: c.FDMax, EventsMax: c.EventsMax, PipeBytes: c.PipeBytes,
		FilesMax: c.FilesMax, FileBytes: c.FileBytes, SpuriousSlots: c.SpuriousSlots,
	}
}

// Options are the choices of whoever runs a program. The zero value explores with the portfolio, without faults and
// without monitors.
type Options struct {
	Rule     chaos.Rule
	Plan     *chaos.Plan // nil: no faults
	Monitors bool        // judge every run by the invariants of the specification
	Record   int         // keep the last events of every run, this many; 0: none
	StepsMax int64       // 0: the program's
	Lanes    int         // 0: the program's
	Tool     string      // for the headers of tapes
	Commit   string
	Watch    *Watch // shows how far the runner is; may be nil

	// Left is called when the program leaves a run by runtime.Goexit, as FailNow and SkipNow of a test do. It gets the run so
	// far; when it returns, the goroutine of the runner ends, and all that can be done with the runner is to close it. It may
	// be nil.
	Left func(*Failure)
}

// ParsePlan reads a fault plan for the simulator, see [chaos.ParsePlan].
func ParsePlan(text string) (*chaos.Plan, error) { return chaos.ParsePlan(text, sim.Sites()) }

// Sites lists the fault sites of the simulator.
func Sites() []backend.SiteInfo { return sim.Sites() }

// header returns the options that a replay must repeat, as a tape's header has them.
func (r *Runner) header() string {
	text := "workers=" + strconv.Itoa(r.config.Lanes) + " steps=" + strconv.FormatInt(r.config.StepsMax, 10)
	if r.opts.Monitors {
		text += " monitors"
	}
	return text
}

// ReadHeader takes over the options that a tape was recorded with.
func (o *Options) ReadHeader(h *chaos.Header) error {
	o.Monitors = false
	for part := range strings.FieldsSeq(h.Options) {
		key, value, _ := strings.Cut(part, "=")
		n, err := strconv.ParseInt(value, 10, 64)
		switch {
		case part == "monitors":
			o.Monitors = true
		case key == "workers" && err == nil && n >= 1 && n <= LanesMax:
			o.Lanes = int(n)
		case key == "steps" && err == nil && n >= 1:
			o.StepsMax = n
		default:
			return fmt.Errorf("explore: the tape was recorded with the option %q, which this tool does not know", part)
		}
	}
	if o.StepsMax == 0 {
		return errors.New("explore: the tape does not say which options it was recorded with")
	}
	return nil
}
