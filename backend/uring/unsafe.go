//go:build linux

package uring

import (
	"math/bits"
	"unsafe"
)

// address returns an address as the kernel takes it. See [sqe] for who keeps the memory alive.
func address(p unsafe.Pointer) uint64 { return uint64(uintptr(p)) }

// word returns the 32-bit word at off of mapped memory. The kernel aligns its offsets; the index is checked as that of a
// slice, so a wrong offset panics instead of reaching foreign memory.
func word(mem []byte, off uint32) *uint32 {
	_ = mem[off+3]
	return (*uint32)(unsafe.Pointer(&mem[off]))
}

// overlay returns n elements of T at off of mapped memory. T must have the layout of what the kernel keeps there.
func overlay[T any](mem []byte, off, n uint32) []T {
	var t T
	_ = mem[uintptr(off)+uintptr(n)*unsafe.Sizeof(t)-1]
	return unsafe.Slice((*T)(unsafe.Pointer(&mem[off])), n)
}

// littleEndian tells the byte order of the machine.
func littleEndian() bool {
	x := uint16(1)
	return *(*byte)(unsafe.Pointer(&x)) == 1
}

// pollMask returns the mask as poll32_events holds it: on big-endian machines its halves are swapped, because the field was
// once 16 bits wide.
func pollMask(mask uint32) uint32 {
	if littleEndian() {
		return mask
	}
	return bits.RotateLeft32(mask, 16)
}
