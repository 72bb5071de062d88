package backendtest

import "github.com/tripoint-go/tripoint/backend"

// files is what cases with files need.
func files(more ...backend.OpKind) needs {
	return needs{ops: set(backend.OpRead, backend.OpWrite, backend.OpOpen, backend.OpClose) | set(more...), dir: true}
}

func fileCases() []Case {
	return []Case{
		{"FileReadsBack", files(), fileReadsBack},
		{"FilePosition", files(), filePosition},
		{"FileAppend", files(), fileAppend},
		{"FileAccessMode", files(), fileAccessMode},
		{"FileHolesAreZero", files(), fileHolesAreZero},
		{"FsyncCompletes", files(backend.OpFsync), fsyncCompletes},
		{"FileStat", files(backend.OpStat), fileStat},
		{"FileTruncate", files(backend.OpTruncate), fileTruncate},
		{"FileFallocate", files(backend.OpFallocate, backend.OpStat), fileFallocate},
		{"FileOutlivesItsName", files(backend.OpUnlink), fileOutlivesItsName},
		{"FileAsync", withFlags(files(), backend.FlagAsync), fileAsync},
		{"FileDescriptorsAreDistinct", files(), descriptorsAreDistinct},
	}
}

func withFlags(n needs, f backend.OpFlags) needs {
	n.flags |= f
	return n
}

// A read across the end of a file gives the rest, one at or after the end 0; what was written at an offset is read there.
func fileReadsBack(r *rig) {
	fd := r.file("f", "0123456789")
	r.writeAt(fd, 4, "xy")
	for _, c := range []struct {
		off  int64
		n    int
		want string
	}{{0, 10, "0123xy6789"}, {3, 4, "3xy6"}, {8, 100, "89"}, {10, 5, ""}, {1000, 5, ""}} {
		if got := r.readAt(fd, c.off, c.n); got != c.want {
			r.Errorf("a read of %d bytes at %d gave %q, want %q", c.n, c.off, got, c.want)
		}
	}
	buf := []byte("------")
	n := r.must("read", backend.Op{Kind: backend.OpRead, FD: fd, Buf: buf, Off: 8})
	if n < 1 || n > 2 || string(buf) != "89"[:n]+"------"[n:] {
		r.Errorf("a read of %d bytes across the end left its buffer as %q", n, buf)
	}
}

// Offset -1 stands for the file's own position, which the op advances by its result. An offset of its own leaves the
// position alone. Other negative offsets are invalid.
func filePosition(r *rig) {
	fd := r.file("f", "")
	r.fill(fd, "abc")
	r.fill(fd, "def")
	if got := r.readAt(fd, 0, 100); got != "abcdef" {
		r.Errorf("two writes at the position made %q, want %q", got, "abcdef")
	}
	r.want("a read at the position, which is the end,", r.read(fd, make([]byte, 4)), 0)
	again := r.must("open", backend.Op{Kind: backend.OpOpen, FD: backend.AtCWD, Buf: r.path("f"), Off: 0})
	if got := r.drain(again, 2) + r.readAt(again, 4, 1) + r.drain(again, 2); got != "abecd" {
		r.Errorf("reads at the position with one at offset 4 between gave %q, want %q", got, "abecd")
	}
	for _, off := range []int64{-2, -1 << 40} {
		r.want("a read at a negative offset", r.do(backend.Op{Kind: backend.OpRead, FD: fd, Buf: make([]byte, 1), Off: off}), invalid)
		r.want("a write at a negative offset", r.do(backend.Op{Kind: backend.OpWrite, FD: fd, Buf: []byte("n"), Off: off}), invalid)
	}
}

// With OpenAppend every write goes to the end, whatever offset it names.
func fileAppend(r *rig) {
	r.close(r.file("f", "head"))
	fd := r.open("f", backend.OpenReadWrite|backend.OpenAppend)
	for _, off := range []int64{0, 2, -1} {
		r.must("write", backend.Op{Kind: backend.OpWrite, FD: fd, Buf: []byte("+"), Off: off})
	}
	if got := r.readAt(fd, 0, 100); got != "head+++" {
		r.Errorf("three appends made %q, want %q", got, "head+++")
	}
}

