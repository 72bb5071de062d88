//go:build !tinygo

package sched

import (
	"iter"
	"reflect"
	"runtime"
	"runtime/debug"
)

// This file is the host's half of straight-line tasks: coroutines made by iter.Pull, kept in a pool, because creating one
// costs 300 ns and resuming one 58 ns.

// coroutine is what a task holds of its coroutine. With workers it gets one at its first poll, from the worker: a coroutine must not
// be resumed on another thread if the goroutine that made it was locked to its own, and workers never are.
type coroutine struct {
	c     *hostCoroutine
	first runner // the body that waits for a coroutine
}

type hostCoroutine struct {
	task  *Task
	body  runner
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	state coState
}

type coState uint8

const (
	coIdle   coState = iota
	coInside         // inside the body: running, or in an await
	coPaused         // at a scheduling point inside a poll
	coDone           // the body has returned
)

// runner is a body with its result.
type runner interface{ run(t *Task) }

// killSignal unwinds a body whose run is over. It never leaves this file.
type killSignal struct{}

func newCoroutine() *hostCoroutine {
	c := new(hostCoroutine)
	c.next, c.stop = iter.Pull(c.loop)
	return c
}

// loop runs one body after another for the life of the coroutine.
func (c *hostCoroutine) loop(yield func(struct{}) bool) {
	c.yield = yield
	for {
		c.runBody()
		c.state = coDone
		if !yield(struct{}{}) {
			return
		}
	}
}

// runBody is a function of its own so that a panic in the body is caught where its stack still exists.
func (c *hostCoroutine) runBody() {
	t := c.task
	defer func() {
		v := recover()
		if t.outside {
			t.enter()
			t.ex.host.workers.entered = nil // the body has no more to say
		}
		if v == nil {
			return
		}
		if _, killed := v.(killSignal); !killed {
			t.ex.host.panicked = &PanicError{Task: t.id, Name: t.name, Value: v, Stack: debug.Stack()}
		}
	}()
	if t.ex.opts.Workers > 0 {
		t.leave() // the body is its user's
	}
	c.body.run(t)
}

// insideTask reports whether the calling goroutine runs a task: a body, or the poll of a future. It looks at the stack, which costs
// some 100 ns for each ten calls on it.
func insideTask() bool {
	body := reflect.ValueOf((*hostCoroutine).runBody).Pointer()
	turns, work := reflect.ValueOf((*Executor).turns).Pointer(), reflect.ValueOf((*worker).run).Pointer()
	var pcs [64]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		for _, pc := range pcs[:n] {
			if f := runtime.FuncForPC(pc - 1); f != nil {
				if at := f.Entry(); at == body || at == turns || at == work {
					return true
				}
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}

// active reports whether the task is a straight-line task whose body has not returned.
func (co coroutine) active() bool { return co.c != nil }

// resume runs the body up to its next await, scheduling point or end; answer tells which, as the answer of the poll.
func (co coroutine) resume() {
	co.c.state = coInside
	co.c.next()
}

func (co coroutine) answer(t *Task) Poll {
	switch co.c.state {
	case coPaused:
		return suspended
	case coInside:
		return Pending
	}
	t.ex.retire(t)
	return Ready
}

// equip gives a body that waits for it a coroutine.
func (ex *Executor) equip(t *Task) {
	if body := t.co.first; body != nil {
		t.co.first = nil
		t.co.c = ex.takeCoroutine()
		t.co.c.task, t.co.c.body, t.co.c.state = t, body, coIdle
	}
}

// furnish gives a static task its body. The stack is for worlds without goroutines.
func (t *Task) furnish(body func(*Task) int64, _ []uint32) {
	t.body, t.co.first = body, t
	if t.ex.host.workers == nil {
		t.ex.equip(t)
	}
}

// needStack panics if the task cannot wait in the middle of a poll.
func (t *Task) needStack() {
	if t.co.c == nil || t.sections > 0 {
		t.cannotWait()
	}
}

// suspend gives way to the scheduler until the task's next poll. False: the task is being torn down. Callers ask denied
// and needStack first, so that this is small enough to be inlined: see Executor.turns.
func (t *Task) suspend() bool {
	if !t.co.c.yield(struct{}{}) {
		panic(killSignal{})
	}
	return t.flags&flagDropping == 0
}

// pause gives way to the other lanes inside a poll.
func (t *Task) pause() {
	if c := t.co.c; c != nil {
		c.state = coPaused
		if !c.yield(struct{}{}) {
			panic(killSignal{})
		}
	}
}

// unwind lets the body of a cancelled straight-line task run to its end: every await fails at once, so it does not park.
func (t *Task) unwind() {
	t.co.first = nil // cancelled before its first poll
	c := t.co.c
	if c == nil {
		return
	}
	if c.body == nil || c.state == coIdle { // cancelled before its first poll
		t.ex.retire(t)
		return
	}
	c.next()
	t.ex.retire(t)
}

// retire takes the finished coroutine off its task and keeps it for the next.
func (ex *Executor) retire(t *Task) {
	c := t.co.c
	t.co.c = nil
	c.task, c.body, c.state = nil, nil, coIdle
	ex.host.pool = append(ex.host.pool, c)
	if ex.host.panicked != nil && ex.host.panicked.Task == t.id {
		ex.panicEnd(t)
	}
}

func (ex *Executor) takeCoroutine() *hostCoroutine {
	n := len(ex.host.pool)
	if n == 0 {
		return newCoroutine()
	}
	c := ex.host.pool[n-1]
	ex.host.pool = ex.host.pool[:n-1]
	return c
}
