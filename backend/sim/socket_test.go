package sim_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"pgregory.net/rapid"
)

func inet(port uint16) backend.Addr { return backend.AddrInet4([4]byte{127, 0, 0, 1}, port) }

func addrOp(kind backend.OpKind, fd int32, a backend.Addr) backend.Op {
	return backend.Op{Kind: kind, FD: fd, Ext: &backend.OpExt{Addr: a}}
}

func sendOp(fd int32, s string, flags uint32) backend.Op {
	return backend.Op{Kind: backend.OpSend, FD: fd, Buf: []byte(s), Arg: flags}
}

func recvOp(fd int32, buf []byte, flags uint32) backend.Op {
	return backend.Op{Kind: backend.OpRecv, FD: fd, Buf: buf, Arg: flags}
}

func socketFD(t *testing.T, k *sim.Kernel, family uint32, typ int64) int32 {
	t.Helper()
	return do(t, k, backend.Op{Kind: backend.OpSocket, Arg: family, Off: typ})
}

// listenAt makes a listener at an address and returns its descriptor and where it listens.
func listenAt(t *testing.T, k *sim.Kernel, a backend.Addr, backlog uint32) (int32, backend.Addr) {
	t.Helper()
	fd := socketFD(t, k, a.Family(), backend.SockStream)
	if res := do(t, k, addrOp(backend.OpBind, fd, a)); res != 0 {
		t.Fatalf("bind gave %d", res)
	}
	if res := do(t, k, backend.Op{Kind: backend.OpListen, FD: fd, Arg: backlog}); res != 0 {
		t.Fatalf("listen gave %d", res)
	}
	return fd, k.LocalAddr(fd)
}

// streamPair connects two streams of a family.
func streamPair(t *testing.T, k *sim.Kernel, a backend.Addr) (client, server int32) {
	t.Helper()
	l, at := listenAt(t, k, a, 1)
	client = socketFD(t, k, a.Family(), backend.SockStream)
	if res := do(t, k, addrOp(backend.OpConnect, client, at)); res != 0 {
		t.Fatalf("connect gave %d", res)
	}
	server = do(t, k, backend.Op{Kind: backend.OpAccept, FD: l})
	k.CloseFD(l)
	return client, server
}

// step is one op of a list and the result that it must have.
type step struct {
	what string
	op   backend.Op
	want int32
}

func steps(t *testing.T, k *sim.Kernel, list []step) {
	t.Helper()
	for _, s := range list {
		if got := do(t, k, s.op); got != s.want {
			t.Errorf("%s: %d, want %d", s.what, got, s.want)
		}
	}
}

