//go:build !tinygo

package aio_test

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// noLeak states that the run leaves this many descriptors open, and nothing in flight.
func noLeak(w *simtest.World, fds int) {
	w.AtEnd("no descriptor and no operation is left over", func() error {
		if w.Kernel.OpenFDs() != fds || w.Kernel.InFlight() != 0 {
			return fmt.Errorf("%d descriptors are open, want %d, %d operations in flight", w.Kernel.OpenFDs(), fds, w.Kernel.InFlight())
		}
		return nil
	})
}

// Reads of one stream take bytes in the order of the calls, however often they are interrupted (IO15).
func TestInterruptedReadKeepsItsTurn(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		const readers = 3
		rfd, wfd := w.Kernel.Pipe()
		var calls []int
		var got [readers]byte
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			s := aio.NewStream(t, rfd)
			var hs [readers]*sched.Handle[int]
			for me := range hs {
				hs[me] = sched.Spawn(t, "reader", func(t *sched.Task) int {
					var b [1]byte
					calls = append(calls, me)
					n, err := s.Read(t, b[:])
					w.Assert(n == 1 && err == nil, "a reader gets a byte", "%d, %v", n, err)
					got[me] = b[0]
					return 0
				})
			}
			t.Sleep(vclock.Microsecond)
			w.Kernel.Put(wfd, []byte("abc"))
			for _, h := range hs {
				h.Join(t)
			}
			s.Close(t)
			return 0
		})
		w.AtEnd("bytes are taken in the order of the calls", func() error {
			for i, me := range calls {
				if got[me] != "abc"[i] {
					return fmt.Errorf("call %d, of reader %d, got %q", i, me, got[me])
				}
			}
			return nil
		})
		noLeak(w, 1)
	}, simtest.Faults("ring.eintr=1/4,ring.eagain=1/4"))
}

// Tasks that read one file together get every byte once, in whatever order they are polled.
func TestReadersShareAFile(t *testing.T) {
	const text = "the quick brown fox jumps over the lazy dog"
	simtest.Run(t, func(w *simtest.World) {
		w.Kernel.File("f", []byte(text))
		seen := 0
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			f := aio.NewFile(t, w.Kernel.OpenFile("f"))
			var hs [3]*sched.Handle[int]
			for i := range hs {
				hs[i] = sched.Spawn(t, "reader", func(t *sched.Task) int {
					var b [5]byte
					for {
						n, err := f.Read(t, b[:])
						if err == backend.EIO {
							continue
						}
						if err != nil {
							w.Assert(err == io.EOF, "the file ends", "%v", err)
							return 0
						}
						seen += n
						w.Assert(f.Pos() <= int64(len(text)), "the position is in the file", "%d", f.Pos())
					}
				})
			}
			for _, h := range hs {
				h.Join(t)
			}
			w.Assert(f.Pos() == int64(len(text)), "the position is at the end", "%d", f.Pos())
			f.Close(t)
			return 0
		})
		w.AtEnd("every byte is read once", func() error {
			if seen != len(text) {
				return fmt.Errorf("%d bytes were read of %d", seen, len(text))
			}
			return nil
		})
		noLeak(w, 0)
	})
}

