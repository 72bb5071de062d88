package board

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/internal/firmware"
)

// Static tasks have limits that are told as errors, stacks tell how much of them was used, and requests by software wake whoever
// waits, or whoever does so first.
func TestLimits(t *testing.T) {
	three := strings.Repeat("waiter nil\n", 3)
	for number, c := range []struct{ name, said string }{
		{
			"full", "live 6\nworker sched: task table full\nlive 1\n" +
				strings.Repeat("room nil\njoined 5\n", 3) + "exit 0\n",
		},
		{"running", "queued sched: the static task is still live\nwaiting sched: the static task is still live\nname worker\njoined nil\nexit 6\n"},
		{"used", "exit 0\n"},
		{"pended", strings.Repeat("ended without a request 0\n"+three+"waiter nil\nended without a request 1\nwaiter nil\nwaiter nil\n", 2) + "exit 0\n"},
	} {
		for _, b := range firmware.Boards() {
			t.Run(c.name+" "+b.Name, func(t *testing.T) {
				r := run(t, firmware.Firmware{Package: "./internal/firmware/fw/limits", Board: b}, firmware.Options{Args: []string{fmt.Sprint(number)}}, 0)
				if got := said(r); got != c.said {
					t.Errorf("got\n%s, want\n%s", got, c.said)
				}
			})
		}
	}
}
