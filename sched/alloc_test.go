//go:build !tinygo

package sched

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
)

// warmSteps measures the allocations of one step of a program that never ends by itself: a tick of an executor on the
// simulator, with a trace that is written and thrown away.
func warmSteps(t *testing.T, body func(t *Task)) float64 {
	t.Helper()
	var tr backend.Trace
	tr.Init(make([]backend.Event, 256), nowhere{})
	k := sim.New(sim.Options{Draws: backend.Draws{Trace: &tr}, Lines: 1})
	ex := New(Limits{Tasks: 16, Ops: 16}, Options{Backend: k, Trace: &tr})
	defer ex.Close()
	h := &Handle[int]{}
	ex.boot(backend.ModeWait)
	root := ex.newTask()
	root.name, root.flags = "root", 0
	h.spawn(ex, root, nil, func(t *Task) int {
		for {
			body(t)
		}
	})
	ex.root = root
	for range 200 {
		ex.Tick()
	}
	before := ex.Steps()
	allocs := testing.AllocsPerRun(500, func() { ex.Tick() })
	if ex.Over() || ex.Steps()-before < 200 {
		t.Fatalf("the program did not run: %d steps, over: %t", ex.Steps()-before, ex.Over())
	}
	return allocs
}

// nowhere is a sink that forgets.
type nowhere struct{}

func (nowhere) Events([]backend.Event) bool { return true }
func (nowhere) Name(int64, string)          {}

func TestStepsDoNotAllocate(t *testing.T) {
	var buf [8]byte
	var l [2]List
	started := false
	for name, body := range map[string]func(t *Task){
		"yield":   func(t *Task) { t.Yield() },
		"sleep":   func(t *Task) { t.Sleep(10) },
		"op":      func(t *Task) { t.Do(backend.OpNop, 0, nil, 0) },
		"failing": func(t *Task) { t.Do(backend.OpRead, 3, buf[:], -1) },
		"line": func(t *Task) {
			t.Executor().PendLine(0)
			t.WaitIRQ(0)
		},
		"wake and park": func(t *Task) {
			if !started {
				started = true
				for i := range 2 {
					var n Node
					SpawnFuture(t, "player", func(t *Task) Poll {
						if !n.Linked() {
							l[1-i].Pass(t.ex, backend.WakeSync)
							l[i].Link(&n, t)
						}
						return Pending
					})
				}
			}
			t.Yield()
		},
	} {
		t.Run(name, func(t *testing.T) {
			if n := warmSteps(t, body); n != 0 {
				t.Errorf("a step allocates %v times, want 0", n)
			}
		})
	}
	var s Scope
	var k Token
	if n := warmSteps(t, func(t *Task) {
		s.Open(t, "s", nil)
		s.Take(&k, t)
		k.Release()
		s.Close(t, 10)
		t.Yield()
	}); n != 0 {
		t.Errorf("a scope's life allocates %v times, want 0", n)
	}
}

// Spawn and join cost the handle, and at most one allocation more; the closure here is free.
func TestSpawnAndJoinAllocateOnce(t *testing.T) {
	ex := New(Limits{Tasks: 16}, Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	body := func(t *Task) int { return 1 }
	var pairs float64
	v, err := Run(ex, DetachTasks, func(t *Task) int {
		pair := func() {
			h := Spawn(t, "child", body)
			if v, err := h.Join(t); v != 1 || err != nil {
				panic("the join failed")
			}
		}
		pair()
		pairs = testing.AllocsPerRun(200, pair)
		return 1
	})
	if v != 1 || err != nil || pairs < 1 || pairs > 2 {
		t.Errorf("spawn and join allocate %v times, want 1 or 2 (run: %d, %v)", pairs, v, err)
	}
}

// A second run in the same storage allocates no more than its handle and what its result needs.
func TestResetDoesNotAllocate(t *testing.T) {
	k := sim.New(sim.Options{})
	opts := Options{Backend: k}
	ex := New(Limits{Tasks: 16, Ops: 16}, opts)
	defer ex.Close()
	body := func(t *Task) int {
		t.Sleep(10)
		return 1
	}
	run := func() {
		k.Reset(backend.Draws{})
		ex.Reset(opts)
		if v, err := Run(ex, DetachTasks, body); v != 1 || err != nil {
			t.Fatal(v, err)
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n > 3 {
		t.Errorf("a run allocates %v times, want at most 3", n)
	}
}
