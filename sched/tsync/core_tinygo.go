//go:build tinygo

package tsync

// mourning is what the panic that PanicOnPoison asked for says: without a heap, no name can be added.
func mourning(string) string {
	return "tsync: NC8: a task ended while it was changing the data of a mutex"
}

// grow and shrink are for unbounded channels, which only hosts have.
func (c *Chan[T]) grow() bool { return false }

func (c *Chan[T]) shrink() {}