// Addresses: what can be bound and connected to, and what cannot.
func TestAddresses(t *testing.T) {
	k := kernel(nil, sim.Options{})
	no := errno
	tcp, tcp2 := socketFD(t, k, backend.AFInet, backend.SockStream), socketFD(t, k, backend.AFInet, backend.SockStream)
	udp, six := socketFD(t, k, backend.AFInet, backend.SockDgram), socketFD(t, k, backend.AFInet6, backend.SockStream)
	un, un2 := socketFD(t, k, backend.AFUnix, backend.SockStream), socketFD(t, k, backend.AFUnix, backend.SockStream)
	cl := socketFD(t, k, backend.AFUnix, backend.SockStream)
	r, _ := k.Pipe()
	loop6 := backend.AddrInet6([16]byte{15: 1}, 80, 0)
	short := inet(80)
	short.Len = 10
	path := backend.AddrUnix("s")
	listen := func(fd int32) backend.Op { return backend.Op{Kind: backend.OpListen, FD: fd, Arg: 1} }
	steps(t, k, []step{
		{"an unknown family", backend.Op{Kind: backend.OpSocket, Arg: 99, Off: 1}, no(backend.EAFNOSUPPORT)},
		{"an unknown type", backend.Op{Kind: backend.OpSocket, Arg: 2, Off: 20}, no(backend.EINVAL)},
		{"bind a pipe", addrOp(backend.OpBind, r, inet(80)), no(backend.ENOTSOCK)},
		{"bind nothing", addrOp(backend.OpBind, 99, inet(80)), no(backend.EBADF)},
		{"bind abroad", addrOp(backend.OpBind, tcp, backend.AddrInet4([4]byte{8, 8, 8, 8}, 80)), no(backend.EADDRNOTAVAIL)},
		{"bind the wrong family", addrOp(backend.OpBind, tcp, loop6), no(backend.EAFNOSUPPORT)},
		{"bind a short address", addrOp(backend.OpBind, tcp, short), no(backend.EINVAL)},
		{"bind", addrOp(backend.OpBind, tcp, inet(80)), 0},
		{"bind twice", addrOp(backend.OpBind, tcp, inet(81)), no(backend.EINVAL)},
		{"the same port", addrOp(backend.OpBind, tcp2, inet(80)), no(backend.EADDRINUSE)},
		{"the same port on any host", addrOp(backend.OpBind, tcp2, backend.AddrInet4([4]byte{}, 80)), no(backend.EADDRINUSE)},
		{"the same port of datagrams", addrOp(backend.OpBind, udp, inet(80)), 0},
		{"the same port of IPv6", addrOp(backend.OpBind, six, loop6), 0},
		{"connect before listen", addrOp(backend.OpConnect, tcp2, inet(80)), no(backend.ECONNREFUSED)},
		{"accept before listen", backend.Op{Kind: backend.OpAccept, FD: tcp}, no(backend.EINVAL)},
		{"listen", listen(tcp), 0},
		{"listen on datagrams", listen(udp), no(backend.EOPNOTSUPP)},
		{"listen on a pipe", listen(r), no(backend.ENOTSOCK)},
		{"connect abroad", addrOp(backend.OpConnect, tcp2, backend.AddrInet4([4]byte{8, 8, 8, 8}, 80)), no(backend.ENETUNREACH)},
		{"connect a listener", addrOp(backend.OpConnect, tcp, inet(80)), no(backend.EISCONN)},
		{"connect", addrOp(backend.OpConnect, tcp2, inet(80)), 0},
		{"connect again", addrOp(backend.OpConnect, tcp2, inet(80)), no(backend.EISCONN)},
		{"listen, connected", listen(tcp2), no(backend.EINVAL)},
		{"unix: listen without a name", listen(un), no(backend.EINVAL)},
		{"unix: the empty address", addrOp(backend.OpBind, un, backend.Addr{}), no(backend.EINVAL)},
		{"unix: bind", addrOp(backend.OpBind, un, path), 0},
		{"unix: the same path", addrOp(backend.OpBind, un2, path), no(backend.EADDRINUSE)},
		{"unix: below nothing", addrOp(backend.OpBind, un2, backend.AddrUnix("no/s")), no(backend.ENOENT)},
		{"unix: connect before listen", addrOp(backend.OpConnect, cl, path), no(backend.ECONNREFUSED)},
		{"unix: connect to nothing", addrOp(backend.OpConnect, cl, backend.AddrUnix("no")), no(backend.ENOENT)},
		{"unix: listen", listen(un), 0},
		{"unix: open it as a file", openOp(cwd, "s", 0), no(backend.ENXIO)},
		{"unix: connect", addrOp(backend.OpConnect, cl, path), 0},
		{"unix: take the name away", unlinkOp(cwd, "s", 0), 0},
		{"unix: connect to the old name", addrOp(backend.OpConnect, un2, path), no(backend.ENOENT)},
		{"unix: the name is free", addrOp(backend.OpBind, un2, path), 0},
	})
}

// Ephemeral ports are free, differ, and are the same in every run; accept tells who has connected.
func TestEphemeralPorts(t *testing.T) {
	var first [2]uint16
	for round := range 2 {
		k := kernel(nil, sim.Options{})
		l, at := listenAt(t, k, backend.AddrInet4([4]byte{}, 0), 4)
		if at.Port() == 0 {
			t.Fatal("a listener with port 0 has no port")
		}
		c := socketFD(t, k, backend.AFInet, backend.SockStream)
		to := inet(at.Port())
		if res := do(t, k, addrOp(backend.OpConnect, c, to)); res != 0 {
			t.Fatalf("connect gave %d", res)
		}
		from := addrOp(backend.OpAccept, l, backend.Addr{})
		s := do(t, k, from)
		own := k.LocalAddr(c)
		if s < 0 || from.Ext.Addr != own || own.Port() == at.Port() || !bytes.Equal(own.IP(), []byte{127, 0, 0, 1}) {
			t.Errorf("accept gave %d from %v; the client is %v", s, from.Ext.Addr, own)
		}
		if ports := [2]uint16{at.Port(), own.Port()}; round == 0 {
			first = ports
		} else if ports != first {
			t.Errorf("ports %v in the second run, %v in the first", ports, first)
		}
	}
}

