//go:build linux

package uring

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/require"
)

// These tests do to a process what would harm the one that runs the tests: each runs itself again as a child.

const childVariable = "TRIPOINT_URING_CHILD"

// isChild reports whether this process is the child, which then does its part. Otherwise the test starts one.
func isChild() bool { return os.Getenv(childVariable) != "" }

// child prepares a process that runs this test only, as the child.
func child(t *testing.T) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=20s")
	cmd.Env = append(os.Environ(), childVariable+"=1")
	return cmd
}

// runChild runs the child, and fails the test with what it said if it fails.
func runChild(t *testing.T) {
	t.Helper()
	out, err := child(t).CombinedOutput()
	switch {
	case err != nil:
		t.Errorf("the child: %v\n%s", err, out)
	case bytes.Contains(out, []byte("--- SKIP")):
		require.Lacking(t, require.Uring, string(out))
	}
}

// At the limit of descriptors an accept fails, and the connection stays until there is room.
func TestAcceptAtTheLimit(t *testing.T) {
	if !isChild() {
		runChild(t)
		return
	}
	b := begin(t, Options{})
	d := newDesk(t, b, 0, 4)
	fd, at := listener(t)
	for range 3 {
		dial(t, at)
	}
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	free, err := unix.Dup(int(fd))
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(free)
	limit := func(n int) {
		if err := syscall.Setrlimit(unix.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(n), Max: old.Max}); err != nil {
			t.Fatal(err)
		}
	}
	limit(free)
	wantRes(t, "accept without room", d.do(&backend.Op{Kind: backend.OpAccept, FD: fd}), backend.EMFILE)
	wantRes(t, "socket without room",
		d.do(&backend.Op{Kind: backend.OpSocket, Arg: backend.AFUnix, Off: backend.SockStream}), backend.EMFILE)
	limit(free + 1) // one, then none
	id := d.add(&backend.Op{Kind: backend.OpAccept, FD: fd, Flags: backend.FlagMultishot})
	wantRes(t, "the second connection", d.done(id).Res, backend.EMFILE)
	if all := d.got[id]; len(all) != 2 || all[0].Res < 0 || !all[0].More {
		t.Fatalf("got %+v, want a descriptor and then EMFILE", all)
	}
	limit(free + 3)
	for i := range 2 {
		if got := d.do(&backend.Op{Kind: backend.OpAccept, FD: fd}); got < 0 {
			t.Errorf("connection %d that waited: got %d, want a descriptor", i, got)
		}
	}
}

// A file that would grow beyond the limit of the process: what fits is written, then EFBIG, and no signal ends the process.
func TestFileSizeLimit(t *testing.T) {
	if !isChild() {
		runChild(t)
		return
	}
	dir := t.TempDir()
	b := begin(t, Options{})
	d := newDesk(t, b, 0, 4)
	if err := syscall.Setrlimit(unix.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 8192, Max: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(unix.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 30, Max: 1 << 30})
	fd := d.do(&backend.Op{Kind: backend.OpOpen, FD: backend.AtCWD, Buf: []byte(dir + "/x"), Arg: backend.OpenCreate | backend.OpenWrite, Off: 0o600})
	if fd < 0 {
		t.Fatalf("open: %d", fd)
	}
	defer unix.Close(int(fd))
	for _, flags := range []backend.OpFlags{0, backend.FlagAsync} {
		if got := d.do(&backend.Op{Kind: backend.OpWrite, FD: fd, Buf: make([]byte, 16384), Flags: flags}); got != 8192 {
			t.Errorf("write of 16384 bytes: got %d, want 8192", got)
		}
		wantRes(t, "write beyond the limit",
			d.do(&backend.Op{Kind: backend.OpWrite, FD: fd, Buf: make([]byte, 10), Off: 8192, Flags: flags}), backend.EFBIG)
	}
	if b.Caps().Ops.Has(backend.OpTruncate) {
		wantRes(t, "truncate beyond the limit", d.do(&backend.Op{Kind: backend.OpTruncate, FD: fd, Off: 9000}), backend.EFBIG)
	}
}

