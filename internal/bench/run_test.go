package bench

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/sched"
)

// Whole runs of 6 tasks and about 20 steps: the root starts 5 tasks that yield twice each, and joins them. Each run has its
// own seed, and its fingerprint is taken.
func BenchmarkRun(b *testing.B) {
	b.Run("task=straight/monitors=off/impl=this", func(b *testing.B) { wholeRuns(b, rootStraight, false) })
	b.Run("task=future/monitors=off/impl=this", func(b *testing.B) { wholeRuns(b, rootFuture, false) })
	b.Run("task=straight/monitors=on/impl=this", func(b *testing.B) { wholeRuns(b, rootStraight, true) })
}

func wholeRuns(b *testing.B, root func(*sched.Task) int, monitors bool) {
	w := newWorld(b, 6, sim.Options{})
	var steps int64
	var sum uint64
	var m meter
	judged := spec.Options{Simulated: true, Complete: true}
	var checker *spec.Checker
	if monitors {
		checker = spec.New(judged)
		w.sink = trace.NewTee(&w.hash, checker)
	}
	m.start(b)
	for range b.N {
		if monitors {
			checker.Reset(judged)
		}
		w.reset()
		w.ex.Reset(w.opts)
		w.run(b, root)
		steps += w.ex.Steps()
		sum ^= w.hash.Sum()
		if monitors {
			if found := checker.Finish(); len(found) > 0 {
				b.Fatal(found[0].ID, found[0].Text)
			}
		}
	}
	m.stop(int64(b.N), "runs/s")
	if b.N > 1 && sum == 0 {
		b.Fatal("the fingerprints do not depend on the seed")
	}
	b.ReportMetric(float64(steps)/float64(b.N), "steps/run")
}

func yieldTwice(t *sched.Task) int {
	_ = t.Yield()
	_ = t.Yield()
	return 0
}

func rootStraight(t *sched.Task) int {
	var handles [5]*sched.Handle[int]
	for i := range handles {
		handles[i] = sched.Spawn(t, "worker", yieldTwice)
	}
	for _, h := range handles {
		if _, err := h.Join(t); err != nil {
			return 1
		}
	}
	return 0
}

func rootFuture(t *sched.Task) int {
	var handles [5]*sched.JoinHandle
	var polls [5]int
	for i := range handles {
		handles[i] = sched.SpawnFuture(t, "worker", func(t *sched.Task) sched.Poll {
			polls[i]++
			if polls[i] > 2 {
				return sched.Ready
			}
			t.YieldNow()
			return sched.Pending
		})
	}
	for _, h := range handles {
		if err := sched.Await(t, h); err != nil {
			return 1
		}
	}
	return 0
}

// What the trace costs, per step: 100 tasks that yield. base runs without a trace, this with one. That a build without any
// trace code would be faster than a nil trace cannot be measured: there is no such build.
func BenchmarkTrace(b *testing.B) {
	for _, task := range []struct {
		name string
		body program
	}{{"task=straight", yieldStraight}, {"task=future", yieldFuture}} {
		for _, sink := range []struct {
			name string
			make func(*world) backend.Sink
		}{
			{"sink=hash", func(w *world) backend.Sink { return &w.hash }},
			{"sink=hash+recorder", func(w *world) backend.Sink {
				return trace.NewTee(&w.hash, trace.NewRecorder(10_000, trace.KeepLast))
			}},
		} {
			b.Run(task.name+"/"+sink.name+"/impl=base", func(b *testing.B) { traced(b, task.body, nil) })
			b.Run(task.name+"/"+sink.name+"/impl=this", func(b *testing.B) { traced(b, task.body, sink.make) })
		}
	}
}

func traced(b *testing.B, body program, sink func(*world) backend.Sink) {
	const tasks = 100
	w := newWorld(b, tasks, sim.Options{})
	if sink != nil {
		w.sink = sink(w)
	}
	w.reset()
	if sink == nil {
		w.k.Reset(backend.Draws{Chooser: &w.tape})
		w.opts.Trace = nil
	}
	w.ex.Reset(w.opts)
	var m meter
	w.run(b, func(t *sched.Task) int {
		handles := body(t, tasks, &fuel{left: b.N, tape: &w.tape, from: w.from})
		m.start(b)
		return joinAll(t, handles)
	})
	m.stop(int64(b.N), "steps/s")
}
