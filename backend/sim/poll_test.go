package sim_test

import (
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
)

const (
	in, out, pollErr = backend.PollIn, backend.PollOut, backend.PollErr
	hup, rdhup       = backend.PollHup, backend.PollRdHup
)

func pollOp(fd int32, mask uint32, flags backend.OpFlags) *backend.Op {
	return &backend.Op{ID: backend.MakeOpID(0, 1), Kind: backend.OpPoll, FD: fd, Arg: mask, Flags: flags}
}

// What a poll finds at once, on each kind of open file in each state.
func TestPollFinds(t *testing.T) {
	const all = in | out | rdhup
	k := kernel(nil, sim.Options{PipeBytes: 4})
	k.File("f", nil)
	r, w := k.Pipe()
	k.Put(w, []byte("full"))
	dead, w2 := k.Pipe()
	k.CloseFD(w2)
	r3, w3 := k.Pipe()
	k.CloseFD(r3)
	a, b := streamPair(t, k, inet(0))
	a2, b2 := streamPair(t, k, inet(0))
	k.CloseFD(b2)
	u, v := streamPair(t, k, backend.AddrUnix("s"))
	k.CloseFD(v)
	l := k.Listener()
	k.Connect(l, 0)
	run(t, k, newOp(9, backend.OpNop, 0, nil))
	for _, c := range []struct {
		what string
		fd   int32
		mask uint32
		want uint32
	}{
		{"a file", k.OpenFile("f"), all, in | out},
		{"a pipe with bytes", r, all, in},
		{"a pipe without writers", dead, 0, hup},
		{"a pipe without readers", w3, all, out | pollErr},
		{"a stream", a, all, out},
		{"a stream whose peer has closed", a2, all, in | out | rdhup},
		{"a unix stream whose peer has closed", u, all, in | out | rdhup | hup},
		{"a stream that is not connected", socketFD(t, k, backend.AFInet, backend.SockStream), all, out | hup},
		{"a socket of datagrams", socketFD(t, k, backend.AFInet, backend.SockDgram), all, out},
		{"a listener with a connection", l, all, in},
	} {
		if res := do(t, k, *pollOp(c.fd, c.mask, 0)); res != int32(c.want) {
			t.Errorf("%s: %#x, want %#x", c.what, res, c.want)
		}
	}
	if res := do(t, k, *pollOp(99, all, 0)); res != errno(backend.EBADF) {
		t.Errorf("poll of nothing gave %d, want EBADF", res)
	}
	for _, fd := range []int32{w, b} {
		poll := pollOp(fd, map[int32]uint32{w: out, b: in}[fd], 0)
		submit(t, k, poll)
		if got := drain(t, k); len(got) != 0 {
			t.Errorf("a poll of what is not there: %v", got)
		}
		k.Cancel(poll.ID)
		if got := drain(t, k); len(got) != 1 || got[0].Res != errno(backend.ECANCELED) {
			t.Errorf("cancelled: %v", got)
		}
	}
}

// Rule 56: a multishot poll reports each edge, coalesces those that it did not see, and goes on after a hang-up.
func TestMultishotPoll(t *testing.T) {
	k := kernel(nil, sim.Options{PipeBytes: 4})
	a, b := streamPair(t, k, inet(0))
	poll := pollOp(b, in|rdhup, multi)
	submit(t, k, poll)
	wantShots(t, "nothing", shots(t, k), false)
	k.Put(a, []byte("x"))
	wantShots(t, "bytes", shots(t, k), false, int32(in))
	wantShots(t, "no news", shots(t, k), false)
	k.Put(a, []byte("y"))
	k.Put(a, []byte("z"))
	wantShots(t, "two edges at once", shots(t, k), false, int32(in))
	var buf [4]byte
	k.Take(b, buf[:])
	wantShots(t, "room is no news for it", shots(t, k), false)
	k.CloseFD(a)
	wantShots(t, "the end", shots(t, k), false, int32(in|rdhup))
	k.Cancel(poll.ID)
	wantShots(t, "cancelled", shots(t, k), true, errno(backend.ECANCELED))

	r, w := k.Pipe()
	room := pollOp(w, out, multi)
	submit(t, k, room)
	wantShots(t, "room", shots(t, k), false, int32(out))
	k.Put(w, []byte("full"))
	k.Take(r, buf[:1])
	wantShots(t, "room again", shots(t, k), false, int32(out))
	k.CloseFD(r)
	wantShots(t, "no reader", shots(t, k), false, int32(out|pollErr))
}

