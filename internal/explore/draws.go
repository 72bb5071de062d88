package explore

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/chaos"
)

// draws is the chooser that a run sees: a tape, and counts of what it answered.
type draws struct {
	tape     chaos.Tape
	schedule uint64 // hash of the draws that order tasks and lanes
	all      uint64 // hash of all draws
	total    int64
	fires    int64
	tally    chaos.Tally // of this run
	visited  bool        // the tally is not empty
}

const (
	drawsSeed = 0xcbf29ce484222325
	drawsFold = 0x9e3779b97f4a7c15
)

func (d *draws) reset() {
	d.schedule, d.all, d.total, d.fires = drawsSeed, drawsSeed, 0, 0
	if d.visited {
		d.tally, d.visited = chaos.Tally{}, false
	}
}

// fold mixes one draw into a hash; the rotation makes the order count.
func fold(h uint64, kind backend.ChoiceKind, n, pick int) uint64 {
	h = h<<27 | h>>37
	return (h ^ uint64(kind)<<56 ^ uint64(n)<<28 ^ uint64(pick)) * drawsFold
}

// Choose implements [backend.Chooser].
func (d *draws) Choose(kind backend.ChoiceKind, site backend.Site, n int) int {
	pick := d.tape.Choose(kind, site, n)
	d.total++
	d.all = fold(d.all, kind, n, pick)
	if kind == backend.ChoicePick || kind == backend.ChoiceLane {
		d.schedule = fold(d.schedule, kind, n, pick)
	}
	if site != 0 {
		d.visited = true
		d.tally.Visits[site]++
		if pick != 0 {
			d.fires++
			d.tally.Fires[site]++
		}
	}
	return pick
}

// Pick implements [backend.Chooser].
func (d *draws) Pick(ready []uint32) int {
	pick := d.tape.Pick(ready)
	d.total++
	d.all = fold(d.all, backend.ChoicePick, len(ready), pick)
	d.schedule = fold(d.schedule, backend.ChoicePick, len(ready), pick)
	return pick
}

// Spawned implements [backend.Chooser].
func (d *draws) Spawned(slot uint32) { d.tape.Spawned(slot) }
