//go:build unix

package signals

import (
	"os/signal"
	"syscall"
	"time"
)

// Die lets sig have its default action, so that whoever waits for this process sees what killed it. It returns the status to exit
// with if that does not happen, 128 plus the number. The kernel spares the first process of a container; the Go runtime would then
// exit with 2, as after a panic. It also spares a process that was started with the signal ignored.
//
// It is for a process that ends: what follows the end of an executor with sched.ErrSignal. It blocks, so a task must not call it.
func Die(sig syscall.Signal) int {
	pid := syscall.Getpid()
	signal.Reset(sig)
	if pid != 1 && syscall.Kill(pid, sig) == nil {
		<-time.After(time.Second) // another thread may be the one that takes it
	}
	return exitSignal + int(sig)
}
