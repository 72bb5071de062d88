package backendtest

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// delay is how long ops wait in cases that look at what comes before and after.
const delay = 10 * vclock.Millisecond

func linkTimeoutCases() []Case {
	timeouts := links(pipes(backend.OpLinkTimeout))
	timers := links(needs{ops: set(backend.OpTimer)})
	return []Case{
		{"LinkTimeoutFires", timeouts, linkTimeoutFires},
		{"LinkTimeoutIsNotNeeded", timeouts, linkTimeoutIsNotNeeded},
		{"LinkTimeoutAndTheRest", timeouts, linkTimeoutAndTheRest},
		{"LinkTimeoutOfNoTime", timeouts, linkTimeoutOfNoTime},
		{"LinkTimeoutAlone", timeouts, linkTimeoutAlone},
		{"LinkedTimer", timers, linkedTimer},
		{"LinkedTimerCancelled", timers, linkedTimerCancelled},
		{"LinkTimeoutOfACancelledOp", timeouts, linkTimeoutOfACancelledOp},
	}
}

func drainCases() []Case {
	drains := withFlags(links(pipes(backend.OpLinkTimeout)), backend.FlagDrain)
	timers := withFlags(needs{ops: set(backend.OpNop, backend.OpTimer)}, backend.FlagDrain)
	multi := withFlags(pipes(backend.OpPoll, backend.OpNop), backend.FlagDrain|backend.FlagMultishot)
	multi.multi = set(backend.OpPoll)
	return []Case{
		{"DrainWaitsForWhatWasBefore", drains, drainWaits},
		{"DrainWaitsForTimers", timers, drainWaitsForTimers},
		{"DrainWithNothingBefore", timers, drainWithNothingBefore},
		{"CancelPassesADrain", drains, cancelPassesADrain},
		{"CancelOfMultishotPassesADrain", multi, cancelOfMultishotPassesADrain},
	}
}

// timeLimit makes the chain of an op and its timeout.
func (r *rig) timeLimit(o *backend.Op, d vclock.Duration) (target, timeout *backend.Op) {
	timeout = r.make(backend.Op{Kind: backend.OpLinkTimeout, Off: int64(d)})
	o.Flags |= backend.FlagLink
	return o, timeout
}

// The timeout of an op that does not complete ends it: ECANCELED, or EINTR if a thread was working on it, and ETIME for the
// timeout, or EALREADY. It is never early. In which order the two are reported is open.
func linkTimeoutFires(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		at := r.b.Now().Add(delay)
		o, timeout := r.timeLimit(r.op(backend.OpRead, rd, make([]byte, 1)), delay)
		if !r.arm(o, timeout) {
			return false
		}
		fired := r.result(timeout)
		if r.b.Now() < at {
			r.Errorf("a timeout for %d was reported at %d", at, r.b.Now())
		}
		r.want("a timeout that fires", fired, -int32(backend.ETIME), -int32(backend.EALREADY))
		r.want("its target", r.result(o), cancelled, interrupt)
		r.fill(wr, "t")
		r.holds("after a timeout", rd, "t")
		return true
	})
}

// The timeout of an op that completes in time ends with ECANCELED, at once.
func linkTimeoutIsNotNeeded(r *rig) {
	r.attempt(func() bool {
		end := r.b.Now().Add(vclock.Hour)
		rd, wr := r.pipe()
		o, timeout := r.timeLimit(r.op(backend.OpRead, rd, make([]byte, 1)), vclock.Hour)
		if !r.arm(o, timeout) {
			return false
		}
		r.fill(wr, "u")
		if !r.expect("an op in time", []int32{1, cancelled}, o, timeout) {
			return false
		}
		o, timeout = r.timeLimit(r.op(backend.OpNop, 0, nil), vclock.Hour)
		r.submit(o, timeout)
		r.expect("a nop in time", []int32{0, cancelled}, o, timeout)
		if r.b.Now() >= end {
			r.Errorf("a timeout that was not needed was waited for")
		}
		return true
	})
}

