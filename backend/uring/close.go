//go:build linux

package uring

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// errnoOf returns the code of a system call's error.
func errnoOf(err error) backend.Errno {
	var e syscall.Errno
	if errors.As(err, &e) {
		return backend.Errno(e)
	}
	return backend.EIO
}

// shut ends the ring: cancel everything, reap until nothing is in flight, then close. The kernel goes on writing into the memory of
// what is in flight after a ring is closed, so a ring that does not get empty is left open. A goroutine keeps everything reachable
// then, and closes the ring once the kernel has let go of it.
func (l *lane) shut(patience time.Duration) error {
	if l.q == nil {
		l.thread.end()
		return nil
	}
	if l.empty(l.Now().Add(vclock.Duration(patience)), 10*vclock.Millisecond) {
		return l.closeRing()
	}
	err := l.leftover()
	go l.thread.do(func() {
		l.empty(vclock.Forever, vclock.Second)
		_ = l.closeRing() // nobody is left to be told
	})
	return err
}

// empty cancels and reaps until nothing is in flight, or until the deadline; pause is the time between two attempts.
func (l *lane) empty(deadline vclock.Instant, pause vclock.Duration) bool {
	var reports [64]backend.Completion
	for l.linesArmed() || l.inFlight.Load() > 0 {
		if l.Now() >= deadline {
			return false
		}
		l.cancelAll()
		for n := l.Reap(reports[:]); n > 0; n = l.Reap(reports[:]) {
			for i := range reports[:n] {
				l.disposeOf(&reports[i])
			}
		}
		if l.linesArmed() || l.inFlight.Load() > 0 {
			l.Wait(l.Now().Add(pause))
		}
	}
	return true
}

// closeRing closes the ring, which is empty.
func (l *lane) closeRing() error {
	l.closePools()
	err := l.q.close()
	l.q = nil
	l.thread.end()
	return err
}

// cancelAll asks for the end of everything in flight. A drain would hold a request in the ring up.
func (l *lane) cancelAll() {
	l.mass.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.drains.Load() > 0 {
		l.flush()
		_, _ = syncCancel(l.q, 0, -1, cancelAny|cancelAll, 0)
		return
	}
	if e := l.q.get(); e != nil {
		e.cancelAny(cancelAll)
		e.userData = userData(kindUnline, 0)
	}
}

// linesArmed reports whether reads of lines are in flight on this ring. Closing disables all of them first.
func (l *lane) linesArmed() bool {
	armed := false
	if l.n == 0 {
		for i := range l.lines {
			if l.lines[i].close() {
				armed = true
			}
		}
	}
	return armed
}

// close disables a line for good and reports whether its read is in flight.
func (n *line) close() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.enabled = false
	return n.armed
}

// disposeOf gives back what a report owns that comes when nobody is left.
func (l *lane) disposeOf(c *backend.Completion) {
	if c.Kind != backend.CompletionOp {
		return
	}
	l.Dispose(l.slots[c.ID.Slot()].op.Kind, c.Res)
}

// closePools ends the buffer groups on this ring.
func (l *lane) closePools() {
	for _, g := range l.pools.groups {
		if g != nil && l.n < len(g.rings) && g.rings[l.n] != nil {
			_ = g.rings[l.n].close()
			g.rings[l.n] = nil
		}
	}
}

// leftover names the operations that did not end.
func (l *lane) leftover() error {
	var names []string
	for i := range l.slots {
		if s := &l.slots[i]; s.lane == l && s.busy && len(names) < 8 {
			names = append(names, fmt.Sprintf("kind %d on descriptor %d", s.op.Kind, s.op.FD))
		}
	}
	return fmt.Errorf("uring: lane %d: %d operations did not end in time and keep their memory: %s",
		l.n, l.inFlight.Load(), strings.Join(names, ", "))
}
