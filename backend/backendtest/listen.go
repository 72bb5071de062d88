package backendtest

import "github.com/tripoint-go/tripoint/backend"

const (
	notSocket = -int32(backend.ENOTSOCK)
	refused   = -int32(backend.ECONNREFUSED)
	reset     = -int32(backend.ECONNRESET)
	inUse     = -int32(backend.EADDRINUSE)
)

// streams is what cases with stream sockets need.
func streams(more ...backend.OpKind) needs {
	return needs{
		ops: set(backend.OpSocket, backend.OpBind, backend.OpListen, backend.OpConnect, backend.OpAccept, backend.OpClose,
			backend.OpSend, backend.OpRecv, backend.OpShutdown, backend.OpRead, backend.OpWrite) | set(more...),
		port: true,
	}
}

func listenCases() []Case {
	unix := streams()
	unix.dir = true
	return []Case{
		{"AcceptWaitsForAConnection", streams(), acceptWaits},
		{"AcceptReportsThePeer", streams(), acceptReportsThePeer},
		{"AcceptNeedsAListener", streams(), acceptNeedsAListener},
		{"ShutdownEndsAccepts", streams(), shutdownEndsAccepts},
		{"CancelledAcceptLeavesConnections", streams(), cancelledAccept},
		{"DisposeOfAConnection", streams(), disposeOfAConnection},
		{"ConnectRefused", streams(), connectRefused},
		{"ConnectTwice", streams(), connectTwice},
		{"CancelledConnect", streams(), cancelledConnect},
		{"AddressInUse", streams(), addressInUse},
		{"SocketsThatAreNone", streams(), socketsThatAreNone},
		{"UnixSockets", unix, unixSockets},
	}
}

// An accept waits for a connection, and connections wait for accepts.
func acceptWaits(r *rig) {
	r.attempt(func() bool {
		l, addr := r.listen()
		o := r.op(backend.OpAccept, l, nil)
		if !r.arm(o) {
			return false
		}
		if r.done(o) {
			r.Fatalf("an accept without a connection gave %s", code(r.result(o)))
		}
		c := r.dial(addr)
		s := r.result(o)
		if transient(s) {
			return false
		}
		if s < 0 {
			r.Fatalf("accept gave %s", code(s))
		}
		early := r.dial(addr) // this connection is there before its accept
		late := r.accept(l)
		r.send(c, "1")
		r.send(early, "2")
		if got := r.recv(s, 1) + r.recv(late, 1); got != "12" {
			r.Errorf("two connections received %q, want \"12\"", got)
		}
		return true
	})
}

// An accept with room for it reports the address of its peer, which differs from the listener's.
func acceptReportsThePeer(r *rig) {
	l, addr := r.listen()
	c := r.dial(addr)
	ext := &backend.OpExt{}
	r.must("accept", backend.Op{Kind: backend.OpAccept, FD: l, Ext: ext})
	if ext.Addr.Family() != backend.AFInet || ext.Addr.Len != 16 || string(ext.Addr.IP()) != "\x7f\x00\x00\x01" {
		r.Errorf("the peer's address is %v, %d bytes long", ext.Addr.Raw[:ext.Addr.Len], ext.Addr.Len)
	}
	if got, want := ext.Addr.Port(), r.w.(Ports).Port(c); got != want || got == addr.Port() {
		r.Errorf("the peer's port is %d, want %d", got, want)
	}
}

// What does not listen accepts nothing.
func acceptNeedsAListener(r *rig) {
	accept := func(fd int32) int32 { return r.do(backend.Op{Kind: backend.OpAccept, FD: fd}) }
	fd, _ := r.bound(backend.SockStream)
	r.want("accept of a socket that does not listen", accept(fd), invalid)
	rd, _ := r.pipe()
	r.want("accept of a pipe", accept(rd), notSocket)
	r.close(fd)
	r.want("accept of a closed socket", accept(fd), badFD)
}

// The shutdown of a listener ends accepts that wait and fails later ones.
func shutdownEndsAccepts(r *rig) {
	r.attempt(func() bool {
		l, _ := r.listen()
		o := r.op(backend.OpAccept, l, nil)
		if !r.arm(o) {
			return false
		}
		r.shutdown(l, backend.ShutBoth)
		res := r.result(o)
		if transient(res) {
			return false
		}
		r.want("an accept whose listener was shut down", res, invalid)
		r.want("an accept after shutdown", r.do(backend.Op{Kind: backend.OpAccept, FD: l}), invalid)
		return true
	})
}

// Duty 4, when cancel and connection race: either the accept has it and returns its descriptor, or it is left for the next
// accept. None is lost, none comes twice.
func cancelledAccept(r *rig) {
	l, addr := r.listen()
	for i := range 10 {
		o := r.op(backend.OpAccept, l, nil)
		r.submit(o)
		if i%2 == 0 {
			r.linger(brief)
		}
		c := r.dial(addr)
		s := r.cancel(o)
		if s < 0 && !endedEarly(s) && !transient(s) {
			r.Fatalf("a cancelled accept gave %s", code(s))
		}
		if s < 0 {
			s = r.accept(l)
		}
		r.send(c, "!")
		if got := r.recv(s, 1); got != "!" {
			r.Errorf("the connection received %q", got)
		}
		r.close(c)
		r.close(s)
	}
	o := r.op(backend.OpAccept, l, nil)
	r.submit(o)
	r.linger(brief)
	r.want("the cancel of an accept with no connection left", r.cancel(o), cancelled, interrupt, -int32(backend.EAGAIN))
}

