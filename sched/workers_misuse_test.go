//go:build linux

package sched_test

import (
	"errors"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
)

// misuses break rules inside the core: within a call of a task, within one of a handle, after an await, and in a future.
func misuses() map[string]func(t *sched.Task, h *sched.Handle[int]) {
	return map[string]func(t *sched.Task, h *sched.Handle[int]){
		"of a task": func(t *sched.Task, _ *sched.Handle[int]) {
			var s sched.Scope
			s.Open(t, "scope", nil)
			s.Open(t, "scope", nil)
		},
		"of no task": func(t *sched.Task, _ *sched.Handle[int]) {
			t.Executor().Lock()
			t.Executor().Misuse("sched: a rule of a primitive is broken")
		},
		"after an await": func(t *sched.Task, _ *sched.Handle[int]) {
			t.Enter()
			t.Yield()
			t.Executor().Misuse("sched: a rule of a primitive is broken")
		},
		"of the root scope": func(t *sched.Task, _ *sched.Handle[int]) { t.Executor().RootScope().Close(t, 0) },
		"of a combined flag": func(t *sched.Task, _ *sched.Handle[int]) {
			var f sched.Flag
			t.Executor().Lock()
			f.InitAny(t.Executor())
			f.Add(nil, &f)
		},
		"in a section": func(t *sched.Task, h *sched.Handle[int]) {
			var s sched.Sleep
			s.Start(t, 1000)
			t.BeginSection()
			defer t.EndSection()
			sched.Await(t, &s)
		},
		"of another task": func(t *sched.Task, h *sched.Handle[int]) { h.Poll(t) },
		"in a future": func(t *sched.Task, h *sched.Handle[int]) {
			sched.Await(t, sched.SpawnFuture(t, "future", func(t *sched.Task) sched.Poll { return h.Poll(t) }))
		},
	}
}

// A programmer error inside the core is the panic of its task, and no deadlock: neither with deferred calls that need the core, nor for
// a body that recovers and goes on.
func TestWorkersMisuse(t *testing.T) {
	for _, workers := range []int{1, 2} {
		for name, misuse := range misuses() {
			for _, recovers := range []bool{false, true} {
				if recovers && name == "in a future" {
					continue // nobody recovers there
				}
				ex := pool(t, workers)
				within(t, name, func() {
					v, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) (v int) {
						joined := sched.Spawn(t, "joined", func(t *sched.Task) int { return len(wanted(t)) })
						joiner := sched.Spawn(t, "joiner", func(t *sched.Task) int { joined.Join(t); return 0 }).Task()
						for state := ""; state != "waiting"; t.Yield() {
							in := t.Enter()
							state = joiner.State()
							t.Leave(in)
						}
						free := sched.SpawnChild(t, "free", func(t *sched.Task) int { wanted(t); return 0 })
						defer func() {
							if recovers {
								recover()
								free.Stop()
								free.Join(t)
								joined.Stop()
								v = 5
							}
						}()
						defer free.Release()
						defer t.Executor().Live()
						defer t.Yield()
						misuse(t, joined)
						return 1
					})
					var p *sched.PanicError
					switch {
					case recovers && (v != 5 || err != nil):
						t.Errorf("%s, recovered: got %d and %v, want 5", name, v, err)
					case !recovers && !errors.As(err, &p):
						t.Errorf("%s: got %v, want a panic", name, err)
					}
				})
			}
		}
	}
}

// wanted waits until it is cancelled.
func wanted(t *sched.Task) string {
	var l sched.List
	in := t.Enter()
	t.Park(&l, nil)
	t.Leave(in)
	return ""
}
