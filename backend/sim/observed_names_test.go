package sim_test

import (
	"strings"

	"github.com/tripoint-go/tripoint/backend"
)

// paths asks every op on names for files, directories, nothing, and names that are none.
func paths(k *observer) {
	k.name = "paths"
	k.step("mkdir d", mkdirOp(cwd, k.path("d")))
	f := k.step("create d/f", openOp(cwd, k.path("d/f"), create))
	k.step("write", backend.Op{Kind: backend.OpWrite, FD: f, Buf: []byte("content")})
	d := k.step("open d", openOp(cwd, k.path("d"), backend.OpenDirectory))
	long := strings.Repeat("n", 256)
	for _, s := range []struct {
		what string
		op   backend.Op
	}{
		{"open below a file", openOp(cwd, k.path("d/f/x"), 0)},
		{"open below nothing", openOp(cwd, k.path("no/x"), 0)},
		{"create below nothing", openOp(cwd, k.path("no/x"), create)},
		{"long name", openOp(cwd, k.path(long), 0)},
		{"long dir", openOp(cwd, k.path(long+"/x"), 0)},
		{"file/", openOp(cwd, k.path("d/f/"), 0)},
		{"create file/", openOp(cwd, k.path("d/f/"), create)},
		{"create x/", openOp(cwd, k.path("x/"), create)},
		{"O_DIRECTORY file", openOp(cwd, k.path("d/f"), backend.OpenDirectory)},
		{"O_DIRECTORY|CREATE", openOp(cwd, k.path("d/q"), backend.OpenDirectory|create)},
		{"write dir", openOp(cwd, k.path("d"), backend.OpenWrite)},
		{"trunc dir", openOp(cwd, k.path("d"), backend.OpenTruncate)},
		{"create dir", openOp(cwd, k.path("d"), create)},
		{"create dir ro", openOp(cwd, k.path("d"), backend.OpenCreate)},
		{"excl file", openOp(cwd, k.path("d/f"), create|backend.OpenExclusive)},
		{"excl dir", openOp(cwd, k.path("d"), create|backend.OpenExclusive)},
		{"at a file", openOp(f, "x", 0)},
		{"at nothing", openOp(99, "x", 0)},
		{"at dir", openOp(d, "f", 0)},
		{"at dir ..", openOp(d, "../d/./f", 0)},
		{"mkdir exists", mkdirOp(cwd, k.path("d/f"))},
		{"mkdir exists dir", mkdirOp(cwd, k.path("d"))},
		{"mkdir .", mkdirOp(cwd, k.path("d/."))},
		{"mkdir ..", mkdirOp(cwd, k.path("d/.."))},
		{"mkdir below nothing", mkdirOp(cwd, k.path("no/x"))},
		{"mkdir below file", mkdirOp(cwd, k.path("d/f/x"))},
		{"mkdir file/", mkdirOp(cwd, k.path("d/f/"))},
		{"mkdir e/", mkdirOp(d, "e/")},
		{"unlink dir", unlinkOp(cwd, k.path("d/e"), 0)},
		{"unlink dir/", unlinkOp(cwd, k.path("d/e/"), 0)},
		{"unlink file/", unlinkOp(cwd, k.path("d/f/"), 0)},
		{"unlink .", unlinkOp(cwd, k.path("d/."), 0)},
		{"unlink ..", unlinkOp(cwd, k.path("d/.."), 0)},
		{"unlink nothing", unlinkOp(cwd, k.path("no"), 0)},
		{"rmdir nothing", unlinkOp(cwd, k.path("no"), 0x200)},
		{"rmdir file", unlinkOp(cwd, k.path("d/f"), 0x200)},
		{"rmdir nonempty", unlinkOp(cwd, k.path("d"), 0x200)},
		{"rmdir .", unlinkOp(cwd, k.path("d/e/."), 0x200)},
		{"rmdir ..", unlinkOp(cwd, k.path("d/e/.."), 0x200)},
		{"unlink flags", unlinkOp(cwd, k.path("d/f"), 1)},
		{"rename into itself", renameOp(cwd, k.path("d"), k.path("d/e/x"), 0)},
		{"rename onto parent", renameOp(cwd, k.path("d/e"), k.path("d"), 0)},
		{"rename file on dir", renameOp(cwd, k.path("d/f"), k.path("d/e"), 0)},
		{"rename dir on file", renameOp(cwd, k.path("d/e"), k.path("d/f"), 0)},
		{"rename nothing", renameOp(cwd, k.path("no"), k.path("x"), 0)},
		{"rename nothing noreplace", renameOp(cwd, k.path("no"), k.path("d"), 1)},
		{"rename noreplace", renameOp(cwd, k.path("d/f"), k.path("d/e"), 1)},
		{"rename same noreplace", renameOp(cwd, k.path("d/f"), k.path("d/f"), 1)},
		{"rename .", renameOp(cwd, k.path("d/."), k.path("x"), 0)},
		{"rename to .", renameOp(cwd, k.path("d/f"), k.path("d/."), 0)},
		{"rename to .. noreplace", renameOp(cwd, k.path("d/f"), k.path("d/.."), 1)},
		{"rename to same", renameOp(cwd, k.path("d/f"), k.path("d/./f"), 0)},
		{"rename file to x/", renameOp(cwd, k.path("d/f"), k.path("d/x/"), 0)},
		{"rename dir to x/", renameOp(cwd, k.path("d/e"), k.path("d/x/"), 0)},
		{"rename file/", renameOp(cwd, k.path("d/f/"), k.path("d/y"), 0)},
		{"rename below file", renameOp(cwd, k.path("d/f"), k.path("d/f/y"), 0)},
		{"rename below nothing", renameOp(cwd, k.path("d/f"), k.path("no/y"), 0)},
		{"rename flags", renameOp(cwd, k.path("d/f"), k.path("d/y"), 8)},
		{"rmdir x", unlinkOp(cwd, k.path("d/x"), 0x200)},
		{"mkdir z", mkdirOp(cwd, k.path("z"))},
		{"rename dir on empty dir", renameOp(cwd, k.path("z"), k.path("zz"), 0)},
		{"rename dir on nonempty", renameOp(cwd, k.path("zz"), k.path("d"), 0)},
		{"nul", openOp(cwd, "a\x00b", 0)},
		{"empty", openOp(cwd, "", 0)},
		{"mkdir zz/in", mkdirOp(cwd, k.path("zz/in"))},
	} {
		k.step(s.what, s.op)
	}
}

