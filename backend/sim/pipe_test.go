package sim_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
)

// Waiting reads are served first in first out, whatever their latencies.
func TestArmedReadsAreFIFO(t *testing.T) {
	for seed := range uint64(50) {
		c := &randomChooser{state: seed}
		c.off[backend.ChoiceShort], c.off[backend.ChoiceFault], c.off[backend.ChoiceOrder] = true, true, true
		k := kernel(c, sim.Options{})
		r, w := k.Pipe()
		bufs := [3][1]byte{}
		for i := range bufs {
			submit(t, k, newOp(i, backend.OpRead, r, bufs[i][:]))
			k.Wait(k.Now() + 1_000_000) // long enough for every latency: now it waits
		}
		k.Put(w, []byte("ab"))
		k.Wait(k.Now() + 5)
		k.Put(w, []byte("c"))
		got := drain(t, k)
		if len(got) != 3 || bufs != [3][1]byte{{'a'}, {'b'}, {'c'}} {
			t.Fatalf("seed %d: reports %v, bytes %q", seed, got, bufs)
		}
	}
}

// A transfer that needs no time at all does not overtake one that has waited and can go on.
func TestNobodyOvertakesWaiters(t *testing.T) {
	for _, kind := range []backend.OpKind{backend.OpRead, backend.OpWrite} {
		k := kernel(script(map[backend.Site][]int{sim.SiteDelay: {0, 1}}), sim.Options{PipeBytes: 2})
		r, w := k.Pipe()
		bufs := [2][]byte{[]byte("a"), []byte("b")}
		fd := r
		if kind == backend.OpWrite {
			fd = w
			k.Put(w, []byte("xy"))
		}
		submit(t, k, newOp(0, kind, fd, bufs[0]))
		k.Wait(10_000)
		submit(t, k, newOp(1, kind, fd, bufs[1])) // tried at once, in the same instant
		want := "ab"
		if kind == backend.OpRead {
			k.Put(w, []byte("ab"))
			drain(t, k)
			if got := string(bufs[0]) + string(bufs[1]); got != want {
				t.Errorf("the reads got %q, want %q", got, want)
			}
			continue
		}
		left := make([]byte, 2)
		k.Take(r, left)
		drain(t, k)
		if k.Take(r, left); string(left) != want {
			t.Errorf("the writes left %q, want %q", left, want)
		}
	}
}

// Connections are accepted in the order of the accepts, too.
func TestAcceptsAreFIFO(t *testing.T) {
	k := kernel(script(map[backend.Site][]int{sim.SiteDelay: {0, 1}}), sim.Options{})
	l := k.Listener()
	submit(t, k, newOp(0, backend.OpAccept, l, nil))
	k.Wait(10_000)
	k.Connect(l, 0)
	k.Connect(l, 0)
	submit(t, k, newOp(1, backend.OpAccept, l, nil))
	got := drain(t, k)
	if len(got) != 2 || got[0].ID.Slot() != 0 || got[0].Res >= got[1].Res {
		t.Errorf("reports %v, want the first accept first", got)
	}
}

// A close leaves ops in flight alone: the read goes on, takes what comes, and the number is free at once.
func TestCloseWithOpsInFlight(t *testing.T) {
	k := kernel(nil, sim.Options{})
	r, w := k.Pipe()
	buf := make([]byte, 4)
	read := newOp(0, backend.OpRead, r, buf)
	submit(t, k, read)
	k.Wait(5_000)
	if res := run(t, k, newOp(1, backend.OpClose, r, nil)); res != 0 {
		t.Fatalf("close gave %d", res)
	}
	if k.InFlight() != 1 || k.OpenFDs() != 1 {
		t.Fatalf("%d ops in flight, %d descriptors; want 1 and 1", k.InFlight(), k.OpenFDs())
	}
	k.File("f", nil)
	if fd := k.OpenFile("f"); fd != r {
		t.Errorf("the next descriptor is %d, want %d", fd, r)
	}
	if res := run(t, k, newOp(1, backend.OpWrite, w, []byte("hey"))); res != 3 || string(buf[:3]) != "hey" {
		t.Errorf("write gave %d, the read on the closed descriptor got %q", res, buf)
	}
	if res := run(t, k, newOp(1, backend.OpWrite, w, []byte("hey"))); res != errno(backend.EPIPE) {
		t.Errorf("write after the last reader gave %d, want EPIPE", res)
	}
}

