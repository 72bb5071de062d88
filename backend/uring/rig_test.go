//go:build linux

package uring

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/vclock"
)

// patience is how long a test waits for what must come. Only a failing one waits that long.
const patience = 4 * time.Second

// begin makes a backend that ends with the test.
func begin(t testing.TB, o Options) *Backend {
	t.Helper()
	b, err := New(o)
	if err != nil {
		require.Lacking(t, require.Uring, err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// eachKernel runs a test on rings with messages, and without them as on kernels before 6.13.
func eachKernel(t *testing.T, body func(t *testing.T, o Options)) {
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprintf("old=%v", old), func(t *testing.T) { body(t, Options{noMessages: old}) })
	}
}

// desk runs ops on one lane and keeps what was reported. It is its worker.
type desk struct {
	t    testing.TB
	l    backend.Backend
	gens []uint64
	free []int
	got  map[backend.OpID][]backend.Completion
	todo []*backend.Op // not accepted yet
	open int           // accepted or to do, and not ended
	rest []backend.Completion
}

func newDesk(t testing.TB, l backend.Backend, from, slots int) *desk {
	d := &desk{t: t, l: l, gens: make([]uint64, from+slots), got: map[backend.OpID][]backend.Completion{}, rest: make([]backend.Completion, 64)}
	for i := from + slots - 1; i >= from; i-- {
		d.free = append(d.free, i)
	}
	return d
}

// add queues an op; go on with turn or wait.
func (d *desk) add(op *backend.Op) backend.OpID {
	d.t.Helper()
	n := len(d.free) - 1
	if n < 0 {
		d.t.Fatal("no slot is free")
	}
	slot := d.free[n]
	d.free = d.free[:n]
	d.gens[slot]++
	op.ID = backend.MakeOpID(slot, d.gens[slot])
	d.todo = append(d.todo, op)
	d.open++
	return op.ID
}

// turn submits and reaps once.
func (d *desk) turn() {
	d.t.Helper()
	if len(d.todo) > 0 {
		d.todo = d.todo[d.l.Submit(d.todo):]
	}
	n := d.l.Reap(d.rest)
	for _, c := range d.rest[:n] {
		if c.Kind != backend.CompletionOp {
			continue
		}
		d.got[c.ID] = append(d.got[c.ID], c)
		if !c.More {
			d.open--
			d.free = append(d.free, c.ID.Slot())
		}
	}
}

// until turns, and waits where there is nothing to do, until the condition holds.
func (d *desk) until(what string, holds func() bool) {
	d.t.Helper()
	deadline := time.Now().Add(patience)
	for d.turn(); !holds(); d.turn() {
		if time.Now().After(deadline) {
			d.t.Fatalf("%s: not within %v; %d ops have not ended", what, patience, d.open)
		}
		if len(d.todo) == 0 {
			d.l.Wait(d.l.Now().Add(vclock.Second))
		}
	}
}

// drain waits until every op has ended.
func (d *desk) drain() {
	d.t.Helper()
	d.until("every op to end", func() bool { return d.open == 0 })
}

// done waits for the end of an op and returns its last report.
func (d *desk) done(id backend.OpID) backend.Completion {
	d.t.Helper()
	d.until(fmt.Sprintf("the end of op %#x", id), func() bool { return d.last(id).ID != 0 && !d.last(id).More })
	return d.last(id)
}

// last returns the last report of an op.
func (d *desk) last(id backend.OpID) backend.Completion {
	if all := d.got[id]; len(all) > 0 {
		return all[len(all)-1]
	}
	return backend.Completion{}
}

// do runs one op and returns its result.
func (d *desk) do(op *backend.Op) int32 {
	d.t.Helper()
	return d.done(d.add(op)).Res
}

// flush makes sure that the kernel has everything.
func (d *desk) flush() {
	d.t.Helper()
	d.until("the ring to take everything", func() bool { return len(d.todo) == 0 })
}

func makePipe(t testing.TB) (r, w int32) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	return int32(fds[0]), int32(fds[1])
}

// makePair makes two connected stream sockets.
func makePair(t testing.TB) (a, b int32) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	return int32(fds[0]), int32(fds[1])
}

func wantRes(t testing.TB, what string, got int32, want backend.Errno) {
	t.Helper()
	if got != -int32(want) {
		t.Errorf("%s: got result %d, want -%v", what, got, want)
	}
}
