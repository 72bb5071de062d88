//go:build linux

package sched_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// These tests attack the pool of workers on the real kernel. Each of them was written for one suspicion: a wake that gets lost, a
// worker that dies, a task that keeps others waiting.

// ring makes a backend for a pool. It ends with the test.
func ring(t *testing.T, o uring.Options) *uring.Backend {
	t.Helper()
	o.Owned = strings.HasSuffix(t.Name(), "-owned")
	b, err := uring.New(o)
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

// pool makes an executor with workers on a backend of its own. Both end with the test.
func pool(t *testing.T, workers int) *sched.Executor {
	t.Helper()
	ex := sched.New(sched.Limits{}, sched.Options{Backend: ring(t, uring.Options{Lanes: workers, Lines: 2}), Workers: workers})
	t.Cleanup(ex.Close)
	return ex
}

// eachPool runs a test on pools of 1, 2 and 8 workers, with one processor and with two, and on a ring that belongs to its worker.
func eachPool(t *testing.T, body func(t *testing.T, workers int)) {
	for _, procs := range []int{1, 2} {
		for _, pool := range []string{"1", "1-owned", "2", "8"} {
			t.Run(fmt.Sprintf("procs=%d/workers=%s", procs, pool), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				body(t, int(pool[0]-'0'))
			})
		}
	}
}

// patience is how long a test waits for what must come. Only a failing one waits that long, and then nothing can be cleaned up.
const patience = 4 * time.Second

// within runs f in a goroutine and stops the test binary, with the stacks of all goroutines, if f does not return.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		go panic(t.Name() + ": " + what + " does not end") // elsewhere, lest clean-ups run, which would wait too
		<-done
	}
}

// pipe makes a pipe that ends with the test.
func pipe(t *testing.T) (r, w int32) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	return int32(fds[0]), int32(fds[1])
}

// An operation that a task has prepared reaches the kernel although the next task of the same worker keeps it busy, and all other
// workers are parked.
func TestWorkersBusyWorkerSubmits(t *testing.T) {
	for _, workers := range []int{1, 2} {
		ex := pool(t, workers)
		release := make(chan struct{})
		within(t, "the run", func() {
			_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
				var ready atomic.Int32
				a := sched.Spawn(task, "op", func(task *sched.Task) int {
					for ready.Load() == 0 {
						task.Yield()
					}
					task.Do(backend.OpNop, -1, nil, 0)
					close(release) // with one worker, too: somebody else reaps, and this body runs when the other one lets go
					return 0
				})
				sched.Spawn(task, "busy", func(task *sched.Task) int {
					ready.Store(1)
					task.Yield()
					if workers > 1 {
						<-release
					}
					return 0
				})
				a.Join(task)
				return 0
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// A body that ends its goroutine, as t.FailNow does, ends the run and not the worker.
func TestWorkersGoexit(t *testing.T) {
	eachPool(t, func(t *testing.T, workers int) {
		ex := pool(t, workers)
		within(t, "the run", func() {
			_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
				sched.Spawn(task, "quitter", func(*sched.Task) int { runtime.Goexit(); return 0 })
				return 0
			})
			var p *sched.PanicError
			if !errors.As(err, &p) || p.Name != "quitter" {
				t.Errorf("got %v, want a panic of the quitter", err)
			}
		})
	})
}

// A program whose goroutine is locked to its thread, as that of a user interface is, starts runs and tasks as any other.
func TestWorkersLockedCaller(t *testing.T) {
	ex := pool(t, 2)
	within(t, "the run", func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		inj := sched.NewInjector(ex)
		results := make(chan int, 1)
		sched.Inject(inj, "injected", func(task *sched.Task) int { task.Yield(); results <- 1; return 1 })
		_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
			task.Yield()
			inj.Close()
			return 0
		})
		if err != nil || <-results != 1 {
			t.Error(err)
		}
	})
}

// A programmer error in a call that takes the core is the panic of its task, not a deadlock.
func TestWorkersPanicInside(t *testing.T) {
	ex := pool(t, 2)
	within(t, "the run", func() {
		_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int { ex.PendLine(99); return 0 })
		if !errors.Is(err, sched.ErrPanic) {
			t.Errorf("got %v, want a panic", err)
		}
	})
}

// Main waits for the grace and no longer, also if a task that is never asked again holds its worker.
func TestWorkersGraceIsWatched(t *testing.T) {
	for round := range 30 {
		ex := sched.New(sched.Limits{}, sched.Options{Backend: ring(t, uring.Options{Lanes: 2}), Workers: 2, Grace: 5 * vclock.Millisecond})
		r, w := pipe(t)
		ended := make(chan struct{})
		within(t, fmt.Sprint("Main of round ", round), func() {
			_, err := sched.Main(ex, sched.DetachTasks, func(task *sched.Task) int {
				sched.SpawnWith(task, "busy", sched.SpawnOptions{Cleanup: true}, func(task *sched.Task) int {
					task.Do(backend.OpRead, r, make([]byte, 1), -1)
					<-ended
					return 0
				})
				task.Sleep(vclock.Millisecond)
				unix.Write(int(w), []byte{1})
				return 0
			})
			if err != nil {
				t.Error(err)
			}
		})
		close(ended)
		within(t, "Close", ex.Close)
	}
}

// In the second run on a backend the completion thread still helps a worker that is busy.
func TestWorkersRescueInEveryRun(t *testing.T) {
	b := ring(t, uring.Options{Lanes: 2})
	opts := sched.Options{Backend: b, Workers: 2}
	ex := sched.New(sched.Limits{}, opts)
	defer ex.Close()
	for range 3 {
		within(t, "the run", func() { rescued(t, ex) })
		ex.Reset(opts)
	}
}

