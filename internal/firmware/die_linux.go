package firmware

import (
	"os/exec"
	"syscall"
)

// dieWithParent lets QEMU end with this process, even if that is killed: without idle time it would keep a core busy for ever. The
// kernel watches the thread that starts QEMU. Go ends threads only with goroutines that are locked to them. In a process group of
// its own it does not end when a terminal interrupts this process, which may want to finish what it has begun.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
