//go:build linux

package uring

import (
	"sync"
	"sync/atomic"
	"time"
)

// watch is what the completion thread sleeps in. While workers come to their lanes by themselves it costs a look at each lane
// every watchPeriod; while all of them are in Wait, nothing.
type watch struct {
	mu      sync.Mutex
	cond    sync.Cond
	dozing  atomic.Bool // the thread waits for a worker to leave Wait
	ended   bool
	seen    []uint64 // ticks of each lane at the last look
	release chan struct{}
}

// watchPeriod is how long a lane may have reports that nobody takes. A completion thread that is woken at once costs the workers
// more than it helps: handing one completion over takes some 5 us, taking it in passing 0.3.
const watchPeriod = time.Millisecond

func (w *watch) init() {
	w.cond.L = &w.mu
	w.release = make(chan struct{}, 1)
}

// stir says that a worker has left Wait.
func (w *watch) stir() {
	if w.dozing.Load() {
		w.mu.Lock()
		w.dozing.Store(false)
		w.cond.Signal()
		w.mu.Unlock()
	}
}

// Stuck implements [backend.Parallel].
func (b *Backend) Stuck() int {
	w := &b.watch
	if w.seen == nil {
		w.seen = make([]uint64, len(b.lanes))
	}
	timer := time.NewTimer(watchPeriod)
	defer timer.Stop()
	for {
		select {
		case <-w.release:
			return -1
		case <-timer.C:
		}
		if b.doze() {
			return -1
		}
		if i := b.look(); i >= 0 {
			return i
		}
		timer.Reset(watchPeriod)
	}
}

// look returns a lane with something to do that has not ticked since the last look, or -1.
func (b *Backend) look() int {
	found := -1
	for i := range b.lanes {
		l := &b.lanes[i]
		ticks := l.ticks.Load()
		idle := ticks == b.watch.seen[i]
		b.watch.seen[i] = ticks
		if idle && found < 0 && !l.parked.Load() && l.Due() {
			found = i
		}
	}
	return found
}

// doze blocks while every worker is in Wait, and reports whether Release was called meanwhile.
func (b *Backend) doze() (released bool) {
	w := &b.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dozing.Store(true)
	for w.dozing.Load() && !w.ended && b.allParked() {
		w.cond.Wait()
	}
	w.dozing.Store(false)
	if w.ended {
		w.ended = false
		select {
		case <-w.release:
		default:
		}
		return true
	}
	return false
}

func (b *Backend) allParked() bool {
	for i := range b.lanes {
		if !b.lanes[i].parked.Load() {
			return false
		}
	}
	return true
}

// Release implements [backend.Parallel].
func (b *Backend) Release() {
	w := &b.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	w.ended = true
	w.cond.Signal()
	select {
	case w.release <- struct{}{}:
	default:
	}
}
