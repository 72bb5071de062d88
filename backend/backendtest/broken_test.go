package backendtest_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/backendtest"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
)

// notes is a test that takes notes of its failures.
type notes struct{ failures []string }

func (n *notes) Helper()                   {}
func (n *notes) Logf(string, ...any)       {}
func (n *notes) Errorf(f string, a ...any) { n.failures = append(n.failures, fmt.Sprintf(f, a...)) }
func (n *notes) Fatalf(f string, a ...any) { n.Errorf(f, a...); runtime.Goexit() }
func (n *notes) run(c backendtest.Case, w backendtest.World) {
	ended := make(chan bool)
	go func() {
		defer close(ended)
		defer func() {
			if p := recover(); p != nil { // the simulator asserts what its callers must not do
				n.Errorf("panic: %v", p)
			}
		}()
		c.Run(n, w)
	}()
	<-ended
}

// broken is the simulator without faults, in front of which hooks may sit.
type broken struct {
	*sim.Kernel
	hooks
	ops   map[backend.OpID]backend.Op // as submitted
	extra []backend.Completion        // reports to come before those of the simulator
	state int                         // of a hook
	buf   []byte                      // of a hook
}

// hooks stand in for methods; one that is nil leaves the simulator's.
type hooks struct {
	op       func(b *broken, o *backend.Op)              // changes a copy of each op before it is submitted
	submit   func(b *broken, ops []*backend.Op) int      // after op
	report   func(b *broken, c *backend.Completion) bool // changes a report, or drops it (false)
	cancel   func(b *broken, id backend.OpID)
	wait     func(b *broken, until vclock.Instant) bool
	unpark   func(b *broken)
	now      func(b *broken) vclock.Instant
	caps     func(c *backend.Caps)
	dispose  func(b *broken, kind backend.OpKind, res int32)
	disable  func(b *broken, n int)
	giveBack func(b *broken, group, i uint16)
	end      func(b *broken, group uint16) backend.Errno
	register func(b *broken, bufs [][]byte) backend.Errno
}

func newBroken(h hooks) *broken {
	return &broken{
		Kernel: sim.New(sim.Options{Lines: 2, FilesMax: 64}), hooks: h, ops: map[backend.OpID]backend.Op{},
	}
}

// The world around it.
func (b *broken) Backend() backend.Backend { return b }
func (b *broken) Raise(n int)              { b.RaiseAt(n, b.Kernel.Now()) }
func (b *broken) Noisy() bool              { return false }

func (b *broken) Dir() string {
	b.Kernel.Dir("dir")
	return "dir"
}

func (b *broken) Port(fd int32) uint16 {
	a := b.LocalAddr(fd)
	return a.Port()
}

func (b *broken) Submit(ops []*backend.Op) int {
	var copies []*backend.Op
	for _, o := range ops {
		b.ops[o.ID] = *o
		c := *o
		if b.op != nil {
			b.op(b, &c)
		}
		copies = append(copies, &c)
	}
	if b.submit == nil {
		return b.Kernel.Submit(copies)
	}
	n := b.submit(b, copies)
	for i, o := range ops { // a hook may have written to the op
		if copies[i].ID != o.ID {
			*o = *copies[i]
		}
	}
	return n
}

func (b *broken) Reap(into []backend.Completion) int {
	n := 0
	for n < len(into) {
		if len(b.extra) > 0 {
			into[n] = b.extra[0]
			b.extra = b.extra[1:]
			n++
			continue
		}
		var one [1]backend.Completion
		if b.Kernel.Reap(one[:]) == 0 {
			break
		}
		if b.report == nil || b.report(b, &one[0]) {
			into[n] = one[0]
			n++
		}
	}
	return n
}

func (b *broken) Cancel(id backend.OpID) {
	if b.cancel == nil {
		b.Kernel.Cancel(id)
		return
	}
	b.cancel(b, id)
}

func (b *broken) Wait(until vclock.Instant) bool {
	if b.wait == nil {
		return b.Kernel.Wait(until)
	}
	return b.wait(b, until)
}

func (b *broken) Unpark() {
	if b.unpark == nil {
		b.Kernel.Unpark()
		return
	}
	b.unpark(b)
}

func (b *broken) Now() vclock.Instant {
	if b.now == nil {
		return b.Kernel.Now()
	}
	return b.now(b)
}

func (b *broken) Caps() backend.Caps {
	c := b.Kernel.Caps()
	if b.caps != nil {
		b.caps(&c)
	}
	return c
}

func (b *broken) Dispose(kind backend.OpKind, res int32) {
	if b.dispose == nil {
		b.Kernel.Dispose(kind, res)
		return
	}
	b.dispose(b, kind, res)
}

func (b *broken) LineDisable(n int) {
	if b.disable == nil {
		b.Kernel.LineDisable(n)
		return
	}
	b.disable(b, n)
}

func (b *broken) GiveBack(group, i uint16) {
	if b.giveBack == nil {
		b.Kernel.GiveBack(group, i)
		return
	}
	b.giveBack(b, group, i)
}

func (b *broken) Unprovide(group uint16) backend.Errno {
	if b.end == nil {
		return b.Kernel.Unprovide(group)
	}
	return b.end(b, group)
}

func (b *broken) Register(bufs [][]byte) backend.Errno {
	if b.register == nil {
		return b.Kernel.Register(bufs)
	}
	return b.register(b, bufs)
}

// A backend without defects passes every case, so that a failure of the next test means what it says.
func TestIntactBackendPasses(t *testing.T) {
	for _, c := range backendtest.Cases() {
		b := newBroken(hooks{})
		if !c.Fits(b) {
			continue
		}
		var n notes
		if n.run(c, b); len(n.failures) > 0 {
			t.Errorf("%s: %q", c.Name, n.failures)
		}
	}
}

// Every defect is noticed by the case that is there for it.
func TestDefectsAreNoticed(t *testing.T) {
	cases := map[string]backendtest.Case{}
	for _, c := range backendtest.Cases() {
		if _, twice := cases[c.Name]; twice {
			t.Errorf("two cases have the name %s", c.Name)
		}
		cases[c.Name] = c
	}
	for _, d := range defects() {
		t.Run(d.name, func(t *testing.T) {
			c, ok := cases[d.noticed]
			if !ok {
				t.Fatalf("there is no case %s", d.noticed)
			}
			b := newBroken(d.hooks)
			if !c.Fits(b) {
				t.Fatalf("the case %s does not fit the simulator", d.noticed)
			}
			var n notes
			if n.run(c, b); len(n.failures) == 0 {
				t.Errorf("the case %s passes", d.noticed)
			} else {
				t.Logf("%s: %s", d.noticed, n.failures[0])
			}
		})
	}
}