// Rule 57: a splice moves what is there and fits, waits for either, and wants a pipe and no offset on it.
func TestSplice(t *testing.T) {
	k := kernel(nil, sim.Options{PipeBytes: 600, FileBytes: 2000})
	k.File("f", []byte(strings.Repeat("0123456789", 100)))
	k.File("g", nil)
	f, g := k.OpenFile("f"), k.OpenFile("g")
	r, w := k.Pipe()
	splice := func(from int32, off int64, to int32, off2 int64, n uint32) backend.Op {
		return backend.Op{Kind: backend.OpSplice, FD: from, Off: off, Arg: n, Ext: &backend.OpExt{FD2: to, Off2: off2}}
	}
	steps(t, k, []step{
		{"without a pipe", splice(f, 0, g, 0, 10), errno(backend.EINVAL)},
		{"from nothing", splice(99, -1, w, -1, 10), errno(backend.EBADF)},
		{"to nothing", splice(r, -1, 99, -1, 10), errno(backend.EBADF)},
		{"from the wrong end", splice(w, -1, g, -1, 10), errno(backend.EBADF)},
		{"an offset on a pipe", splice(f, 0, w, 0, 10), errno(backend.ESPIPE)},
		{"file to pipe", splice(f, 990, w, -1, 50), 10},
		{"at the end", splice(f, 1000, w, -1, 50), 0},
		{"the file's own position", splice(f, -1, w, -1, 580), 580},
		{"what fits", splice(f, -1, w, -1, 50), 10},
		{"pipe to file", splice(r, -1, g, -1, 2000), 600},
		{"nothing", splice(r, -1, g, -1, 0), 0},
	})
	if got := string(k.FileData("g")); got != "0123456789"+strings.Repeat("0123456789", 59) {
		t.Errorf("the target has %d bytes: %q", len(got), got)
	}
	a, b := streamPair(t, k, inet(0))
	wait := splice(b, -1, w, -1, 10)
	wait.ID = backend.MakeOpID(1, 1)
	submit(t, k, &wait)
	if got := drain(t, k); len(got) != 0 {
		t.Fatalf("a splice from an empty stream reports %v", got)
	}
	k.Put(w, make([]byte, 600))
	do(t, k, sendOp(a, "late", 0))
	if k.InFlight() != 1 {
		t.Fatal("a splice into a full pipe is done")
	}
	k.Take(r, make([]byte, 600))
	if got := drain(t, k); len(got) != 1 || got[0].Res != 4 {
		t.Errorf("after there was room it reports %v, want 4", got)
	}
	k.CloseFD(r)
	do(t, k, sendOp(a, "x", 0))
	if res := do(t, k, splice(b, -1, w, -1, 10)); res != errno(backend.EPIPE) {
		t.Errorf("a splice into a pipe without reader gave %d, want EPIPE", res)
	}
}

// Rule 54: a zero-copy send has two reports, the second of which ends it, also when it fails; not so if its preparation does.
func TestSendZeroCopy(t *testing.T) {
	k := kernel(nil, sim.Options{})
	a, b := streamPair(t, k, inet(0))
	r, _ := k.Pipe()
	for _, c := range []struct {
		what string
		fd   int32
		want int32
	}{{"sent", a, 3}, {"no socket", r, errno(backend.ENOTSOCK)}, {"nothing", 99, errno(backend.EBADF)}} {
		op := backend.Op{ID: backend.MakeOpID(0, 1), Kind: backend.OpSendZC, FD: c.fd, Buf: []byte("abc")}
		submit(t, k, &op)
		got := drain(t, k)
		if len(got) != 2 || got[0].Res != c.want || !got[0].More || got[0].Notice ||
			got[1].More || !got[1].Notice || got[1].at <= got[0].at {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
	refused := backend.Op{ID: backend.MakeOpID(0, 1), Kind: backend.OpSendZC, FD: a, Flags: multi}
	submit(t, k, &refused)
	if got := drain(t, k); len(got) != 1 || got[0].Res >= 0 || got[0].More || got[0].Notice {
		t.Errorf("refused: %+v, want one report", got)
	}
	// The next of a chain starts after the result, and a cancel does not reach what is left.
	chain := batch(t, k, 2, backend.Op{Kind: backend.OpSendZC, FD: a, Buf: []byte("abc"), Flags: soft}, nop(0))
	k.Wait(k.Now() + 1_100)
	k.Cancel(chain[0].ID)
	_, order := results(t, k)
	if !equalInts(order, 0, 1, 0) {
		t.Errorf("reports in the order %v, want the result, the nop, the notice", order)
	}
	buf := make([]byte, 10)
	if res := do(t, k, recvOp(b, buf, 0)); res != 6 {
		t.Errorf("%d bytes arrived, want 6", res)
	}
}

// Vectors: gathered and scattered over pipes, files and streams.
func TestVectors(t *testing.T) {
	k := kernel(nil, sim.Options{PipeBytes: 7})
	r, w := k.Pipe()
	vec := func(kind backend.OpKind, fd int32, pieces ...[]byte) backend.Op {
		return backend.Op{Kind: kind, FD: fd, Off: -1, Ext: &backend.OpExt{Vec: pieces}}
	}
	x, y := make([]byte, 2), make([]byte, 3)
	steps(t, k, []step{
		{"no pieces", vec(backend.OpWritev, w), errno(backend.EINVAL)},
		{"write", vec(backend.OpWritev, w, []byte("ab"), nil, []byte("cdef")), 6},
		{"write what fits", vec(backend.OpWritev, w, []byte("g"), []byte("h")), 1},
		{"read", vec(backend.OpReadv, r, x, y), 5},
	})
	if string(x)+string(y) != "abcde" {
		t.Errorf("read %q %q", x, y)
	}
}
