package backendtest

import (
	"runtime"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

func laneCases() []Case {
	return []Case{
		{"LaneZeroIsTheBackend", needs{lanes: true}, laneZero},
		{"LaneReportsItsOwnOps", needs{lanes: true, ops: set(backend.OpNop)}, laneReportsItsOwnOps},
		{"LanesShareDescriptors", needs{lanes: true, ops: set(backend.OpRead, backend.OpWrite)}, lanesShareDescriptors},
		{"UnparkReachesEveryLane", needs{lanes: true}, unparkReachesEveryLane},
	}
}

// onLane runs body with a rig of its own for lane i, on a thread of its own: that of the lane's worker. The rig has the
// upper half of the slots; a report that reaches the wrong lane names an op that its rig did not submit.
func (r *rig) onLane(i int, body func(l *rig)) {
	r.Helper()
	l := newRig(r.T, r.w)
	l.b = r.b.(backend.Parallel).Lane(i)
	l.gen = 1 << 20
	for s := range slotsMax {
		if s < slotsMax/2 {
			l.slots[s] = true
		} else {
			r.slots[s] = true
		}
	}
	ended := make(chan bool)
	go func() {
		defer close(ended) // also if a check ends this goroutine
		runtime.LockOSThread()
		body(l)
	}()
	<-ended
	for _, f := range l.flights {
		if f.accepted && !f.done {
			r.Errorf("op %#x is still in flight on lane %d", f.op.ID, i)
		}
	}
}

// Lane 0 is the backend itself, every lane has the same Caps and the same clock.
func laneZero(r *rig) {
	p := r.b.(backend.Parallel)
	if p.Lane(0) != r.b {
		r.Errorf("lane 0 is not the backend itself")
	}
	for i := range p.Lanes() {
		before := r.b.Now()
		if p.Lane(i).Caps() != r.b.Caps() {
			r.Errorf("lane %d has Caps %+v, lane 0 %+v", i, p.Lane(i).Caps(), r.b.Caps())
		}
		if now := p.Lane(i).Now(); now < before {
			r.Errorf("the clock of lane %d says %d, that of lane 0 said %d before", i, now, before)
		}
	}
}

// An op belongs to the lane that took it, and is reported there.
func laneReportsItsOwnOps(r *rig) {
	mine := r.op(backend.OpNop, 0, nil)
	r.submit(mine)
	r.onLane(1, func(l *rig) {
		o := l.op(backend.OpNop, 0, nil)
		l.submit(o)
		l.want("a nop on lane 1", l.result(o), 0)
		l.linger(brief)
	})
	r.want("a nop on lane 0", r.result(mine), 0)
}

// Descriptors are those of the world: what one lane writes another one reads.
func lanesShareDescriptors(r *rig) {
	rd, wr := r.pipe()
	r.onLane(1, func(l *rig) { l.fill(wr, "lane") })
	if got := r.drain(rd, 4); got != "lane" {
		r.Errorf("lane 0 read %q, but lane 1 wrote \"lane\"", got)
	}
}

// Duty 7 holds for every lane by itself: Unpark ends the Wait of its lane.
func unparkReachesEveryLane(r *rig) {
	p := r.b.(backend.Parallel)
	for i := 1; i < p.Lanes(); i++ {
		r.onLane(i, func(l *rig) {
			end := l.b.Now().Add(vclock.Hour)
			go l.b.Unpark()
			if !l.b.Wait(end) || l.b.Now() >= end {
				l.Errorf("Unpark did not end the Wait of lane %d", i)
			}
		})
	}
}
