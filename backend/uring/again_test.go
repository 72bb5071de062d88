//go:build linux

package uring

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
)

// loseThread ends the thread that the caller runs on, as the end of a goroutine that is locked to it does, and reports whether
// that has worked.
func loseThread() bool {
	tid := unix.Gettid()
	ended := make(chan int)
	lost := false
	for range 4 {
		go func() {
			runtime.LockOSThread()
			ended <- unix.Gettid()
		}()
	}
	for range 4 {
		lost = <-ended == tid || lost
	}
	for i := 0; lost && unix.Tgkill(unix.Getpid(), tid, 0) == nil; i++ {
		if i == 10_000 {
			return false // the first thread of a process stays
		}
		runtime.Gosched()
	}
	return lost
}

// Ops outlive the thread that has submitted them.
func TestThreadEnds(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that the threads of the test are few
	eachKernel(t, func(t *testing.T, o Options) {
		o.Entries, o.Lines = 8, 1
		b := begin(t, o)
		d := newDesk(t, b, 0, 16)
		losses := 0
		for round := 0; round < 60 && losses < 8; round++ {
			r, w := makePipe(t)
			r2, w2 := makePipe(t)
			full, _ := makePair(t)
			ln, at := listener(t)
			read := d.add(&backend.Op{Kind: backend.OpRead, FD: r, Buf: make([]byte, 1), Off: -1})
			accept := d.add(&backend.Op{Kind: backend.OpAccept, FD: ln, Flags: backend.FlagMultishot})
			poll := d.add(&backend.Op{Kind: backend.OpPoll, FD: r2, Arg: backend.PollIn})
			timer := d.add(&backend.Op{Kind: backend.OpTimer, Off: int64(b.Now()) + 5_000_000})
			chain := d.add(&backend.Op{Kind: backend.OpRecv, FD: full, Buf: make([]byte, 1), Flags: backend.FlagLink})
			last := d.add(&backend.Op{Kind: backend.OpNop})
			b.LineEnable(0)
			d.flush()
			d.turn()
			if loseThread() {
				losses++
			}
			for _, fd := range []int32{w, w2} {
				if _, err := unix.Write(int(fd), []byte{1}); err != nil {
					t.Fatal(err)
				}
			}
			dial(t, at)
			if got := d.done(poll).Res; got != int32(backend.PollIn) {
				t.Fatalf("poll: got %d, want PollIn", got)
			}
			if got := d.done(read).Res; got != 1 {
				t.Fatalf("read: got %d, want 1", got)
			}
			d.until("a connection", func() bool { return len(d.got[accept]) > 0 })
			if got := d.last(accept); got.Res < 0 || !got.More {
				t.Fatalf("accept: got %+v, want a connection", got)
			}
			unix.Close(int(d.last(accept).Res))
			if got := d.done(timer).Res; got != 0 {
				t.Fatalf("timer: got %d, want 0", got)
			}
			b.Cancel(accept)
			b.Cancel(chain)
			wantRes(t, "accept that was cancelled", d.done(accept).Res, backend.ECANCELED)
			wantRes(t, "the rest of a chain that was cancelled", d.done(last).Res, backend.ECANCELED)
			d.drain()
		}
		if losses == 0 {
			t.Error("the runtime never ended the thread that submits, so this test saw nothing")
		}
	})
}
