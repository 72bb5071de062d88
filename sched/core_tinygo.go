//go:build tinygo

package sched

import "github.com/tripoint-go/tripoint/backend"

// This file is the half of straight-line tasks for worlds without goroutines: a task's body runs on a stack of the program's own,
// and the backend switches. There is one worker, so nothing here locks.

type coroutine struct {
	stack backend.Stack
	state coState
}

type coState uint8

const (
	coIdle   coState = iota
	coFresh          // has a stack and has not run
	coInside         // inside the body
	coDone           // the body has returned
)

// simulated is false: several lanes in one thread, a free order of polls and a clock that stands still are for the simulator.
const simulated = false

type hostState struct{}

// Without a heap, an error says no more than its constant.
type lateDetail struct{}

func (s *Scope) nameLate()        {}
func (s *Scope) lateError() error { return ErrScopeLate }

func detailed(error, Error) bool { return false }

type flagHost struct{}

func (flagHost) call() {}

// furnish gives a static task its body and its stack.
func (t *Task) furnish(body func(*Task) int64, stack []uint32) {
	c := &t.co
	t.body, t.poll = body, pollStack
	c.stack.Mem, c.stack.Run, c.stack.Of, c.state = stack, runBody, t, coFresh
	if t.ex.stacks == nil || !t.ex.stacks.Prepare(&c.stack) {
		panic("sched: a straight-line task needs a stack, of 16 words at the very least")
	}
}

func runBody(of any) {
	t := of.(*Task)
	t.handle.digest = t.body(t)
	t.co.state = coDone
}

// pollStack is the poll of a straight-line task.
func pollStack(t *Task) Poll {
	t.co.state = coInside
	t.resume()
	if t.co.state == coDone {
		return Ready
	}
	return Pending
}

func (t *Task) resume() {
	if !t.ex.stacks.Resume(&t.co.stack) {
		panic("sched: the stack of a task has overflowed")
	}
}

// StackUsed returns how many words of its stack a straight-line task has used at most, since it was started. It is there
// where a program brings the stacks, and good until the next start.
func (t *Task) StackUsed() int { return t.ex.stacks.Used(&t.co.stack) }

// needStack panics if the task cannot wait in the middle of a poll.
func (t *Task) needStack() {
	if t.co.state != coInside || t.sections > 0 {
		t.cannotWait()
	}
}

// suspend gives way to the scheduler until the task's next poll. False: the task is being torn down.
func (t *Task) suspend() bool {
	t.ex.stacks.Suspend(&t.co.stack)
	return t.flags&flagDropping == 0
}

// pause does nothing: there is one lane.
func (t *Task) pause() {}

// unwind lets the body of a cancelled straight-line task run to its end: every await fails at once, so it does not park.
func (t *Task) unwind() {
	if t.co.state == coInside {
		t.ex.current = t // a fault on the way is its fault
		t.resume()
	}
	t.co.state = coIdle
}

// abort ends the calling task's body where it stands: its run is over.
func (t *Task) abort() {
	if t.co.state == coInside {
		t.co.state = coDone
		for {
			t.ex.stacks.Suspend(&t.co.stack)
		}
	}
}

// active and its like are for hosts: here the poll of a straight-line task is a poll like any other.
func (*coroutine) active() bool      { return false }
func (*coroutine) resume()           {}
func (*coroutine) answer(*Task) Poll { return Pending }

func (ex *Executor) recycle(*Task)       {}
func (ex *Executor) returned()           {}
func (ex *Executor) halt()               {}
func (ex *Executor) received(int32) bool { return false }
func (ex *Executor) endReceivers()       {}
func (ex *Executor) deafen()             {}

func (t *Task) enter() {}
func (t *Task) leave() {}

// Misuse panics because a program has broken a rule of a primitive: text is "package: ID: statement". It is for inside the core.
func (ex *Executor) Misuse(text string) { panic(text) }

// Lock does nothing on one worker.
func (ex *Executor) Lock() {}

// Unlock does nothing on one worker.
func (ex *Executor) Unlock() {}
