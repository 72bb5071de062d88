package backendtest

import "github.com/tripoint-go/tripoint/backend"

// links is what cases with chains need besides.
func links(n needs, more ...backend.OpKind) needs {
	n.ops |= set(backend.OpNop) | set(more...)
	n.flags |= backend.FlagLink
	return n
}

func linkCases() []Case {
	hard := withFlags(links(pipes()), backend.FlagHardLink)
	names := links(files(backend.OpStat, backend.OpRename, backend.OpUnlink, backend.OpMkdir))
	return []Case{
		{"LinkedOpWaits", links(pipes()), linkedOpWaits},
		{"LinkBrokenByAFailure", links(pipes()), linkBrokenByAFailure},
		{"LinkBrokenByAShortTransfer", links(files()), linkBrokenByAShortTransfer},
		{"LinkAndShortReceives", links(streams()), linkAndShortReceives},
		{"LinkBrokenByAShortSplice", links(files(backend.OpSplice)), linkBrokenByAShortSplice},
		{"LinkBrokenByOtherFailures", links(streams(backend.OpOpen, backend.OpFsync, backend.OpCancel)), linkBrokenByOtherFailures},
		{"LinkKeptByFailuresOnNames", names, linkKeptByFailuresOnNames},
		{"LinkKeptByAFailingFsync", links(pipes(backend.OpFsync)), linkKeptByAFailingFsync},
		{"LinkKeptByAFailingShutdown", links(streams()), linkKeptByAFailingShutdown},
		{"LinkWriteFsyncRead", links(files(backend.OpFsync)), linkWriteFsyncRead},
		{"HardLinkRunsOn", hard, hardLinkRunsOn},
		{"HardLinkThenLink", hard, hardLinkThenLink},
		{"ChainsAreIndependent", links(pipes()), chainsAreIndependent},
		{"ChainIsTakenWhole", links(pipes()), chainIsTakenWhole},
		{"LinkEndsWithItsBatch", links(pipes()), linkEndsWithItsBatch},
		{"CancelOfTheFirstEndsTheChain", links(pipes()), cancelOfTheFirst},
		{"CancelOfAMemberThatWaits", links(pipes()), cancelOfAMember},
		{"ChainWithAnInvalidMember", links(files(backend.OpFsync)), chainWithAnInvalidMember},
	}
}

// chain links ops to one chain.
func chain(flag backend.OpFlags, ops ...*backend.Op) []*backend.Op {
	for _, o := range ops[:len(ops)-1] {
		o.Flags |= flag
	}
	return ops
}

// results waits for all ops and returns their results, and whether none of them asks to try again.
func (r *rig) results(ops ...*backend.Op) ([]int32, bool) {
	r.Helper()
	var all []int32
	calm := true
	for _, o := range ops {
		res := r.result(o)
		calm = calm && !transient(res)
		all = append(all, res)
	}
	return all, calm
}

// expect compares the results of ops. It returns false if one asks to try again.
func (r *rig) expect(what string, want []int32, ops ...*backend.Op) bool {
	r.Helper()
	got, calm := r.results(ops...)
	if !calm {
		return false
	}
	for i := range want {
		if got[i] != want[i] {
			r.Errorf("%s: op %d of the chain gave %s, want %s; all gave %v", what, i, code(got[i]), code(want[i]), got)
		}
	}
	return true
}

// An op in a chain starts when the one before it has completed: as long as the first waits, the second has no effect.
func linkedOpWaits(r *rig) {
	r.attempt(func() bool {
		ra, wa := r.pipe()
		rb, wb := r.pipe()
		ops := chain(backend.FlagLink, r.op(backend.OpRead, ra, make([]byte, 1)), r.op(backend.OpWrite, wb, []byte("2")),
			r.op(backend.OpNop, 0, nil))
		if !r.arm(ops...) {
			return false
		}
		if !r.done(ops[0]) {
			r.holds("before the first of the chain has completed", rb, "")
		}
		r.fill(wa, "1")
		if !r.expect("a chain", []int32{1, 1, 0}, ops...) {
			return false
		}
		r.holds("after the chain", rb, "2")
		return true
	})
}

// A failure breaks a chain: the ops behind it end with ECANCELED and have no effect.
func linkBrokenByAFailure(r *rig) {
	r.attempt(func() bool {
		rb, wb := r.pipe()
		bad := r.op(backend.OpRead, -1, make([]byte, 1))
		write := r.op(backend.OpWrite, wb, []byte("x"))
		ops := chain(backend.FlagLink, r.op(backend.OpNop, 0, nil), bad, write, r.op(backend.OpNop, 0, nil))
		r.submit(ops...)
		if !r.expect("a chain with a failure", []int32{0, badFD, cancelled, cancelled}, ops...) {
			return false
		}
		r.holds("after a broken chain", rb, "")
		return true
	})
}

