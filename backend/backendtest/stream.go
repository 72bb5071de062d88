package backendtest

import "github.com/tripoint-go/tripoint/backend"

const (
	again        = -int32(backend.EAGAIN)
	notConnected = -int32(backend.ENOTCONN)
)

func streamCases() []Case {
	return []Case{
		{"StreamBothWays", streams(), streamBothWays},
		{"ReceiveWaits", streams(), receiveWaits},
		{"ReceivePeeks", streams(), receivePeeks},
		{"ReceiveAll", streams(), receiveAll},
		{"ReceiveAllIsCancelled", streams(), receiveAllIsCancelled},
		{"SendAll", streams(), sendAll},
		{"SendAllIsCancelled", streams(), sendAllIsCancelled},
		{"DontWait", streams(), dontWait},
		{"TransfersOfNothingOnASocket", streams(), transfersOfNothingOnASocket},
		{"HalfClose", streams(), halfClose},
		{"ShutdownEndsAReceive", streams(), shutdownEndsAReceive},
		{"PeerIsGone", streams(), peerIsGone},
		{"PeerResets", streams(), peerResets},
		{"NotConnected", streams(), notConnectedFails},
		{"CloseLeavesAReceive", streams(), closeLeavesAReceive},
	}
}

// recvOp receives into buf.
func recvOp(fd int32, buf []byte, flags uint32) backend.Op {
	return backend.Op{Kind: backend.OpRecv, FD: fd, Buf: buf, Arg: flags}
}

// A stream carries bytes in order in both directions at once, whatever counts they are sent and received with; read and
// write do the same as receive and send.
func streamBothWays(r *rig) {
	c, s := r.pair()
	r.send(c, "hello ")
	r.fill(c, "world")
	r.send(s, "answer")
	if got := r.recv(s, 8) + r.drain(s, 3); got != "hello world" {
		r.Errorf("the server received %q, want %q", got, "hello world")
	}
	if got := r.recv(c, 6); got != "answer" {
		r.Errorf("the client received %q, want %q", got, "answer")
	}
}

// A receive without data waits, and ends with what has come by then, which may be less than it has room for.
func receiveWaits(r *rig) {
	r.attempt(func() bool {
		c, s := r.pair()
		buf := make([]byte, 8)
		o := r.make(recvOp(s, buf, 0))
		if !r.arm(o) {
			return false
		}
		if r.done(o) {
			r.Fatalf("a receive without data gave %s", code(r.result(o)))
		}
		r.send(c, "x")
		if transient(r.result(o)) {
			return false
		}
		if r.want("the receive", r.result(o), 1); buf[0] != 'x' {
			r.Errorf("received %q, want \"x\"", buf[:1])
		}
		return true
	})
}

// A peek looks at the bytes and leaves them.
func receivePeeks(r *rig) {
	c, s := r.pair()
	r.send(c, "ab")
	for range 3 {
		buf := make([]byte, 2)
		n := r.must("peek", recvOp(s, buf, backend.MsgPeek))
		if n < 1 || n > 2 || string(buf[:n]) != "ab"[:n] {
			r.Fatalf("a peek gave %d and %q", n, buf)
		}
	}
	if got := r.recv(s, 2); got != "ab" {
		r.Errorf("after peeks the bytes are %q, want \"ab\"", got)
	}
}

// With MsgWaitAll a receive waits until its buffer is full or the stream ends.
func receiveAll(r *rig) {
	r.attempt(func() bool {
		c, s := r.pair()
		buf := make([]byte, 6)
		o := r.make(recvOp(s, buf, backend.MsgWaitAll))
		if !r.arm(o) {
			return false
		}
		r.send(c, "abc")
		r.linger(brief)
		if r.done(o) {
			r.Fatalf("a receive of all 6 bytes ended with %s after 3", code(r.result(o)))
		}
		r.send(c, "def")
		if r.want("a receive of all", r.result(o), 6); string(buf) != "abcdef" {
			r.Errorf("received %q, want %q", buf, "abcdef")
		}
		o = r.make(recvOp(s, buf, backend.MsgWaitAll))
		if !r.arm(o) {
			return false
		}
		r.send(c, "gh")
		r.shutdown(c, backend.ShutWrite)
		r.want("a receive of all when the stream ends", r.result(o), 2)
		return true
	})
}

