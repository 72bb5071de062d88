package backendtest

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// patience is how long a case waits for something that must come. Only a failing case waits that long.
const patience = 20 * vclock.Second

// quiet is how long a case looks for something that must not come, brief how long it gives the backend to get somewhere.
const (
	quiet = 20 * vclock.Millisecond
	brief = 2 * vclock.Millisecond
)

// turnsMax bounds the turns of Wait and Reap in one of these waits, for backends whose time does not pass.
const turnsMax = 1 << 18

// triesMax bounds how often a case begins again because the backend asked for it, by EINTR, EAGAIN or a short count.
const triesMax = 200

// slotsMax is how many ops a case has in flight at most: enough for every case, small enough for every backend.
const slotsMax = 32

// flight is an op and what was reported of it.
type flight struct {
	op       *backend.Op
	accepted bool
	done     bool // the terminal report is there
	reports  []backend.Completion
}

// rig runs ops and keeps what was reported.
type rig struct {
	T
	w       World
	b       backend.Backend
	gen     uint64
	slots   [slotsMax]bool // op made and not done
	next    int
	flights map[backend.OpID]*flight
	order   []backend.OpID // of the reports
	lines   map[int]int    // reports by line
	fds     map[int32]bool // descriptors that the case opened
	dir     string
	hasDir  bool
	fdsAt   int // open descriptors at the start
}

func newRig(t T, w World) *rig {
	r := &rig{T: t, w: w, b: w.Backend(), flights: map[backend.OpID]*flight{}, lines: map[int]int{}, fds: map[int32]bool{}}
	if c, ok := w.(Counts); ok {
		r.fdsAt = c.OpenFDs()
	}
	return r
}

// finish checks what must hold at the end of every case.
func (r *rig) finish() {
	r.Helper()
	r.linger(brief) // a second report is noticed where reports are noted
	for id, f := range r.flights {
		if f.accepted && !f.done {
			r.Errorf("op %#x of kind %d is still in flight at the end of the case", id, f.op.Kind)
		}
	}
	for fd := range r.fds {
		r.dispose(fd)
	}
	if c, ok := r.w.(Counts); ok {
		r.until("the descriptors to be closed", func() bool { return c.OpenFDs() <= r.fdsAt })
		if n := c.OpenFDs(); n < r.fdsAt {
			r.Errorf("%d descriptors are open, before the case there were %d", n, r.fdsAt)
		}
	}
}

// id returns an id that was never used, of a slot that is free.
func (r *rig) id() backend.OpID {
	r.gen++
	for range slotsMax {
		r.next = (r.next + 1) % slotsMax
		if !r.slots[r.next] {
			r.slots[r.next] = true
			return backend.MakeOpID(r.next, r.gen)
		}
	}
	r.Fatalf("backendtest: a case has at most %d ops at a time", slotsMax)
	return 0
}

// op makes an op with a fresh id.
func (r *rig) op(kind backend.OpKind, fd int32, buf []byte) *backend.Op {
	return r.make(backend.Op{Kind: kind, FD: fd, Buf: buf, Off: -1})
}

// make gives an op a fresh id.
func (r *rig) make(o backend.Op) *backend.Op {
	o.ID = r.id()
	r.flights[o.ID] = &flight{op: &o}
	return &o
}

func (r *rig) timer(at vclock.Instant) *backend.Op {
	return r.make(backend.Op{Kind: backend.OpTimer, Off: int64(at)})
}

// submit submits all ops, however many calls that takes.
func (r *rig) submit(ops ...*backend.Op) {
	r.Helper()
	for tries := 0; len(ops) > 0; tries++ {
		n := r.offer(ops)
		if ops = ops[n:]; n > 0 {
			continue
		}
		if tries > 1000 {
			r.Fatalf("Submit does not accept an op in %d calls", tries)
		}
		if r.reap(); tries > 10 { // a backend that is full may need a completion, and so time
			r.b.Wait(r.b.Now().Add(vclock.Millisecond))
		}
	}
}

