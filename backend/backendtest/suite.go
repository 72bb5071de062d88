package backendtest

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// World is a backend together with the outside that the cases need.
type World interface {
	// Backend returns the backend under test, with nothing in flight and all lines disabled.
	Backend() backend.Backend
	// Pipe returns the descriptors of a new pipe that holds at least 16 bytes and at most 1 MiB. It is called only if Caps
	// has OpRead and OpWrite.
	Pipe() (r, w int32)
	// Raise lets a device request line n, now or very soon, by an edge. It is called only if Caps has lines.
	Raise(n int)
	// Noisy reports whether lines may report interrupts that nobody requested. The cases then accept more reports than
	// requests, never fewer.
	Noisy() bool
}

// testCase is one rule, which the comment of its function explains.
type testCase struct {
	name  string
	needs backend.OpSet
	lines int
	run   func(r *rig)
}

func set(kinds ...backend.OpKind) backend.OpSet {
	var s backend.OpSet
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Run runs every case that the backend's Caps allow, each as a subtest in a world of its own, which the given function
// makes and whose end it registers with t.Cleanup.
func Run(t *testing.T, world func(t *testing.T) World) {
	caps := world(t).Backend().Caps()
	ran := 0
	for _, list := range [][]testCase{opCases(), pipeCases(), cancelCases(), waitCases(), lineCases()} {
		for _, c := range list {
			if caps.Ops&c.needs != c.needs || caps.Lines < c.lines {
				continue
			}
			ran++
			t.Run(c.name, func(t *testing.T) {
				w := world(t)
				c.run(&rig{T: t, w: w, b: w.Backend(), results: map[backend.OpID][]int32{}, lines: map[int]int{}})
			})
		}
	}
	if ran == 0 {
		t.Error("no case fits what the backend can do")
	}
}

// patience is how long a case waits for something that must come. Only a failing case waits that long.
const patience = 20 * vclock.Second

// quiet is how long a case looks for something that must not come.
const quiet = 20 * vclock.Millisecond

// turnsMax bounds the turns of Wait and Reap in one of these waits, for backends whose time does not pass.
const turnsMax = 1 << 18

// rig runs ops and keeps what was reported.
type rig struct {
	*testing.T
	w       World
	b       backend.Backend
	used    int
	results map[backend.OpID][]int32 // all terminal reports, by op
	order   []backend.OpID           // of the reports
	lines   map[int]int              // reports by line
}

// op makes an op with a fresh id.
func (r *rig) op(kind backend.OpKind, fd int32, buf []byte) *backend.Op {
	const slots = 32 // enough for every case, small enough for every backend
	o := &backend.Op{ID: backend.MakeOpID(r.used%slots, uint64(1+r.used/slots)), Kind: kind, FD: fd, Buf: buf, Off: -1}
	r.used++
	return o
}

func (r *rig) timer(at vclock.Instant) *backend.Op {
	o := r.op(backend.OpTimer, 0, nil)
	o.Off = int64(at)
	return o
}

// submit submits all ops, however many calls that takes.
func (r *rig) submit(ops ...*backend.Op) {
	r.Helper()
	for tries := 0; len(ops) > 0; tries++ {
		n := r.b.Submit(ops)
		if n < 0 || n > len(ops) {
			r.Fatalf("Submit of %d ops accepted %d", len(ops), n)
		}
		ops = ops[n:]
		if tries > 1000 {
			r.Fatalf("Submit does not accept an op in %d calls", tries)
		}
		if n == 0 {
			r.reap()
		}
	}
}

// reap takes all reports that are due and notes them.
func (r *rig) reap() {
	r.Helper()
	var into [4]backend.Completion
	for {
		n := r.b.Reap(into[:])
		for _, c := range into[:n] {
			r.note(c)
		}
		if n < len(into) {
			return
		}
	}
}

func (r *rig) note(c backend.Completion) {
	r.Helper()
	switch c.Kind {
	case backend.CompletionOp:
		if c.More {
			r.Errorf("op %#x is not multishot, but a report says that more follow", c.ID)
		}
		r.results[c.ID] = append(r.results[c.ID], c.Res)
		if len(r.results[c.ID]) > 1 {
			r.Errorf("op %#x completed %d times: %v (duty 1)", c.ID, len(r.results[c.ID]), r.results[c.ID])
		}
		r.order = append(r.order, c.ID)
	case backend.CompletionLine:
		r.lines[int(c.N)]++
	case backend.CompletionInvalid:
		r.Error("a report has kind 0")
	}
}

// until reaps and waits until the condition holds. It fails if that does not come to pass.
func (r *rig) until(what string, holds func() bool) {
	r.Helper()
	end := r.b.Now().Add(patience)
	turns := 0
	for r.reap(); !holds(); r.reap() {
		if turns++; turns > turnsMax || r.b.Now() >= end {
			r.Fatalf("still waiting for %s after %d turns and up to %d s", what, turns, patience/vclock.Second)
		}
		if !r.b.Wait(end) {
			r.Fatalf("Wait says that nothing can come before %d, but %s is due", end, what)
		}
	}
}

// linger reaps and waits for a while in which nothing needs to happen.
func (r *rig) linger(d vclock.Duration) {
	r.Helper()
	end := r.b.Now().Add(d)
	turns := 0
	for r.reap(); r.b.Now() < end; r.reap() {
		if turns++; turns > turnsMax {
			r.Fatalf("%d turns of Wait and Reap, and time does not get to %d", turns, end)
		}
		r.b.Wait(end)
	}
}

// result waits for the completion of an op.
func (r *rig) result(o *backend.Op) int32 {
	r.Helper()
	r.until("a completion", func() bool { return len(r.results[o.ID]) > 0 })
	return r.results[o.ID][0]
}

// do submits a transfer and returns its result. What a backend may ask for, to try again, it does.
func (r *rig) do(kind backend.OpKind, fd int32, buf []byte) int32 {
	r.Helper()
	for range 1000 {
		o := r.op(kind, fd, buf)
		r.submit(o)
		if res := r.result(o); !transient(res) {
			return res
		}
	}
	r.Fatal("an op was interrupted 1000 times in a row")
	return 0
}

func transient(res int32) bool { return res == -int32(backend.EINTR) || res == -int32(backend.EAGAIN) }

// fill writes all of data.
func (r *rig) fill(fd int32, data []byte) {
	r.Helper()
	for len(data) > 0 {
		n := r.do(backend.OpWrite, fd, data)
		if n < 1 || int(n) > len(data) {
			r.Fatalf("write of %d bytes gave %d", len(data), n)
		}
		data = data[n:]
	}
}

// drain reads n bytes.
func (r *rig) drain(fd int32, n int) []byte {
	r.Helper()
	buf := make([]byte, n)
	for got := 0; got < n; {
		res := r.do(backend.OpRead, fd, buf[got:])
		if res < 1 || int(res) > n-got {
			r.Fatalf("read of up to %d bytes gave %d", n-got, res)
		}
		got += int(res)
	}
	return buf
}
