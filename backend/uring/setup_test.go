//go:build linux

package uring

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// oldKernel returns a setup that knows only some flags and has the features given, and the list of what it was asked for.
func oldKernel(known, features uint32) (func(uint32) (uint32, error), *[]uint32) {
	var asked []uint32
	return func(flags uint32) (uint32, error) {
		asked = append(asked, flags)
		if flags&^known != 0 {
			return 0, unix.EINVAL
		}
		if flags&setupDeferTaskrun != 0 && flags&setupSingleIssuer == 0 ||
			flags&setupTaskrunFlag != 0 && flags&(setupCoopTaskrun|setupDeferTaskrun) == 0 {
			return 0, unix.EINVAL // what every kernel refuses
		}
		return features, nil
	}, &asked
}

func TestLadder(t *testing.T) {
	const owner = setupSubmitAll | setupSingleIssuer | setupDeferTaskrun | setupTaskrunFlag
	for _, c := range []struct {
		name               string
		known, want, takes uint32
	}{
		{"6.6", setupWanted, setupWanted, setupWanted},
		{"6.1", setupWanted &^ setupNoSQArray, setupWanted, setupWanted &^ setupNoSQArray},
		{"6.1 owner", setupWanted &^ setupNoSQArray, owner, owner},
		{"6.0 owner", setupSubmitAll | setupCoopTaskrun | setupTaskrunFlag | setupSingleIssuer, owner, setupSubmitAll | setupSingleIssuer},
		{"5.19", setupSubmitAll | setupCoopTaskrun | setupTaskrunFlag, setupWanted, setupSubmitAll | setupCoopTaskrun | setupTaskrunFlag},
		{"5.18", setupSubmitAll, setupWanted, setupSubmitAll},
		{"5.15", 0, setupWanted, 0},
		{"5.15 plain", 0, 0, 0},
	} {
		setup, asked := oldKernel(c.known, featExtArg)
		if err := climb(c.want, setup); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := (*asked)[len(*asked)-1]; got != c.takes {
			t.Errorf("%s: got flags %#x, want %#x", c.name, got, c.takes)
		}
		sorted := slices.Clone(*asked)
		slices.Sort(sorted)
		if len(slices.Compact(sorted)) != len(*asked) {
			t.Errorf("%s: flags tried twice: %#x", c.name, *asked)
		}
	}
}

func TestSetupWithoutExtArg(t *testing.T) {
	setup, _ := oldKernel(0, featSingleMmap)
	err := climb(setupWanted, setup)
	wantSetupError(t, err, unix.ENOSYS, "EXT_ARG", "5.11")
}

func TestSetupErrors(t *testing.T) {
	for _, errno := range []unix.Errno{unix.ENOSYS, unix.EPERM, unix.ENOMEM, unix.EMFILE, unix.ENFILE, unix.EINVAL, unix.EIO} {
		err := climb(setupWanted, func(uint32) (uint32, error) { return 0, errno })
		words := map[unix.Errno][]string{
			unix.ENOSYS: {"without io_uring", "CONFIG_IO_URING"},
			unix.EPERM:  {"seccomp"},
			unix.ENOMEM: {"locked memory", "ulimit -l"},
			unix.EMFILE: {"descriptors", "ulimit -n"},
			unix.ENFILE: {"open files", "fs.file-max"},
			unix.EINVAL: {"5.5", "5.11"},
			unix.EIO:    {"dmesg"},
		}[errno]
		wantSetupError(t, err, errno, words...)
	}
}

func TestSetupErrorOfPermission(t *testing.T) {
	for _, c := range []struct {
		disabled, group string
		words           []string
		not             string
	}{
		{"0", "-1", []string{"is 0", "seccomp", "Docker"}, "sysctl -w"},
		{"1", "1000", []string{"is 1", "CAP_SYS_ADMIN", "now 1000", "sysctl -w kernel.io_uring_disabled=0"}, "seccomp"},
		{"1", "", []string{"is 1", "now -1"}, "seccomp"},
		{"2", "-1", []string{"is 2", "nobody", "sysctl -w kernel.io_uring_disabled=0"}, "seccomp"},
		{"", "", []string{"seccomp", "sysctl -w kernel.io_uring_disabled=0"}, "is 0"}, // before Linux 6.6, or /proc is hidden
	} {
		proc := map[string]string{"/proc/sys/kernel/io_uring_disabled": c.disabled, "/proc/sys/kernel/io_uring_group": c.group}
		err := explain(unix.EPERM, func(name string) string { return proc[name] })
		wantSetupError(t, err, unix.EPERM, c.words...)
		if strings.Contains(err.Error(), c.not) {
			t.Errorf("with io_uring_disabled %q: got %q, which names %q", c.disabled, err, c.not)
		}
	}
}

// wantSetupError checks type, errno and text.
func wantSetupError(t *testing.T, err error, errno unix.Errno, words ...string) {
	t.Helper()
	var se *SetupError
	if !errors.As(err, &se) || !errors.Is(err, errno) {
		t.Fatalf("got %#v, want a *SetupError of %v", err, errno)
	}
	if se.Cause == "" || se.Remedy == "" {
		t.Errorf("%v: cause %q, remedy %q: want both", errno, se.Cause, se.Remedy)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v: got %q, want %q in it", errno, err, w)
		}
	}
}

// A real refusal: no descriptor is left.
func TestSetupWithoutDescriptors(t *testing.T) {
	var old unix.Rlimit
	must(t, "getrlimit", unix.Getrlimit(unix.RLIMIT_NOFILE, &old))
	low := old
	low.Cur = 0
	must(t, "setrlimit", unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	q, err := openQueue(queueParams{entries: 1})
	must(t, "setrlimit", unix.Setrlimit(unix.RLIMIT_NOFILE, &old))
	if err == nil {
		_ = q.close()
	}
	wantSetupError(t, err, unix.EMFILE, "ulimit -n")
}
