package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Interrupts has two tasks on one interrupt line under a storm, each of which waits again as soon as it has been woken, and a
// third one on a line that software requests. Requests coalesce, none is lost while somebody waits, and a line nobody waits for
// is closed, however loud the device.
//
//	device ══ level ══▶ line 0 ──▶ a, b   (calm, count, wait again)
//	program ─ pend ───▶ line 1 ──▶ soft
type Interrupts struct {
	w       *World
	drivers [2]driver
	soft    atomic.Bool
}

type driver struct {
	w    *World
	seen atomic.Int32
}

const driverRounds = 4

// Setup implements Program.
func (p *Interrupts) Setup(w *World) {
	p.w = w
	w.Storm(0)
	for i := range driverRounds + 2 {
		w.Raise(0, vclock.Duration(i+1)*vclock.Millisecond)
	}
	w.Run(sched.WaitForAllTasks, interruptsRoot)
}

// Check implements Program.
func (p *Interrupts) Check(w *World) {
	for i := range p.drivers {
		w.Equal("every driver saw its interrupts", int64(p.drivers[i].seen.Load()), driverRounds)
	}
	w.Assert(p.soft.Load(), "a request by software is an interrupt")
}

func interruptsRoot(t *sched.Task) int64 {
	p := t.Arg.(*Interrupts)
	w := p.w
	for i := range p.drivers {
		p.drivers[i].w = w
		w.SpawnArg(t, "driver", &p.drivers[i], interruptsDriver)
	}
	waiter := w.Spawn(t, "soft", interruptsSoft)
	late := w.Spawn(t, "late", interruptsLate)
	for range 2 {
		w.Spawn(t, "busy", interruptsBusy)
	}
	t.Sleep(vclock.Microsecond)
	w.Pend(1)
	waiter.Join(t)
	late.Cancel(t)
	for p.drivers[0].seen.Load() < driverRounds || p.drivers[1].seen.Load() < driverRounds { // requests may have coalesced
		w.Raise(0, vclock.Millisecond)
		t.Sleep(2 * vclock.Millisecond)
	}
	return 0
}

func interruptsDriver(t *sched.Task) int64 {
	d := t.Arg.(*driver)
	for d.seen.Load() < driverRounds {
		if t.WaitIRQ(d.w.Line(0)) != nil {
			return -1
		}
		d.seen.Add(1)
		if d.w.Work(3) < 2 {
			d.w.Calm(0)
		}
	}
	return int64(d.seen.Load())
}

func interruptsSoft(t *sched.Task) int64 {
	p := t.Arg.(*Interrupts)
	if t.WaitIRQ(p.w.Line(1)) == nil {
		p.soft.Store(true)
	}
	return 0
}

func interruptsLate(t *sched.Task) int64 {
	t.WaitIRQ(t.Arg.(*Interrupts).w.Line(0))
	return 0
}

func interruptsBusy(t *sched.Task) int64 {
	for range 8 {
		t.Yield()
	}
	return 0
}
