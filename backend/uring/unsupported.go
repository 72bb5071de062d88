//go:build !linux

package uring

import (
	"errors"
	"runtime"

	"github.com/tripoint-go/tripoint/backend"
)

// Backend is the kernel's io_uring. It exists on Linux only.
type Backend struct{ backend.Parallel }

// New returns an error: this system has no io_uring.
func New(Options) (*Backend, error) {
	return nil, &SetupError{
		Err: errors.ErrUnsupported, Cause: runtime.GOOS + " has no io_uring", Remedy: "use the simulator here, or run on Linux 6.1 or later",
	}
}

// Close does nothing.
func (b *Backend) Close() error { return nil }
