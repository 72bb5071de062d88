//go:build linux

package sched_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// waitFor is a future that is Ready once somebody has set it: the wake may come at any moment between its polls.
type waitFor struct {
	id  atomic.Uint64
	set atomic.Bool
}

func (w *waitFor) Poll(t *sched.Task) sched.Poll {
	w.id.Store(uint64(t.ID()))
	if w.set.Load() {
		return sched.Ready
	}
	t.SetBlocker(nil)
	return sched.Pending
}

func (w *waitFor) Abandon(*sched.Task) {}

// Wakes from goroutines meet workers that are about to park, are parked, and are just getting up.
func TestWorkersNoWakeIsLost(t *testing.T) {
	eachPool(t, func(t *testing.T, workers int) {
		ex := pool(t, workers)
		inj := sched.NewInjector(ex)
		const rounds = 400
		within(t, "the run", func() {
			_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
				var waits [3][rounds]waitFor
				for k := range waits {
					go func() {
						for i := range waits[k] {
							w := &waits[k][i]
							for w.id.Load() == 0 {
								runtime.Gosched()
							}
							w.set.Store(true)
							inj.Wake(sched.TaskID(w.id.Load()))
							if i%7 == 0 {
								runtime.Gosched()
							}
						}
					}()
					sched.Spawn(task, "waiter", func(task *sched.Task) int {
						for i := range waits[k] {
							if err := sched.Await(task, &waits[k][i]); err != nil {
								t.Error(err)
							}
						}
						return 0
					})
				}
				return 0
			})
			if err != nil {
				t.Error(err)
			}
		})
		inj.Close()
	})
}

// Goroutines inject tasks, which sleep for times so short that a deadline is often earlier than that of every parked worker.
func TestWorkersInjectedSleepers(t *testing.T) {
	eachPool(t, func(t *testing.T, workers int) {
		ex := pool(t, workers)
		inj := sched.NewInjector(ex)
		const each, goroutines = 150, 3
		var slept atomic.Int64
		within(t, "the run", func() {
			_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
				var injectors sync.WaitGroup
				for range goroutines {
					injectors.Go(func() {
						for i := range each {
							sched.Inject(inj, "sleeper", func(task *sched.Task) int {
								task.Sleep(vclock.Duration(i%5) * 30 * vclock.Microsecond)
								slept.Add(1)
								return 0
							})
							runtime.Gosched()
						}
					})
				}
				done := make(chan struct{})
				go func() { injectors.Wait(); close(done) }()
				for open := true; open; {
					select {
					case <-done:
						open = false
					default:
						task.Sleep(100 * vclock.Microsecond)
					}
				}
				inj.Close()
				return 0
			})
			if err != nil {
				t.Error(err)
			}
		})
		if got := slept.Load(); got != each*goroutines {
			t.Errorf("%d tasks have slept, want %d", got, each*goroutines)
		}
	})
}

// More tasks than slots, more slots than entries: every operation is done, and each byte arrives once.
func TestWorkersMoreOpsThanSlots(t *testing.T) {
	eachPool(t, func(t *testing.T, workers int) {
		b := ring(t, uring.Options{Lanes: workers, Entries: 1, CQ: 1, Ops: 8})
		ex := sched.New(sched.Limits{Ops: 8}, sched.Options{Backend: b, Workers: workers})
		defer debug.SetGCPercent(debug.SetGCPercent(1)) // buffers that only an operation knows must survive
		const tasks = 60
		var sum atomic.Int64
		within(t, "the run", func() {
			_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
				for i := range tasks {
					r, w := pipe(t)
					sched.Spawn(task, "writer", func(task *sched.Task) int {
						for k := range 5 {
							if n, err := task.Do(backend.OpWrite, w, []byte{byte(i + k)}, -1); n != 1 || err != nil {
								t.Errorf("write: %d, %v", n, err)
							}
						}
						return 0
					}).Join(task)
					sched.Spawn(task, "reader", func(task *sched.Task) int {
						for range 5 {
							buf := make([]byte, 1)
							if n, err := task.Do(backend.OpRead, r, buf, -1); n != 1 || err != nil {
								t.Errorf("read: %d, %v", n, err)
							}
							sum.Add(int64(buf[0]))
						}
						return 0
					})
				}
				return 0
			})
			if err != nil {
				t.Error(err)
			}
			ex.Close()
		})
		if got, want := sum.Load(), int64(5*tasks*(tasks-1)/2+10*tasks); got != want {
			t.Errorf("the bytes add up to %d, want %d", got, want)
		}
	})
}

