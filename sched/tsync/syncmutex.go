package tsync

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// SyncMutex protects a T that is worked on within one poll only. There is no guard, so it cannot be held across an await (MU7):
// no cancel comes in between, nothing is poisoned, and nobody waits for a task that waits. It suits counters, caches and
// tables. Whatever is longer than some microseconds, or has to wait inside, takes a [Mutex].
//
// It is for bodies and polls of tasks, also while they are being torn down; not for release functions, hooks and handlers. On
// cortexm a section runs with interrupts masked, as every poll does, so a handler never finds the data half changed. With one
// worker, it costs two stores; with several, a section keeps other workers out, and their threads wait, so it has to be short,
// and whoever takes two inside each other takes them in the same order everywhere.
//
// Call Init before use; a SyncMutex must not be copied. Nothing allocates.
type SyncMutex[T any] struct {
	core syncCore
	data T
}

// syncCore is the part that does not depend on the data.
type syncCore struct {
	ex    *sched.Executor
	id    int64
	owner atomic.Pointer[sched.Task]
	mu    threadLock
}

// Init gives the mutex its executor and the initial data.
func (m *SyncMutex[T]) Init(ex *sched.Executor, data T) {
	ex.Lock()
	m.core.ex, m.core.id = ex, ex.NewID()
	ex.Unlock()
	m.data = data
}

// Apply calls f with the data. t is the calling task. f must not await: that is a programmer error which panics, as is another
// Apply or Read of the same mutex in f. It may use other mutexes, and send and receive where nothing waits.
func (m *SyncMutex[T]) Apply(t *sched.Task, f func(*T)) {
	m.core.begin(t)
	apply(&m.core, t, f, &m.data)
}

// Read returns a copy of the data. t is the calling task.
func (m *SyncMutex[T]) Read(t *sched.Task) T {
	m.core.begin(t)
	v := m.data
	m.core.end(t)
	return v
}

// ID returns the mutex's id in the trace.
func (m *SyncMutex[T]) ID() int64 { return m.core.id }

// begin opens the section. The events lie inside of it, and say that it must be over when the poll is.
func (c *syncCore) begin(t *sched.Task) {
	switch {
	case c.ex == nil:
		panic("tsync: MU7: a sync mutex is used before its Init")
	case c.owner.Load() == t:
		panic("tsync: MU7: a section of a sync mutex applies or reads the same mutex again")
	}
	t.Point(c.id)
	c.mu.Lock()
	c.owner.Store(t)
	t.BeginSection()
	c.emit(backend.EvAcquire, t, backend.LockExclusive, 1)
}

func (c *syncCore) end(t *sched.Task) {
	c.emit(backend.EvRelease, t, 0, 0)
	t.EndSection()
	c.owner.Store(nil)
	c.mu.Unlock()
}

func (c *syncCore) emit(kind backend.EventKind, t *sched.Task, a, b int64) {
	if backend.Tracing && c.ex.Trace() != nil {
		in := t.Enter()
		c.ex.Trace().Emit(kind, c.id, int64(t.ID()), a, b, 0)
		t.Leave(in)
	}
}
