package scenarios

import (
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// criticalSection holds a lock across an await in a detached task whose parent is cancelled in the middle.
//
//	parent ──spawn──▶ transfer: lock, debit, sleep, credit, unlock
//	   ▲ cancelled while it joins
//
// The transfer is not attached, so it runs to its end: no money is lost, the lock is not poisoned, and an auditor never sees
// the sum in between.
func criticalSection(w *explore.World) {
	type accounts struct{ from, to int }
	const total = 100
	var bank tsync.Mutex[accounts]
	bank.Init(w.Exec, "bank", accounts{from: total})
	began, transferred := false, false

	transfer := func(t *sched.Task) int {
		began = true
		p, err := bank.Lock(t)
		if err != nil {
			return -1
		}
		g := p.Enter()
		g.Value().from -= 10
		t.Sleep(50 * vclock.Microsecond) // the region is open across an await
		g.Value().to += 10
		g.Exit()
		transferred = true
		return 10
	}
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		parent := sched.Spawn(t, "parent", func(t *sched.Task) int {
			amount, err := sched.Spawn(t, "transfer", transfer).Join(t)
			if err != nil {
				return -1
			}
			return amount
		})
		for i := 0; i < 3; i++ {
			sched.Spawn(t, "auditor", func(t *sched.Task) int {
				p, err := bank.Lock(t)
				if err != nil {
					return -1
				}
				sum := p.Read().from + p.Read().to
				w.Assert(sum == total, "the auditor sees whole transfers", "the sum is %d, want %d", sum, total)
				p.Release()
				return sum
			})
		}
		if d := w.Work(4); d > 0 {
			t.Sleep(vclock.Duration(d) * 20 * vclock.Microsecond)
		}
		parent.Cancel(t)
		return 0
	})
	w.AtEnd("a critical section in a detached task completes", func() error {
		w.Sometimes("the transfer outlived its parent", transferred)
		return want(transferred == began && !bank.Poisoned(), "began %v, transferred %v, poisoned %v", began, transferred, bank.Poisoned())
	})
}