// A panic anywhere ends the run with that task's name, although other tasks have operations in flight, are parked or are busy, and
// the backend can be closed.
func TestWorkersPanics(t *testing.T) {
	eachPool(t, func(t *testing.T, workers int) {
		for name, body := range map[string]func(task *sched.Task){
			"body": func(*sched.Task) { panic("on purpose") },
			"poll": func(task *sched.Task) {
				sched.SpawnFuture(task, "bad", func(*sched.Task) sched.Poll { panic("on purpose") })
			},
			"await":  func(task *sched.Task) { sched.Await(task, panicking{}) },
			"defer":  func(task *sched.Task) { defer panic("on purpose"); task.Sleep(1) },
			"inside": func(task *sched.Task) { task.Executor().PendLine(99) },
		} {
			b := ring(t, uring.Options{Lanes: workers})
			ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: workers})
			r, _ := pipe(t)
			within(t, name, func() {
				_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
					for range 6 {
						sched.Spawn(task, "reader", func(task *sched.Task) int {
							defer task.Sleep(vclock.Second) // an await of a run that is over does not wait
							task.Do(backend.OpRead, r, make([]byte, 10), -1)
							return 0
						})
						sched.Spawn(task, "sleeper", func(task *sched.Task) int { task.Sleep(vclock.Hour); return 0 })
						sched.Spawn(task, "busy", func(task *sched.Task) int {
							for task.Yield() == nil {
							}
							return 0
						})
					}
					sched.Spawn(task, "bad", func(task *sched.Task) int { task.Yield(); body(task); return 0 })
					return 0
				})
				var p *sched.PanicError
				if !errors.As(err, &p) || p.Name != "bad" {
					t.Errorf("%s: got %v, want the panic of task bad", name, err)
				}
				ex.Close()
			})
		}
	})
}

type panicking struct{}

func (panicking) Poll(*sched.Task) sched.Poll { panic("on purpose") }
func (panicking) Abandon(*sched.Task)         {}

// Run returns when its root has ended, and the workers go on with what is left; Close waits for that.
func TestWorkersDetached(t *testing.T) {
	eachPool(t, func(t *testing.T, workers int) {
		b := ring(t, uring.Options{Lanes: workers})
		ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: workers})
		r, w := pipe(t)
		var ended atomic.Int32
		within(t, "Run", func() {
			_, err := sched.Run(ex, sched.DetachTasks, func(task *sched.Task) int {
				for range 5 {
					sched.Spawn(task, "left", func(task *sched.Task) int {
						task.Sleep(vclock.Millisecond)
						task.Do(backend.OpRead, r, make([]byte, 1), -1)
						ended.Add(1)
						return 0
					})
				}
				return 0
			})
			if err != nil {
				t.Error(err)
			}
		})
		if n := ended.Load(); n != 0 {
			t.Errorf("%d tasks had ended, and nobody had written", n)
		}
		unix.Write(int(w), make([]byte, 5))
		within(t, "Close", ex.Close)
		if n := ended.Load(); n != 5 {
			t.Errorf("%d tasks have ended, want 5", n)
		}
	})
}