// removed works in a directory that has lost its name, and asks what a directory is.
func removed(k *observer) {
	k.name = "removed"
	d := k.step("open d", openOp(cwd, k.path("d"), backend.OpenDirectory))
	in := k.step("open zz/in", openOp(cwd, k.path("zz/in"), backend.OpenDirectory))
	k.step("rmdir", unlinkOp(cwd, k.path("zz/in"), 0x200))
	k.step("create in removed", openOp(in, "x", create))
	k.step("mkdir in removed", mkdirOp(in, "x"))
	k.step("open . of removed", openOp(in, ".", 0))
	buf := make([]byte, 256)
	k.step("stat removed", backend.Op{Kind: backend.OpStat, FD: in, Buf: buf, Ext: &backend.OpExt{}})
	k.show("links", int32(backend.ParseStat(buf).Links), false)
	k.step("stat d", backend.Op{Kind: backend.OpStat, FD: cwd, Buf: buf, Ext: &backend.OpExt{Path: []byte(k.path("d"))}})
	k.show("mode", int32(backend.ParseStat(buf).Mode), false)
	k.step("stat nothing", backend.Op{Kind: backend.OpStat, FD: cwd, Buf: buf,
		Ext: &backend.OpExt{Path: []byte(k.path("no"))}})
	k.step("stat below file", backend.Op{Kind: backend.OpStat, FD: cwd, Buf: buf,
		Ext: &backend.OpExt{Path: []byte(k.path("d/f/x"))}})
	k.step("stat bad fd", backend.Op{Kind: backend.OpStat, FD: 99, Buf: buf, Ext: &backend.OpExt{}})
	k.step("fsync dir", backend.Op{Kind: backend.OpFsync, FD: d})
	k.step("read dir", backend.Op{Kind: backend.OpRead, FD: d, Buf: buf})
	k.step("write dir", backend.Op{Kind: backend.OpWrite, FD: d, Buf: buf})
	k.step("truncate dir", backend.Op{Kind: backend.OpTruncate, FD: d})
	k.step("fallocate dir", backend.Op{Kind: backend.OpFallocate, FD: d, Ext: &backend.OpExt{Off2: 1}})
	k.step("poll dir", pollFor(d, 5))
	k.step("recv dir", recvN(d, 1, 0))
}

