package inject

import "testing"

// Every route leads to its position, at no more than the cost of stepping there, on a path with loops in loops.
func TestRoutes(t *testing.T) {
	var path []uint32
	for range 4 {
		path = append(path, 1, 2)
		for range 5 {
			path = append(path, 3, 4, 4, 5)
		}
		for pc := range uint32(20) {
			path = append(path, 10+pc)
		}
	}
	shorter := 0
	for at, r := range routes(path) {
		position, cost := 0, r.steps
		for i := 0; r.stop != 0 && i <= r.pass; i++ {
			cost += passSteps
			if i > 0 {
				position++
			}
			for path[position] != r.stop {
				position++
			}
		}
		if position += r.steps; position != at || cost > at {
			t.Errorf("got to %d at a cost of %d by %+v, want to get to %d", position, cost, r, at)
		}
		if cost < at {
			shorter++
		}
	}
	if shorter < len(path)/2 {
		t.Errorf("got %d routes of %d that are cheaper than stepping, want half of them", shorter, len(path))
	}
}