// A stop reaches tasks in every state, on workers that are parked and on those that are not, again and again in the same storage.
func TestWorkersStopAndReset(t *testing.T) {
	eachPool(t, func(t *testing.T, workers int) {
		b := ring(t, uring.Options{Lanes: workers, Lines: 1, Entries: 4})
		opts := sched.Options{Backend: b, Workers: workers}
		ex := sched.New(sched.Limits{Ops: 8}, opts)
		r, _ := pipe(t)
		for round := range 20 {
			within(t, fmt.Sprint("round ", round), func() {
				_, err := sched.Run(ex, sched.StopAllOperations, func(task *sched.Task) int {
					for i := range 20 { // more readers than slots
						sched.Spawn(task, "reader", func(task *sched.Task) int {
							if i%2 == 0 {
								task.Yield()
							}
							for task.Ending() || i%3 != 0 {
								if _, err := task.Do(backend.OpRead, r, make([]byte, 1), -1); err != nil {
									break
								}
							}
							return 0
						})
					}
					sched.Spawn(task, "line", func(task *sched.Task) int { task.WaitIRQ(0); return 0 })
					sched.Spawn(task, "sleeper", func(task *sched.Task) int { task.Sleep(vclock.Hour); return 0 })
					if round%2 == 0 {
						task.Sleep(300 * vclock.Microsecond) // all are parked
					}
					return 0
				})
				if err != nil {
					t.Error(err)
				}
				ex.Reset(opts)
			})
			if n := b.InFlight(); n != 0 {
				t.Fatalf("round %d: %d operations are in flight after the run", round, n)
			}
		}
		within(t, "Close", ex.Close)
	})
}

// A signal is taken although the worker of the lane that reports it is busy, and although all are parked.
func TestWorkersSignal(t *testing.T) {
	for _, workers := range []int{1, 2} {
		for _, busy := range []bool{false, true} {
			t.Run(fmt.Sprintf("workers=%d/busy=%v", workers, busy), func(t *testing.T) {
				b := ring(t, uring.Options{Lanes: workers})
				ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: workers})
				b.SignalEnable(true)
				defer b.SignalEnable(false)
				within(t, "Main", func() {
					_, err := sched.Main(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
						var k sched.Token
						if err := ex.RootScope().Take(&k, task); err != nil {
							t.Error(err)
						}
						if busy {
							for range workers - 1 {
								sched.Spawn(task, "busy", func(*sched.Task) int {
									for !ex.RootScope().IsCancelled() {
										runtime.Gosched()
									}
									return 0
								})
							}
							task.Sleep(vclock.Millisecond)
						}
						unix.Kill(os.Getpid(), unix.SIGTERM)
						for busy && !ex.RootScope().IsCancelled() {
							runtime.Gosched()
						}
						for !ex.RootScope().IsCancelled() {
							task.Sleep(vclock.Millisecond)
						}
						return 0
					})
					if err != nil {
						t.Error(err)
					}
					ex.Close()
				})
			})
		}
	}
}

// Main freezes what is left: bodies in the middle of an operation, outside and queued. Closing executor and backend ends all.
func TestWorkersFrozen(t *testing.T) {
	eachPool(t, func(t *testing.T, workers int) {
		for round := range 10 {
			b := ring(t, uring.Options{Lanes: workers})
			ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: workers, Grace: vclock.Millisecond})
			r, w := pipe(t)
			var unwound atomic.Int32
			within(t, "Main", func() {
				_, err := sched.Main(ex, sched.DetachTasks, func(task *sched.Task) int {
					for i := range 8 {
						sched.Spawn(task, "left", func(task *sched.Task) int {
							defer unwound.Add(1)
							for {
								if i%2 == 0 {
									task.Do(backend.OpRead, r, make([]byte, 100), -1)
								} else {
									task.Sleep(20 * vclock.Microsecond)
								}
							}
						})
					}
					for i := range round {
						unix.Write(int(w), make([]byte, i))
						task.Sleep(30 * vclock.Microsecond)
					}
					return 0
				})
				if err != nil {
					t.Error(err)
				}
				ex.Close()
			})
			if n := unwound.Load(); n != 8 && round > 0 {
				t.Errorf("round %d: the deferred calls of %d tasks ran, want 8", round, n)
			}
		}
	})
}
