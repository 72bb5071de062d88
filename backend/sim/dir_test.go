package sim_test

import (
	"path"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"pgregory.net/rapid"
)

// do runs one op in a slot of its own and returns its result.
func do(t *testing.T, k *sim.Kernel, o backend.Op) int32 {
	t.Helper()
	o.ID = backend.MakeOpID(60, 1)
	return run(t, k, &o)
}

func openOp(dir int32, name string, flags uint32) backend.Op {
	return backend.Op{Kind: backend.OpOpen, FD: dir, Arg: flags, Off: 0o640, Buf: []byte(name)}
}

func mkdirOp(dir int32, name string) backend.Op {
	return backend.Op{Kind: backend.OpMkdir, FD: dir, Arg: 0o750, Buf: []byte(name)}
}

func unlinkOp(dir int32, name string, flags uint32) backend.Op {
	return backend.Op{Kind: backend.OpUnlink, FD: dir, Arg: flags, Buf: []byte(name)}
}

func renameOp(dir int32, from, to string, flags uint32) backend.Op {
	return backend.Op{Kind: backend.OpRename, FD: dir, Arg: flags, Buf: []byte(from),
		Ext: &backend.OpExt{FD2: dir, Path: []byte(to)}}
}

func fallocOp(fd int32, mode uint32, off, n int64) backend.Op {
	return backend.Op{Kind: backend.OpFallocate, FD: fd, Arg: mode, Off: off, Ext: &backend.OpExt{Off2: n}}
}

// stat returns what OpStat says of a name, or its error.
func stat(t *testing.T, k *sim.Kernel, fd int32, name string) (backend.Stat, int32) {
	t.Helper()
	buf := make([]byte, backend.StatBytes)
	res := do(t, k, backend.Op{Kind: backend.OpStat, FD: fd, Buf: buf, Ext: &backend.OpExt{Path: []byte(name)}})
	return backend.ParseStat(buf), res
}

const (
	cwd     = backend.AtCWD
	create  = backend.OpenCreate | backend.OpenReadWrite
	dirFlag = backend.UnlinkDir
)

// Errors of paths, and what each op says to a file, a directory and nothing. The steps build on each other.
func TestPaths(t *testing.T) {
	k := kernel(nil, sim.Options{FilesMax: 6})
	k.Dir("d")
	k.File("d/f", []byte("content"))
	no := errno
	long := strings.Repeat("n", 256)
	for _, s := range []struct {
		what string
		op   backend.Op
		want int32
	}{
		{"open below a file", openOp(cwd, "d/f/x", 0), no(backend.ENOTDIR)},
		{"open below nothing", openOp(cwd, "no/x", 0), no(backend.ENOENT)},
		{"a long name", openOp(cwd, long, 0), no(backend.ENAMETOOLONG)},
		{"a long path", openOp(cwd, strings.Repeat("a/", 2048), 0), no(backend.EINVAL)},
		{"a file as a directory", openOp(cwd, "d/f/", 0), no(backend.ENOTDIR)},
		{"OpenDirectory of a file", openOp(cwd, "d/f", backend.OpenDirectory), no(backend.ENOTDIR)},
		{"write to a directory", openOp(cwd, "d", backend.OpenWrite), no(backend.EISDIR)},
		{"create a directory", openOp(cwd, "d", create), no(backend.EISDIR)},
		{"create x/", openOp(cwd, "x/", create), no(backend.EISDIR)},
		{"two access modes", openOp(cwd, "d/f", 3), no(backend.EINVAL)},
		{"exclusive", openOp(cwd, "d/f", create|backend.OpenExclusive), no(backend.EEXIST)},
		{"dots", openOp(cwd, "/d/../d/./f", 0), 3},
		{"at a file", openOp(3, "x", 0), no(backend.ENOTDIR)},
		{"at nothing", openOp(9, "x", 0), no(backend.EBADF)},
		{"absolute, at nothing", openOp(9, "/d/f", 0), 4},
		{"a directory", openOp(cwd, "d", backend.OpenDirectory), 5},
		{"at a directory", openOp(5, "f", 0), 6},
		{"above the root", openOp(5, "../../../d/f", 0), 7},
		{"mkdir of what exists", mkdirOp(cwd, "d/f"), no(backend.EEXIST)},
		{"mkdir below nothing", mkdirOp(cwd, "no/x"), no(backend.ENOENT)},
		{"mkdir", mkdirOp(5, "e/"), 0},
		{"unlink a directory", unlinkOp(cwd, "d/e", 0), no(backend.EISDIR)},
		{"rmdir a file", unlinkOp(cwd, "d/f", dirFlag), no(backend.ENOTDIR)},
		{"rmdir what is not empty", unlinkOp(cwd, "d", dirFlag), no(backend.ENOTEMPTY)},
		{"rmdir .", unlinkOp(cwd, "d/.", dirFlag), no(backend.EINVAL)},
		{"rmdir ..", unlinkOp(cwd, "d/e/..", dirFlag), no(backend.ENOTEMPTY)},
		{"rmdir /", unlinkOp(cwd, "/", dirFlag), no(backend.EBUSY)},
		{"unlink with unknown flags", unlinkOp(cwd, "d/f", 1), no(backend.EINVAL)},
		{"rename into itself", renameOp(cwd, "d", "d/e/x", 0), no(backend.EINVAL)},
		{"rename a file onto a directory", renameOp(cwd, "d/f", "d/e", 0), no(backend.EISDIR)},
		{"rename a directory onto a file", renameOp(cwd, "d/e", "d/f", 0), no(backend.ENOTDIR)},
		{"rename nothing", renameOp(cwd, "no", "x", 0), no(backend.ENOENT)},
		{"rename onto what exists", renameOp(cwd, "d/f", "d/e", backend.RenameNoReplace), no(backend.EEXIST)},
		{"rename /", renameOp(cwd, "/", "x", 0), no(backend.EBUSY)},
		{"rename onto itself", renameOp(cwd, "d/f", "d/./f", 0), 0},
		{"rename", renameOp(5, "f", "e/g", 0), 0},
		{"the old name", openOp(cwd, "d/f", 0), no(backend.ENOENT)},
		{"move a directory", renameOp(cwd, "d/e", "top", 0), 0},
		{"in its new place", openOp(cwd, "top/g", 0), 8},
	} {
		if got := do(t, k, s.op); got != s.want {
			t.Errorf("%s: %d, want %d", s.what, got, s.want)
		}
	}
	if got := string(k.FileData("top/g")); got != "content" {
		t.Errorf("the file that was moved holds %q", got)
	}
}

