//go:build !tinygo

package portable

// Set is where programs live: on a host, each on the heap.
type Set struct{}

// Program returns program i, 0 to Count-1, as new. Nothing of it is shared with others.
func (*Set) Program(i int) Program {
	switch i {
	case 0:
		return new(Hello)
	case 1:
		return new(CriticalSection)
	case 2:
		return new(Poison)
	case 3:
		return new(Scopes)
	case 4:
		return new(Timers)
	case 5:
		return new(Pipeline)
	case 6:
		return new(Interrupts)
	case 7:
		return new(WaiterList)
	case 8:
		return new(Futures)
	case 9:
		return new(LinesDetach)
	case 10:
		return new(LinesWait)
	case 11:
		return new(LinesStop)
	case 12:
		return new(Canary)
	case 13:
		return new(Deadlock)
	}
	panic(unknown)
}