// A read or write that falls short breaks a chain as a failure does, although its result is a success; so does a read at
// the end, which gives 0.
func linkBrokenByAShortTransfer(r *rig) {
	fd := r.file("f", "abc")
	for _, c := range []struct {
		off  int64
		n    int
		want int32
	}{{3, 1, 0}, {1, 10, 2}} {
		r.attempt(func() bool {
			short := r.op(backend.OpRead, fd, make([]byte, c.n))
			short.Off = c.off
			ops := chain(backend.FlagLink, short, r.op(backend.OpNop, 0, nil))
			r.submit(ops...)
			got, calm := r.results(ops...)
			if !calm {
				return false
			}
			if got[0] < 0 || got[0] > c.want || got[1] != cancelled {
				r.Errorf("a chain with a read of %d of %d bytes gave %v, want %d and ECANCELED", c.want, c.n, got, c.want)
			}
			return got[0] == c.want
		})
	}
	r.attempt(func() bool {
		rd, wr := r.pipe()
		r.fill(wr, "p")
		ops := chain(backend.FlagLink, r.op(backend.OpRead, rd, make([]byte, 8)), r.op(backend.OpNop, 0, nil))
		r.submit(ops...)
		return r.expect("a chain with a short read of a pipe", []int32{1, cancelled}, ops...)
	})
}

// A receive that gets less than it has room for does not break a chain, nor does one at the end of the stream; one that
// asked for all by MsgWaitAll and fell short does.
func linkAndShortReceives(r *rig) {
	r.attempt(func() bool {
		c, s := r.pair()
		r.send(c, "x")
		run := func(flags uint32, want ...int32) bool {
			ops := chain(backend.FlagLink, r.make(recvOp(s, make([]byte, 8), flags)), r.op(backend.OpNop, 0, nil))
			r.submit(ops...)
			return r.expect("a chain with a short receive", want, ops...)
		}
		if !run(0, 1, 0) {
			return false
		}
		r.send(c, "yz")
		r.shutdown(c, backend.ShutWrite)
		return run(backend.MsgWaitAll, 2, cancelled) && run(0, 0, 0)
	})
}

// A splice that moves less than it was asked to breaks a chain, as one at the end of a file does, which moves nothing.
func linkBrokenByAShortSplice(r *rig) {
	fd := r.file("f", "ab")
	r.attempt(func() bool {
		_, wr := r.pipe()
		ops := chain(backend.FlagLink, r.make(splice(fd, 2, wr, -1, 4)), r.op(backend.OpNop, 0, nil))
		r.submit(ops...)
		if !r.expect("a chain with a splice at the end", []int32{0, cancelled}, ops...) {
			return false
		}
		ops = chain(backend.FlagLink, r.make(splice(fd, 0, wr, -1, 4)), r.op(backend.OpNop, 0, nil))
		r.submit(ops...)
		got, calm := r.results(ops...)
		if calm && (got[0] < 1 || got[0] > 2 || got[1] != cancelled) {
			r.Errorf("a chain with a splice of 4 bytes, of which 2 are there, gave %v, want 2 and ECANCELED", got)
		}
		return calm
	})
}

// Ops on descriptors and sockets, and cancels, break a chain when they fail; so does every op whose descriptor is not open.
func linkBrokenByOtherFailures(r *rig) {
	fd, addr := r.bound(backend.SockStream)
	rd, _ := r.pipe()
	lone := r.socket(backend.AFInet, backend.SockStream)
	for _, c := range []struct {
		what string
		op   backend.Op
		want int32
	}{
		{"close", backend.Op{Kind: backend.OpClose, FD: -1}, badFD},
		{"open", backend.Op{Kind: backend.OpOpen, FD: -1, Buf: []byte("relative")}, badFD},
		{"accept", backend.Op{Kind: backend.OpAccept, FD: fd}, invalid},
		{"connect", backend.Op{Kind: backend.OpConnect, FD: lone, Ext: &backend.OpExt{Addr: addr}}, refused},
		{"listen", backend.Op{Kind: backend.OpListen, FD: rd}, notSocket},
		{"shutdown", backend.Op{Kind: backend.OpShutdown, FD: rd}, notSocket},
		{"fsync without a descriptor", backend.Op{Kind: backend.OpFsync, FD: -1}, badFD},
		{"send", backend.Op{Kind: backend.OpSend, FD: rd, Buf: []byte("x")}, notSocket},
		{"cancel", backend.Op{Kind: backend.OpCancel, Ext: &backend.OpExt{Target: backend.MakeOpID(1, 1<<40)}}, noEntry},
	} {
		r.attempt(func() bool {
			ops := chain(backend.FlagLink, r.make(c.op), r.op(backend.OpNop, 0, nil))
			r.submit(ops...)
			return r.expect("a chain with a failing "+c.what, []int32{c.want, cancelled}, ops...)
		})
	}
}

