package backendtest

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

const cancelled = -int32(backend.ECANCELED)

func cancelCases() []testCase {
	return []testCase{
		{"CancelTimer", set(backend.OpTimer), 0, cancelTimer},
		{"CancelOfNothing", set(backend.OpNop, backend.OpTimer), 0, cancelOfNothing},
		{"CancelNop", set(backend.OpNop), 0, cancelNop},
		{"CancelledReadTakesNothing", pipeSet(), 0, cancelledReadTakesNothing},
		{"CancelRacesWithBytes", pipeSet(), 0, cancelRacesWithBytes},
		{"CancelEverything", set(backend.OpTimer), 0, cancelEverything},
	}
}

// Duty 4: a cancelled timer completes long before its instant, once, with ECANCELED.
func cancelTimer(r *rig) {
	o := r.timer(r.b.Now().Add(vclock.Hour))
	r.submit(o)
	r.b.Cancel(o.ID)
	r.b.Cancel(o.ID)
	if res := r.result(o); res != cancelled {
		r.Errorf("a cancelled timer gave %d, want ECANCELED", res)
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
	t := r.timer(r.b.Now().Add(quiet / 2))
	t.ID = backend.MakeOpID(o.ID.Slot(), 9)
	r.submit(t)
	r.b.Cancel(o.ID)
	if res := r.result(t); res != 0 {
		r.Errorf("the cancel of an older generation made the timer end with %d", res)
	}
}

// Duty 4: a cancelled op completes all the same, exactly once; its real result stands if that came first.
func cancelNop(r *rig) {
	for range 20 {
		o := r.op(backend.OpNop, 0, nil)
		r.submit(o)
		r.b.Cancel(o.ID)
		if res := r.result(o); res != 0 && res != cancelled {
			r.Errorf("a cancelled nop gave %d, want 0 or ECANCELED", res)
		}
	}
	r.linger(quiet)
}

// Duty 4: a read that waits can always be cancelled. It has taken no byte and left its buffer alone; what comes later
// is for the next read.
func cancelledReadTakesNothing(r *rig) {
	rd, wr := r.w.Pipe()
	for range 10 {
		buf := []byte("....")
		o := r.op(backend.OpRead, rd, buf)
		r.submit(o)
		r.linger(vclock.Millisecond)
		r.b.Cancel(o.ID)
		if res := r.result(o); res != cancelled && !transient(res) {
			r.Fatalf("a cancelled read of an empty pipe gave %d, want ECANCELED", res)
		}
		r.fill(wr, []byte("ab"))
		if got := r.drain(rd, 2); string(got) != "ab" || string(buf) != "...." {
			r.Fatalf("after a cancelled read the next got %q, and the buffer of the first is %q", got, buf)
		}
	}
}

// Duty 4: when cancel and bytes race, the read either has them or has not, and says which.
func cancelRacesWithBytes(r *rig) {
	rd, wr := r.w.Pipe()
	for i := range 30 {
		buf := make([]byte, 1)
		o := r.op(backend.OpRead, rd, buf)
		r.submit(o)
		r.fill(wr, []byte{byte(i)})
		r.b.Cancel(o.ID)
		switch res := r.result(o); {
		case res == cancelled || transient(res):
			if got := r.drain(rd, 1); got[0] != byte(i) {
				r.Fatalf("the byte of a cancelled read is gone: %d, want %d", got[0], i)
			}
		case res != 1 || buf[0] != byte(i):
			r.Fatalf("the read got %d and byte %d, want 1 and %d", res, buf[0], i)
		}
	}
}

// Duty 4: a cancel never fails for lack of room: everything in flight can be cancelled at one go.
func cancelEverything(r *rig) {
	var ops []*backend.Op
	for range 32 {
		ops = append(ops, r.timer(r.b.Now().Add(vclock.Hour)))
	}
	r.submit(ops...)
	for _, o := range ops {
		r.b.Cancel(o.ID)
	}
	for _, o := range ops {
		if res := r.result(o); res != cancelled {
			r.Errorf("a cancelled timer gave %d, want ECANCELED", res)
		}
	}
}
