//go:build linux

package uring

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/require"
)

// These tests make the kernel fail, and look at the code that comes of it: the documented one, once, and nothing hangs.

// listener makes a listening Unix socket.
func listener(t testing.TB) (fd int32, at unix.Sockaddr) {
	t.Helper()
	s, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(s) })
	if err := unix.Bind(s, &unix.SockaddrUnix{}); err != nil { // the kernel chooses an abstract name
		t.Fatal(err)
	}
	if err := unix.Listen(s, 64); err != nil {
		t.Fatal(err)
	}
	if at, err = unix.Getsockname(s); err != nil {
		t.Fatal(err)
	}
	return int32(s), at
}

// dial connects to a listener.
func dial(t testing.TB, at unix.Sockaddr) int {
	t.Helper()
	s, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(s) })
	if err := unix.Connect(s, at); err != nil {
		t.Fatal(err)
	}
	return s
}

// makeTCP makes a connection over the loopback.
func makeTCP(t testing.TB) (a, b int) {
	t.Helper()
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(s)
	at := unix.Sockaddr(&unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if err := unix.Bind(s, at); err != nil {
		require.Lacking(t, require.Uring, fmt.Errorf("bind to the loopback: %w", err))
	}
	if err := unix.Listen(s, 1); err != nil {
		t.Fatal(err)
	}
	if at, err = unix.Getsockname(s); err != nil {
		t.Fatal(err)
	}
	if a, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(a, at); err != nil {
		t.Fatal(err)
	}
	if b, _, err = unix.Accept4(s, unix.SOCK_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(a); unix.Close(b) })
	return a, b
}

// A multishot op whose reports find the queue full ends, with a success; nothing is lost, and whoever submits it again has the rest.
func TestMultishotEndsWhenTheQueueIsFull(t *testing.T) {
	b := begin(t, Options{Entries: 2, CQ: 2})
	d := newDesk(t, b, 0, 4)
	fd, at := listener(t)
	const clients = 20
	id := d.add(&backend.Op{Kind: backend.OpAccept, FD: fd, Flags: backend.FlagMultishot})
	d.flush()
	d.turn()
	for range clients { // nobody reaps meanwhile
		dial(t, at)
	}
	accepted, ends := 0, 0
	d.until("all connections", func() bool {
		all := d.got[id]
		delete(d.got, id)
		for _, c := range all {
			if c.Res < 0 {
				t.Fatalf("got %d after %d connections, want a descriptor", c.Res, accepted)
			}
			unix.Close(int(c.Res))
			accepted++
			if !c.More {
				ends++
				id = d.add(&backend.Op{Kind: backend.OpAccept, FD: fd, Flags: backend.FlagMultishot})
			}
		}
		return accepted == clients
	})
	if ends == 0 {
		t.Error("the multishot op never ended early: the queue was not full, and the test shows nothing")
	}
	d.flush() // the last one may be on its way
	b.Cancel(id)
	d.drain()
}

