//go:build !tinygo

package aio_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// at is where servers of these tests listen.
func at() backend.Addr { return backend.AddrInet4([4]byte{127, 0, 0, 1}, 80) }

// listen is for worlds that have too few descriptors now and then.
func listen(t *sched.Task, backlog int) *aio.Listener {
	for {
		l, err := aio.Listen(t, at(), backlog)
		if err == nil {
			return l
		}
		if err != backend.EMFILE {
			return nil
		}
	}
}

// dial is for the same worlds.
func dial(t *sched.Task) (*aio.Stream, error) {
	for {
		s, err := aio.Dial(t, at())
		if err != backend.EMFILE {
			return s, err
		}
	}
}

// accept is for the same worlds.
func accept(t *sched.Task, l *aio.Listener) (*aio.Stream, error) {
	for {
		s, err := l.Accept(t)
		if err != backend.EMFILE {
			return s, err
		}
	}
}

// Each client gets back what it sent, or learns that its connection was cut off, through short counts, interruptions and
// resets.
func TestEcho(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		const clients = 3
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			l := listen(t, clients)
			if l == nil {
				return 1
			}
			server := sched.Spawn(t, "server", func(t *sched.Task) int {
				for {
					s, err := accept(t, l)
					if err != nil {
						w.Assert(err == sched.ErrClosed, "the server is told", "%v", err)
						return 0
					}
					h := sched.Spawn(t, "connection", func(t *sched.Task) int {
						io.Copy(s.Writer(t), s.Reader(t))
						return 0
					})
					w.Assert(s.GiveTo(t, &h.JoinHandle), "a task that begins takes a stream", "")
				}
			})
			var hs [clients]*sched.Handle[int]
			for i := range hs {
				want := bytes.Repeat([]byte{byte('a' + i)}, 1+w.Work(30)) // that much fits into both directions
				hs[i] = sched.Spawn(t, "client", func(t *sched.Task) int {
					s, err := dial(t)
					if err != nil {
						w.Assert(aio.KindOf(err) == aio.KindAborted, "a client is told", "%v", err)
						return 0
					}
					_, err = s.WriteAll(t, want)
					if err == nil {
						err = s.Shutdown(t, backend.ShutWrite)
					}
					got, rerr := io.ReadAll(s.Reader(t))
					w.Sometimes("a connection was cut off", rerr != nil)
					cut := err != nil || rerr != nil
					w.Assert(cut || bytes.Equal(got, want), "what comes back is what was sent", "%q of %q, %v, %v", got, want, err, rerr)
					for _, e := range []error{err, rerr} {
						k := aio.KindOf(e)
						w.Assert(e == nil || e == backend.ENOTCONN || k == aio.KindAborted || k == aio.KindPeerClosed, "the reason is a reset", "%v", e)
					}
					return 0
				})
			}
			for _, h := range hs {
				h.Join(t)
			}
			l.Close(t)
			server.Join(t)
			return 0
		})
		noLeak(w, 0)
	}, simtest.Seeds("1-300"), simtest.In(simtest.Config{PipeBytes: 16}))
}

// A dial, an accept and what follows them are cut off at any moment: no descriptor is left.
func TestDialAndAcceptCutOff(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		delay := func() vclock.Duration { return vclock.Duration(w.Work(10)) * 2 * vclock.Microsecond }
		w.Run([]sched.Mode{sched.WaitForAllTasks, sched.StopAllOperations}[w.Work(2)], func(t *sched.Task) int {
			server := sched.Spawn(t, "server", func(t *sched.Task) int {
				l, err := aio.Listen(t, at(), 1)
				if err != nil {
					return 0
				}
				for {
					s, err := l.Accept(t)
					if err != nil {
						return 0
					}
					s.Write(t, []byte("hello"))
					s.Close(t)
				}
			})
			var hs [2]*sched.Handle[int]
			for i := range hs {
				hs[i] = sched.Spawn(t, "client", func(t *sched.Task) int {
					s, err := aio.Dial(t, at())
					w.Sometimes("a dial was cut off", err == sched.ErrCancelled)
					w.Sometimes("nobody listened yet", err == backend.ECONNREFUSED)
					if err != nil {
						return 0
					}
					w.Sometimes("a dial was done", true)
					s.Read(t, make([]byte, 8))
					return 0
				})
			}
			t.Sleep(delay())
			hs[w.Work(2)].Stop()
			t.Sleep(delay())
			if w.Work(2) == 0 {
				t.Sleep(vclock.Millisecond)
			}
			for _, h := range hs {
				h.Cancel(t)
			}
			server.Cancel(t)
			return 0
		})
		noLeak(w, 0)
	}, simtest.Seeds("1-400"))
}

