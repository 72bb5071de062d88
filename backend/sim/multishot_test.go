package sim_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
)

const multi = backend.FlagMultishot

// shots drains the kernel and returns the reports of the op in slot 0.
func shots(t *testing.T, k *sim.Kernel) []backend.Completion {
	t.Helper()
	var all []backend.Completion
	for _, r := range drain(t, k) {
		if r.ID.Slot() == 0 {
			all = append(all, r.Completion)
		}
	}
	return all
}

// wantShots checks results and that all reports, or all but the last, say that more follow.
func wantShots(t *testing.T, what string, got []backend.Completion, ends bool, want ...int32) {
	t.Helper()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(got); i++ {
		ok = got[i].Res == want[i] && got[i].More == !(ends && i == len(got)-1)
	}
	if !ok {
		t.Errorf("%s: %+v; want %v, ends %v", what, got, want, ends)
	}
}

func acceptMany(l int32) *backend.Op {
	return &backend.Op{ID: backend.MakeOpID(0, 1), Kind: backend.OpAccept, FD: l, Flags: multi}
}

// Rules 46 and 47: a multishot accept reports every connection, until the descriptors run out, a cancel, or the end of the
// listener. What it has not taken is for the next.
func TestMultishotAccept(t *testing.T) {
	k := kernel(nil, sim.Options{FDMax: 5})
	l := k.Listener()
	accept := acceptMany(l)
	submit(t, k, accept)
	a := k.Connect(l, 0)
	wantShots(t, "one connection", shots(t, k), false, a+1)
	k.Connect(l, 0)
	k.Connect(l, 0)
	k.CloseFD(a + 1)
	wantShots(t, "two, and one descriptor", shots(t, k), true, a+1, errno(backend.EMFILE))
	k.CloseFD(a + 1)
	submit(t, k, accept)
	wantShots(t, "the one that stayed", shots(t, k), false, a+1)
	k.Cancel(accept.ID)
	wantShots(t, "cancelled", shots(t, k), true, errno(backend.ECANCELED))
	submit(t, k, accept)
	do(t, k, backend.Op{Kind: backend.OpShutdown, FD: l})
	if res := do(t, k, backend.Op{Kind: backend.OpAccept, FD: l}); res != errno(backend.EINVAL) || k.InFlight() != 0 {
		t.Errorf("after shutdown of the listener an accept gave %d, and %d are in flight; want EINVAL and none", res, k.InFlight())
	}
}

// Rule 7: a multishot op that meets a full completion queue ends with a success. Nothing is lost, and the order stays.
func TestMultishotMeetsFullQueue(t *testing.T) {
	k := kernel(nil, sim.Options{CQEntries: 4})
	l := k.Listener()
	submit(t, k, acceptMany(l))
	for range 7 {
		k.Connect(l, 0)
	}
	k.Wait(vclock.Forever)
	var into [32]backend.Completion
	got := into[:k.Reap(into[:])]
	wantShots(t, "five of seven", got, true, 11, 12, 13, 14, 15)
	var ops []*backend.Op // what reports once is never in the way of the queue
	for i := range 8 {
		ops = append(ops, newOp(i+1, backend.OpNop, 0, nil))
	}
	submit(t, k, ops...)
	if rest := drain(t, k); len(rest) != 8 {
		t.Errorf("%d reports of 8 nops", len(rest))
	}
	submit(t, k, acceptMany(l))
	if again := shots(t, k); len(again) != 2 {
		t.Errorf("the next accept reports %+v, want the 2 connections that stayed", again)
	}
}

// An early end that was drawn is a success without More, after 1, 2, 4 or 8 reports.
func TestDrawnEndOfMultishot(t *testing.T) {
	for answer, want := range []int{9, 1, 2, 4, 8} {
		k := kernel(script(map[backend.Site][]int{sim.SiteMultishot: {answer}}), sim.Options{})
		l := k.Listener()
		submit(t, k, acceptMany(l))
		for range 9 {
			k.Connect(l, 0)
		}
		got := shots(t, k)
		if len(got) != want || got[want-1].More != (answer == 0) || got[want-1].Res < 0 {
			t.Errorf("answer %d: %+v, want %d reports", answer, got, want)
		}
	}
}