// What a peer that went away leaves: the end, EPIPE, ECONNRESET; and half a connection still works in the other direction.
func TestPeerGone(t *testing.T) {
	b := begin(t, Options{})
	d := newDesk(t, b, 0, 8)
	buf := make([]byte, 8)

	x, y := makePair(t)
	recv := d.add(&backend.Op{Kind: backend.OpRecv, FD: x, Buf: buf})
	d.flush()
	d.turn()
	if err := unix.Shutdown(int(y), unix.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	if got := d.done(recv).Res; got != 0 {
		t.Errorf("recv after a half close: got %d, want 0, the end", got)
	}
	if got := d.do(&backend.Op{Kind: backend.OpSend, FD: x, Buf: []byte("abc")}); got != 3 {
		t.Errorf("send in the open direction: got %d, want 3", got)
	}
	if got := d.do(&backend.Op{Kind: backend.OpRecv, FD: y, Buf: buf}); got != 3 {
		t.Errorf("recv in the open direction: got %d, want 3", got)
	}
	wantRes(t, "send in the closed direction", d.do(&backend.Op{Kind: backend.OpSend, FD: y, Buf: buf}), backend.EPIPE)

	x, y = makePair(t)
	unix.Close(int(y))
	wantRes(t, "send to a closed peer", d.do(&backend.Op{Kind: backend.OpSend, FD: x, Buf: buf}), backend.EPIPE)
	wantRes(t, "write to a closed peer", d.do(&backend.Op{Kind: backend.OpWrite, FD: x, Buf: buf, Off: -1}), backend.EPIPE)
	r, w := makePipe(t)
	unix.Close(int(r))
	wantRes(t, "write into a pipe without a reader", d.do(&backend.Op{Kind: backend.OpWrite, FD: w, Buf: buf, Off: -1}), backend.EPIPE)
	wantRes(t, "and by a kernel thread",
		d.do(&backend.Op{Kind: backend.OpWrite, FD: w, Buf: buf, Off: -1, Flags: backend.FlagAsync}), backend.EPIPE)

	p, q := makeTCP(t)
	recv = d.add(&backend.Op{Kind: backend.OpRecv, FD: int32(p), Buf: buf})
	d.flush()
	d.turn()
	if err := unix.SetsockoptLinger(q, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		t.Fatal(err)
	}
	unix.Close(q)
	wantRes(t, "recv when the peer resets", d.done(recv).Res, backend.ECONNRESET)
	wantRes(t, "send after that", d.do(&backend.Op{Kind: backend.OpSend, FD: int32(p), Buf: buf}), backend.EPIPE)
}

// A receive that must not wait does not, also on a socket that the one before has emptied.
func TestDontWait(t *testing.T) {
	b := begin(t, Options{})
	d := newDesk(t, b, 0, 8)
	x, y := makePair(t)
	buf := make([]byte, 8)
	for range 3 {
		if got := d.do(&backend.Op{Kind: backend.OpSend, FD: y, Buf: []byte("abc")}); got != 3 {
			t.Fatalf("send: got %d, want 3", got)
		}
		if got := d.do(&backend.Op{Kind: backend.OpRecv, FD: x, Buf: buf}); got != 3 {
			t.Fatalf("recv: got %d, want 3", got)
		}
		wantRes(t, "recv that must not wait", d.do(&backend.Op{Kind: backend.OpRecv, FD: x, Buf: buf, Arg: backend.MsgDontWait}), backend.EAGAIN)
	}
}

// A descriptor is closed while ops work on it: they go on, can be cancelled, and end once.
func TestCloseUnderOps(t *testing.T) {
	b := begin(t, Options{Entries: 4})
	d := newDesk(t, b, 0, 16)
	for round := range 50 {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		recv := d.add(&backend.Op{Kind: backend.OpRecv, FD: int32(fds[0]), Buf: make([]byte, 4)})
		poll := d.add(&backend.Op{Kind: backend.OpPoll, FD: int32(fds[0]), Arg: backend.PollHup, Flags: backend.FlagMultishot})
		send := d.add(&backend.Op{Kind: backend.OpSend, FD: int32(fds[0]), Buf: make([]byte, 4<<20), Arg: backend.MsgWaitAll})
		d.flush()
		d.turn()
		if got := d.do(&backend.Op{Kind: backend.OpClose, FD: int32(fds[0])}); got != 0 {
			t.Fatalf("close: got %d, want 0", got)
		}
		wantRes(t, "close of a descriptor that is closed", d.do(&backend.Op{Kind: backend.OpClose, FD: int32(fds[0])}), backend.EBADF)
		if round%2 == 0 {
			for _, id := range []backend.OpID{recv, poll, send} {
				b.Cancel(id)
			}
		} else {
			unix.Close(fds[1])
			d.done(recv)
			b.Cancel(poll)
		}
		d.drain()
		if round%2 == 0 {
			unix.Close(fds[1])
			wantRes(t, "recv", d.last(recv).Res, backend.ECANCELED)
		} else if got := d.last(recv).Res; got != 0 && got != -int32(backend.ECONNRESET) {
			t.Errorf("recv when the peer closes: got %d, want 0 or ECONNRESET", got)
		}
	}
}

// Close ends a backend with an op of every kind in flight, in rings that are too small for them.
func TestCloseWithEverythingInFlight(t *testing.T) {
	eachKernel(t, func(t *testing.T, o Options) {
		for _, o.Entries = range []int{2, 256} {
			o.CQ, o.Lanes, o.Lines = o.Entries, 2, 3
			b, err := New(o)
			if err != nil {
				require.Lacking(t, require.Uring, err)
			}
			b.LineEnable(0)
			b.LineEnable(1)
			b.LineDisable(1)
			b.LinePend(2)
			b.SignalEnable(true)
			for lane := range 2 {
				d := newDesk(t, b.Lane(lane), lane*64, 64)
				for _, op := range everything(t, d.l) {
					d.add(op)
				}
				d.flush()
				for slot := range 4 {
					b.Cancel(backend.MakeOpID(lane*64+slot, 1))
				}
			}
			if err := b.Close(); err != nil {
				t.Errorf("entries %d: %v", o.Entries, err)
			}
			if n := b.InFlight(); n != 0 {
				t.Errorf("entries %d: %d ops are in flight after Close", o.Entries, n)
			}
		}
	})
}

// everything returns ops that wait, one of each kind that can.
func everything(t *testing.T, l backend.Backend) []*backend.Op {
	r, _ := makePipe(t)
	x, y := makePair(t)
	ln, _ := listener(t)
	full := make([]byte, 4<<20)
	vec := func() *backend.OpExt { return &backend.OpExt{Vec: [][]byte{make([]byte, 5), make([]byte, 6)}} }
	mem := make([]byte, 1024)
	if errno := l.(interface {
		Provide(group uint16, mem []byte, size, n int) backend.Errno
	}).Provide(1, mem, 128, 8); errno != backend.OK && errno != backend.EEXIST {
		t.Fatal(errno)
	}
	return []*backend.Op{
		{Kind: backend.OpTimer, Off: 1 << 62},
		{Kind: backend.OpRead, FD: r, Buf: make([]byte, 8), Off: -1},
		{Kind: backend.OpRead, FD: r, Buf: make([]byte, 8), Off: -1, Flags: backend.FlagAsync},
		{Kind: backend.OpReadv, FD: r, Ext: vec(), Off: -1},
		{Kind: backend.OpAccept, FD: ln, Ext: &backend.OpExt{}},
		{Kind: backend.OpAccept, FD: ln, Flags: backend.FlagMultishot},
		{Kind: backend.OpRecv, FD: x, Buf: make([]byte, 8)},
		{Kind: backend.OpRecv, FD: x, Flags: backend.FlagMultishot | backend.FlagPick, Ext: &backend.OpExt{Index: 1}},
		{Kind: backend.OpRecvMsg, FD: x, Ext: vec()},
		{Kind: backend.OpSend, FD: y, Buf: full, Arg: backend.MsgWaitAll},
		{Kind: backend.OpPoll, FD: r, Arg: backend.PollIn},
		{Kind: backend.OpPoll, FD: r, Arg: backend.PollIn, Flags: backend.FlagMultishot},
		{Kind: backend.OpRead, FD: r, Buf: make([]byte, 8), Off: -1, Flags: backend.FlagLink},
		{Kind: backend.OpLinkTimeout, Off: 1 << 62},
		{Kind: backend.OpNop, Flags: backend.FlagLink},
		{Kind: backend.OpTimer, Off: 1 << 62, Flags: backend.FlagHardLink},
		{Kind: backend.OpNop},
	}
}

// A full disk: what fits is written, then ENOSPC; what was there stays.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		require.Lacking(t, require.Uring, fmt.Errorf("mount of a tmpfs of 64 KiB: %w", err))
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	b := begin(t, Options{})
	d := newDesk(t, b, 0, 8)
	fd := d.do(&backend.Op{Kind: backend.OpOpen, FD: backend.AtCWD, Buf: []byte(dir + "/x"), Arg: backend.OpenCreate | backend.OpenReadWrite, Off: 0o600})
	if fd < 0 {
		t.Fatalf("open: %d", fd)
	}
	defer unix.Close(int(fd))
	written := int32(0)
	for {
		n := d.do(&backend.Op{Kind: backend.OpWrite, FD: fd, Buf: fill(24<<10, 7), Off: int64(written)})
		if n < 0 {
			wantRes(t, "write to a full disk", n, backend.ENOSPC)
			break
		}
		written += n
	}
	if written != 64<<10 {
		t.Errorf("%d bytes were written to a disk of 64 KiB", written)
	}
	wantRes(t, "fallocate on a full disk", d.do(&backend.Op{Kind: backend.OpFallocate, FD: fd, Off: 1 << 20, Ext: &backend.OpExt{Off2: 4096}}), backend.ENOSPC)
	wantRes(t, "fsync on a full disk", d.do(&backend.Op{Kind: backend.OpFsync, FD: fd}), backend.OK)
	buf := make([]byte, 4096)
	if n := d.do(&backend.Op{Kind: backend.OpRead, FD: fd, Buf: buf, Off: int64(written) - 4096}); n != 4096 || buf[4095] != 7 {
		t.Errorf("read back: %d bytes, last %d; want 4096, 7", n, buf[4095])
	}
}