// The backlog holds one connection more than it was asked for. A connect that finds it full waits until an accept makes room,
// or is refused when the listener goes.
func TestBacklog(t *testing.T) {
	k := kernel(nil, sim.Options{})
	l, at := listenAt(t, k, inet(0), 1)
	var ops [4]*backend.Op
	for i := range ops {
		o := addrOp(backend.OpConnect, socketFD(t, k, backend.AFInet, backend.SockStream), at)
		o.ID = backend.MakeOpID(i, 1)
		ops[i] = &o
	}
	submit(t, k, ops[:]...)
	if got := drain(t, k); len(got) != 2 || got[0].Res != 0 || got[1].Res != 0 {
		t.Fatalf("with a backlog of 1 the reports are %v, want two connections", got)
	}
	submit(t, k, newOp(5, backend.OpAccept, l, nil))
	if got := drain(t, k); len(got) != 2 || got[0].Res < 0 || got[1].ID != ops[2].ID || got[1].Res != 0 {
		t.Fatalf("after an accept the reports are %v, want it and the third connect", got)
	}
	k.CloseFD(l)
	if got := drain(t, k); len(got) != 1 || got[0].ID != ops[3].ID || got[0].Res != errno(backend.ECONNREFUSED) {
		t.Errorf("after the close of the listener the reports are %v, want ECONNREFUSED", got)
	}
	if res := do(t, k, recvOp(ops[1].FD, make([]byte, 1), 0)); res != errno(backend.ECONNRESET) {
		t.Errorf("a connection that nobody has accepted reads %d, want ECONNRESET", res)
	}
}

// Half-close, close, close with unread bytes: who gets the end, a reset, EPIPE, in which order.
func TestEndsOfStreams(t *testing.T) {
	buf := make([]byte, 8)
	for _, family := range []struct {
		name string
		at   backend.Addr
		late int32 // first send after the peer has closed
	}{
		{"inet", inet(0), 1}, {"inet6", backend.AddrInet6([16]byte{15: 1}, 0, 0), 1}, {"unix", backend.AddrUnix("s"), errno(backend.EPIPE)},
	} {
		t.Run(family.name, func(t *testing.T) {
			k := kernel(nil, sim.Options{})
			a, b := streamPair(t, k, family.at)
			shut := func(fd int32, how uint32) backend.Op { return backend.Op{Kind: backend.OpShutdown, FD: fd, Arg: how} }
			steps(t, k, []step{
				{"an unknown direction", shut(a, 3), errno(backend.EINVAL)},
				{"send", sendOp(a, "xy", 0), 2},
				{"half-close", shut(a, backend.ShutWrite), 0},
				{"send after it", sendOp(a, "z", 0), errno(backend.EPIPE)},
				{"receive what came before", recvOp(b, buf, 0), 2},
				{"receive the end", recvOp(b, buf, 0), 0},
				{"the other direction", sendOp(b, "back", 0), 4},
				{"is open", recvOp(a, buf, 0), 4},
				{"shut down reading", shut(b, backend.ShutRead), 0},
				{"receive after it", recvOp(b, buf, 0), 0},
				{"bytes that nobody reads", sendOp(b, "!", 0), 1},
				{"close with unread bytes", backend.Op{Kind: backend.OpClose, FD: a}, 0},
				{"send after a reset that came after the end", sendOp(b, "z", 0), errno(backend.EPIPE)},
				{"send again", sendOp(b, "z", 0), errno(backend.EPIPE)},
			})
			k = kernel(nil, sim.Options{})
			a, b = streamPair(t, k, family.at)
			steps(t, k, []step{
				{"close", backend.Op{Kind: backend.OpClose, FD: a}, 0},
				{"receive the end", recvOp(b, buf, 0), 0},
				{"send after it", sendOp(b, "z", 0), family.late},
				{"send again", sendOp(b, "z", 0), errno(backend.EPIPE)},
			})
			k = kernel(nil, sim.Options{})
			a, b = streamPair(t, k, family.at)
			steps(t, k, []step{
				{"send both ways", sendOp(a, "abc", 0), 3}, {"send both ways", sendOp(b, "unread", 0), 6},
				{"close with unread bytes", backend.Op{Kind: backend.OpClose, FD: a}, 0},
				{"bytes come first", recvOp(b, buf, 0), 3},
				{"then the reset", recvOp(b, buf, 0), errno(backend.ECONNRESET)},
				{"then the end", recvOp(b, buf, 0), 0},
				{"send after the reset", sendOp(b, "z", 0), errno(backend.EPIPE)},
			})
		})
	}
}