// rescued runs a task that waits for a datum, and one that holds the worker on whose ring the datum comes until it is there.
func rescued(t *testing.T, ex *sched.Executor) {
	r, w := pipe(t)
	_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
		got := make(chan struct{})
		started := make(chan struct{}, 2)
		sched.Spawn(task, "reader", func(task *sched.Task) int {
			started <- struct{}{}
			task.Do(backend.OpRead, r, make([]byte, 1), -1)
			close(got)
			return 0
		})
		task.Sleep(vclock.Millisecond)
		// One of these holds the worker whose ring has the read; the other one ends when its turn comes.
		for range 1 {
			sched.Spawn(task, "holder", func(*sched.Task) int { unix.Write(int(w), []byte{1}); <-got; return 0 })
		}
		return 0
	})
	if err != nil {
		t.Error(err)
	}
}

// broken is a backend whose lanes fail in one call, as ours does if the kernel lost a completion.
type broken struct {
	*uring.Backend
	at string
}

func (b broken) Lane(i int) backend.Lane { return brokenLane{b.Backend.Lane(i), b.at} }

type brokenLane struct {
	backend.Lane
	at string
}

func (l brokenLane) Due() bool { return l.at == "Reap" || l.Lane.Due() }

func (l brokenLane) Reap(into []backend.Completion) int {
	if l.at == "Reap" {
		panic("Reap fails")
	}
	return l.Lane.Reap(into)
}

func (l brokenLane) Wait(until vclock.Instant) bool {
	if l.at == "Wait" {
		panic("Wait fails")
	}
	return l.Lane.Wait(until)
}

// A failure of the backend outside of the core ends the run with what it says; nobody goes on waiting for a lock.
func TestWorkersBackendFails(t *testing.T) {
	eachPool(t, func(t *testing.T, workers int) {
		for _, at := range []string{"Reap", "Wait"} {
			b := broken{ring(t, uring.Options{Lanes: workers}), at}
			ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: workers})
			within(t, at, func() {
				_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
					task.Sleep(vclock.Hour)
					return 0
				})
				var p *sched.PanicError
				if !errors.As(err, &p) || p.Value != at+" fails" {
					t.Errorf("got %v, want the panic of %s", err, at)
				}
				ex.Close()
			})
		}
	})
}

// counting is a backend that counts how often workers have waited, and how many do now.
type counting struct {
	*uring.Backend
	waits, waiting atomic.Int64
}

func (b *counting) Lane(i int) backend.Lane { return countingLane{b.Backend.Lane(i), b} }

type countingLane struct {
	backend.Lane
	b *counting
}

func (l countingLane) Wait(until vclock.Instant) bool {
	l.b.waits.Add(1)
	l.b.waiting.Add(1)
	defer l.b.waiting.Add(-1)
	return l.Lane.Wait(until)
}

// Workers that have nothing to do until a deadline sleep until then, and do not wake each other.
func TestWorkersIdle(t *testing.T) {
	eachPool(t, func(t *testing.T, workers int) {
		b := &counting{Backend: ring(t, uring.Options{Lanes: workers})}
		ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: workers})
		defer ex.Close()
		within(t, "the run", func() {
			_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
				sched.Spawn(task, "other", func(task *sched.Task) int { task.Sleep(70 * vclock.Millisecond); return 0 })
				task.Sleep(50 * vclock.Millisecond)
				return 0
			})
			if err != nil {
				t.Error(err)
			}
		})
		if n := b.waits.Load(); n > int64(20*workers) {
			t.Errorf("%d workers waited %d times for two deadlines, want a few times each", workers, n)
		}
	})
}

// Nor do they while one of them is busy that parked first and watched the deadline, which is far away.
func TestWorkersIdleBesideABusyOne(t *testing.T) {
	const workers = 3
	b := &counting{Backend: ring(t, uring.Options{Lanes: workers})}
	ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: workers})
	defer ex.Close()
	r, w := pipe(t)
	waits := int64(0)
	read := func(task *sched.Task) int {
		task.Do(backend.OpRead, r, make([]byte, 1), -1)
		before := b.waits.Load()
		for end := ex.Now().Add(4 * vclock.Millisecond); ex.Now() < end; {
			task.Yield()
		}
		waits += b.waits.Load() - before
		return 0
	}
	within(t, "the run", func() {
		_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
			sleeper := sched.Spawn(task, "sleeper", func(task *sched.Task) int { task.Sleep(vclock.Hour); return 0 })
			for range 20 {
				// One worker holds, and this one waits for it, so that the reader's is the first to park, and this one the last.
				var held, released atomic.Bool
				sched.Spawn(task, "holder", func(*sched.Task) int {
					held.Store(true)
					until(released.Load)
					return 0
				})
				until(held.Load)
				reader := sched.Spawn(task, "reader", read)
				until(func() bool { return b.InFlight() == 1 && b.waiting.Load() == 1 })
				released.Store(true)
				until(func() bool { return b.waiting.Load() == workers-1 })
				go func() {
					until(func() bool { return b.waiting.Load() == workers })
					unix.Write(int(w), []byte{1})
				}()
				reader.Join(task)
			}
			sleeper.Cancel(task)
			return 0
		})
		if err != nil {
			t.Error(err)
		}
	})
	if waits > 60 {
		t.Errorf("while one of %d workers was busy 20 times, the others waited %d times, want a few times each", workers, waits)
	}
}

// until holds its worker until something is so.
func until(so func() bool) {
	for !so() {
		runtime.Gosched()
	}
}
