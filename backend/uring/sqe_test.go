//go:build linux

package uring

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// encArgs are arguments for any encoder.
type encArgs struct {
	fd, fd2         int32
	p, p2           unsafe.Pointer
	n, flags        uint32
	off, off2, data uint64
	index           uint16
}

// encoder is one method of sqe, by its name in testdata/abi.c.
type encoder struct {
	name   string
	encode func(e *sqe, a *encArgs)
}

// encoders lists every encoder and every setter, in the order of testdata/abi.c.
func encoders() []encoder {
	return []encoder{
		{"read", func(e *sqe, a *encArgs) { e.read(a.fd, a.p, a.n, a.off) }},
		{"write", func(e *sqe, a *encArgs) { e.write(a.fd, a.p, a.n, a.off) }},
		{"readv", func(e *sqe, a *encArgs) { e.readv(a.fd, a.p, a.n, a.off) }},
		{"writev", func(e *sqe, a *encArgs) { e.writev(a.fd, a.p, a.n, a.off) }},
		{"readFixed", func(e *sqe, a *encArgs) { e.readFixed(a.fd, a.p, a.n, a.off, a.index) }},
		{"writeFixed", func(e *sqe, a *encArgs) { e.writeFixed(a.fd, a.p, a.n, a.off, a.index) }},
		{"fsync", func(e *sqe, a *encArgs) { e.fsync(a.fd, a.flags) }},
		{"openat", func(e *sqe, a *encArgs) { e.openat(a.fd, a.p, a.flags, a.n) }},
		{"close", func(e *sqe, a *encArgs) { e.close(a.fd) }},
		{"statx", func(e *sqe, a *encArgs) { e.statx(a.fd, a.p, a.flags, a.n, a.p2) }},
		{"fallocate", func(e *sqe, a *encArgs) { e.fallocate(a.fd, a.flags, a.off, a.off2) }},
		{"ftruncate", func(e *sqe, a *encArgs) { e.ftruncate(a.fd, a.off) }},
		{"renameat", func(e *sqe, a *encArgs) { e.renameat(a.fd, a.p, a.fd2, a.p2, a.flags) }},
		{"unlinkat", func(e *sqe, a *encArgs) { e.unlinkat(a.fd, a.p, a.flags) }},
		{"mkdirat", func(e *sqe, a *encArgs) { e.mkdirat(a.fd, a.p, a.n) }},
		{"splice", func(e *sqe, a *encArgs) { e.splice(a.fd, a.off, a.fd2, a.off2, a.n, a.flags) }},

		{"socket", func(e *sqe, a *encArgs) { e.socket(a.fd, a.fd2, int32(a.n)) }},
		{"bind", func(e *sqe, a *encArgs) { e.bind(a.fd, a.p, a.n) }},
		{"listen", func(e *sqe, a *encArgs) { e.listen(a.fd, a.n) }},
		{"accept", func(e *sqe, a *encArgs) { e.accept(a.fd, a.p, (*uint32)(a.p2), a.flags) }},
		{"acceptMultishot", func(e *sqe, a *encArgs) { e.acceptMultishot(a.fd, a.p, (*uint32)(a.p2), a.flags) }},
		{"connect", func(e *sqe, a *encArgs) { e.connect(a.fd, a.p, a.n) }},
		{"send", func(e *sqe, a *encArgs) { e.send(a.fd, a.p, a.n, a.flags) }},
		{"recv", func(e *sqe, a *encArgs) { e.recv(a.fd, a.p, a.n, a.flags) }},
		{"recvMultishot", func(e *sqe, a *encArgs) { e.recvMultishot(a.fd, a.index, a.flags) }},
		{"sendmsg", func(e *sqe, a *encArgs) { e.sendmsg(a.fd, a.p, a.flags) }},
		{"recvmsg", func(e *sqe, a *encArgs) { e.recvmsg(a.fd, a.p, a.flags) }},
		{"sendZC", func(e *sqe, a *encArgs) { e.sendZC(a.fd, a.p, a.n, a.flags, a.index) }},
		{"sendmsgZC", func(e *sqe, a *encArgs) { e.sendmsgZC(a.fd, a.p, a.flags) }},
		{"shutdown", func(e *sqe, a *encArgs) { e.shutdown(a.fd, a.n) }},

		{"nop", func(e *sqe, _ *encArgs) { e.nop() }},
		{"timeout", func(e *sqe, a *encArgs) { e.timeout((*kernelTimespec)(a.p), a.n, a.flags) }},
		{"linkTimeout", func(e *sqe, a *encArgs) { e.linkTimeout((*kernelTimespec)(a.p), a.flags) }},
		{"timeoutRemove", func(e *sqe, a *encArgs) { e.timeoutRemove(a.off, a.flags) }},
		{"pollAdd", func(e *sqe, a *encArgs) { e.pollAdd(a.fd, a.flags) }},
		{"pollMultishot", func(e *sqe, a *encArgs) { e.pollMultishot(a.fd, a.flags) }},
		{"pollRemove", func(e *sqe, a *encArgs) { e.pollRemove(a.off) }},
		{"cancel", func(e *sqe, a *encArgs) { e.cancel(a.off, a.flags) }},
		{"cancelFD", func(e *sqe, a *encArgs) { e.cancelFD(a.fd, a.flags) }},
		{"cancelAny", func(e *sqe, a *encArgs) { e.cancelAny(a.flags) }},
		{"msgRing", func(e *sqe, a *encArgs) { e.msgRing(a.fd, a.n, a.off, a.flags) }},

		{"link", func(e *sqe, _ *encArgs) { e.link() }},
		{"hardlink", func(e *sqe, _ *encArgs) { e.hardlink() }},
		{"drain", func(e *sqe, _ *encArgs) { e.drain() }},
		{"async", func(e *sqe, _ *encArgs) { e.async() }},
		{"skipSuccess", func(e *sqe, _ *encArgs) { e.skipSuccess() }},
		{"fixedFile", func(e *sqe, _ *encArgs) { e.fixedFile() }},
		{"bufferSelect", func(e *sqe, a *encArgs) { e.bufferSelect(a.index) }},
	}
}

