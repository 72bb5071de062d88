package sim_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
)

func writeAt(slot int, fd int32, off int64, s string) *backend.Op {
	o := newOp(slot, backend.OpWrite, fd, []byte(s))
	o.Off = off
	return o
}

// An fsync makes durable what had been written before it was submitted, and nothing else.
func TestFsyncCoversEarlierWrites(t *testing.T) {
	k := kernel(nil, sim.Options{})
	k.File("f", []byte("......"))
	fd := k.OpenFile("f")
	run(t, k, writeAt(0, fd, 0, "ab"))
	if got := string(k.Durable("f")); got != "......" {
		t.Errorf("durable before fsync: %q", got)
	}
	submit(t, k, newOp(1, backend.OpFsync, fd, nil), writeAt(2, fd, 2, "cd")) // performed before the fsync is, but after its start
	drain(t, k)
	if got := string(k.Durable("f")); got != "ab...." || string(k.FileData("f")) != "abcd.." {
		t.Errorf("durable %q, data %q; want \"ab....\", \"abcd..\"", got, k.FileData("f"))
	}
	run(t, k, newOp(1, backend.OpFsync, fd, nil))
	if got := string(k.Durable("f")); got != "abcd.." {
		t.Errorf("durable after the second fsync: %q", got)
	}
}

// An fsync that fails loses what was unsynced: it can be read, the next fsync succeeds, and it is never durable.
func TestFsyncFailsOnce(t *testing.T) {
	k := kernel(script(map[backend.Site][]int{sim.SiteDiskFsync: {1}}), sim.Options{})
	k.File("f", nil)
	fd := k.OpenFile("f")
	run(t, k, writeAt(0, fd, 0, "lost"))
	if res := run(t, k, newOp(0, backend.OpFsync, fd, nil)); res != errno(backend.EIO) {
		t.Errorf("fsync gave %d, want EIO", res)
	}
	run(t, k, writeAt(0, fd, 4, "kept"))
	if res := run(t, k, newOp(0, backend.OpFsync, fd, nil)); res != 0 {
		t.Errorf("the next fsync gave %d, want 0", res)
	}
	if got := string(k.Durable("f")); got != "\x00\x00\x00\x00kept" || string(k.FileData("f")) != "lostkept" {
		t.Errorf("durable %q, data %q", got, k.FileData("f"))
	}
}

// Errors that are drawn have no effect.
func TestDrawnErrors(t *testing.T) {
	for _, c := range []struct {
		site backend.Site
		want backend.Errno
	}{
		{sim.SiteEINTR, backend.EINTR}, {sim.SiteEAGAIN, backend.EAGAIN},
		{sim.SiteDiskEIO, backend.EIO}, {sim.SiteDiskENOSPC, backend.ENOSPC},
	} {
		k := kernel(script(map[backend.Site][]int{c.site: {1}}), sim.Options{})
		k.File("f", []byte("old"))
		fd := k.OpenFile("f")
		if res := run(t, k, writeAt(0, fd, -1, "new")); res != errno(c.want) || string(k.FileData("f")) != "old" {
			t.Errorf("%v: write gave %d, the file is %q", c.want, res, k.FileData("f"))
		}
		if res := run(t, k, writeAt(0, fd, -1, "new")); res != 3 || string(k.FileData("f")) != "new" {
			t.Errorf("%v: the next write gave %d, the file is %q", c.want, res, k.FileData("f"))
		}
	}
}

// Every short count from 1 to the full length can be drawn, and full is the answer 0.
func TestShortCounts(t *testing.T) {
	for length := 1; length <= 12; length++ {
		seen := map[int32]bool{}
		for bucket := range 5 {
			for at := range length {
				k := kernel(script(map[backend.Site][]int{sim.SiteShort: {bucket, at}}), sim.Options{})
				k.File("f", make([]byte, 20))
				res := run(t, k, newOp(0, backend.OpRead, k.OpenFile("f"), make([]byte, length)))
				if res < 1 || int(res) > length || bucket == 0 && int(res) != length {
					t.Fatalf("length %d, answers %d %d: %d bytes", length, bucket, at, res)
				}
				seen[res] = true
			}
		}
		if len(seen) != length {
			t.Errorf("length %d: only the counts %v can be drawn", length, seen)
		}
	}
}

