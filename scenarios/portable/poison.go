package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// Poison cancels a task in the middle of changing what a mutex protects. Everybody who waits and everybody who comes later is
// told, until one of them repairs the data.
//
//	writer: lock, enter, half a change, sleep ✂ cancelled
//	next:   lock → poisoned → repair, unpoison, lock → whole again
type Poison struct {
	w    *World
	m    tsync.Mutex[pair]
	seen atomic.Int32
}

// pair is whole when a == b.
type pair struct{ a, b int32 }

func repair(v *pair)   { v.a = v.b }
func increase(v *pair) { v.a, v.b = v.a+1, v.b+1 }

// Setup implements Program.
func (p *Poison) Setup(w *World) {
	p.w = w
	p.m.Init(w.Exec, "pair", pair{})
	w.Run(sched.WaitForAllTasks, poisonRoot)
}

// Check implements Program.
func (p *Poison) Check(w *World) {
	w.Sometimes("a task saw the poison", p.seen.Load() > 0)
	w.Assert(!p.m.Poisoned(), "the poison was seen and healed")
}

func (p *Poison) heal(t *sched.Task) {
	p.seen.Add(1)
	p.m.Unpoison(t, repair)
}

func poisonRoot(t *sched.Task) int64 {
	p := t.Arg.(*Poison)
	w := p.w
	writer := w.Spawn(t, "writer", poisonWriter)
	w.Spawn(t, "holder", poisonHolder)
	var readers [3]*sched.JoinHandle
	for i := range readers {
		readers[i] = w.Spawn(t, "reader", poisonReader)
	}
	t.Sleep(15*vclock.Microsecond + w.Draw(4, 15*vclock.Microsecond))
	writer.Cancel(t)
	if sched.Is(p.m.With(t, increase), sched.ErrPoisoned) {
		p.heal(t)
	}
	for _, h := range readers {
		h.Join(t)
	}
	return 0
}

func poisonWriter(t *sched.Task) int64 {
	p := t.Arg.(*Poison)
	for range 3 {
		permit, err := p.m.Lock(t)
		if err != nil {
			return -1
		}
		if p.w.Work(3) == 2 {
			permit.Release() // not entered: releasing is harmless
			continue
		}
		guard := permit.Enter()
		guard.Value().a++
		if t.Sleep(20*vclock.Microsecond) != nil {
			return -1 // the guard is still ours: the data is poisoned
		}
		guard.Value().b++
		guard.Exit()
	}
	return 0
}

// poisonHolder ends with the lock: its end releases the permit, which was not entered.
func poisonHolder(t *sched.Task) int64 {
	p := t.Arg.(*Poison)
	t.Sleep(p.w.Draw(3, 10*vclock.Microsecond))
	if _, err := p.m.Lock(t); err != nil {
		return -1
	}
	t.Sleep(5 * vclock.Microsecond)
	return 0
}

func poisonReader(t *sched.Task) int64 {
	p := t.Arg.(*Poison)
	for {
		permit, err := p.m.Lock(t)
		if sched.Is(err, sched.ErrPoisoned) {
			p.heal(t)
			continue
		}
		if err != nil {
			return -1
		}
		v := permit.Read()
		a, b := v.a, v.b
		p.w.Equal("nobody sees half a change", int64(a), int64(b))
		permit.Release()
		return int64(a)
	}
}