// Duty 5: an accepted descriptor that nobody takes is closed by Dispose: the peer sees the end.
func disposeOfAConnection(r *rig) {
	l, addr := r.listen()
	c := r.dial(addr)
	s := r.accept(l)
	delete(r.fds, s)
	r.b.Dispose(backend.OpAccept, s)
	r.want("a receive after the peer was disposed of", r.do(backend.Op{Kind: backend.OpRecv, FD: c, Buf: make([]byte, 1)}), 0, reset)
}

// A port on which nobody listens refuses, each time it is asked.
func connectRefused(r *rig) {
	_, addr := r.bound(backend.SockStream)
	fd := r.socket(backend.AFInet, backend.SockStream)
	for range 2 {
		o := backend.Op{Kind: backend.OpConnect, FD: fd, Ext: &backend.OpExt{Addr: addr}}
		r.want("connect to a port on which nobody listens", r.do(o), refused)
	}
}

// A connected socket does not connect again, and a pipe not at all.
func connectTwice(r *rig) {
	l, addr := r.listen()
	fd := r.dial(addr)
	connect := func(fd int32) int32 {
		return r.do(backend.Op{Kind: backend.OpConnect, FD: fd, Ext: &backend.OpExt{Addr: addr}})
	}
	r.want("a second connect", connect(fd), -int32(backend.EISCONN))
	rd, _ := r.pipe()
	r.want("connect of a pipe", connect(rd), notSocket)
	r.close(r.accept(l))
}

// An address belongs to one listener.
func addressInUse(r *rig) {
	l, addr := r.listen()
	fd := r.socket(backend.AFInet, backend.SockStream)
	bind := backend.Op{Kind: backend.OpBind, FD: fd, Ext: &backend.OpExt{Addr: addr}}
	r.want("bind to an address with a listener", r.do(bind), inUse)
	rebind := backend.Op{Kind: backend.OpBind, FD: l, Ext: &backend.OpExt{Addr: addr}}
	r.want("a second bind of one socket", r.do(rebind), invalid)
	r.close(l)
	r.want("bind after the listener closed", r.do(bind), 0)
}

// Families and types that do not exist, and ops on what is no socket.
func socketsThatAreNone(r *rig) {
	res := r.do(backend.Op{Kind: backend.OpSocket, Arg: 200, Off: backend.SockStream})
	r.want("a socket of no family", res, -int32(backend.EAFNOSUPPORT), invalid)
	res = r.do(backend.Op{Kind: backend.OpSocket, Arg: backend.AFInet, Off: 9})
	r.want("a socket of no type", res, invalid, -int32(backend.EPROTONOSUPPORT), -94) // ESOCKTNOSUPPORT has no name here
	rd, wr := r.pipe()
	r.want("send to a pipe", r.do(backend.Op{Kind: backend.OpSend, FD: wr, Buf: []byte("x")}), notSocket)
	r.want("receive from a pipe", r.do(backend.Op{Kind: backend.OpRecv, FD: rd, Buf: make([]byte, 1)}), notSocket)
	r.want("listen on a pipe", r.do(backend.Op{Kind: backend.OpListen, FD: rd}), notSocket)
	r.want("shutdown of a pipe", r.do(backend.Op{Kind: backend.OpShutdown, FD: rd}), notSocket)
	fd := r.socket(backend.AFInet, backend.SockStream)
	r.want("shutdown of an unconnected socket", r.do(backend.Op{Kind: backend.OpShutdown, FD: fd}), -int32(backend.ENOTCONN))
}

// A Unix socket has a path for an address: one socket may have it, and a file that nobody listens at refuses.
func unixSockets(r *rig) {
	addr := backend.AddrUnix(string(r.path("sock")))
	if addr.Len == 0 {
		r.Fatalf("the path %q does not fit a Unix address", r.path("sock"))
	}
	bind := func(fd int32) int32 {
		return r.do(backend.Op{Kind: backend.OpBind, FD: fd, Ext: &backend.OpExt{Addr: addr}})
	}
	connect := func(fd int32) int32 {
		return r.do(backend.Op{Kind: backend.OpConnect, FD: fd, Ext: &backend.OpExt{Addr: addr}})
	}
	l, c := r.socket(backend.AFUnix, backend.SockStream), r.socket(backend.AFUnix, backend.SockStream)
	r.want("connect to a missing path", connect(c), noEntry)
	r.want("bind", bind(l), 0)
	r.want("connect to a socket that does not listen", connect(c), refused)
	r.want("a second bind to a path", bind(c), inUse)
	r.must("listen", backend.Op{Kind: backend.OpListen, FD: l, Arg: 4})
	r.want("connect", connect(c), 0)
	s := r.accept(l)
	r.send(c, "unix")
	r.send(s, "xinu")
	if there, back := r.recv(s, 4), r.recv(c, 4); there != "unix" || back != "xinu" {
		r.Errorf("the ends received %q and %q, want \"unix\" and \"xinu\"", there, back)
	}
	r.close(l)
	r.want("connect after the listener closed", connect(r.socket(backend.AFUnix, backend.SockStream)), refused)
}

// Duty 4: a cancelled connect has either connected or has not. If not, its socket may be in the middle of the handshake and is
// good for nothing but to be closed; the listener works on.
func cancelledConnect(r *rig) {
	l, addr := r.listen()
	for range 10 {
		fd := r.socket(backend.AFInet, backend.SockStream)
		o := r.make(backend.Op{Kind: backend.OpConnect, FD: fd, Ext: &backend.OpExt{Addr: addr}})
		r.submit(o)
		res := r.cancel(o)
		r.want("a cancelled connect", res, 0, cancelled, interrupt, -int32(backend.EAGAIN))
		if res == 0 {
			s := r.accept(l)
			r.send(fd, "c")
			if got := r.recv(s, 1); got != "c" {
				r.Errorf("received %q, want \"c\"", got)
			}
		}
		r.close(fd)
	}
	r.dial(addr)
	r.close(r.accept(l))
}
