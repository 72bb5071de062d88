//go:build linux

package uring

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// lane is one worker's share of the backend: a ring. Methods of [backend.Backend] that are not about the ring are the backend's.
//
// Three parties use the ring. Submit comes from the lane's worker, which is inside the executor's lock. Reap comes from the worker
// or, when that is busy for long, from the completion thread, and is outside. command comes from anybody. mu protects the
// submission side, and is held for the time of an enter, also of one that waits: only the completion thread could want it then,
// and it does not insist.
type lane struct {
	*Backend
	n int
	q *queue

	thread owned

	mu       sync.Mutex
	cqes     [64]cqe // of the reaper
	inFlight atomic.Int64
	drains   atomic.Int32 // ops in flight with FlagDrain
	prepared atomic.Bool  // Submit was called since the last flush
	mass     atomic.Bool  // cancels went into the ring of which the slots know nothing

	cmu      sync.Mutex
	commands []uint64     // user_data of entries that wait for room: at most two an op and two a line
	waiting  atomic.Int32 // number of commands

	parked   atomic.Bool   // the worker is in Wait
	unparked atomic.Bool   // Unpark was called since Wait returned last
	ticks    atomic.Uint64 // of the worker, for the watch
	wake     *sqe          // the message that ends a Wait
	posted   bool          // post sends it, because the kernel does not without a ring
}

// open sets up the ring.
func (l *lane) open(b *Backend, n int, o Options) error {
	flags := uint32(setupSubmitAll | setupNoSQArray)
	if o.Owned {
		flags |= setupSingleIssuer | setupDeferTaskrun | setupTaskrunFlag
	}
	q, err := openQueue(queueParams{entries: uint32(o.Entries), cqEntries: uint32(o.CQ), flags: flags})
	if err != nil {
		return err
	}
	l.Backend, l.n, l.q = b, n, q
	l.wake = new(sqe)
	l.wake.msgRing(int32(q.fd()), 0, userData(kindUnline, 0), 0)
	if o.noMessages || l.ring() != nil {
		l.posted = true
		return b.post.open()
	}
	return nil
}

// ring posts a completion that says nothing to the lane's own ring (Linux 6.13).
func (l *lane) ring() error {
	_, err := register(-1, registerSendMsgRing, unsafe.Pointer(l.wake), 1)
	return err
}

// links are the flags by which a chain goes on.
const links = backend.FlagLink | backend.FlagHardLink

// Submit implements [backend.Backend]. It fills entries; the kernel gets them at the next Reap or Wait, or at once if there is no
// room left but a quarter of the ring, which is for cancels. It takes no chain by halves; a chain that is longer than the ring
// completes with EINVAL.
func (l *lane) Submit(ops []*backend.Op) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prepared.Store(true)
	reserve := l.q.sqEntries() / 4
	n := 0
	for n < len(ops) {
		end := n + 1
		for end < len(ops) && ops[end-1].Flags&links != 0 {
			end++
		}
		if l.q.space()-reserve < end-n {
			l.flush()
		}
		switch {
		case end-n > l.q.sqEntries():
			for ; n < end; n++ {
				if !l.refuse(ops[n], backend.EINVAL) {
					return n
				}
			}
			continue
		case l.q.space() < end-n:
			return n
		}
		for first := n; n < end; n++ {
			l.start(ops[n], n == first, n == end-1)
		}
	}
	return n
}

// refuse completes an op that cannot be sent: an entry of its own says so. It returns false if there is no room for that either.
func (l *lane) refuse(op *backend.Op, errno backend.Errno) bool {
	if l.q.space() == 0 {
		l.flush()
	}
	e := l.q.get()
	if e == nil {
		return false
	}
	l.begin(op).wrong = errno
	e.opcode, e.userData = opWrong, userData(kindOp, uint64(op.ID))
	return true
}

// command queues an entry that is no op's, and makes sure that somebody submits it.
func (l *lane) command(data uint64) {
	l.cmu.Lock()
	l.queueCommand(data)
	l.cmu.Unlock()
	l.tell()
}

// queueCommand is called with cmu.
func (l *lane) queueCommand(data uint64) {
	l.commands = append(l.commands, data)
	l.waiting.Store(int32(len(l.commands)))
}

// tell ends the Wait of a worker that could not know of a command.
func (l *lane) tell() {
	if l.parked.Load() {
		l.Unpark()
	}
}

const lostCompletion = "uring: duty 1: the kernel lost a completion for lack of memory (EBADR)"

