package loop_test

import (
	"context"
	"testing"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/loop"
	"github.com/tripoint-go/tripoint/scenarios/portable"
)

func TestX(t *testing.T) {
	tc, err := firmware.Find()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range firmware.Boards() {
		m, err := loop.Open(context.Background(), tc, b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range portable.Count {
			r := explore.NewSilicon(portable.Name(i), b.Name, i, explore.Config{}, m)
			for seed := range uint64(20) {
				res, err := r.Run(seed)
				if err != nil {
					t.Fatal(err)
				}
				again, err := r.Run(seed)
				if err != nil || !res.Same(&again) {
					t.Errorf("%v: not the same %x %x", err, res.Fingerprint, again.Fingerprint)
				}
				if res.Outcome != explore.Pass {
					t.Logf("%s %s %d: %v %+v", b.Name, portable.Name(i), seed, res.Outcome, res.Violation)
					break
				}
			}
			t.Logf("%s %s steps %d events %d stack %d", b.Name, portable.Name(i), r.Stats().Steps, r.Stats().Events, r.Stack())
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