// Flags of send and receive: peek, do not wait, all bytes; and what a cancel or a reset makes of half of them.
func TestMessageFlags(t *testing.T) {
	k := kernel(nil, sim.Options{PipeBytes: 8})
	a, b := streamPair(t, k, inet(0))
	buf := make([]byte, 10)
	steps(t, k, []step{
		{"nothing there", recvOp(b, buf, backend.MsgDontWait), errno(backend.EAGAIN)},
		{"fill the buffer", sendOp(a, "0123456789", 0), 8},
		{"no room", sendOp(a, "x", backend.MsgDontWait), errno(backend.EAGAIN)},
		{"look", recvOp(b, buf[:3], backend.MsgPeek), 3},
		{"look again", recvOp(b, buf[:3], backend.MsgPeek), 3},
		{"take", recvOp(b, buf[:5], 0), 5},
	})
	if string(buf[:5]) != "01234" {
		t.Errorf("received %q", buf[:5])
	}
	all := recvOp(b, buf, backend.MsgWaitAll)
	all.ID = backend.MakeOpID(1, 1)
	submit(t, k, &all)
	if got := drain(t, k); len(got) != 0 {
		t.Fatalf("3 of 10 bytes are there, and a receive of all reports %v", got)
	}
	k.Cancel(all.ID)
	if got := drain(t, k); len(got) != 1 || got[0].Res != 3 || string(buf[:3]) != "567" {
		t.Errorf("cancelled, it reports %v and has %q; want the 3 bytes", got, buf[:3])
	}
	long := sendOp(a, strings.Repeat("ab", 10), backend.MsgWaitAll)
	long.ID = backend.MakeOpID(2, 1)
	all.ID = backend.MakeOpID(1, 2)
	submit(t, k, &long, &all)
	if got := drain(t, k); len(got) != 1 || got[0].ID != all.ID || got[0].Res != 10 || string(buf) != "ababababab" {
		t.Fatalf("a receive of all 10 reports %v and has %q", got, buf)
	}
	all.ID = backend.MakeOpID(1, 3)
	submit(t, k, &all)
	if got := drain(t, k); len(got) != 2 {
		t.Errorf("the rest of a send of all: %v, want both reports", got)
	}
	if res := do(t, k, recvOp(b, nil, backend.MsgDontWait)); res != errno(backend.EAGAIN) {
		t.Errorf("a receive of no bytes gave %d: it waits for some", res)
	}
}

