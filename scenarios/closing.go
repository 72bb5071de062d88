package scenarios

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// closing closes a stream while one task reads from it and another waits its turn. The read is cancelled and waited for, the
// one in line is refused, and only then the descriptor is closed. A listener is closed with an accept in flight in the same
// way, and a connection that comes at that very moment is either served or closed, never leaked.
func closing(w *explore.World) {
	rfd, wfd := w.Host.Pipe()
	lfd := w.Host.Listener()
	w.Host.Connect(lfd, vclock.Duration(1+w.Work(3))*vclock.Microsecond)
	var ended atomic.Int64

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		s := aio.NewStream(t, rfd)
		out := aio.NewStream(t, wfd)
		l := aio.NewListener(t, lfd)
		for i := 0; i < 2; i++ {
			sched.Spawn(t, "reader", func(t *sched.Task) int {
				var buf [4]byte
				for {
					if _, err := s.Read(t, buf[:]); err != nil {
						ended.Add(1)
						return 0
					}
				}
			})
		}
		accept := sched.Spawn(t, "accept", func(t *sched.Task) int {
			for {
				c, err := l.Accept(t)
				if err != nil {
					ended.Add(1)
					return 0
				}
				c.Close(t)
			}
		})
		if w.Work(2) == 1 {
			out.WriteAll(t, []byte("bytes"))
		}
		t.Sleep(vclock.Duration(w.Work(4)) * vclock.Microsecond)
		if w.Work(2) == 1 {
			accept.Cancel(t)
		}
		l.Close(t)
		s.Close(t)
		again := s.Close(t)
		w.Assert(again == sched.ErrClosed, "a handle is closed once", "the second close says %v", again)
		return 0
	})
	w.AtEnd("closing ends every operation of the handle", func() error {
		return want(ended.Load() >= 2 && w.Host.InFlight() == 0, "%d of 3 tasks were told, %d operations in flight", ended.Load(), w.Host.InFlight())
	})
}
