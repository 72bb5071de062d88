//go:build linux

package uring

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
)

// line is one interrupt line: an eventfd, whose counter is the pending bit. While the line is enabled, lane 0 has a read of it in
// flight; the read clears the counter, as a handler's entry clears the bit. A read that a disable does not catch in time keeps
// what it read as pending.
//
//	        LineEnable                        read completes
//	closed ────────────▶ armed, enabled ──────────────────────▶ reported, armed again
//	   ▲                    │ LineDisable
//	   └── read cancelled ──┤
//	       or completed ────┘ then pending: reported when the line is enabled next
type line struct {
	fd      int
	mu      sync.Mutex
	enabled bool
	armed   bool // a read is in flight, or among the commands
	pending bool // read while it was closed
	due     bool // to be reported, because it was pending when it was enabled
	count   [8]byte
	closing atomic.Bool // a cancel of the read is among the commands
}

// arm fills the entry of the read.
func (n *line) arm(e *sqe) { e.read(int32(n.fd), unsafe.Pointer(&n.count), 8, 0) }

// LineEnable implements [backend.Backend].
func (b *Backend) LineEnable(n int) {
	l := &b.lines[n]
	l.mu.Lock()
	l.enabled = true
	if l.pending {
		l.pending, l.due = false, true
		b.signals.add(note{backend.CompletionLine, int32(n)}, false)
	}
	arm := !l.armed
	l.armed = true
	due := l.due
	l.mu.Unlock()
	if arm {
		b.lanes[0].command(userData(kindLine, uint64(n)))
	}
	if due {
		b.Unpark()
	}
}

// LineDisable implements [backend.Backend].
func (b *Backend) LineDisable(n int) {
	l := &b.lines[n]
	l.mu.Lock()
	l.enabled = false
	armed := l.armed
	l.mu.Unlock()
	if armed && !l.closing.Swap(true) {
		b.lanes[0].command(userData(kindUnline, uint64(n)))
	}
}

// LinePend implements [backend.Backend].
func (b *Backend) LinePend(n int) { b.lines[n].pend() }

func (n *line) pend() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(n.fd, one[:]) // EAGAIN: the counter is full, so the line is pending
}

// LineFD returns the eventfd of line n, for devices: whatever writes to it requests the line. It is nonblocking and stays the
// backend's.
func (b *Backend) LineFD(n int) int { return b.lines[n].fd }

// lineDone takes the completion of line n's read and reports whether there is something to report.
func (l *lane) lineDone(id uint64, res int32) bool {
	n := &l.lines[id]
	n.mu.Lock()
	defer n.mu.Unlock()
	n.armed = n.enabled
	if n.enabled {
		l.command(userData(kindLine, id))
	}
	switch {
	case res < 0:
		return false
	case !n.enabled:
		n.pending = true
		return false
	}
	return true
}

// note is a report that comes from no ring.
type note struct {
	kind backend.CompletionKind
	n    int32
}

// signals keeps reports that come from no ring until lane 0 takes them.
type signals struct {
	mu    sync.Mutex
	notes []note // bounded: one a line, and 64 signals
	count atomic.Int32
	taken [signalsMax + 1]*catcher // by number; nil: the signal is the process's
	// SIGINT and SIGTERM: SignalEnable has asked for them; the process was started with them ignored.
	asks, ignored [2]bool
}

// noted reports whether there are notes.
func (b *Backend) noted() bool { return b.signals.count.Load() > 0 }

// notes moves notes into the slice.
func (b *Backend) notes(into []backend.Completion) int {
	s := &b.signals
	if s.count.Load() == 0 {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	taken := 0
	for n < len(into) && taken < len(s.notes) {
		t := s.notes[taken]
		taken++
		if t.kind == backend.CompletionLine && !b.lines[t.n].takeDue() {
			continue
		}
		into[n] = backend.Completion{Kind: t.kind, N: t.n}
		n++
	}
	left := copy(s.notes, s.notes[taken:])
	s.notes = s.notes[:left]
	s.count.Store(int32(left))
	return n
}

// takeDue reports whether a line that was due still is: one that was closed meanwhile is pending again.
func (n *line) takeDue() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.due = false
	n.pending = n.pending || !n.enabled
	return n.enabled
}
