//go:build !tinygo

package portable

// Set is memory for programs. Sets share nothing. Its zero value is ready for use.
type Set struct{}

// fresh returns a new program.
func fresh[T any](*Set) *T { return new(T) }
