package backendtest

import (
	"strings"

	"github.com/tripoint-go/tripoint/backend"
)

const exists = -int32(backend.EEXIST)

func nameCases() []Case {
	return []Case{
		{"OpenFlags", files(), openFlags},
		{"PathsThatAreNone", files(), pathsThatAreNone},
		{"Mkdir", files(backend.OpMkdir, backend.OpStat), mkdir},
		{"DirectoryHasNoBytes", files(backend.OpMkdir), directoryHasNoBytes},
		{"PathsRelativeToADirectory", files(backend.OpMkdir), pathsRelativeToADirectory},
		{"Rename", files(backend.OpRename), rename},
		{"RenameNoReplace", files(backend.OpRename), renameNoReplace},
		{"Unlink", files(backend.OpUnlink), unlink},
		{"UnlinkDirectory", files(backend.OpUnlink, backend.OpMkdir), unlinkDirectory},
	}
}

func (r *rig) mkdirOp(name string) backend.Op {
	return backend.Op{Kind: backend.OpMkdir, FD: backend.AtCWD, Buf: r.path(name), Arg: 0o700}
}

func (r *rig) unlinkOp(name string, flags uint32) backend.Op {
	return backend.Op{Kind: backend.OpUnlink, FD: backend.AtCWD, Buf: r.path(name), Arg: flags}
}

func (r *rig) renameOp(from, to string, flags uint32) backend.Op {
	ext := &backend.OpExt{FD2: backend.AtCWD, Path: r.path(to)}
	return backend.Op{Kind: backend.OpRename, FD: backend.AtCWD, Buf: r.path(from), Arg: flags, Ext: ext}
}

// contents opens a name, reads it and closes it; "!" means that it is missing.
func (r *rig) contents(name string) string {
	r.Helper()
	fd := r.open(name, backend.OpenRead)
	if fd < 0 {
		r.want("open", fd, noEntry)
		return "!"
	}
	text := r.readAt(fd, 0, 100)
	r.close(fd)
	return text
}

// Open makes a missing file only if it is told to, and an existing one neither again nor empty unless it is told to.
func openFlags(r *rig) {
	const create = backend.OpenReadWrite | backend.OpenCreate
	r.want("open of a missing file", r.open("f", backend.OpenRead), noEntry)
	r.fill(r.must("open", backend.Op{Kind: backend.OpOpen, FD: backend.AtCWD, Buf: r.path("f"), Arg: create, Off: 0o600}), "old")
	r.want("an exclusive open of an existing file", r.open("f", create|backend.OpenExclusive), exists)
	r.close(r.open("f", create))
	if got := r.contents("f"); got != "old" {
		r.Errorf("an open with OpenCreate left %q of \"old\"", got)
	}
	r.close(r.open("f", backend.OpenWrite|backend.OpenTruncate))
	if got := r.contents("f"); got != "" {
		r.Errorf("an open with OpenTruncate left %q", got)
	}
	r.want("open of a file as a directory", r.open("f", backend.OpenDirectory), -int32(backend.ENOTDIR))
	r.want("open of a name below a file", r.open("f/g", backend.OpenRead), -int32(backend.ENOTDIR))
	r.want("open in a missing directory", r.open("d/g", create), noEntry)
}

// A path has 1 to 4095 bytes and no NUL. An empty one is EINVAL by the contract, or ENOENT where the kernel is asked.
func pathsThatAreNone(r *rig) {
	for _, c := range []struct {
		what, path string
		allowed    []int32
	}{
		{"an empty path", "", []int32{invalid, noEntry}},
		{"a path with a NUL", "a\x00b", []int32{invalid}},
		{"a path of 4096 bytes", strings.Repeat("a/", 2048), []int32{invalid, -int32(backend.ENAMETOOLONG)}},
	} {
		o := backend.Op{Kind: backend.OpOpen, FD: backend.AtCWD, Buf: []byte(c.path), Arg: backend.OpenReadWrite | backend.OpenCreate}
		r.want("open of "+c.what, r.do(o), c.allowed...)
	}
}

// Mkdir makes a directory once.
func mkdir(r *rig) {
	r.want("mkdir", r.do(r.mkdirOp("d")), 0)
	if s, res := r.stat(0, "d"); res != 0 || s.Mode&backend.ModeTypeMask != backend.ModeDirectory {
		r.Errorf("stat of a directory gave %s, mode %o", code(res), s.Mode)
	}
	r.want("mkdir of a directory that exists", r.do(r.mkdirOp("d")), exists)
	r.file("f", "")
	r.want("mkdir of a file's name", r.do(r.mkdirOp("f")), exists)
	r.want("mkdir in a missing directory", r.do(r.mkdirOp("x/y")), noEntry)
	r.want("mkdir in a directory", r.do(r.mkdirOp("d/e")), 0)
}

