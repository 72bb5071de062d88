package sim

import "github.com/tripoint-go/tripoint/backend"

// file is a named file: what reads see, and what would survive a crash.
type file struct {
	name    []byte
	data    []byte
	durable []byte
	dirty   []extent // written and not yet durable, in the order of the writes
	writes  uint64   // number of the last write
	mark    uint64   // writes when the last fsync began
}

// extent is the range of one write, or of several adjoining ones that no fsync tells apart. seq is the number of the last.
type extent struct {
	off, n int
	seq    uint64
}

// dirtyMax bounds the unsynced extents of a file. When it is reached the oldest becomes durable by itself, which a kernel
// may do at any time.
const dirtyMax = 256

func (f *file) reset(name []byte) {
	f.name = append(f.name[:0], name...)
	f.data = f.data[:0]
	f.durable = f.durable[:0]
	f.dirty = f.dirty[:0]
	f.writes, f.mark = 0, 0
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

// performFile reads, writes or syncs a file. Offset -1 is the position of the open file.
func (k *Kernel) performFile(s *slot) int32 {
	o := &k.opens[s.open]
	f := &k.files[o.node]
	if s.op.Kind == backend.OpFsync {
		f.sync(s.mark)
		return 0
	}
	if s.op.Kind == backend.OpAccept || s.op.Off < -1 {
		return -int32(backend.EINVAL)
	}
	off := s.op.Off
	if off == -1 {
		off = o.pos
	}
	n := 0
	if s.op.Kind == backend.OpRead {
		if off < int64(len(f.data)) {
			n = copy(s.op.Buf[:s.limit], f.data[off:])
		}
	} else if s.limit > 0 {
		room := int64(k.opts.FileBytes) - off
		if room <= 0 {
			return -int32(backend.ENOSPC)
		}
		n = int(min(int64(s.limit), room))
		f.write(int(off), s.op.Buf[:n])
	}
	if s.op.Off == -1 {
		o.pos += int64(n)
	}
	return int32(n)
}

// find returns the index of a named file, or none.
func (k *Kernel) find(name []byte) int32 {
	for i := range k.files[:k.fileCount] {
		if string(k.files[i].name) == string(name) {
			return int32(i)
		}
	}
	return none
}

func (k *Kernel) create(name []byte) int32 {
	if k.fileCount == len(k.files) {
		return none
	}
	i := k.fileCount
	k.fileCount++
	k.files[i].reset(name)
	return int32(i)
}

// open performs OpOpen. A name that begins with '+' is created, empty, if it does not exist; the '+' is not part of it.
func (k *Kernel) open(name []byte) int32 {
	create := len(name) > 0 && name[0] == '+'
	if create {
		name = name[1:]
	}
	i := k.find(name)
	switch {
	case i == none && (!create || len(name) == 0):
		return -int32(backend.ENOENT)
	case k.fdCount == len(k.fds):
		return -int32(backend.EMFILE)
	case i == none:
		if i = k.create(name); i == none {
			return -int32(backend.ENOSPC)
		}
	}
	o := k.newOpen(openFileNode)
	k.opens[o].node = i
	return k.install(o)
}

// File makes the named file with the given content, which is durable, or replaces that of a file that exists. It copies
// data. A name is not empty and does not begin with '+', which OpOpen takes for "create".
func (k *Kernel) File(name string, data []byte) {
	if name == "" || name[0] == '+' {
		panic("sim: a file name is not empty and does not begin with '+'")
	}
	i := k.findString(name)
	if i == none {
		if k.fileCount == len(k.files) {
			panic("sim: more than Options.FilesMax files")
		}
		i = int32(k.fileCount)
		k.fileCount++
	}
	if len(data) > k.opts.FileBytes {
		panic("sim: a file is not larger than Options.FileBytes")
	}
	f := &k.files[i]
	f.reset(nil)
	f.name = append(f.name, name...)
	f.data = append(f.data, data...)
	f.durable = append(f.durable, data...)
}

func (k *Kernel) findString(name string) int32 {
	for i := range k.files[:k.fileCount] {
		if string(k.files[i].name) == name {
			return int32(i)
		}
	}
	return none
}

// OpenFile opens a file at once and returns its descriptor, with the position at 0. It panics if there is no such file.
func (k *Kernel) OpenFile(name string) int32 {
	i := k.findString(name)
	if i == none {
		panic("sim: there is no file " + name)
	}
	o := k.newOpen(openFileNode)
	k.opens[o].node = i
	return k.mustInstall(o)
}

// FileData returns the content of a file as reads see it, nil if there is no such file. The slice belongs to the kernel and
// is valid until the next call of any method.
func (k *Kernel) FileData(name string) []byte {
	if i := k.findString(name); i != none {
		return k.files[i].data
	}
	return nil
}

// Durable returns the content of a file that a crash would leave: what File set up and what fsync has made durable since.
// It is nil if there is no such file. The slice is lent as that of FileData.
func (k *Kernel) Durable(name string) []byte {
	if i := k.findString(name); i != none {
		return k.files[i].durable
	}
	return nil
}
