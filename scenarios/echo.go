package scenarios

import (
	"bytes"
	"io"
	"sync/atomic"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// echo is a TCP server that sends back what it gets, and clients that end their half of the connection when they have said all
// they had to say, and then listen to the end. One client is cancelled in the middle. What comes back is what was sent, in order,
// as far as it comes; who saw no error got everything.
//
//	client: dial, write in pieces ──▶ shut the sending half ──▶ read to the end, compare
//	server: accept ──▶ one task a connection: read, write back, until the end of the client's half
func echo(w *explore.World) {
	const clients = 3
	var whole, cut, wrong atomic.Int64

	message := func(i, size int) []byte {
		data := make([]byte, size)
		for j := range data {
			data[j] = byte(i*31 + j*7)
		}
		return data
	}
	talk := func(t *sched.Task, to backend.Addr, data []byte) error {
		s, err := aio.Dial(t, to)
		if err != nil {
			return err
		}
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 24)
			if _, err := s.WriteAll(t, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		if err := s.Shutdown(t, backend.ShutWrite); err != nil {
			return err
		}
		back, err := io.ReadAll(s.Reader(t))
		if !bytes.HasPrefix(data, back) || err == nil && len(back) < len(data) {
			wrong.Add(1)
		}
		if end := s.Close(t); err == nil {
			err = end
		}
		return err
	}
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		l, to, err := listenEcho(t, w)
		if err != nil {
			return -1
		}
		server := sched.Spawn(t, "server", func(t *sched.Task) int { return serveEcho(t, l) })
		handles := make([]*sched.Handle[error], clients)
		for i := range handles {
			data := message(i, 1+16*w.Work(8))
			handles[i] = sched.Spawn(t, "client", func(t *sched.Task) error { return talk(t, to, data) })
		}
		t.Sleep(vclock.Duration(w.Work(6)) * 10 * vclock.Microsecond)
		victim := w.Work(clients + 1)
		for i, h := range handles {
			if i+1 == victim {
				h.Cancel(t)
				continue
			}
			if failure, err := h.Join(t); err == nil && failure == nil {
				whole.Add(1)
			} else {
				cut.Add(1)
			}
		}
		l.Close(t)
		server.Join(t)
		return int(whole.Load())
	})
	w.AtEnd("what comes back is what was sent", func() error {
		w.Sometimes("a client got everything back", whole.Load() > 0)
		ok := wrong.Load() == 0 && (w.Virtual() || cut.Load() == 0) && w.Host.InFlight() == 0
		return want(ok, "%d clients got everything, %d were cut off, %d got something else, %d operations in flight",
			whole.Load(), cut.Load(), wrong.Load(), w.Host.InFlight())
	})
}

// listenEcho listens on a port of the local host: on a real one the kernel chooses a port that is free.
func listenEcho(t *sched.Task, w *explore.World) (l *aio.Listener, to backend.Addr, err error) {
	if w.Virtual() {
		to, err = aio.ParseAddr("127.0.0.1:7")
		if err == nil {
			l, err = aio.Listen(t, to, 4)
		}
		return l, to, err
	}
	if l, err = aio.ListenTCP(t, "127.0.0.1:0"); err == nil {
		to, err = l.Addr()
	}
	return l, to, err
}

// serveEcho accepts until the listener is closed. A connection that cannot be accepted for want of descriptors is the client's
// loss, not the server's end.
func serveEcho(t *sched.Task, l *aio.Listener) int {
	for n := 0; ; n++ {
		s, err := l.Accept(t)
		if err == sched.ErrClosed || err == sched.ErrCancelled {
			return n
		}
		if err != nil {
			continue
		}
		h := sched.Spawn(t, "serve", func(t *sched.Task) error {
			_, err := io.Copy(s.Writer(t), s.Reader(t))
			if err == nil {
				err = s.Shutdown(t, backend.ShutWrite)
			}
			s.Close(t)
			return err
		})
		if !s.GiveTo(t, &h.JoinHandle) {
			s.Close(t)
		}
	}
}