// modes opens a file in several ways, and gives files and pipes to ops that are for others.
func modes(k *observer) {
	k.name = "modes"
	rw := k.step("create", openOp(cwd, k.path("m"), create))
	k.step("write", backend.Op{Kind: backend.OpWrite, FD: rw, Buf: []byte("12345")})
	rd := k.step("open", openOp(cwd, k.path("m"), 0))
	wr := k.step("open", openOp(cwd, k.path("m"), 1))
	ap := k.step("open", openOp(cwd, k.path("m"), 2|backend.OpenAppend))
	r, w := k.pipe()
	b := []byte("ab")
	ext := func(n int64) *backend.OpExt { return &backend.OpExt{Off2: n} }
	for _, s := range []struct {
		what string
		op   backend.Op
	}{
		{"write ro", backend.Op{Kind: backend.OpWrite, FD: rd, Buf: b}},
		{"read wo", backend.Op{Kind: backend.OpRead, FD: wr, Buf: b}},
		{"fsync flags", backend.Op{Kind: backend.OpFsync, FD: wr, Arg: 2}},
		{"fsync ro", backend.Op{Kind: backend.OpFsync, FD: rd}},
		{"append", backend.Op{Kind: backend.OpWrite, FD: ap, Buf: b}},
		{"append pos", backend.Op{Kind: backend.OpWrite, FD: ap, Buf: b, Off: -1}},
		{"read pos after append", backend.Op{Kind: backend.OpRead, FD: ap, Buf: b, Off: -1}},
		{"read -2", backend.Op{Kind: backend.OpRead, FD: rd, Buf: b, Off: -2}},
		{"write -2", backend.Op{Kind: backend.OpWrite, FD: wr, Buf: b, Off: -2}},
		{"read nothing -2", backend.Op{Kind: backend.OpRead, FD: rd, Off: -2}},
		{"read nothing", backend.Op{Kind: backend.OpRead, FD: rd}},
		{"write nothing ro", backend.Op{Kind: backend.OpWrite, FD: rd}},
		{"trunc ro", backend.Op{Kind: backend.OpTruncate, FD: rd}},
		{"trunc -1", backend.Op{Kind: backend.OpTruncate, FD: wr, Off: -1}},
		{"trunc bad", backend.Op{Kind: backend.OpTruncate, FD: 999}},
		{"trunc pipe", backend.Op{Kind: backend.OpTruncate, FD: w}},
		{"trunc", backend.Op{Kind: backend.OpTruncate, FD: wr, Off: 6}},
		{"fallocate 0", backend.Op{Kind: backend.OpFallocate, FD: wr, Ext: ext(0)}},
		{"fallocate -", backend.Op{Kind: backend.OpFallocate, FD: wr, Off: -1, Ext: ext(5)}},
		{"fallocate ro", backend.Op{Kind: backend.OpFallocate, FD: rd, Ext: ext(5)}},
		{"fallocate pipe", backend.Op{Kind: backend.OpFallocate, FD: w, Ext: ext(5)}},
		{"fallocate pipe rd", backend.Op{Kind: backend.OpFallocate, FD: r, Ext: ext(5)}},
		{"fallocate", backend.Op{Kind: backend.OpFallocate, FD: wr, Ext: ext(50)}},
		{"read all", backend.Op{Kind: backend.OpRead, FD: rd, Buf: make([]byte, 100)}},
		{"fallocate keep", backend.Op{Kind: backend.OpFallocate, FD: wr, Arg: 1, Off: 60, Ext: ext(50)}},
		{"read all", backend.Op{Kind: backend.OpRead, FD: rd, Buf: make([]byte, 100)}},
		{"fsync pipe", backend.Op{Kind: backend.OpFsync, FD: r}},
		{"write pipe rd", backend.Op{Kind: backend.OpWrite, FD: r, Buf: b}},
		{"read pipe wr", backend.Op{Kind: backend.OpRead, FD: w, Buf: b}},
		{"read 0 pipe", backend.Op{Kind: backend.OpRead, FD: r}},
		{"accept pipe", backend.Op{Kind: backend.OpAccept, FD: r}},
		{"accept file", backend.Op{Kind: backend.OpAccept, FD: rd}},
		{"open trunc ro", openOp(cwd, k.path("m"), backend.OpenTruncate)},
		{"read all", backend.Op{Kind: backend.OpRead, FD: rd, Buf: make([]byte, 100)}},
		{"stat short buf path", backend.Op{Kind: backend.OpStat, FD: r, Buf: make([]byte, 256), Ext: &backend.OpExt{}}},
		{"poll file", pollFor(rd, 0x2005)},
		{"poll pipe r", pollFor(r, 0x2005)},
		{"poll pipe w", pollFor(w, 0x2005)},
		{"recvmsg pipe", backend.Op{Kind: backend.OpRecvMsg, FD: r, Ext: &backend.OpExt{Vec: [][]byte{b}}}},
		{"shutdown pipe", shutdownOp(r, 0)},
		{"connect pipe", addrOp(backend.OpConnect, r, inet(80))},
		{"bind pipe", addrOp(backend.OpBind, r, inet(80))},
		{"listen pipe", listenOp(r, 1)},
		{"connect bad", addrOp(backend.OpConnect, 999, inet(80))},
		{"close bad", closeOp(999)},
		{"close w", closeOp(w)},
		{"poll pipe r", pollFor(r, 0x2005)},
		{"read end", backend.Op{Kind: backend.OpRead, FD: r, Buf: b}},
		{"close r", closeOp(r)},
	} {
		k.step(s.what, s.op)
	}
	r, w = k.pipe()
	k.do(closeOp(r))
	k.step("poll dead pipe w", pollFor(w, 0x2005))
	k.step("write dead pipe", backend.Op{Kind: backend.OpWrite, FD: w, Buf: b})
	k.step("write 0 dead pipe", backend.Op{Kind: backend.OpWrite, FD: w})
}
