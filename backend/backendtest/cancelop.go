package backendtest

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

const already = -int32(backend.EALREADY)

func cancelOpCases() []Case {
	multi := withFlags(pipes(backend.OpCancel, backend.OpPoll), backend.FlagMultishot)
	multi.multi = set(backend.OpPoll)
	return []Case{
		{"CancelOpFinds", pipes(backend.OpCancel), cancelOpFinds},
		{"CancelOpFindsNothing", pipes(backend.OpCancel, backend.OpNop), cancelOpFindsNothing},
		{"CancelOpBeforeItsTarget", pipes(backend.OpCancel), cancelOpBeforeItsTarget},
		{"CancelOpOfATimer", needs{ops: set(backend.OpCancel, backend.OpTimer)}, cancelOpOfATimer},
		{"CancelOpOfMultishot", multi, cancelOpOfMultishot},
	}
}

func cancelManyCases() []Case {
	return []Case{
		{"CancelOpByDescriptor", pipes(backend.OpCancel), cancelOpByDescriptor},
		{"CancelOpOneOfADescriptor", pipes(backend.OpCancel), cancelOpOneOfADescriptor},
		{"CancelOpByNoDescriptor", pipes(backend.OpCancel), cancelOpByNoDescriptor},
		{"CancelOpOfEverything", pipes(backend.OpCancel), cancelOpOfEverything},
		{"CancelOpSparesTheBackend", pipes(backend.OpCancel, backend.OpNop, backend.OpTimer), cancelOpSparesTheBackend},
	}
}

// cancelOp asks for the end of one op.
func cancelOp(target *backend.Op) backend.Op {
	return backend.Op{Kind: backend.OpCancel, Ext: &backend.OpExt{Target: target.ID}}
}

// cancelMany asks for the end of many.
func cancelMany(fd int32, flags uint32) backend.Op {
	return backend.Op{Kind: backend.OpCancel, FD: fd, Arg: flags, Ext: &backend.OpExt{}}
}

// reads makes n reads of a pipe, each of one byte.
func (r *rig) reads(fd int32, n int) []*backend.Op {
	var ops []*backend.Op
	for range n {
		ops = append(ops, r.op(backend.OpRead, fd, make([]byte, 1)))
	}
	return ops
}

// ended counts the ops that were ended by a cancel.
func (r *rig) ended(ops []*backend.Op) int {
	n := 0
	for _, o := range ops {
		if r.done(o) && endedEarly(r.result(o)) {
			n++
		}
	}
	return n
}

// The result of the op that cancels and that of its target fit together: 0, it was found and ends with ECANCELED or EINTR;
// ENOENT or EALREADY, it was not, or is past the point, and goes on to its own end. Of a read that waits in an empty pipe
// the kernel always finds it; a backend may say otherwise, but then the read is still there.
func cancelOpFinds(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		o := r.op(backend.OpRead, rd, make([]byte, 1))
		if !r.arm(o) {
			return false
		}
		res := r.do(cancelOp(o))
		r.want("the cancel of a read that waits", res, 0, noEntry, already)
		if res != 0 {
			r.fill(wr, "c")
			r.want("a read that a cancel did not find", r.result(o), 1, cancelled, interrupt, again)
			return false
		}
		r.want("a read that a cancel found", r.result(o), cancelled, interrupt)
		r.want("the cancel of a read that has ended", r.do(cancelOp(o)), noEntry)
		r.fill(wr, "d")
		r.holds("after a cancelled read", rd, "d")
		return true
	})
}

// A cancel that finds nothing says ENOENT; one of all that match found 0.
func cancelOpFindsNothing(r *rig) {
	gone := r.op(backend.OpNop, 0, nil)
	r.submit(gone)
	r.result(gone)
	r.want("the cancel of an op that has completed", r.do(cancelOp(gone)), noEntry)
	all := cancelOp(gone)
	all.Arg = backend.CancelAll
	r.want("the cancel of all ops of an id that has completed", r.do(all), 0)
	rd, _ := r.pipe()
	r.want("the cancel of all reads where none is", r.do(cancelMany(rd, backend.CancelFD|backend.CancelAll)), 0)
	r.want("the cancel of a read where none is", r.do(cancelMany(rd, backend.CancelFD)), noEntry)
}

// A cancel that is submitted before its target finds nothing, and the target goes on to wait. A backend that performs the
// cancel later may find it; the two results must fit together.
func cancelOpBeforeItsTarget(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		o := r.op(backend.OpRead, rd, make([]byte, 1))
		c := r.make(cancelOp(o))
		if !r.arm(c, o) {
			return false
		}
		res := r.result(c)
		r.want("a cancel before its target", res, noEntry, 0, already)
		if res == noEntry {
			r.linger(brief)
			if r.done(o) && !transient(r.result(o)) {
				r.Errorf("a cancel said ENOENT, and its target ended with %s", code(r.result(o)))
			}
		}
		r.fill(wr, "b")
		if transient(r.result(o)) && res != 0 {
			return false
		}
		if got := r.result(o); res == noEntry && got != 1 {
			r.Errorf("a read that a cancel before it did not find gave %s, want 1", code(got))
		}
		return true
	})
}