// An fsync that starts and fails does not break the chain either. Whoever links to one must look at its result.
func linkKeptByAFailingFsync(r *rig) {
	rd, _ := r.pipe()
	ops := chain(backend.FlagLink, r.op(backend.OpFsync, rd, nil), r.op(backend.OpNop, 0, nil))
	r.submit(ops...)
	r.expect("a chain with an fsync of a pipe", []int32{invalid, 0}, ops...)
}

// A shutdown that reaches its socket and fails there keeps the chain as well; one of what is no socket breaks it.
func linkKeptByAFailingShutdown(r *rig) {
	fd := r.socket(backend.AFInet, backend.SockStream)
	ops := chain(backend.FlagLink, r.make(backend.Op{Kind: backend.OpShutdown, FD: fd}), r.op(backend.OpNop, 0, nil))
	r.submit(ops...)
	r.expect("a chain with a shutdown of what is not connected", []int32{notConnected, 0}, ops...)
}

// Of the ops on names, a failure does not break the chain: the kernel's stat, rename, unlink and mkdir do not mark it as
// failed. Whoever links to one of them must look at its result.
func linkKeptByFailuresOnNames(r *rig) {
	r.must("mkdir", r.mkdirOp("d"))
	stat := backend.Op{Kind: backend.OpStat, FD: backend.AtCWD, Buf: make([]byte, backend.StatBytes)}
	stat.Ext = &backend.OpExt{Path: r.path("missing")}
	for _, c := range []struct {
		op   backend.Op
		want int32
	}{
		{stat, noEntry},
		{r.renameOp("missing", "new", 0), noEntry},
		{r.unlinkOp("missing", 0), noEntry},
		{r.mkdirOp("d"), exists},
	} {
		r.attempt(func() bool {
			ops := chain(backend.FlagLink, r.make(c.op), r.op(backend.OpNop, 0, nil))
			r.submit(ops...)
			return r.expect("a chain with a failure on a name", []int32{c.want, 0}, ops...)
		})
	}
}

// The use of chains: write, make durable, read back, in one batch and in that order.
func linkWriteFsyncRead(r *rig) {
	fd := r.file("f", "old")
	r.attempt(func() bool {
		buf := make([]byte, 1)
		write, read := r.op(backend.OpWrite, fd, []byte("N")), r.op(backend.OpRead, fd, buf)
		write.Off, read.Off = 0, 0
		ops := chain(backend.FlagLink, write, r.op(backend.OpFsync, fd, nil), read, r.op(backend.OpNop, 0, nil))
		r.submit(ops...)
		if !r.expect("write, fsync, read", []int32{1, 0, 1, 0}, ops...) {
			return false
		}
		if buf[0] != 'N' {
			r.Errorf("the read behind the write got %q, want \"N\"", buf)
		}
		return true
	})
}

// Behind a hard link the next op runs whatever came of the one before: a failure, a short count. It still waits for it.
func hardLinkRunsOn(r *rig) {
	r.attempt(func() bool {
		ra, wa := r.pipe()
		rb, wb := r.pipe()
		ops := chain(backend.FlagHardLink, r.op(backend.OpRead, ra, make([]byte, 8)), r.op(backend.OpRead, -1, make([]byte, 1)),
			r.op(backend.OpWrite, wb, []byte("h")))
		if !r.arm(ops...) {
			return false
		}
		r.holds("before the first of a hard chain has completed", rb, "")
		r.fill(wa, "1")
		if !r.expect("a hard chain", []int32{1, badFD, 1}, ops...) {
			return false
		}
		r.holds("after a hard chain", rb, "h")
		return true
	})
}

// Both kinds of link mix: a failure is passed by the hard link behind it, and stops at the link behind the next failure.
func hardLinkThenLink(r *rig) {
	r.attempt(func() bool {
		bad := func(flags backend.OpFlags) *backend.Op {
			o := r.op(backend.OpRead, -1, make([]byte, 1))
			o.Flags = flags
			return o
		}
		ops := []*backend.Op{bad(backend.FlagHardLink), bad(backend.FlagLink), r.op(backend.OpNop, 0, nil)}
		r.submit(ops...)
		return r.expect("a mixed chain", []int32{badFD, badFD, cancelled}, ops...)
	})
}

