package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Handles has two tasks that want the outcome of a third, one of them with a child and a critical section, and perhaps cancelled.
//
//	root ──▶ target ◀── first ──▶ child, attached: ends with first
//	  └────────▲           └────▶ critical, of the cleanup class: runs to its end
//
// A join handle has one outcome, for one task: whoever comes second is told at once, and if the one that joins is cancelled, the
// target runs on. A reference wakes its task and can do nothing else.
type Handles struct {
	w                             *World
	target, child                 *sched.JoinHandle
	joined, refused, given        atomic.Int32 // what has come of the joins
	begun, completed, ended, wake atomic.Int32
}

// Setup implements Program.
func (p *Handles) Setup(w *World) {
	p.w = w
	w.Main(sched.WaitForAllTasks, handlesRoot)
}

// Check implements Program.
func (p *Handles) Check(w *World) {
	w.Equal("two joins have three ends", int64(p.joined.Load()+p.refused.Load()+p.given.Load()), 2)
	w.Assert(p.joined.Load() < 2, "an outcome is delivered once")
	w.Equal("whoever joins, the target runs to its end", int64(p.ended.Load()), 1)
	if p.child != nil {
		_, err := p.child.Outcome()
		w.Assert(sched.Is(err, sched.ErrNoValue), "a child ends with its parent")
	}
	w.Equal("a critical section outlives whoever began it", int64(p.completed.Load()), int64(p.begun.Load()))
	w.Sometimes("the second join was refused", p.refused.Load() > 0)
	w.Sometimes("a pending join was given up", p.given.Load() > 0)
}

func handlesRoot(t *sched.Task) int64 {
	p := t.Arg.(*Handles)
	w := p.w
	p.target = w.Spawn(t, "target", handlesTarget)
	first := w.Spawn(t, "first", handlesFirst)
	counter := w.SpawnPoll(t, "counter", p, handlesCounter)
	task := counter.Task().Ref()
	if d := w.Draw(4, 10*vclock.Microsecond); d > 0 {
		t.Sleep(d)
	}
	p.join(t)
	if w.Work(2) > 0 {
		first.Stop()
	}
	if _, err := first.Join(t); sched.Is(err, sched.ErrNoValue) && p.begun.Load() == 0 {
		p.given.Add(1) // before it came to join
	}
	w.Assert(sched.Is(first.Stop(), sched.ErrDetached), "a handle is used once")
	for !counter.Done() {
		task.Wake()
		t.Yield()
	}
	w.Assert(counter.Detach() == nil && !task.Live(), "a handle of a task that has ended can be given up")
	return 1
}

// join takes the outcome of the target, if nobody else does.
func (p *Handles) join(t *sched.Task) {
	switch v, err := p.target.Join(t); {
	case err == nil:
		p.joined.Add(1)
		p.w.Equal("join returns the task's value", v, 7)
	case sched.Is(err, sched.ErrCancelled):
		p.given.Add(1)
	default:
		p.refused.Add(1)
		p.w.Assert(sched.Is(err, sched.ErrDetached), "whoever joins second is told that the handle is used")
	}
}

func handlesTarget(t *sched.Task) int64 {
	p := t.Arg.(*Handles)
	t.Sleep(20 * vclock.Microsecond)
	p.ended.Add(1)
	return 7
}

func handlesFirst(t *sched.Task) int64 {
	p := t.Arg.(*Handles)
	p.begun.Add(1)
	p.child = p.w.SpawnWith(t, "child", sched.SpawnOptions{Attach: true}, handlesChild)
	p.w.SpawnWith(t, "critical", sched.SpawnOptions{Cleanup: true}, handlesCritical)
	if t.Yield() != nil {
		p.given.Add(1)
		return -1
	}
	p.join(t)
	return 1
}

// handlesChild is cut off with its parent, perhaps before it begins.
func handlesChild(t *sched.Task) int64 {
	t.Sleep(vclock.Hour)
	return 0
}

func handlesCritical(t *sched.Task) int64 {
	if t.Sleep(50*vclock.Microsecond) == nil {
		t.Arg.(*Handles).completed.Add(1)
	}
	return 0
}

// handlesCounter is Ready at its third poll: somebody has to wake it.
func handlesCounter(t *sched.Task) sched.Poll {
	if t.Arg.(*Handles).wake.Add(1) < 3 {
		return sched.Pending
	}
	return sched.Ready
}