// Datagrams keep their limits and their senders; what does not fit is cut off; nobody waits for a receiver.
func TestDatagrams(t *testing.T) {
	k := kernel(nil, sim.Options{PipeBytes: 100})
	a, b := socketFD(t, k, backend.AFInet, backend.SockDgram), socketFD(t, k, backend.AFInet, backend.SockDgram)
	do(t, k, addrOp(backend.OpBind, b, inet(0)))
	msg := func(fd int32, to backend.Addr, pieces ...string) backend.Op {
		o := backend.Op{Kind: backend.OpSendMsg, FD: fd, Ext: &backend.OpExt{Addr: to}}
		for _, p := range pieces {
			o.Ext.Vec = append(o.Ext.Vec, []byte(p))
		}
		return o
	}
	small, large := make([]byte, 2), make([]byte, 50)
	in := backend.Op{Kind: backend.OpRecvMsg, FD: b, Ext: &backend.OpExt{Vec: [][]byte{small, make([]byte, 1)}}}
	steps(t, k, []step{
		{"send without an address", sendOp(a, "x", 0), errno(backend.EDESTADDRREQ)},
		{"send", msg(a, k.LocalAddr(b), "he", "llo"), 5},
		{"send nothing", msg(a, k.LocalAddr(b), ""), 0},
		{"receive a part", in, 3},
	})
	if string(small) != "he" || in.Ext.MsgFlags != backend.MsgTrunc || in.Ext.Addr != inet(port(k, a)) {
		t.Errorf("got %q, flags %x, from %v", small, in.Ext.MsgFlags, in.Ext.Addr)
	}
	steps(t, k, []step{
		{"receive an empty one", recvOp(b, large, 0), 0},
		{"connect", addrOp(backend.OpConnect, a, k.LocalAddr(b)), 0},
		{"send", sendOp(a, "12345", 0), 5},
		{"look at its length", recvOp(b, small, backend.MsgPeek|backend.MsgTrunc), 5},
		{"take a part", recvOp(b, small, 0), 2},
		{"the rest is gone", recvOp(b, small, backend.MsgDontWait), errno(backend.EAGAIN)},
		{"too long", sendOp(a, strings.Repeat("x", 80), 0), errno(backend.EMSGSIZE)},
		{"fill the buffer", sendOp(a, strings.Repeat("x", 60), 0), 60},
		{"too much is lost", sendOp(a, strings.Repeat("y", 60), 0), 60},
		{"one is there", recvOp(b, large, 0), 50},
		{"one is not", recvOp(b, large, backend.MsgDontWait), errno(backend.EAGAIN)},
		{"the receiver goes", backend.Op{Kind: backend.OpClose, FD: b}, 0},
		{"the send succeeds", sendOp(a, "x", 0), 1},
		{"the next op is told", sendOp(a, "x", 0), errno(backend.ECONNREFUSED)},
		{"once", recvOp(a, small, backend.MsgDontWait), errno(backend.EAGAIN)},
	})
}

func port(k *sim.Kernel, fd int32) uint16 {
	a := k.LocalAddr(fd)
	return a.Port()
}

// A drawn reset breaks the connection for both ends, and every socket stays usable for close.
func TestDrawnReset(t *testing.T) {
	k := kernel(script(map[backend.Site][]int{sim.SitePeerReset: {0, 1}}), sim.Options{})
	a, b := streamPair(t, k, inet(0))
	steps(t, k, []step{
		{"send", sendOp(a, "lost", 0), 4},
		{"receive", recvOp(b, make([]byte, 4), 0), errno(backend.ECONNRESET)},
		{"the other end", sendOp(a, "x", 0), errno(backend.ECONNRESET)},
		{"again", sendOp(a, "x", 0), errno(backend.EPIPE)},
		{"the end", recvOp(b, make([]byte, 4), 0), 0},
		{"close", backend.Op{Kind: backend.OpClose, FD: a}, 0},
		{"close", backend.Op{Kind: backend.OpClose, FD: b}, 0},
	})
	if k.OpenFDs() != 0 {
		t.Errorf("%d descriptors are left", k.OpenFDs())
	}
}

