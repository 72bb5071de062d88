package portable

// Set is memory for one program of each kind. Nothing of it is shared between worlds.
type Set struct {
	hello           Hello
	criticalSection CriticalSection
	poison          Poison
	scopes          Scopes
	timers          Timers
	pipeline        Pipeline
	interrupts      Interrupts
	waiterList      WaiterList
	futures         Futures
	linesDetach     LinesDetach
	linesWait       LinesWait
	linesStop       LinesStop
	canary          Canary
	deadlock        Deadlock
}

// Count is the number of programs.
const Count = 14

const unknown = "portable: programs are numbered from 0 to Count-1"

// Name returns the name of program i, 0 to Count-1: that of its scenario.
func Name(i int) string {
	if uint(i) >= Count {
		panic(unknown)
	}
	return [Count]string{
		"hello", "criticalsection", "poison", "scopes", "timers", "pipeline", "interrupts", "waiterlist", "futures",
		"lines-detach", "lines-wait", "lines-stop", "canary", "deadlock",
	}[i]
}

// Program returns program i, 0 to Count-1, as new. What the set had lent under this number before is gone.
func (s *Set) Program(i int) Program {
	switch i {
	case 0:
		s.hello = Hello{}
		return &s.hello
	case 1:
		s.criticalSection = CriticalSection{}
		return &s.criticalSection
	case 2:
		s.poison = Poison{}
		return &s.poison
	case 3:
		s.scopes = Scopes{}
		return &s.scopes
	case 4:
		s.timers = Timers{}
		return &s.timers
	case 5:
		s.pipeline = Pipeline{}
		return &s.pipeline
	case 6:
		s.interrupts = Interrupts{}
		return &s.interrupts
	case 7:
		s.waiterList = WaiterList{}
		return &s.waiterList
	case 8:
		s.futures = Futures{}
		return &s.futures
	case 9:
		s.linesDetach = LinesDetach{}
		return &s.linesDetach
	case 10:
		s.linesWait = LinesWait{}
		return &s.linesWait
	case 11:
		s.linesStop = LinesStop{}
		return &s.linesStop
	case 12:
		s.canary = Canary{}
		return &s.canary
	case 13:
		s.deadlock = Deadlock{}
		return &s.deadlock
	}
	panic(unknown)
}
