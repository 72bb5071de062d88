package sim_test

import (
	"github.com/tripoint-go/tripoint/backend"
)

// familyName names the family of an address.
func familyName(a backend.Addr) string {
	return []string{2: "inet", 10: "inet6", 1: "unix"}[a.Family()]
}

// addresses binds, listens and connects, rightly and wrongly, on IPv4 and IPv6.
func addresses(k *observer) {
	k.name = "addresses"
	tcp, tcp2 := k.sock(2, 1), k.sock(2, 1)
	udp, six := k.sock(2, 2), k.sock(10, 1)
	k.step("bind 0", addrOp(backend.OpBind, tcp, inet(0)))
	at := k.local(tcp)
	p := at.Port()
	short := inet(p)
	short.Len = 10
	for _, s := range []struct {
		what string
		op   backend.Op
	}{
		{"family 99", backend.Op{Kind: backend.OpSocket, Arg: 99, Off: 1}},
		{"type 9", backend.Op{Kind: backend.OpSocket, Arg: 2, Off: 9}},
		{"type 20", backend.Op{Kind: backend.OpSocket, Arg: 2, Off: 20}},
		{"type 0", backend.Op{Kind: backend.OpSocket, Arg: 2, Off: 0}},
		{"unix type 9", backend.Op{Kind: backend.OpSocket, Arg: 1, Off: 9}},
		{"bind abroad", addrOp(backend.OpBind, tcp2, backend.AddrInet4([4]byte{8, 8, 8, 8}, p))},
		{"bind 127.9", addrOp(backend.OpBind, udp, backend.AddrInet4([4]byte{127, 9, 9, 9}, p))},
		{"bind family", addrOp(backend.OpBind, tcp2, backend.AddrInet6([16]byte{15: 1}, p, 0))},
		{"bind unix on inet", addrOp(backend.OpBind, tcp2, backend.AddrUnix("x"))},
		{"bind short", addrOp(backend.OpBind, tcp2, short)},
		{"bind empty", addrOp(backend.OpBind, tcp2, backend.Addr{})},
		{"bind twice", addrOp(backend.OpBind, tcp, inet(0))},
		{"bind same", addrOp(backend.OpBind, tcp2, inet(p))},
		{"bind same any", addrOp(backend.OpBind, tcp2, backend.AddrInet4([4]byte{}, p))},
		{"bind 6", addrOp(backend.OpBind, six, backend.AddrInet6([16]byte{15: 1}, p, 0))},
		{"bind 6 with 4", addrOp(backend.OpBind, six, inet(p))},
		{"connect unlistened", addrOp(backend.OpConnect, tcp2, inet(p))},
		{"connect again", addrOp(backend.OpConnect, tcp2, inet(p))},
		{"accept unlistened", backend.Op{Kind: backend.OpAccept, FD: tcp}},
		{"recv unconnected", recvN(tcp, 1, 0)},
		{"send unconnected", sendOp(tcp, "x", 0)},
		{"send unconnected nothing", sendOp(tcp, "", 0)},
		{"recv unconnected nothing", recvN(tcp, 0, 0)},
		{"write unconnected", backend.Op{Kind: backend.OpWrite, FD: tcp, Buf: []byte("x")}},
		{"read unconnected", backend.Op{Kind: backend.OpRead, FD: tcp, Buf: []byte("x")}},
		{"shutdown unconnected", shutdownOp(tcp, 2)},
		{"poll unconnected", pollFor(k.sock(2, 1), 0x2005)},
		{"poll unconnected 0", pollFor(k.sock(2, 1), 0)},
		{"listen", listenOp(tcp, 1)},
		{"listen again", listenOp(tcp, 2)},
		{"listen udp", listenOp(udp, 1)},
		{"accept udp", backend.Op{Kind: backend.OpAccept, FD: udp}},
		{"poll listener", pollFor(tcp, 0x2005)},
		{"recv listener", recvN(tcp, 1, 0)},
		{"send listener", sendOp(tcp, "x", 0)},
		{"connect listener", addrOp(backend.OpConnect, tcp, inet(p))},
		{"bind listener", addrOp(backend.OpBind, tcp, inet(0))},
		{"connect family", addrOp(backend.OpConnect, tcp2, backend.AddrInet6([16]byte{15: 1}, p, 0))},
		{"connect short", addrOp(backend.OpConnect, tcp2, short)},
		{"connect empty", addrOp(backend.OpConnect, tcp2, backend.Addr{})},
		{"connect", addrOp(backend.OpConnect, tcp2, inet(p))},
		{"connect again", addrOp(backend.OpConnect, tcp2, inet(p))},
		{"listen connected", listenOp(tcp2, 1)},
		{"bind connected", addrOp(backend.OpBind, tcp2, inet(0))},
		{"accept connected", backend.Op{Kind: backend.OpAccept, FD: tcp2}},
		{"poll listener", pollFor(tcp, 0x2005)},
		{"fsync sock", backend.Op{Kind: backend.OpFsync, FD: tcp}},
		{"truncate sock", backend.Op{Kind: backend.OpTruncate, FD: tcp}},
		{"fallocate sock", backend.Op{Kind: backend.OpFallocate, FD: tcp, Ext: &backend.OpExt{Off2: 1}}},
		{"shutdown listener wr", shutdownOp(tcp, 1)},
		{"shutdown listener", shutdownOp(tcp, 0)},
		{"accept after", backend.Op{Kind: backend.OpAccept, FD: tcp}},
		{"poll after", pollFor(tcp, 0x2005)},
	} {
		k.step(s.what, s.op)
	}
}

