package sim

import "github.com/tripoint-go/tripoint/backend"

// sock is what a socket has besides its open file. A connected stream reads opens[o].rx and writes opens[o].tx; a datagram
// socket reads opens[o].rx, where each datagram has a header.
type sock struct {
	local    backend.Addr // Len 0: none
	peerAddr backend.Addr // of a connected socket
	family   uint32
	err      backend.Errno // of the connection, told once
	open     int32         // its open file
	peer     int32         // open file at the other end of a stream, or none
	node     int32         // unix: file that it is bound to, referenced; or none
	link     int32         // free list

	backlog    int32 // listener: first connection that nobody has accepted, or none
	queued     int   // in the backlog
	backlogMax int
	accepts    waitQueue
	connects   waitQueue // connects that find the backlog full

	used      bool
	stream    bool
	listening bool
	bound     bool // holds its address against others
	connected bool
	embryo    bool // in a backlog
	refused   bool // by the last connect
	shutRead  bool
	shutWrite bool
	told      bool // has been sent to after the peer was gone, or was reset
}

const (
	backlogLimit = 4096
	typeMax      = 10                // of sockets that Linux knows
	noSuchType   = backend.Errno(94) // ESOCKTNOSUPPORT
)

func (k *Kernel) sockOf(o int32) *sock { return &k.socks[k.opens[o].sock] }

// newSock makes a socket with an open file of its own and returns that.
func (k *Kernel) newSock(family uint32, stream bool) int32 {
	i := k.sockSpare
	if i != none {
		k.sockSpare = k.socks[i].link
	} else {
		i = int32(len(k.socks))
		k.socks = append(k.socks, sock{})
	}
	o := k.newOpen(openSocket)
	k.opens[o].sock = i
	c := &k.socks[i]
	*c = sock{}
	c.family, c.open, c.used, c.stream = family, o, true, stream
	c.peer, c.node, c.link, c.backlog = none, none, none, none
	c.accepts, c.connects = emptyQueue(), emptyQueue()
	if !stream {
		k.newPipe(o, none)
	}
	return o
}

// socket performs OpSocket.
func (k *Kernel) socket(family uint32, typ int64) int32 {
	switch {
	case family != backend.AFInet && family != backend.AFInet6 && family != backend.AFUnix:
		return -int32(backend.EAFNOSUPPORT)
	case typ < 0 || typ > typeMax:
		return -int32(backend.EINVAL)
	case typ != backend.SockStream && typ != backend.SockDgram:
		return -int32(noSuchType)
	case k.fdCount == len(k.fds):
		return -int32(backend.EMFILE)
	}
	return k.install(k.newSock(family, typ == backend.SockStream))
}

// performSocket performs what works on a socket.
func (k *Kernel) performSocket(i int32, s *slot) (int32, bool) {
	c := k.sockOf(s.open)
	if (reads | writes).Has(s.op.Kind) && s.op.Off != 0 && s.op.Off != -1 {
		return -int32(backend.ESPIPE), true
	}
	if s.reset && c.connected {
		s.reset = false
		k.sever(s.open)
	}
	switch kind := s.op.Kind; {
	case reads.Has(kind), kind == backend.OpRecv, kind == backend.OpRecvMsg:
		if c.stream {
			return k.recvStream(i, s, c)
		}
		return k.recvDatagram(i, s, c)
	case writes.Has(kind), kind == backend.OpSend, kind == backend.OpSendMsg, kind == backend.OpSendZC:
		if kind == backend.OpSendMsg && len(s.op.Ext.Control) > 0 || kind == backend.OpSendZC && c.family == backend.AFUnix {
			return -int32(backend.EOPNOTSUPP), true
		}
		if c.stream {
			return k.sendStream(i, s, c)
		}
		return k.sendDatagram(i, s, c)
	case kind == backend.OpAccept:
		return k.accept(i, s, c)
	case kind == backend.OpBind:
		return -int32(k.bind(c, &s.op.Ext.Addr)), true
	case kind == backend.OpListen:
		return -int32(k.listen(c, s.op.Arg)), true
	case kind == backend.OpConnect:
		return k.connect(i, s)
	case kind == backend.OpShutdown:
		return -int32(k.shutdown(s.open, s.op.Arg)), true
	case kind == backend.OpFallocate:
		return -int32(backend.ENODEV), true
	}
	return -int32(backend.EINVAL), true // fsync, truncate
}

