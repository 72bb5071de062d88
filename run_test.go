//go:build linux

package tripoint

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// modes are all of them, the waiting ones first.
func modes() []sched.Mode {
	return []sched.Mode{sched.WaitForAllTasks, sched.StopAllOperations, sched.DetachTasks}
}

// pipe returns the two ends of a pipe, for tasks. Whoever takes an end closes it.
func pipe(t *testing.T) (r, w int32) {
	t.Helper()
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	return int32(fds[0]), int32(fds[1])
}

// do performs some I/O: bytes through a pipe, between two tasks.
func do(t *sched.Task, r, w int32) error {
	h := sched.Spawn(t, "writer", func(t *sched.Task) error {
		s := aio.NewStream(t, w)
		if _, err := s.WriteAll(t, []byte("abc")); err != nil {
			return err
		}
		return s.Close(t)
	})
	s := aio.NewStream(t, r)
	var buf [3]byte
	if _, err := s.ReadFull(t, buf[:]); err != nil {
		return err
	}
	if string(buf[:]) != "abc" {
		return errors.New("got other bytes: " + string(buf[:]))
	}
	if err, joined := h.Join(t); err != nil || joined != nil {
		return errors.Join(err, joined)
	}
	return s.Close(t)
}

func TestRunReturnsTheRootsValue(t *testing.T) {
	needRing(t)
	for _, m := range modes() {
		for _, workers := range []int{1, 3} {
			r, w := pipe(t)
			got, err := Run(Options{Mode: m, Workers: workers}, func(t *sched.Task) string {
				if err := do(t, r, w); err != nil {
					return err.Error()
				}
				t.Sleep(vclock.Millisecond)
				return "done"
			})
			if got != "done" || err != nil {
				t.Errorf("mode %d, %d workers: got %q and %v, want done and no error", m, workers, got, err)
			}
		}
	}
}

// SD9: WaitForAllTasks lets the tasks end by themselves, with their I/O.
func TestRunWaitsForAllTasks(t *testing.T) {
	needRing(t)
	r, w := pipe(t)
	var ended error = errors.New("not ended")
	_, err := Run(Options{Mode: sched.WaitForAllTasks}, func(t *sched.Task) int {
		sched.Spawn(t, "left", func(t *sched.Task) int {
			for !t.Executor().RootEnded() {
				t.Yield()
			}
			ended = do(t, r, w)
			return 0
		})
		return 0
	})
	if err != nil || ended != nil {
		t.Errorf("got %v, and the task %v, want no errors", err, ended)
	}
}

// SD9: StopAllOperations ends what waits for I/O, whatever it waits for.
func TestRunStopsAllOperations(t *testing.T) {
	needRing(t)
	r, w := pipe(t)
	defer syscall.Close(int(w))
	const tasks = 3
	var errs [tasks]error
	_, err := Run(Options{Mode: sched.StopAllOperations, Lines: 1}, func(t *sched.Task) int {
		sched.Spawn(t, "reads", func(t *sched.Task) int {
			_, errs[0] = aio.NewStream(t, r).Read(t, make([]byte, 1))
			return 0
		})
		sched.Spawn(t, "sleeps", func(t *sched.Task) int {
			errs[1] = t.Sleep(hour)
			return 0
		})
		sched.Spawn(t, "waits for a line", func(t *sched.Task) int {
			errs[2] = t.WaitIRQ(0)
			return 0
		})
		t.Sleep(vclock.Millisecond)
		return 0
	})
	if err != nil {
		t.Error(err)
	}
	for i, err := range errs {
		if !errors.Is(err, sched.ErrCancelled) && err != backend.ECANCELED {
			t.Errorf("task %d: got %v, want cancelled", i, err)
		}
	}
}

