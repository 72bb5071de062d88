package sim_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
)

const (
	soft = backend.FlagLink
	hard = backend.FlagHardLink
)

// numbered gives ops slots from 0 up.
func numbered(gen uint64, ops ...backend.Op) []*backend.Op {
	ptrs := make([]*backend.Op, len(ops))
	for i := range ops {
		ops[i].ID = backend.MakeOpID(i, gen)
		ptrs[i] = &ops[i]
	}
	return ptrs
}

// batch submits ops together, in slots from 0 up.
func batch(t *testing.T, k *sim.Kernel, gen uint64, ops ...backend.Op) []*backend.Op {
	t.Helper()
	ptrs := numbered(gen, ops...)
	submit(t, k, ptrs...)
	return ptrs
}

// results drains the kernel and returns the terminal results by slot, and the slots in the order of the reports.
func results(t *testing.T, k *sim.Kernel) (map[int]int32, []int) {
	t.Helper()
	res := map[int]int32{}
	var order []int
	for _, r := range drain(t, k) {
		if !r.More {
			res[r.ID.Slot()] = r.Res
		}
		order = append(order, r.ID.Slot())
	}
	return res, order
}

func nop(flags backend.OpFlags) backend.Op { return backend.Op{Kind: backend.OpNop, Flags: flags} }

// Rules 17 to 19: which results break a chain, and what becomes of the rest.
func TestWhatBreaksChains(t *testing.T) {
	no, gone := errno, errno(backend.ECANCELED)
	for _, c := range []struct {
		name string
		head func(k *sim.Kernel) backend.Op
		res  int32
		soft int32 // result of a nop behind a soft link
		hard int32
	}{
		{"nop", func(*sim.Kernel) backend.Op { return nop(0) }, 0, 0, 0},
		{"timer", func(*sim.Kernel) backend.Op { return backend.Op{Kind: backend.OpTimer, Off: 100} }, 0, 0, 0},
		{"short read", func(k *sim.Kernel) backend.Op {
			return backend.Op{Kind: backend.OpRead, FD: k.OpenFile("f"), Buf: make([]byte, 9)}
		}, 4, no(backend.ECANCELED), 0},
		{"full read", func(k *sim.Kernel) backend.Op {
			return backend.Op{Kind: backend.OpRead, FD: k.OpenFile("f"), Buf: make([]byte, 4)}
		}, 4, 0, 0},
		{"end of file", func(k *sim.Kernel) backend.Op {
			return backend.Op{Kind: backend.OpRead, FD: k.OpenFile("f"), Off: 4, Buf: make([]byte, 4)}
		}, 0, no(backend.ECANCELED), 0},
		{"close of nothing", func(*sim.Kernel) backend.Op { return closeOp(99) }, no(backend.EBADF), gone, 0},
		{"open of nothing", func(*sim.Kernel) backend.Op { return openOp(cwd, "no", 0) }, no(backend.ENOENT), gone, 0},
		{"cancel of nothing", func(*sim.Kernel) backend.Op {
			return backend.Op{Kind: backend.OpCancel, Ext: &backend.OpExt{Target: 77}}
		}, no(backend.ENOENT), no(backend.ECANCELED), 0},
		{"fsync of nothing", func(*sim.Kernel) backend.Op { return backend.Op{Kind: backend.OpFsync, FD: 99} }, no(backend.EBADF), gone, 0},
		{"fsync of a pipe", func(k *sim.Kernel) backend.Op {
			r, _ := k.Pipe()
			return backend.Op{Kind: backend.OpFsync, FD: r}
		}, no(backend.EINVAL), 0, 0},
		{"unlink of nothing", func(*sim.Kernel) backend.Op { return unlinkOp(cwd, "no", 0) }, no(backend.ENOENT), 0, 0},
		{"mkdir of what exists", func(*sim.Kernel) backend.Op { return mkdirOp(cwd, "f") }, no(backend.EEXIST), 0, 0},
		{"bad preparation", func(*sim.Kernel) backend.Op { return openOp(cwd, "", 0) }, no(backend.EINVAL), gone, gone},
	} {
		for _, link := range []backend.OpFlags{soft, hard} {
			k := kernel(nil, sim.Options{})
			k.File("f", []byte("1234"))
			head := c.head(k)
			head.Flags |= link
			batch(t, k, 1, head, nop(link), nop(0))
			res, order := results(t, k)
			want := c.soft
			if link == hard {
				want = c.hard
			}
			if len(res) != 3 || res[0] != c.res || res[1] != want || res[2] != want {
				t.Errorf("%s, link %d: results %v; want %d, then twice %d", c.name, link, res, c.res, want)
			}
			if !equalInts(order, 0, 1, 2) {
				t.Errorf("%s, link %d: reports in the order %v", c.name, link, order)
			}
		}
	}
}