// Duty 4: a receive of all that holds a part of it and is cancelled has taken that part, and its result says so. What is not
// in the result is left for the next receive.
func receiveAllIsCancelled(r *rig) {
	r.attempt(func() bool {
		c, s := r.pair()
		buf := make([]byte, 8)
		o := r.make(recvOp(s, buf, backend.MsgWaitAll))
		if !r.arm(o) {
			return false
		}
		r.send(c, "abc")
		r.linger(brief)
		n := r.cancel(o)
		if n < 0 && !endedEarly(n) || n > 3 {
			r.Fatalf("a receive of all that was cancelled after 3 bytes gave %s", code(n))
		}
		n = max(n, 0)
		if got := string(buf[:n]) + r.recv(s, 3-int(n)); got != "abc" {
			r.Errorf("the cancelled receive has %q, together with the next %q, want \"abc\"", buf[:n], got)
		}
		return true
	})
}

// With MsgWaitAll a send that does not fit waits until all of it is sent, while the peer receives.
func sendAll(r *rig) {
	r.attempt(func() bool {
		c, s := r.pair()
		data, buf := make([]byte, 1<<20), make([]byte, 64<<10)
		for i := range data {
			data[i] = byte(i % 251)
		}
		o := r.make(backend.Op{Kind: backend.OpSend, FD: c, Buf: data, Arg: backend.MsgWaitAll})
		if !r.arm(o) {
			return false
		}
		for got := 0; got < len(data); {
			n := int(r.must("receive", recvOp(s, buf, 0)))
			for i := 0; i < n; i += 13 {
				if buf[i] != byte((got+i)%251) {
					r.Fatalf("byte %d is wrong", got+i)
				}
			}
			if got += n; n == 0 {
				r.Fatalf("the stream ended after %d bytes", got)
			}
		}
		r.want("a send of all", r.result(o), int32(len(data)))
		return true
	})
}

// Duty 4: a send of all that has sent a part and is cancelled says how much; with nothing sent, ECANCELED. The peer gets
// exactly that.
func sendAllIsCancelled(r *rig) {
	r.attempt(func() bool {
		c, s := r.pair()
		data := make([]byte, 24<<20) // more than the buffers of a connection hold
		if r.b.Caps().YieldTick > 0 {
			data = data[:1<<20] // those of a model are smaller
		}
		for i := range data {
			data[i] = byte(i % 251)
		}
		o := r.make(backend.Op{Kind: backend.OpSend, FD: c, Buf: data, Arg: backend.MsgWaitAll})
		if !r.arm(o) {
			return false
		}
		r.linger(quiet)
		if r.done(o) {
			r.Fatalf("a send of all %d bytes without a receiver gave %s", len(data), code(r.result(o)))
		}
		n := r.cancel(o)
		if n < 0 && !endedEarly(n) {
			r.Fatalf("a cancelled send gave %s", code(n))
		}
		r.shutdown(c, backend.ShutWrite)
		got, buf := 0, make([]byte, 1<<20)
		for {
			m := r.must("receive", recvOp(s, buf, 0))
			if m == 0 {
				break
			}
			for i, b := range buf[:m] {
				if b != byte((got+i)%251) {
					r.Fatalf("byte %d is wrong", got+i)
				}
			}
			got += int(m)
		}
		if got != int(max(n, 0)) {
			r.Errorf("the cancelled send says %s, the peer received %d bytes", code(n), got)
		}
		return true
	})
}

// With MsgDontWait an op that would have to wait ends with EAGAIN.
func dontWait(r *rig) {
	c, s := r.pair()
	o := r.make(recvOp(s, make([]byte, 1), backend.MsgDontWait))
	r.submit(o)
	r.want("a receive that must not wait", r.result(o), again, interrupt)
	r.send(c, "d")
	if got := r.recv(s, 1); got != "d" {
		r.Errorf("received %q, want \"d\"", got)
	}
}

