//go:build tinygo

package portable

import "unsafe"

// Set is memory for one program at a time, as large as the largest of them. Its zero value is ready for use.
type Set struct {
	room [(setBytes + 7) / 8]uint64 // whose alignment is good enough for every field of a program
}

const setBytes = max(
	unsafe.Sizeof(Hello{}),
	unsafe.Sizeof(CriticalSection{}),
	unsafe.Sizeof(Poison{}),
	unsafe.Sizeof(Scopes{}),
	unsafe.Sizeof(Timers{}),
	unsafe.Sizeof(Pipeline{}),
	unsafe.Sizeof(Interrupts{}),
	unsafe.Sizeof(WaiterList{}),
	unsafe.Sizeof(Futures{}),
	unsafe.Sizeof(LinesDetach{}),
	unsafe.Sizeof(LinesWait{}),
	unsafe.Sizeof(LinesStop{}),
	unsafe.Sizeof(Canary{}),
	unsafe.Sizeof(Deadlock{}),
	unsafe.Sizeof(Relay{}),
	unsafe.Sizeof(RWLock{}),
	unsafe.Sizeof(Condition{}),
	unsafe.Sizeof(Bundle{}),
	unsafe.Sizeof(Combinators{}),
	unsafe.Sizeof(Tokens{}),
	unsafe.Sizeof(Handles{}),
)

// fresh returns a new program. The room is large enough for a T, because the program is one of those in setBytes; nobody else
// uses it, because the program before is over; and no collector looks for pointers in it, because there is none.
func fresh[T any](s *Set) *T {
	clear(s.room[:])
	return (*T)(unsafe.Pointer(&s.room))
}