// Rules 48, 76 and 77: a multishot receive takes a buffer per report, in order, ends when they run out, with the stream, and
// refuses what makes no sense.
func TestMultishotReceive(t *testing.T) {
	k := kernel(nil, sim.Options{})
	a, b := streamPair(t, k, inet(0))
	mem := make([]byte, 8)
	if err := k.Provide(7, mem, 4, 2); err != backend.OK {
		t.Fatal(err)
	}
	recv := backend.Op{ID: backend.MakeOpID(0, 1), Kind: backend.OpRecv, FD: b, Flags: multi | backend.FlagPick,
		Ext: &backend.OpExt{Index: 7}}
	bad := recv
	bad.Arg = backend.MsgWaitAll
	plain := recv
	plain.Flags = multi
	lost := recv
	lost.Ext = &backend.OpExt{Index: 8}
	steps(t, k, []step{
		{"all bytes", bad, errno(backend.EINVAL)}, {"without a group", plain, errno(backend.EINVAL)},
		{"an unknown group", lost, errno(backend.ENOBUFS)},
	})
	submit(t, k, &recv)
	send := sendOp(a, "abcdefghij", 0)
	send.ID = backend.MakeOpID(1, 1)
	submit(t, k, &send)
	got := shots(t, k)
	wantShots(t, "ten bytes and two buffers of four", got, true, 4, 4, errno(backend.ENOBUFS))
	if !got[0].Picked || !got[1].Picked || got[2].Picked || got[0].Pick != 0 || got[1].Pick != 1 || string(mem) != "abcdefgh" {
		t.Errorf("reports %+v, memory %q", got, mem)
	}
	k.GiveBack(7, 1)
	k.GiveBack(7, 0)
	recv.Buf = make([]byte, 1) // a limit of one byte per report
	submit(t, k, &recv)
	got = shots(t, k)
	wantShots(t, "two bytes, one at a time", got, true, 1, 1, errno(backend.ENOBUFS))
	if got[0].Pick != 1 || got[1].Pick != 0 || mem[4] != 'i' || mem[0] != 'j' {
		t.Errorf("buffers are taken first in, first out: reports %+v, memory %q", got, mem)
	}
	k.CloseFD(a)
	if res := do(t, k, recv); res != errno(backend.ENOBUFS) {
		t.Errorf("without a buffer the end of the stream gave %d, want ENOBUFS", res)
	}
	k.GiveBack(7, 0)
	submit(t, k, &recv)
	got = shots(t, k)
	wantShots(t, "the end", got, true, 0)
	if got[0].Picked {
		t.Error("the end of the stream took a buffer")
	}
}

// Rule 75: a receive that is cancelled while it waits has taken no buffer, except when it was not to be tried at once.
func TestCancelledPick(t *testing.T) {
	for _, async := range []backend.OpFlags{0, backend.FlagAsync} {
		k := kernel(nil, sim.Options{})
		_, b := streamPair(t, k, inet(0))
		k.Provide(0, make([]byte, 8), 4, 2)
		recv := backend.Op{ID: backend.MakeOpID(0, 1), Kind: backend.OpRecv, FD: b, Flags: backend.FlagPick | async}
		recv.Ext = &backend.OpExt{}
		submit(t, k, &recv)
		k.Wait(k.Now() + 50_000)
		k.Cancel(recv.ID)
		got := shots(t, k)
		if len(got) != 1 || got[0].Res != errno(backend.ECANCELED) || got[0].Picked != (async != 0) {
			t.Errorf("flags %x: %+v", async, got)
		}
	}
}

