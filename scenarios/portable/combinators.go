package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// Combinators waits for locks, values and deadlines in all combinations: two tasks race for them, select among them and keep what
// they have begun, join them and map them, while the root hands out the lock and the values at the very instants of the deadlines,
// and cancels one of the two. In the end the lock is free, no value is lost, and every tie was decided from left to right.
type Combinators struct {
	w            *World
	mutex        tsync.Mutex[int32]
	channel      tsync.Chan[int32]
	room         [2]int32
	workers      [2]chooser
	hold         tsync.LockWait
	inside       atomic.Int32
	taken        atomic.Int32
	sent, left   int32
	locks, kept  atomic.Int32
	wrong        atomic.Int32 // decisions that were not from left to right
	whole        atomic.Int32 // workers that came to their end
	cancelled    bool
	free, joined bool
}

// chooser is one of the tasks with all its waits.
type chooser struct {
	p      *Combinators
	lock   tsync.LockWait
	recv   tsync.RecvWait[int32]
	naps   [3]sched.Sleep
	arms   [3]*sched.Sleep
	done   [3]bool
	race   flow.Race3[*tsync.LockWait, *tsync.RecvWait[int32], *sched.Sleep]
	pick   flow.Select3[flow.Optional[*tsync.LockWait], flow.Optional[*tsync.RecvWait[int32]], *sched.Sleep]
	many   flow.RaceN[*sched.Sleep]
	which  flow.Map[*flow.RaceN[*sched.Sleep], int]
	all    flow.JoinOfN[*sched.Sleep]
	both   flow.JoinOf[*sched.Sleep, flow.Never]
	either flow.Select[*sched.Sleep, *sched.Sleep]
	limit  flow.Timeout[*flow.JoinOf[*sched.Sleep, flow.Never]]
}

// Setup implements Program.
func (p *Combinators) Setup(w *World) {
	p.w = w
	p.mutex.Init(w.Exec, "tool", 0)
	p.channel.Init(w.Exec, "parts", p.room[:])
	for i := range p.workers {
		p.workers[i].p = p
	}
	w.Run(sched.WaitForAllTasks, combinatorsRoot)
}

// Check implements Program.
func (p *Combinators) Check(w *World) {
	w.Assert(p.free, "the lock is free in the end")
	w.Equal("no value is lost", int64(p.taken.Load()+p.left), int64(p.sent))
	w.Equal("ties are decided from left to right", int64(p.wrong.Load()), 0)
	w.AtLeast("who is not cancelled comes to his end", int64(p.whole.Load()), 1)
	w.Sometimes("a lock was won", p.locks.Load() > 0)
	w.Sometimes("a loser was kept", p.kept.Load() > 0)
	w.Sometimes("a worker was cancelled", p.cancelled && p.whole.Load() == 1)
}

func combinatorsRoot(t *sched.Task) int64 {
	p := t.Arg.(*Combinators)
	var handles [2]*sched.JoinHandle
	p.mutex.StartLock(&p.hold)
	sched.Await(t, &p.hold)
	for i := range handles {
		handles[i] = p.w.SpawnArg(t, "worker", &p.workers[i], chooserBody)
	}
	last := p.w.Work(12)
	for i := range 10 {
		t.Sleep(vclock.Millisecond)
		if i == 0 {
			p.unlock(&p.hold)
		}
		if i%2 == 0 && p.channel.TrySend(t, 1) {
			p.sent++
		}
		if i == last {
			p.cancelled = true
			handles[1].Stop()
		}
	}
	for i := range handles {
		sched.Await(t, handles[i])
	}
	for {
		if _, ok := p.channel.TryRecv(t); !ok {
			break
		}
		p.left++
	}
	p.mutex.StartLock(&p.hold)
	p.free = sched.Await(t, &p.hold) == nil && p.hold.Err() == nil
	p.unlock(&p.hold)
	return int64(p.sent)
}

func (p *Combinators) unlock(w *tsync.LockWait) {
	permit := p.mutex.Permit(w)
	permit.Release()
}

func chooserBody(t *sched.Task) int64 {
	c := t.Arg.(*chooser)
	for i := range c.arms {
		c.arms[i] = &c.naps[i]
	}
	for range 3 {
		if !c.contest(t) {
			return -1
		}
	}
	if !c.selects(t) || !c.ties(t) || !c.joins(t) {
		return -1
	}
	c.p.whole.Add(1)
	return 0
}

