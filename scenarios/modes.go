package scenarios

import (
	"sync/atomic"

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
	computed, slept, read, line, woken atomic.Bool
}

func (l *leftover) spawn(t *sched.Task, hour vclock.Duration) {
	sched.Spawn(t, "compute", func(t *sched.Task) int {
		for i := 0; i < 3; i++ {
			t.Yield()
		}
		l.computed.Store(true)
		return 1
	})
	sched.Spawn(t, "sleep", func(t *sched.Task) int {
		l.slept.Store(t.Sleep(hour) == nil)
		l.woken.Store(true)
		return 2
	})
	sched.Spawn(t, "read", func(t *sched.Task) int {
		s := aio.NewStream(t, l.rfd)
		var buf [8]byte
		n, err := s.Read(t, buf[:])
		l.read.Store(err == nil)
		if err == nil && n == 0 {
			return -1
		}
		s.Close(t)
		return n
	})
}

// write spawns who writes to the pipe after a while.
func (l *leftover) write(t *sched.Task, after vclock.Duration) {
	sched.Spawn(t, "write", func(t *sched.Task) int {
		s := aio.NewStream(t, l.wfd)
		t.Sleep(after)
		n, err := s.WriteAll(t, []byte("done"))
		if err != nil {
			return -1
		}
		s.Close(t)
		return n
	})
}

// modeDetach ends at once. In the simulator, where nobody is there to serve it, what is left freezes, and nothing of it runs or
// is released. Real workers stay for what is left, and serve it to its end.
func modeDetach(w *explore.World) {
	var l leftover
	l.rfd, l.wfd = w.Host.Pipe()
	w.Run(sched.DetachTasks, func(t *sched.Task) int {
		l.spawn(t, w.Span(vclock.Hour, 20*vclock.Millisecond))
		if !w.Virtual() {
			l.write(t, 10*vclock.Millisecond)
		}
		for i := w.Work(4); i > 0; i-- {
			t.Yield()
		}
		return 5
	})
	w.AtEnd("what is left when the root ends freezes, or is served", func() error {
		ran := l.woken.Load() || l.read.Load()
		served := l.computed.Load() && l.slept.Load() && l.read.Load()
		return want(w.Virtual() && !ran || !w.Virtual() && served, "computed %v, sleeper woken %v, reader read %v",
			l.computed.Load(), l.woken.Load(), l.read.Load())
	})
}

// modeWait serves every task to its end, which takes an hour of virtual time.
func modeWait(w *explore.World) {
	var l leftover
	l.rfd, l.wfd = w.Host.Pipe()
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		l.spawn(t, w.Span(vclock.Hour, 30*vclock.Millisecond))
		l.write(t, w.Span(vclock.Minute, 20*vclock.Millisecond))
		return 6
	})
	w.AtEnd("every task is served to its end", func() error {
		return want(l.computed.Load() && l.slept.Load() && l.read.Load(), "computed %v, slept %v, read %v",
			l.computed.Load(), l.slept.Load(), l.read.Load())
	})
}

// modeStop closes the gate: waits for operations, timers and lines end, later calls are refused, and nothing is cancelled.
func modeStop(w *explore.World) {
	var l leftover
	l.rfd, l.wfd = w.Host.Pipe()
	idle, _ := w.Host.Pipe()
	var refused atomic.Int64
	var inTime atomic.Bool
	inTime.Store(true)
	begin := w.Host.Now()
	w.Run(sched.StopAllOperations, func(t *sched.Task) int {
		l.spawn(t, vclock.Hour)
		sched.Spawn(t, "line", func(t *sched.Task) int {
			l.line.Store(t.WaitIRQ(0) == nil)
			return 0
		})
		sched.Spawn(t, "stubborn", func(t *sched.Task) int {
			for i := 0; i < 20; i++ {
				if t.Sleep(vclock.Minute) == sched.ErrCancelled {
					refused.Add(1)
				}
				if _, err := t.Do(backend.OpNop, -1, nil, 0); err == sched.ErrCancelled {
					refused.Add(1)
				}
			}
			inTime.Store(t.Executor().Now().Sub(begin) < vclock.Hour)
			return int(refused.Load())
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
		ok := l.computed.Load() && !l.slept.Load() && l.woken.Load() && !l.read.Load() && inTime.Load()
		return want(ok && refused.Load() > 0 && w.Host.InFlight() == 0,
			"computed %v, slept %v, read %v, line woken %v, refused %d, in flight %d",
			l.computed.Load(), l.slept.Load(), l.read.Load(), l.line.Load(), refused.Load(), w.Host.InFlight())
	})
}
