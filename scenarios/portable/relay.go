package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// Relay passes values on over channels whose ends belong to tasks, so that nobody closes anything and everything closes all the same.
//
//	source ══ SPSC, corked in bursts ══▶ relay ──┐                       ┌──▶ collector ── oneshot ──▶ root
//	                                             ├── bounded channel ────┤
//	                                    extra ───┘                       └──▶ victim ✂
//
// All of them wait for a configuration that is set once. Root holds the ends of the bounded channel and gives them away; each task may
// be cancelled but the collector. What was sent into the bounded channel is received once and in order; what the source has sent gets
// that far, unless the relay is cancelled.
type Relay struct {
	w       *World
	limit   tsync.Eventually[int32]
	board   tsync.Singleton[panel]
	q       tsync.SPSC[int32]
	qRoom   [3]int32
	qSend   tsync.SPSCSend[int32]
	qReady  tsync.SPSCReady[int32]
	work    tsync.Chan[int32]
	room    [2]int32
	tx      [2]tsync.Sender[int32]
	rx      [2]tsync.Receiver[int32]
	report  tsync.Oneshot[int32]
	ends    [2]collector
	wait    tsync.GetWait[panel]    // of the first collector
	sent    atomic.Int32            // by the source
	passed  atomic.Int32            // by the relay, into the bounded channel
	extra   atomic.Int32            // by the task of that name, into the bounded channel
	taken   [relayed + extras]uint8 // a value, plus takenBy if the second collector has it
	count   atomic.Int32            // of taken
	relayed atomic.Bool             // the relay was not cancelled
}

// panel is what a singleton is there for: something that exists once.
type panel struct{ shows int32 }

// collector is one of the two receivers.
type collector struct {
	p *Relay
	i int32
}

const (
	relayed   = 8
	extras    = 4
	fromExtra = 100 // values of the task extra begin here
	takenBy   = 128
)

// Setup implements Program.
func (p *Relay) Setup(w *World) {
	p.w = w
	p.limit.Init(w.Exec, "limit")
	p.board.Init(w.Exec, "board")
	p.q.Init(w.Exec, "q", p.qRoom[:1+w.Work(len(p.qRoom))])
	p.work.Init(w.Exec, "work", p.room[:1+w.Work(len(p.room))])
	p.report.Init(w.Exec, "report")
	for i := range p.ends {
		p.ends[i].p, p.ends[i].i = p, int32(i)
	}
	w.Run(sched.WaitForAllTasks, relayRoot)
}

// Check implements Program.
func (p *Relay) Check(w *World) {
	received := p.inOrder(0) + p.inOrder(1)
	if w.Virtual() {
		p.inOrder(-1)
	}
	w.Equal("what was sent into the channel is received", received, int64(p.passed.Load()+p.extra.Load()))
	if p.relayed.Load() {
		w.Equal("what the source has sent is passed on", int64(p.passed.Load()), int64(p.sent.Load()))
	}
	w.AtLeast("nothing is passed on that was not sent", int64(p.sent.Load()), int64(p.passed.Load()))
	w.Equal("nothing is left in the channel", int64(p.work.Len()), 0)
	w.Equal("nothing is left for the relay", int64(p.q.Len()), 0)
}

// inOrder counts what a collector has received, and holds both senders to their order. -1 stands for both collectors.
func (p *Relay) inOrder(by int32) (n int64) {
	last := [2]int32{-1, fromExtra - 1}
	for i := range min(p.count.Load(), int32(len(p.taken))) {
		v, of := int32(p.taken[i]), int32(0)
		if v >= takenBy {
			v, of = v-takenBy, 1
		}
		if by >= 0 && of != by {
			continue
		}
		n++
		from := 0
		if v >= fromExtra {
			from = 1
		}
		p.w.AtLeast("values arrive once and in order", int64(v), int64(last[from]+1))
		last[from] = v
	}
	return n
}

func relayRoot(t *sched.Task) int64 {
	p := t.Arg.(*Relay)
	w := p.w
	for i := range p.tx {
		p.work.HoldTx(t, &p.tx[i])
		p.work.HoldRx(t, &p.rx[i])
	}
	p.report.HoldRx(t)
	source := w.Spawn(t, "source", relaySource)
	p.q.GiveTx(t, source)
	relay := w.Spawn(t, "relay", relayRelay)
	p.q.GiveRx(t, relay)
	extra := w.Spawn(t, "extra", relayExtra)
	collect := w.SpawnArg(t, "collector", &p.ends[0], relayCollector)
	victim := w.SpawnArg(t, "victim", &p.ends[1], relayCollector)
	p.tx[0].Give(t, relay)
	p.tx[1].Give(t, extra)
	p.rx[0].Give(t, collect)
	p.rx[1].Give(t, victim)
	p.report.GiveTx(t, collect)
	w.Spawn(t, "setup", relaySetup)
	t.Sleep(w.Draw(8, 2*vclock.Microsecond))
	victim.Stop()
	extra.Stop()
	cut := w.Work(3)
	if cut == 1 {
		source.Stop()
	}
	if cut == 2 {
		relay.Stop()
	}
	p.relayed.Store(cut != 2)
	v, err := p.report.Recv(t)
	w.Assert(err == nil, "the collector reports")
	return int64(v)
}