// The position moves by what was written, and by nothing when a write fails (IO14).
func TestPositionOfWrites(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		w.Kernel.File("f", nil)
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			f := aio.NewFile(t, w.Kernel.OpenFile("f"))
			want := int64(0)
			for i := range 12 {
				n, err := f.Write(t, []byte("12345678"[:1+i%8]))
				want += int64(n)
				w.Sometimes("a write was short", err == nil && n < 1+i%8)
				w.Sometimes("a write failed", err != nil)
				w.Assert(f.Pos() == want && (n > 0) == (err == nil), "the position moves by what was written", "%d after %d bytes, %v", f.Pos(), n, err)
			}
			w.Assert(int64(len(w.Kernel.FileData("f"))) == want, "the file has what was written", "%d bytes of %d", len(w.Kernel.FileData("f")), want)
			err := f.Sync(t)
			w.Sometimes("a sync failed", err == backend.EIO)
			w.Assert(err == backend.EIO || string(w.Kernel.Durable("f")) == string(w.Kernel.FileData("f")), "synced is durable", "%v", err)
			f.SetPos(-5)
			w.Assert(f.Pos() == 0, "positions are not negative", "%d", f.Pos())
			n, err := f.Read(t, make([]byte, 3))
			w.Assert(f.Pos() == int64(n), "a read moves it by what was read", "%d, %v", n, err)
			return 0
		})
		noLeak(w, 0)
	}, simtest.Faults("ring.short=1/4,disk.eio=1/8,disk.enospc=1/8,ring.eintr=1/8,disk.fsync=1/4"))
}

func TestOpenAndUseAfterClose(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		w.Kernel.File("f", []byte("x"))
		rfd, wfd := w.Kernel.Pipe()
		lfd := w.Kernel.Listener()
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			_, err := aio.Open(t, "nothing")
			w.Assert(err == backend.ENOENT, "there is no such file", "%v", err)
			r, s, l := aio.NewStream(t, rfd), aio.NewStream(t, wfd), aio.NewListener(t, lfd)
			f, err := aio.Open(t, "f")
			if err != nil {
				return 1
			}
			n, err := r.Read(t, nil)
			m, werr := s.Write(t, nil)
			w.Assert(n+m == 0 && err == nil && werr == nil, "nothing is done at once", "%v, %v", err, werr)
			s.WriteAll(t, []byte("abc"))
			w.Assert(s.Close(t) == nil, "a close is done", "")
			b := make([]byte, 4)
			n, err = r.ReadFull(t, b)
			w.Assert(n == 3 && err == io.ErrUnexpectedEOF, "it ends in the middle", "%d, %v", n, err)
			n, err = r.ReadFull(t, b)
			w.Assert(n == 0 && err == io.EOF, "it ends before", "%d, %v", n, err)
			w.Assert(r.Close(t) == nil && l.Close(t) == nil && f.Close(t) == nil, "a close is done", "")
			for what, call := range map[string]func() error{
				"read":         func() error { _, err := r.Read(t, b); return err },
				"read full":    func() error { _, err := r.ReadFull(t, b); return err },
				"write":        func() error { _, err := s.Write(t, b); return err },
				"write all":    func() error { _, err := s.WriteAll(t, b); return err },
				"accept":       func() error { _, err := l.Accept(t); return err },
				"file read":    func() error { _, err := f.Read(t, b); return err },
				"file write":   func() error { _, err := f.Write(t, b); return err },
				"file sync":    func() error { return f.Sync(t) },
				"close":        func() error { return r.Close(t) },
				"close accept": func() error { return l.Close(t) },
				"close file":   func() error { return f.Close(t) },
			} {
				err := call()
				w.Assert(err == sched.ErrClosed, "what is closed says so", "%s: %v", what, err)
			}
			r.Give(t)
			return 0
		})
		noLeak(w, 0)
	}, simtest.Strategy("zero"), simtest.Seeds("1"), simtest.Faults("none"), simtest.In(simtest.Config{Single: true}))
}

// A stream is closed by another task, its owner ends, the closer is cancelled, in every order and at every moment, with one
// read in flight and others in line. Everybody is told and the descriptor is given back once (IO8, IO13, IO2).
func TestCloseFromAnywhere(t *testing.T) {
	simtest.Run(t, closeFromAnywhere, simtest.Seeds("1-400"))
	simtest.Run(t, closeFromAnywhere, simtest.Seeds("1-400"), simtest.Faults("ring.eintr=1/4,ring.eagain=1/4,ring.cancel=1/4,ring.delay=1/4"))
	simtest.Run(t, closeFromAnywhere, simtest.Seeds("1-200"), simtest.In(simtest.Config{Limits: sched.Limits{Ops: 1}}))
}

