package backendtest

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

func opCases() []Case {
	nop, timer := needs{ops: set(backend.OpNop)}, needs{ops: set(backend.OpTimer)}
	return []Case{
		{"OnceEach", nop, onceEach},
		{"ManyInFlight", nop, manyInFlight},
		{"SlotsAreReused", nop, slotsAreReused},
		{"SubmitTakesAPrefix", nop, submitTakesAPrefix},
		{"SubmitNeverCompletesInline", nop, submitNeverCompletesInline},
		{"NowIsMonotonic", nop, nowIsMonotonic},
		{"TimerIsNeverEarly", timer, timerIsNeverEarly},
		{"TimersInOrder", timer, timersInOrder},
		{"CapsAreFixed", needs{}, capsAreFixed},
	}
}

// nops makes n ops that do nothing.
func (r *rig) nops(n int) []*backend.Op {
	var ops []*backend.Op
	for range n {
		ops = append(ops, r.op(backend.OpNop, 0, nil))
	}
	return ops
}

// Duty 1: a submitted op completes exactly once, whatever its position in a batch.
func onceEach(r *rig) {
	ops := r.nops(20)
	r.submit(ops...)
	for _, o := range ops {
		r.want("a nop", r.result(o), 0)
	}
	r.linger(quiet) // a second report is noticed where reports are noted
	if len(r.order) != len(ops) {
		r.Errorf("%d reports for %d ops", len(r.order), len(ops))
	}
}

// Duty 1: nothing is lost when many ops complete before anybody reaps: where a queue overflows, the backend keeps the rest.
// A backend that is full may want some of them reaped before it accepts more.
func manyInFlight(r *rig) {
	for range 8 {
		ops := r.nops(slotsMax)
		for _, o := range ops {
			n := 0
			for tries := 0; n == 0 && tries < 10; tries++ {
				n = r.offer([]*backend.Op{o})
			}
			if n == 0 {
				r.submit(o)
			}
		}
		for _, o := range ops {
			r.want("a nop", r.result(o), 0)
		}
	}
}

// Duty 1: a slot may be used again, under its next generation, once the terminal completion was reaped.
func slotsAreReused(r *rig) {
	for i := range 200 {
		o := &backend.Op{ID: backend.MakeOpID(i%3, uint64(1+i)), Kind: backend.OpNop}
		r.flights[o.ID] = &flight{op: o}
		r.submit(o)
		r.want("a nop", r.result(o), 0)
	}
}

// Duty 3: Submit takes a prefix, and what it did not take has left no trace: taken later, it completes once.
func submitTakesAPrefix(r *rig) {
	ops := r.nops(3)
	n := r.offer(ops)
	r.linger(quiet) // a report of what was not accepted is noticed where reports are noted
	r.submit(ops[n:]...)
	for _, o := range ops {
		r.result(o)
	}
	if r.b.Submit(nil) != 0 {
		r.Errorf("Submit of nothing accepted something")
	}
}

// Duty 3: Submit never completes inline, and neither does Cancel. The executor looks at the op again after Submit, so the
// op's memory is as it was, and the report is there at the earliest after it.
func submitNeverCompletesInline(r *rig) {
	for range 20 {
		o := r.op(backend.OpNop, 0, nil)
		before := *o
		r.submit(o)
		if r.done(o) {
			r.Fatalf("a nop was reported before Submit returned")
		}
		if o.ID != before.ID || o.Kind != before.Kind || o.FD != before.FD || o.Off != before.Off || o.Flags != before.Flags {
			r.Errorf("Submit changed the op from %+v to %+v", before, *o)
		}
		r.want("a nop", r.result(o), 0)
	}
}

// Duty 6: Now never runs backwards, and where time is virtual only Wait moves it.
func nowIsMonotonic(r *rig) {
	virtual := r.b.Caps().YieldTick > 0
	last := r.b.Now()
	look := func(after string, mayMove bool) {
		now := r.b.Now()
		if now < last {
			r.Errorf("after %s the clock went from %d back to %d", after, last, now)
		}
		if virtual && !mayMove && now != last {
			r.Errorf("%s moved virtual time by %d", after, now-last)
		}
		last = now
	}
	for range 20 {
		o := r.op(backend.OpNop, 0, nil)
		r.submit(o)
		look("Submit", false)
		r.b.Cancel(o.ID)
		look("Cancel", false)
		r.reap()
		look("Reap", false)
		r.result(o)
		look("Wait", true)
	}
}

// A timer is never early, expires with 0, and completes at once if its instant has passed.
func timerIsNeverEarly(r *rig) {
	at := r.b.Now().Add(2 * vclock.Millisecond)
	late, past, zero := r.timer(at), r.timer(r.b.Now()), r.timer(0)
	r.submit(late, past, zero)
	r.want("a timer that is due", r.result(past), 0)
	r.want("a timer for the beginning of time", r.result(zero), 0)
	r.want("an expired timer", r.result(late), 0)
	if now := r.b.Now(); now < at {
		r.Errorf("timer for %d reported at %d", at, now)
	}
}

// Timers expire in the order of their instants, not of their submission.
func timersInOrder(r *rig) {
	now := r.b.Now()
	second, first := r.timer(now.Add(60*vclock.Millisecond)), r.timer(now.Add(5*vclock.Millisecond))
	r.submit(second, first)
	r.result(first)
	if r.done(second) && r.b.Now() < now.Add(60*vclock.Millisecond) {
		r.Errorf("the later timer was reported before its time")
	}
	r.result(second)
	if r.order[0] != first.ID {
		r.Errorf("the later timer was reported first")
	}
}

// Duty 10: Caps is fixed, and says what there is.
func capsAreFixed(r *rig) {
	c := r.b.Caps()
	if c.Name == "" || c.Number < 1 || c.Lines < 0 || c.YieldTick < 0 {
		r.Errorf("Caps is not filled in: %+v", c)
	}
	if c.Ops.Has(backend.OpInvalid) || c.Ops>>backend.OpKinds != 0 {
		r.Errorf("Caps names kinds of op that do not exist: %b", c.Ops)
	}
	if c.Multishot&^c.Ops != 0 {
		r.Errorf("Caps has kinds with multishot, %b, that it does not have at all: %b", c.Multishot, c.Ops)
	}
	if c.Multishot != 0 && c.Flags&backend.FlagMultishot == 0 {
		r.Errorf("Caps has kinds with multishot but not the flag")
	}
	r.linger(brief)
	if r.b.Caps() != c {
		r.Errorf("Caps changed from %+v to %+v", c, r.b.Caps())
	}
}