// unixAddresses does so with names in the file system.
func unixAddresses(k *observer) {
	k.name = "unix addresses"
	un, un2, cl := k.sock(1, 1), k.sock(1, 1), k.sock(1, 1)
	for _, s := range []struct {
		what string
		op   backend.Op
	}{
		{"unix listen unbound", listenOp(un, 1)},
		{"unix accept unbound", backend.Op{Kind: backend.OpAccept, FD: un}},
		{"unix send unconnected", sendOp(un, "x", 0)},
		{"unix recv unconnected", recvN(un, 1, 0)},
		{"unix shutdown unconnected", shutdownOp(k.sock(1, 1), 2)},
		{"unix bind inet", addrOp(backend.OpBind, un, inet(80))},
		{"unix bind empty", addrOp(backend.OpBind, un, backend.Addr{})},
		{"unix bind", addrOp(backend.OpBind, un, backend.AddrUnix(k.dir+"us"))},
		{"unix bind twice", addrOp(backend.OpBind, un, backend.AddrUnix(k.dir+"us2"))},
		{"unix bind same", addrOp(backend.OpBind, un2, backend.AddrUnix(k.dir+"us"))},
		{"unix bind file", addrOp(backend.OpBind, un2, backend.AddrUnix(k.dir+"m"))},
		{"unix bind below", addrOp(backend.OpBind, un2, backend.AddrUnix(k.dir+"no/x"))},
		{"unix connect unlistened", addrOp(backend.OpConnect, cl, backend.AddrUnix(k.dir+"us"))},
		{"unix connect nothing", addrOp(backend.OpConnect, cl, backend.AddrUnix(k.dir+"no"))},
		{"unix connect file", addrOp(backend.OpConnect, cl, backend.AddrUnix(k.dir+"m"))},
		{"unix connect inet", addrOp(backend.OpConnect, cl, inet(80))},
		{"unix listen", listenOp(un, 1)},
		{"unix open sock", openOp(cwd, k.path("us"), 0)},
		{"unix connect listener", addrOp(backend.OpConnect, un, backend.AddrUnix(k.dir+"us"))},
		{"unix poll fresh", pollFor(cl, 0x2005)},
		{"unix connect", addrOp(backend.OpConnect, cl, backend.AddrUnix(k.dir+"us"))},
		{"unix connect again", addrOp(backend.OpConnect, cl, backend.AddrUnix(k.dir+"us"))},
		{"unix listen connected", listenOp(cl, 1)},
		{"unix poll listener", pollFor(un, 0x2005)},
		{"unix rename sock", renameOp(cwd, k.path("us"), k.path("us9"), 0)},
		{"unix connect old", addrOp(backend.OpConnect, un2, backend.AddrUnix(k.dir+"us"))},
		{"unix connect new", addrOp(backend.OpConnect, un2, backend.AddrUnix(k.dir+"us9"))},
		{"unix close listener", closeOp(un)},
		{"unix recv embryo", recvN(cl, 1, 0)},
		{"unix recv embryo", recvN(cl, 1, 0)},
		{"unix send embryo", sendOp(cl, "x", 0)},
		{"unix connect gone", addrOp(backend.OpConnect, k.sock(1, 1), backend.AddrUnix(k.dir+"us9"))},
	} {
		k.step(s.what, s.op)
	}
}

