package backendtest

import "github.com/tripoint-go/tripoint/backend"

func datagramCases() []Case {
	plain := streams()
	msg := streams(backend.OpSendMsg, backend.OpRecvMsg)
	return []Case{
		{"DatagramsKeepTheirBounds", plain, datagramsKeepTheirBounds},
		{"DatagramTruncated", plain, datagramTruncated},
		{"DatagramTooLong", plain, datagramTooLong},
		{"DatagramRefused", plain, datagramRefused},
		{"MessageTellsItsSender", msg, messageTellsItsSender},
		{"MessageVectors", msg, messageVectors},
		{"MessageTruncated", msg, messageTruncated},
	}
}

func zeroCopyCases() []Case {
	zc := streams(backend.OpSendZC)
	return []Case{
		{"ZeroCopyReportsTwice", zc, zeroCopyReportsTwice},
		{"ZeroCopyFreesItsBuffer", zc, zeroCopyFreesItsBuffer},
		{"ZeroCopyFails", zc, zeroCopyFails},
	}
}

// udp returns two datagram sockets, the first connected to the second, and the address of the second.
func (r *rig) udp() (from, to int32, addr backend.Addr) {
	r.Helper()
	to, addr = r.bound(backend.SockDgram)
	from, _ = r.bound(backend.SockDgram)
	r.must("connect", backend.Op{Kind: backend.OpConnect, FD: from, Ext: &backend.OpExt{Addr: addr}})
	return from, to, addr
}

// post sends one datagram, which is never cut.
func (r *rig) post(fd int32, text string) {
	r.Helper()
	if n := r.do(backend.Op{Kind: backend.OpSend, FD: fd, Buf: []byte(text)}); int(n) != len(text) {
		r.Fatalf("a datagram of %d bytes was sent with %s", len(text), code(n))
	}
}

// Each receive takes one datagram, however much room it has; one of no bytes is a datagram too.
func datagramsKeepTheirBounds(r *rig) {
	from, to, _ := r.udp()
	for _, text := range []string{"one", "", "three"} {
		r.post(from, text)
	}
	for _, text := range []string{"one", "", "three"} {
		buf := make([]byte, 16)
		n := r.do(recvOp(to, buf, 0))
		if int(n) != len(text) || string(buf[:n]) != text {
			r.Fatalf("received %s and %q, want the datagram %q", code(n), buf, text)
		}
	}
}

// A datagram that is longer than the buffer is cut and its rest is lost. The result is what was put into the buffer; with
// MsgTrunc it is the true length.
func datagramTruncated(r *rig) {
	from, to, _ := r.udp()
	for _, c := range []struct {
		flags uint32
		want  int32
	}{{0, 4}, {backend.MsgTrunc, 9}} {
		r.post(from, "truncated")
		buf := []byte("------")
		r.want("a receive with room for 4 of 9 bytes", r.do(recvOp(to, buf[:4], c.flags)), c.want)
		if string(buf) != "trun--" {
			r.Errorf("received %q, want %q", buf, "trun--")
		}
	}
	r.post(from, "next")
	buf := make([]byte, 16)
	if n := r.do(recvOp(to, buf, 0)); n != 4 || string(buf[:4]) != "next" {
		r.Errorf("after truncated datagrams received %s and %q, want \"next\"", code(n), buf)
	}
}

// A datagram has at most 65507 bytes over IPv4; more is EMSGSIZE, and nothing is sent.
func datagramTooLong(r *rig) {
	from, to, _ := r.udp()
	res := r.do(backend.Op{Kind: backend.OpSend, FD: from, Buf: make([]byte, 65508)})
	r.want("a datagram of 65508 bytes", res, -int32(backend.EMSGSIZE))
	r.post(from, "fits")
	if n := r.do(recvOp(to, make([]byte, 16), 0)); n != 4 {
		r.Errorf("received %s, want the 4 bytes that were sent afterwards", code(n))
	}
}

// Nobody at the other end: the datagram is sent, and a later op on the connected socket may be told ECONNREFUSED, once per
// datagram. A send to nowhere at all wants an address.
func datagramRefused(r *rig) {
	from, to, _ := r.udp()
	r.close(to)
	for range 3 {
		r.want("a datagram to nobody", r.do(backend.Op{Kind: backend.OpSend, FD: from, Buf: []byte("x")}), 1, refused)
		r.linger(brief)
	}
	lone := r.socket(backend.AFInet, backend.SockDgram)
	res := r.do(backend.Op{Kind: backend.OpSend, FD: lone, Buf: []byte("x")})
	r.want("a datagram without an address", res, -int32(backend.EDESTADDRREQ), notConnected)
}

