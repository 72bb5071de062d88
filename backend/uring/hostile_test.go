//go:build linux

package uring

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/vclock"
)

// Thousands of ops go through rings of every smallness, each once, and so do thousands of cancels at once.
func TestTinyRings(t *testing.T) {
	for _, o := range []Options{{Entries: 1, CQ: 1}, {Entries: 1, CQ: 2}, {Entries: 2, CQ: 2}, {Entries: 8, CQ: 8}} {
		for _, o.noMessages = range []bool{false, true} {
			t.Run(fmt.Sprintf("entries=%d/cq=%d/old=%v", o.Entries, o.CQ, o.noMessages), func(t *testing.T) {
				const n = 10_000
				o.Ops = n
				b := begin(t, o)
				d := newDesk(t, b, 0, n)
				for range n {
					d.add(&backend.Op{Kind: backend.OpNop})
				}
				d.drain()
				ids := make([]backend.OpID, n)
				for i := range ids {
					ids[i] = d.add(&backend.Op{Kind: backend.OpTimer, Off: int64(vclock.Forever)})
				}
				d.flush()
				for _, id := range ids {
					b.Cancel(id)
				}
				d.drain()
				for _, id := range ids {
					if all := d.got[id]; len(all) != 1 || all[0].Res != -int32(backend.ECANCELED) {
						t.Fatalf("timer %#x: got %+v, want one report of ECANCELED", id, all)
					}
				}
			})
		}
	}
}

// A cancel of an op that rests in the ring, not submitted yet, finds it, and one that comes late finds nobody else.
func TestCancelEarlyAndLate(t *testing.T) {
	eachKernel(t, func(t *testing.T, o Options) {
		o.Entries, o.Ops = 4, 1 // one slot: every op is the successor of the one before
		b := begin(t, o)
		d := newDesk(t, b, 0, 1)
		r, w := makePipe(t)
		for round := range 300 {
			id := d.add(&backend.Op{Kind: backend.OpRead, FD: r, Buf: make([]byte, 1), Off: -1})
			b.Submit(d.todo)
			d.todo = nil
			b.Cancel(id)
			wantRes(t, "a read that was cancelled before the kernel saw it", d.done(id).Res, backend.ECANCELED)
			b.Cancel(id) // late
			next := d.add(&backend.Op{Kind: backend.OpRead, FD: r, Buf: make([]byte, 1), Off: -1})
			b.Cancel(id) // the slot's last user
			if _, err := unix.Write(int(w), []byte{byte(round)}); err != nil {
				t.Fatal(err)
			}
			b.Cancel(id)
			if got := d.done(next).Res; got != 1 {
				t.Fatalf("round %d: got %d for the next op in the slot, want 1 byte: it was not cancelled", round, got)
			}
		}
	})
}

// Cancels at random moments against reads that complete meanwhile: every read ends once, and no byte is lost.
func TestCancelAgainstCompletion(t *testing.T) {
	eachKernel(t, func(t *testing.T, o Options) {
		o.Entries = 8
		b := begin(t, o)
		d := newDesk(t, b, 0, 16)
		r, w := makePipe(t)
		rnd := rand.New(rand.NewPCG(1, 2))
		const bytes = 3000
		written, got, cancelled := 0, 0, 0
		var flying []backend.OpID
		d.until("every byte", func() bool {
			kept := flying[:0]
			for _, id := range flying {
				switch c := d.last(id); {
				case c.ID == 0:
					kept = append(kept, id)
				case c.Res == 1:
					got++
				case c.Res == -int32(backend.ECANCELED):
					cancelled++
				default:
					t.Fatalf("got result %d, want 1 or ECANCELED", c.Res)
				}
			}
			flying = kept
			for len(flying) < 16 && got < bytes {
				flying = append(flying, d.add(&backend.Op{Kind: backend.OpRead, FD: r, Buf: make([]byte, 1), Off: -1}))
			}
			if got < bytes {
				b.Cancel(flying[rnd.IntN(len(flying))])
			}
			if n := rnd.IntN(4); written+n <= bytes {
				unix.Write(int(w), make([]byte, n))
				written += n
			} else {
				unix.Write(int(w), make([]byte, bytes-written))
				written = bytes
			}
			return got == bytes
		})
		for _, id := range flying {
			b.Cancel(id)
		}
		d.drain()
		if cancelled == 0 {
			t.Error("no cancel was in time: the test shows nothing")
		}
	})
}

