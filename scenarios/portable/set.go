package portable

// Set is memory for one program at a time of each kind. Nothing of it is shared between worlds.
type Set struct {
	hello           Hello
	criticalSection CriticalSection
}

// Count is the number of programs.
const Count = 2

// Name returns the name of program i, 0 to Count-1: that of the scenario.
func Name(i int) string {
	switch i {
	case 0:
		return "hello"
	case 1:
		return "criticalsection"
	}
	panic("portable: programs are numbered from 0 to Count-1")
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
	}
	panic("portable: programs are numbered from 0 to Count-1")
}