// A directory can be opened to be named in paths, but neither read nor opened for writing.
func directoryHasNoBytes(r *rig) {
	r.must("mkdir", r.mkdirOp("d"))
	fd := r.open("d", backend.OpenRead|backend.OpenDirectory)
	if fd < 0 {
		r.Fatalf("open of a directory gave %s", code(fd))
	}
	r.want("a read of a directory", r.read(fd, make([]byte, 8)), -int32(backend.EISDIR))
	r.want("open of a directory for writing", r.open("d", backend.OpenWrite), -int32(backend.EISDIR))
}

// A path is relative to the directory whose descriptor the op names.
func pathsRelativeToADirectory(r *rig) {
	r.must("mkdir", r.mkdirOp("d"))
	dir := r.open("d", backend.OpenDirectory)
	in := func(fd int32, name string, flags uint32) int32 {
		return r.do(backend.Op{Kind: backend.OpOpen, FD: fd, Buf: []byte(name), Arg: flags, Off: 0o600})
	}
	fd := in(dir, "f", backend.OpenReadWrite|backend.OpenCreate)
	if fd < 0 {
		r.Fatalf("open relative to a directory gave %s", code(fd))
	}
	r.writeAt(fd, 0, "deep")
	if got := r.contents("d/f"); got != "deep" {
		r.Errorf("d/f holds %q, want %q", got, "deep")
	}
	r.want("open relative to a file", in(fd, "g", backend.OpenRead), -int32(backend.ENOTDIR))
	r.close(dir)
	r.want("open relative to a closed directory", in(dir, "f", backend.OpenRead), badFD)
}

// A file that is renamed keeps its bytes and its open descriptors, and takes the place of what had the new name.
func rename(r *rig) {
	fd := r.file("a", "one")
	r.want("rename", r.do(r.renameOp("a", "b", 0)), 0)
	if a, b := r.contents("a"), r.contents("b"); a != "!" || b != "one" {
		r.Errorf("after rename the old name holds %q, the new one %q, want nothing and \"one\"", a, b)
	}
	r.writeAt(fd, 0, "ONE")
	r.file("c", "two")
	r.want("rename onto a file", r.do(r.renameOp("c", "b", 0)), 0)
	if b, old := r.contents("b"), r.readAt(fd, 0, 10); b != "two" || old != "ONE" {
		r.Errorf("after rename onto it b holds %q, the file that was replaced %q, want \"two\" and \"ONE\"", b, old)
	}
	r.want("rename of a missing name", r.do(r.renameOp("a", "z", 0)), noEntry)
	r.want("rename into a missing directory", r.do(r.renameOp("b", "d/b", 0)), noEntry)
}

// With RenameNoReplace nothing is replaced.
func renameNoReplace(r *rig) {
	r.file("a", "one")
	r.file("b", "two")
	r.want("rename onto a name that is taken", r.do(r.renameOp("a", "b", backend.RenameNoReplace)), exists)
	r.want("rename onto a free name", r.do(r.renameOp("a", "c", backend.RenameNoReplace)), 0)
	if a, b, c := r.contents("a"), r.contents("b"), r.contents("c"); a != "!" || b != "two" || c != "one" {
		r.Errorf("after that the names hold %q, %q, %q, want nothing, \"two\", \"one\"", a, b, c)
	}
}

// Unlink removes a name once, and no directory unless told.
func unlink(r *rig) {
	r.file("f", "gone")
	r.want("unlink", r.do(r.unlinkOp("f", 0)), 0)
	r.want("unlink of a missing name", r.do(r.unlinkOp("f", 0)), noEntry)
	r.want("unlink in a missing directory", r.do(r.unlinkOp("d/f", 0)), noEntry)
	if got := r.contents("f"); got != "!" {
		r.Errorf("an unlinked name holds %q", got)
	}
}

// Unlink with UnlinkDir removes an empty directory, nothing else; without it, no directory.
func unlinkDirectory(r *rig) {
	r.must("mkdir", r.mkdirOp("d"))
	r.close(r.file("d/f", ""))
	r.want("unlink of a directory as a file", r.do(r.unlinkOp("d", 0)), -int32(backend.EISDIR), -int32(backend.EPERM))
	r.want("unlink of a directory that is not empty", r.do(r.unlinkOp("d", backend.UnlinkDir)), -int32(backend.ENOTEMPTY), exists)
	r.want("unlink of a file as a directory", r.do(r.unlinkOp("d/f", backend.UnlinkDir)), -int32(backend.ENOTDIR))
	r.must("unlink", r.unlinkOp("d/f", 0))
	r.want("unlink of an empty directory", r.do(r.unlinkOp("d", backend.UnlinkDir)), 0)
	r.want("a second time", r.do(r.unlinkOp("d", backend.UnlinkDir)), noEntry)
}