// No Unpark is lost, whatever the worker is about to do, and although somebody else takes the lane's reports, the one that was to
// wake it among them: after each Unpark, a Wait returns that began before it or begins next.
func TestUnparkIsNotLost(t *testing.T) {
	for _, thief := range []bool{false, true} {
		t.Run(fmt.Sprintf("thief=%v", thief), func(t *testing.T) {
			eachKernel(t, func(t *testing.T, o Options) {
				o.Lanes = 2
				b := begin(t, o)
				for i := range o.Lanes {
					unparkOften(t, b.Lane(i), thief)
				}
			})
		})
	}
}

func unparkOften(t *testing.T, l backend.Lane, thief bool) {
	var asked, seen atomic.Int64
	var over atomic.Bool
	var reap sync.Mutex // as in the executor
	take := func() {
		reap.Lock()
		l.Reap(make([]backend.Completion, 4))
		reap.Unlock()
	}
	var others sync.WaitGroup
	others.Go(func() {
		for !over.Load() {
			n := asked.Load()
			seen.Store(n)
			if asked.Load() == n { // otherwise a worker finds work
				l.Wait(vclock.Forever)
			}
			take()
		}
	})
	if thief {
		others.Go(func() {
			for !over.Load() {
				take()
				runtime.Gosched()
			}
		})
	}
	deadline := time.Now().Add(patience)
	for n := int64(1); n <= 3000; n++ {
		asked.Store(n)
		l.Unpark()
		for spins := 0; n%3 == 0 && seen.Load() < n; spins++ { // other rounds go on at once
			if spins%1000 == 999 && time.Now().After(deadline) {
				go panic(fmt.Sprintf("%s: the worker sleeps through Unpark %d", t.Name(), n)) // no clean-up ends the worker
				select {}
			}
			runtime.Gosched()
		}
	}
	over.Store(true)
	l.Unpark()
	others.Wait()
}

// Cancels come from other threads while the worker waits, and end its Wait.
func TestCancelEndsWait(t *testing.T) {
	eachKernel(t, func(t *testing.T, o Options) {
		o.Lanes, o.Entries = 2, 4
		b := begin(t, o)
		l := b.Lane(1)
		d := newDesk(t, l, 0, 8)
		for range 200 {
			id := d.add(&backend.Op{Kind: backend.OpTimer, Off: int64(vclock.Forever)})
			d.flush()
			cancelled := make(chan struct{})
			go func() { b.Cancel(id); close(cancelled) }()
			wantRes(t, "timer", d.done(id).Res, backend.ECANCELED)
			<-cancelled // the executor's lock keeps it apart from the next Submit
		}
	})
}

// A line that others request while it is opened and closed: no request is lost, however the two meet.
func TestLineRaces(t *testing.T) {
	eachKernel(t, func(t *testing.T, o Options) {
		o.Lines, o.Entries = 1, 2
		b := begin(t, o)
		var pended, reported atomic.Int64
		go func() {
			for pended.Load() < 1000 {
				b.LinePend(0)
				n := pended.Add(1)
				for spins := 0; reported.Load() < n && spins < 1<<20; spins++ {
					runtime.Gosched()
				}
			}
		}()
		reports := make([]backend.Completion, 4)
		deadline := time.Now().Add(patience)
		for turn := 0; pended.Load() < 1000; turn++ {
			b.LineEnable(0)
			if turn%5 == 0 {
				b.LineDisable(0)
				b.LineEnable(0)
			}
			for range turn % 4 {
				for _, c := range reports[:b.Reap(reports)] {
					if c.Kind == backend.CompletionLine {
						reported.Store(pended.Load() + 1) // this one, at least; the device goes on
					}
				}
			}
			b.LineDisable(0)
			if n := len(b.lanes[0].commands); n > 16 {
				t.Fatalf("%d commands wait, for one line", n)
			}
			if time.Now().After(deadline) {
				t.Fatalf("after %d requests one is lost", pended.Load())
			}
		}
	})
}