// The chain goes on behind op and timeout: it runs if the op was in time, and is cancelled if not.
func linkTimeoutAndTheRest(r *rig) {
	for _, inTime := range []bool{true, false} {
		r.attempt(func() bool {
			rd, wr := r.pipe()
			limit := delay
			if inTime {
				limit = vclock.Hour
			}
			o, timeout := r.timeLimit(r.op(backend.OpRead, rd, make([]byte, 1)), limit)
			timeout.Flags |= backend.FlagLink
			rest := r.op(backend.OpNop, 0, nil)
			if !r.arm(o, timeout, rest) {
				return false
			}
			if inTime {
				r.fill(wr, "v")
				return r.expect("a chain in time", []int32{1, cancelled, 0}, o, timeout, rest)
			}
			r.want("a read with a timeout", r.result(o), cancelled, interrupt)
			r.want("its timeout", r.result(timeout), -int32(backend.ETIME), -int32(backend.EALREADY))
			r.want("the rest of the chain", r.result(rest), cancelled)
			return true
		})
	}
}

// A timeout of no time ends an op that has to wait at once. One that need not wait may be faster; a timeout that fires when its
// target is past being cancelled says EALREADY or ENOENT.
func linkTimeoutOfNoTime(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		o, timeout := r.timeLimit(r.op(backend.OpRead, rd, make([]byte, 1)), 0)
		if !r.arm(o, timeout) {
			return false
		}
		r.want("a read with no time", r.result(o), cancelled, interrupt)
		r.want("its timeout", r.result(timeout), -int32(backend.ETIME), -int32(backend.EALREADY))
		o, timeout = r.timeLimit(r.op(backend.OpWrite, wr, []byte("w")), 0)
		if !r.arm(o, timeout) {
			return false
		}
		text := ""
		if res := r.result(o); res == 1 {
			text = "w"
		} else {
			r.want("a write with no time", res, 1, cancelled, interrupt)
		}
		r.want("its timeout", r.result(timeout), cancelled, -int32(backend.ETIME), -int32(backend.EALREADY), noEntry)
		r.holds("after a write with no time", rd, text)
		return true
	})
}

// A timer in a chain delays what is behind it. That it expires is its success.
func linkedTimer(r *rig) {
	at := r.b.Now().Add(delay)
	ops := chain(backend.FlagLink, r.op(backend.OpNop, 0, nil), r.timer(at), r.op(backend.OpNop, 0, nil))
	r.submit(ops...)
	r.until("an op behind a timer", func() bool { return r.done(ops[2]) })
	if now := r.b.Now(); now < at {
		r.Errorf("an op behind a timer for %d was reported at %d", at, now)
	}
	r.expect("a chain with a timer", []int32{0, 0, 0}, ops...)
}

// Duty 4: a timer in a chain can be cancelled like others, and breaks the chain.
func linkedTimerCancelled(r *rig) {
	end := r.b.Now().Add(vclock.Hour)
	ops := chain(backend.FlagLink, r.timer(end), r.op(backend.OpNop, 0, nil))
	r.submit(ops...)
	r.linger(brief)
	r.b.Cancel(ops[0].ID)
	r.expect("a chain with a cancelled timer", []int32{cancelled, cancelled}, ops...)
	if r.b.Now() >= end {
		r.Errorf("a cancelled timer ended at its instant, not before")
	}
}

// A timeout that nothing links to is invalid.
func linkTimeoutAlone(r *rig) {
	r.want("a timeout alone", r.do(backend.Op{Kind: backend.OpLinkTimeout, Off: int64(delay)}), invalid)
}

// Duty 4: an op with a timeout can be cancelled; the timeout ends with it.
func linkTimeoutOfACancelledOp(r *rig) {
	r.attempt(func() bool {
		end := r.b.Now().Add(vclock.Hour)
		rd, _ := r.pipe()
		o, timeout := r.timeLimit(r.op(backend.OpRead, rd, make([]byte, 1)), vclock.Hour)
		if !r.arm(o, timeout) {
			return false
		}
		r.b.Cancel(o.ID)
		r.want("a cancelled op with a timeout", r.result(o), cancelled, interrupt)
		r.want("its timeout", r.result(timeout), cancelled)
		if r.b.Now() >= end {
			r.Errorf("a cancelled op waited for its timeout")
		}
		return true
	})
}

