//go:build linux && giouring

package uring

import (
	"unsafe"

	"github.com/pawelgaczynski/giouring"
	"golang.org/x/sys/unix"
)

// driverName names the driver in reports and benchmarks.
const driverName = "giouring"

// queue is the driver on top of giouring, for comparison and not for production. It needs -ldflags=-checklinkname=0, because
// giouring reaches into package syscall. giouring never sees an operation: it hands out entries, which our encoders fill, and
// of its functions only those are used that work as documented.
//
// It does the same as our own driver except for what giouring cannot express:
//
//   - The CQ has twice as many entries as the SQ, whatever was asked for.
//   - Of the setup flags only SUBMIT_ALL and SINGLE_ISSUER are used: the flag that says there is deferred work is not readable.
//   - rollback takes nothing back, and an entry that was not consumed stays pending.
//   - wait with a limit takes two system calls if there is something to submit, and may return errTimeout after having
//     submitted.
//   - features come from a second ring, which is closed at once.
type queue struct {
	ring  *giouring.Ring
	sq    int
	flags uint32
	feats uint32

	own, other sleeper // of wait and of waitOnly
}

// An entry of giouring is as long as ours: this index is out of range otherwise.
var _ = [1]struct{}{}[unsafe.Sizeof(sqe{})-unsafe.Sizeof(giouring.SubmissionQueueEntry{})]

// openQueue makes a ring. The error is a *SetupError.
func openQueue(p queueParams) (*queue, error) {
	p.check()
	q := &queue{sq: int(powerOfTwo(p.entries))}
	err := climb(p.flags&(setupSubmitAll|setupSingleIssuer), func(flags uint32) (uint32, error) {
		var err error
		if q.feats, err = kernelFeatures(); err != nil {
			return 0, err
		}
		ring := giouring.NewRing()
		if err := ring.QueueInit(p.entries, flags); err != nil {
			return 0, err
		}
		q.ring, q.flags = ring, flags
		return q.feats, nil
	})
	if err != nil {
		if q.ring != nil {
			_ = q.close()
		}
		return nil, err
	}
	return q, nil
}

// kernelFeatures asks a ring of its own, since giouring keeps the answer to itself.
func kernelFeatures() (uint32, error) {
	kp := new(ringParams)
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(kp)), 0)
	if errno != 0 {
		return 0, errno
	}
	return kp.features, unix.Close(int(fd))
}

// get returns a zeroed entry, or nil if the SQ is full.
func (q *queue) get() *sqe {
	e := (*sqe)(unsafe.Pointer(q.ring.GetSQE()))
	if e != nil {
		*e = sqe{}
	}
	return e
}

// space returns how many entries get can still give.
func (q *queue) space() int { return int(q.ring.SQSpaceLeft()) }

// pending returns how many entries were given out and not yet consumed by the kernel.
func (q *queue) pending() int { return int(q.ring.SQReady()) }

// submit makes the kernel consume all pending entries, and does nothing if there are none.
func (q *queue) submit() error {
	for q.pending() > 0 {
		if err := progress(q.ring.Submit()); err != nil {
			return err
		}
	}
	return nil
}

// submitGet is submit that enters at least once, with GETEVENTS.
func (q *queue) submitGet() error {
	for {
		want := q.pending()
		n, err := q.ring.SubmitAndGetEvents()
		if want > 0 {
			err = progress(n, err)
		} else if err == unix.EINTR {
			continue
		}
		if err != nil || q.pending() == 0 {
			return err
		}
	}
}

// progress judges a call that had something to submit: EINTR means again, no progress without an error is EAGAIN.
func progress(n uint, err error) error {
	if err == unix.EINTR {
		return nil
	}
	if err == nil && n == 0 {
		return unix.EAGAIN
	}
	return err
}

// wait submits all pending entries and waits for a completion, or for ns nanoseconds.
func (q *queue) wait(ns int64) error {
	if ns < 0 {
		_, err := q.ring.SubmitAndWait(1)
		return err
	}
	if err := q.submit(); err != nil {
		return err
	}
	_, err := q.own.enter(q.fd(), 0, ns)
	return err
}

// waitOnly is wait that submits nothing, so that another thread may get and submit meanwhile.
func (q *queue) waitOnly(ns int64) error {
	_, err := q.other.enter(q.fd(), 0, ns)
	return err
}

// rollback takes nothing back.
func (q *queue) rollback(int) int { return 0 }

// reap copies completions, oldest first, and frees their places in the CQ. PeekCQE enters the kernel if the CQ is empty, so
// it is not asked then.
func (q *queue) reap(into []cqe) int {
	for i := range into {
		if q.ring.CQReady() == 0 {
			return i
		}
		c, err := q.ring.PeekCQE()
		if err != nil || c == nil {
			return i
		}
		into[i] = cqe{userData: c.UserData, res: c.Res, flags: c.Flags}
		q.ring.CQESeen(c)
	}
	return len(into)
}

// ready returns how many completions are in the CQ, by a look at memory.
func (q *queue) ready() int { return int(q.ring.CQReady()) }

// needsEnter tells whether completions wait for an enter with GETEVENTS.
func (q *queue) needsEnter() bool { return q.overflow() }

// overflow tells whether completions are held back because the CQ was full.
func (q *queue) overflow() bool { return q.ring.CQHasOverflow() }

// register is io_uring_register on this ring. arg is memory that does not move. EINTR is returned, not retried.
func (q *queue) register(op uintptr, arg unsafe.Pointer, n uint32) (int, error) {
	return register(q.fd(), op, arg, n)
}

// cqEntries returns the size of the CQ.
func (q *queue) cqEntries() int { return 2 * q.sq }

// sqEntries returns the size of the SQ.
func (q *queue) sqEntries() int { return q.sq }

// features returns the feature bits of the kernel.
func (q *queue) features() uint32 { return q.feats }

// setupFlags returns those of the wanted flags that are in use.
func (q *queue) setupFlags() uint32 { return q.flags }

// fd returns the descriptor of the ring.
func (q *queue) fd() int { return q.ring.RingFd() }

// close unmaps the rings and closes the descriptors. giouring does not tell whether that worked.
func (q *queue) close() error {
	if q.ring == nil {
		panic("uring: a queue is closed once")
	}
	q.ring.QueueExit()
	q.ring = nil
	return nil
}
