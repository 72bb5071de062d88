//go:build linux && !tinygo

package aio_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// onKernel runs body on the kernel, on the caller's thread and on pools of workers. When it is over no operation is in
// flight and no descriptor is left.
func onKernel(t *testing.T, body func(t *testing.T, task *sched.Task)) {
	for _, workers := range []int{0, 1, 2, 8} {
		t.Run(fmt.Sprint("workers=", workers), func(t *testing.T) {
			b, err := uring.New(uring.Options{Lanes: max(1, workers)})
			if err != nil {
				require.Lacking(t, require.Uring, err)
			}
			defer b.Close()
			ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: workers})
			before := descriptors(t)
			if _, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int { body(t, task); return 0 }); err != nil {
				t.Errorf("the run ends with %v", err)
			}
			ex.Close()
			if n := b.InFlight(); n != 0 {
				t.Errorf("%d operations are in flight, want none", n)
			}
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors are open, %d were before", after, before)
			}
		})
	}
}

// descriptors returns how many descriptors of files and sockets are open.
func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		switch {
		case err != nil, strings.HasPrefix(to, "anon_inode:"): // of the runtime's poller and of rings
		case strings.HasPrefix(to, "/sys/"), strings.HasPrefix(to, "/proc/"): // by which the runtime counts processors
		default:
			n++
		}
	}
	return n
}

// check is for tasks, which must not end the test's goroutine.
func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// say puts results into one text, with spaces between them.
func say(results ...any) string { return strings.TrimSuffix(fmt.Sprintln(results...), "\n") }

func TestKernelFiles(t *testing.T) {
	onKernel(t, func(t *testing.T, task *sched.Task) {
		name := filepath.Join(t.TempDir(), "f")
		f, err := aio.Create(task, name)
		check(t, "create", err, nil)
		n, err := f.WriteAll(task, bytes.Repeat([]byte("abc"), 1000))
		check(t, "write all", say(n, err, f.Pos()), "3000 <nil> 3000")
		st, err := f.Stat(task)
		check(t, "stat", say(st.Size, st.Mode&backend.ModeTypeMask == backend.ModeRegular, err), "3000 true <nil>")
		pos, err := f.Seek(task, -3, io.SeekEnd)
		check(t, "seek", say(pos, err), "2997 <nil>")
		pos, err = f.Seek(task, -3000, io.SeekCurrent)
		check(t, "seek before the start", say(pos, err), say(2997, backend.EINVAL))
		p := make([]byte, 10)
		n, err = f.ReadV(task, [][]byte{p[:1], p[1:]})
		check(t, "read in pieces", say(n, err, string(p[:n])), "3 <nil> abc")
		n, err = f.ReadV(task, [][]byte{p})
		check(t, "read at the end", say(n, err), "0 EOF")
		n, err = f.ReadAt(task, p, 1)
		check(t, "read at", say(n, err, string(p[:n]), f.Pos()), "10 <nil> bcabcabcab 3000")
		n, err = f.WriteAt(task, []byte("xyz"), 1)
		check(t, "write at", say(n, err, f.Pos()), "3 <nil> 3000")
		n, err = f.WriteV(task, [][]byte{[]byte("en"), nil, []byte("d")})
		check(t, "write in pieces", say(n, err, f.Pos()), "3 <nil> 3003")
		all, err := io.ReadAll(io.NewSectionReader(f.ReaderAt(task), 2996, 100))
		check(t, "section", say(string(all), err), "cabcend <nil>")
		check(t, "sync", say(f.Sync(task), f.SyncData(task), f.Truncate(task, 4)), "<nil> <nil> <nil>")
		check(t, "close", say(f.Close(task), f.Close(task)), say(nil, sched.ErrClosed))
		_, err = f.ReadAt(task, p, 0)
		check(t, "read at after close", err, sched.ErrClosed)
		data, err := aio.ReadFile(task, name, 4)
		check(t, "the file", say(string(data), err), "axyz <nil>")

		f, err = aio.Open(task, name)
		check(t, "open", err, nil)
		_, err = f.Write(task, p)
		check(t, "a write to a file that was opened for reading", err, backend.EBADF)
		_, err = aio.OpenFile(task, name, backend.OpenWrite|backend.OpenCreate|backend.OpenExclusive, 0o600)
		check(t, "an exclusive create", err, backend.EEXIST)
	})
}

