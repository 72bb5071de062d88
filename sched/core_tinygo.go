//go:build tinygo

package sched

// Without a host, straight-line tasks need a stack of the program's own, which backend/cortexm provides. Until a task has
// one, it is a polled future.

type coroutine struct{}

func (coroutine) active() bool      { return false }
func (coroutine) resume()           {}
func (coroutine) answer(*Task) Poll { return Pending }

type hostState struct{}

func (t *Task) suspend() bool {
	panic("sched: this task has no stack to await on; a future returns Pending")
}

func (t *Task) needStack()         {}
func (t *Task) pause()             {}
func (t *Task) unwind()            {}
func (t *Task) abort()             {}
func (ex *Executor) recycle(*Task) {}
func (ex *Executor) returned()     {}
func (ex *Executor) halt()         {}

func (t *Task) enter() {}
func (t *Task) leave() {}

// Lock does nothing on one worker.
func (ex *Executor) Lock() {}

// Unlock does nothing on one worker.
func (ex *Executor) Unlock() {}