// What a descriptor was not opened for is EBADF; a directory has no bytes.
func fileAccessMode(r *rig) {
	r.close(r.file("f", "text"))
	rd, wr := r.open("f", backend.OpenRead), r.open("f", backend.OpenWrite)
	r.want("a write for which the file is not open", r.write(rd, []byte("x")), badFD)
	r.want("a read for which the file is not open", r.read(wr, make([]byte, 1)), badFD)
	r.close(rd)
	r.want("a read of a closed file", r.read(rd, make([]byte, 1)), badFD)
	if got := r.readAt(r.open("f", backend.OpenRead), 0, 10); got != "text" {
		r.Errorf("the file holds %q, want what it held before the refused ops", got)
	}
}

// A write past the end makes the file longer; what was never written reads as zeros.
func fileHolesAreZero(r *rig) {
	fd := r.file("f", "a")
	r.writeAt(fd, 5, "b")
	if got := r.readAt(fd, 0, 100); got != "a\x00\x00\x00\x00b" {
		r.Errorf("a file with a hole reads %q", got)
	}
}

// An fsync with nothing to do, or with something, completes with 0. Flags that do not exist are invalid, and so is a
// descriptor without anything durable behind it.
func fsyncCompletes(r *rig) {
	fd := r.file("f", "durable")
	for _, flags := range []uint32{0, backend.FsyncData, 0} {
		r.want("an fsync", r.do(backend.Op{Kind: backend.OpFsync, FD: fd, Arg: flags}), 0)
	}
	r.want("an fsync with flags that do not exist", r.do(backend.Op{Kind: backend.OpFsync, FD: fd, Arg: 1 << 10}), invalid)
	rd, _ := r.pipe()
	r.want("an fsync of a pipe", r.do(backend.Op{Kind: backend.OpFsync, FD: rd}), invalid)
	r.close(fd)
	r.want("an fsync of a closed file", r.do(backend.Op{Kind: backend.OpFsync, FD: fd}), badFD)
}

// Stat tells size, type and inode of an open file or of a name; both agree.
func fileStat(r *rig) {
	fd := r.file("f", "12345")
	byFD, res := r.stat(fd, "")
	r.want("stat of a descriptor", res, 0)
	byName, res := r.stat(0, "f")
	r.want("stat of a name", res, 0)
	if byFD.Size != 5 || byFD.Mode&backend.ModeTypeMask != backend.ModeRegular || byFD.Links != 1 {
		r.Errorf("stat says %+v, want 5 bytes of a regular file with 1 name", byFD)
	}
	if byFD.Inode != byName.Inode || byFD.Size != byName.Size || byFD.Mode != byName.Mode {
		r.Errorf("stat of the descriptor says %+v, of the name %+v", byFD, byName)
	}
	_, res = r.stat(0, "missing")
	r.want("stat of a missing name", res, noEntry)
	rd, _ := r.pipe()
	if s, _ := r.stat(rd, ""); s.Mode&backend.ModeTypeMask != backend.ModePipe {
		r.Errorf("stat says that a pipe has mode %o", s.Mode)
	}
	if s, _ := r.stat(r.file("g", ""), ""); s.Inode == byFD.Inode {
		r.Errorf("two files have the inode %d", s.Inode)
	}
}

// A shorter length cuts the end off for good; a longer one adds zeros. A negative length is invalid.
func fileTruncate(r *rig) {
	fd := r.file("f", "abcdef")
	for _, c := range []struct {
		to   int64
		want string
	}{{3, "abc"}, {5, "abc\x00\x00"}, {0, ""}} {
		r.want("truncate", r.do(backend.Op{Kind: backend.OpTruncate, FD: fd, Off: c.to}), 0)
		if got := r.readAt(fd, 0, 100); got != c.want {
			r.Errorf("after truncation to %d the file reads %q, want %q", c.to, got, c.want)
		}
	}
	r.want("truncation to a negative length", r.do(backend.Op{Kind: backend.OpTruncate, FD: fd, Off: -5}), invalid)
	rd := r.open("f", backend.OpenRead)
	r.want("truncation of a file open for reading", r.do(backend.Op{Kind: backend.OpTruncate, FD: rd}), invalid, badFD)
}