// A stream is two bounded queues of bytes, each of which ends once, and at rest nobody waits for what is there.
func TestStreamModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const capacity = 10
		x := newTester(rt, sim.Options{PipeBytes: capacity, OpsMax: 64})
		x.chooser.quiet = true
		a, b := streamPair(t, x.k, rapid.SampledFrom([]backend.Addr{inet(0), backend.AddrUnix("s")}).Draw(rt, "address"))
		x.chooser.quiet = false
		x.chooser.off[backend.ChoiceFault] = true
		fds := [2]int32{a, b}
		var queue [2][]byte // written by fds[i]
		var ended [2]bool   // fds[i] writes no more
		next := byte(0)
		side := func(op *backend.Op) int {
			if op.FD == a {
				return 0
			}
			return 1
		}
		apply := func(op *backend.Op, res int32) {
			me := side(op)
			other := 1 - me
			switch {
			case noEffect(res):
			case op.Kind == backend.OpShutdown:
				ended[me] = true
			case op.Kind == backend.OpRecv && res == 0:
				if !ended[other] || len(queue[other]) > 0 {
					rt.Fatalf("the end, but it is %v and %d bytes are left", ended[other], len(queue[other]))
				}
			case op.Kind == backend.OpRecv:
				if res < 0 || int(res) > len(queue[other]) || !bytes.Equal(op.Buf[:res], queue[other][:res]) {
					rt.Fatalf("receive gave %d: %v, want a prefix of %v", res, op.Buf, queue[other])
				}
				queue[other] = queue[other][res:]
			case res == errno(backend.EPIPE):
				if !ended[me] {
					rt.Fatal("EPIPE before the end")
				}
			default:
				if res < 1 || int(res) > len(op.Buf) || ended[me] {
					rt.Fatalf("send of %d bytes gave %d, ended %v", len(op.Buf), res, ended[me])
				}
				queue[me] = append(queue[me], op.Buf[:res]...)
				if len(queue[me]) > capacity {
					rt.Fatalf("%d bytes on the way", len(queue[me]))
				}
			}
		}
		which := func(t *rapid.T) int32 { return fds[rapid.IntRange(0, 1).Draw(t, "end")] }
		rt.Repeat(map[string]func(*rapid.T){
			"recv": func(t *rapid.T) {
				x.submit(backend.OpRecv, which(t), 0, make([]byte, rapid.IntRange(1, 15).Draw(t, "n")))
			},
			"send": func(t *rapid.T) {
				data := make([]byte, rapid.IntRange(1, 15).Draw(t, "n"))
				for i := range data {
					next = next%250 + 1
					data[i] = next
				}
				x.submit(backend.OpSend, which(t), 0, data)
			},
			"cancel": func(*rapid.T) { x.cancel() },
			"step":   func(*rapid.T) { x.step(apply) },
			"rest": func(*rapid.T) {
				x.rest(apply)
				for _, op := range x.live {
					me := side(op)
					if op.Kind == backend.OpRecv && (len(queue[1-me]) > 0 || ended[1-me]) ||
						op.Kind == backend.OpSend && (len(queue[me]) < capacity || ended[me]) {
						rt.Fatalf("kind %d of end %d waits at rest", op.Kind, me)
					}
				}
			},
			"shutdown": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
					x.submitOp(backend.Op{Kind: backend.OpShutdown, FD: which(t), Arg: backend.ShutWrite})
				}
			},
		})
		x.rest(apply)
		for _, op := range x.live {
			x.k.Cancel(op.ID)
		}
		x.rest(apply)
		if len(x.live) != 0 {
			rt.Fatalf("%d ops outlive their cancel", len(x.live))
		}
	})
}

// What random programs on Linux showed besides: the traces that a failure leaves in a socket.
func TestTracesOfFailures(t *testing.T) {
	k := kernel(nil, sim.Options{})
	buf := make([]byte, 4)
	tcp, udp := socketFD(t, k, backend.AFInet, backend.SockStream), socketFD(t, k, backend.AFInet, backend.SockDgram)
	a, b := streamPair(t, k, inet(0))
	u, v := streamPair(t, k, backend.AddrUnix("s"))
	do(t, k, unlinkOp(cwd, "s", 0))
	gone := backend.PollIn | backend.PollOut | backend.PollHup | backend.PollRdHup
	steps(t, k, []step{
		{"a connect that is refused", addrOp(backend.OpConnect, tcp, inet(9)), errno(backend.ECONNREFUSED)},
		{"leaves the end of a stream", recvOp(tcp, buf, 0), 0},
		{"that polls say", *pollOp(tcp, in|out, 0), int32(gone)},
		{"and no listener", backend.Op{Kind: backend.OpListen, FD: tcp}, errno(backend.EINVAL)},
		{"a datagram without an address", sendOp(udp, "x", 0), errno(backend.EDESTADDRREQ)},
		{"gets a port all the same", addrOp(backend.OpBind, udp, inet(0)), errno(backend.EINVAL)},
		{"a half-close", backend.Op{Kind: backend.OpShutdown, FD: a, Arg: backend.ShutWrite}, 0},
		{"is told to those who did not ask", *pollOp(b, in, 0), int32(in | rdhup)},
		{"what was accepted has a name", addrOp(backend.OpBind, v, backend.AddrUnix("t")), errno(backend.EINVAL)},
		{"close", closeOp(u), 0},
		{"nothing can be sent to nobody", sendOp(v, "", 0), errno(backend.EPIPE)},
	})
}
