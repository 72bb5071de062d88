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
	first   int      // lane to look at first
	release chan struct{}
}

// watchPeriod is how long a worker may be away from its lane. A completion thread that is woken at once costs the workers more
// than it helps: handing one completion over takes some 5 us, taking it in passing 0.3.
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
			w.mu.Lock()
			w.ended = false // of the next Stuck
			w.mu.Unlock()
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

// look returns a lane whose worker has not been there since the last look, or -1; of several, another one each time. A lane without
// a worker never ticked.
func (b *Backend) look() int {
	w := &b.watch
	found := -1
	for k := range b.lanes {
		i := (w.first + k) % len(b.lanes)
		l := &b.lanes[i]
		ticks := l.ticks.Load()
		idle := ticks == w.seen[i]
		w.seen[i] = ticks
		if idle && found < 0 && ticks > 0 && !l.parked.Load() {
			found = i
		}
	}
	if found >= 0 {
		w.first = found + 1
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

// allParked reports whether no worker is up. One that has not ticked yet stirs the thread when it does.
func (b *Backend) allParked() bool {
	for i := range b.lanes {
		if l := &b.lanes[i]; !l.parked.Load() && l.ticks.Load() > 0 {
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
