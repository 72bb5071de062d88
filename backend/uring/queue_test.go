//go:build linux

package uring

import (
	"fmt"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/internal/require"
)

// newQueue opens a queue for a test and closes it after it. If the queue may have one submitter only, the test stays on this
// thread until then.
func newQueue(t testing.TB, p queueParams) *queue {
	t.Helper()
	if p.flags&setupSingleIssuer != 0 {
		runtime.LockOSThread()
		t.Cleanup(runtime.UnlockOSThread)
	}
	q, err := openQueue(p)
	if err != nil {
		require.Lacking(t, require.Uring, fmt.Errorf("openQueue(%+v): %w", p, err))
	}
	t.Cleanup(func() {
		if err := q.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return q
}

// mustGet returns an entry with the user data given.
func mustGet(t testing.TB, q *queue, userData uint64) *sqe {
	t.Helper()
	e := q.get()
	if e == nil {
		t.Fatalf("get: nil with %d of %d entries pending", q.pending(), q.sqEntries())
	}
	e.userData = userData
	return e
}

// nops queues NOPs with the user data from, from+1, ...
func nops(t testing.TB, q *queue, from, n int) {
	t.Helper()
	for i := range n {
		mustGet(t, q, uint64(from+i)).nop()
	}
}

// must fails the test on an error.
func must(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// reapAll returns everything that can be had without waiting.
func reapAll(t testing.TB, q *queue) []cqe {
	t.Helper()
	var all []cqe
	var some [3]cqe // smaller than what the tests post, so that the CQ wraps in the middle of a batch
	for {
		n := q.reap(some[:])
		all = append(all, some[:n]...)
		if n == 0 && !q.needsEnter() {
			return all
		}
		if n == 0 {
			must(t, "submitGet", q.submitGet())
		}
	}
}

// next waits for one completion.
func next(t testing.TB, q *queue) cqe {
	t.Helper()
	var c [1]cqe
	deadline := time.Now().Add(10 * time.Second)
	for q.reap(c[:]) == 0 {
		if err := q.wait(int64(time.Second)); err != nil && err != unix.EINTR && err != errTimeout {
			t.Fatalf("wait: %v", err)
		}
		if time.Now().After(deadline) {
			t.Fatal("no completion within 10s")
		}
	}
	return c[0]
}

// wantUserData compares the order of completions, all of which must be successes.
func wantUserData(t testing.TB, got []cqe, from, n int) {
	t.Helper()
	if len(got) != n {
		t.Fatalf("completions: got %d, want %d", len(got), n)
	}
	for i, c := range got {
		if c.userData != uint64(from+i) || c.res != 0 {
			t.Fatalf("completion %d: got %+v, want user data %d and result 0", i, c, from+i)
		}
	}
}

func TestNopRoundTrip(t *testing.T) {
	q := newQueue(t, queueParams{entries: 8})
	if got := q.sqEntries(); got != 8 {
		t.Errorf("sqEntries: got %d, want 8", got)
	}
	if q.features()&featExtArg == 0 {
		t.Errorf("features: got %#x, want EXT_ARG (%#x) in it", q.features(), featExtArg)
	}
	for round := range 20 { // wraps both rings
		nops(t, q, round*10, 5)
		if got, want := [2]int{q.pending(), q.space()}, [2]int{5, 3}; got != want {
			t.Fatalf("pending, space: got %d, want %d", got, want)
		}
		must(t, "submit", q.submit())
		if got, want := [2]int{q.pending(), q.space()}, [2]int{0, 8}; got != want {
			t.Fatalf("pending, space after submit: got %d, want %d", got, want)
		}
		if got := q.ready(); got != 5 {
			t.Fatalf("ready: got %d, want 5", got)
		}
		wantUserData(t, reapAll(t, q), round*10, 5)
	}
}

func TestWaitSubmits(t *testing.T) {
	q := newQueue(t, queueParams{entries: 8, flags: setupWanted})
	nops(t, q, 1, 3)
	must(t, "wait", q.wait(-1))
	if got := q.pending(); got != 0 {
		t.Errorf("pending after wait: got %d, want 0", got)
	}
	wantUserData(t, reapAll(t, q), 1, 3)
}

func TestWaitTimeout(t *testing.T) {
	q := newQueue(t, queueParams{entries: 8})
	for name, wait := range map[string]func(int64) error{"wait": q.wait, "waitOnly": q.waitOnly} {
		for _, ns := range []int64{0, 1, int64(5 * time.Millisecond)} {
			start := time.Now()
			err := wait(ns)
			for err == unix.EINTR {
				err = wait(ns)
			}
			if err != errTimeout {
				t.Errorf("%s(%d) on an empty ring: got %v, want %v", name, ns, err, errTimeout)
			}
			if d := time.Since(start); d < time.Duration(ns) {
				t.Errorf("%s(%d) returned after %v", name, ns, d)
			}
		}
	}
}

func TestFullQueueGivesNil(t *testing.T) {
	q := newQueue(t, queueParams{entries: 4})
	nops(t, q, 0, 4)
	if e := q.get(); e != nil {
		t.Fatalf("get on a full queue: got %+v, want nil", e)
	}
	must(t, "submit", q.submit())
	nops(t, q, 4, 4)
	must(t, "submit", q.submit())
	wantUserData(t, reapAll(t, q), 0, 8)
}

func TestProbe(t *testing.T) {
	q := newQueue(t, queueParams{entries: 4})
	set, err := probeOps(q)
	must(t, "probeOps", err)
	for _, op := range []uint8{opNop, opRead, opAsyncCancel} {
		if !set.has(op) {
			t.Errorf("opcode %d: missing, though every kernel with EXT_ARG has it", op)
		}
	}
	if set.has(255) {
		t.Error("opcode 255: present, though no kernel has it")
	}
}

func TestReadWriteFixed(t *testing.T) {
	q := newQueue(t, queueParams{entries: 4})
	var p [2]int
	must(t, "pipe", unix.Pipe2(p[:], unix.O_CLOEXEC))
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	out, in := []byte("through"), make([]byte, 16)
	must(t, "registerBuffers", registerBuffers(q, [][]byte{in, out}))
	mustGet(t, q, 1).writeFixed(int32(p[1]), unsafe.Pointer(&out[0]), uint32(len(out)), 0, 1)
	if c := next(t, q); c.res != int32(len(out)) {
		t.Fatalf("writeFixed: got %d, want %d", c.res, len(out))
	}
	mustGet(t, q, 2).readFixed(int32(p[0]), unsafe.Pointer(&in[0]), uint32(len(in)), 0, 0)
	if c := next(t, q); c.res != int32(len(out)) || string(in[:len(out)]) != string(out) {
		t.Fatalf("readFixed: got %d %q, want %d %q", c.res, in, len(out), out)
	}
	must(t, "unregisterBuffers", unregisterBuffers(q))
}

// Many completions in a small CQ: all arrive, in order.
func TestOverflow(t *testing.T) {
	for _, flags := range []uint32{0, setupWanted} {
		q := newQueue(t, queueParams{entries: 2, cqEntries: 4, flags: flags})
		if q.cqEntries() != 4 {
			t.Fatalf("cqEntries: got %d, want 4", q.cqEntries())
		}
		for i := 0; i < 100; i += 2 {
			nops(t, q, i, 2)
			must(t, "submit", q.submit())
		}
		if !q.overflow() || !q.needsEnter() {
			t.Errorf("overflow, needsEnter with 100 completions: got %t, %t, want true", q.overflow(), q.needsEnter())
		}
		wantUserData(t, reapAll(t, q), 0, 100)
		if q.overflow() || q.needsEnter() || q.ready() != 0 {
			t.Errorf("overflow, needsEnter, ready afterwards: got %t, %t, %d", q.overflow(), q.needsEnter(), q.ready())
		}
	}
}

// One thread sleeps in waitOnly and reaps while another one gets and submits.
func TestWaitOnlyBesideSubmit(t *testing.T) {
	const total = 20_000
	q := newQueue(t, queueParams{entries: 16, cqEntries: 32})
	done := make(chan []cqe)
	go func() {
		var got []cqe
		var some [8]cqe
		for len(got) < total {
			n := q.reap(some[:])
			got = append(got, some[:n]...)
			if n > 0 {
				continue
			}
			if err := q.waitOnly(int64(10 * time.Second)); err != nil && err != unix.EINTR {
				t.Errorf("waitOnly: %v after %d completions", err, len(got))
				break
			}
		}
		done <- got
	}()
	for i := 0; i < total; {
		n := min(1+i%16, total-i)
		nops(t, q, i, n)
		must(t, "submit", q.submit())
		i += n
	}
	wantUserData(t, <-done, 0, total)
}

func TestSyncCancel(t *testing.T) {
	q := newQueue(t, queueParams{entries: 8})
	rd, _ := socketPair(t)
	for i := range 3 {
		mustGet(t, q, uint64(i)).pollAdd(rd, unix.POLLIN)
	}
	must(t, "submit", q.submit())
	if n, err := syncCancel(q, 1, -1, 0, int64(time.Second)); n != 0 || err != nil {
		t.Errorf("syncCancel of 1: got %d, %v, want 0", n, err)
	}
	if c := next(t, q); c.userData != 1 || c.res != -int32(unix.ECANCELED) {
		t.Errorf("completion: got %+v, want user data 1 cancelled", c)
	}
	if _, err := syncCancel(q, 1, -1, 0, -1); err != unix.ENOENT {
		t.Errorf("syncCancel of 1 again: got %v, want ENOENT", err)
	}
	if n, err := syncCancel(q, 0, rd, cancelFD|cancelAll, -1); n != 2 || err != nil {
		t.Errorf("syncCancel of what works on the socket: got %d, %v, want 2", n, err)
	}
	for range 2 {
		if c := next(t, q); c.res != -int32(unix.ECANCELED) {
			t.Errorf("completion: got %+v, want it cancelled", c)
		}
	}
}