// listen performs OpListen.
func (k *Kernel) listen(c *sock, backlog uint32) backend.Errno {
	switch {
	case !c.stream:
		return backend.EOPNOTSUPP
	case c.connected, c.refused, c.family == backend.AFUnix && !c.bound:
		return backend.EINVAL
	case !c.bound:
		k.autobind(c)
	}
	c.listening = true
	c.backlogMax = int(min(backlog, backlogLimit))
	k.kickSock(c)
	return backend.OK
}

// accept takes the first connection. One that finds no free descriptor stays in the backlog, as in Linux.
func (k *Kernel) accept(i int32, s *slot, c *sock) (int32, bool) {
	switch {
	case !c.stream:
		return -int32(backend.EOPNOTSUPP), true
	case !c.listening:
		return -int32(backend.EINVAL), true
	case c.backlog == none || !c.accepts.mayGo(i):
		s.wants = queueAccept
		return 0, false
	}
	o := c.backlog
	fd := k.install(o)
	if fd >= 0 {
		c.backlog = k.opens[o].link
		c.queued--
		k.opens[o].link = none
		k.sockOf(o).embryo = false
		if s.op.Ext != nil {
			s.op.Ext.Addr = k.sockOf(o).peerAddr
		}
	}
	return fd, true
}

// connect performs OpConnect. A stream that finds the backlog full waits for a place in it.
func (k *Kernel) connect(i int32, s *slot) (int32, bool) {
	c := k.sockOf(s.open)
	to := &s.op.Ext.Addr
	if !c.stream {
		return -int32(k.connectDatagram(c, to)), true
	}
	unix := c.family == backend.AFUnix
	if !unix && (c.listening || c.connected) {
		return -int32(backend.EISCONN), true
	}
	target, err := k.reach(c, to)
	switch {
	case err != backend.OK:
		c.refused = !unix && err == backend.ECONNREFUSED
		return -int32(err), true
	case c.listening:
		return -int32(backend.EINVAL), true
	case c.connected:
		return -int32(backend.EISCONN), true
	}
	l := k.sockOf(target)
	if l.queued > l.backlogMax || !l.connects.mayGo(i) {
		k.waitAt(i, target, queueConnect)
		return 0, false
	}
	c.refused = false
	if c.local.Len == 0 && !unix {
		k.autobind(c)
	}
	if isAny(&c.local) {
		setIP(&c.local, to)
	}
	server := k.pair(s.open, target)
	c = k.sockOf(s.open)
	c.peerAddr = *to
	if isAny(to) {
		setIP(&c.peerAddr, to)
	}
	k.sockOf(server).peerAddr, k.sockOf(server).local = c.local, c.peerAddr
	k.arrived(target, server)
	if k.pollers > 0 {
		k.notify(s.open, backend.PollOut)
	}
	return 0, true
}

// waitAt makes op i want the queue of another open file. If it is in that of a third one, it leaves it.
func (k *Kernel) waitAt(i, at int32, queue uint8) {
	s := &k.slots[i]
	if s.in != queueNone && s.via != at {
		k.disarm(i)
	}
	s.via, s.wants = at, queue
}

// pair connects an open stream socket to a new one, which it returns.
func (k *Kernel) pair(client, listener int32) int32 {
	family := k.sockOf(client).family
	server := k.newSock(family, true)
	k.newPipe(server, client)
	k.newPipe(client, server)
	a, b := k.sockOf(client), k.sockOf(server)
	a.connected, b.connected, b.embryo = true, true, true
	a.peer, b.peer = server, client
	a.peerAddr = k.sockOf(listener).local
	b.local, b.peerAddr = a.peerAddr, a.local
	return server
}

