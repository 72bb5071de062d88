//go:build tinygo

package tsync

import "github.com/tripoint-go/tripoint/sched"

// threadLock does nothing on one worker.
type threadLock struct{}

func (*threadLock) Lock()   {}
func (*threadLock) Unlock() {}

// apply runs the section of a sync mutex that begin has opened.
func apply[T any](c *syncCore, t *sched.Task, f func(*T), v *T) {
	f(v)
	c.end(t)
}

// mend runs a repair, if there is one, and says how it went.
func mend[T any](c *lockCore, t *sched.Task, repair func(*T), data *T) {
	if repair != nil {
		repair(data)
	}
	c.mended(t, true)
}

// mourning is what the panic that PanicOnPoison asked for says: without a heap, no name can be added.
func mourning(string) string {
	return "tsync: NC8: a task ended while it was changing the data of a mutex"
}

// grow and shrink are for unbounded channels, which only hosts have.
func (c *Chan[T]) grow() bool { return false }

func (c *Chan[T]) shrink() {}