// A message goes to the address it names, and tells where it came from.
func messageTellsItsSender(r *rig) {
	to, addr := r.bound(backend.SockDgram)
	from, self := r.bound(backend.SockDgram)
	out := &backend.OpExt{Vec: [][]byte{[]byte("hi")}, Addr: addr}
	r.want("a message of 2 bytes", r.do(backend.Op{Kind: backend.OpSendMsg, FD: from, Ext: out}), 2)
	in := &backend.OpExt{Vec: [][]byte{make([]byte, 8)}}
	r.want("its receive", r.do(backend.Op{Kind: backend.OpRecvMsg, FD: to, Ext: in}), 2)
	if in.Addr.Port() != self.Port() || string(in.Addr.IP()) != string(self.IP()) {
		r.Errorf("the message came from %v port %d, want %v port %d", in.Addr.IP(), in.Addr.Port(), self.IP(), self.Port())
	}
	if in.MsgFlags&backend.MsgTrunc != 0 || in.ControlN != 0 || string(in.Vec[0][:2]) != "hi" {
		r.Errorf("received %q with flags %#x and %d bytes of control", in.Vec[0], in.MsgFlags, in.ControlN)
	}
}

// The pieces of a message are one message: gathered when it is sent, filled one after the other when it is received.
func messageVectors(r *rig) {
	from, to, _ := r.udp()
	out := &backend.OpExt{Vec: [][]byte{[]byte("ab"), []byte("cd"), []byte("e")}}
	r.want("a message in 3 pieces", r.do(backend.Op{Kind: backend.OpSendMsg, FD: from, Ext: out}), 5)
	a, b := make([]byte, 1), []byte("------")
	in := &backend.OpExt{Vec: [][]byte{a, b}}
	r.want("its receive in 2 pieces", r.do(backend.Op{Kind: backend.OpRecvMsg, FD: to, Ext: in}), 5)
	if got := string(a) + string(b); got != "abcde--" {
		r.Errorf("the pieces hold %q, want %q", got, "abcde--")
	}
	r.want("a message of no pieces", r.do(backend.Op{Kind: backend.OpSendMsg, FD: from, Ext: &backend.OpExt{}}), invalid)
}

// A message that was cut says so in its flags.
func messageTruncated(r *rig) {
	from, to, _ := r.udp()
	r.post(from, "long one")
	in := &backend.OpExt{Vec: [][]byte{make([]byte, 4)}}
	r.want("a receive with room for 4 of 8 bytes", r.do(backend.Op{Kind: backend.OpRecvMsg, FD: to, Ext: in}), 4)
	if in.MsgFlags&backend.MsgTrunc == 0 || string(in.Vec[0]) != "long" {
		r.Errorf("a cut message has %q and flags %#x, which lack MsgTrunc", in.Vec[0], in.MsgFlags)
	}
}

// sendZC sends once and returns its first report; the op is done when this returns.
func (r *rig) sendZC(fd int32, buf []byte) backend.Completion {
	r.Helper()
	for range triesMax {
		o := r.make(backend.Op{Kind: backend.OpSendZC, FD: fd, Buf: buf})
		r.submit(o)
		last := r.last(o)
		first, n := r.reports(o)[0], len(r.reports(o))
		if n > 2 || n == 2 && (!first.More || first.Notice || !last.Notice) {
			r.Errorf("a zero-copy send has the reports %+v", r.reports(o))
		}
		if first.Res >= 0 && n != 2 {
			r.Errorf("a zero-copy send that succeeded has %d reports, want its result and a notice", n)
		}
		if !transient(first.Res) {
			return first
		}
	}
	r.Fatalf("a zero-copy send was interrupted %d times in a row", triesMax)
	return backend.Completion{}
}

// A zero-copy send has two reports: its result, which says that more follow, then the notice that the buffer is free.
func zeroCopyReportsTwice(r *rig) {
	c, s := r.pair()
	for range 5 {
		n := r.sendZC(c, []byte("zero"))
		if n.Res < 1 || n.Res > 4 {
			r.Fatalf("a zero-copy send of 4 bytes gave %s", code(n.Res))
		}
		if got := r.recv(s, int(n.Res)); got != "zero"[:n.Res] {
			r.Errorf("received %q, want %q", got, "zero"[:n.Res])
		}
	}
}

// Duty 2: after the notice, and not before, the buffer is the caller's: to change it then changes nothing that was sent.
func zeroCopyFreesItsBuffer(r *rig) {
	c, s := r.pair()
	for range 5 {
		buf := []byte("original")
		n := r.sendZC(c, buf)
		if n.Res < 1 {
			r.Fatalf("a zero-copy send gave %s", code(n.Res))
		}
		copy(buf, "********")
		if got := r.recv(s, int(n.Res)); got != "original"[:n.Res] {
			r.Errorf("a buffer that was changed after its notice was received as %q", got)
		}
	}
}

// A zero-copy send that fails may have a notice or none, but one report is terminal, and the first tells the failure.
func zeroCopyFails(r *rig) {
	c, _ := r.pair()
	r.shutdown(c, backend.ShutWrite)
	r.want("a zero-copy send after ShutWrite", r.sendZC(c, []byte("x")).Res, brokePipe)
	_, wr := r.pipe()
	r.want("a zero-copy send to a pipe", r.sendZC(wr, []byte("x")).Res, notSocket)
	r.want("a zero-copy send to no descriptor", r.sendZC(-1, []byte("x")).Res, badFD)
}
