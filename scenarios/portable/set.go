package portable

// Count is the number of programs.
const Count = 21

const unknown = "portable: programs are numbered from 0 to Count-1"

// Name returns the name of program i, 0 to Count-1: that of its scenario.
func Name(i int) string {
	if uint(i) >= Count {
		panic(unknown)
	}
	return [Count]string{
		"hello", "criticalsection", "poison", "scopes", "timers", "pipeline", "interrupts", "waiterlist", "futures",
		"lines-detach", "lines-wait", "lines-stop", "canary", "deadlock",
		"relay", "rwlock", "condition",
		"bundle", "combinators", "tokens",
		"handles",
	}[i]
}

// Program returns program i, 0 to Count-1, as new. Where there is no heap it takes the place of the last one.
func (s *Set) Program(i int) Program {
	switch i {
	case 0:
		return fresh[Hello](s)
	case 1:
		return fresh[CriticalSection](s)
	case 2:
		return fresh[Poison](s)
	case 3:
		return fresh[Scopes](s)
	case 4:
		return fresh[Timers](s)
	case 5:
		return fresh[Pipeline](s)
	case 6:
		return fresh[Interrupts](s)
	case 7:
		return fresh[WaiterList](s)
	case 8:
		return fresh[Futures](s)
	case 9:
		return fresh[LinesDetach](s)
	case 10:
		return fresh[LinesWait](s)
	case 11:
		return fresh[LinesStop](s)
	case 12:
		return fresh[Canary](s)
	case 13:
		return fresh[Deadlock](s)
	case 14:
		return fresh[Relay](s)
	case 15:
		return fresh[RWLock](s)
	case 16:
		return fresh[Condition](s)
	case 17:
		return fresh[Bundle](s)
	case 18:
		return fresh[Combinators](s)
	case 19:
		return fresh[Tokens](s)
	case 20:
		return fresh[Handles](s)
	}
	panic(unknown)
}
