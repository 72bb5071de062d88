package sim

import "github.com/tripoint-go/tripoint/backend"

// performSplice moves bytes between a pipe and another open file, as many as there are and have room, at most Arg. It waits
// for the source first, then for the target.
func (k *Kernel) performSplice(i int32, s *slot) (int32, bool) {
	if s.via == none {
		s.via = k.lookup(s.op.Ext.FD2)
		if s.via == none {
			return -int32(backend.EBADF), true
		}
		k.opens[s.via].refs++
	}
	from, to := &k.opens[s.open], &k.opens[s.via]
	if err := k.checkSplice(s, from, to); err != backend.OK {
		return -int32(err), true
	}
	if s.limit == 0 {
		return 0, true
	}
	if from.rx != none {
		p := &k.pipes[from.rx]
		if from.kind == openSocket && p.n == 0 && k.socks[from.sock].err != backend.OK {
			return k.socks[from.sock].tell(), true
		}
		if !p.readable() || s.in != queueOut && !p.readQueue.mayGo(i) {
			s.wants = queueRead
			return 0, false
		}
		if p.n == 0 {
			return 0, true
		}
	}
	if to.tx != none {
		switch p := &k.pipes[to.tx]; {
		case p.readers == 0 || p.writers == 0:
			return -int32(backend.EPIPE), true
		case p.room() == 0 || s.in == queueOut && !p.writeQueue.mayGo(i):
			s.wants = queueOut
			return 0, false
		}
	}
	return k.move(s, from, to), true
}

// checkSplice returns what is wrong with the two sides of a splice.
func (k *Kernel) checkSplice(s *slot, from, to *openFile) backend.Errno {
	pipes := from.kind == openPipe || to.kind == openPipe
	offsets := from.kind != openFileNode && s.op.Off != -1 || to.kind != openFileNode && s.op.Ext.Off2 != -1
	switch {
	case from.kind == openPipe && from.rx == none, to.kind == openPipe && to.tx == none,
		from.kind == openFileNode && from.access&accessRead == 0, to.kind == openFileNode && to.access&accessWrite == 0:
		return backend.EBADF
	case !pipes:
		return backend.EINVAL
	case offsets && (from.kind == openSocket || to.kind == openSocket):
		return backend.EINVAL
	case offsets:
		return backend.ESPIPE
	case from.kind == openFileNode && !k.files[from.node].isRegular(), to.access&accessAppend != 0,
		from.kind == openPipe && to.kind == openPipe && from.rx == to.tx:
		return backend.EINVAL
	case to.kind == openSocket && to.tx == none && k.socks[to.sock].family != backend.AFUnix:
		return backend.EPIPE
	case from.kind == openSocket && from.rx == none, to.kind == openSocket && to.tx == none:
		return backend.ENOTCONN
	}
	return backend.OK
}

// move copies the bytes of a splice, piece by piece.
func (k *Kernel) move(s *slot, from, to *openFile) int32 {
	var chunk [512]byte
	done := 0
	for done < s.limit {
		want := min(len(chunk), s.limit-done)
		if to.tx != none {
			want = min(want, k.pipes[to.tx].room())
		}
		in, inOff := k.source(s, from, chunk[:want])
		if in == 0 {
			break
		}
		if to.tx != none {
			k.pipes[to.tx].put(chunk[:in])
		} else if out := k.sink(s, to, chunk[:in]); out < in {
			if out == 0 && done == 0 {
				return -int32(backend.ENOSPC)
			}
			in = out
		}
		if from.rx != none {
			k.taken(&k.pipes[from.rx], in)
		} else if s.op.Off == -1 {
			from.pos = inOff + int64(in)
		} else {
			s.op.Off = inOff + int64(in)
		}
		done += in
		if in < want {
			break
		}
	}
	if k.pollers > 0 && to.tx != none && done > 0 {
		k.notify(k.pipes[to.tx].reader, backend.PollIn)
	}
	return int32(done)
}

// source copies what a splice reads next, and says where in the file that was. It takes nothing away.
func (k *Kernel) source(s *slot, from *openFile, into []byte) (int, int64) {
	if from.rx != none {
		return k.pipes[from.rx].peek(0, into), 0
	}
	off := s.op.Off
	if off == -1 {
		off = from.pos
	}
	data := k.files[from.node].data
	return copy(into, data[min(off, int64(len(data))):]), off
}

// sink writes to the file that a splice writes, and returns how much of it found room.
func (k *Kernel) sink(s *slot, to *openFile, data []byte) int {
	off := s.op.Ext.Off2
	if off == -1 {
		off = to.pos
	} else {
		off += int64(s.got)
	}
	n := int(max(0, min(int64(len(data)), int64(k.opts.FileBytes)-off)))
	if n > 0 {
		k.files[to.node].write(int(off), data[:n])
	}
	if s.op.Ext.Off2 == -1 {
		to.pos += int64(n)
	} else {
		s.got += n
	}
	return n
}
