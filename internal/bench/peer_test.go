package bench

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
)

// The executor as in production against goroutines on one thread: GOMAXPROCS is 1 for base, since one executor is one
// worker. With more, goroutines get slower at all of this: other threads must be woken.

func oneThread(b *testing.B) {
	before := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// Start a task and join it: one at a time, and a hundred together.
func BenchmarkSpawnJoin(b *testing.B) {
	for _, n := range []int{1, 100} {
		name := fmt.Sprintf("together=%d/impl=", n)
		b.Run(name+"base", func(b *testing.B) {
			oneThread(b)
			var wg sync.WaitGroup
			var m meter
			m.start(b)
			for done := 0; done < b.N; done += n {
				wg.Add(n)
				for range n {
					go wg.Done()
				}
				wg.Wait()
			}
			m.stop(0, "")
		})
		b.Run(name+"this", func(b *testing.B) { spawnJoin(b, n) })
	}
}

func spawnJoin(b *testing.B, n int) {
	ex := plain(b, n)
	handles := make([]*sched.Handle[int], n)
	body := func(*sched.Task) int { return 1 }
	round := func(t *sched.Task) {
		for i := range handles {
			handles[i] = sched.Spawn(t, "", body)
		}
		for _, h := range handles {
			if v, err := h.Join(t); v != 1 || err != nil {
				panic("bench: a task did not return its value")
			}
		}
	}
	play(b, ex, func(t *sched.Task) {
		round(t)
		var m meter
		m.start(b)
		for done := 0; done < b.N; done += n {
			round(t)
		}
		m.stop(0, "")
	})
}

// play runs body as the root of an executor.
func play(b *testing.B, ex *sched.Executor, body func(*sched.Task)) {
	_, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		body(t)
		return 0
	})
	if err != nil {
		b.Fatal(err)
	}
}

// Give way to the others and go on.
func BenchmarkYield(b *testing.B) {
	for _, n := range []int{2, 100} {
		for _, task := range []struct {
			name string
			body program
		}{{"straight", yieldStraight}, {"future", yieldFuture}} {
			name := fmt.Sprintf("task=%s/tasks=%d/impl=", task.name, n)
			b.Run(name+"base", func(b *testing.B) { gosched(b, n) })
			b.Run(name+"this", func(b *testing.B) {
				play(b, plain(b, n), func(t *sched.Task) {
					handles := task.body(t, n, &fuel{left: b.N})
					var m meter
					m.start(b)
					joinAll(t, handles)
					m.stop(0, "")
				})
			})
		}
	}
}

func gosched(b *testing.B, n int) {
	oneThread(b)
	f := &fuel{left: b.N}
	var wg sync.WaitGroup
	var m meter
	m.start(b)
	for range n {
		wg.Go(func() {
			for f.next() {
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	m.stop(0, "")
}

// Two tasks wake each other in turn; one operation is one wake and the poll that it leads to. The bases are two goroutines
// that hand a value back and forth on unbuffered channels, and two that call Gosched.
func BenchmarkWake(b *testing.B) {
	for _, task := range []struct {
		name string
		body func(*sched.Task, *fuel)
	}{{"straight", wakeStraight}, {"future", wakeFuture}} {
		for _, base := range []struct {
			name string
			body func(*testing.B)
		}{{"gosched", func(b *testing.B) { gosched(b, 2) }}, {"channel", pingPong}} {
			name := fmt.Sprintf("task=%s/against=%s/impl=", task.name, base.name)
			b.Run(name+"base", base.body)
			b.Run(name+"this", func(b *testing.B) {
				var m meter
				play(b, plain(b, 2), func(t *sched.Task) {
					task.body(t, &fuel{left: b.N})
					m.start(b)
				})
				m.stop(0, "")
			})
		}
	}
}

func pingPong(b *testing.B) {
	oneThread(b)
	ping, pong := make(chan struct{}), make(chan struct{})
	var m meter
	m.start(b)
	go func() {
		defer close(pong)
		for range ping {
			pong <- struct{}{}
		}
	}()
	for n := 0; n < b.N; n += 2 {
		ping <- struct{}{}
		<-pong
	}
	close(ping)
	<-pong
	m.stop(0, "")
}

// wakeFuture: each poll wakes the other task and waits.
func wakeFuture(t *sched.Task, f *fuel) {
	var task [2]*sched.Task
	for i := range task {
		task[i] = sched.SpawnFuture(t, "", func(*sched.Task) sched.Poll {
			more := f.next()
			task[1-i].Wake()
			if !more {
				return sched.Ready
			}
			return sched.Pending
		}).Task()
	}
}

// wakeStraight: each task parks on its own list and fires the other's.
func wakeStraight(t *sched.Task, f *fuel) {
	var list [2]sched.List
	for i := range list {
		sched.Spawn(t, "", func(t *sched.Task) int {
			for f.next() {
				if n := list[1-i].First(); n != nil {
					n.Fire(0)
				}
				if _, _, err := t.Park(&list[i], nil); err != nil {
					return 1
				}
			}
			if n := list[1-i].First(); n != nil {
				n.Fire(0)
			}
			return 0
		})
	}
}
