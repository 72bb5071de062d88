package sim_test

import (
	"fmt"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// splices moves bytes between files, pipes and streams, as far as that is possible.
func splices(k *observer) {
	k.name = "splices"
	f := k.do(openOp(cwd, k.path("sp"), create))
	g := k.do(openOp(cwd, k.path("sq"), create))
	ap := k.do(openOp(cwd, k.path("sq"), create|backend.OpenAppend))
	ro := k.do(openOp(cwd, k.path("sp"), 0))
	d := k.do(openOp(cwd, k.path("d"), 0))
	k.do(backend.Op{Kind: backend.OpWrite, FD: f, Buf: make([]byte, 1000)})
	r, w := k.pipe()
	r2, w2 := k.pipe()
	sp := func(from int32, off int64, to int32, off2 int64, n uint32) backend.Op {
		return backend.Op{Kind: backend.OpSplice, FD: from, Off: off, Arg: n, Ext: &backend.OpExt{FD2: to, Off2: off2}}
	}
	sock := k.sock(2, 1)
	c, s := k.pair(inet(0))
	for _, h := range []struct {
		what string
		op   backend.Op
	}{
		{"no pipe", sp(f, 0, g, 0, 10)}, {"from bad", sp(999, -1, w, -1, 10)}, {"to bad", sp(r, -1, 999, -1, 10)},
		{"wrong end", sp(w, -1, g, -1, 10)}, {"wrong end to", sp(f, 0, r, -1, 10)},
		{"offset on pipe out", sp(f, 0, w, 0, 10)},
		{"offset on pipe in", sp(r, 0, g, -1, 10)}, {"same pipe", sp(r, -1, w, -1, 10)},
		{"file to pipe", sp(f, 990, w, -1, 50)}, {"eof", sp(f, 1000, w, -1, 50)}, {"pos eof", sp(f, -1, w, -1, 50)},
		{"pos", sp(ro, -1, w, -1, 50)}, {"pos again", sp(ro, -1, w, -1, 50)}, {"pipe to ro", sp(r, -1, ro, -1, 50)},
		{"append", sp(r, -1, ap, -1, 50)}, {"zero", sp(r, -1, g, -1, 0)}, {"pipe to file", sp(r, -1, g, -1, 20)},
		{"pipe to file off", sp(r, -1, g, 100, 20)}, {"pipe to pipe", sp(r, -1, w2, -1, 20)},
		{"rest", sp(r, -1, g, -1, 2000)}, {"dir", sp(d, -1, w, -1, 20)}, {"sock", sp(sock, -1, w, -1, 20)},
		{"to sock", sp(r2, -1, sock, -1, 20)},
		{"pipe to stream", sp(r2, -1, c, -1, 20)}, {"stream to pipe", sp(s, -1, w, -1, 20)},
		{"stream off", sp(s, 0, w, -1, 20)},
	} {
		k.step(h.what, h.op)
	}
}

// links asks of every kind of op whether its failure, or its success, breaks a chain.
func links(k *observer) {
	k.name = "links"
	f := k.do(openOp(cwd, k.path("l"), create))
	k.do(backend.Op{Kind: backend.OpWrite, FD: f, Buf: []byte("1234")})
	r, w := k.pipe()
	lone := k.sock(2, 1)
	ms := int64(vclock.Millisecond)
	buf := make([]byte, 256)
	for _, flag := range []backend.OpFlags{backend.FlagLink, backend.FlagHardLink} {
		for _, h := range []struct {
			what string
			op   backend.Op
		}{
			{"nop", nop(0)},
			{"timer", backend.Op{Kind: backend.OpTimer, Off: int64(k.b.Now()) + ms}},
			{"past timer", backend.Op{Kind: backend.OpTimer, Off: 0}},
			{"short read", backend.Op{Kind: backend.OpRead, FD: f, Buf: make([]byte, 9)}},
			{"full read", backend.Op{Kind: backend.OpRead, FD: f, Buf: make([]byte, 4)}},
			{"readv short", backend.Op{Kind: backend.OpReadv, FD: f, Ext: &backend.OpExt{Vec: [][]byte{make([]byte, 9)}}}},
			{"eof", backend.Op{Kind: backend.OpRead, FD: f, Off: 10, Buf: make([]byte, 4)}},
			{"close bad", closeOp(999)},
			{"open bad", openOp(cwd, k.path("no"), 0)},
			{"cancel bad", backend.Op{Kind: backend.OpCancel, Ext: &backend.OpExt{Target: 77 << 16}}},
			{"cancel all bad", backend.Op{Kind: backend.OpCancel, Arg: 1, Ext: &backend.OpExt{Target: 77 << 16}}},
			{"fsync bad", backend.Op{Kind: backend.OpFsync, FD: 999}},
			{"fsync pipe", backend.Op{Kind: backend.OpFsync, FD: r}},
			{"stat bad", backend.Op{Kind: backend.OpStat, FD: cwd, Buf: buf,
				Ext: &backend.OpExt{Path: []byte(k.path("no"))}}},
			{"unlink bad", unlinkOp(cwd, k.path("no"), 0)},
			{"unlink at bad", unlinkOp(999, "no", 0)},
			{"rename bad", renameOp(cwd, k.path("no"), k.path("x"), 0)},
			{"mkdir bad", mkdirOp(cwd, k.path("l"))},
			{"truncate ro", backend.Op{Kind: backend.OpTruncate, FD: r, Off: 1}},
			{"fallocate pipe", backend.Op{Kind: backend.OpFallocate, FD: w, Ext: &backend.OpExt{Off2: 1}}},
			{"truncate bad fd", backend.Op{Kind: backend.OpTruncate, FD: 999, Off: 1}},

			{"socket bad", backend.Op{Kind: backend.OpSocket, Arg: 99, Off: 1}},
			{"bind bad", addrOp(backend.OpBind, lone, backend.AddrInet4([4]byte{8, 8, 8, 8}, 0))},
			{"listen bad", listenOp(k.sock(2, 2), 1)},
			{"accept bad", backend.Op{Kind: backend.OpAccept, FD: lone}},
			{"recv bad", recvN(lone, 1, 0)},
			{"send bad", sendOp(lone, "x", 0)},
			{"shutdown bad", shutdownOp(lone, 2)},
			{"poll bad", pollFor(999, 1)},
			{"poll file", pollFor(f, 1)},
			{"splice bad", backend.Op{Kind: backend.OpSplice, FD: f, Arg: 5, Ext: &backend.OpExt{FD2: f}}},
			{"splice short", backend.Op{Kind: backend.OpSplice, FD: f, Arg: 50, Ext: &backend.OpExt{FD2: w, Off2: -1}}},
			{"sendzc bad", backend.Op{Kind: backend.OpSendZC, FD: r, Buf: buf}},
			{"prep open", openOp(cwd, "", 0)},
			{"prep fsync", backend.Op{Kind: backend.OpFsync, FD: f, Arg: 8}},
			{"prep rename", renameOp(cwd, k.path("l"), k.path("l"), 8)},
			{"prep unlink", unlinkOp(cwd, k.path("no"), 8)},
			{"prep cancel", backend.Op{Kind: backend.OpCancel, Arg: 64}},
			{"cancel fd any", backend.Op{Kind: backend.OpCancel, Arg: 6}},
			{"cancel fd bad", backend.Op{Kind: backend.OpCancel, Arg: 2, FD: 999}},
			{"prep sendmsg", backend.Op{Kind: backend.OpSendMsg, FD: lone, Ext: &backend.OpExt{}}},
			{"prep recv multi", backend.Op{Kind: backend.OpRecv, FD: lone, Flags: backend.FlagMultishot}},
			{"off -2", backend.Op{Kind: backend.OpRead, FD: f, Off: -2, Buf: make([]byte, 4)}},
		} {
			h.op.Flags |= flag
			k.chain(fmt.Sprint(h.what, " ", flag), h.op, nop(flag), nop(0))
		}
	}
}

// linkTimeouts has timeouts that fire and that do not, preparation failures, drains, and flags on the wrong op.
func linkTimeouts(k *observer) {
	k.name = "link timeouts"
	f := k.do(openOp(cwd, k.path("l"), create))
	r, w := k.pipe()
	ms := int64(vclock.Millisecond)
	buf := make([]byte, 256)
	lt := func(d int64, f backend.OpFlags) backend.Op {
		return backend.Op{Kind: backend.OpLinkTimeout, Off: d, Flags: f}
	}
	rd := backend.Op{Kind: backend.OpRead, FD: k.idle(), Off: -1, Buf: make([]byte, 4), Flags: backend.FlagLink}
	L := backend.FlagLink
	k.chain("timeout fires", rd, lt(5*ms, 0))
	k.chain("timeout fires, follow", rd, lt(5*ms, L), nop(0))
	rdh := rd
	rdh.Flags = backend.FlagHardLink
	k.chain("timeout fires, hard", rdh, lt(5*ms, L), nop(0))
	k.chain("timeout fires, hard hard", rdh, lt(5*ms, backend.FlagHardLink), nop(0))
	k.chain("timeout not", nop(L), lt(5*ms, L), nop(0))
	k.chain("timeout fail", func() backend.Op { o := closeOp(999); o.Flags = L; return o }(), lt(5*ms, L), nop(0))
	k.chain("timeout alone", lt(5*ms, 0))
	k.chain("timeout head", lt(5*ms, L), nop(0))
	k.chain("timeout double", nop(L), lt(5*ms, L), lt(5*ms, 0))
	k.chain("two chains", nop(L), nop(0), rd, nop(0))
	bad := openOp(cwd, "", 0)
	k.chain("bad last", nop(L), nop(L), bad)
	k.chain("bad last hard", nop(backend.FlagHardLink), nop(backend.FlagHardLink), bad)
	k.chain("drain", backend.Op{Kind: backend.OpTimer, Off: int64(k.b.Now()) + 5*ms}, nop(backend.FlagDrain), nop(0))
	k.chain("drain behind poll", func() backend.Op {
		return backend.Op{Kind: backend.OpPoll, FD: rd.FD, Arg: 1, Flags: backend.FlagMultishot}
	}(), nop(backend.FlagDrain), nop(0))
	k.chain("bad behind drain", rd, nop(0))
	k.chain("multishot nop", nop(backend.FlagMultishot))
	k.chain("pick write", backend.Op{Kind: backend.OpWrite, FD: w, Buf: buf, Flags: backend.FlagPick,
		Ext: &backend.OpExt{}})
	k.chain("pick unknown", backend.Op{Kind: backend.OpRead, FD: r, Flags: backend.FlagPick, Ext: &backend.OpExt{Index: 9}})
	k.chain("fixed unknown", backend.Op{Kind: backend.OpReadFixed, FD: f, Buf: buf, Ext: &backend.OpExt{Index: 9}})
	k.chain("fixed bad fd", backend.Op{Kind: backend.OpReadFixed, FD: 999, Buf: buf, Ext: &backend.OpExt{Index: 9}})
	k.chain("readv none", backend.Op{Kind: backend.OpReadv, FD: f, Ext: &backend.OpExt{}})
	k.chain("readv bad fd none", backend.Op{Kind: backend.OpReadv, FD: 999, Ext: &backend.OpExt{}})
}

// cancels ends reads and a timer by descriptor, and all at once.
func cancels(k *observer) {
	k.name = "cancels"
	read := func(fd int32) backend.Op {
		return backend.Op{Kind: backend.OpRead, FD: fd, Off: -1, Buf: make([]byte, 4)}
	}
	a, b := k.idle(), k.idle()
	for _, c := range []struct {
		what string
		fd   int32
		arg  uint32
	}{
		{"fd all", a, backend.CancelFD | backend.CancelAll}, {"any", 0, backend.CancelAny},
		{"any all", 0, backend.CancelAny | backend.CancelAll}, {"fd none", k.idle(), backend.CancelFD},
		{"fd all none", k.idle(), backend.CancelFD | backend.CancelAll},
	} {
		k.chain(c.what, read(a), read(a), read(b), backend.Op{Kind: backend.OpTimer, Off: 1 << 62},
			backend.Op{Kind: backend.OpCancel, Arg: c.arg, FD: c.fd, Ext: &backend.OpExt{}})
	}
}