// Timers can be cancelled by their id as well.
func cancelOpOfATimer(r *rig) {
	for range 5 {
		end := r.b.Now().Add(vclock.Hour)
		o := r.timer(end)
		r.submit(o)
		res := r.do(cancelOp(o))
		r.want("the cancel of a timer", res, 0, noEntry, already)
		if res != 0 {
			r.cancel(o)
			continue
		}
		r.want("a timer that a cancel found", r.result(o), cancelled)
		if r.b.Now() >= end {
			r.Errorf("a cancelled timer ended at its instant, not before")
		}
	}
}

// A multishot op that is found ends with a terminal report.
func cancelOpOfMultishot(r *rig) {
	r.attempt(func() bool {
		rd, _ := r.pipe()
		o := r.make(backend.Op{Kind: backend.OpPoll, FD: rd, Arg: backend.PollIn, Flags: backend.FlagMultishot})
		if !r.arm(o) || r.done(o) {
			return false
		}
		res := r.do(cancelOp(o))
		r.want("the cancel of a multishot poll", res, 0, noEntry, already)
		if res != 0 {
			return false
		}
		r.want("a multishot poll that a cancel found", r.result(o), cancelled, interrupt)
		return true
	})
}

// A cancel by descriptor ends what works on that open file and nothing else; with CancelAll its result is how many.
func cancelOpByDescriptor(r *rig) {
	r.attempt(func() bool {
		ra, _ := r.pipe()
		rb, wb := r.pipe()
		these, other := r.reads(ra, 3), r.reads(rb, 1)[0]
		if !r.arm(append(these, other)...) {
			return false
		}
		res := r.do(cancelMany(ra, backend.CancelFD|backend.CancelAll))
		if res < 0 || res > 3 {
			r.Fatalf("the cancel of all 3 reads of a pipe gave %s", code(res))
		}
		r.until("the reads that the cancel found", func() bool { return r.ended(these) >= int(res) })
		if r.done(other) && !transient(r.result(other)) {
			r.Errorf("the cancel ended a read of another pipe with %s", code(r.result(other)))
			return true
		}
		r.fill(wb, "o")
		if transient(r.result(other)) {
			return false
		}
		r.want("a read of another pipe", r.result(other), 1)
		return res == 3
	})
}

// Without CancelAll one op ends, the others go on.
func cancelOpOneOfADescriptor(r *rig) {
	r.attempt(func() bool {
		ra, _ := r.pipe()
		these := r.reads(ra, 3)
		if !r.arm(these...) {
			return false
		}
		res := r.do(cancelMany(ra, backend.CancelFD))
		r.want("the cancel of one of 3 reads", res, 0, already, noEntry)
		if res == 0 {
			r.until("the read that the cancel found", func() bool { return r.ended(these) > 0 })
		}
		r.linger(brief)
		if n := r.ended(these); n > 1 {
			r.Errorf("the cancel of one of 3 reads gave %s and ended %d", code(res), n)
		}
		return res == 0
	})
}

// A cancel by a descriptor that is not open is refused, and so is one that names a descriptor and everything.
func cancelOpByNoDescriptor(r *rig) {
	rd, _ := r.pipe()
	r.want("the cancel by descriptor and everything", r.do(cancelMany(rd, backend.CancelFD|backend.CancelAny)), invalid)
	r.close(rd)
	r.want("the cancel by a closed descriptor", r.do(cancelMany(rd, backend.CancelFD|backend.CancelAll)), badFD)
	r.want("the cancel with flags that do not exist", r.do(cancelMany(0, 1<<12)), invalid)
}

// CancelAny ends everything, also without CancelAll, and its result is how many ops that were.
func cancelOpOfEverything(r *rig) {
	for _, flags := range []uint32{backend.CancelAny, backend.CancelAny | backend.CancelAll} {
		r.attempt(func() bool {
			ra, _ := r.pipe()
			rb, _ := r.pipe()
			these := append(r.reads(ra, 2), r.reads(rb, 1)...)
			if !r.arm(these...) {
				return false
			}
			res := r.do(cancelMany(0, flags))
			if res < 0 || res > 3 {
				r.Errorf("the cancel of everything, which is 3 reads, gave %s", code(res))
			}
			r.until("the reads that the cancel found", func() bool { return r.ended(these) >= int(res) })
			return res == 3
		})
	}
}

// Everything is every op, and not what the backend needs for itself: afterwards completions, timers and Unpark still end a
// Wait.
func cancelOpSparesTheBackend(r *rig) {
	rd, _ := r.pipe()
	for range 3 {
		o := r.reads(rd, 1)[0]
		r.arm(o)
		r.do(cancelMany(0, backend.CancelAny|backend.CancelAll))
		r.want("a read", r.cancel(o), cancelled, interrupt, again)
		end := r.b.Now().Add(vclock.Hour)
		r.b.Unpark()
		if !r.b.Wait(end) || r.b.Now() >= end {
			r.Fatalf("after the cancel of everything Unpark does not end Wait")
		}
		t, n := r.timer(r.b.Now().Add(vclock.Millisecond)), r.op(backend.OpNop, 0, nil)
		r.submit(t, n)
		r.want("a timer", r.result(t), 0)
		r.want("a nop", r.result(n), 0)
	}
}
