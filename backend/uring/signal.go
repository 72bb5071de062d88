//go:build linux

package uring

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/tripoint-go/tripoint/backend"
)

const (
	pendingSignals = 64 // kept until somebody takes them; like a kernel, we drop what is more
	signalsMax     = 64 // is the highest number
)

// catcher takes one signal from the Go runtime. Nothing of the executor runs in a signal handler: the runtime hands the signal to a
// goroutine, which leaves a note.
type catcher struct {
	users int // SignalEnable, and a receiver
	open  bool
	ch    chan os.Signal
	done  chan struct{}
}

// add leaves a note. Signals that somebody receives coalesce; of those by which a program is asked to stop, each counts.
func (s *signals) add(n note, merge bool) {
	s.mu.Lock()
	for i := range s.notes {
		if merge && s.notes[i] == n {
			s.mu.Unlock()
			return
		}
	}
	if len(s.notes) < pendingSignals || n.kind == backend.CompletionLine {
		s.notes = append(s.notes, n)
		s.count.Store(int32(len(s.notes)))
	}
	s.mu.Unlock()
}

// forget drops the notes about signal n.
func (s *signals) forget(n int32) {
	s.mu.Lock()
	left := s.notes[:0]
	for _, kept := range s.notes {
		if kept != (note{backend.CompletionSignal, n}) {
			left = append(left, kept)
		}
	}
	s.notes = left
	s.count.Store(int32(len(left)))
	s.mu.Unlock()
}

// SignalEnable implements [backend.Backend]. A signal that the process was started with ignored, as by nohup or as a background job of
// a script, stays ignored: whoever did that does not want it to stop us. A receiver, which names its signal, gets it all the same.
func (b *Backend) SignalEnable(on bool) {
	s := &b.signals
	for i, n := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		switch {
		case on && !s.asks[i] && !s.ignored[i]:
			b.listen(int32(n))
			s.asks[i] = true
		case !on && s.asks[i]:
			s.deafen(int32(n))
			s.asks[i] = false
		}
	}
}

// SignalOpen implements [backend.Receivers]. Signals that tell of a fault in the program, and the one by which the Go runtime
// interrupts threads, are nobody's to receive.
func (b *Backend) SignalOpen(n int32) backend.Errno {
	if n < 1 || n > signalsMax {
		return backend.EINVAL
	}
	switch syscall.Signal(n) {
	case syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGURG:
		return backend.EINVAL
	}
	if l := b.signals.taken[n]; l != nil && l.open {
		return backend.EBUSY
	}
	b.listen(n).open = true
	return backend.OK
}

// SignalClose implements [backend.Receivers].
func (b *Backend) SignalClose(n int32) {
	s := &b.signals
	if n < 1 || n > signalsMax || s.taken[n] == nil || !s.taken[n].open {
		return
	}
	s.taken[n].open = false
	s.deafen(n)
	s.forget(n)
}

func (b *Backend) listen(n int32) *catcher {
	s := &b.signals
	l := s.taken[n]
	if l == nil {
		l = &catcher{ch: make(chan os.Signal, pendingSignals), done: make(chan struct{})}
		s.taken[n] = l
		signal.Notify(l.ch, syscall.Signal(n))
		go b.forward(l, note{backend.CompletionSignal, n})
	}
	l.users++
	return l
}

func (b *Backend) forward(l *catcher, n note) {
	defer close(l.done)
	merge := n.n != int32(syscall.SIGINT) && n.n != int32(syscall.SIGTERM)
	for range l.ch {
		b.signals.add(n, merge)
		b.Unpark()
	}
}

// deafen gives up one use of signal n, and with the last one the signal.
func (s *signals) deafen(n int32) {
	l := s.taken[n]
	if l.users--; l.users > 0 {
		return
	}
	signal.Stop(l.ch)
	close(l.ch)
	<-l.done
	s.taken[n] = nil
}

// stop gives all signals back.
func (b *Backend) stopSignals() {
	b.SignalEnable(false)
	for n := range int32(signalsMax) {
		b.SignalClose(n + 1)
	}
}
