//go:build !tinygo

package tsync_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// pipe is the model of an SPSC: values, how many of them are shown, and the send that is blocked. Task 0 is the sender, task 1 the
// receiver; the others cancel them.
type pipe struct {
	fail     func(text string)
	q        tsync.SPSC[int]
	capacity int
	values   []int
	shown    int
	corked   bool
	blocked  int // 0: nobody is
	bounced  int
	tx, rx   bool    // closed
	held     [2]bool // ends, by the number of the task that may hold it
	waiting  bool    // the receiver is
	next     int
}

func (p *pipe) want(ok bool, call string, args ...any) {
	if !ok {
		p.fail(fmt.Sprintf("%s: %v, with %v of which %d are shown, corked %t, blocked %d, tx %t, rx %t", call, args, p.values, p.shown, p.corked, p.blocked, p.tx, p.rx))
	}
}

func (p *pipe) put(v int) {
	if p.values = append(p.values, v); !p.corked {
		p.shown = len(p.values)
	}
}

func (p *pipe) send(t *sched.Task, f func(v int) error) error {
	p.next++
	v, at := p.next, "later"
	switch {
	case t.Ending():
		at = "cancelled"
	case p.tx || p.rx:
		at = "closed"
	case len(p.values) < p.capacity:
		at = "now"
		p.put(v)
	case p.corked:
		at = "refused"
	default:
		p.blocked = v
	}
	err := f(v)
	switch at {
	case "cancelled":
		p.want(err == sched.ErrCancelled, "send of a task that ends", err)
	case "closed":
		p.want(err == sched.ErrClosed, "send after a close", err)
	case "now":
		p.want(err == nil, "send with room", err)
	case "refused":
		p.want(err == sched.ErrOutOfSpace, "send into a full corked channel", err)
	default:
		switch err {
		case nil:
			p.want(p.blocked != v && p.bounced != v, "a blocked send returns when its value is in", v)
		case sched.ErrClosed:
			p.want(p.bounced == v, "a blocked send bounces after a close only", v)
		default:
			p.want(err == sched.ErrCancelled && t.Ending() && (p.blocked == v || p.bounced == v), "a cancelled send takes its value back", v, err)
			p.blocked = 0
		}
	}
	return err
}

func (p *pipe) took(v int) {
	ok := p.shown > 0 && p.values[0] == v
	p.want(ok, "a receive gives the oldest value that is shown", v)
	if !ok {
		return
	}
	p.values, p.shown = p.values[1:], p.shown-1
	if v := p.blocked; v != 0 {
		p.blocked = 0
		p.put(v)
	}
}

func (p *pipe) closeTx() {
	if !p.tx {
		p.tx, p.corked, p.shown = true, false, len(p.values)
		p.bounce()
	}
}

func (p *pipe) closeRx() {
	if !p.rx {
		p.rx, p.values, p.shown = true, nil, 0
		p.bounce()
	}
}

func (p *pipe) bounce() {
	if p.blocked != 0 {
		p.bounced, p.blocked = p.blocked, 0
	}
}

// left is told that a task is over.
func (p *pipe) left(me int) {
	if me < 2 && p.held[me] {
		if me == 0 {
			p.closeTx()
		} else {
			p.closeRx()
		}
	}
}

// waited judges what a wait for values has said.
func (p *pipe) waited(t *sched.Task, err error) bool {
	p.waiting = false
	switch err {
	case nil:
		p.want(p.shown > 0, "a wait returns when there is something", err)
	case sched.ErrClosed:
		p.want(p.rx || p.tx && len(p.values) == 0, "a wait says closed if nothing comes", err)
	default:
		p.want(err == sched.ErrCancelled && t.Ending(), "a wait is cancelled with its task only", err)
		return false
	}
	return true
}

func (p *pipe) tried(t *sched.Task) {
	ending := t.Ending()
	v, ok := p.q.TryRecv(t)
	p.want(ok == (!ending && p.shown > 0), "TryRecv takes what is shown", v, ok)
	if ok {
		p.took(v)
	}
}

func (p *pipe) do(t *sched.Task, me int, s modeltest.Step) (goOn bool) {
	goOn = true
	switch {
	case s.Act == 8:
		t.Yield()
	case s.Act == 9:
		t.Sleep(vclock.Duration(s.Arg))
	case me == 0:
		goOn = p.asSender(t, s)
	case me == 1:
		goOn = p.asReceiver(t, s)
	}
	p.want(p.q.Len() == p.shown, "the length is what is shown", p.q.Len())
	return goOn
}

