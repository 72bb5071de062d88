package sched_test

import (
	"os"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

func TestExample(t *testing.T) {
	var tr backend.Trace
	rec := trace.NewRecorder(10000, trace.KeepFirst)
	tr.Init(make([]backend.Event, 256), rec)
	k := sim.New(sim.Options{Draws: backend.Draws{Trace: &tr}})
	ex := sched.New(sched.Limits{Tasks: 16}, sched.Options{Backend: k, Trace: &tr})
	v, err := sched.Main(ex, sched.DetachTasks, func(t *sched.Task) int {
		h := sched.Spawn(t, "child", func(t *sched.Task) int {
			t.Sleep(vclock.Second)
			return 123
		})
		v, _ := h.Join(t)
		return v
	})
	if v != 123 || err != nil {
		t.Fatal(v, err)
	}
	trace.WriteText(os.Stdout, rec.Recording())
}
