package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
)

// Canary plants a lost update: a deposit and a withdrawal each read the balance, give way, and write back what they have
// computed from what they read. The withdrawal first gives way once more, so strictly in turn the deposit is done before the
// withdrawal reads, and nothing is lost: only another order shows the bug.
type Canary struct {
	w       *World
	balance atomic.Int64 // so that only the order is wrong, not the memory
}

// Setup implements Program.
func (p *Canary) Setup(w *World) {
	p.w = w
	p.balance.Store(100)
	w.Main(sched.WaitForAllTasks, canaryRoot)
}

// Check implements Program. 10 were deposited, and 30 withdrawn.
func (p *Canary) Check(w *World) { w.Equal("no update is lost", p.balance.Load(), 80) }

func canaryRoot(t *sched.Task) int64 {
	w := t.Arg.(*Canary).w
	w.Spawn(t, "deposit", canaryDeposit)
	w.Spawn(t, "withdrawal", canaryWithdrawal)
	return 0
}

func canaryDeposit(t *sched.Task) int64 { return t.Arg.(*Canary).change(t, 10) }

func canaryWithdrawal(t *sched.Task) int64 {
	if t.Yield() != nil {
		return 0
	}
	return t.Arg.(*Canary).change(t, -30)
}

func (p *Canary) change(t *sched.Task, by int64) int64 {
	seen := p.balance.Load()
	if t.Yield() != nil {
		return 0
	}
	p.balance.Store(seen + by)
	return seen + by
}
