package tsync

import "github.com/tripoint-go/tripoint/sched"

// Cell is a variable that tasks share without a lock. Every load and store is a scheduling point, so that with several
// simulated lanes another task may act in between: the way to show that code needs a lock, or does not. On one lane it is a
// plain variable, with several workers each load and store is whole by itself. Call Init before use.
type Cell[T any] struct {
	id int64
	v  T
}

// Init gives the cell its executor and value.
func (c *Cell[T]) Init(ex *sched.Executor, v T) {
	ex.Lock()
	*c = Cell[T]{id: ex.NewID(), v: v}
	ex.Unlock()
}

// Load returns the value. t is the calling task.
func (c *Cell[T]) Load(t *sched.Task) T {
	t.Point(c.id)
	in := t.Enter()
	v := c.v
	t.Leave(in)
	return v
}

// Store sets the value. t is the calling task.
func (c *Cell[T]) Store(t *sched.Task, v T) {
	t.Point(c.id)
	in := t.Enter()
	c.v = v
	t.Leave(in)
}
