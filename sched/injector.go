//go:build !tinygo

package sched

// Injector spawns and wakes tasks from other goroutines. While one is open, an executor that has nothing to do waits for it
// instead of calling itself stalled. It needs an executor with workers. Its methods may be called from any goroutine, but not from
// inside the core; a task has no need of it.
//
// It is for the run that its executor is prepared for or in: after Reset or Close there is nothing left of it.
type Injector struct {
	ex     *Executor
	pool   *workers
	closed bool // inside
}

// NewInjector opens an injector, before the run or during it, and allocates it. On an executor without workers it is a programmer error.
func NewInjector(ex *Executor) *Injector {
	if ex.host.workers == nil {
		panic("sched: an injector needs Options.Workers")
	}
	ex.Lock()
	ex.host.workers.sources++
	ex.Unlock()
	return &Injector{ex: ex, pool: ex.host.workers}
}

// Close says that nothing more comes; idempotent. Without it, a run that waits for all its tasks may wait for ever.
func (i *Injector) Close() {
	i.pool.mu.Lock()
	if !i.closed {
		i.closed = true
		i.pool.sources--
		if w := i.pool.choose(); w != nil { // somebody has to see whether anything is left to wait for
			w.be.Unpark()
		}
	}
	i.pool.mu.Unlock()
}

// Wake makes sure that a task is polled at least once more, if it is live. It allocates nothing, and works after Close, too.
func (i *Injector) Wake(id TaskID) {
	i.ex.Lock()
	i.ex.WakeOutside(id)
	i.ex.Unlock()
}

// Inject starts a task, outside of all tasks. After the root has ended or the injector was closed, the handle says ErrClosed (SD10), and
// ErrTasksFull if the task table, which bounds what can be injected, is full. It allocates the handle. The handle is for
// tasks: a goroutine that wants the result lets the body send it to a channel with room for it.
func Inject[T any](i *Injector, name string, body func(*Task) T) *Handle[T] {
	h := &Handle[T]{}
	i.ex.Lock()
	if i.closed {
		h.err = ErrClosed
	} else {
		spawnOutside(i.ex, h, name, body)
	}
	i.ex.Unlock()
	return h
}