// Closing a line again and again before the ring hears of it leaves no more than a few commands.
func TestLineCommandsAreBounded(t *testing.T) {
	b := begin(t, Options{Lines: 1})
	for range 1000 {
		b.LineEnable(0)
		b.LineDisable(0)
	}
	if n := len(b.lanes[0].commands); n > 2 {
		t.Errorf("%d commands wait, want at most two a line", n)
	}
	b.LineEnable(0)
	b.LinePend(0)
	reports := make([]backend.Completion, 4)
	for deadline := time.Now().Add(patience); b.Reap(reports) == 0; b.Wait(b.Now().Add(vclock.Second)) {
		if time.Now().After(deadline) {
			t.Fatal("the line does not report")
		}
	}
}

// The bytes of buffers that only the op knows arrive, whatever the collector does.
func TestBuffersSurviveCollection(t *testing.T) {
	b := begin(t, Options{Entries: 4})
	d := newDesk(t, b, 0, 64)
	for round := range 20 {
		x, y := makePair(t)
		ids := [2]backend.OpID{}
		func() {
			send := &backend.Op{Kind: backend.OpSendMsg, FD: x, Ext: &backend.OpExt{Vec: [][]byte{fill(3000, byte(round)), fill(5000, byte(round+1))}}}
			recv := &backend.Op{Kind: backend.OpRecv, FD: y, Buf: make([]byte, 8000), Arg: backend.MsgWaitAll}
			ids[1], ids[0] = d.add(recv), d.add(send)
		}()
		d.turn()
		runtime.GC()
		garbage := make([][]byte, 64)
		for i := range garbage {
			garbage[i] = fill(5000, 0xff) // where a freed buffer would have been
		}
		op := b.slots[ids[1].Slot()].op
		if got := d.done(ids[1]).Res; got != 8000 {
			t.Fatalf("received %d bytes, want 8000", got)
		}
		for i, c := range op.Buf {
			if want := byte(round + i/3000); i < 6000 && c != want {
				t.Fatalf("round %d: byte %d is %d, want %d", round, i, c, want)
			}
		}
		d.done(ids[0])
		runtime.KeepAlive(garbage)
	}
}

func fill(n int, c byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = c
	}
	return b
}

// A ring that cannot be closed in time is closed, and its memory let go of, when the kernel has no use for it any more.
func TestLeftoverIsClosedLater(t *testing.T) {
	b, err := New(Options{})
	if err != nil {
		require.Lacking(t, require.Uring, err)
	}
	r, _ := makePipe(t)
	buf := new([64]byte)
	freed := make(chan struct{})
	runtime.AddCleanup(buf, func(freed chan struct{}) { close(freed) }, freed)
	b.Submit([]*backend.Op{{ID: backend.MakeOpID(0, 1), Kind: backend.OpRead, FD: r, Buf: buf[:], Off: -1}})
	b.Reap(nil)
	fd := b.lanes[0].q.fd()
	if err := b.lanes[0].shut(0); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("kind %d on descriptor %d", backend.OpRead, r)) {
		t.Fatalf("got %v, want an error that names the read", err)
	}
	buf, b = nil, nil
	deadline := time.Now().Add(patience)
	for open := true; open; {
		runtime.GC()
		select {
		case <-freed:
			_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
			open = err == nil
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("the buffer or the ring is kept after the read has ended")
		}
	}
}

// A slot whose op has not ended is not given to another one, as by a second run on a backend whose first one was frozen: their
// reports could not be told apart.
func TestSlotInUse(t *testing.T) {
	b := begin(t, Options{})
	r, _ := makePipe(t)
	op := func(gen uint64) []*backend.Op {
		return []*backend.Op{{ID: backend.MakeOpID(3, gen), Kind: backend.OpRead, FD: r, Buf: make([]byte, 1), Off: -1}}
	}
	b.Submit(op(1))
	defer func() {
		if v := fmt.Sprint(recover()); !strings.Contains(v, "a slot is used again") {
			t.Errorf("got %s, want a panic about the slot", v)
		}
	}()
	b.Submit(op(1))
}
