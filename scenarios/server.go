package scenarios

import (
	"io"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/signals"
	"github.com/tripoint-go/tripoint/vclock"
)

const sigterm = 15

// server accepts connections until SIGTERM fires its shutdown token, then stops; what it leaves to clean-up tasks is waited
// for during the grace period. One clean-up task takes longer than the grace and is frozen, never cancelled.
//
//	accept loop ──▶ one task a connection: read a request, answer, close
//	     │ SIGTERM
//	     ▼
//	 close the listener, spawn clean-up (short, long), end ──▶ grace 10 ms ──▶ exit
func server(w *explore.World) {
	const clients = 3
	lfd := w.Kernel.Listener()
	var peers [clients]int32
	for i := range peers {
		peers[i] = w.Kernel.Connect(lfd, vclock.Duration(i+1)*vclock.Millisecond)
	}
	w.Kernel.SignalAt(sigterm, vclock.Instant((2+vclock.Duration(w.Work(4)))*vclock.Millisecond))
	var answered, flushed, logged int
	overran, listening, accepting := true, false, false
	w.ExpectSignal(sigterm) // a signal that comes before anybody listens ends the program

	serve := func(s *aio.Stream) func(*sched.Task) int {
		return func(t *sched.Task) int {
			s.Give(t)
			var buf [16]byte
			n, err := s.Read(t, buf[:])
			if err != nil {
				return -1
			}
			if _, err := s.WriteAll(t, buf[:n]); err != nil {
				return -1
			}
			answered++
			s.Close(t)
			return n
		}
	}
	w.Main(sched.DetachTasks, func(t *sched.Task) int {
		for i, fd := range peers {
			sched.Spawn(t, "client", func(t *sched.Task) int {
				s := aio.NewStream(t, fd)
				if t.Sleep(vclock.Duration(i+1)*vclock.Millisecond) != nil {
					return -1
				}
				if _, err := s.WriteAll(t, []byte("ping")); err != nil {
					return -1
				}
				var buf [16]byte
				n, err := s.ReadFull(t, buf[:4])
				if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
					return -1
				}
				s.Close(t)
				return n
			})
		}
		tok, err := signals.ShutdownToken(t)
		if err != nil {
			return -1
		}
		w.ExpectSignal(0) // from here on the signal asks
		listening = true
		l := aio.NewListener(t, lfd)
		accept := sched.SpawnChild(t, "accept", func(t *sched.Task) int {
			accepting = true
			for n := 0; ; n++ {
				s, err := l.Accept(t)
				if err != nil {
					// Cancelled: what a teardown spawns is a cleanup task, and is waited for.
					sched.Spawn(t, "log", func(t *sched.Task) int {
						t.Sleep(vclock.Millisecond)
						logged++
						return n
					})
					return n
				}
				sched.SpawnWith(t, "serve", sched.SpawnOptions{Cleanup: true}, serve(s))
			}
		})
		tok.Wait(t)
		accept.Cancel(t)
		l.Close(t)
		sched.SpawnWith(t, "flush", sched.SpawnOptions{Cleanup: true}, func(t *sched.Task) int {
			t.Sleep(2 * vclock.Millisecond)
			flushed++
			return 0
		})
		sched.SpawnWith(t, "overrun", sched.SpawnOptions{Cleanup: true}, func(t *sched.Task) int {
			t.Sleep(vclock.Second)
			overran = false
			return 0
		})
		tok.Release()
		return 3
	})
	w.AtEnd("clean-up inside the grace is waited for, beyond it frozen", func() error {
		w.Sometimes("a connection was answered", answered > 0)
		if !listening {
			return nil
		}
		return want(flushed == 1 && (logged == 1) == accepting && overran, "flushed %d times, logged %d times, overrun frozen %v", flushed, logged, overran)
	})
}
