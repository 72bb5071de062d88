package scenarios

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// poison cancels a task in the middle of changing what a mutex protects. Everybody who waits and everybody who comes later
// is told, until one of them repairs the data.
//
//	writer: lock, enter, half a change, sleep ✂ cancelled
//	next:   lock → poisoned → repair, unpoison, lock → whole again
func poison(w *explore.World) {
	type pair struct{ a, b int } // whole when a == b
	var m tsync.Mutex[pair]
	m.Init(w.Exec, "pair", pair{})
	var poisonedSeen atomic.Int64

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		writer := sched.Spawn(t, "writer", func(t *sched.Task) int {
			for i := 0; i < 3; i++ {
				p, err := m.Lock(t)
				if err != nil {
					return -1
				}
				if w.Work(3) == 2 {
					p.Release() // not entered: releasing is harmless
					continue
				}
				g := p.Enter()
				g.Value().a++
				if t.Sleep(20*vclock.Microsecond) != nil {
					return -1 // the guard is still ours: the data is poisoned
				}
				g.Value().b++
				g.Exit()
			}
			return 0
		})
		sched.Spawn(t, "holder", func(t *sched.Task) int {
			t.Sleep(vclock.Duration(w.Work(3)) * 10 * vclock.Microsecond)
			if _, err := m.Lock(t); err != nil {
				return -1
			}
			t.Sleep(5 * vclock.Microsecond)
			return 0 // its end releases the permit, which was not entered
		})
		readers := make([]*sched.Handle[int], 3)
		for i := range readers {
			readers[i] = sched.Spawn(t, "reader", func(t *sched.Task) int {
				for {
					p, err := m.Lock(t)
					if err == sched.ErrPoisoned {
						poisonedSeen.Add(1)
						m.Unpoison(t, func(v *pair) { v.a = v.b })
						continue
					}
					if err != nil {
						return -1
					}
					v := *p.Read()
					w.Assert(v.a == v.b, "nobody sees half a change", "a is %d, b is %d", v.a, v.b)
					p.Release()
					return v.a
				}
			})
		}
		t.Sleep(vclock.Duration(1+w.Work(4)) * 15 * vclock.Microsecond)
		writer.Cancel(t)
		err := m.With(t, func(v *pair) { v.a, v.b = v.a+1, v.b+1 })
		if err == sched.ErrPoisoned {
			poisonedSeen.Add(1)
			m.Unpoison(t, func(v *pair) { v.a = v.b })
		}
		for _, r := range readers {
			r.Join(t)
		}
		return 0
	})
	w.AtEnd("the poison was seen and healed", func() error {
		w.Sometimes("a task saw the poison", poisonedSeen.Load() > 0)
		return want(!m.Poisoned(), "the mutex is still poisoned after %d repairs", poisonedSeen.Load())
	})
}
