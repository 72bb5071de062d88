package sim

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// pipe is a bounded byte queue in one direction.
type pipe struct {
	buf        []byte // ring of Options.PipeBytes
	head, n    int
	readers    int32 // open files that read
	writers    int32 // open files that write
	link       int32 // free list
	readQueue  waitQueue
	writeQueue waitQueue
}

// readable reports whether a read returns without waiting: bytes or the end.
func (p *pipe) readable() bool { return p.n > 0 || p.writers == 0 }

// writable reports whether a write returns without waiting: some space, or nobody who will ever read.
func (p *pipe) writable() bool { return p.n < len(p.buf) || p.readers == 0 }

func (p *pipe) take(into []byte) int {
	n := min(len(into), p.n)
	c := copy(into[:n], p.buf[p.head:])
	copy(into[c:n], p.buf)
	p.head = (p.head + n) % len(p.buf)
	p.n -= n
	return n
}

func (p *pipe) put(data []byte) int {
	n := min(len(data), len(p.buf)-p.n)
	c := copy(p.buf[(p.head+p.n)%len(p.buf):], data[:n])
	copy(p.buf, data[c:n])
	p.n += n
	return n
}

func (k *Kernel) newPipe() int32 {
	i := k.pipeSpare
	if i == none {
		i = int32(len(k.pipes))
		k.pipes = append(k.pipes, pipe{buf: make([]byte, k.opts.PipeBytes)})
	} else {
		k.pipeSpare = k.pipes[i].link
	}
	p := &k.pipes[i]
	*p = pipe{buf: p.buf, readers: 1, writers: 1, link: none, readQueue: emptyQueue, writeQueue: emptyQueue}
	return i
}

func (k *Kernel) freePipe(i int32) {
	k.pipes[i].link = k.pipeSpare
	k.pipeSpare = i
}

// endPipe follows the close of an end.
func (k *Kernel) endPipe(i int32) {
	p := &k.pipes[i]
	if p.readers == 0 && p.writers == 0 {
		k.freePipe(i)
		return
	}
	k.kickPipe(i)
}

func (k *Kernel) kickPipe(i int32) {
	p := &k.pipes[i]
	if p.readQueue.head != none && p.readable() {
		k.wakeHead(&p.readQueue)
	}
	if p.writeQueue.head != none && p.writable() {
		k.wakeHead(&p.writeQueue)
	}
}

// performStream reads or writes a pipe or stream. Offsets are ignored, as in Linux.
func (k *Kernel) performStream(i int32, s *slot) (int32, bool) {
	o := &k.opens[s.open]
	switch s.op.Kind {
	case backend.OpRead:
		if o.rx == none {
			return -int32(backend.EBADF), true
		}
		p := &k.pipes[o.rx]
		switch {
		case s.limit == 0:
			return 0, true
		case !p.readQueue.mayGo(i) || !p.readable():
			return 0, false
		}
		return int32(p.take(s.op.Buf[:s.limit])), true
	case backend.OpWrite:
		if o.tx == none {
			return -int32(backend.EBADF), true
		}
		p := &k.pipes[o.tx]
		switch {
		case s.limit == 0:
			return 0, true
		case p.readers == 0:
			return -int32(backend.EPIPE), true
		case !p.writeQueue.mayGo(i) || !p.writable():
			return 0, false
		}
		return int32(p.put(s.op.Buf[:s.limit])), true
	}
	return -int32(backend.EINVAL), true // fsync and accept
}

// Pipe makes a pipe and returns the descriptors of its read and write end.
func (k *Kernel) Pipe() (r, w int32) {
	p := k.newPipe()
	ro, wo := k.newOpen(openStream), k.newOpen(openStream)
	k.opens[ro].rx = p
	k.opens[wo].tx = p
	return k.mustInstall(ro), k.mustInstall(wo)
}

// Put writes to a pipe or stream at once, as the outside would, and returns how many bytes there was room for; 0 if nobody
// will ever read them. It overtakes writes that wait for space.
func (k *Kernel) Put(fd int32, data []byte) int {
	i := k.mustLookup(fd)
	tx := k.opens[i].tx
	if tx == none {
		panic("sim: Put needs an end that can write")
	}
	if k.pipes[tx].readers == 0 {
		return 0
	}
	n := k.pipes[tx].put(data)
	k.kickPipe(tx)
	return n
}

// Take reads from a pipe or stream at once, as the outside would, and returns how many bytes were there. It overtakes reads
// that wait for bytes.
func (k *Kernel) Take(fd int32, into []byte) int {
	i := k.mustLookup(fd)
	rx := k.opens[i].rx
	if rx == none {
		panic("sim: Take needs an end that can read")
	}
	n := k.pipes[rx].take(into)
	k.kickPipe(rx)
	return n
}

// Listener makes a listener and returns its descriptor. Its backlog has no limit of its own.
func (k *Kernel) Listener() int32 { return k.mustInstall(k.newOpen(openListener)) }

// Connect opens a stream to a listener and returns the descriptor of the peer's end, which the world or a task uses and
// closes. The connection reaches the listener after the duration; until an accept takes it, what the peer writes stays in
// the stream. If the listener is closed before, the peer sees the end of the stream, and its writes fail with EPIPE.
func (k *Kernel) Connect(listener int32, after vclock.Duration) (peer int32) {
	l := k.mustLookup(listener)
	if k.opens[l].kind != openListener {
		panic("sim: Connect needs a listener")
	}
	out, in := k.newPipe(), k.newPipe()
	po, so := k.newOpen(openStream), k.newOpen(openStream)
	k.opens[po].tx, k.opens[po].rx = out, in
	k.opens[so].rx, k.opens[so].tx = out, in
	i := k.takeNode(eventConnect, l)
	k.nodes[i].open = so
	k.opens[l].refs++
	k.schedule(i, k.now.Add(after))
	return k.mustInstall(po)
}

// connected puts a connection that has arrived into the backlog.
func (k *Kernel) connected(l, c int32) {
	p := &k.opens[l].backlog
	for *p != none {
		p = &k.opens[*p].link
	}
	*p = c
	k.kick(l)
	k.release(l)
}

// performListener accepts. A connection that finds no free descriptor stays in the backlog, as in Linux.
func (k *Kernel) performListener(i int32, s *slot) (int32, bool) {
	if s.op.Kind != backend.OpAccept {
		return -int32(backend.EINVAL), true
	}
	l := &k.opens[s.open]
	if l.backlog == none || !l.accepts.mayGo(i) {
		return 0, false
	}
	c := l.backlog
	fd := k.install(c)
	if fd >= 0 {
		l.backlog = k.opens[c].link
		k.opens[c].link = none
	}
	return fd, true
}
