package portable

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
