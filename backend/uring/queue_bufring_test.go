//go:build linux

package uring

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// offHeap returns mapped memory that the test unmaps.
func offHeap(t testing.TB, n int) []byte {
	t.Helper()
	mem, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	must(t, "mmap", err)
	t.Cleanup(func() { must(t, "munmap", unix.Munmap(mem)) })
	return mem
}

// socketPair returns two connected stream sockets.
func socketPair(t testing.TB) (a, b int32) {
	t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, "socketpair", err)
	t.Cleanup(func() { _ = unix.Close(p[0]); _ = unix.Close(p[1]) })
	return int32(p[0]), int32(p[1])
}

// Buffers go around many more times than the ring has entries and than 16 bits of tail would count without wrapping; every
// completion finds its bytes in the buffer that it names.
func TestBufRingWraps(t *testing.T) {
	const group, size, n = 7, 16, 3 // 3 buffers in a ring of 4 entries
	q := newQueue(t, queueParams{entries: 8})
	b, err := newBufRing(q, group, offHeap(t, size*n), size, n)
	must(t, "newBufRing", err)
	rd, wr := socketPair(t)
	for i := range 1<<16 + 100 {
		msg := []byte{byte(i), byte(i >> 8), byte(i >> 16)}
		_, err := unix.Write(int(wr), msg)
		must(t, "write", err)
		e := mustGet(t, q, uint64(i))
		e.recv(rd, nil, 0, 0)
		e.bufferSelect(group)
		c := next(t, q)
		id, ok := c.bufferID()
		if c.res != int32(len(msg)) || !ok || int(id) >= n {
			t.Fatalf("recv %d: got %+v, want %d bytes in a buffer below %d", i, c, len(msg), n)
		}
		if got := b.buf(id)[:c.res]; string(got) != string(msg) {
			t.Fatalf("recv %d: got % x in buffer %d, want % x", i, got, id, msg)
		}
		b.add(id)
	}
	must(t, "bufRing.close", b.close())
}

// A multishot receive takes every buffer once, then ends with ENOBUFS and leaves the data in the socket; with a buffer given
// back the next receive gets it.
func TestBufRingRunsDry(t *testing.T) {
	const group, size, n = 1, 4, 4
	q := newQueue(t, queueParams{entries: 8})
	mem := offHeap(t, size*n)
	b, err := newBufRing(q, group, mem, size, n)
	must(t, "newBufRing", err)
	if _, err := newBufRing(q, group, mem, size, n); err != unix.EEXIST {
		t.Errorf("second ring of the same group: got %v, want EEXIST", err)
	}
	rd, wr := socketPair(t)
	_, err = unix.Write(int(wr), []byte("aaaabbbbccccddddeeee"))
	must(t, "write", err)
	mustGet(t, q, 1).recvMultishot(rd, group, 0)
	var used opcodeSet // of buffer ids
	for want := byte('a'); want <= 'd'; want++ {
		c := next(t, q)
		id, ok := c.bufferID()
		if c.res != size || !ok || c.flags&cqeFMore == 0 || used.has(uint8(id)) || b.buf(id)[0] != want {
			t.Fatalf("recv %c: got %+v, want %d bytes in a fresh buffer, and more to come", want, c, size)
		}
		used.add(uint8(id))
	}
	if c := next(t, q); c.res != -int32(unix.ENOBUFS) || c.flags&cqeFMore != 0 {
		t.Fatalf("recv without buffers: got %+v, want the end with -ENOBUFS", c)
	}
	b.add(2)
	mustGet(t, q, 2).recvMultishot(rd, group, 0)
	if c := next(t, q); c.res != size || string(b.buf(2)) != "eeee" {
		t.Fatalf("recv after add: got %+v %q, want eeee", c, b.buf(2))
	}
	_, err = unix.Write(int(wr), []byte("f"))
	must(t, "write", err)
	if c := next(t, q); c.res != -int32(unix.ENOBUFS) {
		t.Fatalf("recv without buffers: got %+v, want the end with -ENOBUFS", c)
	}
	must(t, "bufRing.close", b.close())
	if err := b.close(); err != unix.EINVAL && err != unix.ENOENT {
		t.Errorf("close of a group that is gone: got %v, want EINVAL or ENOENT", err)
	}
}

// The largest ring addresses every buffer rightly: arithmetic in 16 bits would not.
func TestBufRingEntries(t *testing.T) {
	const size = 8
	q := newQueue(t, queueParams{entries: 1})
	for _, n := range []int{1, 2, 3, 4097, ringEntriesMax} {
		mem := offHeap(t, size*n)
		b, err := newBufRing(q, 1, mem, size, n)
		must(t, "newBufRing", err)
		if got, want := len(b.entries), int(powerOfTwo(uint32(n))); got != want {
			t.Errorf("entries for %d buffers: got %d, want %d", n, got, want)
		}
		for id := range n {
			want := bufEntry{addr: address(unsafe.Pointer(&mem[id*size])), len: size, bid: uint16(id)}
			got := b.entries[id]
			if id == 0 {
				want.resv = uint16(n) // the tail
			}
			if got != want {
				t.Fatalf("entry %d of %d: got %+v, want %+v", id, n, got, want)
			}
		}
		must(t, "bufRing.close", b.close())
	}
}
