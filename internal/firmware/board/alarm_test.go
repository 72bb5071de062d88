package board

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/internal/firmware"
)

// Sleeps of 0 to 499 ticks, of 10 s, and of lengths around one and two turns of the counter end in time, the clock never goes
// backwards, and a loop takes the same time whatever alarm was set before.
func TestAlarm(t *testing.T) {
	for _, b := range firmware.Boards() {
		for source, name := range []string{"SysTick", "timer"} {
			t.Run(b.Name+" "+name, func(t *testing.T) {
				r := run(t, firmware.Firmware{Package: "./internal/firmware/fw/alarm", Board: b},
					firmware.Options{Args: []string{fmt.Sprint(1000*source + int(b.ClockHz/500_000))}}, 0)
				said := numbers(t, r.Stderr)
				ticks := func(ns int) int { return (ns*int(b.ClockHz/1000) + 999_999) / 1_000_000 }
				late := 1000 // instructions, of 32 ns: a turn of the executor
				if b.Core == "M0" {
					late = 2000
				}
				for _, c := range []struct {
					what string
					most int
				}{{"early", 0}, {"back", 0}, {"late", 32 * late}, {"spread", 2 * 1_000_000_000 / int(b.ClockHz)}, {"exit", 0}} {
					if got, ok := said[c.what]; !ok || got > c.most {
						t.Errorf("%s: got %d, want at most %d; it wrote\n%s", c.what, got, c.most, r.Stderr)
					}
				}
				t.Logf("late by at most %d ticks, a loop of %d ticks differs by %d", ticks(said["late"]), ticks(said["spin"]), ticks(said["spread"]))
			})
		}
	}
}
