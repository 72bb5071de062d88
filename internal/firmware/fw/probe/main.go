//go:build tinygo && cortexm

package main

import (
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/backend/cortexm/semihost"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

var (
	world  cortexm.Backend
	ex     sched.Executor
	memory sched.Memory
	lines  [cortexm.Lines]sched.Line

	root, child sched.Task
	s1, s2      [128]uint32
	line        [40]byte
)

func fault(f *cortexm.Fault) { semihost.Exit(100+f.Exception, nil) }

func main() {
	world.Init(cortexm.Options{Fault: fault})
	ex.Init(memory.Storage(lines[:]), sched.Options{Backend: &world})
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