// flush hands everything that is prepared to the kernel. What the kernel has no resources for stays, for the next time. It is
// called with mu.
func (l *lane) flush() {
	l.prepared.Store(false)
	for {
		if l.waiting.Load() > 0 {
			if l.drains.Load() > 0 {
				l.cancelPastDrain()
			}
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
			l.prepared.Store(true)
			return
		case unix.EBADR:
			panic(lostCompletion)
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

// cancelPastDrain sends cancels by a way that a drain does not hold up.
func (l *lane) cancelPastDrain() {
	if l.q.pending() > 0 && l.q.submit() != nil {
		return // the targets may not be in the kernel yet
	}
	l.cmu.Lock()
	left := l.commands[:0]
	for _, data := range l.commands {
		if data>>kindShift != kindCancel {
			left = append(left, data)
			continue
		}
		id := data & (1<<kindShift - 1)
		for err := error(unix.EINTR); err == unix.EINTR; {
			_, err = syncCancel(l.q, userData(kindOp, id), -1, 0, 0)
		}
	}
	l.commands = left
	l.waiting.Store(int32(len(left)))
	l.cmu.Unlock()
}

// prepareCommand fills the entry of a command.
func (l *lane) prepareCommand(e *sqe, data uint64) {
	id := data & (1<<kindShift - 1)
	switch data >> kindShift {
	case kindOp:
		l.repeat(e, &l.slots[backend.OpID(id).Slot()])
	case kindCancel:
		e.cancel(userData(kindOp, id), 0)
	case kindLine:
		l.lines[id].arm(e)
	case kindUnline:
		l.lines[id].closing.Store(false)
		e.cancel(userData(kindLine, id), 0)
	}
	e.userData = data
}

// Due implements [backend.Lane]. Every tick of the worker begins with it.
func (l *lane) Due() bool {
	if l.ticks.Add(1) == 1 {
		l.watch.stir()
	}
	return l.due()
}

func (l *lane) due() bool { return l.prepared.Load() || l.wakeable() }

// Reap implements [backend.Backend]. Unless something has to be submitted it costs an uncontended lock and a look at memory.
func (l *lane) Reap(into []backend.Completion) int {
	if !l.mu.TryLock() {
		return 0 // its worker is in Wait, which what is due ends: nobody takes it beside it, and the message that wakes it
	}
	defer l.mu.Unlock()
	l.flush()
	return l.take(into)
}

// take moves what is there to be seen into the slice, without entering the kernel.
func (l *lane) take(into []backend.Completion) int {
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

// Wait implements [backend.Backend]. It submits and waits with one enter, so that a completion comes back to the thread that waits
// for it. It always returns true: the world outside may do anything.
func (l *lane) Wait(until vclock.Instant) bool {
	l.parked.Store(true)
	l.mu.Lock()
	if l.waiting.Load() > 0 && l.drains.Load() == 0 {
		l.prepareCommands()
	}
	if !l.wakeable() { // otherwise the next Reap flushes
		ns := int64(-1)
		if until != vclock.Forever {
			ns = max(int64(until.Sub(l.Now())), 0)
		}
		l.wait(ns)
	}
	l.mu.Unlock()
	l.parked.Store(false)
	l.unparked.Store(false)
	l.watch.stir()
	return true
}

// wait enters the kernel. It is called with mu.
func (l *lane) wait(ns int64) {
	switch err := l.q.wait(ns); err {
	case nil, errTimeout, unix.EINTR:
	case unix.EAGAIN, unix.EBUSY, unix.ENOMEM:
		// The kernel had no resources for what is pending, and did not wait either. Wait for what is in flight, a little while.
		_ = l.q.waitOnly(int64(vclock.Millisecond))
	case unix.EBADR:
		panic(lostCompletion)
	default:
		panic("uring: io_uring_enter failed: " + err.Error())
	}
}

// wakeable reports whether Wait has to return.
func (l *lane) wakeable() bool {
	return l.q.ready() > 0 || l.unparked.Load() || l.q.needsEnter() || l.waiting.Load() > 0 || l.n == 0 && l.noted()
}

// Unpark implements [backend.Backend]. While nobody sleeps it costs a swap and a load. A message that is sent to a Wait which has
// just returned makes the next one return early, once.
func (l *lane) Unpark() {
	if l.unparked.Swap(true) || !l.parked.Load() {
		return
	}
	if l.posted {
		l.post.send(l.wake)
		return
	}
	for l.ring() == unix.EINTR { // it cannot fail otherwise: a full ring takes it as overflow
	}
}