func closeFromAnywhere(w *simtest.World) {
	const readers = 2
	rfd, wfd := w.Kernel.Pipe()
	told := 0
	delay := func() vclock.Duration { return vclock.Duration(w.Work(6)) * 2 * vclock.Microsecond }
	w.Run([]sched.Mode{sched.WaitForAllTasks, sched.StopAllOperations}[w.Work(2)], func(t *sched.Task) int {
		var s *aio.Stream
		var hs [readers]*sched.Handle[int]
		owner := sched.Spawn(t, "owner", func(t *sched.Task) int {
			s = aio.NewStream(t, rfd)
			t.Sleep(vclock.Millisecond)
			return 0
		})
		for s == nil {
			t.Yield()
		}
		for i := range hs {
			hs[i] = sched.Spawn(t, "reader", func(t *sched.Task) int {
				var b [2]byte
				for {
					_, err := s.Read(t, b[:])
					switch err {
					case nil:
						continue
					case sched.ErrClosed, sched.ErrCancelled:
						told++
					default:
						w.Assert(false, "a reader is told that the stream is closed, or that it is cancelled itself", "%v", err)
					}
					return 0
				}
			})
		}
		closer := sched.Spawn(t, "closer", func(t *sched.Task) int {
			t.Sleep(delay())
			err := s.Close(t)
			w.Sometimes("a closer was cancelled", err == sched.ErrCancelled)
			w.Sometimes("a closer was done", err == nil)
			w.Assert(err == nil || err == sched.ErrClosed || err == sched.ErrCancelled, "a closer is told", "%v", err)
			return 0
		})
		sched.Spawn(t, "writer", func(t *sched.Task) int {
			t.Sleep(delay())
			w.Kernel.Put(wfd, []byte("abcdefg"[:w.Work(8)]))
			return 0
		})
		if w.Work(3) == 0 {
			sched.Spawn(t, "taker", func(t *sched.Task) int { t.Sleep(delay()); s.Give(t); t.Sleep(delay()); return 0 })
		}
		t.Sleep(delay())
		if w.Work(3) == 0 {
			hs[w.Work(readers)].Stop()
		}
		if w.Work(2) == 0 {
			owner.Stop()
		}
		t.Sleep(delay())
		if w.Work(3) == 0 {
			closer.Cancel(t)
		}
		if w.Work(2) == 0 {
			owner.Cancel(t)
		}
		return 0
	})
	w.AtEnd("everybody is told", func() error {
		if told > readers {
			return fmt.Errorf("%d readers of %d", told, readers)
		}
		return nil
	})
	noLeak(w, 1)
}

// Who closes learns that it is closed, also if the owner ends meanwhile and does it; the descriptor's next life is nobody's
// business.
func TestOwnerEndsUnderCloser(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late=%t", late), func(t *testing.T) {
			simtest.Run(t, func(w *simtest.World) {
				rfd, wfd := w.Kernel.Pipe()
				w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
					var s *aio.Stream
					owner := sched.Spawn(t, "owner", func(t *sched.Task) int {
						s = aio.NewStream(t, rfd)
						t.Sleep(vclock.Second)
						return 0
					})
					for s == nil {
						t.Yield()
					}
					reader := sched.Spawn(t, "reader", func(t *sched.Task) error { _, err := s.Read(t, make([]byte, 1)); return err })
					t.Sleep(vclock.Microsecond)
					closer := sched.Spawn(t, "closer", func(t *sched.Task) error { return s.Close(t) })
					if late {
						t.Yield()
					}
					owner.Cancel(t)
					err, _ := closer.Join(t)
					w.Assert(err == nil || err == sched.ErrClosed, "the closer is told", "%v", err)
					err, _ = reader.Join(t)
					w.Assert(err == sched.ErrClosed, "the reader is told", "%v", err)
					w.Kernel.CloseFD(wfd)
					return 0
				})
				noLeak(w, 0)
			})
		})
	}
}

