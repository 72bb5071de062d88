package backendtest

import (
	"runtime"
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
)

// pipes is what cases with pipes need.
func pipes(more ...backend.OpKind) needs {
	return needs{ops: set(backend.OpRead, backend.OpWrite) | set(more...)}
}

func pipeCases() []Case {
	return []Case{
		{"PipeKeepsBytesInOrder", pipes(), pipeKeepsBytesInOrder},
		{"ReadWaitsForBytes", pipes(), readWaitsForBytes},
		{"WriteWaitsForSpace", pipes(), writeWaitsForSpace},
		{"TransferOfNothing", pipes(), transferOfNothing},
		{"EndAndErrors", pipes(backend.OpClose), endAndErrors},
		{"CloseEndsAReadThatWaits", pipes(backend.OpClose), closeEndsARead},
		{"CloseLeavesWhatIsInFlight", pipes(backend.OpClose), closeLeavesWhatIsInFlight},
		{"DisposeCloses", pipes(), disposeCloses},
		{"TwoReadsShareTheBytes", pipes(), twoReadsShareTheBytes},
		{"MemoryStaysReachable", pipes(), memoryStaysReachable},
		{"MemoryIsLeftAloneAfterwards", pipes(), memoryIsLeftAlone},
	}
}

// Duty 2: the buffer is the backend's until the completion; then a read has put exactly its count into it.
func pipeKeepsBytesInOrder(r *rig) {
	rd, wr := r.pipe()
	r.fill(wr, "one two ")
	r.fill(wr, "three")
	if got := r.drain(rd, 13); got != "one two three" {
		r.Errorf("read %q, want %q", got, "one two three")
	}
	buf := []byte("--------")
	r.fill(wr, "xy")
	n := r.read(rd, buf)
	if n < 1 || n > 2 || string(buf) != "xy"[:n]+"--------"[n:] {
		r.Errorf("a read of %d bytes left its buffer as %q", n, buf)
	}
}

// A read of an empty pipe waits for bytes; it does not fail and does not end.
func readWaitsForBytes(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		buf := make([]byte, 4)
		o := r.op(backend.OpRead, rd, buf)
		r.submit(o)
		r.linger(quiet)
		if r.done(o) {
			if !transient(r.result(o)) {
				r.Fatalf("a read of an empty pipe completed with %s", code(r.result(o)))
			}
			return false
		}
		r.fill(wr, "!")
		if res := r.result(o); res != 1 || buf[0] != '!' {
			r.Fatalf("the read got %d and %q, want 1 and \"!\"", res, buf[0])
		}
		return true
	})
}

// A write to a full pipe waits for space, and short counts add up: nothing is lost or doubled.
func writeWaitsForSpace(r *rig) {
	rd, wr := r.pipe()
	written, read := 0, 0
	var blocked *backend.Op
	for blocked == nil && written < 2<<20 {
		data := make([]byte, 32<<10)
		for i := range data {
			data[i] = byte((written + i) * 7)
		}
		o := r.op(backend.OpWrite, wr, data)
		r.submit(o)
		r.linger(brief)
		switch {
		case !r.done(o):
			blocked = o
		case !transient(r.result(o)):
			written += int(r.result(o))
		}
	}
	if blocked == nil {
		r.Fatalf("a pipe took %d bytes and is not full", written)
	}
	check := func(data string) {
		for i := range len(data) {
			if data[i] != byte((read+i)*7) {
				r.Fatalf("byte %d is wrong", read+i)
			}
		}
		read += len(data)
	}
	check(r.drain(rd, written))
	late := r.result(blocked)
	if late < 1 && !transient(late) {
		r.Fatalf("the write that waited gave %s", code(late))
	}
	written += max(0, int(late))
	check(r.drain(rd, written-read))
}

// A transfer of no bytes is 0 and moves none: not even the write needs room, or the read bytes.
func transferOfNothing(r *rig) {
	rd, wr := r.pipe()
	r.want("a write of nothing", r.write(wr, nil), 0)
	r.want("a read of nothing from an empty pipe", r.read(rd, nil), 0)
	r.fill(wr, "a")
	r.want("a read of nothing", r.read(rd, []byte{}), 0)
	r.holds("after transfers of nothing", rd, "a")
}

// Duty 9: results are backend-neutral codes: 0 is the end, EPIPE a pipe without reader, EBADF no such descriptor.
func endAndErrors(r *rig) {
	rd, wr := r.pipe()
	r.fill(wr, "z")
	r.want("a write to the end for reading", r.write(rd, []byte("x")), badFD)
	r.want("a read of the end for writing", r.read(wr, make([]byte, 1)), badFD)
	r.close(wr)
	if got := r.drain(rd, 1); got != "z" {
		r.Errorf("read %q, want what was written before the close", got)
	}
	r.want("a read at the end", r.read(rd, make([]byte, 1)), 0)
	r.want("a second read at the end", r.read(rd, make([]byte, 1)), 0)
	r.want("a read of a closed descriptor", r.read(wr, make([]byte, 1)), badFD)
	r.want("a second close", r.do(backend.Op{Kind: backend.OpClose, FD: wr}), badFD)
	r.want("close of -1", r.do(backend.Op{Kind: backend.OpClose, FD: -1}), badFD)
	rd, wr = r.pipe()
	r.close(rd)
	r.want("a write without a reader", r.write(wr, []byte("x")), brokePipe)
}

