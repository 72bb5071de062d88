package portable

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// Condition is a queue with room for two, made of a mutex and two conditions: producers wait for room, consumers for
// something to take, and each change notifies one. A consumer and a producer are cancelled wherever they are, and one task may
// poison the queue; whoever is left gets through all the same, because a notification is not lost with a waiter that ends.
type Condition struct {
	w        *World
	m        tsync.Mutex[shelf]
	filled   tsync.Cond[shelf]
	emptied  tsync.Cond[shelf]
	workers  [4]condWorker
	future   condFuture
	drained  tsync.CondWait
	produced int32 // of those whose put is in the queue; changes in the lock, as the next
	consumed int32
	heals    int32
}

const condItems = 4 // a producer

// shelf is the queue: how much is on it is all that matters.
type shelf struct{ items int32 }

func (s *shelf) full() bool { return s.items == 2 }

type condWorker struct {
	p    *Condition
	wait tsync.CondWait
}

// condFuture is a consumer that is a polled future.
type condFuture struct {
	p      *Condition
	state  int8
	lock   tsync.LockWait
	wait   tsync.CondWait
	closed bool
}

// Setup implements Program.
func (p *Condition) Setup(w *World) {
	p.w = w
	p.m.Init(w.Exec, "shelf", shelf{})
	p.filled.Init("filled", &p.m)
	p.emptied.Init("emptied", &p.m)
	for i := range p.workers {
		p.workers[i].p = p
	}
	p.future.p = p
	w.Run(sched.WaitForAllTasks, condRoot)
}

// Check implements Program.
func (p *Condition) Check(w *World) {
	w.Equal("everything that was put was taken", int64(p.consumed), int64(p.produced))
	w.Sometimes("somebody found the queue poisoned", p.heals > 0)
}

func condRoot(t *sched.Task) int64 {
	p := t.Arg.(*Condition)
	w := p.w
	var hs [6]*sched.JoinHandle
	hs[0] = w.SpawnArg(t, "consumer", &p.workers[0], condConsume)
	hs[1] = w.SpawnPoll(t, "future", &p.future, condFuturePoll)
	hs[2] = w.SpawnArg(t, "consumer", &p.workers[1], condConsume)
	hs[3] = w.SpawnArg(t, "producer", &p.workers[2], condProduce)
	hs[4] = w.SpawnArg(t, "producer", &p.workers[3], condProduce)
	hs[5] = w.Spawn(t, "breaker", condBreak)
	for _, i := range [...]int{0, 3 + w.Work(2), 5} {
		t.Sleep(w.Draw(6, 3*vclock.Microsecond))
		if h := hs[i]; h.Task() != nil {
			h.Stop()
		}
	}
	for _, i := range [...]int{3, 4, 5} {
		sched.Await(t, hs[i])
	}
	p.waitUntilEmpty(t)
	p.filled.Close()
	for _, i := range [...]int{0, 1, 2} {
		sched.Await(t, hs[i])
	}
	return 0
}

// lock enters the region, and repairs on the way what is poisoned: nobody leaves the queue half changed.
func (p *Condition) lock(t *sched.Task) (tsync.Guard[shelf], bool) {
	for {
		permit, err := p.m.Lock(t)
		switch {
		case err == nil:
			return permit.Enter(), true
		case !sched.Is(err, sched.ErrPoisoned):
			return tsync.Guard[shelf]{}, false
		}
		p.heals++
		p.m.Unpoison(t, nil)
	}
}

// waitUntilEmpty is the only waiter for room when nobody produces any more.
func (p *Condition) waitUntilEmpty(t *sched.Task) {
	for {
		g, ok := p.lock(t)
		if !ok {
			return
		}
		var err error
		for err == nil && g.Value().items > 0 {
			err = p.emptied.WaitIn(t, &p.drained, &g)
		}
		if err == nil {
			g.Exit()
			return
		}
	}
}

func condProduce(t *sched.Task) int64 {
	x := t.Arg.(*condWorker)
	p := x.p
	for i := 0; i < condItems; {
		g, ok := p.lock(t)
		if !ok {
			return -1
		}
		var err error
		for err == nil && g.Value().full() {
			err = p.emptied.WaitIn(t, &x.wait, &g)
		}
		if sched.Is(err, sched.ErrPoisoned) {
			continue
		}
		if err != nil {
			return -1
		}
		g.Value().items++
		p.produced++
		g.Exit()
		p.filled.NotifyOne()
		i++
		if p.w.Work(3) == 0 {
			t.Sleep(2 * vclock.Microsecond)
		}
	}
	return 0
}

func condConsume(t *sched.Task) int64 {
	x := t.Arg.(*condWorker)
	p := x.p
	for {
		g, ok := p.lock(t)
		if !ok {
			return -1
		}
		var err error
		for err == nil && g.Value().items == 0 {
			err = p.filled.WaitIn(t, &x.wait, &g)
		}
		switch {
		case sched.Is(err, sched.ErrPoisoned):
			continue
		case err != nil:
			return 0 // closed, or cancelled
		}
		p.take(&g)
		if p.w.Work(3) == 0 {
			t.Sleep(3 * vclock.Microsecond)
		}
	}
}

// take takes one item, leaves the region and tells whoever waits for room.
func (p *Condition) take(g *tsync.Guard[shelf]) {
	g.Value().items--
	p.consumed++
	p.emptied.NotifyOne()
	g.Exit()
}

// condBreak ends inside the region if it is cancelled in time.
func condBreak(t *sched.Task) int64 {
	p := t.Arg.(*Condition)
	if p.w.Work(2) == 0 {
		return 0
	}
	t.Sleep(p.w.Draw(4, 3*vclock.Microsecond))
	g, ok := p.lock(t)
	if !ok || t.Sleep(4*vclock.Microsecond) != nil {
		return -1
	}
	g.Exit()
	return 0
}

func condFuturePoll(t *sched.Task) sched.Poll { return t.Arg.(*condFuture).poll(t) }

func (f *condFuture) poll(t *sched.Task) sched.Poll {
	for !f.closed {
		switch f.state {
		case 0:
			f.p.m.StartLock(&f.lock)
			f.state = 1
		case 1:
			if f.lock.Poll(t) == sched.Pending {
				return sched.Pending
			}
			if f.lock.Err() != nil {
				f.p.m.Unpoison(t, nil)
				f.state = 0
				continue
			}
			permit := f.p.m.Permit(&f.lock)
			f.consume(permit.Enter())
		case 2:
			if f.wait.Poll(t) == sched.Pending {
				return sched.Pending
			}
			switch err := f.wait.Err(); {
			case err == nil:
				f.consume(f.p.filled.Guard(&f.wait))
			case sched.Is(err, sched.ErrClosed):
				f.closed = true
			default:
				f.state = 0
			}
		}
	}
	return sched.Ready
}

// consume takes an item, or begins to wait for one.
func (f *condFuture) consume(g tsync.Guard[shelf]) {
	if g.Value().items == 0 {
		f.p.filled.StartWait(&f.wait, &g)
		f.state = 2
		return
	}
	f.p.take(&g)
	f.state = 0
}
