package sim_test

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/backendtest"
	"github.com/tripoint-go/tripoint/backend/sim"
)

type world struct {
	*sim.Kernel
	noisy bool
}

func (w world) Backend() backend.Backend { return w.Kernel }
func (w world) Raise(n int)              { w.RaiseAt(n, w.Now()) }
func (w world) Noisy() bool              { return w.noisy }

func TestConformance(t *testing.T) {
	choosers := map[string]func() backend.Chooser{
		"none": func() backend.Chooser { return nil },
		"zero": func() backend.Chooser { return script(nil) },
		"most": func() backend.Chooser { return mostChooser{} },
	}
	for seed := range uint64(20) {
		choosers[fmt.Sprintf("random%d", seed)] = func() backend.Chooser { return &randomChooser{state: seed} }
	}
	for name, chooser := range choosers {
		t.Run(name, func(t *testing.T) {
			backendtest.Run(t, func(t *testing.T) backendtest.World {
				return world{kernel(chooser(), sim.Options{Lines: 2, PipeBytes: 100}), name != "none" && name != "zero"}
			})
		})
	}
}
