//go:build !tinygo

package flow_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/simtest"
)

// A bundle and a member in static memory are used by one run after another. The failure of a member belongs to its run.
func TestMemberServesRunAfterRun(t *testing.T) {
	state := new(int)
	var b flow.Bundle
	m := &flow.Member{Task: &sched.Task{Arg: state}}
	ex := newWorld()
	defer ex.Close()
	for run := range 3 {
		_, err := sched.Run(ex, sched.DetachTasks, func(t *sched.Task) int {
			if err := b.Open(t, "b", nil); err != nil {
				return 1
			}
			_, err := b.AddMember(t, m, "m", func(t *sched.Task) error {
				*t.Arg.(*int)++
				return errBroken
			})
			if err != nil {
				panic(err)
			}
			if !failedIs(b.Join(t), "m", errBroken) {
				panic("the member fails")
			}
			b.Close(t, 0)
			return 0
		})
		if err != nil {
			t.Fatalf("run %d ends with %v", run, err)
		}
		ex.Reset(sched.Options{Backend: sim.New(sim.Options{})})
	}
	if *state != 3 {
		t.Fatalf("the member ran %d times, want 3", *state)
	}
}

// A member that is detached while it ends, because what its body left behind comes back late, is nobody's any more: it may be a
// member of another bundle, and those that fail with it are counted.
func TestMemberIsDetachedWhileItEnds(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		var fds [2]int32
		for i := range fds {
			fds[i], _ = w.Kernel.Pipe()
		}
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			var b, other flow.Bundle
			if b.Open(t, "b", nil) != nil || other.Open(t, "other", nil) != nil {
				return 1
			}
			var members [2]flow.Member
			var handles [2]*sched.JoinHandle
			ended := 0
			for i := range members {
				members[i].Task = new(sched.Task)
				handles[i], _ = b.AddMember(t, &members[i], "reader", func(t *sched.Task) error {
					var read sched.OpWait
					read.Start(backend.OpRead, fds[i], make([]byte, 4), -1)
					read.Poll(t)
					t.Sleep(10)
					ended++
					return errBroken
				})
			}
			for ended < 2 {
				t.Yield()
			}
			for range w.Work(3) {
				t.Yield()
			}
			counted := 2
			in := t.Enter()
			if members[1].Task.State() == "ending" && members[0].Task.State() == "ending" {
				counted = 1
			}
			t.Leave(in)
			w.Sometimes("both are ending", counted == 1)
			handles[1].Detach()
			if counted == 2 {
				return 0
			}
			for ; members[1].Task.State() != "ended"; t.Yield() {
			}
			_, err := other.AddMember(t, &members[1], "again", func(t *sched.Task) error { return t.Sleep(100) })
			w.Assert(err == nil, "it has left", "%v", err)
			all, _ := b.JoinAll(t)
			w.Assert(len(all) == counted, "the other one has failed", "%v, want %d", all, counted)
			return 0
		})
	}, simtest.Faults("ring.cancel=1/2,ring.delay=1/2"))
}
