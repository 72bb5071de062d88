//go:build !tinygo

package aio_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// Positional calls of several tasks run beside each other and beside a reader of the whole file; each byte is where it
// belongs, and they move no position.
func TestPositionalCalls(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		const tasks, piece = 3, 7
		w.Kernel.File("f", make([]byte, tasks*piece))
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			f := aio.NewFile(t, w.Kernel.OpenFile("f"))
			var hs [tasks]*sched.Handle[int]
			for i := range hs {
				hs[i] = sched.Spawn(t, "piece", func(t *sched.Task) int {
					from := int64(i * piece)
					for done := int64(0); done < piece; {
						n, err := f.WriteAt(t, []byte("abcdefg")[done:], from+done)
						w.Sometimes("a write failed", err == backend.EIO)
						w.Assert((n > 0) == (err == nil), "a write does something or says why not", "%d, %v", n, err)
						done += int64(n)
					}
					var got [piece]byte
					for done := int64(0); done < piece; {
						n, err := f.ReadAt(t, got[done:], from+done)
						done += int64(n)
						w.Assert((n > 0) == (err == nil), "a read does something or says why not", "%d, %v", n, err)
					}
					w.Assert(string(got[:]) == "abcdefg", "a task reads what it wrote", "%q", got)
					return 0
				})
			}
			var b [4]byte
			n, err := f.Read(t, b[:])
			w.Assert(f.Pos() == int64(n), "the position moves by what was read from it", "%d after %d bytes, %v", f.Pos(), n, err)
			for _, h := range hs {
				h.Join(t)
			}
			n, err = f.ReadAt(t, b[:], tasks*piece)
			w.Assert(n == 0 && (err == io.EOF || err == backend.EIO), "the file ends", "%d, %v", n, err)
			_, err = f.ReadAt(t, b[:], -1)
			_, werr := f.WriteAt(t, b[:], -1)
			w.Assert(err == backend.EINVAL && werr == backend.EINVAL, "offsets are not negative", "%v, %v", err, werr)
			return 0
		})
		noLeak(w, 0)
	}, simtest.Faults("ring.short=1/4,disk.eio=1/8,ring.eintr=1/8,ring.delay=1/4"))
}

// Close, the end of the owner and cancels meet positional calls under way at every moment: everybody is told, and the
// descriptor is given back once, after them (IO13, IO8).
func TestCloseUnderPositionalCalls(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		w.Kernel.File("f", make([]byte, 64))
		delay := func() vclock.Duration { return vclock.Duration(w.Work(6)) * 2 * vclock.Microsecond }
		w.Run([]sched.Mode{sched.WaitForAllTasks, sched.StopAllOperations}[w.Work(2)], func(t *sched.Task) int {
			var f *aio.File
			owner := sched.Spawn(t, "owner", func(t *sched.Task) int {
				f = aio.NewFile(t, w.Kernel.OpenFile("f"))
				t.Sleep(vclock.Millisecond)
				return 0
			})
			for f == nil {
				t.Yield()
			}
			var hs [3]*sched.Handle[int]
			for i := range hs {
				hs[i] = sched.Spawn(t, "caller", func(t *sched.Task) int {
					b := make([]byte, 8)
					for range 1000 {
						_, err := f.ReadAt(t, b, int64(i))
						if i == 1 && err == nil {
							err = f.Sync(t)
						}
						switch err {
						case nil, backend.EIO:
							continue
						case sched.ErrClosed, sched.ErrCancelled:
						default:
							w.Assert(false, "a caller is told that the file is closed, or that it is cancelled itself", "%v", err)
						}
						return 0
					}
					return 0
				})
			}
			t.Sleep(delay())
			if w.Work(2) == 0 {
				hs[w.Work(3)].Stop()
			}
			switch w.Work(3) {
			case 0:
				owner.Cancel(t)
			case 1:
				err := f.Close(t)
				w.Assert(err == nil || err == sched.ErrClosed, "a closer is told", "%v", err)
			case 2:
				closer := sched.Spawn(t, "closer", func(t *sched.Task) error { return f.Close(t) })
				t.Sleep(delay())
				closer.Cancel(t)
			}
			return 0
		})
		noLeak(w, 0)
	}, simtest.Seeds("1-400"), simtest.Faults("ring.eintr=1/4,ring.delay=1/4,ring.cancel=1/4"))
}

// Every error has a kind, and the kind of none is none.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		err  error
		want aio.Kind
	}{
		{nil, aio.KindNone},
		{sched.ErrCancelled, aio.KindCancelled},
		{sched.ErrClosed, aio.KindClosed},
		{os.ErrDeadlineExceeded, aio.KindTimeout},
		{io.EOF, aio.KindPeerClosed},
		{backend.EPIPE, aio.KindPeerClosed},
		{backend.ECONNRESET, aio.KindAborted},
		{backend.ECANCELED, aio.KindAborted},
		{backend.ENOSPC, aio.KindOther},
		{fmt.Errorf("task: %w", backend.EPIPE), aio.KindPeerClosed},
		{net.ErrClosed, aio.KindClosed},
	} {
		if got := aio.KindOf(c.err); got != c.want {
			t.Errorf("%v is of kind %d, want %d", c.err, got, c.want)
		}
	}
}

// An address that is read and written again is the same.
func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1:80", "[2001:db8::1]:65535": "[2001:db8::1]:65535", "[fe80::1%3]:1": "[fe80::1%3]:1", ":80": "0.0.0.0:80",
		"[::ffff:192.0.2.1]:80": "[::ffff:192.0.2.1]:80",
	} {
		a, err := aio.ParseAddr(text)
		ap, ok := aio.AddrPortOf(a)
		if err != nil || !ok || ap.String() != want {
			t.Errorf("%s is read as %v, %t, %v, want %s", text, ap, ok, err, want)
		}
	}
	for _, text := range []string{"", "localhost:80", "192.0.2.1", "[fe80::1%eth0]:1", "192.0.2.1:65536"} {
		if a, err := aio.ParseAddr(text); err == nil {
			t.Errorf("%q is read as %v", text, a)
		}
	}
	if _, err := aio.AddrOf(netip.AddrPort{}); err == nil {
		t.Error("no address is an address")
	}
	if ap, ok := aio.AddrPortOf(backend.AddrUnix("/s")); ok {
		t.Error(fmt.Errorf("the address of a Unix socket is read as %v", ap))
	}
}
