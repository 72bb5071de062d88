package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// Combinators waits for locks, values and deadlines in all combinations: two tasks race for them, select among them and keep what
// they have begun, while the root hands out the lock and the values at the very instants of the deadlines, and cancels one of the
// two; then the root joins, maps and limits sleeps. In the end the lock is free, no value is lost, and every tie was decided from
// left to right.
type Combinators struct {
	w           *World
	mutex       tsync.Mutex[int32]
	channel     tsync.Chan[int32]
	room        [2]int32
	workers     [2]chooser
	inside      atomic.Int32
	taken       atomic.Int32
	sent, left  int32
	locks, kept atomic.Int32
	whole       atomic.Int32 // workers that came to their end
	cancelled   bool
	free        bool

	nap    sched.Sleep
	naps   [3]*sched.Sleep
	done   [3]bool
	many   flow.RaceN[*sched.Sleep]
	which  flow.Map[*flow.RaceN[*sched.Sleep], int]
	all    flow.JoinOfN[*sched.Sleep]
	both   flow.JoinOf[*sched.Sleep, flow.Never]
	either flow.Select[*sched.Sleep, *sched.Sleep]
	limit  flow.Timeout[*flow.JoinOf[*sched.Sleep, flow.Never]]
	wrong  int32 // decisions that were not from left to right
}

// chooser is one of the tasks with all its waits.
type chooser struct {
	p    *Combinators
	lock tsync.LockWait
	recv tsync.RecvWait[int32]
	nap  sched.Sleep
	race flow.Race3[*tsync.LockWait, *tsync.RecvWait[int32], *sched.Sleep]
	pick flow.Select3[flow.Optional[*tsync.LockWait], flow.Optional[*tsync.RecvWait[int32]], *sched.Sleep]
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
	w.Equal("ties are decided from left to right", int64(p.wrong), 0)
	w.AtLeast("who is not cancelled comes to his end", int64(p.whole.Load()), 1)
	w.Sometimes("a lock was won", p.locks.Load() > 0)
	w.Sometimes("a loser was kept", p.kept.Load() > 0)
	w.Sometimes("a worker was cancelled", p.cancelled && p.whole.Load() == 1)
}

func combinatorsRoot(t *sched.Task) int64 {
	p := t.Arg.(*Combinators)
	var handles [2]*sched.JoinHandle
	permit, err := p.mutex.Lock(t)
	if err != nil {
		return -1
	}
	for i := range handles {
		handles[i] = p.w.SpawnArg(t, "worker", &p.workers[i], chooserBody)
	}
	last := p.w.Work(12)
	for i := range 10 {
		t.Sleep(vclock.Millisecond)
		if i == 0 {
			permit.Release()
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
	permit, err = p.mutex.Lock(t)
	p.free = err == nil
	permit.Release()
	p.ties(t)
	p.joins(t)
	return int64(p.sent)
}

func (p *Combinators) unlock(w *tsync.LockWait) {
	permit := p.mutex.Permit(w)
	permit.Release()
}

func chooserBody(t *sched.Task) int64 {
	c := t.Arg.(*chooser)
	for range 3 {
		if !c.contest(t) {
			return -1
		}
	}
	if !c.selects(t) {
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
	c.nap.Start(t, vclock.Millisecond)
	c.race = flow.Race3[*tsync.LockWait, *tsync.RecvWait[int32], *sched.Sleep]{A: &c.lock, B: &c.recv, C: &c.nap}
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
	c.nap.Start(t, 3*vclock.Millisecond)
	lock, recv := flow.Some(&c.lock), flow.Some(&c.recv)
	for {
		c.pick = flow.Select3[flow.Optional[*tsync.LockWait], flow.Optional[*tsync.RecvWait[int32]], *sched.Sleep]{A: lock, B: recv, C: &c.nap}
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
//
//go:noinline
func (p *Combinators) ties(t *sched.Task) {
	p.naps = [3]*sched.Sleep{&p.workers[0].nap, &p.workers[1].nap, &p.nap}
	best, least := 0, vclock.Duration(1<<62)
	for i, nap := range p.naps {
		d := vclock.Duration(1+p.w.Work(2)) * vclock.Millisecond
		nap.Start(t, d)
		if d < least {
			best, least = i, d
		}
	}
	p.many = flow.RaceN[*sched.Sleep]{Arms: p.naps[:]}
	p.which = flow.Map[*flow.RaceN[*sched.Sleep], int]{F: &p.many, Apply: (*flow.RaceN[*sched.Sleep]).Won}
	sched.Await(t, &p.which)
	p.judge(p.which.Value() == best)
	p.naps[0].Start(t, 2*vclock.Millisecond)
	p.naps[1].Start(t, vclock.Millisecond)
	p.either = flow.Select[*sched.Sleep, *sched.Sleep]{A: p.naps[0], B: p.naps[1]}
	sched.Await(t, &p.either)
	p.judge(p.either.Won() == 1)
	for i, nap := range p.naps[:2] { // the loser has kept its deadline
		if i != p.either.Won() {
			sched.Await(t, nap)
		}
	}
}

func (p *Combinators) judge(right bool) {
	if !right && p.w.Virtual() { // otherwise somebody may look late
		p.wrong++
	}
}

// joins waits for all, and for what never comes.
//
//go:noinline
func (p *Combinators) joins(t *sched.Task) {
	for i, nap := range p.naps {
		nap.Start(t, vclock.Duration(3-i)*100*vclock.Microsecond)
		p.done[i] = false
	}
	p.all = flow.JoinOfN[*sched.Sleep]{Arms: p.naps[:], Done: p.done[:]}
	sched.Await(t, &p.all)
	p.nap.Start(t, vclock.Millisecond/2)
	p.both = flow.JoinOf[*sched.Sleep, flow.Never]{A: &p.nap}
	p.limit.Start(t, vclock.Millisecond, &p.both)
	sched.Await(t, &p.limit)
	p.judge(sched.Is(p.limit.Err(), sched.ErrTimeout))
}
