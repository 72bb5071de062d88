package backendtest

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

func cancelCases() []Case {
	return []Case{
		{"CancelTimer", needs{ops: set(backend.OpTimer)}, cancelTimer},
		{"CancelOfNothing", needs{ops: set(backend.OpNop, backend.OpTimer)}, cancelOfNothing},
		{"CancelNop", needs{ops: set(backend.OpNop)}, cancelNop},
		{"CancelledReadTakesNothing", pipes(), cancelledReadTakesNothing},
		{"CancelRacesWithBytes", pipes(), cancelRacesWithBytes},
		{"CancelledWriteSaysWhatItWrote", pipes(), cancelledWrite},
		{"CancelRacesWithAFile", files(backend.OpFsync), cancelRacesWithAFile},
		{"CancelEverything", needs{ops: set(backend.OpTimer)}, cancelEverything},
	}
}

// Duty 4: a cancelled timer completes long before its instant, once, with ECANCELED.
func cancelTimer(r *rig) {
	o := r.timer(r.b.Now().Add(vclock.Hour))
	r.submit(o)
	r.b.Cancel(o.ID)
	r.b.Cancel(o.ID)
	r.want("a cancelled timer", r.result(o), cancelled)
	if r.b.Now() >= vclock.Instant(o.Off) {
		r.Errorf("a cancelled timer ended at its instant, not before")
	}
	r.linger(quiet)
}

// Duty 4: an id that is not in flight is ignored: one never used, one completed, the older generation of a slot.
func cancelOfNothing(r *rig) {
	r.b.Cancel(0)
	r.b.Cancel(backend.MakeOpID(7, 3))
	o := r.op(backend.OpNop, 0, nil)
	r.submit(o)
	r.result(o)
	r.b.Cancel(o.ID)
	t := &backend.Op{ID: backend.MakeOpID(o.ID.Slot(), 9), Kind: backend.OpTimer, Off: int64(r.b.Now().Add(quiet / 2))}
	r.flights[t.ID] = &flight{op: t}
	r.submit(t)
	r.b.Cancel(o.ID)
	r.want("a timer, the older generation of which was cancelled,", r.result(t), 0)
}

// Duty 4: a cancelled op completes all the same, exactly once; its real result stands if that came first.
func cancelNop(r *rig) {
	for range 20 {
		o := r.op(backend.OpNop, 0, nil)
		r.submit(o)
		r.want("a cancelled nop", r.cancel(o), 0, cancelled)
	}
	r.linger(quiet)
}

// Duty 4: a read that waits can always be cancelled. It has taken no byte and left its buffer alone; what comes later
// is for the next read.
func cancelledReadTakesNothing(r *rig) {
	rd, wr := r.pipe()
	for range 10 {
		buf := []byte("....")
		o := r.op(backend.OpRead, rd, buf)
		r.submit(o)
		r.linger(vclock.Millisecond)
		if res := r.cancel(o); res != cancelled && !transient(res) {
			r.Fatalf("a cancelled read of an empty pipe gave %s, want ECANCELED", code(res))
		}
		r.fill(wr, "ab")
		if got := r.drain(rd, 2); got != "ab" || string(buf) != "...." {
			r.Fatalf("after a cancelled read the next got %q, and the buffer of the first is %q", got, buf)
		}
	}
}

// Duty 4: when cancel and bytes race, the read either has them or has not, and says which.
func cancelRacesWithBytes(r *rig) {
	rd, wr := r.pipe()
	for i := range 30 {
		buf := make([]byte, 1)
		o := r.op(backend.OpRead, rd, buf)
		r.submit(o)
		r.fill(wr, string(rune('A'+i)))
		switch res := r.cancel(o); {
		case res == cancelled || transient(res):
			if got := r.drain(rd, 1); got[0] != byte('A'+i) {
				r.Fatalf("the byte of a cancelled read is gone: %d, want %d", got[0], 'A'+i)
			}
		case res != 1 || buf[0] != byte('A'+i):
			r.Fatalf("the read got %d and byte %d, want 1 and %d", res, buf[0], 'A'+i)
		}
	}
}

// Duty 4: a cancelled write has either written nothing, and says ECANCELED or EINTR, or says how much it has written: what
// the pipe then holds is the sum of the results.
func cancelledWrite(r *rig) {
	rd, wr := r.pipe()
	sum := 0
	for sum < 2<<20 {
		o := r.op(backend.OpWrite, wr, make([]byte, 48<<10))
		r.submit(o)
		r.linger(brief)
		if !r.done(o) {
			res := r.cancel(o)
			if res < 0 && !endedEarly(res) && !transient(res) {
				r.Errorf("a cancelled write gave %s, want a count, ECANCELED or EINTR", code(res))
			}
			sum += max(0, int(res))
			break
		}
		sum += max(0, int(r.result(o)))
	}
	r.drain(rd, sum)
	r.holds("after a cancelled write", rd, "")
}

// Duty 4: a cancel never fails for lack of room: everything in flight can be cancelled at one go.
func cancelEverything(r *rig) {
	var ops []*backend.Op
	for range slotsMax {
		ops = append(ops, r.timer(r.b.Now().Add(vclock.Hour)))
	}
	r.submit(ops...)
	for _, o := range ops {
		r.b.Cancel(o.ID)
	}
	for _, o := range ops {
		r.want("a cancelled timer", r.result(o), cancelled)
	}
}

// Duty 4: an op on a file may be past the point where it can be cancelled, and has no need to be. Its result says what
// happened to the file.
func cancelRacesWithAFile(r *rig) {
	fd := r.file("f", ".")
	for i := range 10 {
		text := string(rune('a' + i))
		write, sync := r.op(backend.OpWrite, fd, []byte(text)), r.op(backend.OpFsync, fd, nil)
		write.Off = 0
		r.submit(write, sync)
		r.b.Cancel(write.ID)
		r.b.Cancel(sync.ID)
		r.want("a cancelled write", r.result(write), 1, cancelled, interrupt, -int32(backend.EAGAIN))
		r.want("a cancelled fsync", r.result(sync), 0, cancelled, interrupt)
		if got := r.readAt(fd, 0, 1); (got == text) != (r.result(write) == 1) {
			r.Errorf("the cancelled write gave %s, but the file holds %q", code(r.result(write)), got)
		}
	}
}
