//go:build !tinygo

package tsync_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

type nowhere struct{}

func (nowhere) Events([]backend.Event) bool { return true }
func (nowhere) Name(int64, string)          {}

// warmAllocs returns the allocations of one call of round in a task, once warm, while peer, if there is one, runs in a task of
// its own. The trace is on.
func warmAllocs(t *testing.T, setUp func(ex *sched.Executor), round, peer func(t *sched.Task)) float64 {
	t.Helper()
	var tr backend.Trace
	tr.Init(make([]backend.Event, 256), nowhere{})
	ex := sched.New(sched.Limits{Tasks: 8}, sched.Options{Backend: sim.New(sim.Options{}), Trace: &tr})
	defer ex.Close()
	setUp(ex)
	var allocs float64
	_, err := sched.Run(ex, sched.DetachTasks, func(t *sched.Task) int {
		if peer != nil {
			sched.Spawn(t, "peer", func(t *sched.Task) int {
				for {
					peer(t)
				}
			})
		}
		for range 100 {
			round(t)
		}
		allocs = testing.AllocsPerRun(500, func() { round(t) })
		return 0
	})
	if err != nil {
		t.Fatal(err)
	}
	return allocs
}

func TestWarmUseDoesNotAllocate(t *testing.T) {
	var m tsync.Mutex[int]
	var c, back tsync.Chan[int]
	var text tsync.Chan[string]
	var contended int
	var lock tsync.LockWait
	add := func(n *int) { *n++ }
	hold := func(t *sched.Task) {
		if p, err := m.Lock(t); err == nil {
			t.Yield()
			g := p.Enter()
			*g.Value()++
			g.Exit()
		}
	}
	setUp := func(ex *sched.Executor) {
		m.Init(ex, "m", 0)
		c.Init(ex, "c", make([]int, 1))
		back.Init(ex, "back", make([]int, 1))
		text.Init(ex, "text", make([]string, 1))
	}
	for name, s := range map[string]struct{ round, peer func(t *sched.Task) }{
		"lock": {func(t *sched.Task) {
			p, _ := m.Lock(t)
			p.Release()
		}, nil},
		"with":       {func(t *sched.Task) { m.With(t, add) }, nil},
		"lock, held": {hold, hold},
		"with, held": {func(t *sched.Task) { m.With(t, add); contended++; t.Yield() }, hold},
		"lock as a future": {func(t *sched.Task) {
			m.StartLock(&lock)
			sched.Await(t, &lock)
			p := m.Permit(&lock)
			p.Release()
		}, hold},
		"send and recv": {func(t *sched.Task) { c.Send(t, 1); c.Recv(t) }, nil},
		"texts":         {func(t *sched.Task) { text.Send(t, "some text"); text.Recv(t) }, nil},
		"try":           {func(t *sched.Task) { c.TrySend(t, 1); c.TryRecv(t) }, nil},
		"ping-pong": {func(t *sched.Task) { c.Send(t, 1); back.Recv(t) },
			func(t *sched.Task) { v, _ := c.Recv(t); back.Send(t, v) }},
		"blocked senders": {func(t *sched.Task) { c.Recv(t) }, func(t *sched.Task) { c.Send(t, 1) }},
	} {
		t.Run(name, func(t *testing.T) {
			if n := warmAllocs(t, setUp, s.round, s.peer); n != 0 {
				t.Errorf("%v allocations a round, want 0", n)
			}
		})
	}
}
