package board

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/internal/firmware"
)

// The end of a run, SPEC.md 5.4, in events of the trace and words of the tasks: lines are disabled before the exit (SD12), the hook
// is called once, and nothing comes after it however many requests there are. Times are in units of 10 ms, 7 is the trigger by the end of
// the root and 1 the one that a task asks for.
func TestShutdown(t *testing.T) {
	for number, c := range []struct{ name, said string }{
		{"detach", "line+ 46\nrootdone 9\nstopacc 0\ntrigger 7\nfrozen 2\nline- 46\nexit at 0\nhook 2\nexit 9\n"},
		{"request in a handler", "line+ 46\nexception 46\nline- 46\ntrigger 1\nrootdone 8\nstopacc 0\nfrozen 0\nexit at 0\nhook 0\nexit 8\n"},
		{"request from a task", "trigger 1\nrootdone 8\nstopacc 1\nfrozen 0\nexit at 1\nhook 0\nexit 8\n"},
		{"grace", "rootdone 9\nstopacc 0\ntrigger 7\nfrozen 1\nexit at 5\nhook 1\nexit 9\n"},
		{"end of the grace", "line+ 46\nrootdone 9\nstopacc 0\ntrigger 7\nfrozen 2\nline- 46\nexit at 2\nhook 2\nexit 9\n"},
		{"wait for all", "rootdone 9\nstopacc 0\ntrigger 7\nsleep nil\nexit at 3\nhook 0\nexit 9\n"},
		{"stop all", "line+ 46\nrootdone 9\nstopacc 0\ntrigger 7\ngate 0\nsleep sched: cancelled\nline- 46\nline sched: cancelled\nexit at 0\nhook 0\nexit 9\n"},
		{"stop the serial port", "rootdone 9\nstopacc 0\ntrigger 7\nwrite nil\nwritten 5\ngate 0\nwrite sched: cancelled\nread sched: cancelled\nexit at 0\nhook 0\nexit 9\n"},
	} {
		for _, b := range firmware.Boards() {
			t.Run(c.name+" "+b.Name, func(t *testing.T) {
				r := run(t, firmware.Firmware{Package: "./internal/firmware/fw/shutdown", Board: b}, firmware.Options{Args: []string{fmt.Sprint(number)}}, 0)
				if got := said(r); got != c.said {
					t.Errorf("got\n%s, want\n%s", got, c.said)
				}
			})
		}
	}
}
