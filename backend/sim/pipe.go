package sim

import "github.com/tripoint-go/tripoint/backend"

// pipe is a bounded byte queue in one direction.
type pipe struct {
	buf        []byte // ring of Options.PipeBytes
	head, n    int
	readers    int32 // whether there is somebody who will read, 0 or 1
	writers    int32 // whether there is somebody who will write, 0 or 1
	ends       int32 // open files that it belongs to
	reader     int32 // open file that reads, or none
	writer     int32 // open file that writes, or none; of datagrams: none
	link       int32 // free list
	shut       bool  // the reader wants no more
	readQueue  waitQueue
	writeQueue waitQueue
}

// readable reports whether a read returns without waiting: bytes or the end.
func (p *pipe) readable() bool { return p.n > 0 || p.writers == 0 || p.shut }

// writable reports whether a write returns without waiting: some space, or nobody who will ever read.
func (p *pipe) writable() bool { return p.n < len(p.buf) || p.readers == 0 || p.writers == 0 }

// room returns how many bytes can be put.
func (p *pipe) room() int { return len(p.buf) - p.n }

// peek copies what is there, from the given byte on, and leaves it.
func (p *pipe) peek(from int, into []byte) int {
	n := min(len(into), p.n-from)
	at := (p.head + from) % len(p.buf)
	c := copy(into[:n], p.buf[at:])
	copy(into[c:n], p.buf)
	return n
}

// skip takes n bytes that are there.
func (p *pipe) skip(n int) {
	p.head = (p.head + n) % len(p.buf)
	p.n -= n
}

func (p *pipe) put(data []byte) int {
	n := min(len(data), len(p.buf)-p.n)
	c := copy(p.buf[(p.head+p.n)%len(p.buf):], data[:n])
	copy(p.buf, data[c:n])
	p.n += n
	return n
}

// newPipe makes a pipe between two open files.
func (k *Kernel) newPipe(reader, writer int32) int32 {
	i := k.pipeSpare
	if i == none {
		i = int32(len(k.pipes))
		k.pipes = append(k.pipes, pipe{buf: make([]byte, k.opts.PipeBytes)})
	} else {
		k.pipeSpare = k.pipes[i].link
	}
	p := &k.pipes[i]
	*p = pipe{buf: p.buf, readers: 1, writers: 1, ends: 1, reader: reader, writer: writer, link: none,
		readQueue: emptyQueue(), writeQueue: emptyQueue()}
	k.opens[reader].rx = i
	if writer != none {
		k.opens[writer].tx = i
		p.ends = 2
	}
	return i
}

func (k *Kernel) freePipe(i int32) {
	k.pipes[i].link = k.pipeSpare
	k.pipeSpare = i
}

// leavePipe follows the close of an open file to which the pipe belonged.
func (k *Kernel) leavePipe(i int32) {
	p := &k.pipes[i]
	p.ends--
	if p.ends == 0 {
		k.freePipe(i)
		return
	}
	k.endPipe(p)
}

// endPipe lets those go on who wait for an end that will not come any more.
func (k *Kernel) endPipe(p *pipe) {
	k.kickPipe(p)
	if k.pollers > 0 {
		k.notify(p.reader, backend.PollIn|backend.PollHup|backend.PollRdHup)
		k.notify(p.writer, backend.PollOut|backend.PollErr|backend.PollHup)
	}
}

func (k *Kernel) kickPipe(p *pipe) {
	if p.readQueue.head != none && p.readable() {
		k.wakeHead(&p.readQueue)
	}
	if p.writeQueue.head != none && p.writable() {
		k.wakeHead(&p.writeQueue)
	}
}

// fill moves bytes of a transfer into a pipe, at most n and as many as fit.
func (k *Kernel) fill(p *pipe, s *slot, n int) int {
	done := 0
	if s.op.Ext == nil { // one piece
		done = p.put(s.op.Buf[s.got:][:n])
		if k.pollers > 0 && done > 0 {
			k.notify(p.reader, backend.PollIn)
		}
		return done
	}
	var room [1][]byte
	skip := s.got
	for _, piece := range k.pieces(s, &room) {
		if skip >= len(piece) {
			skip -= len(piece)
			continue
		}
		piece = piece[skip:]
		skip = 0
		piece = piece[:min(len(piece), n-done)]
		c := p.put(piece)
		done += c
		if c < len(piece) || done == n {
			break
		}
	}
	if k.pollers > 0 && done > 0 {
		k.notify(p.reader, backend.PollIn)
	}
	return done
}

// spill copies bytes of a pipe, from the given one on and at most n, into the memory of a transfer, and leaves them there.
func (k *Kernel) spill(p *pipe, s *slot, from, n int) int {
	if s.op.Ext == nil { // one piece
		return p.peek(from, s.op.Buf[s.got:][:n])
	}
	var room [1][]byte
	done := 0
	skip := s.got
	for _, piece := range k.pieces(s, &room) {
		if skip >= len(piece) {
			skip -= len(piece)
			continue
		}
		piece = piece[skip:]
		skip = 0
		piece = piece[:min(len(piece), n-done)]
		c := p.peek(from+done, piece)
		done += c
		if c < len(piece) || done == n {
			break
		}
	}
	return done
}

// taken drops n bytes of a pipe that somebody has.
func (k *Kernel) taken(p *pipe, n int) {
	full := p.n == len(p.buf)
	p.skip(n)
	if k.pollers > 0 && full && n > 0 {
		k.notify(p.writer, backend.PollOut)
	}
}

// performPipe reads or writes a pipe. Offsets are ignored, as in Linux.
func (k *Kernel) performPipe(i int32, s *slot) (int32, bool) {
	o := &k.opens[s.open]
	switch kind := s.op.Kind; {
	case reads.Has(kind):
		if o.rx == none {
			return -int32(backend.EBADF), true
		}
		p := &k.pipes[o.rx]
		switch {
		case s.limit == 0:
			return 0, true
		case !p.readQueue.mayGo(i) || !p.readable():
			s.wants = queueRead
			return 0, false
		}
		n := k.spill(p, s, 0, s.limit)
		k.taken(p, n)
		return int32(n), true
	case writes.Has(kind):
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
			s.wants = queueWrite
			return 0, false
		}
		return int32(k.fill(p, s, s.limit)), true
	case sockets.Has(kind):
		return -int32(backend.ENOTSOCK), true
	case kind == backend.OpFallocate && o.tx == none:
		return -int32(backend.EBADF), true
	case kind == backend.OpFallocate:
		return -int32(backend.ESPIPE), true
	}
	return -int32(backend.EINVAL), true // fsync, truncate
}

// sockets has the kinds that work on sockets only.
const sockets backend.OpSet = 1<<backend.OpAccept | 1<<backend.OpBind | 1<<backend.OpListen | 1<<backend.OpConnect |
	1<<backend.OpSend | 1<<backend.OpRecv | 1<<backend.OpSendMsg | 1<<backend.OpRecvMsg | 1<<backend.OpSendZC |
	1<<backend.OpShutdown
