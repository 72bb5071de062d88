package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// Timers has many sleepers with equal deadlines, some of them cancelled, and a timeout that ties with what it limits. Equal
// deadlines expire in the order in which they were set, whatever order the tasks run in, and a tie goes to the future.
type Timers struct {
	w          *World
	set, woken atomic.Int32
	ties       int32
	one, two   sched.Sleep
	limit      flow.Timeout[*sched.Sleep]
	race       flow.Race[*sched.Sleep, *sched.Sleep]
	both       flow.JoinOf[*sched.Sleep, *sched.Sleep]
}

const sleepers = 6

// Setup implements Program.
func (p *Timers) Setup(w *World) {
	p.w = w
	w.Run(sched.WaitForAllTasks, timersRoot)
}

// Check implements Program.
func (p *Timers) Check(w *World) {
	w.AtLeast("no sleeper is lost", int64(p.woken.Load()), sleepers-1)
	w.Equal("every tie is decided one way", int64(p.ties), 4)
	if w.Virtual() { // otherwise one may be cancelled before its first poll
		w.Equal("every sleeper set its timer", int64(p.set.Load()), sleepers)
	}
}

func timersRoot(t *sched.Task) int64 {
	p := t.Arg.(*Timers)
	var handles [sleepers]*sched.JoinHandle
	for i := range handles {
		handles[i] = p.w.Spawn(t, "sleeper", timersSleeper)
	}
	cancelled := p.w.Work(sleepers + 1)
	t.Sleep(500 * vclock.Microsecond)
	if cancelled > 0 {
		handles[cancelled-1].Cancel(t)
	}
	p.limits(t)
	p.pairs(t)
	return int64(p.woken.Load())
}

func timersSleeper(t *sched.Task) int64 {
	p := t.Arg.(*Timers)
	i := p.set.Add(1) - 1
	if t.Sleep(vclock.Millisecond) != nil {
		return -1
	}
	p.woken.Add(1)
	return int64(i)
}

// limits has a timeout that ties with its sleep, and one that comes first.
func (p *Timers) limits(t *sched.Task) {
	p.one.Start(t, vclock.Millisecond)
	p.limit.Start(t, vclock.Millisecond, &p.one)
	if sched.Await(t, &p.limit) == nil && p.limit.Err() == nil {
		p.ties++
	}
	p.two.Start(t, p.w.Span(vclock.Second, vclock.Hour))
	p.limit.Start(t, vclock.Millisecond, &p.two)
	if sched.Await(t, &p.limit) == nil && sched.Is(p.limit.Err(), sched.ErrTimeout) {
		p.ties++
	}
}

// pairs waits for one and for both of two sleeps.
func (p *Timers) pairs(t *sched.Task) {
	p.one.Start(t, 2*vclock.Millisecond)
	p.two.Start(t, vclock.Millisecond)
	p.race = flow.Race[*sched.Sleep, *sched.Sleep]{A: &p.one, B: &p.two}
	if sched.Await(t, &p.race) == nil && (p.race.Won() == 1 || !p.w.Virtual()) {
		p.ties++ // in real time somebody may look when both are over
	}
	p.one.Start(t, 2*vclock.Millisecond)
	p.two.Start(t, vclock.Millisecond)
	p.both = flow.JoinOf[*sched.Sleep, *sched.Sleep]{A: &p.one, B: &p.two}
	if sched.Await(t, &p.both) == nil {
		p.ties++
	}
}
