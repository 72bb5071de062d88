package tsync

import "github.com/tripoint-go/tripoint/sched"

// Cell is a variable that tasks share without a lock. Every load and store is a scheduling point, so that with several
// simulated lanes another task may act in between: the way to show that code needs a lock, or does not. On one lane it is a
// plain variable. Call Init before use.
type Cell[T any] struct {
	id int64
	v  T
}

// Init gives the cell its executor and value.
func (c *Cell[T]) Init(ex *sched.Executor, v T) { *c = Cell[T]{id: ex.NewID(), v: v} }

// Load returns the value. t is the calling task.
func (c *Cell[T]) Load(t *sched.Task) T {
	t.Point(c.id)
	return c.v
}

// Store sets the value. t is the calling task.
func (c *Cell[T]) Store(t *sched.Task, v T) {
	t.Point(c.id)
	c.v = v
}
