package portable

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// CriticalSection holds a lock across an await in a detached task whose parent is cancelled in the middle.
//
//	parent ──spawn──▶ transfer: lock, debit, sleep, credit, unlock
//	   ▲ cancelled while it joins
//
// The transfer is not attached, so it runs to its end: no money is lost, the lock is not poisoned, and an auditor never sees
// the sum in between.
type CriticalSection struct {
	w                  *World
	bank               tsync.Mutex[accounts]
	began, transferred bool
}

type accounts struct{ from, to int32 }

const bankTotal = 100

// Setup implements Program.
func (p *CriticalSection) Setup(w *World) {
	p.w = w
	p.bank.Init(w.Exec, "bank", accounts{from: bankTotal})
	w.Run(sched.WaitForAllTasks, criticalRoot)
}

// Check implements Program.
func (p *CriticalSection) Check(w *World) {
	w.Sometimes("the transfer outlived its parent", p.transferred)
	w.Assert(p.transferred == p.began, "a critical section in a detached task completes")
	w.Assert(!p.bank.Poisoned(), "a critical section in a detached task poisons nothing")
}

func criticalRoot(t *sched.Task) int64 {
	w := t.Arg.(*CriticalSection).w
	parent := w.Spawn(t, "parent", criticalParent)
	for range 3 {
		w.Spawn(t, "auditor", criticalAuditor)
	}
	if d := w.Draw(4, 20*vclock.Microsecond); d > 0 {
		t.Sleep(d)
	}
	parent.Cancel(t)
	return 0
}

func criticalParent(t *sched.Task) int64 {
	amount, err := t.Arg.(*CriticalSection).w.Spawn(t, "transfer", criticalTransfer).Join(t)
	if err != nil {
		return -1
	}
	return amount
}

func criticalTransfer(t *sched.Task) int64 {
	p := t.Arg.(*CriticalSection)
	p.began = true
	permit, err := p.bank.Lock(t)
	if err != nil {
		return -1
	}
	guard := permit.Enter()
	guard.Value().from -= 10
	t.Sleep(50 * vclock.Microsecond) // the region is open across an await
	guard.Value().to += 10
	guard.Exit()
	p.transferred = true
	return 10
}

func criticalAuditor(t *sched.Task) int64 {
	p := t.Arg.(*CriticalSection)
	permit, err := p.bank.Lock(t)
	if err != nil {
		return -1
	}
	sum := int64(permit.Read().from + permit.Read().to)
	p.w.Equal("the auditor sees whole transfers", sum, bankTotal)
	permit.Release()
	return sum
}
