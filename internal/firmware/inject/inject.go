// Package inject runs a firmware once for every instruction boundary of a window of it, with an interrupt exactly there, and
// reports where the firmware's own verdict is bad. The emulator is stock QEMU: its GDB stub steps, its qtest socket raises
// interrupt lines. The firmware needs nothing but symbols.
//
//	sweep := inject.Sweep{
//		ELF: "fw.elf", Machine: inject.Machine{Name: "microbit", NVIC: "armv6m"},
//		From: "begin", To: "end", Verdict: "verdict",
//		Sources: []inject.Source{30, inject.PendSV},
//	}
//	report, err := sweep.Run(ctx)
//
// # The window
//
// The window begins at an entry of the function From and ends at the first entry of To after it, or when From returns. Both
// are functions that the compiler must not inline. Position p of a run is the boundary after p steps from there, where a
// step executes one instruction or enters one handler. Position 0 is the first instruction of From; the boundary before the
// first instruction of To is outside. Handlers that run inside the window belong to it. The window must not sleep.
//
// The way into sleep is a window of its own kind, with Asleep: it ends at the first WFI, and the boundary before that instruction
// is its last position. Nothing but an interrupt ends such a sleep, so what counts as the run that nothing disturbs has
// the first source pending at the last position.
//
// No timer may run in the window: whenever QEMU stops the firmware it takes it to be asleep, and the clock jumps to the next
// timer, so that stepping would meet nothing but timer interrupts. To see a timer expire at each position, leave it stopped and
// inject its exception. What runs after the last injection of a run is not stopped any more and may use timers.
//
// A single injection makes one source pending at each position of the run that nothing disturbs.
//
// A pair makes one source pending at position i of the run that nothing disturbs, and another source at position j >= i of
// the run that the first one leads to: its handler counts, if it is entered inside the window, so j visits the boundaries
// in the handler too. j ends where that run reaches To. Both orders of the two sources are tried, but for i = j only one, since
// it is the hardware that orders what is pending at once. A source that is listed twice is paired with itself. Where the
// first injection alone fails, it is reported alone. The number of pairs is quadratic: it wants windows of 40 positions or
// less.
//
// # The verdict
//
// The run ends at the entry of the function Verdict, whose first argument is a code, 0 for good. Its second argument says which
// invariant a bad run violates: the address of a NUL-terminated ASCII text, a word of four ASCII letters, or 0. A Judge may
// know better, from what the firmware has left in its memory.
// A run that does not get there within a limit of wall-clock time, twice, is hung. A run in which the firmware leaves the
// emulator is exited, whatever its status.
//
// # What makes a result worth something
//
// Interrupts must be able to show a bug. So Run first makes each source pending at position 0 and insists that its handler
// is entered before the verdict; a sweep over a line that was never enabled is an error, not a success. It does not prove that the
// verdict looks at the right thing: keep a mutant of each firmware that must fail.
//
// Everything but the limit is deterministic: instructions drive the emulated clock.
package inject

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Machine is what has to be known of the emulated board.
type Machine struct {
	Name   string // of the machine in QEMU
	NVIC   string // QOM name, or path where that is not unique, of the armv7m object, which owns the interrupt lines
	QEMU   string // the program; empty means qemu-system-arm
	Secure bool   // it has TrustZone and the firmware is secure: PendSV and SysTick cannot be injected
}

// Source is what is made pending: an interrupt line from 0, or one of the constants.
type Source int

// The sources that are exceptions of the core.
const (
	PendSV  Source = -2
	SysTick Source = -1
)

// String returns "line 30", "PendSV" or "SysTick".
func (s Source) String() string {
	switch s {
	case PendSV:
		return "PendSV"
	case SysTick:
		return "SysTick"
	}
	return "line " + strconv.Itoa(int(s))
}

// exception returns the number that the core gives the source.
func (s Source) exception() uint32 { return uint32(16 + s) }

// Sweep describes the runs. Everything without a default must be set. Run does not change it, and may be called again, also
// at the same time.
type Sweep struct {
	ELF     string
	Machine Machine
	From    string        // the function whose entry begins the window
	Skip    int           // how many entries of From come before the one that counts
	To      string        // the function whose entry ends the window; empty: it ends when From returns to its caller
	Asleep  bool          // in place of To: it ends where the processor falls asleep, see the package comment
	Verdict string        // the function that ends a run
	Judge   Judge         // nil: the verdict's code is the judgement
	Sources []Source      // each is tried at each position
	Pairs   bool          // besides single injections
	Jobs    int           // emulators at a time; 0 means 2
	Limit   time.Duration // for one run, and for the start of an emulator; 0 means 10 s
	Max     int           // a longer window is an error, in steps; 0 means 10,000
	Enough  int           // stop after so many failures; 0 means never. A mutant is dead after 1
	// Until stops the sweep after a failure that it returns true for; nil: none. One failure is shown to it at a time.
	Until func(Failure) bool
}

// End is how a run ended.
type End uint8

// The ends of a run. The zero value is invalid.
const (
	Judged End = iota + 1 // the verdict was reached
	Hung                  // the limit was reached, in two runs
	Exited                // the firmware left the emulator without a verdict
)