// argSets returns sets of arguments: zeroes, all bits set, a different number in each, and random ones. The pointers point
// into mem, where the encoders' types are aligned.
func argSets(mem []uint64) []encArgs {
	at := func(i int) unsafe.Pointer { return unsafe.Pointer(&mem[i%(len(mem)-2)&^1]) }
	sets := []encArgs{
		{},
		{fd: -1, fd2: -100, p: at(0), p2: at(2), n: ^uint32(0), flags: ^uint32(0), off: ^uint64(0), off2: ^uint64(0), data: ^uint64(0),
			index: ^uint16(0)},
		{fd: 1, fd2: 2, p: at(4), p2: at(6), n: 3, flags: 4, off: 5, off2: 6, data: 7, index: 8},
		{fd: 1 << 30, fd2: -1 << 31, p: at(4), p2: at(6), n: 1 << 31, flags: 1 << 31, off: 1 << 63, off2: 1 << 40, data: 1 << 32,
			index: 1 << 15},
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		sets = append(sets, encArgs{int32(r.Uint32()), int32(r.Uint32()), at(r.IntN(len(mem))), at(r.IntN(len(mem))),
			r.Uint32(), r.Uint32(), r.Uint64(), r.Uint64(), r.Uint64(), uint16(r.Uint32())})
	}
	return sets
}

func TestEncodersKeepUserDataAndFlags(t *testing.T) {
	mem := make([]uint64, 64)
	for _, enc := range encoders() {
		for _, a := range argSets(mem) {
			var before, after sqe
			before.userData, before.flags = a.data, sqeIOLink
			enc.encode(&before, &a)
			enc.encode(&after, &a)
			after.userData = a.data
			after.link()
			if before != after {
				t.Fatalf("%s: set before %+v, set after %+v", enc.name, before, after)
			}
		}
	}
}

// The numbers are those of the kernel's header on 64-bit machines; TestABI asks the header itself.
func TestLayout(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"sqe", unsafe.Sizeof(sqe{}), 64},
		{"sqe.fd", unsafe.Offsetof(sqe{}.fd), 4},
		{"sqe.off", unsafe.Offsetof(sqe{}.off), 8},
		{"sqe.addr", unsafe.Offsetof(sqe{}.addr), 16},
		{"sqe.len", unsafe.Offsetof(sqe{}.len), 24},
		{"sqe.opFlags", unsafe.Offsetof(sqe{}.opFlags), 28},
		{"sqe.userData", unsafe.Offsetof(sqe{}.userData), 32},
		{"sqe.bufIndex", unsafe.Offsetof(sqe{}.bufIndex), 40},
		{"sqe.personality", unsafe.Offsetof(sqe{}.personality), 42},
		{"sqe.spliceFdIn", unsafe.Offsetof(sqe{}.spliceFdIn), 44},
		{"sqe.addr3", unsafe.Offsetof(sqe{}.addr3), 48},
		{"cqe", unsafe.Sizeof(cqe{}), 16},
		{"cqe.res", unsafe.Offsetof(cqe{}.res), 8},
		{"cqe.flags", unsafe.Offsetof(cqe{}.flags), 12},
		{"ringParams", unsafe.Sizeof(ringParams{}), 120},
		{"ringParams.sqOff", unsafe.Offsetof(ringParams{}.sqOff), 40},
		{"ringParams.cqOff", unsafe.Offsetof(ringParams{}.cqOff), 80},
		{"sqOffsets", unsafe.Sizeof(sqOffsets{}), 40},
		{"cqOffsets", unsafe.Sizeof(cqOffsets{}), 40},
		{"getEventsArg", unsafe.Sizeof(getEventsArg{}), 24},
		{"kernelTimespec", unsafe.Sizeof(kernelTimespec{}), 16},
		{"probeReply.ops", unsafe.Offsetof(probeReply{}.ops), 16},
		{"probeOp", unsafe.Sizeof(probeOp{}), 8},
		{"bufReg", unsafe.Sizeof(bufReg{}), 40},
		{"bufEntry", unsafe.Sizeof(bufEntry{}), 16},
		{"bufEntry.bid", unsafe.Offsetof(bufEntry{}.bid), 12},
		{"syncCancelReg", unsafe.Sizeof(syncCancelReg{}), 64},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, c.got, c.want)
		}
	}
}
