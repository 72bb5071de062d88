//go:build linux && !giouring

package uring

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// driverName names the driver in reports and benchmarks.
const driverName = "ours"

// queue is the driver on the kernel's interface. It is made by openQueue and never copied.
//
// Head and tail of a ring run freely and wrap; the index of an entry is its count modulo the size. The kernel writes sqHead,
// sqFlags, cqTail, we write sqTail, cqHead, and all of them are accessed by sync/atomic only: the store of sqTail
// comes after the writes to the entries, the load of cqTail before the reads, the store of cqHead after them.
type queue struct {
	ringFD  int
	ringMem []byte // both rings
	sqeMem  []byte
	sqes    []sqe
	cqes    []cqe

	sqHead, sqTail, sqFlags *uint32
	cqHead, cqTail          *uint32

	tail  uint32 // submitter: entries given out; ahead of *sqTail by what is not published
	flags uint32 // accepted by setup
	feats uint32

	own, other sleeper // of wait and of waitOnly
}

// openQueue makes a ring. The error is a *SetupError. The ring has at least EXT_ARG (Linux 5.11); setupFlags tells what else.
func openQueue(p queueParams) (*queue, error) {
	p.check()
	var q *queue
	err := climb(p.flags, func(flags uint32) (uint32, error) {
		var err error
		if q, err = setupQueue(&p, flags); err != nil {
			return 0, err
		}
		return q.feats, nil
	})
	if err != nil {
		if q != nil {
			_ = q.close()
		}
		return nil, err
	}
	return q, nil
}

// setupQueue tries one set of flags.
func setupQueue(p *queueParams, flags uint32) (*queue, error) {
	kp := &ringParams{flags: flags | setupCQSize, cqEntries: min(p.cqSize(), 2*ringEntriesMax)}
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(p.entries), uintptr(unsafe.Pointer(kp)), 0)
	if errno != 0 {
		return nil, errno
	}
	q := &queue{ringFD: int(fd), flags: flags, feats: kp.features}
	if err := q.mmap(kp); err != nil {
		_ = q.close()
		return nil, err
	}
	return q, nil
}

// mmap maps the rings and the entries. Kernels with EXT_ARG have SINGLE_MMAP: one mapping holds both rings.
func (q *queue) mmap(kp *ringParams) error {
	const prot, how = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	size := max(kp.sqOff.array+kp.sqEntries*4, kp.cqOff.cqes+kp.cqEntries*uint32(unsafe.Sizeof(cqe{})))
	var err error
	if q.ringMem, err = unix.Mmap(q.ringFD, offSQRing, int(size), prot, how); err != nil {
		return err
	}
	if q.sqeMem, err = unix.Mmap(q.ringFD, offSQEs, int(kp.sqEntries)*int(unsafe.Sizeof(sqe{})), prot, how); err != nil {
		return err
	}
	q.sqes = overlay[sqe](q.sqeMem, 0, kp.sqEntries)
	q.cqes = overlay[cqe](q.ringMem, kp.cqOff.cqes, kp.cqEntries)
	q.sqHead, q.sqTail = word(q.ringMem, kp.sqOff.head), word(q.ringMem, kp.sqOff.tail)
	q.sqFlags = word(q.ringMem, kp.sqOff.flags)
	q.cqHead, q.cqTail = word(q.ringMem, kp.cqOff.head), word(q.ringMem, kp.cqOff.tail)
	if q.flags&setupNoSQArray == 0 {
		// The indirection is of no use to us: position i always holds entry i. Without it the offset of the array is 0, which
		// is the head of the ring.
		array := overlay[uint32](q.ringMem, kp.sqOff.array, kp.sqEntries)
		for i := range array {
			array[i] = uint32(i)
		}
	}
	return nil
}

// get returns a zeroed entry, or nil if the SQ is full. It counts as pending at once; the caller fills it before it calls
// anything that submits.
func (q *queue) get() *sqe {
	if q.space() == 0 {
		return nil
	}
	e := &q.sqes[q.tail&uint32(len(q.sqes)-1)]
	*e = sqe{}
	q.tail++
	return e
}

// space returns how many entries get can still give.
func (q *queue) space() int { return len(q.sqes) - q.pending() }

// pending returns how many entries were given out and not yet consumed by the kernel.
func (q *queue) pending() int { return int(q.tail - atomic.LoadUint32(q.sqHead)) }

