package uring

// SetupError says why no ring could be made: what happened, what usually causes it, and what helps. It wraps the kernel's
// errno, so errors.Is(err, syscall.EPERM) works.
type SetupError struct {
	Err    error  // what the kernel returned
	Cause  string // what that means here
	Remedy string // what to do about it
}

// Error returns cause, remedy and errno in one line.
func (e *SetupError) Error() string {
	return "uring: io_uring is not available: " + e.Cause + " (" + e.Err.Error() + "): " + e.Remedy
}

// Unwrap returns the errno.
func (e *SetupError) Unwrap() error { return e.Err }
