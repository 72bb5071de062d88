//go:build unix

package tripoint

import (
	"os/signal"
	"syscall"
	"time"
)

// dieBy lets signal n have its default action, so that whoever waits for this process sees what killed it. It returns the status to
// exit with if that does not happen: the kernel spares the first process of a container, and one that was started with the signal
// ignored.
func dieBy(n int) int {
	sig := syscall.Signal(n)
	signal.Reset(sig)
	if syscall.Kill(syscall.Getpid(), sig) == nil {
		<-time.After(time.Second) // another thread may be the one that takes it
	}
	return exitSignal + n
}