func (p *pipe) asSender(t *sched.Task, s modeltest.Step) bool {
	switch s.Act {
	case 1, 2:
		return p.send(t, func(v int) error { return p.q.Send(t, v) }) != sched.ErrCancelled
	case 3:
		return p.send(t, func(v int) error {
			begun := !t.Ending()
			w := new(tsync.SPSCSend[int])
			p.q.StartSend(w, v)
			if err := sched.Await(t, w); err != nil && (!begun || w.Err() != nil) {
				return err
			}
			return w.Err()
		}) != sched.ErrCancelled
	case 4:
		can := !t.Ending() && !p.tx && !p.rx && len(p.values) < p.capacity
		p.next++
		ok := p.q.TrySend(t, p.next)
		p.want(ok == can, "TrySend puts if there is room", ok)
		if ok {
			p.put(p.next)
		}
	case 5, 6:
		if !p.tx && !p.rx {
			if p.corked = s.Act == 5; !p.corked {
				p.shown = len(p.values)
			}
		}
		if s.Act == 5 {
			p.q.Cork(t)
		} else {
			p.q.Uncork(t)
		}
	case 7:
		p.end(t, 0, s.Arg, p.tx, p.closeTx, p.q.CloseTx, p.q.HoldTx)
	}
	return true
}

func (p *pipe) asReceiver(t *sched.Task, s modeltest.Step) bool {
	p.waiting = true
	defer func() { p.waiting = false }()
	switch s.Act {
	case 1, 2, 3:
		v, err := p.q.Recv(t)
		if err == nil {
			p.took(v)
			return true
		}
		return p.waited(t, err)
	case 4:
		return p.waited(t, p.q.WaitReady(t))
	case 5:
		w := new(tsync.SPSCReady[int])
		p.q.StartReady(w)
		if err := sched.Await(t, w); err != nil {
			return p.waited(t, err)
		}
		p.want(p.shown > 0 || p.rx || p.tx, "a future is ready when there is something, or will not be")
		p.tried(t)
	case 6:
		p.tried(t)
	case 7:
		p.end(t, 1, s.Arg, p.rx, p.closeRx, p.q.CloseRx, p.q.HoldRx)
	}
	return true
}

// end closes a side, or holds its end.
func (p *pipe) end(t *sched.Task, me, arg int, gone bool, model, closeIt func(), hold func(*sched.Task) error) {
	if arg == 0 {
		model()
		closeIt()
		p.held[me] = false
		return
	}
	err := hold(t)
	switch {
	case gone:
		p.want(err == sched.ErrDetached, "an end that is gone is not held", err)
	case t.Ending():
		p.want(err == sched.ErrCancelled, "an end goes with the task that takes it", err)
		model()
	default:
		p.want(err == nil, "an end is held", err)
		p.held[me] = true
	}
}

// rescue ends everything, long after nothing happens any more.
func (p *pipe) rescue() {
	p.want(!p.waiting || p.shown == 0, "nobody waits for what is shown")
	p.want(p.blocked == 0 || len(p.values) == p.capacity, "nobody waits for room that is there")
	p.closeTx()
	p.q.CloseTx()
	p.closeRx()
	p.q.CloseRx()
}

func TestModelSPSC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, 3).Draw(t, "capacity")
		program := modeltest.Draw(t, 10)
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			p := &pipe{capacity: capacity, fail: func(text string) { w.Assert(false, "the channel does what a pipe does", "%s", text) }}
			p.q.Init(w.Exec, "q", make([]int, capacity))
			modeltest.Crew(w, program, p.do, func(_ *sched.Task, me int) { p.left(me) })
			modeltest.Rescue(w, p.rescue)
		})
	})
}

// Without a trace, the two sides do not enter the core as long as nobody waits.
func TestModelSPSCUntraced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, 3).Draw(t, "capacity")
		program := modeltest.Draw(t, 10)
		k := sim.New(sim.Options{})
		p := &pipe{capacity: capacity, fail: func(text string) { t.Fatalf("the channel does what a pipe does: %s", text) }}
		ex := sched.New(sched.Limits{Tasks: 16, Ops: 4}, sched.Options{Backend: k})
		defer ex.Close()
		p.q.Init(ex, "q", make([]int, capacity))
		root := modeltest.Root(program, p.do, func(_ *sched.Task, me int) { p.left(me) })
		if _, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
			sched.Spawn(t, "rescue", func(t *sched.Task) int {
				t.Sleep(vclock.Second)
				p.rescue()
				return 0
			})
			return root(t)
		}); err != nil {
			t.Fatal(err)
		}
	})
}
