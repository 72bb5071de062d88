package sim_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
)

// randomChooser answers 0 with probability 1/2 and uniformly otherwise, except for the kinds that are switched off.
type randomChooser struct {
	state uint64
	off   [backend.ChoiceKinds]bool
	quiet bool // all kinds are
}

func (c *randomChooser) Choose(kind backend.ChoiceKind, _ backend.Site, n int) int {
	c.state = c.state*6364136223846793005 + 1442695040888963407
	x := c.state >> 33
	if c.quiet || c.off[kind] || x&1 == 0 {
		return 0
	}
	return int(x>>1) % n
}
func (c *randomChooser) Pick([]uint32) int { return 0 }
func (c *randomChooser) Spawned(uint32)    {}

// siteChooser answers with a script per site, and 0 when it is used up. It counts the draws.
type siteChooser struct {
	script map[backend.Site][]int
	draws  map[backend.Site]int
}

func script(m map[backend.Site][]int) *siteChooser {
	return &siteChooser{script: m, draws: map[backend.Site]int{}}
}

func (c *siteChooser) Choose(_ backend.ChoiceKind, site backend.Site, n int) int {
	c.draws[site]++
	s := c.script[site]
	if len(s) == 0 {
		return 0
	}
	c.script[site] = s[1:]
	return min(s[0], n-1)
}
func (c *siteChooser) Pick([]uint32) int { return 0 }
func (c *siteChooser) Spawned(uint32)    {}

// mostChooser always gives the most surprising answer.
type mostChooser struct{}

func (mostChooser) Choose(_ backend.ChoiceKind, _ backend.Site, n int) int { return n - 1 }
func (mostChooser) Pick([]uint32) int                                      { return 0 }
func (mostChooser) Spawned(uint32)                                         {}

func kernel(c backend.Chooser, o sim.Options) *sim.Kernel {
	o.Draws.Chooser = c
	return sim.New(o)
}

func newOp(slot int, kind backend.OpKind, fd int32, buf []byte) *backend.Op {
	return &backend.Op{ID: backend.MakeOpID(slot, 1), Kind: kind, FD: fd, Buf: buf, Off: -1}
}

// submit submits ops and fails if not all are taken.
func submit(t *testing.T, k *sim.Kernel, ops ...*backend.Op) {
	t.Helper()
	if n := k.Submit(ops); n != len(ops) {
		t.Fatalf("Submit took %d of %d", n, len(ops))
	}
}

// report is a completion and when it was reaped.
type report struct {
	backend.Completion
	at vclock.Instant
}

// drain runs until nothing can come any more and returns all reports.
func drain(t *testing.T, k *sim.Kernel) []report {
	t.Helper()
	var all []report
	var into [3]backend.Completion
	for range 10000 {
		n := k.Reap(into[:])
		for _, c := range into[:n] {
			all = append(all, report{c, k.Now()})
		}
		if n == 0 && !k.Wait(vclock.Forever) {
			return all
		}
	}
	t.Fatal("the kernel does not come to rest")
	return nil
}

// run submits one op and returns its result, after everything has come to rest.
func run(t *testing.T, k *sim.Kernel, op *backend.Op) int32 {
	t.Helper()
	submit(t, k, op)
	for _, r := range drain(t, k) {
		if r.ID == op.ID {
			return r.Res
		}
	}
	t.Fatalf("op %#x of kind %d does not complete", op.ID, op.Kind)
	return 0
}

func wantPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		if got := recover(); got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}()
	f()
}

func errno(e backend.Errno) int32 { return -int32(e) }
