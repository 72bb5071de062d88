package portable

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// WaiterList uses the list that everything else waits on directly: tasks with several nodes on one list, nodes that leave in
// the middle of a pass, nodes that join during one, and a pass inside a pass. Every node that was there is fired once, none
// that came later, and each task is polled once. A task that comes after the pass is stopped.
type WaiterList struct {
	w       *World
	list    sched.List
	waiters [waiters]waiter
	late    sched.Node
	root    *sched.Task
	victim  int32 // waiter that loses a node, from 1; 0: none
	nested  int32 // firings before the late node joins
	inner   bool  // with a pass inside the pass
	passes  int32
}

const waiters = 4

// waiter is a polled future with two nodes on the list.
type waiter struct {
	p     *WaiterList
	nodes [2]sched.Node
	own   sched.Resource
	polls int32
}

// Setup implements Program.
func (p *WaiterList) Setup(w *World) {
	p.w = w
	for i := range p.waiters {
		p.waiters[i].p = p
	}
	p.late.Of = &p.waiters[0] // for a pass that fires it by mistake
	w.Run(sched.WaitForAllTasks, waiterListRoot)
}

// Check implements Program.
func (p *WaiterList) Check(w *World) {
	w.Sometimes("a pass fired every node", p.passes >= 2*waiters-1)
	w.Assert(p.list.Empty(), "no node is left behind")
}

func waiterListRoot(t *sched.Task) int64 {
	p := t.Arg.(*WaiterList)
	w := p.w
	p.root = t
	var handles [waiters]*sched.JoinHandle
	for i := range handles {
		handles[i] = w.SpawnPoll(t, "waiter", &p.waiters[i], waiterPoll)
	}
	for range 3 {
		t.Yield()
	}
	p.victim, p.nested, p.inner = int32(w.Work(waiters+1)), int32(w.Work(3)), w.Work(2) == 1
	in := t.Enter()
	p.list.PassEach(w.Exec, backend.WakeSync, waiterFires)
	if p.late.Linked() {
		p.late.Unlink()
	}
	t.Leave(in)
	for _, h := range handles {
		if h.Task() != nil {
			h.Stop()
		}
		sched.Await(t, h)
	}
	return int64(p.passes)
}

// waiterFires is called for each node of the pass before it fires.
func waiterFires(n *sched.Node) {
	p := n.Of.(*waiter).p
	p.passes++
	if p.passes == 2 && p.victim > 0 {
		p.waiters[p.victim-1].nodes[1].Unlink()
	}
	if p.passes == 1+p.nested {
		p.list.Link(&p.late, p.root)
		if p.inner {
			p.list.Pass(p.w.Exec, backend.WakeSync)
		}
	}
}

func waiterPoll(t *sched.Task) sched.Poll {
	in := t.Enter() // as every primitive that is made of lists
	answer := t.Arg.(*waiter).poll(t)
	t.Leave(in)
	return answer
}

func (x *waiter) poll(t *sched.Task) sched.Poll {
	x.polls++
	if x.polls == 1 {
		for i := range x.nodes {
			x.nodes[i].Of = x
			x.p.list.Link(&x.nodes[i], t)
		}
		t.Own(&x.own, x, waiterRelease)
		return sched.Pending
	}
	if x.nodes[0].Linked() || x.nodes[1].Linked() {
		return sched.Pending
	}
	x.own.Disown()
	return sched.Ready
}

func waiterRelease(of any, _ *sched.Task) {
	x := of.(*waiter)
	x.nodes[0].Unlink()
	x.nodes[1].Unlink()
}
