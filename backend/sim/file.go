package sim

import "github.com/tripoint-go/tripoint/backend"

// file is a node of the file system. Of a regular file it knows what reads see, and what would survive a crash.
type file struct {
	name    []byte
	data    []byte
	durable []byte
	dirty   []extent // written and not yet durable, in the order of the writes
	writes  uint64   // number of the last write
	mark    uint64   // writes when the last fsync began
	inode   uint64
	parent  int32 // directory
	refs    int32 // open files and bound sockets
	mode    uint32
	named   bool // is in its directory
	used    bool
}

// extent is the range of one write, or of several adjoining ones that no fsync tells apart. seq is the number of the last.
type extent struct {
	off, n int
	seq    uint64
}

// dirtyMax bounds the unsynced extents of a file. When it is reached the oldest becomes durable by itself, which a kernel
// may do at any time.
const dirtyMax = 256

func (f *file) isDir() bool { return f.mode&backend.ModeTypeMask == backend.ModeDirectory }

func (f *file) isRegular() bool { return f.mode&backend.ModeTypeMask == backend.ModeRegular }

// reset makes f an empty node that keeps its buffers.
func (f *file) reset() {
	*f = file{name: f.name[:0], data: f.data[:0], durable: f.durable[:0], dirty: f.dirty[:0]}
}

// grown returns b with at least n bytes, new ones being zero.
func grown(b []byte, n int) []byte {
	old := len(b)
	if n <= old {
		return b
	}
	if n > cap(b) {
		b = append(b, make([]byte, n-old)...)
	}
	b = b[:n]
	clear(b[old:])
	return b
}

// write stores a non-empty range and remembers it as unsynced.
func (f *file) write(off int, data []byte) {
	f.data = grown(f.data, off+len(data))
	copy(f.data[off:], data)
	f.writes++
	if last := len(f.dirty) - 1; last >= 0 {
		e := &f.dirty[last]
		if e.off+e.n == off && e.seq > f.mark {
			e.n += len(data)
			e.seq = f.writes
			return
		}
	}
	if len(f.dirty) == dirtyMax {
		f.persist(f.dirty[0])
		copy(f.dirty, f.dirty[1:])
		f.dirty = f.dirty[:dirtyMax-1]
	}
	f.dirty = append(f.dirty, extent{off: off, n: len(data), seq: f.writes})
}

func (f *file) persist(e extent) {
	f.durable = grown(f.durable, e.off+e.n)
	copy(f.durable[e.off:], f.data[e.off:e.off+e.n])
}

// sync makes durable what had been written up to a mark.
func (f *file) sync(mark uint64) {
	kept := f.dirty[:0]
	for _, e := range f.dirty {
		if e.seq <= mark {
			f.persist(e)
		} else {
			kept = append(kept, e)
		}
	}
	f.dirty = kept
}

// forget is a failed fsync: what was unsynced counts as clean from now on and never becomes durable.
func (f *file) forget() { f.dirty = f.dirty[:0] }

// resize cuts a file or extends it with zeros. The size is durable at once, as all metadata is.
func (f *file) resize(n int) {
	if n >= len(f.data) {
		f.data = grown(f.data, n)
		f.durable = grown(f.durable, n)
		return
	}
	f.data = f.data[:n]
	f.durable = f.durable[:min(n, len(f.durable))]
	kept := f.dirty[:0]
	for _, e := range f.dirty {
		if e.n = min(e.n, n-e.off); e.n > 0 {
			kept = append(kept, e)
		}
	}
	f.dirty = kept
}

// performFile performs what works on an open file or directory. Offset -1 is the position of the open file.
func (k *Kernel) performFile(s *slot) int32 {
	o := &k.opens[s.open]
	f := &k.files[o.node]
	switch kind := s.op.Kind; {
	case sockets.Has(kind):
		return -int32(backend.ENOTSOCK)
	case kind == backend.OpFsync:
		f.sync(s.mark)
		return 0
	case kind == backend.OpTruncate:
		return -int32(k.truncate(o, f, s.op.Off))
	case kind == backend.OpFallocate:
		return -int32(k.fallocate(o, f, &s.op))
	case reads.Has(kind) && o.access&accessRead == 0, writes.Has(kind) && o.access&accessWrite == 0:
		return -int32(backend.EBADF)
	case f.isDir():
		return -int32(backend.EISDIR)
	case s.op.Off < -1:
		return -int32(backend.EINVAL)
	}
	off := s.op.Off
	if off == -1 {
		off = o.pos
	}
	end := off
	if reads.Has(s.op.Kind) {
		end += int64(k.readFile(f, s, off))
	} else if s.limit > 0 {
		if o.access&accessAppend != 0 {
			off = int64(len(f.data))
		}
		room := int64(k.opts.FileBytes) - off
		if room <= 0 {
			return -int32(backend.ENOSPC)
		}
		end = off + int64(k.writeFile(f, s, off, int(min(int64(s.limit), room))))
	}
	if s.op.Off == -1 {
		o.pos = end
	}
	return int32(end - off)
}

// readFile copies what a file has at an offset into the memory of a transfer.
func (k *Kernel) readFile(f *file, s *slot, off int64) int {
	if off >= int64(len(f.data)) {
		return 0
	}
	rest := f.data[off:]
	rest = rest[:min(len(rest), s.limit)]
	if s.op.Ext == nil { // one piece
		return copy(s.op.Buf, rest)
	}
	var room [1][]byte
	done := 0
	for _, piece := range k.pieces(s, &room) {
		done += copy(piece, rest[done:])
	}
	return done
}

// writeFile copies n bytes of a transfer into a file.
func (k *Kernel) writeFile(f *file, s *slot, off int64, n int) int {
	if s.op.Ext == nil { // one piece
		f.write(int(off), s.op.Buf[:n])
		return n
	}
	var room [1][]byte
	done := 0
	for _, piece := range k.pieces(s, &room) {
		piece = piece[:min(len(piece), n-done)]
		if len(piece) > 0 {
			f.write(int(off)+done, piece)
		}
		done += len(piece)
	}
	return done
}

// truncate performs OpTruncate.
func (k *Kernel) truncate(o *openFile, f *file, n int64) backend.Errno {
	switch {
	case n < 0 || !f.isRegular() || o.access&accessWrite == 0:
		return backend.EINVAL
	case n > int64(k.opts.FileBytes):
		return backend.EFBIG
	}
	f.resize(int(n))
	return backend.OK
}

// fallocate performs OpFallocate. Space is never scarce below the limit of a file, so there is nothing to do but to extend.
func (k *Kernel) fallocate(o *openFile, f *file, op *backend.Op) backend.Errno {
	const keepSize = 1
	off, n := op.Off, op.Ext.Off2
	switch {
	case off < 0 || n <= 0:
		return backend.EINVAL
	case op.Arg&^keepSize != 0:
		return backend.EOPNOTSUPP
	case o.access&accessWrite == 0:
		return backend.EBADF
	case off > int64(k.opts.FileBytes) || n > int64(k.opts.FileBytes)-off:
		return backend.ENOSPC
	}
	if op.Arg == 0 && off+n > int64(len(f.data)) {
		f.resize(int(off + n))
	}
	return backend.OK
}