// drained makes an op that starts when everything before it has completed.
func (r *rig) drained() *backend.Op {
	return r.make(backend.Op{Kind: backend.OpNop, Flags: backend.FlagDrain})
}

// An op with FlagDrain starts when every op before it has completed, those of other batches too; later ops wait for it. What
// is before here ends by a timeout, so neither of the two can be there earlier.
func drainWaits(r *rig) {
	r.attempt(func() bool {
		rd, _ := r.pipe()
		at := r.b.Now().Add(delay)
		o, timeout := r.timeLimit(r.op(backend.OpRead, rd, make([]byte, 1)), delay)
		r.submit(o, timeout)
		drain, later := r.drained(), r.op(backend.OpNop, 0, nil)
		r.submit(drain, later)
		r.until("a drained op or one behind it", func() bool { return r.done(drain) || r.done(later) })
		now := r.b.Now()
		r.expect("a drained op and one behind it", []int32{0, 0}, drain, later)
		if _, calm := r.results(o, timeout); !calm || !endedEarly(r.result(o)) {
			return false
		}
		if now < at {
			r.Errorf("a drained op or one behind it was reported at %d, but what was before ends at %d", now, at)
		}
		return true
	})
}

// Timers are ops like others: a drained op waits for them.
func drainWaitsForTimers(r *rig) {
	at := r.b.Now().Add(delay)
	timer, drain, later := r.timer(at), r.drained(), r.op(backend.OpNop, 0, nil)
	r.submit(timer, drain)
	r.submit(later)
	r.until("a drained op or one behind it", func() bool { return r.done(drain) || r.done(later) })
	if now := r.b.Now(); now < at {
		r.Errorf("a drained op or one behind it was reported at %d, but the timer before it expires at %d", now, at)
	}
	r.expect("a timer, a drained op and one behind it", []int32{0, 0, 0}, timer, drain, later)
}

// With nothing before it a drained op is an op.
func drainWithNothingBefore(r *rig) {
	for range 3 {
		drain, later := r.drained(), r.op(backend.OpNop, 0, nil)
		r.submit(drain, later)
		r.expect("a drained op and one behind it", []int32{0, 0}, drain, later)
	}
}

// Duty 4: Cancel works on what a drained op waits for. In a kernel whose cancel request queues behind the drain this takes
// another way in. The drained op then runs.
func cancelPassesADrain(r *rig) {
	r.attempt(func() bool {
		rd, _ := r.pipe()
		o := r.op(backend.OpRead, rd, make([]byte, 1))
		if !r.arm(o) {
			return false
		}
		drain, later := r.drained(), r.op(backend.OpNop, 0, nil)
		r.submit(drain, later)
		r.linger(brief)
		if r.done(drain) || r.done(later) {
			if transient(r.result(o)) {
				return false
			}
			r.Errorf("a drained op or one behind it was reported while a read before it waits")
		}
		r.want("a read that a drained op waits for", r.cancel(o), cancelled, interrupt)
		r.expect("a drained op and one behind it", []int32{0, 0}, drain, later)
		return true
	})
}

// A multishot op holds a drain up until its terminal report. Duty 4: it can be cancelled all the same.
func cancelOfMultishotPassesADrain(r *rig) {
	r.attempt(func() bool {
		rd, _ := r.pipe()
		m := r.make(backend.Op{Kind: backend.OpPoll, FD: rd, Arg: backend.PollIn, Flags: backend.FlagMultishot})
		if !r.arm(m) || r.done(m) {
			return false
		}
		drain := r.drained()
		r.submit(drain)
		r.linger(brief)
		if r.done(drain) && !r.done(m) {
			r.Errorf("a drained op was reported while a multishot op before it is in flight")
		}
		r.cancel(m)
		r.want("a drained op", r.result(drain), 0)
		return true
	})
}