// When the last writer closes, a read that waits ends with 0.
func closeEndsARead(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		o := r.op(backend.OpRead, rd, make([]byte, 4))
		if !r.arm(o) {
			return false
		}
		r.close(wr)
		if transient(r.result(o)) {
			return false
		}
		r.want("a read whose writer closed", r.result(o), 0)
		return true
	})
}

// The close of a descriptor does not end the ops that work on it. They keep the open file: a read that waited goes on to
// wait, and takes the bytes that come. Only a cancel by id still reaches it.
func closeLeavesWhatIsInFlight(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		buf := make([]byte, 4)
		o := r.op(backend.OpRead, rd, buf)
		if !r.arm(o) {
			return false
		}
		r.close(rd)
		r.linger(brief)
		if r.done(o) {
			if transient(r.result(o)) {
				return false
			}
			r.Fatalf("the close of its descriptor ended a read with %s", code(r.result(o)))
		}
		r.fill(wr, "k")
		if res := r.result(o); res != 1 || buf[0] != 'k' {
			r.Errorf("a read whose descriptor was closed got %s and %q, want 1 and \"k\"", code(res), buf[:1])
		}
		rd, _ = r.pipe()
		o = r.op(backend.OpRead, rd, buf)
		if !r.arm(o) {
			return false
		}
		r.close(rd)
		r.want("the cancel of a read whose descriptor was closed", r.cancel(o), cancelled, interrupt)
		return true
	})
}

// Duty 5: Dispose closes a descriptor that an op returned; it ignores failures and results that own nothing.
func disposeCloses(r *rig) {
	rd, wr := r.pipe()
	r.b.Dispose(backend.OpRead, rd)
	r.b.Dispose(backend.OpAccept, -int32(backend.ECANCELED))
	r.b.Dispose(backend.OpNop, 0)
	r.fill(wr, "q")
	if got := r.drain(rd, 1); got != "q" {
		r.Errorf("read %q, want \"q\"", got)
	}
	r.dispose(rd)
	r.want("a write after the reader was disposed of", r.write(wr, []byte("x")), brokePipe)
}

// The order of completions is not the order of submissions: of two reads that wait on one pipe either may be first. But
// each byte goes to exactly one of them.
func twoReadsShareTheBytes(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		b1, b2 := make([]byte, 1), make([]byte, 1)
		o1, o2 := r.op(backend.OpRead, rd, b1), r.op(backend.OpRead, rd, b2)
		if !r.arm(o1, o2) {
			return false
		}
		r.fill(wr, "a")
		r.until("one of two reads", func() bool { return r.done(o1) || r.done(o2) })
		r.fill(wr, "b")
		if transient(r.result(o1)) || transient(r.result(o2)) {
			return false
		}
		r.want("the first of two reads", r.result(o1), 1)
		r.want("the second of two reads", r.result(o2), 1)
		if got := string(b1) + string(b2); got != "ab" && got != "ba" {
			r.Errorf("two reads of 1 byte each got %q, want one 'a' and one 'b'", got)
		}
		return true
	})
}

// Duty 2: from Submit to the terminal completion the backend keeps the buffer reachable for the garbage collector, even if
// nobody else does.
func memoryStaysReachable(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		freed := new(atomic.Bool)
		o := r.lend(rd, freed)
		r.linger(brief)
		for range 3 {
			runtime.GC() // a finalizer runs after one collection and before the end of the next but one
			r.linger(brief)
		}
		if !r.done(o) && freed.Load() {
			r.Errorf("the buffer of a read in flight was freed")
		}
		r.fill(wr, "g")
		return !transient(r.result(o))
	})
}

// lend submits a read of one byte with a buffer that only the backend knows. What it returns has the op's id and nothing else.
//
//go:noinline
func (r *rig) lend(rd int32, freed *atomic.Bool) *backend.Op {
	buf := new([4096]byte)
	runtime.SetFinalizer(buf, func(*[4096]byte) { freed.Store(true) })
	o := r.op(backend.OpRead, rd, buf[:1])
	stub := &backend.Op{ID: o.ID, Kind: o.Kind, FD: rd}
	r.flights[o.ID].op = stub
	r.submit(o)
	return stub
}

// Duty 2: after the terminal completion the memory is the caller's again. A backend that picked the bytes of a write up
// later, or wrote into the buffer of a read once more, would be seen here.
func memoryIsLeftAlone(r *rig) {
	rd, wr := r.pipe()
	for range 10 {
		data := []byte("data")
		n := r.write(wr, data)
		copy(data, "****")
		if got := r.drain(rd, int(n)); got != "data"[:n] {
			r.Errorf("a buffer that was changed after its write completed reads %q, want %q", got, "data"[:n])
		}
		buf := make([]byte, 2)
		r.fill(wr, "xyz")
		n = r.read(rd, buf)
		copy(buf, "##")
		r.linger(brief)
		if string(buf) != "##" {
			r.Errorf("the buffer of a completed read was written again: %q", buf)
		}
		r.drain(rd, 3-int(n))
	}
}
