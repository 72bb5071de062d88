//go:build !unix

package signals

import "syscall"

// Die returns the status that stands for a death by sig, 128 plus the number: there is no default action to take here.
func Die(sig syscall.Signal) int { return exitSignal + int(sig) }