// A file that lost its name lives as long as it is open; a directory that did accepts nothing new. Their room is used again.
func TestUnlinked(t *testing.T) {
	k := kernel(nil, sim.Options{FilesMax: 2})
	k.File("f", []byte("old"))
	fd := k.OpenFile("f")
	do(t, k, unlinkOp(cwd, "f", 0))
	do(t, k, mkdirOp(cwd, "d"))
	if res := do(t, k, openOp(cwd, "f", create)); res != errno(backend.ENOSPC) {
		t.Errorf("a third node gave %d, want ENOSPC while the unlinked one is open", res)
	}
	buf := make([]byte, 8)
	if res := do(t, k, backend.Op{Kind: backend.OpRead, FD: fd, Buf: buf}); res != 3 || string(buf[:3]) != "old" {
		t.Errorf("read %d, %q of an unlinked file", res, buf)
	}
	if s, res := stat(t, k, fd, ""); res != 0 || s.Links != 0 || s.Size != 3 {
		t.Errorf("stat gave %d, %+v; want no links, 3 bytes", res, s)
	}
	k.CloseFD(fd)
	dir := do(t, k, openOp(cwd, "d", backend.OpenDirectory))
	do(t, k, unlinkOp(cwd, "d", dirFlag))
	if res := do(t, k, openOp(dir, "f", create)); res != errno(backend.ENOENT) {
		t.Errorf("a file in a removed directory: %d, want ENOENT", res)
	}
	if res := do(t, k, openOp(cwd, "f", create)); res < 0 || len(k.FileData("f")) != 0 {
		t.Errorf("a new file gave %d and has %d bytes", res, len(k.FileData("f")))
	}
}

