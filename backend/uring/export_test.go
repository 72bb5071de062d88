//go:build linux

package uring

// Old returns the options as for a kernel before 6.13, which sends no messages to a ring.
func (o Options) Old() Options {
	o.noMessages = true
	return o
}

// IsOld reports whether Old made the options.
func (o Options) IsOld() bool { return o.noMessages }
