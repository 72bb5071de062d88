package loop_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/loop"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/scenarios/portable"
)

func toolchain(t *testing.T) *firmware.Toolchain {
	t.Helper()
	tc, err := firmware.Find()
	if err != nil {
		require.Lacking(t, require.Cortexm, err)
	}
	return tc
}

// start returns the board with a firmware in which files are replaced.
func start(t *testing.T, b firmware.Board, overlay map[string]string) *loop.Board {
	t.Helper()
	tc := toolchain(t)
	elf, err := tc.Build(t.Context(), firmware.Firmware{Package: loop.Package, Board: b, Overlay: overlay})
	if err != nil {
		t.Fatal(err)
	}
	m := loop.New(tc, b, elf)
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func mustRun(t *testing.T, r *explore.Silicon, seed uint64) explore.Result {
	t.Helper()
	res, err := r.Run(seed)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// Every program leaves the same trace whenever a seed is run, whatever has run before on the same emulator: this one runs everything
// forwards, another one everything backwards.
func TestTheSameTraceWhateverRanBefore(t *testing.T) {
	const seeds = 3
	for _, b := range firmware.Boards() {
		t.Run(b.Name, func(t *testing.T) {
			forwards, backwards := start(t, b, nil), start(t, b, nil)
			var want [portable.Count][seeds]explore.Result
			for i := range portable.Count {
				r := explore.NewSilicon(portable.Name(i), b.Name, i, explore.Config{}, forwards)
				for seed := range seeds {
					res := mustRun(t, r, uint64(seed))
					planned := explore.Pass
					if portable.Name(i) == "deadlock" {
						planned = explore.Deadlock
					}
					if want[i][seed] = res; res.Outcome != planned || res.Events == 0 {
						t.Errorf("%s, seed %d: got %s after %d events (%s), want %s", portable.Name(i), seed, res.Outcome, res.Events, res.Signature(), planned)
					}
				}
			}
			for i := portable.Count - 1; i >= 0; i-- {
				r := explore.NewSilicon(portable.Name(i), b.Name, i, explore.Config{}, backwards)
				for seed := seeds - 1; seed >= 0; seed-- {
					if res := mustRun(t, r, uint64(seed)); !res.Same(&want[i][seed]) {
						t.Errorf("%s, seed %d: got fingerprint %x and %s backwards, want %x and %s", portable.Name(i), seed, res.Fingerprint, res.Outcome,
							want[i][seed].Fingerprint, want[i][seed].Outcome)
					}
				}
			}
		})
	}
}

// The seed has a say in the workload.
func TestSeedsDiffer(t *testing.T) {
	b := firmware.Boards()[0]
	m := start(t, b, nil)
	seen := map[uint64]bool{}
	r := explore.NewSilicon(portable.Name(1), b.Name, 1, explore.Config{}, m)
	for seed := range uint64(10) {
		seen[mustRun(t, r, seed).Fingerprint] = true
	}
	if len(seen) < 2 {
		t.Errorf("got %d traces from 10 seeds of %s, want several", len(seen), portable.Name(1))
	}
}

const hello = "scenarios/portable/hello.go"

// deadly is hello with a child that does something else; mark is in the line that the report must name, if it can know it.
func deadly(t *testing.T, body, declarations, mark string) (overlay map[string]string, line int) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(toolchain(t).Root(), filepath.FromSlash(hello)))
	if err != nil {
		t.Fatal(err)
	}
	before, after, ok := strings.Cut(string(source), "\treturn 123\n")
	if !ok {
		t.Fatalf("%s has no child that returns 123", hello)
	}
	text := before + "\t" + body + "\n\treturn 123\n" + after + declarations
	head, _, ok := strings.Cut(text, mark)
	if !ok {
		t.Fatalf("no line with %q", mark)
	}
	return map[string]string{hello: text}, 1 + strings.Count(head, "\n")
}

// dies runs hello, which must die with this text, and then another program on a new emulator.
func dies(t *testing.T, b firmware.Board, overlay map[string]string, want *regexp.Regexp) {
	t.Helper()
	m := start(t, b, overlay)
	r := explore.NewSilicon("hello", b.Name, 0, explore.Config{}, m)
	res := mustRun(t, r, 1)
	if res.Outcome != explore.Panic || res.Name() != "fault" || !want.MatchString(res.Violation.Text) {
		t.Errorf("%s: got %s %+v, want a fault with %s", b.Name, res.Outcome, res.Violation, want)
	}
	if events := r.Trace().Events; len(events) == 0 || events[len(events)-1].Kind != backend.EvPollBegin {
		t.Errorf("%s: the trace does not end with the poll that was the last", b.Name)
	}
	if again := mustRun(t, r, 1); !again.Same(&res) || res.Events == 0 {
		t.Errorf("%s: got fingerprint %x of %d events the second time, want %x", b.Name, again.Fingerprint, again.Events, res.Fingerprint)
	}
	other := explore.NewSilicon(portable.Name(1), b.Name, 1, explore.Config{}, m)
	if res := mustRun(t, other, 1); res.Outcome != explore.Pass {
		t.Errorf("%s: the next run: got %s, want %s", b.Name, res.Signature(), explore.Pass)
	}
}

// A panic is told with the task and the line; with the function, where the compiler has made one of all panics in it.
func TestPanic(t *testing.T) {
	overlay, line := deadly(t, "die()", "\n//go:noinline\nfunc die() { panic(`on purpose`) }\n", "panic(`on")
	want := regexp.MustCompile(`^task "child": exception 3 at ` + regexp.QuoteMeta(hello) + ":" + strconv.Itoa(line) + `$`)
	for _, name := range []string{"mps2-an385", "microbit"} {
		dies(t, board(t, name), overlay, want)
	}
	overlay, _ = deadly(t, "panic(`on purpose`)", "", "panic(`on")
	want = regexp.MustCompile(`^task "child": exception 3 at ` + regexp.QuoteMeta(hello) + `(:[1-9]\d*$|, in .*\.helloChild$)`)
	dies(t, board(t, "mps2-an385"), overlay, want)
}

// An overflow of a stack is told with the task: where it is the hardware that notices, and where it is the switch back.
func TestStackOverflow(t *testing.T) {
	overlay, _ := deadly(t, "portableDeep = deep(40, &portableDeep)", `
var portableDeep int

//go:noinline
func deep(n int, kept *int) int {
	var room [8]int
	for i := range room {
		room[i] = n + *kept
	}
	if n == 0 {
		return room[*kept&7]
	}
	return deep(n-1, kept) + room[(n+*kept)&7]
}
`, "portableDeep")
	want := regexp.MustCompile(`^task "child": a stack has overflowed`)
	for _, name := range []string{"mps2-an505", "mps2-an385"} {
		dies(t, board(t, name), overlay, want)
	}
}

func board(t *testing.T, name string) firmware.Board {
	t.Helper()
	b, err := firmware.BoardByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