// Whoever waits is told when the other end goes: a reader gets the end, a writer EPIPE.
func TestOtherEndGoes(t *testing.T) {
	k := kernel(nil, sim.Options{PipeBytes: 4})
	r, w := k.Pipe()
	submit(t, k, newOp(0, backend.OpRead, r, make([]byte, 1)))
	k.Wait(5_000)
	k.CloseFD(w)
	if got := drain(t, k); len(got) != 1 || got[0].Res != 0 {
		t.Errorf("reader: %v, want 0", got)
	}
	r, w = k.Pipe()
	k.Put(w, []byte("full"))
	submit(t, k, newOp(0, backend.OpWrite, w, []byte("x")))
	k.Wait(k.Now() + 5_000)
	k.CloseFD(r)
	if got := drain(t, k); len(got) != 1 || got[0].Res != errno(backend.EPIPE) {
		t.Errorf("writer: %v, want EPIPE", got)
	}
	if k.Put(w, []byte("x")) != 0 {
		t.Error("the outside wrote to a pipe without reader")
	}
}

// Connections arrive at their instant, are accepted in order, carry bytes both ways, and wait when descriptors run out.
func TestListener(t *testing.T) {
	k := kernel(nil, sim.Options{FDMax: 4})
	l := k.Listener()
	accept := newOp(0, backend.OpAccept, l, nil)
	submit(t, k, accept)
	p1, p2 := k.Connect(l, 50*vclock.Microsecond), k.Connect(l, 10*vclock.Microsecond)
	k.Put(p2, []byte("second"))
	got := drain(t, k)
	if len(got) != 1 || got[0].Res != 6 || got[0].at != vclock.Instant(12*vclock.Microsecond) {
		t.Fatalf("reports %v, want descriptor 6 at 12 us", got)
	}
	s := got[0].Res
	buf := make([]byte, 10)
	if res := run(t, k, newOp(0, backend.OpRead, s, buf)); res != 6 || string(buf[:6]) != "second" {
		t.Errorf("read %d, %q from the connection that came first", res, buf)
	}
	run(t, k, newOp(0, backend.OpWrite, s, []byte("hi")))
	if n := k.Take(p2, buf); string(buf[:n]) != "hi" {
		t.Errorf("the peer got %q", buf[:n])
	}
	if res := run(t, k, newOp(0, backend.OpAccept, l, nil)); res != errno(backend.EMFILE) {
		t.Errorf("accept with a full table gave %d, want EMFILE", res)
	}
	k.Dispose(backend.OpAccept, s)
	if res := run(t, k, newOp(0, backend.OpRead, p2, buf)); res != 0 {
		t.Errorf("the peer of a closed stream read %d, want 0", res)
	}
	if res := run(t, k, newOp(0, backend.OpAccept, l, nil)); res != s {
		t.Errorf("accept gave %d, want %d: the connection had stayed", res, s)
	}
	k.CloseFD(s)
	p3 := k.Connect(l, 0)
	drain(t, k)
	k.CloseFD(l)
	if res := run(t, k, newOp(0, backend.OpWrite, p3, []byte("x"))); res != errno(backend.EPIPE) {
		t.Errorf("write to a connection of a closed listener gave %d, want EPIPE", res)
	}
	if res := run(t, k, newOp(0, backend.OpRead, p3, buf)); res != errno(backend.ECONNRESET) {
		t.Errorf("read of a connection of a closed listener gave %d, want ECONNRESET", res)
	}
	for _, fd := range []int32{p1, p2, p3} {
		k.CloseFD(fd)
	}
	if k.OpenFDs() != 0 {
		t.Errorf("%d descriptors are left", k.OpenFDs())
	}
}

// A cancelled accept takes no connection.
func TestCancelAccept(t *testing.T) {
	k := kernel(nil, sim.Options{})
	l := k.Listener()
	a, b := newOp(0, backend.OpAccept, l, nil), newOp(1, backend.OpAccept, l, nil)
	submit(t, k, a, b)
	k.Wait(10_000)
	k.Cancel(a.ID)
	k.Connect(l, 0)
	got := drain(t, k)
	if len(got) != 2 || got[0].Res != errno(backend.ECANCELED) || got[1].ID != b.ID || got[1].Res < 0 {
		t.Errorf("reports %v, want the first cancelled, the second accepted", got)
	}
}