// Fallocate makes a file at least as long as the range, leaves its bytes alone, and wants a length.
func fileFallocate(r *rig) {
	fd := r.file("f", "keep")
	alloc := func(off, n int64) int32 {
		return r.do(backend.Op{Kind: backend.OpFallocate, FD: fd, Off: off, Ext: &backend.OpExt{Off2: n}})
	}
	for _, c := range []struct{ off, n, size int64 }{{0, 2, 4}, {2, 8, 10}, {1, 3, 10}} {
		r.want("fallocate", alloc(c.off, c.n), 0)
		if s, _ := r.stat(fd, ""); s.Size != c.size {
			r.Errorf("fallocate of %d bytes at %d makes a file of %d bytes, want %d", c.n, c.off, s.Size, c.size)
		}
	}
	if got := r.readAt(fd, 0, 100); got != "keep\x00\x00\x00\x00\x00\x00" {
		r.Errorf("after fallocate the file reads %q", got)
	}
	r.want("fallocate of no bytes", alloc(0, 0), invalid)
	r.want("fallocate at a negative offset", alloc(-8, 4), invalid)
}

// A file whose name was removed lives on until it is closed.
func fileOutlivesItsName(r *rig) {
	fd := r.file("f", "still")
	r.want("unlink", r.do(backend.Op{Kind: backend.OpUnlink, FD: backend.AtCWD, Buf: r.path("f")}), 0)
	r.writeAt(fd, 5, " here")
	if got := r.readAt(fd, 0, 100); got != "still here" {
		r.Errorf("a file without a name reads %q, want %q", got, "still here")
	}
	r.want("open of the removed name", r.open("f", backend.OpenRead), noEntry)
	if got := r.readAt(r.file("f", "new"), 0, 100); got != "new" {
		r.Errorf("a new file of the same name reads %q, want %q", got, "new")
	}
}

// FlagAsync changes who works on an op, not what comes of it.
func fileAsync(r *rig) {
	fd := r.file("f", "")
	r.want("a write", r.do(backend.Op{Kind: backend.OpWrite, FD: fd, Buf: []byte("w"), Flags: backend.FlagAsync}), 1)
	buf := make([]byte, 4)
	r.want("a read", r.do(backend.Op{Kind: backend.OpRead, FD: fd, Buf: buf, Flags: backend.FlagAsync}), 1)
	r.want("a read at the end", r.do(backend.Op{Kind: backend.OpRead, FD: fd, Buf: buf, Off: 1, Flags: backend.FlagAsync}), 0)
	if buf[0] != 'w' {
		r.Errorf("read %q, want \"w\"", buf[:1])
	}
	r.want("a nop", r.do(backend.Op{Kind: backend.OpNop, Flags: backend.FlagAsync}), 0)
}

// Each open gives a descriptor of its own, with a position of its own.
func descriptorsAreDistinct(r *rig) {
	a := r.file("f", "pos")
	b, c := r.open("f", backend.OpenRead), r.open("f", backend.OpenRead)
	if a == b || b == c || a == c {
		r.Fatalf("three descriptors that are open at once have the numbers %d, %d, %d", a, b, c)
	}
	if x, y := r.drain(b, 2), r.drain(c, 3); x != "po" || y != "pos" {
		r.Errorf("two descriptors of one file read %q and %q, want \"po\" and \"pos\"", x, y)
	}
	r.close(b)
	if got := r.readAt(c, 0, 3); got != "pos" {
		r.Errorf("after the close of another descriptor the file reads %q", got)
	}
}
