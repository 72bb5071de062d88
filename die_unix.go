//go:build unix

package tripoint

import (
	"os/signal"
	"syscall"
	"time"
)

// dieBy lets signal n have its default action, so that whoever waits for this process sees what killed it. It returns the status to
// exit with if that does not happen. The kernel spares the first process of a container; the Go runtime would then exit with 2, as
// after a panic. It also spares a process that was started with the signal ignored.
func dieBy(n int) int {
	sig, pid := syscall.Signal(n), syscall.Getpid()
	signal.Reset(sig)
	if pid != 1 && syscall.Kill(pid, sig) == nil {
		<-time.After(time.Second) // another thread may be the one that takes it
	}
	return exitSignal + n
}
