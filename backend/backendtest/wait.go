package backendtest

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

func waitCases() []testCase {
	return []testCase{
		{"WaitEndsAtTheInstant", 0, 0, waitEndsAtTheInstant},
		{"WaitEndsWithACompletion", set(backend.OpNop), 0, waitEndsWithACompletion},
		{"UnparkBeforeWait", 0, 0, unparkBeforeWait},
		{"UnparkFromElsewhere", 0, 0, unparkFromElsewhere},
		{"ReapOfNothing", 0, 0, reapOfNothing},
		{"ReapInPieces", set(backend.OpNop), 0, reapInPieces},
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
		r.Error("Wait for a past instant says that nothing can end it")
	}
	if r.b.Caps().YieldTick > 0 && r.b.Now() != before {
		r.Error("Wait for a past instant moved virtual time")
	}
}

// Duty 7: Wait returns early for a completion, and again at once while that was not reaped.
func waitEndsWithACompletion(r *rig) {
	end := r.b.Now().Add(vclock.Hour)
	o := r.op(backend.OpNop, 0, nil)
	r.submit(o)
	for len(r.results[o.ID]) == 0 {
		first := r.b.Wait(end)
		if second := r.b.Wait(end); !first || !second {
			r.Fatal("Wait says that nothing can end it while an op is in flight")
		}
		r.reap()
	}
	if r.b.Now() >= end {
		r.Error("Wait slept through a completion")
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
			r.Fatal("Unpark did not end the next Wait")
		}
		until := r.b.Now().Add(vclock.Millisecond)
		r.linger(vclock.Millisecond)
		if r.b.Now() < until {
			r.Fatal("time does not pass after Unpark")
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
		r.Error("Unpark from another thread did not end Wait")
	}
	<-done
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
		if len(r.results[o.ID]) != 1 {
			r.Errorf("op %#x has %d reports, want 1", o.ID, len(r.results[o.ID]))
		}
	}
}

func lineCases() []testCase {
	return []testCase{
		{"LineReports", 0, 1, lineReports},
		{"DisabledLineStaysPending", 0, 1, disabledLineStaysPending},
		{"RequestsCoalesce", 0, 1, requestsCoalesce},
		{"LinePendReports", 0, 1, linePendReports},
		{"LinesAreIndependent", 0, 2, linesAreIndependent},
	}
}

// A request of an enabled line ends Wait and is reported, as an interrupt.
func lineReports(r *rig) {
	r.b.LineEnable(0)
	r.w.Raise(0)
	r.until("an interrupt", func() bool { return r.lines[0] > 0 })
	r.b.LineDisable(0)
}

// While a line is disabled its requests stay pending: nothing is reported, nothing is lost.
func disabledLineStaysPending(r *rig) {
	r.w.Raise(0)
	r.linger(quiet)
	if r.lines[0] != 0 {
		r.Fatal("a disabled line was reported")
	}
	r.b.LineEnable(0)
	r.until("an interrupt that was pending", func() bool { return r.lines[0] > 0 })
	r.b.LineDisable(0)
}

// The pending bit is one bit: requests that nobody served coalesce.
func requestsCoalesce(r *rig) {
	for range 5 {
		r.w.Raise(0)
		r.b.LinePend(0)
	}
	r.linger(quiet)
	r.b.LineEnable(0)
	r.until("an interrupt", func() bool { return r.lines[0] > 0 })
	r.linger(quiet)
	if r.lines[0] != 1 && !r.w.Noisy() {
		r.Errorf("10 requests of a disabled line gave %d reports, want 1", r.lines[0])
	}
	r.b.LineDisable(0)
}

// A request by software is reported like one of a device, each time anew.
func linePendReports(r *rig) {
	r.b.LineEnable(0)
	for i := range 5 {
		r.b.LinePend(0)
		r.until("a software interrupt", func() bool { return r.lines[0] > i })
	}
	r.b.LineDisable(0)
	seen := r.lines[0]
	r.b.LinePend(0)
	r.linger(quiet)
	if r.lines[0] != seen {
		r.Error("a software request of a disabled line was reported")
	}
}

// Lines do not affect each other, and one Reap reports a line at most once.
func linesAreIndependent(r *rig) {
	r.b.LineEnable(1)
	r.w.Raise(0)
	r.w.Raise(1)
	r.linger(quiet)
	if r.lines[0] != 0 || r.lines[1] == 0 {
		r.Errorf("lines 0 (disabled) and 1 were requested; reports: %v", r.lines)
	}
	r.b.LineEnable(0)
	r.b.LinePend(1)
	var into [8]backend.Completion
	seen := map[int32]int{}
	for _, c := range into[:r.b.Reap(into[:])] {
		if c.Kind == backend.CompletionLine {
			seen[c.N]++
		}
	}
	if seen[0] > 1 || seen[1] > 1 {
		r.Errorf("one Reap reported lines this often: %v", seen)
	}
	r.b.LineDisable(0)
	r.b.LineDisable(1)
}
