package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// RWLock has readers, a writer that goes on as a reader, and two upgradeable readers, one of them a future, share a pair. What
// is read stays as it is while it is being read, also on the way from reading to writing. Two of the tasks are cancelled
// wherever they are; a half change is repaired by whoever finds it.
type RWLock struct {
	w       *World
	m       tsync.RWMutex[pair]
	readers [rwReaders]rwReader
	writer  rwReader
	future  rwFuture
	count   tsync.SyncMutex[rwCount]
	sights  atomic.Int32
}

const rwReaders = 3

type rwReader struct {
	p     *RWLock
	guard tsync.ReadGuard[pair]
}

// rwFuture is a polled future that upgrades a few times.
type rwFuture struct {
	p     *RWLock
	state int8
	left  int8
	seen  int32
	wait  tsync.LockWait
	guard tsync.UpgradeableGuard[pair]
}

type rwCount struct{ reads, upgrades, poisons int32 }

func countRead(n *rwCount)    { n.reads++ }
func countUpgrade(n *rwCount) { n.upgrades++ }
func countPoison(n *rwCount)  { n.poisons++ }

// Setup implements Program.
func (p *RWLock) Setup(w *World) {
	p.w = w
	p.m.Init(w.Exec, "pair", pair{})
	p.count.Init(w.Exec, rwCount{})
	for i := range p.readers {
		p.readers[i].p = p
	}
	p.writer.p = p
	p.future = rwFuture{p: p, left: 2}
	w.Run(sched.WaitForAllTasks, rwRoot)
}

// Check implements Program.
func (p *RWLock) Check(w *World) {
	w.Sometimes("a reader met another", p.sights.Load() > 0)
	w.Assert(!p.m.Poisoned(), "what was poisoned was seen and healed")
}

func (p *RWLock) heal(t *sched.Task) {
	p.count.Apply(t, countPoison)
	p.m.Unpoison(t, repair)
}

// whole states that the pair is that of one moment, and returns which.
func (p *RWLock) whole(v *pair) int32 {
	p.w.Equal("nobody sees half a change", int64(v.a), int64(v.b))
	return v.a
}

func rwRoot(t *sched.Task) int64 {
	p := t.Arg.(*RWLock)
	w := p.w
	var hs [rwReaders + 3]*sched.JoinHandle
	for i := range p.readers {
		hs[i] = w.SpawnArg(t, "reader", &p.readers[i], rwRead)
	}
	hs[rwReaders] = w.SpawnArg(t, "writer", &p.writer, rwWrite)
	hs[rwReaders+1] = w.Spawn(t, "upgrader", rwUpgrade)
	hs[rwReaders+2] = w.SpawnPoll(t, "future", &p.future, rwFuturePoll)
	for range 2 {
		t.Sleep(w.Draw(8, 7*vclock.Microsecond))
		if h := hs[w.Work(len(hs))]; h.Task() != nil {
			h.Stop()
		}
	}
	for _, h := range hs {
		sched.Await(t, h)
	}
	if sched.Is(p.m.With(t, increase), sched.ErrPoisoned) {
		p.heal(t)
	}
	n := p.count.Read(t)
	w.Sometimes("a reader became a writer", n.upgrades > 0)
	w.Sometimes("a half change was repaired", n.poisons > 0)
	w.AtLeast("somebody has read", int64(n.reads), 1)
	return 0
}

func rwRead(t *sched.Task) int64 {
	r := t.Arg.(*rwReader)
	p := r.p
	for range 4 {
		err := p.m.ReadLock(t, &r.guard)
		if sched.Is(err, sched.ErrPoisoned) {
			p.heal(t)
			continue
		}
		if err != nil {
			return -1
		}
		p.count.Apply(t, countRead)
		seen := p.whole(r.guard.Value())
		others := p.sights.Add(1)
		p.w.Sometimes("two read at the same time", others > 1)
		err = t.Sleep(p.w.Draw(3, 5*vclock.Microsecond))
		p.sights.Add(-1)
		p.w.Equal("nobody writes while somebody reads", int64(p.whole(r.guard.Value())), int64(seen))
		if err != nil {
			return -1 // the end of the task gives the guard up
		}
		r.guard.Release()
		t.Yield()
	}
	p.sights.Add(1)
	return 0
}

// rwWrite changes the pair, and goes on as a reader that sees its own change.
func rwWrite(t *sched.Task) int64 {
	r := t.Arg.(*rwReader)
	p := r.p
	for range 3 {
		permit, err := p.m.Lock(t)
		if sched.Is(err, sched.ErrPoisoned) {
			p.heal(t)
			continue
		}
		if err != nil {
			return -1
		}
		guard := permit.Enter()
		guard.Value().a++
		if t.Sleep(5*vclock.Microsecond) != nil {
			return -1 // poisoned
		}
		guard.Value().b++
		seen := guard.Value().a
		if p.w.Work(3) == 0 {
			guard.Exit()
			continue
		}
		up := guard.Downgrade()
		t.Yield()
		p.w.Equal("nobody writes after a downgrade", int64(p.whole(up.Value())), int64(seen))
		up.Share(&r.guard)
		err = t.Sleep(p.w.Draw(2, 5*vclock.Microsecond))
		p.w.Equal("nobody writes while the writer of before reads", int64(p.whole(r.guard.Value())), int64(seen))
		r.guard.Release()
		if err != nil {
			return -1
		}
	}
	return 0
}

// rwUpgrade reads, and then changes what it has read and nobody else has changed.
func rwUpgrade(t *sched.Task) int64 {
	p := t.Arg.(*RWLock)
	for range 3 {
		up, err := p.m.ReadUpgradeable(t)
		if sched.Is(err, sched.ErrPoisoned) {
			p.heal(t)
			continue
		}
		if err != nil {
			return -1
		}
		seen := p.whole(up.Value())
		if t.Sleep(p.w.Draw(3, 4*vclock.Microsecond)) != nil {
			return -1
		}
		permit, err := up.Upgrade(t)
		if err != nil {
			p.whole(up.Value()) // it still is a reader
			return -1
		}
		p.w.Equal("nobody writes before an upgrade", int64(p.whole(permit.Read())), int64(seen))
		p.count.Apply(t, countUpgrade)
		guard := permit.Enter()
		increase(guard.Value())
		guard.Exit()
	}
	return 0
}

func rwFuturePoll(t *sched.Task) sched.Poll { return t.Arg.(*rwFuture).poll(t) }

func (f *rwFuture) poll(t *sched.Task) sched.Poll {
	p := f.p
	for f.left > 0 {
		if f.state == 0 {
			p.m.StartUpgradeable(&f.wait)
			f.state = 1
		}
		if f.wait.Poll(t) == sched.Pending {
			return sched.Pending
		}
		switch {
		case f.wait.Err() != nil:
			p.heal(t)
			f.state = 0
		case f.state == 1:
			f.guard = p.m.Upgradeable(&f.wait)
			f.seen = p.whole(f.guard.Value())
			f.guard.StartUpgrade(&f.wait)
			f.state = 2
		default:
			permit := f.guard.Permit(&f.wait)
			p.w.Equal("nobody writes before a future's upgrade", int64(p.whole(permit.Read())), int64(f.seen))
			p.count.Apply(t, countUpgrade)
			guard := permit.Enter()
			increase(guard.Value())
			guard.Exit()
			f.left--
			f.state = 0
		}
	}
	return sched.Ready
}