// A drawn ENOBUFS has no effect.
func TestDrawnNoBuffers(t *testing.T) {
	k := kernel(script(map[backend.Site][]int{sim.SiteNoBuffers: {1}}), sim.Options{})
	r, w := k.Pipe()
	k.Provide(0, make([]byte, 4), 4, 1)
	k.Put(w, []byte("kept"))
	read := backend.Op{Kind: backend.OpRead, FD: r, Flags: backend.FlagPick, Ext: &backend.OpExt{}}
	steps(t, k, []step{{"drawn", read, errno(backend.ENOBUFS)}, {"then", read, 4}})
}

// A drawn EMFILE has no effect, and the connection stays.
func TestDrawnNoFD(t *testing.T) {
	k := kernel(script(map[backend.Site][]int{sim.SiteNoFD: {1, 1, 1}}), sim.Options{})
	k.File("f", nil)
	l := k.Listener()
	k.Connect(l, 0)
	n := k.OpenFDs()
	socket := backend.Op{Kind: backend.OpSocket, Arg: backend.AFInet, Off: backend.SockStream}
	full := errno(backend.EMFILE)
	accept := *newOp(0, backend.OpAccept, l, nil)
	steps(t, k, []step{{"open", openOp(cwd, "f", 0), full}, {"socket", socket, full}, {"accept", accept, full}})
	if k.OpenFDs() != n {
		t.Errorf("%d descriptors, want %d", k.OpenFDs(), n)
	}
	if res := do(t, k, accept); res < 0 {
		t.Errorf("the next accept gave %d", res)
	}
}

// Groups and registered buffers: sizes, numbers, ends.
func TestPools(t *testing.T) {
	k := kernel(nil, sim.Options{})
	mem := make([]byte, 10)
	for _, c := range []struct {
		what string
		got  backend.Errno
		want backend.Errno
	}{
		{"too little memory", k.Provide(1, mem, 6, 2), backend.EINVAL},
		{"no buffers", k.Provide(1, mem, 5, 0), backend.EINVAL},
		{"a high number", k.Provide(256, mem, 5, 2), backend.EINVAL},
		{"a group", k.Provide(1, mem, 5, 2), backend.OK},
		{"the same again", k.Provide(1, mem, 5, 2), backend.EEXIST},
		{"the end of another", k.Unprovide(2), backend.ENOENT},
		{"the end", k.Unprovide(1), backend.OK},
		{"the end again", k.Unprovide(1), backend.ENOENT},
		{"no fixed buffers", k.Register([][]byte{}), backend.EINVAL},
		{"fixed buffers", k.Register([][]byte{mem}), backend.OK},
		{"more fixed buffers", k.Register([][]byte{mem}), backend.EBUSY},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
	r, w := k.Pipe()
	fixed := func(kind backend.OpKind, fd int32, buf []byte, index uint16) backend.Op {
		return backend.Op{Kind: kind, FD: fd, Buf: buf, Ext: &backend.OpExt{Index: index}}
	}
	bad := errno(backend.EFAULT)
	steps(t, k, []step{
		{"write", fixed(backend.OpWriteFixed, w, mem[2:5], 0), 3},
		{"write, cut short", fixed(backend.OpWriteFixed, w, mem[2:5:5], 0), 3},
		{"read", fixed(backend.OpReadFixed, r, mem, 0), 6},
		{"another buffer", fixed(backend.OpWriteFixed, w, make([]byte, 3), 0), bad},
		{"an unknown index", fixed(backend.OpWriteFixed, w, mem, 1), bad},
		{"nothing", fixed(backend.OpWriteFixed, w, nil, 0), 0},
	})
	k.Register(nil)
	steps(t, k, []step{{"after the end", fixed(backend.OpWriteFixed, w, mem, 0), bad}})
	wantPanic(t, "sim: a buffer is given back once, to the group it is from", func() { k.GiveBack(3, 0) })
}