// DetachTasks: Run returns although a task is left, which goes on, and everything is given back when that has ended.
func TestRunDetaches(t *testing.T) {
	needRing(t)
	before := descriptors(t)
	r, w := pipe(t)
	result, closed := make(chan error, 1), make(chan error, 1)
	got, err := Run(Options{closed: closed}, func(t *sched.Task) int {
		sched.Spawn(t, "left", func(t *sched.Task) int {
			_, err := aio.NewStream(t, r).Read(t, make([]byte, 1))
			result <- err
			return 0
		})
		return 8
	})
	if got != 8 || err != nil {
		t.Errorf("got %d and %v, want 8 and no error", got, err)
	}
	select {
	case err := <-result:
		t.Errorf("the task ended before anybody wrote: %v", err)
	default:
	}
	if _, err := syscall.Write(int(w), []byte("x")); err != nil {
		t.Fatal(err)
	}
	syscall.Close(int(w))
	if err := <-result; err != nil {
		t.Errorf("the task that is left: got %v, want no error", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("closing: %v", err)
	}
	if after := descriptors(t); after != before {
		t.Errorf("got %d descriptors at the end, want %d as at the start", after, before)
	}
}

// stopper is a trace's reader that has seen enough when it is told so.
type stopper struct{ enough atomic.Bool }

func (s *stopper) Events([]backend.Event) bool { return !s.enough.Load() }
func (s *stopper) Name(int64, string)          {}

// A failure of tasks that Run has left is nobody's to take, so the log has it.
func TestFailureAfterRunReturnedIsLogged(t *testing.T) {
	needRing(t)
	r, w := pipe(t)
	defer syscall.Close(int(r))
	closed, log := make(chan error, 1), make(chan string, 1)
	var reader stopper
	o := Options{closed: closed, Trace: new(backend.Trace), Log: toChannel(log)}
	o.Trace.Init(make([]backend.Event, 2), &reader)
	_, err := Run(o, func(t *sched.Task) int {
		sched.Spawn(t, "left", func(t *sched.Task) int {
			aio.NewStream(t, r).Read(t, make([]byte, 1))
			reader.enough.Store(true)
			for {
				t.Yield()
			}
		})
		return 0
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.Write(int(w), []byte("x")); err != nil {
		t.Fatal(err)
	}
	syscall.Close(int(w))
	if err := <-closed; err != nil {
		t.Errorf("closing: %v", err)
	}
	if got := <-log; !strings.Contains(got, sched.ErrStopped.Error()) {
		t.Errorf("got log %q, want %q in it", got, sched.ErrStopped)
	}
}

// toChannel is a writer.
type toChannel chan string

func (c toChannel) Write(p []byte) (int, error) {
	c <- string(p)
	return len(p), nil
}

func TestRunReturnsAPanic(t *testing.T) {
	needRing(t)
	for _, m := range modes() {
		unwound := false
		_, err := Run(Options{Mode: m}, func(t *sched.Task) int {
			sched.Spawn(t, "bystander", func(t *sched.Task) int {
				defer func() { unwound = true }()
				t.Sleep(hour)
				return 0
			})
			t.Yield()
			sched.Spawn(t, "culprit", func(t *sched.Task) int { panic("boom") })
			t.Sleep(hour)
			return 0
		})
		var p *sched.PanicError
		if !errors.As(err, &p) || p.Name != "culprit" || p.Value != "boom" || !strings.Contains(string(p.Stack), "run_test.go") {
			t.Errorf("mode %d: got %v, want the panic of culprit", m, err)
		}
		if !unwound {
			t.Errorf("mode %d: the other task's deferred call did not run", m)
		}
	}
}

func TestRunReturnsAStall(t *testing.T) {
	needRing(t)
	for _, m := range modes()[:2] {
		_, err := Run(Options{Mode: m}, func(t *sched.Task) int {
			sched.Spawn(t, "stuck", func(t *sched.Task) error { return never(t) })
			return 0
		})
		var u *UnfinishedError
		if !errors.Is(err, sched.ErrStalled) || !errors.As(err, &u) || len(u.Tasks) != 1 || u.Tasks[0].Name != "stuck" ||
			!strings.HasPrefix(u.Tasks[0].Waits, "trigger") {
			t.Errorf("mode %d: got %v, want stalled, with the task and what it waits for", m, err)
		}
	}
}

// SD1: executors do not affect each other.
func TestRunsAreIndependent(t *testing.T) {
	needRing(t)
	const runs = 4
	var all sync.WaitGroup
	fired := make([]bool, runs)
	var errs [runs]error
	triggered := make(chan struct{})
	for i := range runs {
		all.Go(func() {
			r, w := pipe(t)
			_, errs[i] = Run(Options{Mode: sched.WaitForAllTasks, Workers: 2}, func(t *sched.Task) int {
				if i == 0 {
					t.Executor().RootScope().Trigger()
					close(triggered)
				}
				k := token(t)
				<-triggered // other executors, so no task of this one could do it
				fired[i] = k.IsCancelled()
				if err := do(t, r, w); err != nil {
					panic(err)
				}
				return 0
			})
		})
	}
	all.Wait()
	for i := range runs {
		if errs[i] != nil || fired[i] != (i == 0) {
			t.Errorf("run %d: got fired %t and %v, want fired %t and no error", i, fired[i], errs[i], i == 0)
		}
	}
}

// A trigger belongs to one run: the next one starts afresh.
func TestRunAgain(t *testing.T) {
	needRing(t)
	for range 3 {
		fired, err := Run(Options{Mode: sched.WaitForAllTasks}, func(t *sched.Task) bool {
			k, scope := token(t), t.Executor().RootScope()
			before := k.IsCancelled()
			scope.Trigger()
			return before || !k.IsCancelled()
		})
		if fired || err != nil {
			t.Errorf("got fired %t and %v, want a fresh scope", fired, err)
		}
	}
}

// A backend that was handed in is used and left open.
func TestRunWithBackend(t *testing.T) {
	needRing(t)
	be, err := uring.New(uring.Options{Lanes: 2, Ops: 64, Lines: 1})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r, w := pipe(t)
		_, err := Run(Options{Backend: be, Workers: 2, Ops: 64, Mode: sched.WaitForAllTasks}, func(t *sched.Task) int {
			if t.Executor().Backend() != backend.Backend(be) {
				panic("another backend")
			}
			if err := do(t, r, w); err != nil {
				panic(err)
			}
			return 0
		})
		if err != nil {
			t.Error(err)
		}
	}
	func() {
		defer func() {
			if got := fmt.Sprint(recover()); got != "tripoint: Options.Backend has a lane for each worker" {
				t.Errorf("with more workers than lanes: got panic %q", got)
			}
		}()
		Run(Options{Backend: be, Workers: 3}, func(*sched.Task) int { return 0 })
	}()
	if err := be.Close(); err != nil {
		t.Error(err)
	}
}

// What a run took is given back in the modes that wait, and after a failure: descriptors, goroutines, threads.
func TestRunLeaksNothing(t *testing.T) {
	needRing(t)
	const workers, runs = 3, 12
	once := func(i int) {
		r, w := pipe(t)
		_, err := Run(Options{Mode: modes()[i%2], Workers: workers, Lines: 2}, func(t *sched.Task) int {
			for range 5 {
				sched.Spawn(t, "sleeper", func(t *sched.Task) error { return t.Sleep(vclock.Millisecond) })
			}
			if err := do(t, r, w); err != nil {
				panic(err)
			}
			if i%4 >= 2 {
				panic("on purpose")
			}
			return 0
		})
		if (err != nil) != (i%4 >= 2) {
			t.Errorf("run %d: %v", i, err)
		}
	}
	for i := range 4 {
		once(i) // the runtime keeps threads for later
	}
	fds, goroutines, threads := descriptors(t), runtime.NumGoroutine(), tasksOfProcess(t)
	for i := range runs {
		once(i)
		if got := descriptors(t); got != fds {
			t.Fatalf("run %d: got %d descriptors, want %d as before", i, got, fds)
		}
	}
	// A goroutine that said it is done may still be on its way out: those of one run, at most.
	if got, most := runtime.NumGoroutine(), goroutines+workers+1; got > most {
		t.Errorf("got %d goroutines after %d runs, want at most %d", got, runs, most)
	}
	if got, most := tasksOfProcess(t), threads+runs/2; got > most {
		t.Errorf("got %d threads after %d runs, want at most %d", got, runs, most)
	}
}

// descriptors counts what this process has open, without what the Go runtime opens now and then to count processors.
func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range list {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && !strings.HasPrefix(to, "/sys/") && !strings.HasPrefix(to, "/proc/") {
			n++
		}
	}
	return n
}

// tasksOfProcess counts its threads.
func tasksOfProcess(t *testing.T) int { return entries(t, "/proc/self/task") }

func entries(t *testing.T, dir string) int {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
