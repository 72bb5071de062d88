//go:build tinygo && cortexm

package semihost

import (
	"device/arm"
	"unsafe"
)

// The numbers of the calls, of the specification "Semihosting for AArch32 and AArch64".
const (
	sysOpen    = 0x01
	sysWrite0  = 0x04
	sysWrite   = 0x05
	sysRead    = 0x06
	sysCmdLine = 0x15
	sysExit    = 0x20 // SYS_EXIT_EXTENDED
	exited     = 0x20026
)

// block is what a call points to. One will do: callers run with interrupts masked, or in handlers that do not interrupt each
// other.
var block [4]uint32

func call(op int, a, b, c uintptr) int {
	block[0], block[1], block[2] = uint32(a), uint32(b), uint32(c)
	return arm.SemihostingCall(op, uintptr(unsafe.Pointer(&block)))
}

// Exit ends the emulator with this exit status, 0 to 255. why, a text for whoever stops the program here, may be nil.
func Exit(code int, why *byte) {
	exit(code, why)
}

// exit has a name that the injection of interrupts stops at: its arguments are the verdict.
//
//export tripoint_exit
//go:noinline
func exit(code int, why *byte) {
	call(sysExit, exited, uintptr(code), uintptr(unsafe.Pointer(why)))
	for {
		arm.Asm("wfi")
	}
}

// Print writes to the emulator's standard error; s must end in a zero byte.
func Print(s string) { arm.SemihostingCall(sysWrite0, uintptr(unsafe.Pointer(unsafe.StringData(s)))) }

// PrintBytes is Print for bytes, which end in a zero byte, too.
func PrintBytes(s []byte) {
	arm.SemihostingCall(sysWrite0, uintptr(unsafe.Pointer(unsafe.SliceData(s))))
}

// Args puts the command line, the arg= values of -semihosting-config with spaces between them, into buf and returns it; nil if
// there is none, or no room.
func Args(buf []byte) []byte {
	if call(sysCmdLine, uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)), 0) != 0 {
		return nil
	}
	return buf[:block[1]]
}

// File is a file, pipe or device of the host; below 0 there is none.
type File int

// The modes of Open, as numbers of fopen's "rb" and "wb".
const (
	ForReading = 1
	ForWriting = 5
)

// Open opens a path of the host, which must end in a zero byte.
func Open(path []byte, mode int) File {
	return File(call(sysOpen, uintptr(unsafe.Pointer(unsafe.SliceData(path))), uintptr(mode), uintptr(len(path)-1)))
}

// Read reads once and returns how many bytes there were; 0 is the end of the file. It blocks the whole emulator, without any
// virtual time.
func (f File) Read(b []byte) int {
	return len(b) - call(sysRead, uintptr(f), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
}

// Write returns how many bytes were written.
func (f File) Write(b []byte) int {
	return len(b) - call(sysWrite, uintptr(f), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
}
