//go:build linux

package uring

import (
	"errors"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// opcodeSet is a set of opcodes.
type opcodeSet [4]uint64

// has tells whether op is in the set.
func (s *opcodeSet) has(op uint8) bool { return s[op>>6]&(1<<(op&63)) != 0 }

// add puts op into the set.
func (s *opcodeSet) add(op uint8) { s[op>>6] |= 1 << (op & 63) }

// probeOps asks the kernel which operations it knows. Flags and multishot forms are not part of the answer. The error is an
// errno; io_uring restricted by a sandbox may refuse the question.
func probeOps(q *queue) (opcodeSet, error) {
	var set opcodeSet
	reply := new(probeReply)
	if err := registerAll(q, registerProbeOp, unsafe.Pointer(reply), uint32(len(reply.ops))); err != nil {
		return set, err
	}
	for _, op := range reply.ops[:min(int(reply.opsLen), len(reply.ops))] {
		if op.flags&probeOpSupported != 0 {
			set.add(op.op)
		}
	}
	return set, nil
}

// rungs are the setup flags in the order in which a kernel that refuses them is likely to miss them: the newest first.
func rungs() [5]uint32 {
	return [5]uint32{setupNoSQArray, setupDeferTaskrun, setupSingleIssuer, setupCoopTaskrun, setupSubmitAll}
}

// climb tries sets of setup flags, from the wanted one down, until try takes one. try returns the feature bits, or the errno
// of setup. The result is a *SetupError, also when the kernel took the flags and lacks a feature that we cannot do without;
// the caller then closes what try made.
func climb(flags uint32, try func(flags uint32) (uint32, error)) error {
	ladder := rungs()
	for i := 0; ; i++ {
		features, err := try(flags)
		if err == nil {
			if features&featExtArg == 0 {
				return &SetupError{Err: unix.ENOSYS, Cause: "this kernel has no timeout in io_uring_enter (EXT_ARG)",
					Remedy: "use Linux 5.11 or later, 6.1 for full function"}
			}
			return nil
		}
		for err == unix.EINVAL && i < len(ladder) && flags&ladder[i] == 0 {
			i++
		}
		if err != unix.EINVAL || i == len(ladder) {
			return explain(err, procFile)
		}
		flags = lower(flags &^ ladder[i])
	}
}

// lower drops flags that make no sense without those that were dropped before them.
func lower(flags uint32) uint32 {
	if flags&setupSingleIssuer == 0 {
		flags &^= setupDeferTaskrun
	}
	if flags&(setupDeferTaskrun|setupCoopTaskrun) == 0 {
		flags &^= setupTaskrunFlag
	}
	return flags
}

// procFile reads a file of /proc as one line, "" if it cannot.
func procFile(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// explain turns the errno of setup into cause and remedy. read returns the content of a file of /proc, or "".
func explain(err error, read func(name string) string) *SetupError {
	e := &SetupError{Err: err}
	switch {
	case errors.Is(err, unix.ENOSYS):
		e.Cause = "the kernel was built without io_uring, or a sandbox (gVisor, some container runtimes) hides it"
		e.Remedy = "use a kernel with CONFIG_IO_URING=y, or run outside the sandbox"
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		e.Cause, e.Remedy = explainPermission(read("/proc/sys/kernel/io_uring_disabled"), read("/proc/sys/kernel/io_uring_group"))
	case errors.Is(err, unix.ENOMEM):
		e.Cause = "not enough memory, or, before Linux 5.12, the limit on locked memory"
		e.Remedy = "use smaller rings, or raise the limit: ulimit -l (LimitMEMLOCK= in a systemd unit)"
	case errors.Is(err, unix.EMFILE):
		e.Cause = "the process has as many descriptors as it may have"
		e.Remedy = "raise the limit: ulimit -n (LimitNOFILE= in a systemd unit)"
	case errors.Is(err, unix.ENFILE):
		e.Cause = "the system has as many open files as it may have"
		e.Remedy = "raise the limit: sysctl -w fs.file-max=..."
	case errors.Is(err, unix.EINVAL):
		e.Cause = "the kernel refuses the ring even without any flag of ours; CQSIZE needs Linux 5.5"
		e.Remedy = "use Linux 5.11 or later, 6.1 for full function"
	default:
		e.Cause = "io_uring_setup failed in a way that it is not known to fail"
		e.Remedy = "look into the kernel log (dmesg), and report this line"
	}
	return e
}

// explainPermission tells the two causes of EPERM apart by the sysctl, which Linux 6.6 introduced.
func explainPermission(disabled, group string) (cause, remedy string) {
	const seccomp = "allow io_uring_setup, io_uring_enter and io_uring_register in the seccomp profile " +
		"(Docker: --security-opt seccomp=profile.json, or seccomp=unconfined for a try; Kubernetes: securityContext.seccompProfile)"
	const sysctl = "sysctl -w kernel.io_uring_disabled=0"
	switch disabled {
	case "2":
		return "the sysctl kernel.io_uring_disabled is 2: nobody may make a ring", sysctl
	case "1":
		if group == "" {
			group = "-1"
		}
		return "the sysctl kernel.io_uring_disabled is 1: only CAP_SYS_ADMIN and the group in kernel.io_uring_group (now " + group +
			") may make a ring", sysctl + ", or run as a member of that group"
	case "0":
		return "the sysctl kernel.io_uring_disabled is 0, so a seccomp profile blocks io_uring, as those of Docker and containerd do",
			seccomp
	default:
		return "a seccomp profile blocks io_uring, as those of Docker and containerd do, or the sysctl kernel.io_uring_disabled does",
			seccomp + "; " + sysctl
	}
}