// An accept that is cancelled at any moment leaks no connection, and neither does one that completes under a closed gate.
func TestAcceptCancelledAnywhere(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		lfd := w.Kernel.Listener()
		peer := w.Kernel.Connect(lfd, vclock.Duration(1+w.Work(4))*vclock.Microsecond)
		w.Run([]sched.Mode{sched.WaitForAllTasks, sched.StopAllOperations}[w.Work(2)], func(t *sched.Task) int {
			l := aio.NewListener(t, lfd)
			h := sched.Spawn(t, "accept", func(t *sched.Task) int {
				s, err := l.Accept(t)
				w.Sometimes("a connection was taken", err == nil)
				w.Sometimes("an accept was cancelled", err == sched.ErrCancelled)
				if err == nil && w.Work(2) == 0 {
					s.Close(t)
				}
				return 0
			})
			t.Sleep(vclock.Duration(w.Work(8)) * vclock.Microsecond)
			if w.Work(2) == 0 {
				h.Cancel(t)
			} else if w.Work(2) == 0 {
				h.Join(t)
			}
			w.Kernel.CloseFD(peer)
			return 0
		})
		noLeak(w, 0)
	}, simtest.Seeds("1-400"))
}

// A stream goes from task to task: whoever has it last gives it back, and a task that ended before does not.
func TestGive(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		rfd, wfd := w.Kernel.Pipe()
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			var s *aio.Stream
			first := sched.Spawn(t, "first", func(t *sched.Task) int { s = aio.NewStream(t, rfd); t.Sleep(vclock.Millisecond); return 0 })
			for s == nil {
				t.Yield()
			}
			second := sched.Spawn(t, "second", func(t *sched.Task) error {
				s.Give(t)
				_, err := s.Read(t, make([]byte, 1))
				return err
			})
			first.Join(t)
			w.Assert(w.Kernel.OpenFDs() == 2, "it is not the first one's any more", "%d", w.Kernel.OpenFDs())
			w.Kernel.Put(wfd, []byte("x"))
			err, _ := second.Join(t)
			w.Assert(err == nil && w.Kernel.OpenFDs() == 1, "the second one gives it back", "%v, %d", err, w.Kernel.OpenFDs())
			return 0
		})
		noLeak(w, 1)
	}, simtest.Faults("none"))
}

// A stream that is given to a task ends with it; a task that is over or ending takes none, and a stream that is closed goes
// nowhere.
func TestGiveTo(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		rfd, wfd := w.Kernel.Pipe()
		other, end := w.Kernel.Pipe()
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			s, b := aio.NewStream(t, rfd), aio.NewStream(t, other)
			over := sched.Spawn(t, "over", func(*sched.Task) int { return 0 })
			ending := sched.Spawn(t, "ending", func(t *sched.Task) int { b.Read(t, make([]byte, 1)); return 0 }) // its end takes a while
			heir := sched.Spawn(t, "heir", func(t *sched.Task) int { t.Sleep(vclock.Millisecond); return 0 })
			over.Join(t)
			w.Assert(!s.GiveTo(t, &over.JoinHandle), "a task that is over takes nothing", "")
			w.Assert(s.GiveTo(t, &heir.JoinHandle), "a task that lives does", "")
			t.Sleep(vclock.Duration(w.Work(8)) * vclock.Microsecond)
			ending.Stop()
			t.Yield()
			took := s.GiveTo(t, &ending.JoinHandle)
			w.Sometimes("a task that had not begun to end took it", took)
			w.Sometimes("a task that was ending did not take it", !took)
			ending.Cancel(t)
			w.Assert(s.GiveTo(t, &heir.JoinHandle) == !took, "it ends with whoever took it", "%t", took)
			heir.Join(t)
			w.Assert(!s.GiveTo(t, &heir.JoinHandle), "it is closed, and goes nowhere", "")
			w.Kernel.CloseFD(wfd)
			w.Kernel.CloseFD(end)
			return 0
		})
		noLeak(w, 0)
	})
}

