package backendtest

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

func waitCases() []Case {
	return []Case{
		{"WaitEndsAtTheInstant", needs{}, waitEndsAtTheInstant},
		{"WaitEndsWithACompletion", needs{ops: set(backend.OpNop)}, waitEndsWithACompletion},
		{"UnparkBeforeWait", needs{}, unparkBeforeWait},
		{"UnparkFromElsewhere", needs{}, unparkFromElsewhere},
		{"UnparkIsNeverLost", needs{}, unparkIsNeverLost},
		{"ReapOfNothing", needs{}, reapOfNothing},
		{"ReapInPieces", needs{ops: set(backend.OpNop)}, reapInPieces},
	}
}

// Duty 7: Wait returns when the instant has come; one that has passed does not block.
func waitEndsAtTheInstant(r *rig) {
	until := r.b.Now().Add(2 * vclock.Millisecond)
	r.linger(2 * vclock.Millisecond)
	if now := r.b.Now(); now < until {
		r.Errorf("waited until %d, but it is %d", until, now)
	}
	before := r.b.Now()
	if !r.b.Wait(0) {
		r.Errorf("Wait for a past instant says that nothing can end it")
	}
	if r.b.Caps().YieldTick > 0 && r.b.Now() != before {
		r.Errorf("Wait for a past instant moved virtual time")
	}
}

// Duty 7: Wait returns early for a completion, and again at once while that was not reaped.
func waitEndsWithACompletion(r *rig) {
	end := r.b.Now().Add(vclock.Hour)
	o := r.op(backend.OpNop, 0, nil)
	r.submit(o)
	for !r.done(o) {
		first := r.b.Wait(end)
		if second := r.b.Wait(end); !first || !second {
			r.Fatalf("Wait says that nothing can end it while an op is in flight")
		}
		r.reap()
	}
	if r.b.Now() >= end {
		r.Errorf("Wait slept through a completion")
	}
}

// Duty 7: Unpark is never lost. Called before Wait it ends that Wait; called twice it may count once; it leaves
// nothing behind.
func unparkBeforeWait(r *rig) {
	for range 3 {
		end := r.b.Now().Add(vclock.Hour)
		r.b.Unpark()
		r.b.Unpark()
		if !r.b.Wait(end) || r.b.Now() >= end {
			r.Fatalf("Unpark did not end the next Wait")
		}
		until := r.b.Now().Add(vclock.Millisecond)
		r.linger(vclock.Millisecond)
		if r.b.Now() < until {
			r.Fatalf("time does not pass after Unpark")
		}
	}
}

// Duty 7: Unpark is legal from any thread.
func unparkFromElsewhere(r *rig) {
	done := make(chan bool)
	end := r.b.Now().Add(vclock.Hour)
	go func() {
		r.b.Unpark()
		close(done)
	}()
	if r.b.Caps().YieldTick > 0 {
		<-done // virtual time would not wait for the other thread
	}
	if !r.b.Wait(end) || r.b.Now() >= end {
		r.Errorf("Unpark from another thread did not end Wait")
	}
	<-done
}

// Duty 7: an Unpark that races with the beginning or the end of a Wait is not lost either: as many rounds as there are
// calls, each Wait ended by its own.
func unparkIsNeverLost(r *rig) {
	virtual := r.b.Caps().YieldTick > 0
	ask, told := make(chan bool), make(chan bool)
	go func() {
		for range ask {
			r.b.Unpark()
			told <- true
		}
		close(told)
	}()
	end := r.b.Now().Add(vclock.Hour)
	for range 200 {
		ask <- true
		if virtual {
			<-told // virtual time would not wait for the other thread
		}
		if !r.b.Wait(end) || r.b.Now() >= end {
			r.Errorf("Unpark from another thread did not end Wait")
		}
		if !virtual {
			<-told
		}
	}
	close(ask)
	<-told
}

// Reap never blocks, and reports nothing when nothing happened.
func reapOfNothing(r *rig) {
	r.linger(vclock.Millisecond)
	if len(r.order) != 0 || len(r.lines) != 0 {
		r.Errorf("nothing was submitted or enabled, but Reap reported ops %v, lines %v", r.order, r.lines)
	}
	if n := r.b.Reap(nil); n != 0 {
		r.Errorf("Reap into nothing returned %d", n)
	}
}

// Reports that do not fit the slice stay for the next Reap.
func reapInPieces(r *rig) {
	var ops []*backend.Op
	for range 10 {
		ops = append(ops, r.op(backend.OpNop, 0, nil))
	}
	r.submit(ops...)
	var into [1]backend.Completion
	end := r.b.Now().Add(patience)
	for len(r.order) < len(ops) && r.b.Now() < end {
		r.b.Wait(end)
		if r.b.Reap(into[:]) == 1 {
			r.note(into[0])
		}
	}
	for _, o := range ops {
		if len(r.reports(o)) != 1 {
			r.Errorf("op %#x has %d reports, want 1", o.ID, len(r.reports(o)))
		}
	}
}
