package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// leftover is what each run mode finds when the root has ended: a task that computes, one that sleeps for long, and one that
// waits for a line.
type leftover struct {
	w                            *World
	nap                          vclock.Duration
	computed, slept, woken, rung atomic.Bool
}

func (l *leftover) spawn(t *sched.Task, nap vclock.Duration) {
	l.nap = nap
	l.w.SpawnArg(t, "compute", l, leftoverCompute)
	l.w.SpawnArg(t, "sleep", l, leftoverSleep)
	l.w.SpawnArg(t, "line", l, leftoverLine)
}

func leftoverCompute(t *sched.Task) int64 {
	for range 3 {
		t.Yield()
	}
	t.Arg.(*leftover).computed.Store(true)
	return 1
}

func leftoverSleep(t *sched.Task) int64 {
	l := t.Arg.(*leftover)
	l.slept.Store(t.Sleep(l.nap) == nil)
	l.woken.Store(true)
	return 2
}

func leftoverLine(t *sched.Task) int64 {
	l := t.Arg.(*leftover)
	l.rung.Store(t.WaitIRQ(l.w.Line(0)) == nil)
	return 3
}

func leftoverRing(t *sched.Task) int64 {
	t.Sleep(10 * vclock.Millisecond)
	t.Arg.(*leftover).w.Pend(0)
	return 4
}

// served checks that all three came to their ends.
func (l *leftover) served(property string) {
	l.w.Assert(l.computed.Load() && l.slept.Load() && l.rung.Load(), property)
}

// LinesDetach ends at once. Where nobody is there to serve it, what is left freezes, and nothing of it runs or is released. Real
// workers stay for what is left, and serve it to its end.
type LinesDetach struct{ left leftover }

// Setup implements Program.
func (p *LinesDetach) Setup(w *World) {
	p.left.w = w
	w.Run(sched.DetachTasks, linesDetachRoot)
}

// Check implements Program. A fault may have rung the line while the root was there.
func (p *LinesDetach) Check(w *World) {
	if w.Serves() {
		p.left.served("what is left when the root ends is served")
		return
	}
	w.Assert(!p.left.woken.Load(), "what is left when the root ends freezes")
}

func linesDetachRoot(t *sched.Task) int64 {
	l := &t.Arg.(*LinesDetach).left
	l.spawn(t, l.w.Span(vclock.Hour, 20*vclock.Millisecond))
	if l.w.Serves() { // the outside is gone by then
		l.w.SpawnArg(t, "ring", l, leftoverRing)
	}
	for range l.w.Work(4) {
		t.Yield()
	}
	return 5
}

// LinesWait serves every task to its end, which takes an hour of virtual time.
type LinesWait struct{ left leftover }

// Setup implements Program.
func (p *LinesWait) Setup(w *World) {
	p.left.w = w
	w.Run(sched.WaitForAllTasks, linesWaitRoot)
}

// Check implements Program.
func (p *LinesWait) Check(*World) { p.left.served("every task is served to its end") }

func linesWaitRoot(t *sched.Task) int64 {
	l := &t.Arg.(*LinesWait).left
	l.spawn(t, l.w.Span(vclock.Hour, 30*vclock.Millisecond))
	l.w.Raise(0, l.w.Span(vclock.Minute, 20*vclock.Millisecond))
	return 6
}

// LinesStop closes the gate: waits for timers and lines end, later calls are refused, and nothing is cancelled but what its
// handle cancels.
type LinesStop struct {
	left    leftover
	begin   vclock.Instant
	refused atomic.Int32
	late    atomic.Bool // the stubborn task has really waited
}

const stubbornRounds = 20

// Setup implements Program.
func (p *LinesStop) Setup(w *World) {
	p.left.w = w
	w.Run(sched.StopAllOperations, linesStopRoot)
}

// Check implements Program.
func (p *LinesStop) Check(w *World) {
	l := &p.left
	w.Assert(l.computed.Load(), "the gate lets tasks compute")
	w.Assert(l.woken.Load() && !l.slept.Load(), "the gate ends every wait for the world")
	w.AtLeast("the gate refuses what comes later", int64(p.refused.Load()), 1)
	w.Assert(!p.late.Load(), "who is refused does not wait")
}

func linesStopRoot(t *sched.Task) int64 {
	p := t.Arg.(*LinesStop)
	w := p.left.w
	p.begin = w.Exec.Now()
	p.left.spawn(t, vclock.Hour)
	w.Spawn(t, "stubborn", linesStopStubborn)
	victim := w.Spawn(t, "victim", linesStopVictim)
	for range w.Work(6) {
		t.Yield()
	}
	victim.Stop() // its wait may still be under way when the gate closes
	t.Yield()
	return 7
}

// linesStopStubborn goes on although it is refused.
func linesStopStubborn(t *sched.Task) int64 {
	p := t.Arg.(*LinesStop)
	w := p.left.w
	for range stubbornRounds {
		if sched.Is(t.Sleep(vclock.Minute), sched.ErrCancelled) {
			p.refused.Add(1)
		}
		if sched.Is(t.WaitIRQ(w.Line(1)), sched.ErrCancelled) {
			p.refused.Add(1)
		}
	}
	p.late.Store(w.Exec.Now().Sub(p.begin) >= vclock.Hour)
	return int64(p.refused.Load())
}

func linesStopVictim(t *sched.Task) int64 {
	l := &t.Arg.(*LinesStop).left
	t.WaitIRQ(l.w.Line(2))
	return 0
}
