package sim

import "github.com/tripoint-go/tripoint/backend"

// A datagram in a receive buffer: its length (4 bytes), the length of the sender's address (1), the address, the bytes.
const datagramHeader = 5

// datagramMax is the longest datagram over IPv4 and IPv6.
const datagramMax = 65507

// connectDatagram sets the address that sends go to and receives come from. AF_UNSPEC takes it back.
func (k *Kernel) connectDatagram(c *sock, to *backend.Addr) backend.Errno {
	if to.Len >= 2 && to.Family() == 0 {
		c.connected = false
		c.peerAddr = backend.Addr{}
		return backend.OK
	}
	if c.family != backend.AFUnix {
		k.autobind(c)
	}
	if _, err := k.reach(c, to); err != backend.OK && (err != backend.ECONNREFUSED || c.family == backend.AFUnix) {
		return err
	}
	if isAny(&c.local) {
		setIP(&c.local, to)
	}
	c.connected, c.peerAddr = true, *to
	return backend.OK
}

// sendDatagram sends one datagram. On IPv4 and IPv6 nobody waits: what finds no receiver or no room is lost, and a
// connected socket is told ECONNREFUSED by its next op. A unix socket waits for room.
func (k *Kernel) sendDatagram(i int32, s *slot, c *sock) (int32, bool) {
	unix := c.family == backend.AFUnix
	if !unix {
		k.autobind(c)
	}
	to := &c.peerAddr
	if s.op.Kind == backend.OpSendMsg && s.op.Ext.Addr.Len > 0 {
		to = &s.op.Ext.Addr
	} else if !c.connected {
		switch {
		case unix && c.shutWrite:
			return -int32(backend.EPIPE), true
		case unix:
			return -int32(backend.ENOTCONN), true
		}
		return -int32(backend.EDESTADDRREQ), true
	}
	n := s.limit
	header := datagramHeader + 28
	if unix {
		header = datagramHeader + backend.AddrMax
	}
	switch {
	case !unix && n > datagramMax, n+header > k.opts.PipeBytes:
		return -int32(backend.EMSGSIZE), true
	case checkAddr(c.family, to) != backend.OK:
		return -int32(checkAddr(c.family, to)), true
	case c.err != backend.OK:
		return c.tell(), true
	case c.shutWrite:
		return -int32(backend.EPIPE), true
	}
	target, err := k.reach(c, to)
	if !unix && err == backend.ECONNREFUSED {
		if c.connected {
			c.err = err
		}
		return int32(n), true
	}
	if err != backend.OK {
		if err == backend.ECONNREFUSED && to == &c.peerAddr {
			c.connected = false
		}
		return -int32(err), true
	}
	from := c.local
	if isAny(&from) {
		setIP(&from, to)
	}
	if t := k.sockOf(target); t.connected && !sameAddr(&t.peerAddr, &from) {
		if unix {
			return -int32(backend.EPERM), true
		}
		return int32(n), true
	}
	p := &k.pipes[k.opens[target].rx]
	if p.room() < datagramHeader+int(from.Len)+n || !p.writeQueue.mayGo(i) {
		if !unix {
			return int32(n), true
		}
		if msgFlags(&s.op)&backend.MsgDontWait != 0 {
			return -int32(backend.EAGAIN), true
		}
		k.waitAt(i, target, queuePeer)
		return 0, false
	}
	head := [datagramHeader]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24), byte(from.Len)}
	p.put(head[:])
	p.put(from.Raw[:from.Len])
	k.fill(p, s, n)
	k.kickPipe(p)
	if k.pollers > 0 {
		k.notify(target, backend.PollIn)
	}
	return int32(n), true
}

// recvDatagram takes one datagram. What does not fit into the memory of the op is lost.
func (k *Kernel) recvDatagram(i int32, s *slot, c *sock) (int32, bool) {
	p := &k.pipes[k.opens[s.open].rx]
	switch {
	case s.limit == 0 && !sockets.Has(s.op.Kind):
		return 0, true
	case !p.readQueue.mayGo(i):
		return k.wait(s, queueRead)
	case c.err != backend.OK:
		return c.tell(), true
	case p.n == 0 && p.shut && msgFlags(&s.op)&backend.MsgDontWait == 0:
		return 0, true
	case p.n == 0:
		return k.wait(s, queueRead)
	}
	var head [datagramHeader]byte
	p.peek(0, head[:])
	n := int(head[0]) | int(head[1])<<8 | int(head[2])<<16 | int(head[3])<<24
	start := datagramHeader + int(head[4])
	got := 0
	if n > 0 {
		got = k.spill(p, s, start, min(n, s.limit))
	}
	if s.op.Kind == backend.OpRecvMsg {
		ext := s.op.Ext
		ext.ControlN, ext.MsgFlags = 0, 0
		ext.Addr = backend.Addr{Len: uint32(head[4])}
		p.peek(datagramHeader, ext.Addr.Raw[:ext.Addr.Len])
		if got < n {
			ext.MsgFlags = backend.MsgTrunc
		}
	}
	flags := msgFlags(&s.op)
	if flags&backend.MsgPeek == 0 {
		k.taken(p, start+n)
	}
	if flags&backend.MsgTrunc != 0 {
		got = n
	}
	return int32(got), true
}