// contest races for the lock, a value and a deadline.
func (c *chooser) contest(t *sched.Task) bool {
	p := c.p
	p.mutex.StartLock(&c.lock)
	p.channel.StartRecv(&c.recv)
	c.naps[0].Start(t, vclock.Millisecond)
	c.race = flow.Race3[*tsync.LockWait, *tsync.RecvWait[int32], *sched.Sleep]{A: &c.lock, B: &c.recv, C: &c.naps[0]}
	err := sched.Await(t, &c.race)
	if c.race.Won() == 1 {
		p.taken.Add(1)
	}
	if err != nil {
		return false
	}
	return c.race.Won() != 0 || c.work(t)
}

// work holds the lock for as long as a race lasts.
func (c *chooser) work(t *sched.Task) bool {
	p := c.p
	p.locks.Add(1)
	p.w.Equal("one owns the lock", int64(p.inside.Add(1)), 1)
	err := t.Sleep(vclock.Millisecond)
	p.inside.Add(-1)
	p.unlock(&c.lock)
	return err == nil
}

// selects waits for the lock and a value until a deadline, and keeps what it has begun.
func (c *chooser) selects(t *sched.Task) bool {
	p := c.p
	p.mutex.StartLock(&c.lock)
	p.channel.StartRecv(&c.recv)
	c.naps[0].Start(t, 3*vclock.Millisecond)
	lock, recv := flow.Some(&c.lock), flow.Some(&c.recv)
	for {
		c.pick = flow.Select3[flow.Optional[*tsync.LockWait], flow.Optional[*tsync.RecvWait[int32]], *sched.Sleep]{A: lock, B: recv, C: &c.naps[0]}
		if sched.Await(t, &c.pick) != nil {
			return false // the end of the task gives back what it has begun
		}
		switch c.pick.Won() {
		case 0:
			lock.Present = false
			if !c.work(t) {
				return false
			}
		case 1:
			recv.Present = false
			p.taken.Add(1)
		default:
			lock.Abandon(t)
			recv.Abandon(t)
			return true
		}
		p.kept.Add(1)
	}
}

// ties has deadlines that are equal, and asks which was met.
func (c *chooser) ties(t *sched.Task) bool {
	best, least := 0, vclock.Duration(1<<62)
	for i := range c.naps {
		d := vclock.Duration(1+c.p.w.Work(2)) * vclock.Millisecond
		c.naps[i].Start(t, d)
		if d < least {
			best, least = i, d
		}
	}
	c.many = flow.RaceN[*sched.Sleep]{Arms: c.arms[:]}
	c.which = flow.Map[*flow.RaceN[*sched.Sleep], int]{F: &c.many, Apply: (*flow.RaceN[*sched.Sleep]).Won}
	if sched.Await(t, &c.which) != nil {
		return false
	}
	c.judge(c.which.Value() == best)
	for i := range 2 {
		c.naps[i].Start(t, 2*vclock.Millisecond-vclock.Duration(i)*vclock.Millisecond)
	}
	c.either = flow.Select[*sched.Sleep, *sched.Sleep]{A: &c.naps[0], B: &c.naps[1]}
	if sched.Await(t, &c.either) != nil {
		return false
	}
	c.judge(c.either.Won() == 1)
	if c.either.Won() == 0 {
		return true
	}
	return sched.Await(t, &c.naps[0]) == nil // it has kept its deadline
}

func (c *chooser) judge(right bool) {
	if !right && c.p.w.Virtual() { // otherwise somebody may look late
		c.p.wrong.Add(1)
	}
}

// joins waits for all, and for what never comes.
func (c *chooser) joins(t *sched.Task) bool {
	for i := range c.naps {
		c.naps[i].Start(t, vclock.Duration(3-i)*100*vclock.Microsecond)
		c.done[i] = false
	}
	c.all = flow.JoinOfN[*sched.Sleep]{Arms: c.arms[:], Done: c.done[:]}
	if sched.Await(t, &c.all) != nil {
		return false
	}
	c.naps[0].Start(t, vclock.Millisecond/2)
	c.both = flow.JoinOf[*sched.Sleep, flow.Never]{A: &c.naps[0]}
	c.limit.Start(t, vclock.Millisecond, &c.both)
	if sched.Await(t, &c.limit) != nil {
		return false
	}
	c.judge(sched.Is(c.limit.Err(), sched.ErrTimeout))
	return true
}