// Wrong uses of descriptors by programs are results, not panics.
func TestWrongDescriptors(t *testing.T) {
	k := kernel(nil, sim.Options{})
	r, w := k.Pipe()
	l := k.Listener()
	for _, c := range []struct {
		kind backend.OpKind
		fd   int32
		want backend.Errno
	}{
		{backend.OpRead, w, backend.EBADF}, {backend.OpWrite, r, backend.EBADF}, {backend.OpRead, 99, backend.EBADF},
		{backend.OpFsync, r, backend.EINVAL}, {backend.OpAccept, r, backend.ENOTSOCK}, {backend.OpRead, l, backend.EINVAL},
		{backend.OpFsync, -7, backend.EBADF}, {backend.OpAccept, 0, backend.EBADF},
	} {
		if res := run(t, k, newOp(0, c.kind, c.fd, make([]byte, 1))); res != errno(c.want) {
			t.Errorf("kind %d on descriptor %d gave %d, want %v", c.kind, c.fd, res, c.want)
		}
	}
}

// A submission may take a prefix, also nothing, but not for ever.
func TestPartialSubmit(t *testing.T) {
	k := kernel(mostChooser{}, sim.Options{})
	ops := []*backend.Op{newOp(0, backend.OpNop, 0, nil), newOp(1, backend.OpNop, 0, nil)}
	for range 3 {
		if n := k.Submit(ops); n != 0 || k.InFlight() != 0 {
			t.Fatalf("Submit took %d", n)
		}
	}
	if n := k.Submit(ops); n != 2 {
		t.Errorf("the fourth Submit took %d, want 2", n)
	}
}

// Breaches of the contract by the caller panic and name the invariant.
func TestBreachesPanic(t *testing.T) {
	k := kernel(nil, sim.Options{OpsMax: 2, Lines: 1, FDMax: 2, EventsMax: 1})
	op := newOp(0, backend.OpNop, 0, nil)
	submit(t, k, op)
	bad := func(o *backend.Op) func() { return func() { k.Submit([]*backend.Op{o}) } }
	wantPanic(t, "sim: an op slot is submitted once at a time", bad(op))
	wantPanic(t, "sim: an op slot is below Options.OpsMax", bad(newOp(2, backend.OpNop, 0, nil)))
	wantPanic(t, "sim: an op id has a generation of at least 1", bad(&backend.Op{ID: 1, Kind: backend.OpNop}))
	wantPanic(t, "sim: there is no such line", func() { k.LineEnable(1) })
	wantPanic(t, "sim: a descriptor is closed once", func() { k.Dispose(backend.OpOpen, 3) })
	wantPanic(t, "sim: there is no file x", func() { k.OpenFile("x") })
	k.ExternalAt(1, 1)
	wantPanic(t, "sim: at most Options.EventsMax events are scheduled", func() { k.ExternalAt(1, 1) })
	k.Listener()
	wantPanic(t, "sim: more than Options.FDMax descriptors are open", func() { k.Pipe() })
	wantPanic(t, "sim: Options.Lines is 0 to 64", func() { sim.New(sim.Options{Lines: 65}) })
	wantPanic(t, "sim: Options.OpsMax is 1 to 65536", func() { sim.New(sim.Options{OpsMax: -1}) })
}

// Sites are numbered from 1 without gaps, with distinct names.
func TestSites(t *testing.T) {
	names := map[string]bool{}
	for i, s := range sim.Sites() {
		if int(s.Site) != i+1 || s.Name == "" || names[s.Name] || s.Doc == "" || s.Kind == backend.ChoiceInvalid {
			t.Errorf("site %d: %+v", i+1, s)
		}
		names[s.Name] = true
	}
	if len(names) != int(sim.SitePeerReset) {
		t.Errorf("%d sites, want %d", len(names), sim.SitePeerReset)
	}
}

// Duty 10: a kind that nobody knows completes with EOPNOTSUPP.
func TestUnknownKinds(t *testing.T) {
	k := kernel(nil, sim.Options{})
	for _, kind := range []backend.OpKind{backend.OpInvalid, backend.OpKinds, 255} {
		if res := run(t, k, newOp(0, kind, 0, nil)); res != errno(backend.EOPNOTSUPP) {
			t.Errorf("kind %d gave %d, want EOPNOTSUPP", kind, res)
		}
	}
}