// A body that goes on reading after its cancel is ended, not run for ever (NC9).
func TestDeafTeardownIsEnded(t *testing.T) {
	for name, call := range map[string]func(t *sched.Task, s *aio.Stream){
		"read":  func(t *sched.Task, s *aio.Stream) { s.Read(t, make([]byte, 1)) },
		"write": func(t *sched.Task, s *aio.Stream) { s.Write(t, make([]byte, 1)) },
		"close": func(t *sched.Task, s *aio.Stream) { s.Close(t) },
	} {
		t.Run(name, func(t *testing.T) {
			k := sim.New(sim.Options{})
			ex := sched.New(sched.Limits{}, sched.Options{Backend: k, RefusalLimit: 20})
			defer ex.Close()
			rfd, _ := k.Pipe()
			_, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
				h := sched.Spawn(t, "deaf", func(t *sched.Task) int {
					s := aio.NewStream(t, rfd)
					t.Sleep(vclock.Second)
					for range 1000 {
						call(t, s)
					}
					return 0
				})
				t.Yield()
				h.Cancel(t)
				return 0
			})
			if err != sched.ErrRefusalLoop {
				t.Fatalf("the run ends with %v, want %v", err, sched.ErrRefusalLoop)
			}
		})
	}
}

// Whatever a writer says it wrote is what a reader reads, in order, with short counts, interruptions and late completions.
func TestStreamCarriesEverything(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		rfd, wfd := w.Kernel.Pipe()
		want := make([]byte, 1+w.Work(90))
		for i := range want {
			want[i] = byte(i)
		}
		var got []byte
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			sched.Spawn(t, "writer", func(t *sched.Task) int {
				s := aio.NewStream(t, wfd)
				n, err := s.WriteAll(t, want)
				w.Assert(n == len(want) && err == nil, "all is written", "%d, %v", n, err)
				return 0 // its end closes the stream
			})
			s := aio.NewStream(t, rfd)
			for {
				b := make([]byte, 1+w.Work(8))
				n, err := s.Read(t, b)
				got = append(got, b[:n]...)
				if err != nil {
					w.Assert(err == io.EOF, "it ends with the writer", "%v", err)
					return 0
				}
			}
		})
		w.AtEnd("all is read", func() error {
			if !slices.Equal(got, want) {
				return fmt.Errorf("read %v, want %v", got, want)
			}
			return nil
		})
		noLeak(w, 0)
	}, simtest.In(simtest.Config{PipeBytes: 16}))
}

// A reader that is cancelled just when its turn has come passes the turn on: the next in line reads.
func TestCancelledTurnIsPassedOn(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		rfd, wfd := w.Kernel.Pipe()
		read := 0
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			in, out := aio.NewStream(t, rfd), aio.NewStream(t, wfd)
			var readers [3]*sched.Handle[int]
			for i := range readers {
				readers[i] = sched.Spawn(t, "reader", func(t *sched.Task) int {
					var buf [1]byte
					n, err := in.Read(t, buf[:])
					if err == nil {
						read += n
					}
					return n
				})
			}
			t.Sleep(10)
			// The first read completes at the same instant at which this task goes on: the second reader has been given its
			// turn, and is cancelled before it is polled.
			out.WriteAll(t, []byte("a"))
			for i := w.Work(4); i > 0; i-- {
				t.Yield()
			}
			cancelled := readers[1].Stop() == nil
			out.WriteAll(t, []byte("bc"))
			for _, h := range readers {
				sched.Await(t, &h.JoinHandle)
			}
			w.Assert(cancelled, "the handle is there", "it was given up")
			return read
		})
		w.AtEnd("the readers that were not cancelled read", func() error {
			w.Sometimes("the second reader was cancelled in time", read == 2)
			if read < 2 {
				return fmt.Errorf("%d of at least 2 bytes were read", read)
			}
			return nil
		})
	})
}
