//go:build tinygo && cortexm

// Command again is firmware with storage of its own: nine reads at the same time, one more than the backend takes, or, without an
// argument, two runs of which the first leaves a write behind.
package main

import (
	"device/arm"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/internal/firmware/fw/kit"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

const (
	reads  = 9
	asleep = 1000 // sleeps of ten milliseconds that are too many
)

var (
	ex      sched.Executor
	root    sched.Task
	writer  sched.Task
	stack   [160]uint32
	stack1  [160]uint32
	storage struct {
		tasks    [reads + 2]*sched.Task
		gens     [reads + 2]uint64
		free     [reads + 2]uint32
		queue    [2 * (reads + 2)]uint32
		ops      [reads]sched.OpSlot
		freeOps  [reads]uint16
		batch    [reads]*backend.Op
		reports  [reads]backend.Completion
		laneTask [1]*sched.Task
		laneMap  [1]uint8
		lines    [16]sched.Line
	}
	readers [reads]reader
	done    int64
	sleeps  int64
	long    [300]byte
	byteBuf [1]byte
	hello   = [...]byte{'>'}
)

// reader is a future that reads a byte.
type reader struct {
	sched.Task
	op  sched.OpWait
	buf [1]byte
}

func poll(t *sched.Task) sched.Poll {
	p := t.Arg.(*reader).op.Poll(t)
	if p == sched.Ready {
		done++
	}
	return p
}

func main() {
	if kit.Case() > 0 {
		run(nine, sched.WaitForAllTasks)
		kit.Say("read", done)
	} else {
		run(first, sched.DetachTasks)
		run(second, sched.DetachTasks)
		if sleeps > asleep {
			kit.Say("sleeps", sleeps)
		}
	}
	kit.End()
}

// run makes one run, from the state of a reset.
func run(body func(*sched.Task) int64, mode sched.Mode) {
	st := &storage
	kit.World.Init(cortexm.Options{Sleep: sleep})
	ex.Init(sched.Storage{
		Tasks: st.tasks[:], Gens: st.gens[:], Free: st.free[:], Queue: st.queue[:], Ops: st.ops[:], FreeOps: st.freeOps[:],
		Batch: st.batch[:], Lines: st.lines[:], Reports: st.reports[:], LaneTask: st.laneTask[:], LaneMap: st.laneMap[:],
	}, sched.Options{Backend: &kit.World})
	ex.BeginFunc(&root, "root", body, stack[:], mode, true)
	ex.Serve()
	code, _ := ex.Exit()
	kit.Say("run", code)
}

func sleep() {
	sleeps++
	arm.Asm("wfi")
}

func nine(t *sched.Task) int64 {
	t.Do(backend.OpWrite, 0, hello[:], -1)
	for i := range readers {
		r := &readers[i]
		r.Arg = r
		r.op.Start(backend.OpRead, 0, r.buf[:], -1)
		r.Task.Start(&ex, t, "reader", poll)
	}
	return 0
}

// first ends while somebody writes to a host that does not read any more.
func first(t *sched.Task) int64 {
	writer.StartFunc(&ex, t, "writer", func(t *sched.Task) int64 {
		for {
			t.Do(backend.OpWrite, 0, long[:], -1)
			done++
		}
	}, stack1[:])
	for last := int64(-1); last != done; {
		last = done
		for range 100 {
			t.Sleep(vclock.Millisecond)
		}
	}
	return 1
}

// second reads, and must be able to sleep.
func second(t *sched.Task) int64 {
	writer.StartFunc(&ex, t, "reader", func(t *sched.Task) int64 {
		t.Do(backend.OpRead, 0, byteBuf[:], -1)
		return 0
	}, stack1[:])
	sleeps = 0
	t.Sleep(10 * vclock.Millisecond)
	return 2
}