func relaySetup(t *sched.Task) int64 {
	p := t.Arg.(*Relay)
	t.Sleep(p.w.Draw(3, vclock.Microsecond))
	p.board.Set(t, panel{7})
	p.limit.Set(t, relayed)
	p.w.Assert(sched.Is(p.limit.Set(t, 1), sched.ErrAlreadySet), "a value is set once")
	return 0
}

// relaySource sends in bursts that become visible as a whole, or, at its end, whatever they are.
func relaySource(t *sched.Task) int64 {
	p := t.Arg.(*Relay)
	limit, err := p.limit.Get(t)
	for v := int32(0); err == nil && v < limit; {
		p.q.Cork(t)
		for burst := 1 + p.w.Work(4); err == nil && burst > 0 && v < limit; burst-- {
			if err = p.put(t, v); err == nil {
				p.sent.Add(1)
				v++
			}
			if p.w.Work(4) == 1 {
				t.Yield() // nobody sees what is hidden
			}
		}
		if v == limit {
			break // the last burst becomes visible because this task ends
		}
		p.q.Uncork(t)
		if p.w.Work(2) == 1 {
			t.Yield()
		}
	}
	return 0
}

// put sends v, and shows what is hidden if there is no room for more.
func (p *Relay) put(t *sched.Task, v int32) error {
	err := p.q.Send(t, v)
	if !sched.Is(err, sched.ErrOutOfSpace) {
		return err
	}
	p.q.Uncork(t)
	if v%2 == 0 {
		err = p.q.Send(t, v)
	} else {
		p.q.StartSend(&p.qSend, v)
		begun := !t.Ending()
		err = sched.Await(t, &p.qSend)
		if err == nil || begun && p.qSend.Err() == nil { // put, and cancelled then
			err = p.qSend.Err()
		}
	}
	p.q.Cork(t)
	return err
}

func relayRelay(t *sched.Task) int64 {
	p := t.Arg.(*Relay)
	for n := 0; ; n++ {
		v, err := p.get(t, n)
		if err != nil {
			return 0
		}
		if p.tx[0].Send(t, v) == nil {
			p.passed.Add(1)
		}
		if p.w.Work(3) == 1 {
			t.Sleep(vclock.Microsecond) // the source has to wait
		}
	}
}

// get receives a value in one of three ways.
func (p *Relay) get(t *sched.Task, n int) (int32, error) {
	switch n % 3 {
	case 0:
		return p.q.Recv(t)
	case 1:
		if err := p.q.WaitReady(t); err != nil {
			return 0, err
		}
	default:
		p.q.StartReady(&p.qReady)
		if err := sched.Await(t, &p.qReady); err != nil {
			return 0, err
		}
	}
	if v, ok := p.q.TryRecv(t); ok {
		return v, nil
	}
	return 0, sched.ErrClosed
}

func relayExtra(t *sched.Task) int64 {
	p := t.Arg.(*Relay)
	for v := range int32(extras) {
		if p.tx[1].Send(t, fromExtra+v) != nil {
			break
		}
		p.extra.Add(1)
	}
	return 0
}

func relayCollector(t *sched.Task) int64 {
	x := t.Arg.(*collector)
	p := x.p
	if x.i == 0 {
		p.board.StartGet(&p.wait)
		sched.Await(t, &p.wait)
		at, ok := p.board.TryGet(t)
		p.w.Assert(ok && at == p.wait.Address() && at.shows == 7, "a singleton has one address")
	} else if _, err := p.board.Get(t); err != nil {
		return 0
	}
	n := int32(0)
	for ; ; n++ {
		v, err := p.rx[x.i].Recv(t)
		if err != nil {
			break
		}
		i := int(p.count.Add(1)) - 1
		if i < len(p.taken) {
			p.taken[i] = uint8(v + takenBy*x.i)
		}
		p.w.Assert(i < len(p.taken), "nothing is received that was not sent")
		if p.w.Work(4) == 1 {
			t.Yield()
		}
	}
	if x.i == 0 {
		p.w.Assert(p.report.Send(t, n) == nil, "somebody listens to the report")
	}
	return int64(n)
}
