//go:build linux

package uring

import (
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// lane is one worker's share of the backend: a ring. Methods of [backend.Backend] that are not about the ring are the backend's.
//
// Three parties use the ring. Submit comes from the lane's worker, which is inside the executor's lock. Reap comes from the
// worker or, when that is busy for long, from the completion thread, and is outside. command comes from anybody. mu protects the
// submission side, and is held for the time of an enter, except by Wait, which does not wait in the kernel.
type lane struct {
	*Backend
	n int
	q *queue

	mu       sync.Mutex
	cqes     [64]cqe // of the reaper
	inFlight atomic.Int64

	cmu      sync.Mutex
	commands []uint64     // user_data of entries that wait for room: at most one an op and two a line
	waiting  atomic.Int32 // number of commands

	poller   *os.File // the ring's eventfd, in Go's network poller
	conn     syscall.RawConn
	look     func(uintptr) bool // wakeable, made once
	deadline vclock.Instant     // of the poller, as set last by the worker
	parked   atomic.Bool        // the worker is in Wait
	unparked atomic.Bool        // Unpark was called since Wait returned last
	ticks    atomic.Uint64      // reaps, for the watch
}

// open sets up the ring.
func (l *lane) open(b *Backend, n int, o Options) error {
	q, err := openQueue(queueParams{entries: uint32(o.Entries), cqEntries: uint32(o.CQ), flags: setupSubmitAll | setupNoSQArray, eventfd: true})
	if err != nil {
		return err
	}
	q.notify(false)
	l.Backend, l.n, l.q, l.deadline = b, n, q, vclock.Forever
	fd, err := unix.FcntlInt(uintptr(q.eventfd()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("dup", err)
	}
	l.poller = os.NewFile(uintptr(fd), "io_uring completions")
	if l.conn, err = l.poller.SyscallConn(); err != nil {
		return err
	}
	l.look = func(uintptr) bool { return l.wakeable() }
	return nil
}

// Submit implements [backend.Backend]. It fills entries; the kernel gets them at the next Reap or Wait. It takes no chain by halves,
// and leaves a quarter of the ring to cancels.
func (l *lane) Submit(ops []*backend.Op) int {
	l.mu.Lock()
	room := l.q.space() - l.q.sqEntries()/4
	n := 0
	for n < len(ops) {
		end := n + 1
		for end < len(ops) && ops[end-1].Flags&(backend.FlagLink|backend.FlagHardLink) != 0 {
			end++
		}
		if end > room && (n > 0 || end > l.q.space()) {
			break
		}
		for ; n < end; n++ {
			l.start(ops[n])
		}
	}
	l.mu.Unlock()
	return n
}

// command queues an entry that is no op's, and makes sure that somebody submits it.
func (l *lane) command(data uint64) {
	l.cmu.Lock()
	l.commands = append(l.commands, data)
	l.waiting.Store(int32(len(l.commands)))
	l.cmu.Unlock()
	if l.parked.Load() {
		l.Unpark()
	}
}

// flush hands everything that is prepared to the kernel. What the kernel has no resources for stays, for the next time. It is
// called with mu.
func (l *lane) flush() {
	for {
		if l.waiting.Load() > 0 {
			l.prepareCommands()
		}
		var err error
		switch {
		case l.q.needsEnter():
			err = l.q.submitGet()
		case l.q.pending() > 0:
			err = l.q.submit()
		}
		switch err {
		case nil:
		case unix.EAGAIN, unix.EBUSY, unix.ENOMEM:
			return
		case unix.EBADR:
			panic("uring: duty 1: the kernel lost a completion for lack of memory (EBADR)")
		default:
			panic("uring: io_uring_enter failed: " + err.Error())
		}
		if l.waiting.Load() == 0 {
			return
		}
	}
}

// prepareCommands turns commands into entries, as many as there is room for.
func (l *lane) prepareCommands() {
	l.cmu.Lock()
	n := 0
	for _, data := range l.commands {
		e := l.q.get()
		if e == nil {
			break
		}
		n++
		l.prepareCommand(e, data)
	}
	left := copy(l.commands, l.commands[n:])
	l.commands = l.commands[:left]
	l.waiting.Store(int32(left))
	l.cmu.Unlock()
}

// prepareCommand fills the entry of a command.
func (l *lane) prepareCommand(e *sqe, data uint64) {
	id := data & (1<<kindShift - 1)
	switch data >> kindShift {
	case kindCancel:
		e.cancel(userData(kindOp, id), 0)
	case kindLine:
		l.lines[id].arm(e)
	case kindUnline:
		e.cancel(userData(kindLine, id), 0)
	}
	e.userData = data
}

// Reap implements [backend.Backend]. Unless something has to be submitted it costs an uncontended lock and a look at memory.
func (l *lane) Reap(into []backend.Completion) int {
	l.ticks.Add(1)
	l.mu.Lock()
	l.flush()
	l.mu.Unlock()
	n := 0
	if l.n == 0 {
		n = l.notes(into)
	}
	for n < len(into) {
		got := l.q.reap(l.cqes[:min(len(l.cqes), len(into)-n)])
		if got == 0 {
			break
		}
		for i := range l.cqes[:got] {
			if l.translate(&l.cqes[i], &into[n]) {
				n++
			}
		}
	}
	return n
}

// Wait implements [backend.Backend]. It always returns true: the world outside may do anything.
func (l *lane) Wait(until vclock.Instant) bool {
	l.parked.Store(true)
	l.mu.Lock()
	l.flush()
	stuck := l.q.pending() > 0 || l.waiting.Load() > 0
	l.mu.Unlock()
	if stuck { // the kernel had no resources: try again soon
		until = min(until, l.Now().Add(vclock.Millisecond))
	}
	l.q.notify(true)
	if !l.wakeable() {
		l.sleep(until)
	}
	l.q.notify(false)
	l.parked.Store(false)
	l.unparked.Store(false)
	l.watch.stir()
	return true
}

// sleep blocks the goroutine in Go's network poller.
func (l *lane) sleep(until vclock.Instant) {
	if until != l.deadline {
		var at time.Time
		if until != vclock.Forever {
			left := until.Sub(l.Now())
			if left <= 0 {
				return
			}
			at = time.Now().Add(time.Duration(left))
		}
		l.deadline = until
		_ = l.poller.SetReadDeadline(at)
	}
	if l.conn.Read(l.look) != nil { // the deadline, or that of an Unpark, perhaps of one that comes late
		l.deadline = -1 // of no known value now
	}
}

// wakeable reports whether Wait has to return. It is called after notify(true), which is a full barrier: a completion that it
// does not see will signal the eventfd.
func (l *lane) wakeable() bool {
	return l.q.ready() > 0 || l.unparked.Load() || l.q.needsEnter() || l.waiting.Load() > 0 || l.n == 0 && l.noted()
}

// Unpark implements [backend.Backend]. While nobody sleeps it costs a store and a load.
func (l *lane) Unpark() {
	l.unparked.Store(true)
	if l.parked.Load() {
		_ = l.poller.SetReadDeadline(time.Unix(1, 0))
	}
}
