package backendtest

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

func opCases() []testCase {
	return []testCase{
		{"OnceEach", set(backend.OpNop), 0, onceEach},
		{"SlotsAreReused", set(backend.OpNop), 0, slotsAreReused},
		{"SubmitTakesAPrefix", set(backend.OpNop), 0, submitTakesAPrefix},
		{"NowIsMonotonic", set(backend.OpNop), 0, nowIsMonotonic},
		{"TimerIsNeverEarly", set(backend.OpTimer), 0, timerIsNeverEarly},
		{"TimersInOrder", set(backend.OpTimer), 0, timersInOrder},
		{"CapsAreFixed", 0, 0, capsAreFixed},
	}
}

// Duty 1: a submitted op completes exactly once, whatever its position in a batch.
func onceEach(r *rig) {
	var ops []*backend.Op
	for range 20 {
		ops = append(ops, r.op(backend.OpNop, 0, nil))
	}
	r.submit(ops...)
	for _, o := range ops {
		if res := r.result(o); res != 0 {
			r.Errorf("nop gave %d, want 0", res)
		}
	}
	r.linger(quiet) // a second report is noticed where reports are noted
	if len(r.order) != len(ops) {
		r.Errorf("%d reports for %d ops", len(r.order), len(ops))
	}
}

// Duty 1: a slot may be used again, under its next generation, once the terminal completion was reaped.
func slotsAreReused(r *rig) {
	for range 200 {
		o := r.op(backend.OpNop, 0, nil)
		r.submit(o)
		r.result(o)
	}
}

