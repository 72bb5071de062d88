package sim_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
)

func timerOp(slot int, at vclock.Instant) *backend.Op {
	o := newOp(slot, backend.OpTimer, 0, nil)
	o.Off = int64(at)
	return o
}

// Wait moves time to the earliest thing that can be reported, to the instant asked for, and to nothing else.
func TestWaitIsExact(t *testing.T) {
	k := kernel(nil, sim.Options{Lines: 2})
	k.LineEnable(0)
	k.RaiseAt(1, 50) // disabled: happens unseen
	k.RaiseAt(0, 100)
	k.SignalAt(2, 200)
	k.ExternalAt(7, 300)
	submit(t, k, timerOp(0, 400), newOp(1, backend.OpNop, 0, nil)) // the nop is due at 200, after the signal
	steps := []struct {
		until, now vclock.Instant
		kinds      []backend.CompletionKind
	}{
		{30, 30, nil},
		{30, 30, nil},
		{99, 99, nil},
		{vclock.Forever, 100, []backend.CompletionKind{backend.CompletionLine}},
		{1000, 200, []backend.CompletionKind{backend.CompletionSignal, backend.CompletionOp}},
		{300, 300, []backend.CompletionKind{backend.CompletionExternal}},
		{399, 399, nil},
		{5000, 400, []backend.CompletionKind{backend.CompletionOp}},
		{5000, 5000, nil},
	}
	var into [8]backend.Completion
	for i, s := range steps {
		if n := k.Reap(into[:]); n != 0 {
			t.Fatalf("step %d: %d reports before Wait", i, n)
		}
		if !k.Wait(s.until) {
			t.Fatalf("step %d: Wait says that nothing can come", i)
		}
		k.Wait(s.until) // does not move time while something is reapable, or past the instant
		if k.Now() != s.now {
			t.Fatalf("step %d: it is %d, want %d", i, k.Now(), s.now)
		}
		n := k.Reap(into[:])
		if n != len(s.kinds) {
			t.Fatalf("step %d: %d reports, want %d", i, n, len(s.kinds))
		}
		for j, kind := range s.kinds {
			if into[j].Kind != kind {
				t.Errorf("step %d: report %d has kind %d, want %d", i, j, into[j].Kind, kind)
			}
		}
	}
	if k.Wait(vclock.Forever) || k.Now() != 5000 {
		t.Errorf("Wait for ever in an empty world: now %d, want 5000 and false", k.Now())
	}
}

// A cancelled timer leaves nothing behind that could move time.
func TestCancelledTimerDoesNotMoveTime(t *testing.T) {
	k := kernel(nil, sim.Options{})
	submit(t, k, timerOp(0, 1_000_000), timerOp(1, vclock.Forever))
	k.Cancel(backend.MakeOpID(0, 1))
	k.Cancel(backend.MakeOpID(1, 1))
	got := drain(t, k)
	if len(got) != 2 || got[0].Res != errno(backend.ECANCELED) || got[1].Res != errno(backend.ECANCELED) || k.Now() != 0 {
		t.Errorf("reports %v at %d, want two cancelled at 0", got, k.Now())
	}
}

// Each delay bucket is where it should be, and the offset stays inside it.
func TestDelayBuckets(t *testing.T) {
	for _, c := range []struct {
		answers []int
		want    vclock.Instant
	}{
		{[]int{0}, 200}, {[]int{1}, 0}, {[]int{2, 0}, 400}, {[]int{2, 15}, 775}, {[]int{3, 0}, 2000}, {[]int{4, 8}, 30000},
	} {
		k := kernel(script(map[backend.Site][]int{sim.SiteDelay: c.answers}), sim.Options{})
		submit(t, k, newOp(0, backend.OpNop, 0, nil))
		if got := drain(t, k); len(got) != 1 || got[0].at != c.want {
			t.Errorf("delay answers %v: %v, want one report at %d", c.answers, got, c.want)
		}
	}
}

// An op with the immediate bucket completes at a Reap with no Wait in between, but never inside Submit or Cancel.
func TestImmediateBucketCompletesWithoutWait(t *testing.T) {
	k := kernel(script(map[backend.Site][]int{sim.SiteDelay: {1}}), sim.Options{})
	k.File("f", nil)
	w := newOp(0, backend.OpWrite, k.OpenFile("f"), []byte("x"))
	submit(t, k, w)
	if len(k.FileData("f")) != 0 {
		t.Error("the write had its effect inside Submit")
	}
	var into [1]backend.Completion
	if n := k.Reap(into[:]); n != 1 || into[0].Res != 1 || string(k.FileData("f")) != "x" {
		t.Errorf("Reap gave %d reports, the file is %q", n, k.FileData("f"))
	}
}

// A write has its effect when it matures, with the bytes its buffer has then, and whether or not it is reaped.
func TestEffectAtMaturity(t *testing.T) {
	k := kernel(nil, sim.Options{})
	k.File("f", nil)
	buf := []byte("early")
	submit(t, k, newOp(0, backend.OpWrite, k.OpenFile("f"), buf))
	copy(buf, "later") // a breach of duty 2, to see when the kernel looks
	k.Wait(vclock.Instant(19 * vclock.Microsecond))
	if got := string(k.FileData("f")); got != "" {
		t.Errorf("before maturity the file is %q", got)
	}
	k.Wait(vclock.Instant(20 * vclock.Microsecond))
	copy(buf, "never")
	k.Cancel(backend.MakeOpID(0, 1)) // too late: it has matured
	if got := string(k.FileData("f")); got != "later" {
		t.Errorf("at maturity the file is %q, want \"later\"", got)
	}
	if got := drain(t, k); len(got) != 1 || got[0].Res != 5 {
		t.Errorf("reports %v, want the real result 5", got)
	}
}

