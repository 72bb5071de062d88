package bench

import (
	"fmt"
	"iter"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

var taskCounts = [...]int{5, 100, 1024}

// program starts n tasks that use up the fuel together, and returns their handles.
type program func(t *sched.Task, n int, f *fuel) []*sched.JoinHandle

// spawnAll starts n straight-line tasks with one body.
func spawnAll(t *sched.Task, n int, body func(*sched.Task) int) []*sched.JoinHandle {
	handles := make([]*sched.JoinHandle, n)
	for i := range handles {
		handles[i] = &sched.Spawn(t, "", body).JoinHandle
	}
	return handles
}

// joinAll waits for all tasks. A run of which the root has not ended is the usual case.
func joinAll(t *sched.Task, handles []*sched.JoinHandle) int {
	for _, h := range handles {
		if err := sched.Await(t, h); err != nil {
			panic(err)
		}
	}
	return 0
}

// Scheduler steps in the simulator. base is the least that the same choice, the same tape and one hashed record a step cost
// around a bare coroutine or a bare function call.
func BenchmarkStep(b *testing.B) {
	for _, p := range []struct {
		name string
		body program
		base func(*testing.B, int)
	}{
		{"prog=yield/task=straight", yieldStraight, bareStraight},
		{"prog=yield/task=future", yieldFuture, bareFuture},
		{"prog=lock/task=straight", lockStraight, nil},
		{"prog=lock/task=future", lockFuture, nil},
		{"prog=counter/task=straight", counterStraight, nil},
		{"prog=counter/task=future", counterFuture, nil},
	} {
		for _, n := range taskCounts {
			name := fmt.Sprintf("%s/tasks=%d", p.name, n)
			if p.base != nil {
				b.Run(name+"/impl=base", func(b *testing.B) { p.base(b, n) })
			}
			b.Run(name+"/impl=this", func(b *testing.B) { stepIn(b, n, p.body) })
		}
	}
}

// stepIn measures a program from the moment at which its tasks are there.
func stepIn(b *testing.B, n int, body program) {
	w := newWorld(b, n, sim.Options{})
	for range 2 { // the second run finds everything warm
		w.reset()
		w.ex.Reset(w.opts)
		w.run(b, func(t *sched.Task) int {
			return joinAll(t, body(t, n, &fuel{left: 8*n + runLen, tape: &w.tape, from: w.from}))
		})
	}
	w.reset()
	w.ex.Reset(w.opts)
	var m meter
	var before int64
	w.run(b, func(t *sched.Task) int {
		handles := body(t, n, &fuel{left: b.N, tape: &w.tape, from: w.from})
		before = w.ex.Steps()
		m.start(b)
		return joinAll(t, handles)
	})
	m.stop(w.ex.Steps()-before, "steps/s")
}

func yieldStraight(t *sched.Task, n int, f *fuel) []*sched.JoinHandle {
	body := func(t *sched.Task) int {
		for f.next() {
			_ = t.Yield()
		}
		return 0
	}
	return spawnAll(t, n, body)
}

func yieldFuture(t *sched.Task, n int, f *fuel) []*sched.JoinHandle {
	poll := func(t *sched.Task) sched.Poll {
		if !f.next() {
			return sched.Ready
		}
		t.YieldNow()
		return sched.Pending
	}
	handles := make([]*sched.JoinHandle, n)
	for i := range handles {
		handles[i] = sched.SpawnFuture(t, "", poll)
	}
	return handles
}

func lockStraight(t *sched.Task, n int, f *fuel) []*sched.JoinHandle {
	m := new(tsync.Mutex[int])
	m.Init(t.Executor(), "m", 0)
	body := func(t *sched.Task) int {
		for f.next() {
			p, _ := m.Lock(t)
			g := p.Enter()
			_ = t.Yield()
			*g.Value()++
			g.Exit()
		}
		return 0
	}
	return spawnAll(t, n, body)
}

// lockTask is the state of one task of lockFuture.
type lockTask struct {
	wait  tsync.LockWait
	guard tsync.Guard[int]
	state int // 0 about to lock, 1 waits for the lock, 2 has yielded inside
}

func lockFuture(t *sched.Task, n int, f *fuel) []*sched.JoinHandle {
	m := new(tsync.Mutex[int])
	m.Init(t.Executor(), "m", 0)
	handles := make([]*sched.JoinHandle, n)
	for i := range handles {
		s := new(lockTask)
		handles[i] = sched.SpawnFuture(t, "", func(t *sched.Task) sched.Poll { return s.poll(t, m, f) })
	}
	return handles
}

func (s *lockTask) poll(t *sched.Task, m *tsync.Mutex[int], f *fuel) sched.Poll {
	if s.state == 2 {
		*s.guard.Value()++
		s.guard.Exit()
		s.state = 0
	}
	if s.state == 0 {
		if !f.next() {
			return sched.Ready
		}
		m.StartLock(&s.wait)
		s.state = 1
	}
	if s.wait.Poll(t) == sched.Pending {
		return sched.Pending
	}
	p := m.Permit(&s.wait)
	s.guard = p.Enter()
	s.state = 2
	t.YieldNow()
	return sched.Pending
}

func counterStraight(t *sched.Task, n int, f *fuel) []*sched.JoinHandle {
	counter := new(int)
	body := func(t *sched.Task) int {
		for f.next() {
			v := *counter
			_ = t.Yield()
			*counter = v + 1
		}
		return 0
	}
	return spawnAll(t, n, body)
}

func counterFuture(t *sched.Task, n int, f *fuel) []*sched.JoinHandle {
	counter := new(int)
	handles := make([]*sched.JoinHandle, n)
	for i := range handles {
		v, begun := 0, false
		handles[i] = sched.SpawnFuture(t, "", func(t *sched.Task) sched.Poll {
			if begun {
				*counter = v + 1
			}
			if !f.next() {
				return sched.Ready
			}
			v, begun = *counter, true
			t.YieldNow()
			return sched.Pending
		})
	}
	return handles
}

// bareStraight resumes a random one of n coroutines, and hashes one record that says which.
func bareStraight(b *testing.B, n int) {
	next := make([]func() (struct{}, bool), n)
	for i := range next {
		var stop func()
		next[i], stop = iter.Pull(func(yield func(struct{}) bool) {
			for yield(struct{}{}) {
			}
		})
		defer stop()
	}
	bare(b, n, func(i int) { next[i]() })
}

// bareFuture is the same with functions instead of coroutines.
func bareFuture(b *testing.B, n int) {
	poll := make([]func() bool, n)
	for i := range poll {
		sum := 0
		poll[i] = func() bool { sum++; return sum < 0 }
	}
	bare(b, n, func(i int) { poll[i]() })
}

func bare(b *testing.B, n int, step func(int)) {
	w := newWorld(b, 1, sim.Options{})
	f := &fuel{left: b.N, tape: &w.tape, from: w.from}
	ready := make([]uint32, n)
	for i := range ready {
		ready[i] = uint32(i)
		step(i)
	}
	var m meter
	m.start(b)
	for f.next() {
		i := w.tape.Pick(ready)
		w.trace.Emit(backend.EvChoice, int64(backend.ChoicePick), int64(n), int64(i), 0, 0)
		step(i)
	}
	w.trace.Flush()
	m.stop(int64(b.N), "steps/s")
}