func TestKernelNames(t *testing.T) {
	onKernel(t, func(t *testing.T, task *sched.Task) {
		dir := filepath.Join(t.TempDir(), "d")
		a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
		check(t, "mkdir", say(aio.Mkdir(task, dir, 0o700), aio.Mkdir(task, dir, 0o700)), say(nil, backend.EEXIST))
		st, err := aio.StatPath(task, dir)
		check(t, "stat of a directory", say(st.Mode&backend.ModeTypeMask == backend.ModeDirectory, err), "true <nil>")
		check(t, "write file", aio.WriteFile(task, a, []byte("long"), 0o600), nil)
		check(t, "write file again", aio.WriteFile(task, a, []byte("new"), 0o600), nil)
		check(t, "replace file", aio.ReplaceFile(task, b, []byte("old"), 0o600), nil)
		check(t, "rename", aio.Rename(task, a, b), nil)
		data, err := aio.ReadFile(task, b, 3)
		check(t, "the file", say(string(data), err), "new <nil>")
		_, err = aio.ReadFile(task, b, 2)
		check(t, "a file that is too long", err, backend.EFBIG)
		_, err = aio.StatPath(task, a)
		check(t, "the old name", err, backend.ENOENT)
		_, err = aio.StatPath(task, "")
		check(t, "no name", err, backend.ENOENT)
		data, err = aio.ReadFile(task, "/proc/self/status", 1<<20)
		check(t, "a file that does not know its length", say(len(data) > 100, err), "true <nil>")
		check(t, "remove a directory that is not empty", aio.RemoveDir(task, dir), backend.ENOTEMPTY)
		check(t, "replace what is a directory", aio.ReplaceFile(task, dir, nil, 0o600), backend.EISDIR)
		entries, err := os.ReadDir(filepath.Dir(dir))
		check(t, "what a failed replace leaves", say(len(entries), err), "1 <nil>")
		check(t, "remove", say(aio.Remove(task, b), aio.Remove(task, b)), say(nil, backend.ENOENT))
		check(t, "remove the directory", aio.RemoveDir(task, dir), nil)
	})
}

// Positional calls of many tasks run beside each other, and every byte is where it belongs.
func TestKernelPositionalBeside(t *testing.T) {
	onKernel(t, func(t *testing.T, task *sched.Task) {
		const tasks, piece = 16, 512
		f, err := aio.Create(task, filepath.Join(t.TempDir(), "f"))
		check(t, "create", err, nil)
		var hs [tasks]*sched.Handle[int]
		for i := range hs {
			hs[i] = sched.Spawn(task, "piece", func(task *sched.Task) int {
				want := bytes.Repeat([]byte{byte(i)}, piece)
				n, err := f.WriteAt(task, want, int64(i*piece))
				check(t, "write at", say(n, err), say(piece, nil))
				got := make([]byte, piece)
				n, err = f.ReadAt(task, got, int64(i*piece))
				check(t, "read at", say(n, err, bytes.Equal(got, want)), say(piece, nil, true))
				return 0
			})
		}
		for _, h := range hs {
			h.Join(task)
		}
		st, err := f.Stat(task)
		check(t, "size", say(st.Size, err), say(tasks*piece, nil))
	})
}

// Each client gets back what it sent, through one listener and one task a connection; who shuts down its side reads the
// rest.
func TestKernelEcho(t *testing.T) {
	onKernel(t, func(t *testing.T, task *sched.Task) {
		const clients = 12
		l, err := aio.ListenTCP(task, "127.0.0.1:0")
		check(t, "listen", err, nil)
		at, err := l.Addr()
		check(t, "address", err, nil)
		server := sched.Spawn(task, "server", func(task *sched.Task) int {
			for range clients {
				s, err := l.Accept(task)
				check(t, "accept", err, nil)
				h := sched.Spawn(task, "connection", func(task *sched.Task) int {
					_, err := io.Copy(s.Writer(task), s.Reader(task))
					check(t, "copy", err, nil)
					return 0 // its end closes the stream
				})
				s.GiveTo(task, &h.JoinHandle)
			}
			return 0
		})
		var hs [clients]*sched.Handle[int]
		for i := range hs {
			hs[i] = sched.Spawn(task, "client", func(task *sched.Task) int {
				s, err := aio.Dial(task, at)
				check(t, "dial", err, nil)
				want := bytes.Repeat([]byte{byte('a' + i)}, 10_000+i)
				sender := sched.Spawn(task, "sender", func(task *sched.Task) int {
					n, err := s.WriteAll(task, want)
					check(t, "send", say(n, err, s.Shutdown(task, backend.ShutWrite)), say(len(want), nil, nil))
					return n
				})
				got, err := io.ReadAll(s.Reader(task))
				check(t, "what comes back", say(bytes.Equal(got, want), err), "true <nil>")
				sender.Join(task)
				check(t, "close", s.Close(task), nil)
				return 0
			})
		}
		for _, h := range hs {
			h.Join(task)
		}
		server.Join(task)
		check(t, "close", l.Close(task), nil)
		_, err = l.Addr()
		check(t, "address after close", err, sched.ErrClosed)
	})
}

