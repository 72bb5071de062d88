package aio

import (
	"io"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// File is a file with a position. A write moves the position when it completes, whether or not anybody still waits for it; a
// read moves it only when its result is taken (IO14).
type File struct {
	h   handle
	pos int64
}

// Open opens a file by name. It returns backend.ENOENT if there is none. It allocates.
func Open(t *sched.Task, name string) (*File, error) {
	for {
		fd, err := t.Do(backend.OpOpen, -1, []byte(name), 0)
		switch err {
		case nil:
			return NewFile(t, int32(fd)), nil
		case backend.EINTR, backend.EAGAIN:
		default:
			return nil, err
		}
	}
}

// NewFile wraps a descriptor that the world gave out, and makes t its owner. It allocates.
func NewFile(t *sched.Task, fd int32) *File {
	f := &File{}
	f.h.file = f
	f.h.init(t, fd, backend.HandleFile)
	return f
}

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

// offset is Pos, from inside.
func (f *File) offset() int64 { return f.pos }

// SetPos sets the position to off, at least 0.
func (f *File) SetPos(off int64) {
	f.h.ex.Lock()
	f.pos = 0
	f.moved(max(off, 0))
	f.h.ex.Unlock()
}

// Read reads from the position; io.EOF at the end of the file. Errors as Stream.Read.
func (f *File) Read(t *sched.Task, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := f.h.do(t, &f.h.in, backend.OpRead, p, f.offset)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Write writes at the position and returns how much of p was written, at least one byte. Errors as Stream.Write.
func (f *File) Write(t *sched.Task, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return f.h.do(t, &f.h.out, backend.OpWrite, p, f.offset)
}

// Sync returns when everything written before is durable, or the backend's Errno.
func (f *File) Sync(t *sched.Task) error {
	_, err := f.h.do(t, &f.h.in, backend.OpFsync, nil, noOffset)
	return err
}

// Close ends the file; see Stream.Close.
func (f *File) Close(t *sched.Task) error { return f.h.close(t) }
