package portable

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Hello is the smallest program that does something: spawn, sleep, join.
type Hello struct {
	w   *World
	nap vclock.Duration
}

// Setup implements Program.
func (p *Hello) Setup(w *World) {
	p.w, p.nap = w, w.Span(vclock.Second, 20*vclock.Millisecond)
	w.Main(sched.DetachTasks, helloRoot)
}

// Check implements Program.
func (p *Hello) Check(*World) {}

func helloRoot(t *sched.Task) int64 {
	p := t.Arg.(*Hello)
	w := p.w
	begin := w.Exec.Now()
	v, err := w.Spawn(t, "child", helloChild).Join(t)
	w.Assert(err == nil, "a join has the outcome of its task")
	w.Equal("join returns the task's value", v, 123)
	took := w.Exec.Now().Sub(begin)
	if w.Virtual() {
		w.Equal("the join takes as long as the sleep", int64(took), int64(p.nap))
	}
	w.AtLeast("the join takes as long as the sleep", int64(took), int64(p.nap))
	return v
}

func helloChild(t *sched.Task) int64 {
	if t.Sleep(t.Arg.(*Hello).nap) != nil {
		return 0
	}
	return 123
}
