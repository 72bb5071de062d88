package backendtest

import (
	"runtime"
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

func laneCases() []Case {
	return []Case{
		{"LaneZeroIsTheBackend", needs{lanes: true}, laneZero},
		{"LaneReportsItsOwnOps", needs{lanes: true, ops: set(backend.OpNop)}, laneReportsItsOwnOps},
		{"LanesShareDescriptors", needs{lanes: true, ops: set(backend.OpRead, backend.OpWrite)}, lanesShareDescriptors},
		{"UnparkReachesEveryLane", needs{lanes: true}, unparkReachesEveryLane},
		{"LaneCanBeHelped", needs{lanes: true, ops: set(backend.OpNop)}, laneCanBeHelped},
		{"DueSaysWhatThereIs", needs{lanes: true, ops: set(backend.OpNop)}, dueSaysWhatThereIs},
		{"StuckFindsABusyLane", needs{lanes: true}, stuckFindsABusyLane},
		{"ReleaseEndsStuck", needs{lanes: true}, releaseEndsStuck},
	}
}

// lane returns a rig of its own for lane i. It has the upper half of the slots; a report that reaches the wrong lane names an
// op that its rig did not submit.
func (r *rig) lane(i int) *rig {
	l := newRig(r.T, r.w)
	l.b = r.b.(backend.Parallel).Lane(i)
	l.gen = 1 << 20
	for s := range slotsMax {
		l.slots[s] = s < slotsMax/2
		r.slots[s] = r.slots[s] || s >= slotsMax/2
	}
	return l
}

// asWorker runs body on a thread of its own: that of the lane's worker.
func asWorker(body func()) {
	ended := make(chan bool)
	go func() {
		defer close(ended) // also if a check ends this goroutine
		runtime.LockOSThread()
		body()
	}()
	<-ended
}

// onLane runs body as the worker of lane i.
func (r *rig) onLane(i int, body func(l *rig)) {
	r.Helper()
	l := r.lane(i)
	asWorker(func() { body(l) })
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

// While a worker is busy, another thread may reap its lane, and finds what is due there.
func laneCanBeHelped(r *rig) {
	l := r.lane(1)
	var ops []*backend.Op
	asWorker(func() {
		for range 5 {
			o := l.op(backend.OpNop, 0, nil)
			l.submit(o)
			ops = append(ops, o)
		}
		l.reap() // what was accepted may have rested until now
	})
	for _, o := range ops {
		r.until("a report of a lane whose worker is busy", func() bool {
			if l.reap(); l.done(o) {
				return true
			}
			r.b.Wait(r.b.Now().Add(vclock.Millisecond))
			return false
		})
		r.want("a nop", l.result(o), 0)
	}
}

// Due is true while a report waits to be reaped, and false when there is nothing to do: then a worker need not look.
func dueSaysWhatThereIs(r *rig) {
	p := r.b.(backend.Parallel)
	idle := func() {
		for tries := 0; p.Due(); tries++ {
			if tries > triesMax {
				r.Fatalf("Due is true, but there is nothing to reap")
			}
			r.linger(vclock.Millisecond)
		}
	}
	for range 3 {
		idle()
		o := r.op(backend.OpNop, 0, nil)
		r.submit(o)
		for tries := 0; !p.Due(); tries++ {
			if tries > triesMax {
				r.Fatalf("Wait ends again and again, but Due stays false")
			}
			r.b.Wait(r.b.Now().Add(patience))
		}
		r.want("a nop", r.result(o), 0)
	}
	idle()
}

// Release is not lost, whether Stuck is called before it or after it, and ends one Stuck.
func releaseEndsStuck(r *rig) {
	p := r.b.(backend.Parallel)
	for i := range 4 {
		if i%2 == 0 {
			p.Release()
		} else {
			go p.Release()
		}
		for tries := 0; ; tries++ {
			lane := p.Stuck()
			if lane == -1 {
				break
			}
			if lane < 0 || lane >= p.Lanes() || tries > triesMax {
				r.Fatalf("Stuck returned %d after Release, want -1", lane)
			}
			var into [1]backend.Completion
			p.Lane(lane).Reap(into[:]) // it had operations to hand on
		}
	}
}

// Stuck returns the lane of a worker that has come there once and then stays away, neither asking what is Due nor in Wait. The
// worker of the other lane is in Wait meanwhile; if nobody is named until its patience ends, it releases Stuck.
func stuckFindsABusyLane(r *rig) {
	p := r.b.(backend.Parallel)
	other := p.Lane(1)
	var named atomic.Bool
	ended := make(chan bool)
	go func() {
		defer close(ended)
		asWorker(func() {
			var into [1]backend.Completion
			for end := other.Now().Add(patience); !named.Load(); {
				if other.Now() >= end {
					p.Release()
					return
				}
				other.Due()
				other.Reap(into[:])
				other.Wait(end)
			}
		})
	}()
	p.Due()
	i := p.Stuck()
	for tries := 0; i == 1 && tries < triesMax; tries++ { // its worker was between two Waits
		i = p.Stuck()
	}
	if i != 0 {
		r.Errorf("Stuck returned %d, but the worker of lane 0 stays away", i)
	}
	named.Store(true)
	other.Unpark()
	<-ended
}
