package backendtest

import "github.com/tripoint-go/tripoint/backend"

const fault = -int32(backend.EFAULT)

func vectorCases() []Case {
	vectors := files(backend.OpReadv, backend.OpWritev)
	return []Case{
		{"VectorsGatherAndScatter", vectors, vectorsGatherAndScatter},
		{"VectorsThatAreNone", vectors, vectorsThatAreNone},
		{"VectorsOnPipes", pipes(backend.OpReadv, backend.OpWritev), vectorsOnPipes},
	}
}

func fixedCases() []Case {
	fixed := files(backend.OpReadFixed, backend.OpWriteFixed)
	fixed.pools = true
	return []Case{
		{"FixedBuffersTransfer", fixed, fixedBuffersTransfer},
		{"FixedBuffersAreChecked", fixed, fixedBuffersAreChecked},
		{"RegisterOnce", fixed, registerOnce},
		{"RegisterEndsUnderAnOp", fixed, registerEndsUnderAnOp},
	}
}

func spliceCases() []Case {
	splices := files(backend.OpSplice)
	return []Case{
		{"SpliceFileToPipe", splices, spliceFileToPipe},
		{"SplicePipeToFile", splices, splicePipeToFile},
		{"SplicePipeToPipe", splices, splicePipeToPipe},
		{"SpliceNeedsAPipe", splices, spliceNeedsAPipe},
	}
}

// A vector is one transfer: written piece after piece, read into piece after piece, with one count for all. Pieces of no
// bytes are legal.
func vectorsGatherAndScatter(r *rig) {
	fd := r.file("f", "")
	r.attempt(func() bool {
		vec := [][]byte{[]byte("ab"), {}, []byte("cde")}
		return r.must("writev", backend.Op{Kind: backend.OpWritev, FD: fd, Off: 2, Ext: &backend.OpExt{Vec: vec}}) == 5
	})
	if got := r.readAt(fd, 0, 100); got != "\x00\x00abcde" {
		r.Errorf("a vector written at 2 made %q", got)
	}
	r.attempt(func() bool {
		a, b, c := []byte("-"), []byte("---"), []byte("---")
		in := backend.Op{Kind: backend.OpReadv, FD: fd, Off: 3, Ext: &backend.OpExt{Vec: [][]byte{a, b, c}}}
		n := int(r.must("readv", in))
		want := "bcde"[:min(n, 4)] + "-------"[min(n, 4):]
		if got := string(a) + string(b) + string(c); n > 4 || got != want {
			r.Errorf("a read of %d bytes into pieces gave %q, want %q", n, got, want)
		}
		return n == 4
	})
}

// A vector has 1 to VecMax pieces.
func vectorsThatAreNone(r *rig) {
	fd := r.file("f", "x")
	for _, kind := range []backend.OpKind{backend.OpReadv, backend.OpWritev} {
		for _, n := range []int{0, backend.VecMax + 1} {
			res := r.do(backend.Op{Kind: kind, FD: fd, Ext: &backend.OpExt{Vec: make([][]byte, n)}})
			r.want("a vector of the wrong length", res, invalid)
		}
	}
	full := make([][]byte, backend.VecMax)
	for i := range full {
		full[i] = []byte{byte(i)}
	}
	n := r.must("writev", backend.Op{Kind: backend.OpWritev, FD: fd, Ext: &backend.OpExt{Vec: full}})
	if n < 1 || n > backend.VecMax {
		r.Errorf("a write of %d pieces of 1 byte gave %d", backend.VecMax, n)
	}
}

// On a pipe a vector moves what a plain transfer would, and offsets do not matter.
func vectorsOnPipes(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		out := r.op(backend.OpWritev, wr, nil)
		out.Ext = &backend.OpExt{Vec: [][]byte{[]byte("p"), []byte("q")}}
		r.submit(out)
		n := r.result(out)
		if transient(n) {
			return false
		}
		if n < 1 || n > 2 {
			r.Fatalf("a write of 2 pieces gave %s", code(n))
		}
		a, b := []byte("-"), []byte("----")
		in := r.op(backend.OpReadv, rd, nil)
		in.Ext = &backend.OpExt{Vec: [][]byte{a, b}}
		r.submit(in)
		m := r.result(in)
		if transient(m) {
			return false
		}
		if m < 1 || m > n || string(a)+string(b) != "pq"[:m]+"-----"[m:] {
			r.Errorf("after a write of %d bytes a read into 2 pieces gave %s, %q and %q", n, code(m), a, b)
		}
		return true
	})
}

// fixedOp is a transfer with a registered buffer.
func fixedOp(kind backend.OpKind, fd int32, buf []byte, index uint16) backend.Op {
	return backend.Op{Kind: kind, FD: fd, Buf: buf, Ext: &backend.OpExt{Index: index}}
}

// register makes two fixed buffers of 4096 bytes. Whoever calls it ends them with Register(nil).
func (r *rig) register() (backend.Pools, [][]byte) {
	r.Helper()
	p := r.b.(backend.Pools)
	bufs := [][]byte{make([]byte, 4096), make([]byte, 4096)}
	r.want("Register", -int32(p.Register(bufs)), 0)
	return p, bufs
}

// A transfer with a fixed buffer is one with Buf, a part of that buffer; the other bytes of it are left alone.
func fixedBuffersTransfer(r *rig) {
	p, bufs := r.register()
	fd := r.file("f", "")
	copy(bufs[1][100:], "fixed")
	r.attempt(func() bool {
		return r.must("write", fixedOp(backend.OpWriteFixed, fd, bufs[1][100:105], 1)) == 5
	})
	copy(bufs[0], "--------")
	r.attempt(func() bool {
		return r.must("read", fixedOp(backend.OpReadFixed, fd, bufs[0][1:7], 0)) == 5
	})
	if got := string(bufs[0][:8]); got != "-fixed--" {
		r.Errorf("a fixed buffer holds %q, want %q", got, "-fixed--")
	}
	r.want("the end of Register", -int32(p.Register(nil)), 0)
}