// Duty 3: Submit never completes inline. It takes a prefix, and what it did not take has left no trace: taken later,
// it completes once.
func submitTakesAPrefix(r *rig) {
	ops := []*backend.Op{r.op(backend.OpNop, 0, nil), r.op(backend.OpNop, 0, nil), r.op(backend.OpNop, 0, nil)}
	n := r.b.Submit(ops)
	if n < 0 || n > len(ops) {
		r.Fatalf("Submit of 3 ops accepted %d", n)
	}
	r.linger(quiet)
	for i, o := range ops {
		if got := len(r.results[o.ID]); got > 1 || got == 1 && i >= n {
			r.Errorf("op %d of %d accepted has %d reports", i, n, got)
		}
	}
	r.submit(ops[n:]...)
	for _, o := range ops {
		r.result(o)
	}
	if r.b.Submit(nil) != 0 {
		r.Error("Submit of nothing accepted something")
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
	late, past := r.timer(at), r.timer(r.b.Now())
	r.submit(late, past)
	if res := r.result(past); res != 0 {
		r.Errorf("a timer that is due gave %d, want 0", res)
	}
	if res := r.result(late); res != 0 {
		r.Errorf("an expired timer gave %d, want 0", res)
	}
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
	if len(r.results[second.ID]) != 0 && r.b.Now() < now.Add(60*vclock.Millisecond) {
		r.Error("the later timer was reported before its time")
	}
	r.result(second)
	if r.order[0] != first.ID {
		r.Error("the later timer was reported first")
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
	r.linger(vclock.Millisecond)
	if r.b.Caps() != c {
		r.Errorf("Caps changed from %+v to %+v", c, r.b.Caps())
	}
}

// pipeSet is what cases with pipes need.
func pipeSet() backend.OpSet { return set(backend.OpRead, backend.OpWrite) }

func pipeCases() []testCase {
	return []testCase{
		{"PipeKeepsBytesInOrder", pipeSet(), 0, pipeKeepsBytesInOrder},
		{"ReadWaitsForBytes", pipeSet(), 0, readWaitsForBytes},
		{"WriteWaitsForSpace", pipeSet(), 0, writeWaitsForSpace},
		{"EndAndErrors", pipeSet() | set(backend.OpClose), 0, endAndErrors},
		{"DisposeCloses", pipeSet(), 0, disposeCloses},
	}
}

// Duty 2: the buffer is the backend's until the completion; then a read has put exactly its count into it.
func pipeKeepsBytesInOrder(r *rig) {
	rd, wr := r.w.Pipe()
	r.fill(wr, []byte("one two "))
	r.fill(wr, []byte("three"))
	if got := r.drain(rd, 13); string(got) != "one two three" {
		r.Errorf("read %q, want %q", got, "one two three")
	}
	buf := []byte("--------")
	r.fill(wr, []byte("xy"))
	n := r.do(backend.OpRead, rd, buf)
	if n < 1 || n > 2 || string(buf) != "xy"[:n]+"--------"[n:] {
		r.Errorf("a read of %d bytes left its buffer as %q", n, buf)
	}
}

// A read of an empty pipe waits for bytes; it does not fail and does not end.
func readWaitsForBytes(r *rig) {
	rd, wr := r.w.Pipe()
	buf := make([]byte, 4)
	for range 1000 {
		read := r.op(backend.OpRead, rd, buf)
		r.submit(read)
		r.linger(quiet)
		if len(r.results[read.ID]) != 0 {
			if transient(r.results[read.ID][0]) {
				continue
			}
			r.Fatalf("a read of an empty pipe completed with %d", r.results[read.ID][0])
		}
		r.fill(wr, []byte("!"))
		if res := r.result(read); res != 1 || buf[0] != '!' {
			r.Fatalf("the read got %d and %q, want 1 and \"!\"", res, buf[0])
		}
		return
	}
	r.Fatal("a read was interrupted 1000 times in a row")
}

// A write to a full pipe waits for space, and short counts add up: nothing is lost or doubled.
func writeWaitsForSpace(r *rig) {
	rd, wr := r.w.Pipe()
	written, read := 0, 0
	next := func(n int) []byte {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte((written + i) * 7)
		}
		return data
	}
	var blocked *backend.Op
	for blocked == nil && written < 2<<20 {
		o := r.op(backend.OpWrite, wr, next(32<<10))
		r.submit(o)
		r.linger(quiet / 4)
		switch res := r.results[o.ID]; {
		case len(res) == 0:
			blocked = o
		case !transient(res[0]):
			written += int(res[0])
		}
	}
	if blocked == nil {
		r.Fatalf("a pipe took %d bytes and is not full", written)
	}
	check := func(data []byte) {
		for i, c := range data {
			if c != byte((read+i)*7) {
				r.Fatalf("byte %d is wrong", read+i)
			}
		}
		read += len(data)
	}
	check(r.drain(rd, written))
	late := r.result(blocked)
	if late < 1 {
		r.Fatalf("the write that waited gave %d", late)
	}
	written += int(late)
	check(r.drain(rd, written-read))
}

// Duty 9: results are backend-neutral codes: 0 is the end, EPIPE a pipe without reader, EBADF no such descriptor.
func endAndErrors(r *rig) {
	rd, wr := r.w.Pipe()
	r.fill(wr, []byte("z"))
	if res := r.do(backend.OpClose, wr, nil); res != 0 {
		r.Fatalf("close gave %d", res)
	}
	if got := r.drain(rd, 1); got[0] != 'z' {
		r.Errorf("read %q, want what was written before the close", got)
	}
	if res := r.do(backend.OpRead, rd, make([]byte, 1)); res != 0 {
		r.Errorf("read at the end gave %d, want 0", res)
	}
	if res := r.do(backend.OpRead, wr, make([]byte, 1)); res != -int32(backend.EBADF) {
		r.Errorf("read of a closed descriptor gave %d, want EBADF", res)
	}
	if res := r.do(backend.OpClose, wr, nil); res != -int32(backend.EBADF) {
		r.Errorf("second close gave %d, want EBADF", res)
	}
	rd, wr = r.w.Pipe()
	r.do(backend.OpClose, rd, nil)
	if res := r.do(backend.OpWrite, wr, []byte("x")); res != -int32(backend.EPIPE) {
		r.Errorf("write without a reader gave %d, want EPIPE", res)
	}
}

// Duty 5: Dispose closes a descriptor that an op returned; it ignores failures and results that own nothing.
func disposeCloses(r *rig) {
	rd, wr := r.w.Pipe()
	r.b.Dispose(backend.OpRead, rd)
	r.b.Dispose(backend.OpAccept, -int32(backend.ECANCELED))
	r.fill(wr, []byte("q"))
	if got := r.drain(rd, 1); got[0] != 'q' {
		r.Errorf("read %q, want \"q\"", got)
	}
	r.b.Dispose(backend.OpOpen, rd)
	if res := r.do(backend.OpWrite, wr, []byte("x")); res != -int32(backend.EPIPE) {
		r.Errorf("write after the reader was disposed of gave %d, want EPIPE", res)
	}
}