// A call that meets its deadline loses no byte and sends none twice, wherever the deadline falls.
func TestDeadlinesLoseNothing(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		want := make([]byte, 10+w.Work(30))
		for i := range want {
			want[i] = byte(i)
		}
		var got []byte
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			l := listen(t, 1)
			if l == nil {
				return 1
			}
			sched.Spawn(t, "sender", func(t *sched.Task) int {
				s, err := dial(t)
				w.Assert(err == nil, "somebody listens", "%v", err)
				c := s.Conn(t)
				c.SetTimeout(vclock.Duration(1+w.Work(9)) * vclock.Microsecond)
				for sent := 0; sent < len(want); {
					t.Sleep(vclock.Duration(w.Work(4)) * 3 * vclock.Microsecond)
					n, err := c.Write(want[sent:min(sent+5, len(want))])
					w.Sometimes("a write met its deadline", err == os.ErrDeadlineExceeded)
					w.Assert(err == nil || err == os.ErrDeadlineExceeded, "a writer is told", "%v", err)
					sent += n
				}
				return 0
			})
			s, err := accept(t, l)
			w.Assert(err == nil, "somebody dials", "%v", err)
			c := s.Conn(t)
			c.SetTimeout(vclock.Duration(1+w.Work(9)) * vclock.Microsecond)
			for {
				var b [3]byte
				n, err := c.Read(b[:])
				got = append(got, b[:n]...)
				if err == io.EOF {
					return 0
				}
				w.Sometimes("a read met its deadline", err == os.ErrDeadlineExceeded)
				w.Assert(err == nil || err == os.ErrDeadlineExceeded && n == 0, "a reader is told", "%d, %v", n, err)
			}
		})
		w.AtEnd("what was read is what was sent", func() error {
			if !slices.Equal(got, want) {
				return fmt.Errorf("read %v, want %v", got, want)
			}
			return nil
		})
		noLeak(w, 0)
	}, simtest.Seeds("1-300"), simtest.Faults("ring.eintr=1/4,ring.eagain=1/8,ring.short=1/4,ring.cancel=1/2,ring.delay=1/4,fd.emfile=1/8"),
		simtest.In(simtest.Config{PipeBytes: 16}))
}

// Readers with deadlines wait for a turn that others have, are cancelled and closed under, at every moment: each is told
// what came of it, and nobody is left out.
func TestDeadlineOfTurn(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		rfd, wfd := w.Kernel.Pipe()
		delay := func() vclock.Duration { return vclock.Duration(w.Work(6)) * 2 * vclock.Microsecond }
		w.Run([]sched.Mode{sched.WaitForAllTasks, sched.StopAllOperations}[w.Work(2)], func(t *sched.Task) int {
			s := aio.NewStream(t, rfd)
			var hs [3]*sched.Handle[int]
			for i := range hs {
				hs[i] = sched.Spawn(t, "reader", func(t *sched.Task) int {
					c := s.Conn(t)
					if i > 0 {
						c.SetTimeout(vclock.Duration(1+w.Work(9)) * vclock.Microsecond)
					}
					for range 50 {
						var b [1]byte
						switch _, err := c.Read(b[:]); err {
						case nil:
						case os.ErrDeadlineExceeded:
							w.Assert(i > 0, "who has no deadline meets none", "")
							w.Sometimes("a reader met its deadline", true)
						case net.ErrClosed, sched.ErrCancelled:
							return 0
						default:
							w.Assert(false, "a reader is told", "%v", err)
						}
					}
					return 0
				})
			}
			t.Sleep(delay())
			w.Kernel.Put(wfd, []byte("abc"[:w.Work(4)]))
			t.Sleep(delay())
			if w.Work(2) == 0 {
				hs[w.Work(3)].Stop()
			}
			t.Sleep(delay())
			w.Kernel.Put(wfd, []byte("abc"[:w.Work(4)]))
			t.Sleep(delay())
			s.Close(t)
			for _, h := range hs {
				h.Join(t)
			}
			return 0
		})
		noLeak(w, 1)
	}, simtest.Seeds("1-400"), simtest.Faults("ring.eintr=1/4,ring.cancel=1/2,ring.delay=1/4"))
}

