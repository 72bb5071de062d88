//go:build linux

package uring

import (
	"testing"

	"pgregory.net/rapid"
)

// Every lane has buffers, as many as the others or one more, and every buffer has one lane.
func TestBuffersAreDealtOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lanes := rapid.IntRange(1, LanesMax).Draw(t, "lanes")
		g := &group{lanes: lanes, n: rapid.IntRange(lanes, 32768).Draw(t, "n")}
		i := rapid.IntRange(0, g.n-1).Draw(t, "i")
		if lane := g.laneOf(i); lane < 0 || lane >= lanes || g.first(lane) > i || i >= g.first(lane+1) {
			t.Fatalf("buffer %d is of lane %d, which has %d to %d", i, lane, g.first(lane), g.first(lane+1)-1)
		}
		lane := rapid.IntRange(0, lanes-1).Draw(t, "lane")
		if n := g.first(lane+1) - g.first(lane); n < g.n/lanes || n > g.n/lanes+1 {
			t.Fatalf("lane %d has %d of %d buffers", lane, n, g.n)
		}
		if g.first(0) != 0 || g.first(lanes) != g.n {
			t.Fatalf("the lanes have buffers %d to %d of %d", g.first(0), g.first(lanes), g.n)
		}
	})
}
