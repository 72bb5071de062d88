//go:build tinygo

package portable

import "unsafe"

// programBytes is the size of the largest program.
const programBytes = max(
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
)

// Set is memory for one program, whichever it is. There is no collector here to ask what lies in it, and programs live in it one
// after the other: who asks for the next has done with the last.
type Set struct {
	memory [(programBytes + 7) / 8]uint64
}

// Program returns program i, 0 to Count-1, as new. What the set had lent before is gone.
func (s *Set) Program(i int) Program {
	clear(s.memory[:])
	at := unsafe.Pointer(&s.memory)
	switch i {
	case 0:
		return (*Hello)(at)
	case 1:
		return (*CriticalSection)(at)
	case 2:
		return (*Poison)(at)
	case 3:
		return (*Scopes)(at)
	case 4:
		return (*Timers)(at)
	case 5:
		return (*Pipeline)(at)
	case 6:
		return (*Interrupts)(at)
	case 7:
		return (*WaiterList)(at)
	case 8:
		return (*Futures)(at)
	case 9:
		return (*LinesDetach)(at)
	case 10:
		return (*LinesWait)(at)
	case 11:
		return (*LinesStop)(at)
	case 12:
		return (*Canary)(at)
	case 13:
		return (*Deadlock)(at)
	}
	panic(unknown)
}