// A deadline in the past is met without a call, and one that is taken back is none.
func TestDeadlineSetting(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		rfd, wfd := w.Kernel.Pipe()
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			s := aio.NewStream(t, rfd)
			c := s.Conn(t)
			var b [1]byte
			w.Kernel.Put(wfd, []byte("x"))
			c.SetDeadline(time.Unix(1, 0))
			_, err := c.Read(b[:])
			w.Assert(err == os.ErrDeadlineExceeded && aio.KindOf(err) == aio.KindTimeout, "the past is over", "%v", err)
			c.SetDeadline(time.Time{})
			n, err := c.Read(b[:])
			w.Assert(n == 1 && err == nil, "a byte is there", "%d, %v", n, err)
			w.Assert(c.LocalAddr() == nil && c.RemoteAddr() == nil, "a pipe has no address", "")
			w.Assert(c.Close() == nil && c.Close() == net.ErrClosed, "a close is done", "")
			w.Kernel.CloseFD(wfd)
			return 0
		})
		noLeak(w, 0)
	}, simtest.Strategy("zero"), simtest.Seeds("1"), simtest.Faults("none"), simtest.In(simtest.Config{Single: true}))
}

// Datagrams come whole, or not at all, and say where they are from.
func TestDatagrams(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			from := backend.AddrInet4([4]byte{127, 0, 0, 1}, 1000)
			in, err := aio.ListenPacket(t, at())
			out, oerr := aio.ListenPacket(t, from)
			if err != nil || oerr != nil {
				return 1
			}
			reader := sched.Spawn(t, "reader", func(t *sched.Task) int {
				for {
					var b [4]byte
					n, a, err := in.ReadFrom(t, b[:])
					if err == sched.ErrClosed {
						return 0
					}
					w.Assert(err == nil || err == backend.EMSGSIZE, "a reader is told", "%v", err)
					w.Assert(a == from, "the sender is known", "%v", a)
					whole := string(b[:n]) == "ab" && err == nil || string(b[:n]) == "abcd" && err == backend.EMSGSIZE
					w.Assert(whole, "a datagram comes whole, or is cut", "%q, %v", b[:n], err)
					w.Sometimes("a datagram was cut", err == backend.EMSGSIZE)
				}
			})
			for i := range 4 {
				text := []byte([]string{"ab", "abcdef"}[i%2])
				n, err := out.WriteTo(t, text, at())
				w.Assert(n == len(text) && err == nil, "a datagram is sent", "%d, %v", n, err)
			}
			t.Sleep(vclock.Millisecond)
			in.Close(t)
			reader.Join(t)
			out.Close(t)
			return 0
		})
		noLeak(w, 0)
	})
}

// Whoever is cut off while he replaces a file leaves the old content or the new one, whole, and the new one is durable.
func TestReplaceCutOff(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		const before, after = "the old content", "what is new, and longer than before"
		w.Kernel.File("f", []byte(before))
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			h := sched.Spawn(t, "replace", func(t *sched.Task) int {
				err := aio.ReplaceFile(t, "f", []byte(after), 0o600)
				w.Sometimes("a file was replaced", err == nil)
				w.Sometimes("a replacement was cut off", err == sched.ErrCancelled)
				return 0
			})
			reader := sched.Spawn(t, "reader", func(t *sched.Task) int {
				for range 5 {
					b, err := aio.ReadFile(t, "f", 100)
					w.Assert(err != nil || string(b) == before || string(b) == after, "a reader finds one or the other", "%q", b)
				}
				return 0
			})
			t.Sleep(vclock.Duration(w.Work(40)) * 10 * vclock.Microsecond)
			h.Cancel(t)
			reader.Join(t)
			return 0
		})
		w.AtEnd("the file has the old content or the new one, durable", func() error {
			now, durable := string(w.Kernel.FileData("f")), string(w.Kernel.Durable("f"))
			if now != before && now != after || now != durable {
				return fmt.Errorf("the file has %q, durable is %q", now, durable)
			}
			return nil
		})
		noLeak(w, 0)
	}, simtest.Seeds("1-300"))
}
