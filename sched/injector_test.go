//go:build linux

package sched_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Goroutines spawn and wake tasks; what one of them spawns starts in its order where one worker polls.
func TestInjector(t *testing.T) {
	eachPool(t, func(t *testing.T, workers int) {
		const goroutines, each = 4, 25
		ex := pool(t, workers)
		inj := sched.NewInjector(ex)
		var mu sync.Mutex
		var started [goroutines][]int
		var ended atomic.Int32
		within(t, "the run", func() {
			_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
				for g := range goroutines {
					go func() {
						for i := range each {
							h := sched.Inject(inj, "injected", func(task *sched.Task) int {
								mu.Lock()
								started[g] = append(started[g], i)
								mu.Unlock()
								task.Sleep(vclock.Hour) // until it is cancelled
								return 0
							})
							id := h.ID()
							sched.Inject(inj, "canceller", func(task *sched.Task) int {
								inj.Wake(id)
								h.Cancel(task)
								inj.Wake(id) // it has ended
								if ended.Add(1) == goroutines*each {
									inj.Close()
									inj.Close()
								}
								return 0
							})
						}
					}()
				}
				for ended.Load() < goroutines*each { // a root that has ended lets nobody in
					task.Yield()
				}
				return 0
			})
			if err != nil || ended.Load() != goroutines*each {
				t.Errorf("got %v and %d tasks, want %d", err, ended.Load(), goroutines*each)
			}
		})
		for g := range started {
			for i, n := range started[g] {
				if workers == 1 && i > 0 && n < started[g][i-1] {
					t.Errorf("goroutine %d: task %d starts after task %d", g, n, started[g][i-1])
				}
			}
		}
	})
}

// An injection is refused with a value when the root has ended, when the injector is closed, and when the table, which bounds what can be
// injected, is full.
func TestInjectorRefuses(t *testing.T) {
	ex := sched.New(sched.Limits{Tasks: 3}, sched.Options{Backend: ring(t, uring.Options{Lanes: 2}), Workers: 2})
	t.Cleanup(ex.Close)
	inject := func(i *sched.Injector) (*sched.Handle[int], error) {
		h := sched.Inject(i, "injected", func(task *sched.Task) int { task.Sleep(vclock.Hour); return 0 })
		return h, h.Err()
	}
	within(t, "the run", func() {
		late := sched.NewInjector(ex)
		var afterRoot error
		_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
			inj := sched.NewInjector(ex)
			results := make(chan error)
			var a, b *sched.Handle[int]
			go func() {
				var err error
				a, err = inject(inj)
				results <- err
				b, err = inject(inj)
				results <- err
				_, err = inject(inj)
				results <- err
				inj.Close()
				_, err = inject(inj)
				results <- err
			}()
			for i, want := range []error{nil, nil, sched.ErrTasksFull, sched.ErrClosed} {
				if got := <-results; got != want {
					t.Errorf("injection %d: got %v, want %v", i, got, want)
				}
			}
			a.Cancel(task)
			b.Cancel(task)
			sched.Spawn(task, "waits for the root's end", func(task *sched.Task) int {
				for !task.Executor().RootEnded() {
					task.Yield()
				}
				done := make(chan bool)
				go func() {
					_, afterRoot = inject(late)
					close(done)
				}()
				<-done
				late.Close()
				return 0
			})
			return 0
		})
		if err != nil || afterRoot != sched.ErrClosed {
			t.Errorf("got %v, and %v after the root has ended, want ErrClosed", err, afterRoot)
		}
	})
}
