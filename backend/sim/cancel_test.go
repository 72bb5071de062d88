package sim_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
)

func cancelOp(flags uint32, fd int32, target backend.OpID) backend.Op {
	return backend.Op{ID: backend.MakeOpID(50, 1), Kind: backend.OpCancel, Arg: flags, FD: fd, Ext: &backend.OpExt{Target: target}}
}

// Rules 23 and 68: every outcome that is drawn for a cancel and its target, for an op that runs and for one that waits.
func TestCancelOpOutcomes(t *testing.T) {
	no := errno
	for _, c := range []struct {
		name   string
		waits  bool
		all    bool
		answer int
		cancel int32
		target int32
	}{
		{"runs, wins", false, false, 0, 0, no(backend.ECANCELED)},
		{"runs, late", false, false, 1, no(backend.EALREADY), 1},
		{"runs, lost", false, false, 2, no(backend.ENOENT), 1},
		{"runs, interrupted", false, false, 3, 0, no(backend.EINTR)},
		{"runs, all, wins", false, true, 0, 1, no(backend.ECANCELED)},
		{"runs, all, late", false, true, 1, 0, 1},
		{"runs, all, lost", false, true, 2, 0, 1},
		{"waits, wins", true, false, 0, 0, no(backend.ECANCELED)},
		{"waits, late", true, false, 1, 0, no(backend.ECANCELED)},
		{"waits, lost", true, false, 2, 0, no(backend.ECANCELED)},
		{"waits, all", true, true, 3, 1, no(backend.ECANCELED)},
	} {
		k := kernel(script(map[backend.Site][]int{sim.SiteCancel: {c.answer}}), sim.Options{})
		k.File("f", []byte("x"))
		r, _ := k.Pipe()
		fd := k.OpenFile("f")
		if c.waits {
			fd = r
		}
		target := newOp(0, backend.OpRead, fd, make([]byte, 1))
		submit(t, k, target)
		k.Wait(5_000)
		cancel := cancelOp(0, 0, target.ID)
		if c.all {
			cancel.Arg = backend.CancelAll
		}
		submit(t, k, &cancel)
		res, _ := results(t, k)
		if len(res) != 2 || res[50] != c.cancel || res[0] != c.target {
			t.Errorf("%s: cancel and target gave %v, want %d and %d", c.name, res, c.cancel, c.target)
		}
	}
}

// Rules 25 to 27 and 67: what a cancel finds by id, by open file, and all in all; what it refuses.
func TestCancelOpFinds(t *testing.T) {
	const all, byFD, anyOp = backend.CancelAll, backend.CancelFD, backend.CancelAny
	k := kernel(nil, sim.Options{})
	r, _ := k.Pipe()
	r2, _ := k.Pipe()
	read := func(fd int32) backend.Op { return backend.Op{Kind: backend.OpRead, FD: fd, Buf: make([]byte, 1)} }
	timer := backend.Op{Kind: backend.OpTimer, Off: 1 << 60}
	gone := errno(backend.ECANCELED)
	for gen, c := range []struct {
		name string
		op   backend.Op
		want int32
		hits []int
	}{
		{"by an id", cancelOp(0, 0, backend.MakeOpID(1, 1)), 0, []int{1}},
		{"by an id that is not there", cancelOp(0, 0, backend.MakeOpID(9, 1)), errno(backend.ENOENT), nil},
		{"all of an id that is not there", cancelOp(all, 0, backend.MakeOpID(9, 1)), 0, nil},
		{"the first of a file", cancelOp(byFD, r, 0), 0, []int{0}},
		{"all of a file", cancelOp(byFD|all, r, 0), 2, []int{0, 1}},
		{"all of a file that has none", cancelOp(byFD|all, r2+1, 0), 0, nil},
		{"the first of a file that has none", cancelOp(byFD, r2+1, 0), errno(backend.ENOENT), nil},
		{"of no file", cancelOp(byFD, 99, 0), errno(backend.EBADF), nil},
		{"anything", cancelOp(anyOp, 0, 0), 4, []int{0, 1, 2, 3}},
		{"anything of a file", cancelOp(anyOp|byFD, r, 0), errno(backend.EINVAL), nil},
		{"unknown flags", cancelOp(8, 0, 0), errno(backend.EINVAL), nil},
	} {
		ops := batch(t, k, uint64(gen+1), read(r), read(r), read(r2), timer)
		k.Wait(k.Now() + 5_000)
		if c.op.Arg&(byFD|anyOp) == 0 && c.op.Ext.Target.Slot() < 4 {
			c.op.Ext.Target = ops[c.op.Ext.Target.Slot()].ID
		}
		submit(t, k, &c.op)
		k.Wait(k.Now() + 5_000)
		var into [8]backend.Completion
		hit := map[int]int32{}
		for {
			n := k.Reap(into[:])
			for _, d := range into[:n] {
				hit[d.ID.Slot()] = d.Res
			}
			if n == 0 {
				break
			}
		}
		if hit[50] != c.want || len(hit) != len(c.hits)+1 {
			t.Errorf("%s: %v, want %d and the end of %v", c.name, hit, c.want, c.hits)
		}
		for _, i := range c.hits {
			if hit[i] != gone {
				t.Errorf("%s: op %d gave %d, want ECANCELED", c.name, i, hit[i])
			}
		}
		for _, o := range ops {
			k.Cancel(o.ID)
		}
		drain(t, k)
	}
	early := cancelOp(0, 0, backend.MakeOpID(0, 99))
	target := read(r)
	target.ID = backend.MakeOpID(0, 99)
	slow := kernel(script(map[backend.Site][]int{sim.SiteDelay: {1}}), sim.Options{})
	rd, _ := slow.Pipe()
	target.FD = rd
	submit(t, slow, &early)
	slow.Wait(slow.Now()) // the cancel runs before its target is there
	submit(t, slow, &target)
	if res, _ := results(t, slow); len(res) != 1 || res[50] != errno(backend.ENOENT) {
		t.Errorf("a cancel before its target: %v, want ENOENT and the target waiting", res)
	}
}

// After close the descriptor reaches the ops on it no more; the op id does, and so does Kernel.Cancel.
func TestCancelAfterClose(t *testing.T) {
	k := kernel(nil, sim.Options{})
	r, _ := k.Pipe()
	a, b := newOp(0, backend.OpRead, r, make([]byte, 1)), newOp(1, backend.OpRead, r, make([]byte, 1))
	submit(t, k, a, b)
	k.Wait(5_000)
	k.CloseFD(r)
	if res := do(t, k, cancelOp(backend.CancelFD, r, 0)); res != errno(backend.EBADF) {
		t.Errorf("cancel by a closed descriptor gave %d, want EBADF", res)
	}
	c := cancelOp(0, 0, a.ID)
	submit(t, k, &c)
	k.Cancel(b.ID)
	if res, _ := results(t, k); res[0] != errno(backend.ECANCELED) || res[1] != res[0] || res[50] != 0 {
		t.Errorf("results %v, want both reads cancelled", res)
	}
}
