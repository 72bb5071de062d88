package portable

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

// Deadlock plants the oldest one: two tasks take two locks in opposite order.
type Deadlock struct {
	w     *World
	locks [2]tsync.Mutex[int32]
	users [2]lockUser
}

// lockUser is a task that takes one lock, and then the other.
type lockUser struct{ one, two *tsync.Mutex[int32] }

// Setup implements Program.
func (p *Deadlock) Setup(w *World) {
	p.w = w
	p.locks[0].Init(w.Exec, "L1", 0)
	p.locks[1].Init(w.Exec, "L2", 0)
	p.users[0] = lockUser{&p.locks[0], &p.locks[1]}
	p.users[1] = lockUser{&p.locks[1], &p.locks[0]}
	w.Main(sched.WaitForAllTasks, deadlockRoot)
}

// Check implements Program.
func (p *Deadlock) Check(*World) {}

func deadlockRoot(t *sched.Task) int64 {
	p := t.Arg.(*Deadlock)
	a := p.w.SpawnArg(t, "a", &p.users[0], deadlockUser)
	b := p.w.SpawnArg(t, "b", &p.users[1], deadlockUser)
	if _, err := a.Join(t); err != nil {
		return 0
	}
	if _, err := b.Join(t); err != nil {
		return 0
	}
	return 1
}

func deadlockUser(t *sched.Task) int64 {
	x := t.Arg.(*lockUser)
	p, err := x.one.Lock(t)
	if err != nil {
		return 0
	}
	v := x.second(t)
	p.Release()
	return v
}

// second takes the other lock for a moment.
func (x *lockUser) second(t *sched.Task) int64 {
	if t.Yield() != nil {
		return 0
	}
	p, err := x.two.Lock(t)
	if err != nil {
		return 0
	}
	p.Release()
	return 1
}