// Open modes are kept: who may not read or write gets EBADF; appending ignores offsets; truncation and permission bits.
func TestOpenModes(t *testing.T) {
	k := kernel(nil, sim.Options{FileBytes: 100})
	k.File("f", []byte("12345"))
	rd, wr := do(t, k, openOp(cwd, "f", backend.OpenRead)), do(t, k, openOp(cwd, "f", backend.OpenWrite))
	ap := do(t, k, openOp(cwd, "f", backend.OpenReadWrite|backend.OpenAppend))
	dir := do(t, k, openOp(cwd, "/", backend.OpenDirectory))
	buf := []byte("ab")
	for _, s := range []struct {
		what string
		op   backend.Op
		want int32
	}{
		{"write, read-only", backend.Op{Kind: backend.OpWrite, FD: rd, Buf: buf}, errno(backend.EBADF)},
		{"read, write-only", backend.Op{Kind: backend.OpRead, FD: wr, Buf: buf}, errno(backend.EBADF)},
		{"read a directory", backend.Op{Kind: backend.OpRead, FD: dir, Buf: buf}, errno(backend.EISDIR)},
		{"write a directory", backend.Op{Kind: backend.OpWrite, FD: dir, Buf: buf}, errno(backend.EBADF)},
		{"fsync a directory", backend.Op{Kind: backend.OpFsync, FD: dir}, 0},
		{"unknown fsync flags", backend.Op{Kind: backend.OpFsync, FD: wr, Arg: 2}, errno(backend.EINVAL)},
		{"append at 0", backend.Op{Kind: backend.OpWrite, FD: ap, Buf: buf}, 2},
		{"truncate, read-only", backend.Op{Kind: backend.OpTruncate, FD: rd}, errno(backend.EINVAL)},
		{"truncate to -1", backend.Op{Kind: backend.OpTruncate, FD: wr, Off: -1}, errno(backend.EINVAL)},
		{"truncate beyond the limit", backend.Op{Kind: backend.OpTruncate, FD: wr, Off: 101}, errno(backend.EFBIG)},
		{"truncate", backend.Op{Kind: backend.OpTruncate, FD: wr, Off: 6}, 0},
		{"fallocate nothing", fallocOp(wr, 0, 0, 0), errno(backend.EINVAL)},
		{"fallocate, read-only", fallocOp(rd, 0, 0, 1), errno(backend.EBADF)},
		{"fallocate too much", fallocOp(wr, 0, 1, 100), errno(backend.ENOSPC)},
		{"fallocate", fallocOp(wr, 0, 4, 4), 0},
		{"fallocate, keep size", fallocOp(wr, 1, 50, 4), 0},
	} {
		if got := do(t, k, s.op); got != s.want {
			t.Errorf("%s: %d, want %d", s.what, got, s.want)
		}
	}
	if got := string(k.FileData("f")); got != "12345a\x00\x00" || len(k.Durable("f")) != 8 {
		t.Errorf("the file is %q, of which %q is durable", got, k.Durable("f"))
	}
	if s, _ := stat(t, k, cwd, "f"); s.Size != 8 || s.Mode != backend.ModeRegular|0o644 || s.Links != 1 {
		t.Errorf("stat gave %+v", s)
	}
	do(t, k, openOp(cwd, "g", create))
	if s, _ := stat(t, k, cwd, "g"); s.Mode != backend.ModeRegular|0o640 {
		t.Errorf("a new file has mode %o", s.Mode)
	}
	do(t, k, openOp(cwd, "f", backend.OpenWrite|backend.OpenTruncate))
	if len(k.FileData("f")) != 0 {
		t.Errorf("OpenTruncate left %q", k.FileData("f"))
	}
}

// Truncation and fsync: what is cut off never comes back, and what is unsynced behind the cut is forgotten.
func TestTruncateUnsynced(t *testing.T) {
	k := kernel(nil, sim.Options{})
	k.File("f", []byte("......"))
	fd := k.OpenFile("f")
	run(t, k, writeAt(0, fd, 2, "abcd"))
	do(t, k, backend.Op{Kind: backend.OpTruncate, FD: fd, Off: 3})
	do(t, k, backend.Op{Kind: backend.OpTruncate, FD: fd, Off: 5})
	do(t, k, backend.Op{Kind: backend.OpFsync, FD: fd})
	if got := string(k.Durable("f")); got != "..a\x00\x00" || string(k.FileData("f")) != got {
		t.Errorf("durable %q, data %q", got, k.FileData("f"))
	}
}

// treeModel is a tree of directories as a map of clean paths.
type treeModel struct {
	t    *testing.T
	k    *sim.Kernel
	tree map[string]bool // path: whether it is a directory
}

const treeMax = 8 // files and directories besides the root

