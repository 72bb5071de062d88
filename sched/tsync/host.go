//go:build !tinygo

package tsync

// mourning is what the panic that PanicOnPoison asked for says.
func mourning(mutex string) string {
	return "tsync: NC8: a task ended while it was changing the data of mutex " + mutex
}
