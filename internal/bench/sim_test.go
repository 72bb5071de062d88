package bench

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Operations of the simulated world through the whole stack: tasks in pairs that send 64 bytes through a pipe, and tasks
// that write, sync and read a file. One event is one operation from its submission to its result.
func BenchmarkRing(b *testing.B) {
	b.Run("ops=pipe/impl=this", func(b *testing.B) { ring(b, pipeOps) })
	b.Run("ops=file/impl=this", func(b *testing.B) { ring(b, fileOps) })
}

const ringTasks = 8

func ring(b *testing.B, body func(*testing.B, *world, *sched.Task, *fuel)) {
	w := newWorld(b, ringTasks, sim.Options{})
	w.reset()
	w.ex.Reset(w.opts)
	var m meter
	w.run(b, func(t *sched.Task) int {
		f := &fuel{left: b.N, tape: &w.tape, from: w.from}
		body(b, w, t, f)
		m.start(b)
		return 0
	})
	m.stop(int64(b.N), "events/s")
}

// do performs one operation and takes its fuel. False: it is time to end.
func do(b *testing.B, t *sched.Task, f *fuel, kind backend.OpKind, fd int32, buf []byte, off int64) bool {
	if !f.next() {
		return false
	}
	if _, err := t.Do(kind, fd, buf, off); err != nil {
		b.Error(err)
		return false
	}
	return true
}

func pipeOps(b *testing.B, w *world, t *sched.Task, f *fuel) {
	for range ringTasks / 2 {
		rx, tx := w.k.Pipe()
		sched.Spawn(t, "", func(t *sched.Task) int {
			buf := make([]byte, 64)
			for do(b, t, f, backend.OpWrite, tx, buf, -1) {
			}
			_, _ = t.Do(backend.OpClose, tx, nil, 0)
			return 0
		})
		sched.Spawn(t, "", func(t *sched.Task) int {
			buf := make([]byte, 64)
			for do(b, t, f, backend.OpRead, rx, buf, -1) {
			}
			// What is left in the pipe is read, so that the writer is not stuck.
			for {
				if n, err := t.Do(backend.OpRead, rx, buf, -1); n == 0 || err != nil {
					return 0
				}
			}
		})
	}
}

func fileOps(b *testing.B, w *world, t *sched.Task, f *fuel) {
	for i := range ringTasks {
		name := string(rune('a' + i))
		w.k.File(name, make([]byte, 4096))
		fd := w.k.OpenFile(name)
		sched.Spawn(t, "", func(t *sched.Task) int {
			buf := make([]byte, 512)
			for n := int64(0); ; n = (n + 1) % 8 {
				if !do(b, t, f, backend.OpWrite, fd, buf, n*512) ||
					!do(b, t, f, backend.OpFsync, fd, nil, 0) ||
					!do(b, t, f, backend.OpRead, fd, buf, n*512) {
					return 0
				}
			}
		})
	}
}

// Virtual time against processor time: ten tasks that sleep between 100 and 1,000 ms.
func BenchmarkTimers(b *testing.B) {
	b.Run("task=straight/impl=this", func(b *testing.B) {
		w := newWorld(b, 10, sim.Options{})
		var m meter
		var virtual vclock.Instant
		w.reset()
		w.ex.Reset(w.opts)
		w.run(b, func(t *sched.Task) int {
			f := &fuel{left: b.N, tape: &w.tape, from: w.from}
			for i := range 10 {
				sched.Spawn(t, "", func(t *sched.Task) int {
					for f.next() {
						_ = t.Sleep(vclock.Duration(i+1) * 100 * vclock.Millisecond)
					}
					virtual = max(virtual, t.Executor().Now())
					return 0
				})
			}
			m.start(b)
			return 0
		})
		m.stop(int64(virtual), "virtual-ns/s")
	})
}
