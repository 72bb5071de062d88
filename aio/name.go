package aio

import (
	"io"
	"strconv"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// This file has what works on names. Names are relative to the current directory. Errors are the backend's Errno, and
// sched.ErrCancelled if t is cancelled: then the change may have been made or not.

// Remove removes a file's name.
func Remove(t *sched.Task, name string) error { return unlink(t, name, 0) }

// RemoveDir removes an empty directory.
func RemoveDir(t *sched.Task, name string) error { return unlink(t, name, backend.UnlinkDir) }

func unlink(t *sched.Task, name string, how uint32) error {
	_, err := repeat(t, backend.Op{Kind: backend.OpUnlink, FD: backend.AtCWD, Buf: []byte(name), Arg: how})
	return err
}

// Rename gives a file or directory another name. What had that name is replaced in the same moment.
func Rename(t *sched.Task, name, to string) error {
	ext := &backend.OpExt{FD2: backend.AtCWD, Path: []byte(to)}
	_, err := repeat(t, backend.Op{Kind: backend.OpRename, FD: backend.AtCWD, Buf: []byte(name), Ext: ext})
	return err
}

// Mkdir makes a directory; perm are its permission bits, before the mask of the process.
func Mkdir(t *sched.Task, name string, perm uint32) error {
	_, err := repeat(t, backend.Op{Kind: backend.OpMkdir, FD: backend.AtCWD, Buf: []byte(name), Arg: perm})
	return err
}

// StatPath says what a name stands for.
func StatPath(t *sched.Task, name string) (backend.Stat, error) {
	if name == "" { // for the operation, an empty path is the descriptor itself
		return backend.Stat{}, backend.ENOENT
	}
	buf := make([]byte, backend.StatBytes)
	op := backend.Op{Kind: backend.OpStat, FD: backend.AtCWD, Buf: buf, Ext: &backend.OpExt{Path: []byte(name)}}
	if _, err := repeat(t, op); err != nil {
		return backend.Stat{}, err
	}
	return backend.ParseStat(buf), nil
}

// ReadFile returns the content of a file of at most limit bytes. A longer one is backend.EFBIG. It allocates what the file
// needs.
func ReadFile(t *sched.Task, name string, limit int) ([]byte, error) {
	f, err := Open(t, name)
	if err != nil {
		return nil, err
	}
	data, err := f.readAll(t, limit)
	if end := f.Close(t); err == nil {
		err = end
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// readStep is how much is asked for at a time when a file turns out longer than it said, as those of /proc do.
const readStep = 4096

func (f *File) readAll(t *sched.Task, limit int) ([]byte, error) {
	st, err := f.Stat(t)
	if err != nil && err != backend.EOPNOTSUPP {
		return nil, err
	}
	if st.Size > int64(limit) {
		return nil, backend.EFBIG
	}
	// One byte more than is there, so that the last read finds the end.
	data := make([]byte, 0, st.Size+1)
	for {
		if len(data) == cap(data) {
			data = append(data, make([]byte, readStep)...)[:len(data)]
		}
		n, err := f.Read(t, data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case len(data) > limit:
			return nil, backend.EFBIG
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, err
		}
	}
}

// WriteFile makes data the content of a file, in place: on an error, or a cancel, part of it may be there. perm are the
// permission bits of a file that is made.
func WriteFile(t *sched.Task, name string, data []byte, perm uint32) error {
	return writeFile(t, name, backend.OpenTruncate, data, perm, false)
}

// ReplaceFile makes data the content of a file as a whole: whoever reads it, now or after a crash, finds the old content or
// the new one, which is durable before it gets the name. A cancel may leave a file of the same name with an ending in .new
// behind.
func ReplaceFile(t *sched.Task, name string, data []byte, perm uint32) error {
	ex := t.Executor()
	made := name + "." + strconv.FormatUint(uint64(t.ID()), 36) + "-" + strconv.FormatInt(int64(ex.Now()), 36) + ".new"
	err := writeFile(t, made, backend.OpenExclusive, data, perm, true)
	if err == nil {
		err = Rename(t, made, name)
	}
	if err != nil && err != backend.EEXIST {
		Remove(t, made)
	}
	return err
}

func writeFile(t *sched.Task, name string, how uint32, data []byte, perm uint32, durable bool) error {
	f, err := OpenFile(t, name, backend.OpenWrite|backend.OpenCreate|how, perm)
	if err != nil {
		return err
	}
	_, err = f.WriteAll(t, data)
	if err == nil && durable {
		err = f.SyncData(t)
	}
	if end := f.Close(t); err == nil {
		err = end
	}
	return err
}
