package sim

import "github.com/tripoint-go/tripoint/backend"

// msgFlags returns the Msg flags of an op; reads and writes have none.
func msgFlags(op *backend.Op) uint32 {
	if sockets.Has(op.Kind) {
		return op.Arg
	}
	return 0
}

// tell returns the error of the connection, which is told once.
func (c *sock) tell() int32 {
	err := c.err
	c.err = backend.OK
	return -int32(err)
}

// wait makes an op want a queue, or end with EAGAIN if it does not wait.
func (k *Kernel) wait(s *slot, queue uint8) (int32, bool) {
	if msgFlags(&s.op)&backend.MsgDontWait != 0 {
		return k.partOr(s, -int32(backend.EAGAIN)), true
	}
	s.wants = queue
	return 0, false
}

// sendStream writes to a connected stream. The first write after the peer has closed succeeds on IPv4 and IPv6, because the
// peer's answer is still on its way.
func (k *Kernel) sendStream(i int32, s *slot, c *sock) (int32, bool) {
	unix := c.family == backend.AFUnix
	if s.op.Kind == backend.OpSendMsg && unix && s.op.Ext.Addr.Len > 0 {
		if c.connected {
			return -int32(backend.EISCONN), true
		}
		return -int32(backend.EOPNOTSUPP), true
	}
	if !c.connected && unix {
		return -int32(backend.ENOTCONN), true
	}
	if c.err != backend.OK && !unix {
		return k.partOr(s, c.tell()), true
	}
	if !c.connected || c.shutWrite {
		return k.partOr(s, -int32(backend.EPIPE)), true
	}
	p := &k.pipes[k.opens[s.open].tx]
	switch {
	case p.readers == 0 && (unix || c.told), unix && p.shut:
		return k.partOr(s, -int32(backend.EPIPE)), true
	case s.limit == 0:
		return 0, true
	case p.readers == 0:
		c.told, c.err = true, backend.EPIPE // the answer of the peer
		return int32(s.limit), true
	case !p.writeQueue.mayGo(i) || p.room() == 0:
		return k.wait(s, queueWrite)
	}
	n := k.fill(p, s, s.limit-s.got)
	if wantsAll(&s.op) && s.got+n < s.limit {
		s.got += n
		k.kickPipe(p)
		return k.wait(s, queueWrite)
	}
	return int32(s.got + n), true
}

// recvStream reads from a connected stream: bytes first, then an error, then the end.
func (k *Kernel) recvStream(i int32, s *slot, c *sock) (int32, bool) {
	if !c.connected {
		switch {
		case c.family == backend.AFUnix:
			return -int32(backend.EINVAL), true
		case (c.shutRead || c.refused) && !c.listening:
			return 0, true
		}
		return -int32(backend.ENOTCONN), true
	}
	if s.op.Kind == backend.OpRecvMsg {
		s.op.Ext.MsgFlags, s.op.Ext.ControlN, s.op.Ext.Addr = 0, 0, backend.Addr{}
		if c.family == backend.AFUnix {
			s.op.Ext.Addr = c.peerAddr
		}
	}
	p := &k.pipes[k.opens[s.open].rx]
	switch {
	case s.limit == 0 && !sockets.Has(s.op.Kind):
		return 0, true
	case !p.readQueue.mayGo(i):
		return k.wait(s, queueRead)
	case p.n > 0:
		return k.recvBytes(s, p)
	case c.err != backend.OK && c.err != backend.EPIPE: // which only sends are told
		return k.partOr(s, c.tell()), true
	case p.writers == 0 || p.shut:
		return k.partOr(s, 0), true
	}
	return k.wait(s, queueRead)
}

func (k *Kernel) recvBytes(s *slot, p *pipe) (int32, bool) {
	n := k.spill(p, s, 0, s.limit-s.got)
	if msgFlags(&s.op)&backend.MsgPeek != 0 {
		return int32(n), true
	}
	k.taken(p, n)
	if wantsAll(&s.op) && s.got+n < s.limit {
		s.got += n
		k.kickPipe(p)
		if p.writers == 0 || p.shut {
			return int32(s.got), true
		}
		return k.wait(s, queueRead)
	}
	return int32(s.got + n), true
}