// A chain that breaks takes nothing else with it: not the chain behind it in the batch, not an op of its own.
func chainsAreIndependent(r *rig) {
	r.attempt(func() bool {
		ra, wa := r.pipe()
		first := chain(backend.FlagLink, r.op(backend.OpRead, -1, make([]byte, 1)), r.op(backend.OpNop, 0, nil))
		slow := chain(backend.FlagLink, r.op(backend.OpRead, ra, make([]byte, 1)), r.op(backend.OpNop, 0, nil))
		alone := r.op(backend.OpNop, 0, nil)
		third := chain(backend.FlagLink, r.op(backend.OpNop, 0, nil), r.op(backend.OpNop, 0, nil))
		var all []*backend.Op
		all = append(append(append(append(all, first...), slow...), alone), third...)
		r.submit(all...)
		calm := r.expect("a chain that breaks", []int32{badFD, cancelled}, first...)
		r.want("an op between chains", r.result(alone), 0)
		r.expect("a chain behind", []int32{0, 0}, third...)
		r.fill(wa, "s")
		return r.expect("a chain that waited", []int32{1, 0}, slow...) && calm
	})
}

// Submit takes a chain whole or not at all: what it accepts ends at the end of a chain, and what it did not accept has left
// no trace. That is checked at each call here, and by the effect: every chain works.
func chainIsTakenWhole(r *rig) {
	for range 5 {
		var all []*backend.Op
		for n := 1; n <= 6; n++ {
			var ops []*backend.Op
			for range n {
				ops = append(ops, r.op(backend.OpNop, 0, nil))
			}
			all = append(all, chain(backend.FlagLink, ops...)...)
		}
		r.submit(all...)
		for _, o := range all {
			r.want("a nop in a chain", r.result(o), 0)
		}
	}
}

// A link flag on the last op of a batch links to nothing: it does not reach into the next batch, even if the backend passes
// both to the kernel at once.
func linkEndsWithItsBatch(r *rig) {
	for range 5 {
		bad := r.op(backend.OpRead, -1, make([]byte, 1))
		bad.Flags = backend.FlagLink
		r.submit(bad)
		o := r.op(backend.OpNop, 0, nil)
		r.submit(o)
		r.want("a read of no descriptor", r.result(bad), badFD, interrupt, again)
		r.want("an op of the next batch", r.result(o), 0)
	}
}

// Duty 4: the cancel of the first op of a chain, while it waits, ends the whole chain. The others have no effect.
func cancelOfTheFirst(r *rig) {
	r.attempt(func() bool {
		ra, _ := r.pipe()
		rb, wb := r.pipe()
		ops := chain(backend.FlagLink, r.op(backend.OpRead, ra, make([]byte, 1)), r.op(backend.OpWrite, wb, []byte("x")),
			r.op(backend.OpNop, 0, nil))
		if !r.arm(ops...) {
			return false
		}
		r.b.Cancel(ops[0].ID)
		r.want("the first of a cancelled chain", r.result(ops[0]), cancelled, interrupt, again)
		r.want("the second of a cancelled chain", r.result(ops[1]), cancelled)
		r.want("the third of a cancelled chain", r.result(ops[2]), cancelled)
		r.holds("after a cancelled chain", rb, "")
		return true
	})
}

// Duty 4: the cancel of a member that has not started may find nothing: then it runs when its time has come. It never ends
// the op before it.
func cancelOfAMember(r *rig) {
	r.attempt(func() bool {
		ra, wa := r.pipe()
		rb, wb := r.pipe()
		ops := chain(backend.FlagLink, r.op(backend.OpRead, ra, make([]byte, 1)), r.op(backend.OpWrite, wb, []byte("m")))
		if !r.arm(ops...) {
			return false
		}
		r.b.Cancel(ops[1].ID)
		r.linger(brief)
		r.fill(wa, "1")
		got, calm := r.results(ops...)
		if !calm {
			return false
		}
		r.want("the first of a chain whose second was cancelled", got[0], 1)
		r.want("the cancelled second", got[1], 1, cancelled)
		text := ""
		if got[1] == 1 {
			text = "m"
		}
		r.holds("after the chain", rb, text)
		return true
	})
}

// A member that is invalid on the face of it may fail the whole chain before any of it starts: it ends with its own code, and
// every other member either with ECANCELED and without effect, or as if nothing was wrong.
func chainWithAnInvalidMember(r *rig) {
	fd := r.file("f", "-")
	r.attempt(func() bool {
		write, bad := r.op(backend.OpWrite, fd, []byte("w")), r.op(backend.OpFsync, fd, nil)
		write.Off, bad.Arg = 0, 1<<10
		ops := chain(backend.FlagLink, write, bad, r.op(backend.OpNop, 0, nil))
		r.submit(ops...)
		got, calm := r.results(ops...)
		if !calm {
			return false
		}
		r.want("the member before an invalid one", got[0], 1, cancelled)
		r.want("the invalid member", got[1], invalid)
		r.want("the member after an invalid one", got[2], cancelled, 0)
		want := "-"
		if got[0] == 1 {
			want = "w"
		}
		if text := r.readAt(fd, 0, 4); text != want {
			r.Errorf("the first write gave %s, but the file holds %q", code(got[0]), text)
		}
		r.writeAt(fd, 0, "-")
		return true
	})
}
