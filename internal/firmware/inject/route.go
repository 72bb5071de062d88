package inject

// route is how to get along a known path from its first address to one of its positions: stop at an address when it has
// been passed some times, then step. Without a stop it is steps only.
type route struct {
	stop        uint32
	pass, steps int
}

// passSteps is what stopping at a breakpoint once costs, in steps: it is four requests to the emulator instead of one.
const passSteps = 4

// routes finds the cheapest route to each position of a path.
func routes(path []uint32) []route {
	seen := map[uint32]int{}
	passes := make([]int, len(path)) // how often the address occurs before the position
	for i, pc := range path {
		passes[i] = seen[pc]
		seen[pc]++
	}
	out := make([]route, len(path))
	for at := range path {
		out[at] = route{steps: at}
		best := at
		for i := at; i > 0 && at-i < best; i-- {
			if cost := at - i + passSteps*(1+passes[i]); cost < best {
				best, out[at] = cost, route{path[i], passes[i], at - i}
			}
		}
	}
	return out
}