func TestKernelSocketErrors(t *testing.T) {
	onKernel(t, func(t *testing.T, task *sched.Task) {
		l, err := aio.ListenTCP(task, "127.0.0.1:0")
		check(t, "listen", err, nil)
		at, _ := l.Addr()
		_, err = aio.Listen(task, at, 1)
		check(t, "listen twice", err, backend.EADDRINUSE)
		s, err := aio.Dial(task, at)
		check(t, "dial", err, nil)
		peer, err := l.Accept(task)
		check(t, "accept", err, nil)
		here, err := s.LocalAddr()
		check(t, "both know the address", say(here == peer.RemoteAddr(), s.RemoteAddr() == at, err), "true true <nil>")
		_, err = s.Write(task, []byte("nobody reads this"))
		check(t, "write", err, nil)
		var b [1]byte
		_, err = peer.ReadFull(task, b[:])
		check(t, "read", err, nil)
		check(t, "close", peer.Close(task), nil) // with unread bytes: a reset
		_, err = s.Read(task, b[:])
		check(t, "read of a connection that was reset", say(err, aio.KindOf(err) == aio.KindAborted), say(backend.ECONNRESET, true))
		_, err = s.Write(task, b[:])
		check(t, "write to a peer that is gone", say(err, aio.KindOf(err) == aio.KindPeerClosed), say(backend.EPIPE, true))
		check(t, "close", l.Close(task), nil)
		_, err = aio.Dial(task, at)
		check(t, "dial nobody", say(err, aio.KindOf(err) == aio.KindAborted), say(backend.ECONNREFUSED, true))
		_, err = aio.DialTCP(task, "localhost:1")
		check(t, "a name is no address", err != nil && aio.KindOf(err) == aio.KindOther, true)
	})
}

func TestKernelUnixSocket(t *testing.T) {
	onKernel(t, func(t *testing.T, task *sched.Task) {
		at := backend.AddrUnix(filepath.Join(t.TempDir(), "s"))
		l, err := aio.Listen(task, at, 1)
		check(t, "listen", err, nil)
		s, err := aio.Dial(task, at)
		check(t, "dial", err, nil)
		check(t, "address", s.Conn(task).RemoteAddr().Network(), "unix")
		peer, err := l.Accept(task)
		check(t, "accept", err, nil)
		n, err := s.WriteV(task, [][]byte{[]byte("he"), []byte("llo")})
		check(t, "write in pieces", say(n, err), "5 <nil>")
		b := make([]byte, 9)
		n, err = peer.ReadV(task, [][]byte{b[:2], b[2:]})
		check(t, "read in pieces", say(n, err, string(b[:n])), "5 <nil> hello")
	})
}

func TestKernelDatagrams(t *testing.T) {
	onKernel(t, func(t *testing.T, task *sched.Task) {
		a, err := aio.ListenUDP(task, "127.0.0.1:0")
		check(t, "listen", err, nil)
		b, err := aio.ListenUDP(task, "127.0.0.1:0")
		check(t, "listen", err, nil)
		to, _ := b.Addr()
		here, _ := a.Addr()
		for _, text := range []string{"one", "", "too long"} {
			n, err := a.WriteTo(task, []byte(text), to)
			check(t, "send", say(n, err), say(len(text), nil))
		}
		p := make([]byte, 5)
		n, from, err := b.ReadFrom(task, p)
		check(t, "first", say(string(p[:n]), from == here, err), "one true <nil>")
		n, from, err = b.ReadFrom(task, p)
		check(t, "empty", say(n, from == here, err), "0 true <nil>")
		n, _, err = b.ReadFrom(task, p)
		check(t, "cut", say(string(p[:n]), err), say("too l", backend.EMSGSIZE))
		check(t, "close", say(a.Close(task), b.Close(task)), "<nil> <nil>")
	})
}