func equalInts(a []int, b ...int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// A member starts when the one before has completed: what it works on is what it finds then, the descriptor included.
func TestMembersStartLater(t *testing.T) {
	k := kernel(nil, sim.Options{})
	r, w := k.Pipe()
	buf := make([]byte, 3)
	batch(t, k, 1,
		backend.Op{Kind: backend.OpRead, FD: r, Buf: buf, Flags: soft},
		backend.Op{Kind: backend.OpClose, FD: r, Flags: soft}, openOp(cwd, "f", create))
	k.Wait(50_000)
	if k.OpenFDs() != 2 || k.FileData("f") != nil {
		t.Fatal("a member has started before its turn")
	}
	k.Put(w, []byte("abc"))
	if res, _ := results(t, k); res[0] != 3 || res[1] != 0 || res[2] != r {
		t.Errorf("results %v; the read, the close, and an open that gets descriptor %d", res, r)
	}
	// A link flag at the end of a batch does not reach into the next.
	batch(t, k, 2, backend.Op{Kind: backend.OpClose, FD: 99, Flags: soft})
	late := nop(0)
	late.ID = backend.MakeOpID(1, 2)
	submit(t, k, &late)
	if res, _ := results(t, k); res[0] != errno(backend.EBADF) || res[1] != 0 {
		t.Errorf("results %v; want the nop of the next batch to run", res)
	}
}

// Rule 20: a member that has not started cannot be found, and runs later; the cancel of the head ends the chain. Kernel.Cancel
// reaches it all the same: it ends when it would have to wait.
func TestCancelMembers(t *testing.T) {
	k := kernel(nil, sim.Options{})
	r, w := k.Pipe()
	read := backend.Op{Kind: backend.OpRead, FD: r, Buf: make([]byte, 1), Flags: soft}
	ops := batch(t, k, 1, read, nop(0))
	find := backend.Op{Kind: backend.OpCancel, Ext: &backend.OpExt{Target: ops[1].ID}}
	if res := do(t, k, find); res != errno(backend.ENOENT) {
		t.Errorf("the cancel of a member gave %d, want ENOENT", res)
	}
	k.Put(w, []byte("x"))
	if res, _ := results(t, k); res[0] != 1 || res[1] != 0 {
		t.Errorf("results %v, want both to have run", res)
	}
	ops = batch(t, k, 2, read, nop(soft), nop(0))
	find.Ext.Target = ops[0].ID
	submit(t, k, &backend.Op{ID: backend.MakeOpID(9, 1), Kind: backend.OpCancel, Ext: find.Ext})
	if res, _ := results(t, k); res[0] != errno(backend.ECANCELED) || res[1] != res[0] || res[2] != res[0] || res[9] != 0 {
		t.Errorf("results %v, want the chain cancelled", res)
	}
	ops = batch(t, k, 3, nop(soft), read, nop(0))
	k.Cancel(ops[1].ID)
	if res, _ := results(t, k); res[0] != 0 || res[1] != errno(backend.ECANCELED) || res[2] != res[1] {
		t.Errorf("results %v, want the read and its follower cancelled", res)
	}
}

// Rule 21: a link timeout ends the op before it, or ends with it. Its time starts with that op.
func TestLinkTimeout(t *testing.T) {
	const us = int64(vclock.Microsecond)
	limit := func(flags backend.OpFlags) backend.Op {
		return backend.Op{Kind: backend.OpLinkTimeout, Off: 10 * us, Flags: flags}
	}
	k := kernel(nil, sim.Options{})
	r, w := k.Pipe()
	read := backend.Op{Kind: backend.OpRead, FD: r, Buf: make([]byte, 1), Flags: soft}
	batch(t, k, 1, backend.Op{Kind: backend.OpTimer, Off: 100 * us, Flags: soft}, read, limit(soft), nop(0))
	got := drain(t, k)
	res := map[int]int32{}
	for _, r := range got {
		res[r.ID.Slot()] = r.Res
	}
	if res[1] != errno(backend.ECANCELED) || res[2] != errno(backend.ETIME) || res[3] != res[1] || int64(k.Now()) != 110*us {
		t.Errorf("it fired: results %v at %d", res, k.Now())
	}
	k.Put(w, []byte("x"))
	batch(t, k, 2, read, limit(soft), nop(0))
	if res, _ := results(t, k); res[0] != 1 || res[1] != errno(backend.ECANCELED) || res[2] != 0 {
		t.Errorf("the read came first: results %v", res)
	}
	for _, bad := range [][]backend.Op{{limit(0)}, {limit(soft), nop(0)}, {nop(soft), limit(soft), limit(0)}} {
		ops := batch(t, k, 3, bad...)
		res, _ := results(t, k)
		for i, op := range ops {
			want := errno(backend.ECANCELED)
			if op.Kind == backend.OpLinkTimeout && (i == 0 || i == 2) {
				want = errno(backend.EINVAL)
			}
			if res[i] != want {
				t.Errorf("a link timeout that guards nothing, of %d ops: op %d gave %d, want %d", len(ops), i, res[i], want)
			}
		}
	}
	ops := batch(t, k, 4, read, limit(0))
	k.Cancel(ops[1].ID)
	if res, _ := results(t, k); len(res) != 1 || res[1] != errno(backend.ECANCELED) {
		t.Errorf("the cancel of the timeout: %v, want only its own end", res)
	}
	k.Put(w, []byte("x"))
	if res, _ := results(t, k); res[0] != 1 {
		t.Errorf("the read without its timeout gave %v", res)
	}
}

// Every drawn outcome of a link timeout leaves two reports that fit together.
func TestLinkTimeoutOutcomes(t *testing.T) {
	for answer := range 4 {
		k := kernel(script(map[backend.Site][]int{sim.SiteCancel: {answer}}), sim.Options{})
		k.File("f", []byte("x"))
		batch(t, k, 1, backend.Op{Kind: backend.OpRead, FD: k.OpenFile("f"), Buf: make([]byte, 1), Flags: soft},
			backend.Op{Kind: backend.OpLinkTimeout, Off: 1000})
		res, _ := results(t, k)
		want := [][2]backend.Errno{
			{backend.ECANCELED, backend.ETIME}, {0, backend.EALREADY}, {0, backend.ENOENT}, {backend.EINTR, backend.ETIME},
		}[answer]
		first := errno(want[0])
		if want[0] == 0 {
			first = 1
		}
		if len(res) != 2 || res[0] != first || res[1] != errno(want[1]) {
			t.Errorf("answer %d: results %v, want %d and %v", answer, res, first, want[1])
		}
	}
}

// Rules 22 and 71: a drain starts after everything before and before everything after, a chain is drained as a whole, and
// behind an op that does not end nothing moves but Kernel.Cancel.
func TestDrain(t *testing.T) {
	const us = int64(vclock.Microsecond)
	k := kernel(nil, sim.Options{})
	batch(t, k, 1, backend.Op{Kind: backend.OpTimer, Off: 50 * us}, nop(backend.FlagDrain), nop(0),
		nop(backend.FlagDrain|soft), backend.Op{Kind: backend.OpTimer, Off: 90 * us, Flags: soft}, nop(0), nop(0))
	if _, order := results(t, k); !equalInts(order, 0, 1, 2, 3, 4, 5, 6) {
		t.Errorf("reports in the order %v, want that of the batch", order)
	}
	r, _ := k.Pipe()
	ops := batch(t, k, 2, backend.Op{Kind: backend.OpPoll, FD: r, Arg: backend.PollIn, Flags: backend.FlagMultishot},
		nop(backend.FlagDrain), backend.Op{Kind: backend.OpCancel, Arg: backend.CancelAny})
	if res, _ := results(t, k); len(res) != 0 {
		t.Fatalf("behind a drain that waits for a poll: %v", res)
	}
	k.Cancel(ops[0].ID)
	if res, _ := results(t, k); res[0] != errno(backend.ECANCELED) || res[1] != 0 || res[2] != 0 {
		t.Errorf("after the cancel of the poll: %v", res)
	}
}

// However reports are reordered, those of a chain and across a drain are not.
func TestOrderSurvivesReordering(t *testing.T) {
	for seed := range uint64(100) {
		k := kernel(healthy{&randomChooser{state: seed}}, sim.Options{})
		ptrs := numbered(1, nop(0), nop(soft), nop(soft), nop(0), nop(backend.FlagDrain), nop(0), nop(0))
		for n := 0; n < len(ptrs); {
			n += k.Submit(ptrs[n:])
		}
		at := map[int]int{}
		_, order := results(t, k)
		for i, slot := range order {
			at[slot] = i
		}
		if !(at[1] < at[2] && at[2] < at[3] && at[0] < at[4] && at[3] < at[4] && at[4] < at[5] && at[4] < at[6]) {
			t.Fatalf("seed %d: reports in the order %v", seed, order)
		}
	}
}

// A submission that takes a prefix never cuts a chain.
func TestPartialSubmitKeepsChains(t *testing.T) {
	for less := range 7 {
		k := kernel(script(map[backend.Site][]int{sim.SitePartial: {less}}), sim.Options{})
		ops := numbered(1, nop(0), nop(soft), nop(hard), nop(0), nop(soft), nop(0))
		if n := k.Submit(ops); n != 0 && n != 1 && n != 4 && n != 6 || n > 6-less {
			t.Errorf("with %d less, Submit took %d", less, n)
		}
	}
}
