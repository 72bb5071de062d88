//go:build linux

package uring

import (
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
)

// owned is the thread that an owned ring belongs to. The kernel lets only that thread submit and wait, and in return does all of
// its work for an operation when the thread comes for it: no interrupts, no locks, work in batches. So everything that enters the
// ring runs here, from its opening to its close. A ring that is not owned has none, and serves whatever thread comes.
type owned struct {
	work chan func() // nil: not owned, or ended
	gone chan struct{}
	tid  int
}

// serve makes the thread. It lasts until the channel is closed.
func (o *owned) serve() {
	work, gone := make(chan func()), make(chan struct{})
	o.work, o.gone = work, gone
	ready := make(chan struct{})
	go func() {
		defer close(gone)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		o.tid = unix.Gettid()
		close(ready)
		attend(work)
	}()
	<-ready
}

// attend runs what comes, until the channel is closed. A function that ends its goroutine (runtime.Goexit) must not end the thread:
// the ring could not even be closed then.
func attend(work <-chan func()) {
	closed := false
	defer func() {
		if v := recover(); v != nil {
			panic(v)
		}
		if !closed {
			attend(work)
		}
	}()
	for f := range work {
		f()
	}
	closed = true
}

// do runs f on the thread, and waits for it. On the thread itself, and without one, it is a call.
func (o *owned) do(f func()) {
	if o.work == nil || unix.Gettid() == o.tid {
		f()
		return
	}
	done := make(chan struct{})
	o.work <- func() {
		defer close(done)
		f()
	}
	<-done
}

// end lets the thread go, after what it is doing.
func (o *owned) end() {
	if o.work != nil {
		close(o.work)
		o.work = nil
	}
}

// wait waits until a thread that was let go has gone.
func (o *owned) wait() {
	if o.work == nil && o.gone != nil {
		<-o.gone
	}
}

// Run implements [backend.Lane].
func (l *lane) Run(f func()) {
	if l.thread.work == nil {
		go f()
		return
	}
	work := l.thread.work
	go func() { work <- f }()
}

// Run implements [backend.Lane] for lane 0.
func (b *Backend) Run(f func()) { b.lanes[0].Run(f) }

// Help implements [backend.Parallel]. Of a ring that is owned it takes what is there to be seen; the rest waits for the owner.
func (b *Backend) Help(i int, into []backend.Completion) int {
	l := &b.lanes[i]
	if l.thread.work == nil {
		return l.Reap(into)
	}
	if !l.mu.TryLock() {
		return 0
	}
	defer l.mu.Unlock()
	return l.take(into)
}