// Opening: names, creation, the lowest free descriptor, and the table's limit.
func TestOpenAndClose(t *testing.T) {
	k := kernel(nil, sim.Options{FDMax: 3, FilesMax: 2})
	k.File("a", []byte("A"))
	open := func(name string, flags uint32) int32 {
		return run(t, k, &backend.Op{ID: backend.MakeOpID(0, 1), Kind: backend.OpOpen, FD: backend.AtCWD, Arg: flags,
			Buf: []byte(name)})
	}
	const create = backend.OpenCreate | backend.OpenReadWrite
	closeFD := func(fd int32) int32 { return run(t, k, newOp(0, backend.OpClose, fd, nil)) }
	for _, s := range []struct {
		what      string
		got, want int32
	}{
		{"open a", open("a", 0), 3},
		{"open b", open("b", 0), errno(backend.ENOENT)},
		{"open nothing", open("", 0), errno(backend.EINVAL)},
		{"open a NUL", open("a\x00", 0), errno(backend.EINVAL)},
		{"create b", open("b", create), 4},
		{"create a third file", open("c", create), errno(backend.ENOSPC)},
		{"open or create a", open("a", create), 5},
		{"open with a full table", open("a", 0), errno(backend.EMFILE)},
		{"close 4", closeFD(4), 0},
		{"close 4 again", closeFD(4), errno(backend.EBADF)},
		{"close 3", closeFD(3), 0},
		{"the lowest is reused", open("b", 0), 3},
		{"close -1", closeFD(-1), errno(backend.EBADF)},
		{"close 0", closeFD(0), errno(backend.EBADF)},
		{"close 1000", closeFD(1000), errno(backend.EBADF)},
	} {
		if s.got != s.want {
			t.Errorf("%s: %d, want %d", s.what, s.got, s.want)
		}
	}
	if k.OpenFDs() != 2 || string(k.FileData("a")) != "A" || k.FileData("c") != nil {
		t.Errorf("%d descriptors open, file a is %q", k.OpenFDs(), k.FileData("a"))
	}
}

// Limits of a file: a short count up to the limit, then ENOSPC; offsets below -1 are invalid.
func TestFileLimit(t *testing.T) {
	k := kernel(nil, sim.Options{FileBytes: 10})
	k.File("f", nil)
	fd := k.OpenFile("f")
	for _, c := range []struct {
		off  int64
		text string
		want int32
	}{
		{8, "abc", 2}, {10, "d", errno(backend.ENOSPC)}, {1 << 62, "d", errno(backend.ENOSPC)}, {10, "", 0},
		{-2, "x", errno(backend.EINVAL)}, {-1, "pos", 3},
	} {
		if res := run(t, k, writeAt(0, fd, c.off, c.text)); res != c.want {
			t.Errorf("write of %q at %d gave %d, want %d", c.text, c.off, res, c.want)
		}
	}
	if got := string(k.FileData("f")); got != "pos\x00\x00\x00\x00\x00ab" {
		t.Errorf("the file is %q", got)
	}
	if res := run(t, k, newOp(0, backend.OpAccept, fd, nil)); res != errno(backend.ENOTSOCK) {
		t.Errorf("accept on a file gave %d, want ENOTSOCK", res)
	}
}

// A file with very many unsynced extents writes the oldest back by itself.
func TestWriteBack(t *testing.T) {
	k := kernel(nil, sim.Options{})
	k.File("f", nil)
	fd := k.OpenFile("f")
	for i := range int64(257) {
		run(t, k, writeAt(0, fd, 2*i, "x"))
	}
	if got := string(k.Durable("f")); got != "x" {
		t.Errorf("durable %q, want the first of 257 extents", got)
	}
	run(t, k, newOp(0, backend.OpFsync, fd, nil))
	if string(k.Durable("f")) != string(k.FileData("f")) {
		t.Error("fsync left something out")
	}
}
