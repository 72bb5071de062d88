package flow

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Throttler limits how often a loop goes round: at most n times per window, on the executor's clock, and n at once after a pause.
// It is a token bucket: full at Init, an iteration takes one token, n flow in per window, evenly, and n have room. In any
// interval of length L at most n + ceil(n*L/window) iterations start (T8).
//
// It belongs to one loop of one task. Init before use; it must not be moved while it waits. It does not allocate.
//
//	for thr.NextUntil(t, stop.Flag()) {
//		...
//	}
type Throttler struct {
	ex        *sched.Executor
	id        int64
	n, window int64
	credit    int64 // 0 to n*window: an iteration costs window, each nanosecond brings n; so nothing is rounded
	at        vclock.Instant
	flag      *sched.Flag
	sleep     sched.Sleep
	until     Signalled
	state     lapState
	granted   bool
}

type lapState uint8

const (
	lapNew lapState = iota
	lapYields
	lapSleeps
	lapDone
)

// Init sets the rate: at most n iterations per window. It returns sched.ErrRate if one of the two is less than 1, or their product,
// the window in nanoseconds, is 2^62 or more: then the throttler is not usable.
func (h *Throttler) Init(ex *sched.Executor, n int, window vclock.Duration) error {
	if n < 1 || window < 1 || int64(n) > (1<<62-1)/int64(window) {
		return sched.ErrRate
	}
	ex.Lock()
	*h = Throttler{ex: ex, id: ex.NewID(), n: int64(n), window: int64(window), credit: int64(n) * int64(window), at: ex.ReadClock()}
	ex.Unlock()
	return nil
}

// Next waits until the next iteration may start: it sleeps while there is no token, and gives way once if there is one. It returns
// false if the loop has to end: the task is cancelled, or the gate is closed. Straight-line tasks only.
func (h *Throttler) Next(t *sched.Task) bool { return h.NextUntil(t, nil) }

// NextUntil is Next that also returns false, at once, when the flag has fired; nil never fires. Straight-line tasks only.
func (h *Throttler) NextUntil(t *sched.Task, flag *sched.Flag) bool {
	h.Start(flag)
	return sched.Await(t, h) == nil && h.granted
}

// Start prepares the throttler, as a future, for the wait for the next iteration, which ends early when the flag fires; nil never
// fires. Nothing happens before the first poll.
func (h *Throttler) Start(flag *sched.Flag) {
	if h.ex == nil {
		panic("flow: T8: a throttler is used after Init has set its rate")
	}
	h.flag, h.state, h.granted = flag, lapNew, false
}

// Poll is Ready when the next iteration starts, in that very poll, or the loop has to end: Granted tells which. It is Pending at
// least once, unless the flag has fired.
func (h *Throttler) Poll(t *sched.Task) sched.Poll {
	in := t.Enter()
	p := h.poll(t)
	t.Leave(in)
	return p
}

func (h *Throttler) poll(t *sched.Task) sched.Poll {
	if h.state == lapDone {
		return sched.Ready
	}
	if h.flag != nil && h.flag.IsCancelled() {
		return h.end(t)
	}
	switch h.state {
	case lapNew:
		h.refill()
		if h.credit >= h.window {
			h.state = lapYields
			t.YieldNow()
			return sched.Pending
		}
		return h.pause(t)
	case lapYields:
		if t.YieldRefused() {
			return h.end(t)
		}
	case lapSleeps:
		if h.sleep.Poll(t) == sched.Pending {
			return h.watch(t)
		}
		if h.sleep.Err() != nil {
			return h.end(t)
		}
	}
	// The token is taken here, where the iteration starts: taken before the wait, it would leave room for another one by now. It
	// is there, because nobody else takes any and the sleep was long enough.
	h.refill()
	h.credit -= h.window
	h.granted = true
	h.ex.Trace().Emit(backend.EvLap, h.id, h.n, h.window, int64(t.ID()), 0)
	return h.end(t)
}

// refill lets in what has flowed since the last time.
func (h *Throttler) refill() {
	now := h.ex.ReadClock()
	passed := int64(now.Sub(h.at))
	h.at = now
	if missing := h.n*h.window - h.credit; passed > missing/h.n {
		h.credit += missing
	} else {
		h.credit += passed * h.n
	}
}

// pause sleeps until there is a token.
func (h *Throttler) pause(t *sched.Task) sched.Poll {
	h.state = lapSleeps
	h.sleep.Start(t, vclock.Duration((h.window-h.credit+h.n-1)/h.n))
	h.sleep.Poll(t)
	return h.watch(t)
}

// watch has the flag wake the task while it sleeps.
func (h *Throttler) watch(t *sched.Task) sched.Poll {
	if h.flag != nil {
		h.until.Flag = h.flag
		h.until.Poll(t)
	}
	t.SetBlocker(h)
	return sched.Pending
}

func (h *Throttler) end(t *sched.Task) sched.Poll {
	h.Abandon(t)
	return sched.Ready
}

// Abandon stops waiting, and takes no token; idempotent.
func (h *Throttler) Abandon(t *sched.Task) {
	in := t.Enter()
	h.state = lapDone
	h.sleep.Abandon(t)
	h.until.Abandon(t)
	t.Leave(in)
}

// Granted reports, once Ready, whether the next iteration may start.
func (h *Throttler) Granted() bool { return h.granted }

// Blocked implements sched.Blocker.
func (h *Throttler) Blocked() sched.WaitInfo {
	info := h.sleep.Blocked()
	info.What, info.ID = "throttler", h.id
	return info
}