// embryos closes a listener with connections that nobody has accepted.
func embryos(k *observer) {
	k.name = "embryos"
	l, at2 := k.listener(inet(0), 3)
	c, c2 := k.sock(2, 1), k.sock(2, 1)
	k.step("connect", addrOp(backend.OpConnect, c, at2))
	k.step("connect", addrOp(backend.OpConnect, c2, at2))
	k.step("close listener", closeOp(l))
	k.step("recv embryo", recvN(c, 1, 0))
	k.step("recv embryo", recvN(c, 1, 0))
	k.step("send embryo", sendOp(c, "x", 0))
	k.step("send embryo", sendOp(c2, "x", 0))
	k.step("send embryo", sendOp(c2, "x", 0))
	k.step("recv embryo", recvN(c2, 1, 0))
	k.step("rebind", addrOp(backend.OpBind, k.sock(2, 1), at2))
}

// ends ends the directions of a connection in several orders.
func ends(k *observer, a backend.Addr) {
	k.name = "ends " + familyName(a)
	c, s := k.pair(a)
	for _, st := range []struct {
		what string
		op   backend.Op
	}{
		{"shut 3", shutdownOp(c, 3)},
		{"send", sendOp(c, "xy", 0)},
		{"send nothing", sendOp(c, "", 0)},
		{"shut wr", shutdownOp(c, 1)},
		{"shut wr again", shutdownOp(c, 1)},
		{"send after", sendOp(c, "z", 0)},
		{"poll peer", pollFor(s, 0x2005)},
		{"recv", recvN(s, 8, 0)},
		{"recv end", recvN(s, 8, 0)},
		{"recv end 0", recvN(s, 0, 0)},
		{"poll peer", pollFor(s, 0x2005)},
		{"send back", sendOp(s, "back", 0)},
		{"recv back", recvN(c, 8, 0)},
		{"poll", pollFor(c, 0x2005)},
		{"shut rd", shutdownOp(s, 0)},
		{"recv after", recvN(s, 8, 0)},
		{"send unread", sendOp(s, "!", 0)},
		{"poll unread", pollFor(c, 0x2005)},
		{"close unread", closeOp(c)},
		{"poll", pollFor(s, 0x2005)},
		{"send reset", sendOp(s, "z", 0)},
		{"send reset", sendOp(s, "z", 0)},
		{"recv reset", recvN(s, 1, 0)},
		{"shut both", shutdownOp(s, 2)},
		{"close", closeOp(s)},
	} {
		k.step(st.what, st.op)
	}
	c, s = k.pair(a)
	k.step("close", closeOp(c))
	k.step("poll", pollFor(s, 0x2005))
	k.step("recv", recvN(s, 1, 0))
	k.step("send", sendOp(s, "x", 0))
	k.step("poll", pollFor(s, 0x2005))
	k.step("send", sendOp(s, "x", 0))
	k.step("recv", recvN(s, 1, 0))
	k.step("send", sendOp(s, "x", 0))
	c, s = k.pair(a)
	k.step("send", sendOp(c, "abc", 0))
	k.step("send", sendOp(s, "unread", 0))
	k.step("close", closeOp(c))
	k.step("poll", pollFor(s, 0x2005))
	k.step("recv", recvN(s, 8, 0))
	k.step("recv", recvN(s, 8, 0))
	k.step("recv", recvN(s, 8, 0))
	k.step("send", sendOp(s, "x", 0))
	c, s = k.pair(a)
	k.step("shut rd", shutdownOp(c, 0))
	k.step("peer sends", sendOp(s, "late", 0))
	k.step("recv late", recvN(c, 8, 0))
	k.step("recv end", recvN(c, 8, 0))
	k.step("poll", pollFor(c, 0x2005))
	k.step("poll peer", pollFor(s, 0x2005))
}

