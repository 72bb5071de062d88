//go:build linux && !giouring

package uring

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/internal/require"
)

// What giouring cannot do: see queue in queue_giouring.go.

func TestCQSize(t *testing.T) {
	if q := newQueue(t, queueParams{entries: 8}); q.cqEntries() != 32 {
		t.Errorf("cqEntries by default: got %d, want 32", q.cqEntries())
	}
	if q := newQueue(t, queueParams{entries: 8, cqEntries: 9}); q.cqEntries() != 16 {
		t.Errorf("cqEntries for 9: got %d, want 16", q.cqEntries())
	}
	if q := newQueue(t, queueParams{entries: ringEntriesMax}); q.cqEntries() != 2*ringEntriesMax {
		t.Errorf("cqEntries of the largest ring: got %d, want %d", q.cqEntries(), 2*ringEntriesMax)
	}
}

// A place that any operation used before gives the same 64 bytes as a fresh one.
func TestSlotReuse(t *testing.T) {
	q := newQueue(t, queueParams{entries: 1})
	mem := make([]uint64, 64)
	a := argSets(mem)[1] // all bits set
	for _, first := range encoders() {
		for _, second := range encoders() {
			e := mustGet(t, q, 1)
			first.encode(e, &a)
			if got := q.rollback(1); got != 1 {
				t.Fatalf("rollback: got %d, want 1", got)
			}
			var fresh sqe
			second.encode(&fresh, &a)
			e = mustGet(t, q, 0)
			second.encode(e, &a)
			if *e != fresh {
				t.Fatalf("%s after %s: got %+v, want %+v", second.name, first.name, *e, fresh)
			}
			q.rollback(1)
		}
	}
	runtime.KeepAlive(mem)
}

// An enter fails with k entries published, and the last r of them are taken back: those never complete, and all others do.
func TestRollbackAfterFailedEnter(t *testing.T) {
	for _, flags := range []uint32{0, setupWanted} {
		q := newQueue(t, queueParams{entries: 4, flags: flags})
		user := 0
		for k := 1; k <= 4; k++ {
			for r := 0; r <= k; r++ {
				nops(t, q, user, k)
				for _, err := range []error{failedEnter(q), failedEnter(q)} {
					if err != unix.EINVAL || q.pending() != k {
						t.Fatalf("failed enter: got %v with %d pending, want EINVAL with %d", err, q.pending(), k)
					}
				}
				if got := q.rollback(r); got != r || q.pending() != k-r || q.space() != 4-k+r {
					t.Fatalf("rollback(%d) of %d: got %d, pending %d, space %d", r, k, got, q.pending(), q.space())
				}
				if got := atomic.LoadUint32(q.sqTail); got != q.tail {
					t.Fatalf("rollback(%d) of %d: the kernel sees a tail of %d, want %d", r, k, got, q.tail)
				}
				must(t, "submit", q.submit())
				wantUserData(t, reapAll(t, q), user, k-r)
				user += 10
			}
		}
		if got := q.rollback(4); got != 0 {
			t.Errorf("rollback of consumed entries: got %d, want 0", got)
		}
	}
}

// failedEnter publishes everything and enters in a way that the kernel refuses.
func failedEnter(q *queue) error { return q.enterSubmit(1 << 31) }

// An entry that the kernel refuses does not keep the rest of the batch, at any place and with and without SUBMIT_ALL.
func TestBadEntryInBatch(t *testing.T) {
	for _, flags := range []uint32{0, setupSubmitAll} {
		q := newQueue(t, queueParams{entries: 4, flags: flags})
		for bad := range 4 {
			for i := range 4 {
				e := mustGet(t, q, uint64(i))
				e.nop()
				if i == bad {
					e.opcode = 255
				}
			}
			must(t, "submit", q.submit())
			if q.pending() != 0 {
				t.Fatalf("pending: got %d, want 0", q.pending())
			}
			for _, c := range reapAll(t, q) {
				want := int32(0)
				if c.userData == uint64(bad) {
					want = -int32(unix.EINVAL)
				}
				if c.res != want {
					t.Errorf("entry %d of a batch whose entry %d is bad: got %d, want %d", c.userData, bad, c.res, want)
				}
			}
		}
	}
}

// With DEFER_TASKRUN a completion is invisible until the owner enters with GETEVENTS, and the TASKRUN flag says that it is
// time to.
func TestDeferTaskrun(t *testing.T) {
	const flags = setupSingleIssuer | setupDeferTaskrun | setupTaskrunFlag
	q := newQueue(t, queueParams{entries: 8, flags: flags})
	if q.setupFlags() != flags {
		require.Lacking(t, require.Uring, fmt.Sprintf("needs Linux 6.1: setup took flags %#x of %#x", q.setupFlags(), flags))
	}
	var p [2]int
	must(t, "pipe", unix.Pipe2(p[:], unix.O_CLOEXEC))
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	mustGet(t, q, 1).pollAdd(int32(p[0]), unix.POLLIN)
	must(t, "submit", q.submit())
	if q.ready() != 0 || q.needsEnter() {
		t.Fatalf("before the event: ready %d, needsEnter %t, want 0, false", q.ready(), q.needsEnter())
	}
	_, err := unix.Write(p[1], []byte{1})
	must(t, "write", err)
	if q.ready() != 0 || !q.needsEnter() {
		t.Fatalf("after the event: ready %d, needsEnter %t, want 0, true", q.ready(), q.needsEnter())
	}
	must(t, "submitGet", q.submitGet())
	if q.ready() != 1 || q.needsEnter() {
		t.Fatalf("after submitGet: ready %d, needsEnter %t, want 1, false", q.ready(), q.needsEnter())
	}

	other := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: certainly a different thread
		other <- q.waitOnly(0)
	}()
	if err := <-other; err != unix.EEXIST {
		t.Errorf("waitOnly of another thread: got %v, want EEXIST", err)
	}
}

func TestCloseTwicePanics(t *testing.T) {
	q, err := openQueue(queueParams{entries: 1})
	must(t, "openQueue", err)
	must(t, "close", q.close())
	defer func() {
		if recover() == nil {
			t.Error("close of a closed queue: no panic")
		}
	}()
	_ = q.close()
}

// A submission that is handed over in portions does not cut a chain in two.
func TestPortionsKeepChainsWhole(t *testing.T) {
	for first := handMax - 6; first <= handMax; first++ {
		q := newQueue(t, queueParams{entries: 4 * handMax, flags: setupSubmitAll})
		for i := range 3 * handMax {
			e := mustGet(t, q, uint64(i))
			e.nop()
			if i == first {
				e.opcode = opWrong
			}
			if i >= first && i < first+4 {
				e.link()
			}
		}
		must(t, "submit", q.submit())
		for _, c := range reapAll(t, q) {
			want := int32(0)
			switch at := int(c.userData); {
			case at == first:
				want = -int32(unix.EINVAL)
			case at > first && at <= first+4:
				want = -int32(unix.ECANCELED)
			}
			if c.res != want {
				t.Errorf("with a chain from %d on, entry %d gave %d, want %d", first, c.userData, c.res, want)
			}
		}
	}
}
