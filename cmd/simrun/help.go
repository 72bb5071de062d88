package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/tripoint-go/tripoint/internal/explore"
)

// helpText is what -h prints.
func helpText() string {
	var b strings.Builder
	b.WriteString(`simrun runs programs in the simulator, where time is virtual and every order, fault and interrupt is drawn from a seed. With
-backend uring it runs those that are fit for it on the kernel's io_uring, with -backend cortexm those that need no operating system
on emulated microcontrollers, and judges what they did by the same rules.

usage: simrun [flags]

examples:
  simrun                                           every scenario, 200 seeds each
  simrun -list                                     the scenarios
  simrun -scenario canary -seeds 1-1000            one scenario, more seeds
  simrun -scenario canary -seed 1                  one run
  simrun -scenario canary -seed 1 -trace text      its trace; with -o FILE into a file
  simrun -scenario hello -seeds 1-50 -json         one line of JSON per run
  simrun -replay simrun-canary-1.simtape           the run on a tape
  simrun -scenario pipeline -faults ring.eintr=1/4 with one fault only
  simrun -backend uring                            on the real kernel, with 1, 2 and 8 workers
  simrun -backend uring -for 10m                   the same until the time is over, and no memory may grow
  simrun -backend cortexm                          as firmware for a Cortex-M, under QEMU
  simrun -backend cortexm -board all               the same on every board

flags:
`)
	tw := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	for _, line := range [][2]string{
		{"-list", "list the scenarios"},
		{"-backend NAME", "sim (default); uring: the real kernel, where no run can be made again; cortexm: boards that QEMU emulates"},
		{"-board NAME", "with -backend cortexm: " + boardNames() + "; default " + boardDefault},
		{"-scenario NAME", "run this one, and exit with the code of what it finds"},
		{"-seed N", "one run: a number, or a commit hash of 40 digits"},
		{"-seeds LIST", "such as 1-200 or 5,10-20; default " + seedsDefault + ", with another backend than sim " + seedsReal},
		{"-strategy NAME", "portfolio (default), rw, pct:D, fifo, zero"},
		{"-faults PLAN", "swarm (default), none, or a list such as disk.eio=3/100,irq.storm=1/4"},
		{"-workers N", "scheduler threads; default: the scenario's, with -backend uring 1, 2 and 8 in turn"},
		{"-for TIME", "with -backend uring: seed after seed until the time, such as 90s, is over"},
		{"-steps N", "step budget of a run; default: the scenario's"},
		{"-trace FORM", "write the trace of one run: text, jsonl, chrome; of a real one the last events"},
		{"-o FILE", "where -trace writes; default, and -: standard output"},
		{"-replay TAPE", "run what a tape holds, strictly"},
		{"-check-determinism", "run each seed twice here and once in a fresh process, replay its tape, and compare; on boards, where"},
		{"", "each seed is always run twice: once more in a fresh emulator"},
		{"-json", "one line of JSON per run on standard output"},
		{"-mutant NAME", "do all this with a known bug built into the core; needs the source tree, as -backend cortexm does"},
		{"-jobs N", "goroutines of a sweep, or boards at once; default: all cores. The result does not depend on it"},
	} {
		fmt.Fprintf(tw, "  %s\t%s\n", line[0], line[1])
	}
	_ = tw.Flush() // a strings.Builder takes everything
	b.WriteString("\nenvironment, for flags that are not given: ")
	for i, name := range twins() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(twin(name))
	}
	b.WriteString("\n\nfault sites:\n")
	tw = tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	for _, site := range explore.Sites() {
		fmt.Fprintf(tw, "  %s\t%s\n", site.Name, site.Doc)
	}
	_ = tw.Flush()
	b.WriteString(`
exit codes: 0 passed; 1 a property or an invariant was violated; 2 usage; 3 deadlock or no progress; 4 nondeterminism;
5 two worlds disagree; 6 guard: the result proves nothing, or a stale tape; 7 this machine refuses io_uring, or lacks what make
toolchain builds for -backend cortexm; 125 simrun itself failed, or its output was lost. If several apply: 125, then 4, then the
lowest. 130 and 143: SIGINT or SIGTERM interrupted it; the runs that had begun were finished and are reported. A second signal ends
at once. "go run" exits with 1 instead of all others, so scripts call a built simrun.
`)
	return b.String()
}

// list prints the scenarios.
func (t *tool) list() {
	if t.f.json {
		for _, s := range t.f.all {
			t.writeJSON(struct {
				Scenario string `json:"scenario"`
				Expect   string `json:"expect"`
				Doc      string `json:"doc"`
				OnlySim  string `json:"only_sim,omitempty"`  // why it does not run on a real kernel
				OnlyHost string `json:"only_host,omitempty"` // why it does not run on a microcontroller
			}{s.Name, s.Expect.String(), s.Doc, s.OnlySim, s.OnlyHost})
		}
		return
	}
	tw := tabwriter.NewWriter(t.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tw, "scenario\texpected\tbackends\twhat it does\n")
	for _, s := range t.f.all {
		on := "sim"
		if s.OnlySim == "" {
			on += " uring"
		}
		if s.OnlyHost == "" {
			on += " cortexm"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", s.Name, s.Expect, on, s.Doc)
	}
	_ = tw.Flush() // standard output remembers its errors
}
