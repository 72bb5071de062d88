package loop_test

import (
	"context"
	"testing"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/loop"
)

func TestDbg(t *testing.T) {
	tc, err := firmware.Find()
	if err != nil {
		t.Fatal(err)
	}
	b := firmware.Boards()[0]
	m, _ := loop.Open(context.Background(), tc, b)
	for _, p := range []int{0, 0, 0, 13, 13, 0} {
		r := explore.NewSilicon("x", b.Name, p, explore.Config{}, m)
		r.Run(1)
		for i, e := range r.Trace().Events {
			if i < 4 || i > len(r.Trace().Events)-3 {
				t.Logf("%d %d %v %d", p, i, e.Kind, e.Tau)
			}
		}
	}
	m.Close()
}