// flags sends and receives with flags, in pieces, at offsets, and without a copy.
func flags(k *observer, a backend.Addr) {
	k.name = "flags " + familyName(a)
	c, s := k.pair(a)
	k.step("dontwait", recvN(c, 1, backend.MsgDontWait))
	k.step("send 10", sendOp(c, "0123456789", backend.MsgWaitAll))
	k.step("peek", recvN(s, 3, backend.MsgPeek))
	k.step("peek 20", recvN(s, 20, backend.MsgPeek))
	k.step("trunc flag", recvN(s, 3, backend.MsgTrunc))
	k.step("recv", recvN(s, 4, 0))
	k.step("waitall", recvN(s, 10, backend.MsgWaitAll))
	k.step("read 0", backend.Op{Kind: backend.OpRead, FD: s})
	k.step("read", backend.Op{Kind: backend.OpRead, FD: s, Off: 5, Buf: make([]byte, 2)})
	k.step("write off", backend.Op{Kind: backend.OpWrite, FD: s, Off: 5, Buf: make([]byte, 2)})
	k.step("recv write off", recvN(c, 10, 0))
	k.step("sendmsg addr", backend.Op{Kind: backend.OpSendMsg, FD: s,
		Ext: &backend.OpExt{Vec: [][]byte{[]byte("m"), []byte("n")}, Addr: a}})
	m := backend.Op{Kind: backend.OpRecvMsg, FD: c, Ext: &backend.OpExt{Vec: [][]byte{make([]byte, 1), make([]byte, 5)}}}
	k.step("send 3", sendOp(s, "xyz", 0))
	k.step("recvmsg", m)
	k.show("flags", int32(m.Ext.MsgFlags), false)
	zc := backend.Op{Kind: backend.OpSendZC, FD: s, Buf: []byte("zc")}
	k.step("sendzc", zc)
	k.step("recv zc", recvN(c, 10, backend.MsgDontWait))
	k.do(closeOp(c))
	k.do(closeOp(s))
}

// dgrams sends datagrams on IPv4: with and without address, too long, to nobody.
func dgrams(k *observer) {
	k.name = "dgrams"
	a, b := k.sock(2, 2), k.sock(2, 2)
	k.step("bind", addrOp(backend.OpBind, b, inet(0)))
	at := k.local(b)
	msg := func(fd int32, to backend.Addr, s string) backend.Op {
		return backend.Op{Kind: backend.OpSendMsg, FD: fd, Ext: &backend.OpExt{Addr: to, Vec: [][]byte{[]byte(s)}}}
	}
	in := backend.Op{Kind: backend.OpRecvMsg, FD: b, Ext: &backend.OpExt{Vec: [][]byte{make([]byte, 2), make([]byte, 1)}}}
	k.step("send no addr", sendOp(a, "x", 0))
	a2 := k.sock(2, 2)
	k.step("shutdown", shutdownOp(a2, 2))
	k.step("poll", pollFor(a2, 0x2005))
	k.step("send shut", msg(a2, at, "x"))
	k.step("recv shut", recvN(a2, 1, 0))
	k.step("sendmsg", msg(a, at, "hello"))
	k.step("sendmsg empty", msg(a, at, ""))
	k.step("sendmsg abroad v6", msg(a, backend.AddrInet6([16]byte{15: 1}, 9, 0), "x"))
	k.step("poll in", pollFor(b, 0x2005))
	k.step("recvmsg", in)
	k.show("flags", int32(in.Ext.MsgFlags), false)
	k.show("addr", int32(in.Ext.Addr.Len), false)
	k.step("recv empty", recvN(b, 5, 0))
	k.step("connect", addrOp(backend.OpConnect, a, at))
	k.step("send", sendOp(a, "12345", 0))
	k.step("peek trunc", recvN(b, 2, backend.MsgPeek|backend.MsgTrunc))
	k.step("trunc", recvN(b, 2, 0))
	k.step("gone", recvN(b, 2, backend.MsgDontWait))
	k.step("send 0", sendOp(a, "", 0))
	k.step("recv 0 buf", recvN(b, 0, 0))
	k.step("write 0", backend.Op{Kind: backend.OpWrite, FD: a})
	k.step("recv", recvN(b, 1, backend.MsgDontWait))
	k.step("waitall", sendOp(a, "abc", 0))
	k.step("waitall", recvN(b, 10, backend.MsgWaitAll))
	k.step("read", sendOp(a, "abc", 0))
	k.step("read", backend.Op{Kind: backend.OpRead, FD: b, Buf: make([]byte, 2)})
	k.step("too long", sendOp(a, string(make([]byte, 70000)), 0))
	k.step("shutdown rd", shutdownOp(b, 0))
	k.step("shut rd connected", shutdownOp(a, 0))
	k.step("recv after", recvN(a, 1, 0))
	k.step("shut wr connected", shutdownOp(a, 1))
	k.step("send after", sendOp(a, "x", 0))
	k.step("dissolve", addrOp(backend.OpConnect, a, backend.Addr{Len: 16}))
	a = k.sock(2, 2)
	k.step("connect", addrOp(backend.OpConnect, a, at))
	k.step("close", closeOp(b))
	k.step("send refused", sendOp(a, "x", 0))
	k.step("poll", pollFor(a, 0x2005))
	k.step("send told", sendOp(a, "x", 0))
	k.step("recv", recvN(a, 1, backend.MsgDontWait))
	k.step("connect nobody", addrOp(backend.OpConnect, k.sock(2, 2), at))
	k.step("sendmsg nobody", msg(k.sock(2, 2), at, "x"))
	k.step("bind again", addrOp(backend.OpBind, k.sock(2, 2), at))
	k.step("zc", backend.Op{Kind: backend.OpSendZC, FD: a, Buf: []byte("x")})
}