func (m *treeModel) empty(p string) bool {
	for q := range m.tree {
		if q != p && path.Dir(q) == p {
			return false
		}
	}
	return true
}

// missing says why a path cannot be made or found, apart from its last name.
func (m *treeModel) missing(p string) int32 {
	for q := path.Dir(p); ; q = path.Dir(q) {
		if dir, there := m.tree[q]; there && !dir {
			return errno(backend.ENOTDIR)
		} else if there {
			break
		}
	}
	if !m.tree[path.Dir(p)] {
		return errno(backend.ENOENT)
	}
	return 0
}

func (m *treeModel) check(rt *rapid.T, what, p string, got, want int32) {
	if got != want {
		rt.Fatalf("%s %s: %d, want %d; tree %v", what, p, got, want, m.tree)
	}
}

// add makes a file or directory.
func (m *treeModel) add(rt *rapid.T, p string, dir bool) {
	want := m.missing(p)
	if _, there := m.tree[p]; want == 0 && there {
		want = errno(backend.EEXIST)
	} else if want == 0 && len(m.tree) == 1+treeMax {
		want = errno(backend.ENOSPC)
	}
	op := openOp(cwd, p, create|backend.OpenExclusive)
	if dir {
		op = mkdirOp(cwd, p)
	}
	res := do(m.t, m.k, op)
	if !dir && res >= 0 {
		m.k.CloseFD(res)
		res = 0
	}
	m.check(rt, "add", p, res, want)
	if want == 0 {
		m.tree[p] = dir
	}
}

func (m *treeModel) remove(rt *rapid.T, p string, flags uint32) {
	want := m.missing(p)
	dir, there := m.tree[p]
	switch {
	case want != 0:
	case !there:
		want = errno(backend.ENOENT)
	case dir && flags == 0:
		want = errno(backend.EISDIR)
	case !dir && flags != 0:
		want = errno(backend.ENOTDIR)
	case dir && !m.empty(p):
		want = errno(backend.ENOTEMPTY)
	}
	m.check(rt, "unlink", p, do(m.t, m.k, unlinkOp(cwd, p, flags)), want)
	if want == 0 {
		delete(m.tree, p)
	}
}

func (m *treeModel) rename(rt *rapid.T, p, q string) {
	res := do(m.t, m.k, renameOp(cwd, p, q, 0))
	fromDir, from := m.tree[p]
	toDir, to := m.tree[q]
	legal := m.missing(p) == 0 && m.missing(q) == 0 && from && !strings.HasPrefix(q, p+"/") &&
		(!to || p == q || fromDir == toDir && (!toDir || m.empty(q)))
	if legal != (res == 0) {
		rt.Fatalf("rename %s %s gave %d; tree %v", p, q, res, m.tree)
	}
	if !legal || p == q {
		return
	}
	moved := map[string]bool{}
	for old, dir := range m.tree {
		if old == p || strings.HasPrefix(old, p+"/") {
			delete(m.tree, old)
			moved[q+strings.TrimPrefix(old, p)] = dir
		}
	}
	for p, dir := range moved {
		m.tree[p] = dir
	}
}

// A tree of directories is a map of clean paths, one op at a time.
func TestDirModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &treeModel{t, kernel(nil, sim.Options{FilesMax: treeMax}), map[string]bool{"/": true}}
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 3)
		draw := func(t *rapid.T, what string) string { return "/" + strings.Join(names.Draw(t, what), "/") }
		rt.Repeat(map[string]func(*rapid.T){
			"mkdir": func(rt *rapid.T) { m.add(rt, draw(rt, "path"), true) },
			"open":  func(rt *rapid.T) { m.add(rt, draw(rt, "path"), false) },
			"unlink": func(rt *rapid.T) {
				m.remove(rt, draw(rt, "path"), rapid.SampledFrom([]uint32{0, dirFlag}).Draw(rt, "flags"))
			},
			"rename": func(rt *rapid.T) { m.rename(rt, draw(rt, "from"), draw(rt, "to")) },
			"": func(rt *rapid.T) {
				for p, dir := range m.tree {
					s, res := stat(t, m.k, cwd, p)
					if res != 0 || dir != (s.Mode&backend.ModeTypeMask == backend.ModeDirectory) {
						rt.Fatalf("stat of %s gave %d and mode %o; tree %v", p, res, s.Mode, m.tree)
					}
				}
			},
		})
	})
}
