package sim_test

import (
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
)

// Unix datagrams: paths and abstract names; a sender waits for room, and is refused when the receiver goes.
func TestUnixDatagrams(t *testing.T) {
	k := kernel(nil, sim.Options{PipeBytes: 200})
	abstract := backend.AddrUnix("\x00name")
	pathOf, none := backend.AddrUnix("s"), backend.AddrUnix("no")
	a, b := socketFD(t, k, backend.AFUnix, backend.SockDgram), socketFD(t, k, backend.AFUnix, backend.SockDgram)
	c, st := socketFD(t, k, backend.AFUnix, backend.SockDgram), socketFD(t, k, backend.AFUnix, backend.SockStream)
	buf := make([]byte, 80)
	steps(t, k, []step{
		{"send without an address", sendOp(a, "x", 0), errno(backend.ENOTCONN)},
		{"bind an abstract name", addrOp(backend.OpBind, b, abstract), 0},
		{"the same again", addrOp(backend.OpBind, c, abstract), errno(backend.EADDRINUSE)},
		{"bind a path", addrOp(backend.OpBind, c, pathOf), 0},
		{"connect to nothing", addrOp(backend.OpConnect, a, none), errno(backend.ENOENT)},
		{"connect a stream to datagrams", addrOp(backend.OpConnect, st, pathOf), errno(backend.EPROTOTYPE)},
		{"connect", addrOp(backend.OpConnect, a, abstract), 0},
		{"send", sendOp(a, "hello", 0), 5},
		{"receive", recvOp(b, buf, 0), 5},
		{"connect the receiver elsewhere", addrOp(backend.OpConnect, b, pathOf), 0},
		{"send to one that listens to another", sendOp(a, "x", 0), errno(backend.EPERM)},
		{"take the connection back", addrOp(backend.OpConnect, b, backend.Addr{Len: 2}), 0},
		{"fill the buffer", sendOp(a, strings.Repeat("x", 80), 0), 80},
		{"fill the buffer", sendOp(a, strings.Repeat("y", 80), 0), 80},
		{"no room", sendOp(a, strings.Repeat("z", 80), backend.MsgDontWait), errno(backend.EAGAIN)},
	})
	wait := sendOp(a, strings.Repeat("z", 80), 0)
	wait.ID = backend.MakeOpID(1, 1)
	submit(t, k, &wait)
	do(t, k, *newOp(0, backend.OpNop, 0, nil))
	if k.InFlight() != 1 {
		t.Fatal("a send without room is done")
	}
	receive := recvOp(b, buf, 0)
	receive.ID = backend.MakeOpID(2, 1)
	submit(t, k, &receive)
	if got := drain(t, k); len(got) != 2 || got[0].Res != 80 || got[1].Res != 80 {
		t.Errorf("after a receive: %v, want both done", got)
	}
	wait.ID = backend.MakeOpID(1, 2)
	submit(t, k, &wait)
	do(t, k, *newOp(0, backend.OpNop, 0, nil))
	k.CloseFD(b)
	if got := drain(t, k); len(got) != 1 || got[0].Res != errno(backend.ECONNREFUSED) {
		t.Errorf("after the receiver has closed: %v, want ECONNREFUSED", got)
	}
	k.CloseFD(c)
	if res := do(t, k, addrOp(backend.OpConnect, a, pathOf)); res != errno(backend.ECONNREFUSED) {
		t.Errorf("connect to a path that nobody holds gave %d, want ECONNREFUSED", res)
	}
}

// An address that leaves the host open means this host for those who connect, and all addresses for those who listen.
func TestAnyHost(t *testing.T) {
	k := kernel(nil, sim.Options{})
	for _, family := range []struct{ any, loop backend.Addr }{
		{backend.AddrInet4([4]byte{}, 0), backend.AddrInet4([4]byte{127, 0, 0, 1}, 0)},
		{backend.AddrInet6([16]byte{}, 0, 0), backend.AddrInet6([16]byte{15: 1}, 0, 0)},
	} {
		l, at := listenAt(t, k, family.any, 1)
		c := socketFD(t, k, at.Family(), backend.SockStream)
		u, v := socketFD(t, k, at.Family(), backend.SockDgram), socketFD(t, k, at.Family(), backend.SockDgram)
		do(t, k, addrOp(backend.OpBind, v, family.any))
		steps(t, k, []step{
			{"connect", addrOp(backend.OpConnect, c, at), 0},
			{"connect datagrams", addrOp(backend.OpConnect, u, k.LocalAddr(v)), 0},
			{"send one", sendOp(u, "x", 0), 1},
			{"receive it", recvOp(v, make([]byte, 1), 0), 1},
			{"shut it down", backend.Op{Kind: backend.OpShutdown, FD: u, Arg: backend.ShutWrite}, 0},
			{"send after that", sendOp(u, "x", 0), errno(backend.EPIPE)},
		})
		from := addrOp(backend.OpAccept, l, backend.Addr{})
		do(t, k, from)
		own := k.LocalAddr(c)
		if string(own.IP()) != string(family.loop.IP()) || from.Ext.Addr != own {
			t.Errorf("the client is %v, and accept says %v", own, from.Ext.Addr)
		}
	}
}