// A read that meets its deadline loses no byte, wherever the deadline falls.
func TestKernelDeadlines(t *testing.T) {
	onKernel(t, func(t *testing.T, task *sched.Task) {
		l, err := aio.ListenTCP(task, "127.0.0.1:0")
		check(t, "listen", err, nil)
		at, _ := l.Addr()
		want := []byte("every byte of this comes, in order, once")
		sched.Spawn(task, "sender", func(task *sched.Task) int {
			s, err := aio.Dial(task, at)
			check(t, "dial", err, nil)
			for i := range want {
				task.Sleep(vclock.Duration(i%5) * 100 * vclock.Microsecond)
				s.Write(task, want[i:i+1])
			}
			return 0
		})
		s, err := l.Accept(task)
		check(t, "accept", err, nil)
		c := s.Conn(task)
		c.SetTimeout(200 * vclock.Microsecond)
		var got []byte
		timeouts := 0
		for {
			var b [3]byte
			n, err := c.Read(b[:])
			got = append(got, b[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				check(t, "read", err, os.ErrDeadlineExceeded)
				check(t, "bytes beside an error", n, 0)
				timeouts++
			}
		}
		check(t, "what was read", string(got), string(want))
		c.SetTimeout(0)
	})
}

// A reader of a stream that others read has a deadline for its turn, too, and gives up its place in line.
func TestKernelDeadlineOfTurn(t *testing.T) {
	onKernel(t, func(t *testing.T, task *sched.Task) {
		l, err := aio.ListenTCP(task, "127.0.0.1:0")
		check(t, "listen", err, nil)
		at, _ := l.Addr()
		s, err := aio.Dial(task, at)
		check(t, "dial", err, nil)
		peer, err := l.Accept(task)
		check(t, "accept", err, nil)
		var reading atomic.Bool
		read := func(task *sched.Task) int {
			var b [1]byte
			reading.Store(true)
			_, err := s.Read(task, b[:])
			check(t, "read", err, nil)
			return int(b[0])
		}
		first := sched.Spawn(task, "first", read)
		for !reading.Load() {
			task.Sleep(vclock.Millisecond)
		}
		c := s.Conn(task)
		c.SetTimeout(vclock.Millisecond)
		_, err = c.Read(make([]byte, 1))
		check(t, "a turn that does not come", err, os.ErrDeadlineExceeded)
		second := sched.Spawn(task, "second", read)
		peer.WriteAll(task, []byte("xy"))
		x, _ := first.Join(task)
		y, _ := second.Join(task)
		check(t, "the others", x+y, int('x'+'y'))
		c.SetTimeout(vclock.Second)
		peer.Close(task)
		_, err = c.Read(make([]byte, 1))
		check(t, "the end", err, io.EOF)
	})
}

// Whatever is cut off at whatever moment, by a cancel, by Close, by the end of an owner: nothing is left over.
func TestKernelCutOff(t *testing.T) {
	onKernel(t, func(t *testing.T, task *sched.Task) {
		l, err := aio.ListenTCP(task, "127.0.0.1:0")
		check(t, "listen", err, nil)
		at, _ := l.Addr()
		server := sched.Spawn(task, "server", func(task *sched.Task) int {
			for {
				s, err := l.Accept(task)
				if err != nil {
					check(t, "the listener", err, sched.ErrClosed)
					return 0
				}
				sched.Spawn(task, "connection", func(task *sched.Task) int {
					s.Give(task)
					c := s.Conn(task)
					c.SetTimeout(10 * vclock.Millisecond)
					io.Copy(c, struct{ io.Reader }{c})
					return 0
				})
			}
		})
		for i := range 200 {
			h := sched.Spawn(task, "client", func(task *sched.Task) int {
				s, err := aio.Dial(task, at)
				if err != nil {
					return 0
				}
				buf := make([]byte, 64)
				reader := sched.SpawnChild(task, "reader", func(task *sched.Task) int {
					for {
						if _, err := s.Read(task, buf); err != nil {
							return 0
						}
					}
				})
				s.WriteAll(task, make([]byte, 32))
				if i%3 == 0 {
					s.Close(task)
					reader.Join(task)
				}
				task.Sleep(vclock.Duration(i%7) * 10 * vclock.Microsecond)
				return 0
			})
			task.Sleep(vclock.Duration(i%11) * 5 * vclock.Microsecond)
			h.Cancel(task)
		}
		check(t, "close", l.Close(task), nil)
		server.Join(task)
	})
}
