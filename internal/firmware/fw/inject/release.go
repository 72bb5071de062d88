//go:build tinygo && cortexm && window_release

package main

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

// Mutex release: the lock goes to a task that waits for it, and for the line that interrupts, too.

var (
	mutex  tsync.Mutex[int32]
	permit tsync.Permit[int32]
	lock   tsync.LockWait
	next   waiter
)

func program(t *sched.Task) int64 {
	mutex.Init(&ex, "data", 0)
	permit, _ = mutex.Lock(t)
	mutex.StartLock(&lock)
	settle(t)
	next.start(t, "next", first, locking)
	t.Yield()
	window()
	t.Yield()
	return finish(t, &next)
}

func locking(t *sched.Task) sched.Poll {
	p := next.beside(t, lock.Poll(t))
	if p == sched.Ready {
		mine := mutex.Permit(&lock)
		mine.Release()
	}
	return p
}

//export tripoint_window
//go:noinline
func window() { permit.Release() }
