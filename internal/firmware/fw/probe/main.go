//go:build tinygo && cortexm

package main

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/backend/cortexm/semihost"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

const n = 8

var (
	world   cortexm.Backend
	ex      sched.Executor
	tasks   [n]*sched.Task
	gens    [n]uint64
	free    [n]uint32
	queue   [2 * n]uint32
	ops     [4]sched.OpSlot
	freeOps [4]uint16
	batch   [4]*backend.Op
	lines   [cortexm.Lines]sched.Line
	reports [8]backend.Completion
	lt      [1]*sched.Task
	lm      [1]uint8

	root, child sched.Task
	s1, s2      [128]uint32
	line        [40]byte
)

func fault(f *cortexm.Fault) { semihost.Exit(100+f.Exception, nil) }

func main() {
	world.Init(cortexm.Options{Fault: fault})
	ex.Init(sched.Storage{Tasks: tasks[:], Gens: gens[:], Free: free[:], Queue: queue[:], Ops: ops[:], FreeOps: freeOps[:],
		Batch: batch[:], Lines: lines[:], Reports: reports[:], LaneTask: lt[:], LaneMap: lm[:]}, sched.Options{Backend: &world})
	ex.BeginFunc(&root, "root", body, s1[:], sched.DetachTasks, true)
	ex.Serve()
	code, _ := ex.Exit()
	semihost.Exit(int(code), nil)
}

func body(t *sched.Task) int64 {
	h, err := child.StartFunc(&ex, t, "child", nap, s2[:])
	if err != nil {
		return 1
	}
	v, err := h.Join(t)
	if err != nil {
		return 2
	}
	return v
}

func nap(t *sched.Task) int64 {
	if t.Sleep(vclock.Second) != nil {
		return 3
	}
	if ex.Now() < vclock.Instant(vclock.Second) {
		return 4
	}
	return 42
}