// Memory outside the fixed buffer that the op names is EFAULT, and so is a number that no buffer has. Nothing is moved.
func fixedBuffersAreChecked(r *rig) {
	p, bufs := r.register()
	fd := r.file("f", "secret")
	other := make([]byte, 6)
	r.want("a read into other memory", r.do(fixedOp(backend.OpReadFixed, fd, other, 0)), fault)
	r.want("a read into another fixed buffer", r.do(fixedOp(backend.OpReadFixed, fd, bufs[1][:6], 0)), fault)
	r.want("a read into a buffer that is not there", r.do(fixedOp(backend.OpReadFixed, fd, bufs[0][:6], 2)), fault)
	r.want("a read of nothing", r.do(fixedOp(backend.OpReadFixed, fd, bufs[0][:0], 0)), 0)
	if other[0] != 0 || bufs[1][0] != 0 {
		r.Errorf("a refused read moved bytes: %q, %q", other, bufs[1][:6])
	}
	r.want("the end of Register", -int32(p.Register(nil)), 0)
	r.want("a read into a buffer that is gone", r.do(fixedOp(backend.OpReadFixed, fd, bufs[0][:6], 0)), fault)
}

// There is one set of fixed buffers at a time.
func registerOnce(r *rig) {
	p, bufs := r.register()
	r.want("a second Register", -int32(p.Register(bufs)), -int32(backend.EBUSY))
	for range 3 {
		r.want("the end of Register", -int32(p.Register(nil)), 0)
		r.want("Register after an end", -int32(p.Register(bufs)), 0)
	}
	r.want("the end of Register", -int32(p.Register(nil)), 0)
}

// Fixed buffers can be ended while an op works with one. The op keeps its buffer and goes on; the memory is lent until then.
func registerEndsUnderAnOp(r *rig) {
	r.attempt(func() bool {
		p, bufs := r.register()
		rd, wr := r.pipe()
		o := r.make(fixedOp(backend.OpReadFixed, rd, bufs[0][:4], 0))
		calm := r.arm(o)
		r.want("the end of Register", -int32(p.Register(nil)), 0)
		if !calm {
			return false
		}
		r.fill(wr, "u")
		if transient(r.result(o)) {
			return false
		}
		if r.want("a read whose buffer was ended", r.result(o), 1); bufs[0][0] != 'u' {
			r.Errorf("the buffer holds %q, want \"u\"", bufs[0][:1])
		}
		return true
	})
}

// splice moves up to n bytes.
func splice(from int32, off int64, to int32, off2 int64, n int) backend.Op {
	return backend.Op{Kind: backend.OpSplice, FD: from, Off: off, Arg: uint32(n), Ext: &backend.OpExt{FD2: to, Off2: off2}}
}

// Splice moves bytes without memory of the caller, no more than asked for, from an offset that leaves the position alone.
func spliceFileToPipe(r *rig) {
	fd := r.file("f", "0123456789")
	rd, wr := r.pipe()
	n := r.must("splice", splice(fd, 2, wr, -1, 4))
	if n < 1 || n > 4 {
		r.Fatalf("a splice of 4 bytes gave %d", n)
	}
	r.holds("after a splice", rd, "2345"[:n])
	r.want("a splice at the end of a file", r.do(splice(fd, 10, wr, -1, 4)), 0)
}

// A splice out of a pipe takes the bytes away from it.
func splicePipeToFile(r *rig) {
	rd, wr := r.pipe()
	fd := r.file("f", "")
	r.fill(wr, "spliced!")
	for at := int64(0); at < 7; {
		n := r.must("splice", splice(rd, -1, fd, at, 7-int(at)))
		if n < 1 || int64(n) > 7-at {
			r.Fatalf("a splice of %d bytes gave %d", 7-at, n)
		}
		at += int64(n)
	}
	if got := r.readAt(fd, 0, 100); got != "spliced" {
		r.Errorf("the file holds %q, want %q", got, "spliced")
	}
	r.holds("after a splice of 7 of 8 bytes", rd, "!")
}

// Both sides may be pipes. A splice from an empty one waits like a read.
func splicePipeToPipe(r *rig) {
	r.attempt(func() bool {
		ra, wa := r.pipe()
		rb, wb := r.pipe()
		o := r.make(splice(ra, -1, wb, -1, 1))
		if !r.arm(o) {
			return false
		}
		if r.done(o) {
			r.Fatalf("a splice from an empty pipe gave %s", code(r.result(o)))
		}
		r.fill(wa, "s")
		if transient(r.result(o)) {
			return false
		}
		r.want("a splice of 1 byte", r.result(o), 1)
		r.holds("after a splice", rb, "s")
		return true
	})
}

// One side of a splice is a pipe, and that side has no offset.
func spliceNeedsAPipe(r *rig) {
	a, b := r.file("a", "text"), r.file("b", "")
	rd, wr := r.pipe()
	r.want("a splice between files", r.do(splice(a, 0, b, 0, 4)), invalid, badFD)
	r.want("a splice to an offset of a pipe", r.do(splice(a, 0, wr, 0, 4)), -int32(backend.ESPIPE))
	r.want("a splice from an offset of a pipe", r.do(splice(rd, 0, b, 0, 4)), -int32(backend.ESPIPE))
	r.close(a)
	r.want("a splice from a closed file", r.do(splice(a, 0, wr, -1, 4)), badFD)
	r.holds("after refused splices", rd, "")
}
