//go:build linux

package uring

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bufRing is a group of buffers of one size from which the kernel takes one for each completion of an operation with
// BUFFER_SELECT. The completion carries the buffer's id, and the buffer is the program's until add gives it back. One thread
// at a time calls add. Needs Linux 5.19 and a little-endian machine.
//
// The ring is an array of entries (address, length, id) and a tail of 16 bits in the unused last bytes of entry 0, right
// behind its id. Go has no atomic store of 16 bits, so id and tail of entry 0 are stored together:
//
//	byte  0        8       12    14    16       24
//	      | addr   | len   | bid | tail | addr  | ...
//	                       '-- store --'
type bufRing struct {
	q       *queue
	ring    []byte // mapped
	entries []bufEntry
	tail0   *uint32 // id and tail of entry 0
	bid0    uint16  // id in entry 0
	tail    uint16
	group   uint16
	size    int
	n       int
	mem     []byte
}

// newBufRing cuts n buffers of size bytes, with ids from 0 to n-1, out of mem, registers them as group and gives all of them
// to the kernel. mem does not move and belongs to the ring until close. The ring itself has n rounded up to a power of two
// entries, at most 32768. The error is an errno: EEXIST if the group exists, EINVAL before Linux 5.19.
func newBufRing(q *queue, group uint16, mem []byte, size, n int) (*bufRing, error) {
	if n < 1 || n > ringEntriesMax || size < 1 || size > len(mem)/n {
		panic("uring: the memory of a buffer ring holds 1 to 32768 buffers of the size given")
	}
	if !littleEndian() {
		return nil, unix.EOPNOTSUPP
	}
	entries := powerOfTwo(uint32(n))
	ring, err := unix.Mmap(-1, 0, int(entries)*int(unsafe.Sizeof(bufEntry{})), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		return nil, err
	}
	b := &bufRing{q: q, ring: ring, group: group, size: size, n: n, mem: mem}
	b.entries = overlay[bufEntry](ring, 0, entries)
	b.tail0 = word(ring, uint32(unsafe.Offsetof(bufEntry{}.bid)))
	reg := &bufReg{ringAddr: address(unsafe.Pointer(unsafe.SliceData(ring))), ringEntries: entries, group: group}
	if err := registerAll(q, registerPbufRingOp, unsafe.Pointer(reg), 1); err != nil {
		_ = unix.Munmap(ring)
		return nil, err
	}
	for id := range n {
		b.add(uint16(id))
	}
	return b, nil
}

// buf returns the memory of a buffer.
func (b *bufRing) buf(id uint16) []byte {
	if int(id) >= b.n {
		panic("uring: a buffer id outside its ring")
	}
	at := int(id) * b.size
	return b.mem[at : at+b.size : at+b.size]
}

// add gives the buffer to the kernel, which takes buffers in the order of add. A buffer that the kernel has already must not
// be added: the same memory would be handed out twice.
func (b *bufRing) add(id uint16) {
	at := int(b.tail) & (len(b.entries) - 1)
	e := &b.entries[at]
	e.addr = address(unsafe.Pointer(unsafe.SliceData(b.buf(id))))
	e.len = uint32(b.size)
	if at == 0 {
		b.bid0 = id
	} else {
		e.bid = id
	}
	b.tail++
	atomic.StoreUint32(b.tail0, uint32(b.bid0)|uint32(b.tail)<<16)
}

// close takes the group from the kernel and unmaps the ring. No operation that selects from the group is in flight then.
func (b *bufRing) close() error {
	reg := &bufReg{group: b.group}
	err := registerAll(b.q, unregisterPbufRingOp, unsafe.Pointer(reg), 1)
	if err != nil {
		return err // the kernel may still use the ring
	}
	return unix.Munmap(b.ring)
}
