package board

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/internal/firmware"
)

// What the backend has been caught at: rings of 64 bytes that are just full or empty, reads of nothing, lines that two want, a
// budget of steps that handlers use up, a fault in the middle of a cancel.
func TestEdges(t *testing.T) {
	all := func(firmware.Board) bool { return true }
	low := func(b firmware.Board) bool { return b.Name != "netduinoplus2" && b.Name != "mps2-an505" } // the others have it beyond the table
	timer := func(b firmware.Board) bool { return b.Name != "microbit" && b.Name != "netduinoplus2" }
	for _, c := range []struct {
		name   string
		number int
		typed  string
		said   string
		on     func(firmware.Board) bool
	}{
		{"62 bytes", 0, strings.Repeat("a", 61) + "q", "exit 62\n", all},
		{"63 bytes", 0, strings.Repeat("a", 62) + "q", "exit 63\n", all},
		{"64 bytes", 0, strings.Repeat("a", 63) + "q", "exit 64\n", all},
		{"100 bytes", 0, strings.Repeat("a", 99) + "q", "exit 100\n", all},
		{"63 bytes one by one", 1, strings.Repeat("a", 62) + "q", "exit 63\n", all},
		{"100 bytes one by one", 1, strings.Repeat("a", 99) + "q", "exit 100\n", all},
		{"nothing", 2, "", "nothing nil\nexit 0\n", all},
		{"serial", 3, "", "line nil\nexit 0\n", low},
		{"taken", 4, "x", "read nil\nexit 1\n", low},
		{"alarm", 5, "", "exit 0\n", timer},
		{"budget", 6, "", "exit -4\nerror sched: step budget used up\n", all},
	} {
		for _, b := range firmware.Boards() {
			if !c.on(b) {
				continue
			}
			t.Run(c.name+" "+b.Name, func(t *testing.T) {
				_, said := talk(t, firmware.Firmware{Package: "./internal/firmware/fw/edges", Board: b}, c.number, c.typed)
				if said != c.said {
					t.Errorf("got\n%s, want\n%s", said, c.said)
				}
			})
		}
	}
	for _, b := range firmware.Boards() {
		t.Run("unwound "+b.Name, func(t *testing.T) {
			fw := firmware.Firmware{Package: "./internal/firmware/fw/edges", Board: b}
			r := run(t, fw, firmware.Options{Args: []string{fmt.Sprint(7)}}, 103)
			if got := said(r); !strings.HasPrefix(got, "fault of victim\n") {
				t.Errorf("got\n%s, want a fault of victim", got)
			}
		})
	}
}

// More operations than the backend takes at a time wait for room, and a run that leaves a write behind leaves no interrupt to the next.
func TestAgain(t *testing.T) {
	for _, b := range firmware.Boards() {
		fw := firmware.Firmware{Package: "./internal/firmware/fw/again", Board: b}
		if b.Name != "lm3s6965evb" && b.Name != "netduinoplus2" { // where QEMU waits for its reader, and the firmware with it
			t.Run("two runs "+b.Name, func(t *testing.T) {
				if got := deaf(t, fw); got != "run 1\nrun 2\n" {
					t.Errorf("got\n%s", got)
				}
			})
		}
		t.Run("nine reads "+b.Name, func(t *testing.T) {
			if _, got := talk(t, fw, 1, "123456789"); got != "run 0\nread 9\n" {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

// deaf runs a firmware whose serial port nobody reads, and returns what it says.
func deaf(t *testing.T, fw firmware.Firmware) string {
	t.Helper()
	tc, elf, ctx := built(t, fw)
	cmd := tc.Command(ctx, fw.Board, elf, firmware.Options{Serial: true})
	in, err := cmd.StdinPipe() // open: the end of the input would be something to read
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	unread, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unread.Close()
	defer w.Close()
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("got %v, want status 0", err)
	}
	return strings.TrimPrefix(stderr.String(), "Timer with period zero, disabling\n")
}