// unixDatagrams does so with names in the file system.
func unixDatagrams(k *observer) {
	k.name = "unix datagrams"
	msg := func(fd int32, to backend.Addr, s string) backend.Op {
		return backend.Op{Kind: backend.OpSendMsg, FD: fd, Ext: &backend.OpExt{Addr: to, Vec: [][]byte{[]byte(s)}}}
	}
	in := backend.Op{Kind: backend.OpRecvMsg, Ext: &backend.OpExt{Vec: [][]byte{make([]byte, 2), make([]byte, 1)}}}
	ua, ub, uc, st := k.sock(1, 2), k.sock(1, 2), k.sock(1, 2), k.sock(1, 1)
	pb, pc := backend.AddrUnix(k.dir+"ub"), backend.AddrUnix(k.dir+"uc")
	k.step("unix send", sendOp(ua, "x", 0))
	k.step("unix bind", addrOp(backend.OpBind, ub, pb))
	k.step("unix bind", addrOp(backend.OpBind, uc, pc))
	k.step("unix connect stream", addrOp(backend.OpConnect, st, pb))
	k.step("unix connect nothing", addrOp(backend.OpConnect, ua, backend.AddrUnix(k.dir+"no")))
	k.step("unix sendmsg nothing", msg(ua, backend.AddrUnix(k.dir+"no"), "x"))
	k.step("unix sendmsg", msg(ua, pb, "x"))
	k.step("unix connect", addrOp(backend.OpConnect, ua, pb))
	k.step("unix send", sendOp(ua, "hello", 0))
	in.FD = ub
	k.step("unix recvmsg", in)
	k.step("unix send empty", sendOp(ua, "", 0))
	k.step("unix recv", recvN(ub, 9, 0))
	k.step("unix recv empty", recvN(ub, 9, 0))
	k.step("unix connect elsewhere", addrOp(backend.OpConnect, ub, pc))
	k.step("unix send other", sendOp(ua, "x", 0))
	k.step("unix accept", backend.Op{Kind: backend.OpAccept, FD: ua})
	k.step("unix listen", listenOp(ub, 1))
	k.step("unix zc", backend.Op{Kind: backend.OpSendZC, FD: ub, Buf: []byte("x")})
	k.step("unix send c", sendOp(ub, "from b", 0))
	in.FD = uc
	k.step("unix recvmsg", in)
	k.step("unix close", closeOp(uc))
	k.step("unix send gone", sendOp(ub, "x", 0))
	k.step("unix send gone", sendOp(ub, "x", 0))
	k.step("unix poll", pollFor(ub, 0x2005))
	k.step("unix shutdown", shutdownOp(ua, 1))
	k.step("unix send shut", sendOp(ua, "x", 0))
}
