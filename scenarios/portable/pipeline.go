package portable

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// Pipeline has producers and consumers over a bounded channel, one consumer of which is cancelled, and a oneshot that tells how
// it went. Every value that was sent is received once, in the order of each producer.
type Pipeline struct {
	w          *World
	ch         tsync.Chan[int32]
	room       [3]int32
	report     tsync.Oneshot[int32]
	sent, live atomic.Int32
	producers  [producers + 1]producer // the last one is the quitter
	consumers  [2]consumer
	taken      [producers*items + 1]taking
	count      atomic.Int32 // of taken
}

const (
	producers = 2
	items     = 6
	perSender = 100 // value perSender*i+n is number n of producer i
)

type producer struct {
	p    *Pipeline
	i    int32
	wait tsync.SendWait[int32]
}

type consumer struct {
	p *Pipeline
	i int32
}

// taking is a value and who took it. Those of one consumer stand in its order, and where time is virtual all of them in the
// order in which they were taken: a value is noted in the poll that took it.
type taking struct {
	value int32
	by    int32
}

// Setup implements Program.
func (p *Pipeline) Setup(w *World) {
	p.w = w
	p.ch.Init(w.Exec, "work", p.room[:1+w.Work(len(p.room))])
	p.report.Init(w.Exec, "report")
	p.live.Store(producers)
	for i := range p.producers {
		p.producers[i].p, p.producers[i].i = p, int32(i)
	}
	for i := range p.consumers {
		p.consumers[i].p, p.consumers[i].i = p, int32(i)
	}
	w.Run(sched.WaitForAllTasks, pipelineRoot)
}

// Check implements Program.
func (p *Pipeline) Check(w *World) {
	received := int64(0)
	for by := range p.consumers {
		received += p.inOrder(int32(by))
	}
	if w.Virtual() {
		p.inOrder(-1)
	}
	const property = "every value that was sent is received once and in order"
	w.Equal(property, received, int64(p.sent.Load()))
	w.Equal(property, received, producers*items)
	w.Equal("nothing is left in the channel", int64(p.ch.Len()), 0)
	for i := range p.count.Load() {
		for j := range i {
			w.Assert(p.taken[i].value != p.taken[j].value, property)
		}
	}
}

// inOrder counts the values of producers that a consumer has taken, and holds each producer to its order. -1 stands for both
// consumers.
func (p *Pipeline) inOrder(by int32) (n int64) {
	var next [producers + 1]int32
	for i := range p.count.Load() {
		x := p.taken[i]
		if by >= 0 && x.by != by {
			continue
		}
		from := x.value / perSender
		p.w.AtLeast("the values of a producer keep their order", int64(x.value%perSender), int64(next[from]))
		next[from] = x.value%perSender + 1
		if from < producers {
			n++
		}
	}
	return n
}

func pipelineRoot(t *sched.Task) int64 {
	p := t.Arg.(*Pipeline)
	w := p.w
	for i := range producers {
		w.SpawnArg(t, "producer", &p.producers[i], pipelineProducer)
	}
	w.SpawnArg(t, "consumer", &p.consumers[0], pipelineConsumer)
	victim := w.SpawnArg(t, "victim", &p.consumers[1], pipelineConsumer)
	w.Spawn(t, "reporter", pipelineReporter)
	quitter := w.SpawnArg(t, "quitter", &p.producers[producers], pipelineQuitter)
	t.Yield()
	quitter.Cancel(t)
	victim.Cancel(t)
	p.report.HoldRx(t)
	v, err := p.report.Recv(t)
	w.Assert(v == 42 || sched.Is(err, sched.ErrClosed), "a oneshot has one outcome")
	return int64(p.sent.Load())
}

func pipelineProducer(t *sched.Task) int64 {
	x := t.Arg.(*producer)
	p := x.p
	for n := range int32(items) {
		if x.send(t, n) != nil {
			break
		}
		p.sent.Add(1)
		if p.w.Work(3) == 1 {
			t.Yield()
		}
	}
	if p.live.Add(-1) == 0 {
		p.ch.CloseTx()
	}
	return 0
}

// send is Chan.Send without an allocation.
func (x *producer) send(t *sched.Task, n int32) error {
	x.p.ch.StartSend(&x.wait, x.i*perSender+n)
	if err := sched.Await(t, &x.wait); err != nil {
		return err
	}
	return x.wait.Err()
}

func pipelineConsumer(t *sched.Task) int64 {
	x := t.Arg.(*consumer)
	p := x.p
	for n := int64(0); ; n++ {
		v, err := p.ch.Recv(t)
		if err != nil {
			return n
		}
		i := int(p.count.Add(1)) - 1
		if i < len(p.taken) {
			p.taken[i] = taking{v, x.i}
		}
		p.w.Assert(i < len(p.taken), "nothing is received that was not sent")
		if p.w.Work(4) == 1 {
			t.Sleep(vclock.Microsecond)
		}
	}
}

func pipelineReporter(t *sched.Task) int64 {
	p := t.Arg.(*Pipeline)
	p.report.HoldTx(t)
	if p.w.Work(3) == 1 {
		return 0 // never sends: the receiver learns it
	}
	t.Sleep(5 * vclock.Microsecond)
	p.report.Send(t, 42)
	p.w.Assert(sched.Is(p.report.Send(t, 43), sched.ErrDetached), "a oneshot takes one value")
	return 0
}

// pipelineQuitter is cancelled in line, or just after its turn has come.
func pipelineQuitter(t *sched.Task) int64 {
	if t.Arg.(*producer).send(t, 0) != nil {
		return 0
	}
	return 1
}