// A send of no bytes is 0. A receive of no bytes is 0, at once or when data has come, and leaves it.
func transfersOfNothingOnASocket(r *rig) {
	c, s := r.pair()
	r.want("a send of nothing", r.do(backend.Op{Kind: backend.OpSend, FD: c}), 0)
	r.send(c, "z")
	r.want("a receive of nothing", r.do(recvOp(s, nil, 0)), 0)
	if got := r.recv(s, 1); got != "z" {
		r.Errorf("received %q, want \"z\"", got)
	}
}

// The shutdown of one direction ends that one: the peer reads what was sent and then the end, and can still answer.
func halfClose(r *rig) {
	c, s := r.pair()
	r.send(c, "last")
	r.shutdown(c, backend.ShutWrite)
	if got := r.recv(s, 4); got != "last" {
		r.Errorf("received %q, want \"last\"", got)
	}
	for range 2 {
		r.want("a receive at the end", r.do(recvOp(s, make([]byte, 4), 0)), 0)
	}
	r.want("a send after ShutWrite", r.do(backend.Op{Kind: backend.OpSend, FD: c, Buf: []byte("x")}), brokePipe)
	r.send(s, "reply")
	if got := r.recv(c, 5); got != "reply" {
		r.Errorf("the half-closed end received %q, want %q", got, "reply")
	}
}

// A receive that waits ends with 0 when its own side is shut down for reading, or the peer's for writing.
func shutdownEndsAReceive(r *rig) {
	for _, local := range []bool{true, false} {
		r.attempt(func() bool {
			c, s := r.pair()
			o := r.make(recvOp(s, make([]byte, 4), 0))
			if !r.arm(o) {
				return false
			}
			if local {
				r.shutdown(s, backend.ShutRead)
			} else {
				r.shutdown(c, backend.ShutWrite)
			}
			if transient(r.result(o)) {
				return false
			}
			r.want("a receive whose stream was shut down", r.result(o), 0)
			return true
		})
	}
}

// After the peer closed, receives end with 0 and sends fail sooner or later: the first one may still succeed.
func peerIsGone(r *rig) {
	c, s := r.pair()
	r.close(s)
	r.want("a receive whose peer is gone", r.do(recvOp(c, make([]byte, 1), 0)), 0)
	res := int32(0)
	for range 100 {
		if res = r.do(backend.Op{Kind: backend.OpSend, FD: c, Buf: []byte("x")}); res < 0 {
			break
		}
		r.linger(brief)
	}
	r.want("a send whose peer is gone", res, brokePipe, reset)
}

// A peer that closes with unread bytes resets the connection: a receive that waits ends with ECONNRESET, or with 0 where
// the backend does not tell a reset from an end.
func peerResets(r *rig) {
	r.attempt(func() bool {
		c, s := r.pair()
		r.send(c, "unread")
		if got := r.must("peek", recvOp(s, make([]byte, 1), backend.MsgPeek)); got != 1 {
			r.Fatalf("a peek of 1 byte gave %d", got)
		}
		o := r.make(recvOp(c, make([]byte, 4), 0))
		if !r.arm(o) {
			return false
		}
		r.close(s)
		if transient(r.result(o)) {
			return false
		}
		r.want("a receive whose peer resets", r.result(o), reset, 0)
		return true
	})
}

// A stream that is not connected carries nothing.
func notConnectedFails(r *rig) {
	fd := r.socket(backend.AFInet, backend.SockStream)
	r.want("a receive", r.do(recvOp(fd, make([]byte, 1), 0)), notConnected)
	r.want("a send", r.do(backend.Op{Kind: backend.OpSend, FD: fd, Buf: []byte("x")}), brokePipe, notConnected)
}

// The close of a socket does not end a receive that waits on it: it takes the bytes that come, and a cancel by its id still
// ends it.
func closeLeavesAReceive(r *rig) {
	r.attempt(func() bool {
		c, s := r.pair()
		buf := make([]byte, 4)
		o := r.make(recvOp(s, buf, 0))
		if !r.arm(o) {
			return false
		}
		r.close(s)
		r.linger(brief)
		if r.done(o) {
			if transient(r.result(o)) {
				return false
			}
			r.Fatalf("the close of its descriptor ended a receive with %s", code(r.result(o)))
		}
		r.send(c, "k")
		if r.want("a receive whose descriptor was closed", r.result(o), 1); buf[0] != 'k' {
			r.Errorf("received %q, want \"k\"", buf[:1])
		}
		return true
	})
}
