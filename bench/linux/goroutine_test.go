//go:build linux

package main

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// What the micro benchmarks of the other runtimes do, with goroutines. Names end in impl=goroutine.

// Start a task and join it: one at a time, and a hundred together.
func BenchmarkSpawnJoin(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("together=%d/impl=goroutine", n), func(b *testing.B) {
			procs(b, 1)
			var wg sync.WaitGroup
			m := startMeter()
			for done := 0; done < b.N; done += n {
				wg.Add(n)
				for range n {
					go wg.Done()
				}
				wg.Wait()
			}
			reportCPU(b, m)
		})
		taskSpawnJoin(b, n)
	}
}

// Give way to the others and go on.
func BenchmarkYield(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("tasks=%d/impl=goroutine", n), func(b *testing.B) {
			procs(b, 1)
			var wg sync.WaitGroup
			m := startMeter()
			for i := range n {
				share := (b.N + i) / n
				wg.Go(func() {
					for range share {
						runtime.Gosched()
					}
				})
			}
			wg.Wait()
			reportCPU(b, m)
		})
		taskYield(b, n)
	}
}

// Two goroutines hand a value back and forth; one operation is one wake and the run that it leads to. On one processor
// (same), on two as the scheduler likes (free), and each on a thread of its own, so that every wake crosses (cross).
func BenchmarkWake(b *testing.B) {
	for _, where := range []struct {
		name   string
		procs  int
		locked bool
	}{{"same", 1, false}, {"free", 2, false}, {"cross", 2, true}} {
		b.Run("where="+where.name+"/impl=goroutine", func(b *testing.B) {
			procs(b, where.procs)
			pingPong(b, where.locked)
		})
		if !where.locked {
			taskWake(b, where.name, where.procs)
		}
	}
}

func pingPong(b *testing.B, locked bool) {
	lock := func() {
		if locked {
			runtime.LockOSThread()
		}
	}
	lock()
	if locked {
		defer runtime.UnlockOSThread()
	}
	ping, pong := make(chan struct{}), make(chan struct{})
	go func() {
		lock() // its thread ends with it
		defer close(pong)
		for range ping {
			pong <- struct{}{}
		}
	}()
	m := startMeter()
	b.ResetTimer()
	for n := 0; n < b.N; n += 2 {
		ping <- struct{}{}
		<-pong
	}
	close(ping)
	<-pong
	reportCPU(b, m)
}

func procs(b *testing.B, n int) {
	before := runtime.GOMAXPROCS(n)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
	b.ResetTimer()
}

func reportCPU(b *testing.B, m meter) {
	b.ReportMetric(float64(cpuNs()-m.cpu)/float64(b.N), "cpu-ns/op")
}