// Reorder permutes what has matured; answer 0 is the order of maturity.
func TestReorder(t *testing.T) {
	for _, c := range []struct {
		answers []int
		want    [4]int
	}{
		{nil, [4]int{0, 1, 2, 3}}, {[]int{3, 2, 1}, [4]int{3, 2, 1, 0}}, {[]int{1, 0, 1}, [4]int{1, 0, 3, 2}},
	} {
		ch := script(map[backend.Site][]int{sim.SiteReorder: c.answers})
		k := kernel(ch, sim.Options{})
		for i := range 4 {
			submit(t, k, newOp(i, backend.OpNop, 0, nil))
		}
		got := drain(t, k)
		for i, r := range got {
			if r.ID.Slot() != c.want[i] {
				t.Errorf("answers %v: place %d has op %d, want %d", c.answers, i, r.ID.Slot(), c.want[i])
			}
		}
		if ch.draws[sim.SiteReorder] != 3 {
			t.Errorf("%d reorder draws for 4 completions, want 3: the last is no choice", ch.draws[sim.SiteReorder])
		}
	}
}

// All three outcomes of a cancel, for an op in progress.
func TestCancelOutcomes(t *testing.T) {
	for answer, want := range []struct {
		res  int32
		at   vclock.Instant
		file string
	}{
		{errno(backend.ECANCELED), 10_000, ""}, {3, 20_000, "abc"}, {3, 10_000, "abc"},
	} {
		ch := script(map[backend.Site][]int{sim.SiteCancel: {answer}})
		k := kernel(ch, sim.Options{})
		k.File("f", nil)
		op := newOp(0, backend.OpWrite, k.OpenFile("f"), []byte("abc"))
		submit(t, k, op)
		k.Wait(10_000)
		k.Cancel(op.ID)
		k.Cancel(op.ID)
		got := drain(t, k)
		if len(got) != 1 || got[0].Res != want.res || got[0].at != want.at || string(k.FileData("f")) != want.file {
			t.Errorf("answer %d: reports %v, file %q; want %+v", answer, got, k.FileData("f"), want)
		}
		if ch.draws[sim.SiteCancel] != 1 {
			t.Errorf("answer %d: %d cancel draws, want 1", answer, ch.draws[sim.SiteCancel])
		}
	}
}

// A read that waits for bytes ends after a cancel whatever the answer: with the bytes that came in between, or cancelled.
func TestCancelOfArmedRead(t *testing.T) {
	for answer := range 3 {
		for _, late := range []bool{false, true} {
			k := kernel(script(map[backend.Site][]int{sim.SiteCancel: {answer}}), sim.Options{})
			r, w := k.Pipe()
			op := newOp(0, backend.OpRead, r, make([]byte, 4))
			submit(t, k, op)
			k.Wait(5_000)
			k.Cancel(op.ID)
			if late {
				k.Put(w, []byte("hi"))
			}
			want, left := errno(backend.ECANCELED), 0
			if late && answer == 0 {
				left = 2
			} else if late {
				want = 2
			}
			got := drain(t, k)
			if len(got) != 1 || got[0].Res != want || k.Take(r, make([]byte, 4)) != left {
				t.Errorf("answer %d, bytes %v: reports %v, want %d and %d bytes left", answer, late, got, want, left)
			}
		}
	}
}

// Unpark counts once, whenever it was called, and moves no time.
func TestUnpark(t *testing.T) {
	k := kernel(nil, sim.Options{})
	k.Unpark()
	k.Unpark()
	if !k.Wait(vclock.Forever) || k.Now() != 0 {
		t.Errorf("an unparked Wait for ever did not return true at 0 but at %d", k.Now())
	}
	if k.Wait(vclock.Forever) {
		t.Error("Unpark counted twice")
	}
}

// The completion queue keeps its order when it is read slowly and filled up again.
func TestSlowReader(t *testing.T) {
	immediate := make([]int, 100)
	for i := range immediate {
		immediate[i] = 1
	}
	k := kernel(script(map[backend.Site][]int{sim.SiteDelay: immediate}), sim.Options{OpsMax: 4})
	gen, seen := uint64(0), uint64(0)
	nop := func(slot int) {
		gen++
		o := newOp(slot, backend.OpNop, 0, nil)
		o.ID = backend.MakeOpID(slot, gen)
		submit(t, k, o)
	}
	for slot := range 4 {
		nop(slot)
	}
	var into [1]backend.Completion
	for range 50 {
		if k.Reap(into[:]) != 1 {
			t.Fatal("nothing to reap")
		}
		seen++
		if got := uint64(into[0].ID >> 16); got != seen {
			t.Fatalf("completion %d comes at place %d", got, seen)
		}
		nop(into[0].ID.Slot())
	}
}
