//go:build tinygo && cortexm

package main

import (
	"unsafe"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/backend/cortexm/semihost"
	"github.com/tripoint-go/tripoint/sched"
)

// The wire. Both sides are little-endian. A request is 24 bytes:
//
//	program u32, 0 u32, seed u64, grace i64 (ns; 0: the default)
//
// A reply is a sequence of frames, kind byte, 0, length u16, payload, up to the one of kind 'x':
//
//	'e'  events, 64 bytes each, as they lie in memory
//	'n'  id i64, text
//	'f'  got i64, want i64, text: a property does not hold
//	's'  cond byte, text: a condition that must be true sometimes
//	'd'  exception u32, pc u32, overflow u32, task's name: the program has died; no 'x' follows
//	'x'  exit code i64, error u32, words of stack used u32, steps i64, now i64
//
// This file reads its own variables as bytes; events have no pointers and no padding but at their end.
type request struct {
	program uint32
	_       uint32
	seed    uint64
	grace   int64
}

const requestBytes = 24

// What the host takes for granted: an index other than 0 does not compile.
var (
	_ = [1]bool{}[unsafe.Sizeof(backend.Event{})-64]
	_ = [1]bool{}[unsafe.Offsetof(backend.Event{}.Tau)-8]
	_ = [1]bool{}[unsafe.Offsetof(backend.Event{}.Args)-16]
	_ = [1]bool{}[unsafe.Offsetof(backend.Event{}.Kind)-56]
	_ = [1]bool{}[unsafe.Offsetof(backend.Event{}.Lane)-57]
	_ = [1]bool{}[unsafe.Sizeof(request{})-requestBytes]
)

// The host hands the emulator its pipes as descriptors 3 and 4.
var (
	inName  = [...]byte{'/', 'd', 'e', 'v', '/', 'f', 'd', '/', '3', 0}
	outName = [...]byte{'/', 'd', 'e', 'v', '/', 'f', 'd', '/', '4', 0}
	inFile  semihost.File
	outFile semihost.File
	opened  bool
	input   [requestBytes]byte
)

// read gets the next request; false: there is none.
func (r *request) read() bool {
	if !opened {
		opened = true
		inFile, outFile = semihost.Open(inName[:], semihost.ForReading), semihost.Open(outName[:], semihost.ForWriting)
		if inFile < 0 || outFile < 0 {
			semihost.Exit(2, nil)
		}
	}
	for n := 0; n < requestBytes; {
		k := inFile.Read(input[n:])
		if k <= 0 {
			return false
		}
		n += k
	}
	*r = *(*request)(unsafe.Pointer(&input))
	return true
}

// reply writes frames. It is the sink of the trace.
type reply struct {
	failed bool
	head   [4]byte
	words  [6]uint64
}

func (r *reply) begin(kind byte, n int) {
	r.head = [4]byte{kind, 0, byte(n), byte(n >> 8)}
	outFile.Write(r.head[:])
}

func (r *reply) numbers(n int) {
	outFile.Write(unsafe.Slice((*byte)(unsafe.Pointer(&r.words)), n))
}

func (r *reply) text(s string) {
	if s != "" {
		outFile.Write(unsafe.Slice(unsafe.StringData(s), len(s)))
	}
}

// Events implements backend.Sink. A run whose property does not hold ends here.
func (r *reply) Events(batch []backend.Event) bool {
	n := len(batch) * int(unsafe.Sizeof(backend.Event{}))
	r.begin('e', n)
	outFile.Write(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(batch))), n))
	return !r.failed
}

// Name implements backend.Sink.
func (r *reply) Name(id int64, text string) {
	r.words[0] = uint64(id)
	r.begin('n', 8+len(text))
	r.numbers(8)
	r.text(text)
}

func fail(property string, got, want int64) {
	r := &out
	r.failed = true
	r.words[0], r.words[1] = uint64(got), uint64(want)
	r.begin('f', 16+len(property))
	r.numbers(16)
	r.text(property)
}

func sometimes(name string, cond bool) {
	r := &out
	r.words[0] = 0
	if cond {
		r.words[0] = 1
	}
	r.begin('s', 1+len(name))
	r.numbers(1)
	r.text(name)
}

// end tells what came of the run, and is ready for the next.
func (r *reply) end() {
	code, err := ex.Exit()
	e, _ := err.(sched.Error)
	used := 0
	for i := range tasks {
		if tasks[i].ID() != 0 {
			used = max(used, tasks[i].StackUsed())
		}
	}
	r.words[0], r.words[1] = uint64(code), uint64(uint32(e))|uint64(used)<<32
	r.words[2], r.words[3] = uint64(ex.Steps()), uint64(trace.Tau)
	r.begin('x', 32)
	r.numbers(32)
	r.failed = false
}

// fault tells why the program cannot go on.
func (r *reply) fault(f *cortexm.Fault) {
	r.words[0] = uint64(uint32(f.Exception)) | uint64(f.PC)<<32
	r.words[1] = 0
	if f.Overflow {
		r.words[1] = 1
	}
	r.begin('d', 12+len(f.Task))
	r.numbers(12)
	r.text(f.Task)
}
