package firmware

import (
	"fmt"
	"strings"
)

// Board is one of QEMU's machines, as the project uses it.
type Board struct {
	Name    string // the machine, for QEMU and in backend/cortexm/target
	Tag     string // the build tag of files that are for this board
	Core    string // M0, M3, M4 or M33
	NVIC    string // the object with the interrupt lines, as qtest names it; it owns the GPIO list unnamed-gpio-in
	ClockHz uint32 // ticks of SysTick in a second of virtual time
}

// Boards returns the boards that firmware is tested on. The slice is the caller's.
func Boards() []Board {
	return []Board{
		{Name: "lm3s6965evb", Tag: "lm3s", Core: "M3", NVIC: "/machine/unattached/device[1]", ClockHz: 12_500_000},
		{Name: "mps2-an385", Tag: "an385", Core: "M3", NVIC: "armv7m", ClockHz: 25_000_000},
		{Name: "microbit", Tag: "microbit", Core: "M0", NVIC: "armv6m", ClockHz: 16_000_000},
		{Name: "netduinoplus2", Tag: "netduino", Core: "M4", NVIC: "armv7m", ClockHz: 168_000_000},
		{Name: "mps2-an505", Tag: "an505", Core: "M33", NVIC: "armv7m0", ClockHz: 20_000_000},
	}
}

// BoardByName returns the board of that name, or an error that lists the names there are.
func BoardByName(name string) (Board, error) {
	var names []string
	for _, b := range Boards() {
		if b.Name == name {
			return b, nil
		}
		names = append(names, b.Name)
	}
	return Board{}, fmt.Errorf("firmware: no board %q, there are %s", name, strings.Join(names, ", "))
}

// Target is the description that TinyGo builds for the board with: a path from the root of the module, with slashes.
func (b Board) Target() string { return targets + "/" + b.Name + ".json" }

// targets holds the targets and linker scripts of all boards.
const targets = "backend/cortexm/target"