// offer calls Submit once and returns how many ops it took.
func (r *rig) offer(ops []*backend.Op) int {
	r.Helper()
	n := r.b.Submit(ops)
	if n < 0 || n > len(ops) {
		r.Fatalf("Submit of %d ops accepted %d", len(ops), n)
	}
	const links = backend.FlagLink | backend.FlagHardLink
	if 0 < n && n < len(ops) && ops[n-1].Flags&links != 0 {
		r.Errorf("Submit accepted %d ops and so cut a chain", n)
	}
	for _, o := range ops[:n] {
		r.flights[o.ID].accepted = true
	}
	return n
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

// note takes one report, and judges what can be judged without knowing the case.
func (r *rig) note(c backend.Completion) {
	r.Helper()
	switch c.Kind {
	case backend.CompletionLine:
		r.lines[int(c.N)]++
	case backend.CompletionInvalid:
		r.Errorf("a report has kind 0")
	case backend.CompletionOp:
		f := r.flights[c.ID]
		if f == nil || !f.accepted {
			r.Errorf("a report names op %#x, which was not accepted", c.ID)
			return
		}
		r.noteOp(f, c)
	}
}

func (r *rig) noteOp(f *flight, c backend.Completion) {
	r.Helper()
	kind, zc := f.op.Kind, f.op.Kind == backend.OpSendZC
	if f.done {
		r.Errorf("op %#x of kind %d has a report (result %d) after its terminal one (duty 1)", c.ID, kind, c.Res)
	}
	if c.More && f.op.Flags&backend.FlagMultishot == 0 && !zc {
		r.Errorf("op %#x of kind %d is not multishot, but a report says that more follow", c.ID, kind)
	}
	if c.Notice && (!zc || c.More || len(f.reports) == 0) {
		r.Errorf("op %#x of kind %d has a notice where none can be: %+v", c.ID, kind, c)
	}
	if c.Picked && f.op.Flags&backend.FlagPick == 0 {
		r.Errorf("op %#x of kind %d picked a buffer although it was not told to", c.ID, kind)
	}
	if c.Res < -255 {
		r.Errorf("op %#x of kind %d has the result %d, which is no errno (duty 9)", c.ID, kind, c.Res)
	}
	if kind.ReturnsFD() && c.Res >= 0 {
		if r.fds[c.Res] {
			r.Errorf("op %#x of kind %d returned descriptor %d, which is open", c.ID, kind, c.Res)
		}
		r.fds[c.Res] = true
	}
	f.reports = append(f.reports, c)
	r.order = append(r.order, c.ID)
	if !c.More {
		f.done = true
		r.slots[c.ID.Slot()] = false
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

// done reports whether the op has its terminal report.
func (r *rig) done(o *backend.Op) bool { return r.flights[o.ID].done }

// reports returns what was reported of the op so far.
func (r *rig) reports(o *backend.Op) []backend.Completion { return r.flights[o.ID].reports }

// last waits for the terminal report of an op.
func (r *rig) last(o *backend.Op) backend.Completion {
	r.Helper()
	r.until("a completion", func() bool { return r.done(o) })
	reports := r.reports(o)
	return reports[len(reports)-1]
}

// result waits for the terminal report of an op and returns its result.
func (r *rig) result(o *backend.Op) int32 {
	r.Helper()
	return r.last(o).Res
}

// cancel ends an op early and returns the result of its terminal report.
func (r *rig) cancel(o *backend.Op) int32 {
	r.Helper()
	r.b.Cancel(o.ID)
	return r.result(o)
}

// arm submits ops that wait for something, and gives the backend a moment to start them. It returns false if one has ended
// with what means try again; the caller then begins anew.
func (r *rig) arm(ops ...*backend.Op) bool {
	r.Helper()
	r.submit(ops...)
	r.linger(brief)
	for _, o := range ops {
		if r.done(o) && transient(r.result(o)) {
			return false
		}
	}
	return true
}

// attempt runs body until it returns true. Body returns false if the backend asked to try again, which it may do a few times
// in a row: an op of it was interrupted, or fell short. What the body leaves in flight or open is cancelled and closed.
func (r *rig) attempt(body func() bool) {
	r.Helper()
	for range triesMax {
		gen, before := r.gen, map[int32]bool{}
		for fd := range r.fds {
			before[fd] = true
		}
		ok := body()
		for id, f := range r.flights {
			switch of := uint64(id) >> 16; {
			case of <= gen || f.done:
			case f.accepted:
				r.cancel(f.op)
			default:
				r.slots[id.Slot()] = false
				delete(r.flights, id)
			}
		}
		for fd := range r.fds {
			if !before[fd] {
				r.dispose(fd)
			}
		}
		if ok {
			return
		}
	}
	r.Fatalf("the backend asked %d times in a row to try again", triesMax)
}

// do submits an op and returns its result. What a backend may ask for, to try again, it does.
func (r *rig) do(o backend.Op) int32 {
	r.Helper()
	for range triesMax {
		p := r.make(o)
		r.submit(p)
		if res := r.result(p); !transient(res) {
			return res
		}
	}
	r.Fatalf("an op of kind %d was interrupted %d times in a row", o.Kind, triesMax)
	return 0
}

func transient(res int32) bool { return res == -int32(backend.EINTR) || res == -int32(backend.EAGAIN) }

// must runs an op that has no reason to fail, and returns its result.
func (r *rig) must(what string, o backend.Op) int32 {
	r.Helper()
	res := r.do(o)
	if res < 0 {
		r.Fatalf("%s gave %s", what, code(res))
	}
	return res
}

// want checks the result of an op: that it is one of the allowed.
func (r *rig) want(what string, res int32, allowed ...int32) {
	r.Helper()
	for _, a := range allowed {
		if res == a {
			return
		}
	}
	text := ""
	for i, a := range allowed {
		if i > 0 {
			text += " or "
		}
		text += code(a)
	}
	r.Errorf("%s gave %s, want %s", what, code(res), text)
}