// arrived puts a connection into the backlog.
func (k *Kernel) arrived(listener, server int32) {
	l := k.sockOf(listener)
	p := &l.backlog
	for *p != none {
		p = &k.opens[*p].link
	}
	*p = server
	l.queued++
	k.kickSock(l)
	if k.pollers > 0 {
		k.notify(listener, backend.PollIn)
	}
}

func (k *Kernel) kickSock(c *sock) {
	if c.accepts.head != none && c.backlog != none {
		k.wakeHead(&c.accepts)
	}
	if c.connects.head != none && c.queued <= c.backlogMax {
		k.wakeHead(&c.connects)
	}
}

// shutdown performs OpShutdown.
func (k *Kernel) shutdown(o int32, how uint32) backend.Errno {
	c := k.sockOf(o)
	read, write := how != backend.ShutWrite, how != backend.ShutRead
	switch {
	case how > backend.ShutBoth:
		return backend.EINVAL
	case c.listening:
		if read {
			k.unlisten(c, -int32(backend.EINVAL))
			c.shutRead, c.shutWrite = false, false
			k.notify(o, backend.PollHup|backend.PollIn)
		}
		return backend.OK
	case c.connected && c.stream && c.told && c.family != backend.AFUnix:
		return backend.ENOTCONN // it was reset
	}
	if read {
		c.shutRead = true
		if rx := k.opens[o].rx; rx != none {
			k.pipes[rx].shut = true
			k.endPipe(&k.pipes[rx])
		}
	}
	if write {
		c.shutWrite = true
		if tx := k.opens[o].tx; tx != none {
			k.pipes[tx].writers = 0
			k.endPipe(&k.pipes[tx])
		}
	}
	if !c.connected && c.family != backend.AFUnix {
		return backend.ENOTCONN // and yet it has an effect
	}
	return backend.OK
}

// unlisten ends a listener: waiting accepts end with res, connections that nobody has accepted are reset, and those that
// wait for a place are refused.
func (k *Kernel) unlisten(c *sock, res int32) {
	c.listening = false
	k.failAll(&c.accepts, res)
	k.failAll(&c.connects, -int32(backend.ECONNREFUSED))
	for c.backlog != none {
		o := c.backlog
		c.backlog = k.opens[o].link
		k.release(o)
	}
	c.queued = 0
}

// closeSock follows the close of the last reference to a socket. A stream with bytes that nobody has read is reset.
func (k *Kernel) closeSock(o int32) {
	i := k.opens[o].sock
	c := &k.socks[i]
	if c.listening {
		k.unlisten(c, -int32(backend.EINVAL))
	}
	if c.peer != none {
		p := k.sockOf(c.peer)
		p.peer = none
		if c.embryo || k.pipes[k.opens[o].rx].n > 0 {
			p.err, p.told = backend.ECONNRESET, true
			if c.shutWrite && c.family != backend.AFUnix {
				p.err = backend.EPIPE // the reset comes after the end
			}
		}
	}
	if !c.stream {
		k.failAll(&k.pipes[k.opens[o].rx].writeQueue, -int32(backend.ECONNREFUSED))
	}
	if c.node != none {
		k.dropNode(c.node)
	}
	c.used = false
	c.link = k.sockSpare
	k.sockSpare = i
}

// sever breaks a connection: both ends are told ECONNRESET, and what was on its way is lost.
func (k *Kernel) sever(o int32) {
	c := k.sockOf(o)
	c.err, c.told = backend.ECONNRESET, true
	if c.peer != none {
		p := k.sockOf(c.peer)
		p.err, p.told = backend.ECONNRESET, true
	}
	for _, i := range [2]int32{k.opens[o].rx, k.opens[o].tx} {
		p := &k.pipes[i]
		p.n, p.readers, p.writers = 0, 0, 0
		k.endPipe(p)
	}
}