// Where a filter of system calls forbids io_uring, New says so, and what to do about it. Nothing is left open.
func TestForbidden(t *testing.T) {
	if !isChild() {
		for _, errno := range []string{"1", "38"} {
			cmd := child(t)
			cmd.Env = append(cmd.Env, "ERRNO="+errno)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("the child: %v\n%s", err, out)
			}
		}
		return
	}
	n, err := strconv.Atoi(os.Getenv("ERRNO"))
	if err != nil {
		t.Fatal(err)
	}
	forbid(t, unix.SYS_IO_URING_SETUP, syscall.Errno(n))
	before := descriptors(t)
	b, err := New(Options{Lanes: 2, Lines: 2})
	if err == nil {
		b.Close()
		t.Fatal("got no error, want one")
	}
	words := map[syscall.Errno][]string{unix.EPERM: {"seccomp"}, unix.ENOSYS: {"without io_uring", "sandbox"}}[syscall.Errno(n)]
	wantSetupError(t, err, syscall.Errno(n), words...)
	if after := descriptors(t); !slices.Equal(before, after) {
		t.Errorf("descriptors: %v before, %v after", before, after)
	}
}

// forbid makes a system call fail from now on, in all threads.
func forbid(t *testing.T, call uint32, errno syscall.Errno) {
	t.Helper()
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	prog := &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	if _, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(prog))); e != 0 {
		require.Lacking(t, require.Uring, fmt.Errorf("seccomp: %w", e))
	}
}

// descriptors returns what is open in this process.
func descriptors(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil { // not the directory itself
			names = append(names, e.Name()+" "+to)
		}
	}
	return names
}

// A program that is started while ops are in flight inherits no descriptor of ours, neither the rings' nor what ops have returned.
func TestNothingIsInherited(t *testing.T) {
	eachKernel(t, func(t *testing.T, o Options) {
		o.Lanes, o.Lines = 2, 2
		b := begin(t, o)
		d := newDesk(t, b, 0, 8)
		ln, at := listener(t)
		dial(t, at)
		var opened []int32
		for _, op := range []*backend.Op{
			{Kind: backend.OpAccept, FD: ln},
			{Kind: backend.OpSocket, Arg: backend.AFUnix, Off: backend.SockStream},
			{Kind: backend.OpOpen, FD: backend.AtCWD, Buf: []byte("/"), Arg: backend.OpenDirectory},
		} {
			opened = append(opened, d.do(op))
		}
		multi := d.add(&backend.Op{Kind: backend.OpAccept, FD: ln, Flags: backend.FlagMultishot})
		dial(t, at)
		d.until("a connection", func() bool { return len(d.got[multi]) > 0 })
		opened = append(opened, d.last(multi).Res)
		for _, fd := range opened {
			if fd < 0 {
				t.Fatalf("got %d, want descriptors", opened)
			}
			defer unix.Close(int(fd))
		}
		out, err := exec.Command("/bin/sh", "-c", "ls /proc/$$/fd").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range strings.Fields(string(out)) {
			if n, err := strconv.Atoi(name); err == nil && n > 2 && n < 10 || slices.Contains(opened, int32(n)) {
				t.Errorf("descriptor %s is inherited; open are %v", name, opened)
			}
		}
		b.Cancel(multi)
		d.drain()
	})
}

