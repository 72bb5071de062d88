package scenarios

import (
	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// leftover is what each run mode finds when the root has ended: a task that computes, one that sleeps for long, one that
// reads from a pipe nobody writes to, and one that waits for a line nobody raises.
type leftover struct {
	rfd, wfd                           int32
	computed, slept, read, line, woken bool
}

func (l *leftover) spawn(t *sched.Task, w *explore.World) {
	sched.Spawn(t, "compute", func(t *sched.Task) int {
		for i := 0; i < 3; i++ {
			t.Yield()
		}
		l.computed = true
		return 1
	})
	sched.Spawn(t, "sleep", func(t *sched.Task) int {
		l.slept = t.Sleep(vclock.Hour) == nil
		l.woken = true
		return 2
	})
	sched.Spawn(t, "read", func(t *sched.Task) int {
		s := aio.NewStream(t, l.rfd)
		var buf [8]byte
		n, err := s.Read(t, buf[:])
		l.read = err == nil
		if err == nil && n == 0 {
			return -1
		}
		s.Close(t)
		return n
	})
}

// modeDetach ends at once: what is left freezes, and nothing of it runs or is released.
func modeDetach(w *explore.World) {
	var l leftover
	l.rfd, l.wfd = w.Kernel.Pipe()
	w.Run(sched.DetachTasks, func(t *sched.Task) int {
		l.spawn(t, w)
		for i := w.Work(4); i > 0; i-- {
			t.Yield()
		}
		return 5
	})
	w.AtEnd("what is left when the root ends freezes", func() error {
		return want(!l.woken && !l.read, "sleeper woken %v, reader read %v", l.woken, l.read)
	})
}

// modeWait serves every task to its end, which takes an hour of virtual time.
func modeWait(w *explore.World) {
	var l leftover
	l.rfd, l.wfd = w.Kernel.Pipe()
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		l.spawn(t, w)
		sched.Spawn(t, "write", func(t *sched.Task) int {
			s := aio.NewStream(t, l.wfd)
			t.Sleep(vclock.Minute)
			n, err := s.WriteAll(t, []byte("done"))
			if err != nil {
				return -1
			}
			s.Close(t)
			return n
		})
		return 6
	})
	w.AtEnd("every task is served to its end", func() error {
		return want(l.computed && l.slept && l.read, "computed %v, slept %v, read %v", l.computed, l.slept, l.read)
	})
}

// modeStop closes the gate: waits for operations, timers and lines end, later calls are refused, and nothing is cancelled.
func modeStop(w *explore.World) {
	var l leftover
	l.rfd, l.wfd = w.Kernel.Pipe()
	idle, _ := w.Kernel.Pipe()
	refused, inTime := 0, true
	w.Run(sched.StopAllOperations, func(t *sched.Task) int {
		l.spawn(t, w)
		sched.Spawn(t, "line", func(t *sched.Task) int {
			l.line = t.WaitIRQ(0) == nil
			return 0
		})
		sched.Spawn(t, "stubborn", func(t *sched.Task) int {
			for i := 0; i < 20; i++ {
				if t.Sleep(vclock.Minute) == sched.ErrCancelled {
					refused++
				}
				if _, err := t.Do(backend.OpNop, -1, nil, 0); err == sched.ErrCancelled {
					refused++
				}
			}
			inTime = t.Executor().Now() < vclock.Instant(vclock.Hour)
			return refused
		})
		victim := sched.Spawn(t, "victim", func(t *sched.Task) int {
			var buf [4]byte
			n, _ := t.Do(backend.OpRead, idle, buf[:], -1)
			return n
		})
		for i := w.Work(6); i > 0; i-- {
			t.Yield()
		}
		victim.Stop() // its read may still be under way when the gate closes
		t.Yield()
		return 7
	})
	w.AtEnd("the gate ends every wait for the world", func() error {
		ok := l.computed && !l.slept && l.woken && !l.read && inTime
		return want(ok && refused > 0 && w.Kernel.InFlight() == 0, "computed %v, slept %v, read %v, line woken %v, refused %d, in flight %d",
			l.computed, l.slept, l.read, l.line, refused, w.Kernel.InFlight())
	})
}
