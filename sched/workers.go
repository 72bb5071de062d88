//go:build !tinygo

package sched

func (t *Task) enter() {}
func (t *Task) leave() {}

// Lock is [Task.Enter] for code that has no task at hand: a method of a handle or a guard that a body calls. It does not nest,
// and must not be called where the core is owned already, as in a release function. With one worker it costs a load.
func (ex *Executor) Lock() {}

// Unlock ends the section that Lock began.
func (ex *Executor) Unlock() {}
