package board

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/internal/firmware"
)

// A fault names the task and the line, wherever it happens; an overflow of a stack is seen at the next switch, or at once by a core
// with stack limits.
func TestFaults(t *testing.T) {
	const main = "internal/firmware/fw/fault/main.go"
	tc := toolchain(t)
	source, err := os.ReadFile(filepath.Join(tc.Root(), filepath.FromSlash(main)))
	if err != nil {
		t.Fatal(err)
	}
	where := []string{"in a poll", "in a handler", "in a future in a handler"}
	for _, b := range firmware.Boards() {
		fw := firmware.Firmware{Package: "./" + filepath.ToSlash(filepath.Dir(main)), Board: b}
		for way, c := range []struct{ name, line string }{
			{"panic", ""}, {"nil", ""}, // the trap is in the runtime, inlined into the line
			{"instruction", `arm.Asm("udf #0")`}, {"index", "calls[2+zero.Get()].f(1)"}, {"overflow", ""},
		} {
			for place, name := range where {
				if c.name == "overflow" && place == 2 {
					continue // a future has no stack of its own
				}
				t.Run(b.Name+" "+c.name+" "+name, func(t *testing.T) {
					r := run(t, fw, firmware.Options{Args: []string{fmt.Sprint(10*place + way)}}, 103)
					said := numbers(t, r.Stderr)
					if !strings.Contains(string(r.Stderr), "fault of victim\n") || (said["overflow"] == 1) != (c.name == "overflow") {
						t.Errorf("got %s, want the fault of the task victim, a %s", r.Stderr, c.name)
					}
					if c.line == "" {
						return
					}
					elf, err := tc.Build(t.Context(), fw)
					if err != nil {
						t.Fatal(err)
					}
					before, _, _ := strings.Cut(string(source), c.line)
					want := fmt.Sprintf("%s:%d", main, 1+strings.Count(before, "\n"))
					if got, err := firmware.Line(elf, uint32(said["pc"])); got != want || err != nil {
						t.Errorf("got the place %s and %v, want %s", got, err, want)
					}
				})
			}
		}
	}
}