// Judge looks at a run that has reached its verdict: at what the firmware says, and at its memory, which read returns. What it
// answers is the verdict. An error ends the sweep. It is called by several goroutines at a time.
type Judge func(code int, why string, read func(address uint32, n int) ([]byte, error)) (int, string, error)

// Point is one injection.
type Point struct {
	Source Source
	At     int    // position in the window of its run
	PC     uint32 // of the instruction that would have been next
	Where  string // the same as function+offset, and (file:line) if the firmware has line numbers
}

// Failure is a run that was not good.
type Failure struct {
	Points []Point // in the order of time; none if the firmware fails by itself
	End    End
	Code   int    // the verdict's, or the exit status; 0 if the run hung
	Why    string // the verdict's reason; empty if it gave none that can be read
}

// String returns the failure as one line.
func (f Failure) String() string {
	var b strings.Builder
	for i, p := range f.Points {
		if i > 0 {
			b.WriteString(", then ")
		}
		fmt.Fprintf(&b, "%v at position %d, before %s", p.Source, p.At, p.Where)
	}
	if len(f.Points) == 0 {
		b.WriteString("no injection")
	}
	switch f.End {
	case Judged:
		fmt.Fprintf(&b, ": verdict %d", f.Code)
	case Hung:
		b.WriteString(": hangs")
	case Exited:
		fmt.Fprintf(&b, ": exits with %d without a verdict", f.Code)
	}
	if f.Why != "" {
		b.WriteString(": " + f.Why)
	}
	return b.String()
}

// Report is the result of a sweep.
type Report struct {
	Positions int           // of the run that nothing disturbs
	Runs      int           // with injections, that came to an end
	Elapsed   time.Duration // wall-clock time of all
	Failures  []Failure     // sorted by number of injections, then by sources, then by positions
	Cut       bool          // it stopped because there were enough failures
}

// String returns a line of numbers, and a line for each failure.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d positions, %d runs in %v, %d failures", r.Positions, r.Runs, r.Elapsed.Round(time.Millisecond), len(r.Failures))
	if r.Cut {
		b.WriteString(", then stopped")
	}
	for _, f := range r.Failures {
		b.WriteString("\n" + f.String())
	}
	return b.String()
}

// Run does the sweep. A firmware that fails without any injection gives a report with that failure and nothing else. An
// error means that there is no result: the description is wrong, the emulator cannot do it, or the context was canceled. When Run
// returns, its emulators are gone and so are its temporary files.
func (s *Sweep) Run(ctx context.Context) (Report, error) {
	p, err := s.plan()
	if err != nil {
		return Report{}, err
	}
	start := time.Now()
	report, err := p.run(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("inject: %s on %s: %w", s.ELF, s.Machine.Name, cmp.Or(ctx.Err(), err))
	}
	report.Elapsed = time.Since(start)
	slices.SortFunc(report.Failures, compareFailures)
	return report, nil
}

// plan checks the description, fills in the defaults, and reads the symbols.
func (s *Sweep) plan() (*plan, error) {
	p := &plan{Sweep: *s}
	p.Machine.QEMU = cmp.Or(p.Machine.QEMU, "qemu-system-arm")
	p.Jobs = cmp.Or(p.Jobs, 2)
	p.Limit = cmp.Or(p.Limit, 10*time.Second)
	p.Max = cmp.Or(p.Max, 10_000)
	if p.Machine.Name == "" || p.From == "" || p.Verdict == "" || len(p.Sources) == 0 {
		return nil, errors.New("inject: a sweep needs a machine, the functions From and Verdict, and sources")
	}
	if p.Asleep && p.To != "" {
		return nil, errors.New("inject: a sweep with both To and Asleep")
	}
	if p.Jobs < 0 || p.Limit < 0 || p.Max < 0 || p.Skip < 0 || p.Enough < 0 {
		return nil, errors.New("inject: a negative number in a sweep")
	}
	p.Sources = nil
	for _, src := range s.Sources {
		if i := slices.Index(p.Sources, src); i >= 0 {
			p.twice[i] = true
			continue
		}
		p.Sources, p.twice = append(p.Sources, src), append(p.twice, false)
		switch {
		case src < PendSV:
			return nil, fmt.Errorf("inject: source %d is neither a line nor PendSV nor SysTick", int(src))
		case src < 0 && p.Machine.Secure:
			return nil, fmt.Errorf("inject: %v of %s cannot be injected: to QEMU's qtest the secure one does not exist", src, p.Machine.Name)
		case src >= 0 && p.Machine.NVIC == "":
			return nil, errors.New("inject: a sweep over interrupt lines needs the machine's NVIC")
		}
	}
	var err error
	p.image, err = load(p.ELF, p.From, p.To, p.Verdict)
	return p, err
}

func compareFailures(a, b Failure) int {
	if c := cmp.Compare(len(a.Points), len(b.Points)); c != 0 {
		return c
	}
	for i := range a.Points {
		if c := cmp.Compare(a.Points[i].Source, b.Points[i].Source); c != 0 {
			return c
		}
	}
	for i := range a.Points {
		if c := cmp.Compare(a.Points[i].At, b.Points[i].At); c != 0 {
			return c
		}
	}
	return 0
}