// hand is enter for a submission that waits for nothing. Go's scheduler is not told: the kernel does not block here, it hands what
// would to its own threads, and every 20 us that a told call takes the scheduler would give the processor away and have a second
// thread look for work (a tenth of the processor time of an echo). In return the call must be short: see handMax.
func hand(fd int, submit uint32) (int, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(fd), uintptr(submit), 0, 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// handMax is how many entries one hand takes. The garbage collector may have to wait for it: a small send is some 3 us.
const handMax = 32

// submit makes the kernel consume all pending entries, and does nothing if there are none. EAGAIN, EBUSY and others are
// returned as a syscall.Errno; what was not consumed stays pending. Without SUBMIT_ALL an entry that the kernel refuses ends a
// call early: it counts as consumed and gets a completion, and the rest goes in with the next call, which submit makes.
//
// EBADR, of any method that enters, means that the kernel had no memory for an overflowing completion and lost it: some
// operation will never be reported, and the queue is of no more use.
func (q *queue) submit() error {
	for q.pending() > 0 {
		if err := q.enterSubmit(0); err != nil {
			return err
		}
	}
	return nil
}

// submitGet is submit that enters at least once, with GETEVENTS: the kernel runs the ring's deferred work and moves what
// overflowed into the CQ.
func (q *queue) submitGet() error {
	for {
		if err := q.enterSubmit(enterGetEvents); err != nil {
			return err
		}
		if q.pending() == 0 {
			return nil
		}
	}
}

// enterSubmit publishes and enters once, again after a signal. No progress without an error is EAGAIN, lest the callers loop.
func (q *queue) enterSubmit(flags uint32) error {
	atomic.StoreUint32(q.sqTail, q.tail)
	for {
		want := uint32(q.pending())
		var n int
		var err error
		if flags == 0 {
			want = q.portion(want)
			n, err = hand(q.ringFD, want)
		} else {
			n, err = enter(q.ringFD, want, 0, flags, nil)
		}
		if err == unix.EINTR {
			continue // nothing was consumed
		}
		if err == nil && n == 0 && want > 0 {
			return unix.EAGAIN
		}
		return err
	}
}

// portion returns how many of the pending entries one hand takes: no more than handMax, but no chain by halves, because a link does
// not reach into the next call.
func (q *queue) portion(pending uint32) uint32 {
	if pending <= handMax {
		return pending
	}
	n := uint32(handMax)
	head := atomic.LoadUint32(q.sqHead)
	for n < pending && q.sqes[(head+n-1)&uint32(len(q.sqes)-1)].flags&(sqeIOLink|sqeIOHardlink) != 0 {
		n++
	}
	return n
}

// wait makes the kernel consume all pending entries and waits until at least one completion is in the CQ or ns nanoseconds
// passed (negative: no limit), in one enter. errTimeout and EINTR mean that nothing was consumed and the CQ is empty. nil
// means neither that all was consumed nor that there is a completion: when entries were consumed the kernel reports those, and
// no longer whether the wait was cut short. Callers look at ready and pending, and call again.
func (q *queue) wait(ns int64) error {
	atomic.StoreUint32(q.sqTail, q.tail)
	_, err := q.own.enter(q.ringFD, uint32(q.pending()), ns)
	return err
}

// waitOnly is wait that submits nothing, so that another thread may get and submit meanwhile.
func (q *queue) waitOnly(ns int64) error {
	_, err := q.other.enter(q.ringFD, 0, ns)
	return err
}

// rollback takes back the last n pending entries, or as many as there are, and returns how many. The kernel reads entries
// only inside an enter of the submitter, so what it has not consumed by now it will never see.
func (q *queue) rollback(n int) int {
	n = max(0, min(n, q.pending()))
	q.tail -= uint32(n)
	if published := atomic.LoadUint32(q.sqTail); int32(published-q.tail) > 0 {
		atomic.StoreUint32(q.sqTail, q.tail)
	}
	return n
}

// reap copies completions, oldest first, and frees their places in the CQ. It returns how many, and never enters the kernel:
// while needsEnter is true there may be more.
func (q *queue) reap(into []cqe) int {
	head := atomic.LoadUint32(q.cqHead)
	n := min(len(into), int(atomic.LoadUint32(q.cqTail)-head))
	if n == 0 {
		return 0
	}
	first := copy(into[:n], q.cqes[head&uint32(len(q.cqes)-1):])
	copy(into[first:n], q.cqes)
	atomic.StoreUint32(q.cqHead, head+uint32(n))
	return n
}

// ready returns how many completions are in the CQ, by a look at memory.
func (q *queue) ready() int { return int(atomic.LoadUint32(q.cqTail) - atomic.LoadUint32(q.cqHead)) }

// needsEnter tells whether completions wait for an enter with GETEVENTS: because the CQ was full when they came, or because
// the ring was set up with TASKRUN_FLAG and the kernel has work to run on the submitter's thread.
func (q *queue) needsEnter() bool { return atomic.LoadUint32(q.sqFlags)&(sqCQOverflow|sqTaskrun) != 0 }

// overflow tells whether completions are held back because the CQ was full. Nothing is lost.
func (q *queue) overflow() bool { return atomic.LoadUint32(q.sqFlags)&sqCQOverflow != 0 }

// register is io_uring_register on this ring. arg is memory that does not move. EINTR is returned, not retried.
func (q *queue) register(op uintptr, arg unsafe.Pointer, n uint32) (int, error) {
	return register(q.ringFD, op, arg, n)
}

// cqEntries returns the size of the CQ.
func (q *queue) cqEntries() int { return len(q.cqes) }

// sqEntries returns the size of the SQ.
func (q *queue) sqEntries() int { return len(q.sqes) }

// features returns the feature bits of the kernel.
func (q *queue) features() uint32 { return q.feats }

// setupFlags returns those of the wanted flags that the kernel accepted.
func (q *queue) setupFlags() uint32 { return q.flags }

// fd returns the descriptor of the ring.
func (q *queue) fd() int { return q.ringFD }

// close unmaps the rings and closes the descriptors. The kernel ends what is in flight some time later, and until then it
// goes on to use the memory of operations: callers reap everything first. Afterwards every method but the facts panics.
func (q *queue) close() error {
	if q.ringFD < 0 {
		panic("uring: a queue is closed once")
	}
	var errs [3]error
	if q.sqeMem != nil {
		errs[0] = unix.Munmap(q.sqeMem)
	}
	if q.ringMem != nil {
		errs[1] = unix.Munmap(q.ringMem)
	}
	errs[2] = unix.Close(q.ringFD)
	*q = queue{ringFD: -1, flags: q.flags, feats: q.feats}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
