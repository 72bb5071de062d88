package sim_test

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/backendtest"
	"github.com/tripoint-go/tripoint/backend/sim"
)

// world is a kernel with all that the cases may need.
type world struct {
	*sim.Kernel
	noisy bool
}

func (w world) Backend() backend.Backend { return w.Kernel }
func (w world) Raise(n int)              { w.RaiseAt(n, w.Now()) }
func (w world) Noisy() bool              { return w.noisy }
func (w world) Complete() bool           { return true }

func (w world) Dir() string {
	w.Kernel.Dir("dir")
	return "dir"
}

func (w world) Port(fd int32) uint16 {
	a := w.LocalAddr(fd)
	return a.Port()
}

// healthy answers 0 where something would fail that does not fail in the worlds of the cases: disks, tables, networks.
// What a correct world may do at any time it leaves to the chooser, partial submissions included.
type healthy struct{ backend.Chooser }

func (c healthy) Choose(kind backend.ChoiceKind, site backend.Site, n int) int {
	if kind == backend.ChoiceFault && site != sim.SitePartial {
		return 0
	}
	return c.Chooser.Choose(kind, site, n)
}

// mostlyChooser gives the most surprising answer, and 0 in one of four cases: a world that is never in order ends no attempt.
type mostlyChooser struct{ randomChooser }

func (c *mostlyChooser) Choose(kind backend.ChoiceKind, site backend.Site, n int) int {
	c.randomChooser.Choose(kind, site, n)
	if c.state>>40&3 == 0 {
		return 0
	}
	return n - 1
}

func TestConformance(t *testing.T) {
	choosers := map[string]func() backend.Chooser{
		"none": func() backend.Chooser { return nil },
		"zero": func() backend.Chooser { return script(nil) },
		"most": func() backend.Chooser { return healthy{&mostlyChooser{}} },
	}
	for seed := range uint64(20) {
		choosers[fmt.Sprintf("random%d", seed)] = func() backend.Chooser { return healthy{&randomChooser{state: seed}} }
	}
	for name, chooser := range choosers {
		t.Run(name, func(t *testing.T) {
			backendtest.Run(t, func(t *testing.T) backendtest.World {
				return world{kernel(chooser(), sim.Options{Lines: 2, FilesMax: 64}), name != "none" && name != "zero"}
			})
		})
	}
}
