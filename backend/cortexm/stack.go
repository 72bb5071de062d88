//go:build tinygo && cortexm

package cortexm

import (
	"unsafe"

	"github.com/tripoint-go/tripoint/backend"
)

// This file and switch.c are all that moves stack pointers. What makes it sound: a stack is resumed by one context at a time, the
// executor, which runs in thread mode with interrupts masked or in a handler that nothing interrupts; and who is on a stack
// leaves it only through Suspend.

//export tripoint_switch
func switchStack(save *uintptr, to, limit uintptr)

//export tripoint_frame
func firstFrame(top, arg unsafe.Pointer) uintptr

//export tripoint_run
func runStack(s *backend.Stack) {
	s.Run(s.Of)
	for {
		switchStack(&s.SP, s.Outer, 0)
	}
}

const (
	// unused is what a stack is painted with.
	unused = 0xc0de57ac
	// stackMin is the first frame and the room to align it, in words.
	stackMin = 16
)

// Prepare implements [backend.Stacks].
func (b *Backend) Prepare(s *backend.Stack) bool {
	if len(s.Mem) < stackMin {
		return false
	}
	for i := range s.Mem {
		s.Mem[i] = unused
	}
	s.SP = firstFrame(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s.Mem)), 4*len(s.Mem)), unsafe.Pointer(s))
	return true
}

// Resume implements [backend.Stacks]. The lowest word of a stack is never used: when it has changed, or the stack pointer is at or
// below it, the stack has overflowed.
func (b *Backend) Resume(s *backend.Stack) bool {
	bottom := unsafe.SliceData(s.Mem)
	switchStack(&s.Outer, s.SP, uintptr(unsafe.Pointer(bottom)))
	if *bottom != unused || s.SP <= uintptr(unsafe.Pointer(bottom)) {
		b.overflow = true
		return false
	}
	return true
}

// Suspend implements [backend.Stacks].
func (b *Backend) Suspend(s *backend.Stack) { switchStack(&s.SP, s.Outer, 0) }

// Used implements [backend.Stacks]: it counts the words that are not as they were painted.
func (b *Backend) Used(s *backend.Stack) int {
	n := 0
	for n < len(s.Mem) && s.Mem[n] == unused {
		n++
	}
	return len(s.Mem) - n
}
