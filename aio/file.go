package aio

import (
	"io"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// File is a file with a position. A write moves the position when it completes, whether or not anybody still waits for it; a
// read moves it only when its result is taken (IO14). Tasks that use the position take turns; what names its own offset
// (ReadAt, WriteAt) runs beside everything.
type File struct {
	h   handle
	pos int64
}

// Open opens a file for reading. It returns backend.ENOENT if there is none. It allocates.
func Open(t *sched.Task, name string) (*File, error) { return OpenFile(t, name, backend.OpenRead, 0) }

// Create opens a file for reading and writing, and makes it empty, or new if it is missing. It allocates.
func Create(t *sched.Task, name string) (*File, error) {
	return OpenFile(t, name, backend.OpenReadWrite|backend.OpenCreate|backend.OpenTruncate, 0o666)
}

// OpenFile opens a file by name: flags are the Open constants of package backend, perm the permission bits of a file that is
// made, before the mask of the process. With backend.OpenAppend the position does not say where writes go. Errors are the
// backend's Errno, sched.ErrCancelled if t is cancelled. It allocates.
func OpenFile(t *sched.Task, name string, flags, perm uint32) (*File, error) {
	fd, err := repeat(t, backend.Op{Kind: backend.OpOpen, FD: backend.AtCWD, Buf: []byte(name), Arg: flags, Off: int64(perm)})
	if err != nil {
		return nil, err
	}
	return NewFile(t, int32(fd)), nil
}

// NewFile wraps a descriptor that the world gave out, and makes t its owner. It allocates.
func NewFile(t *sched.Task, fd int32) *File {
	f := &File{}
	f.h.file = f
	f.h.init(t, fd, backend.HandleFile)
	return f
}

// FD returns the descriptor.
func (f *File) FD() int32 { return f.h.fd }

func (f *File) moved(n int64) {
	f.pos += n
	f.h.ex.Trace().Emit(backend.EvPos, int64(f.h.fd), f.pos, 0, 0, 0)
}

// Pos returns the position, in bytes from the start.
func (f *File) Pos() int64 {
	f.h.ex.Lock()
	pos := f.pos
	f.h.ex.Unlock()
	return pos
}

// SetPos sets the position to off, at least 0.
func (f *File) SetPos(off int64) {
	f.h.ex.Lock()
	f.moved(max(off, 0) - f.pos)
	f.h.ex.Unlock()
}

// Seek sets the position to off from the start, the position or the end (io.SeekStart, io.SeekCurrent, io.SeekEnd) and
// returns it. A position before the start is backend.EINVAL. Only the end makes it ask the backend, and wait.
func (f *File) Seek(t *sched.Task, off int64, whence int) (int64, error) {
	var size int64
	switch whence {
	case io.SeekStart, io.SeekCurrent:
	case io.SeekEnd:
		st, err := f.Stat(t)
		if err != nil {
			return 0, err
		}
		size = st.Size
	default:
		return 0, backend.EINVAL
	}
	in := t.Enter()
	pos := size + off
	if whence == io.SeekCurrent {
		pos = f.pos + off
	}
	var err error
	if pos >= 0 {
		f.moved(pos - f.pos)
	} else {
		pos, err = f.pos, backend.EINVAL
	}
	t.Leave(in)
	return pos, err
}

// Read reads from the position; io.EOF at the end of the file. Errors as Stream.Read.
func (f *File) Read(t *sched.Task, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return orEOF(f.h.do(t, &f.h.in, backend.Op{Kind: backend.OpRead, Buf: p}, nil))
}

// Write writes at the position and returns how much of p was written, at least one byte. Errors as Stream.Write.
func (f *File) Write(t *sched.Task, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return f.h.do(t, &f.h.out, backend.Op{Kind: backend.OpWrite, Buf: p}, nil)
}

// WriteAll writes all of p, from the position on. On an error it returns how much was written before.
func (f *File) WriteAll(t *sched.Task, p []byte) (int, error) {
	var n int
	for n < len(p) {
		m, err := f.Write(t, p[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// ReadV is Read into several pieces, at most backend.VecMax, one after the other. The slice is lent with them. It allocates.
func (f *File) ReadV(t *sched.Task, pieces [][]byte) (int, error) {
	if total(pieces) == 0 {
		return 0, nil
	}
	return orEOF(f.h.do(t, &f.h.in, backend.Op{Kind: backend.OpReadv, Ext: &backend.OpExt{Vec: pieces}}, nil))
}

// WriteV is Write of several pieces, at most backend.VecMax, one after the other. The slice is lent with them. It allocates.
func (f *File) WriteV(t *sched.Task, pieces [][]byte) (int, error) {
	if total(pieces) == 0 {
		return 0, nil
	}
	return f.h.do(t, &f.h.out, backend.Op{Kind: backend.OpWritev, Ext: &backend.OpExt{Vec: pieces}}, nil)
}

// ReadAt reads from off, at least 0, and does not touch the position. It returns at least one byte, io.EOF at the end of the
// file, other errors as Stream.Read. Any number of them may be under way at the same time.
func (f *File) ReadAt(t *sched.Task, p []byte, off int64) (int, error) {
	switch {
	case off < 0:
		return 0, backend.EINVAL
	case len(p) == 0:
		return 0, nil
	}
	return orEOF(f.h.doBeside(t, backend.Op{Kind: backend.OpRead, Buf: p, Off: off}))
}

// WriteAt writes at off, at least 0, and does not touch the position. It returns how much of p was written, at least one
// byte. Any number of them may be under way at the same time.
func (f *File) WriteAt(t *sched.Task, p []byte, off int64) (int, error) {
	switch {
	case off < 0:
		return 0, backend.EINVAL
	case len(p) == 0:
		return 0, nil
	}
	return f.h.doBeside(t, backend.Op{Kind: backend.OpWrite, Buf: p, Off: off})
}

// Stat says what the file is: its size, type and permissions. It allocates.
func (f *File) Stat(t *sched.Task) (backend.Stat, error) {
	buf := make([]byte, backend.StatBytes)
	if _, err := f.h.doBeside(t, backend.Op{Kind: backend.OpStat, Buf: buf, Ext: &backend.OpExt{}}); err != nil {
		return backend.Stat{}, err
	}
	return backend.ParseStat(buf), nil
}

// Truncate makes the file size bytes long, at least 0: shorter, or longer with zeros. The position stays.
func (f *File) Truncate(t *sched.Task, size int64) error {
	_, err := f.h.doBeside(t, backend.Op{Kind: backend.OpTruncate, Off: size})
	return err
}

// Sync returns when everything written before is durable, or the backend's Errno.
func (f *File) Sync(t *sched.Task) error { return f.sync(t, 0) }

// SyncData is Sync without what is not needed to read the data again, such as times.
func (f *File) SyncData(t *sched.Task) error { return f.sync(t, backend.FsyncData) }

func (f *File) sync(t *sched.Task, how uint32) error {
	_, err := f.h.doBeside(t, backend.Op{Kind: backend.OpFsync, Off: noOffset, Arg: how})
	return err
}

// Close ends the file; see Stream.Close.
func (f *File) Close(t *sched.Task) error { return f.h.close(t) }

// Reader returns the file, from its position on, as an io.Reader for code that runs in t. It allocates.
func (f *File) Reader(t *sched.Task) io.Reader { return taskReader{t, f.Read} }

// Writer returns the file, from its position on, as an io.Writer for code that runs in t. It allocates.
func (f *File) Writer(t *sched.Task) io.Writer { return taskWriter{t, f.WriteAll} }

// ReaderAt returns the file as an io.ReaderAt for code that runs in t. It allocates.
func (f *File) ReaderAt(t *sched.Task) io.ReaderAt { return taskReaderAt{t, f} }

type taskReaderAt struct {
	t *sched.Task
	f *File
}

// ReadAt implements io.ReaderAt: it fills p, or says why not.
func (r taskReaderAt) ReadAt(p []byte, off int64) (int, error) {
	var n int
	for n < len(p) {
		m, err := r.f.ReadAt(r.t, p[n:], off+int64(n))
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