// Signals to every thread, thousands a second, end waits early and nothing else.
func TestSignalStorm(t *testing.T) {
	eachKernel(t, func(t *testing.T, o Options) {
		o.Entries = 8
		b := begin(t, o)
		taken := make(chan os.Signal, 1)
		signal.Notify(taken, syscall.SIGUSR1)
		defer signal.Stop(taken)
		var over atomic.Bool
		ended := make(chan int)
		go func() {
			sent := 0
			for ; !over.Load(); sent++ {
				threads, _ := os.ReadDir("/proc/self/task")
				for _, e := range threads {
					if tid, err := strconv.Atoi(e.Name()); err == nil {
						unix.Tgkill(os.Getpid(), tid, []syscall.Signal{unix.SIGURG, unix.SIGUSR1}[sent%2])
					}
				}
			}
			ended <- sent
		}()
		d := newDesk(t, b, 0, 16)
		x, y := makePair(t)
		r, w := makePipe(t)
		for round := range 1500 {
			c := byte(round)
			in, buf := make([]byte, 1), make([]byte, 1)
			ids := []backend.OpID{
				d.add(&backend.Op{Kind: backend.OpRecv, FD: x, Buf: in}),
				d.add(&backend.Op{Kind: backend.OpRead, FD: r, Buf: buf, Off: -1}),
				d.add(&backend.Op{Kind: backend.OpTimer, Off: int64(b.Now()) + 20_000}),
				d.add(&backend.Op{Kind: backend.OpSend, FD: y, Buf: []byte{c}}),
				d.add(&backend.Op{Kind: backend.OpWrite, FD: w, Buf: []byte{c}, Off: -1}),
			}
			d.drain()
			for i, id := range ids {
				want := int32(1)
				if i == 2 {
					want = 0
				}
				if got := d.last(id).Res; got != want {
					t.Fatalf("round %d, op %d: got %d, want %d", round, i, got, want)
				}
			}
			if in[0] != c || buf[0] != c {
				t.Fatalf("round %d: got bytes %d and %d", round, in[0], buf[0])
			}
		}
		over.Store(true)
		t.Logf("%d storms", <-ended)
	})
}

// A process that is stopped in the middle of its traffic and continued goes on, and answers every byte.
func TestStopAndContinue(t *testing.T) {
	if isChild() {
		echo(t, 3)
		return
	}
	begin(t, Options{}) // or skip
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := os.NewFile(uintptr(fds[0]), "mine"), os.NewFile(uintptr(fds[1]), "theirs")
	cmd := child(t)
	cmd.ExtraFiles = []*os.File{theirs}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	unix.SetsockoptTimeval(fds[0], unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 10})
	buf := make([]byte, 64)
	for round := range 40 {
		cmd.Process.Signal(syscall.SIGSTOP)
		if round%2 == 0 { // with data that comes while it is stopped, and before it
			unix.Write(fds[0], fill(64, byte(round)))
			cmd.Process.Signal(syscall.SIGCONT)
		} else {
			cmd.Process.Signal(syscall.SIGCONT)
			unix.Write(fds[0], fill(64, byte(round)))
		}
		for n := 0; n < len(buf); {
			k, err := unix.Read(fds[0], buf[n:])
			if err == unix.EINTR {
				continue
			}
			if err != nil || k == 0 {
				t.Fatalf("round %d: got %d of 64 bytes: %v\n%s", round, n, err, out.Bytes())
			}
			n += k
		}
		if !bytes.Equal(buf, fill(64, byte(round))) {
			t.Fatalf("round %d: got %v", round, buf)
		}
	}
	mine.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the child: %v\n%s", err, out.Bytes())
	}
}

// echo sends back what comes on fd, until it ends.
func echo(t *testing.T, fd int32) {
	b := begin(t, Options{})
	d := newDesk(t, b, 0, 2)
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); {
		buf := make([]byte, 64)
		id := d.add(&backend.Op{Kind: backend.OpRecv, FD: fd, Buf: buf})
		for d.last(id).ID == 0 {
			d.turn()
			if d.last(id).ID == 0 {
				b.Wait(b.Now().Add(1 << 30))
			}
		}
		n := d.last(id).Res
		if n == 0 {
			return
		}
		if got := d.do(&backend.Op{Kind: backend.OpSend, FD: fd, Buf: buf[:n], Arg: backend.MsgWaitAll}); got != n {
			t.Fatalf("send: got %d, want %d", got, n)
		}
	}
}
