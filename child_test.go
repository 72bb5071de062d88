//go:build linux

package tripoint

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/internal/require"
)

// Main ends its process, so its tests run programs: this test binary again, with the name of one in the environment.
const (
	envProgram  = "TRIPOINT_TEST_PROGRAM"
	envArgument = "TRIPOINT_TEST_ARGUMENT"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(envProgram); name != "" {
		programs()[name](os.Getenv(envArgument))
		os.Exit(99) // no program returns
	}
	if signal.Ignored(syscall.SIGINT) { // as in a background job of a script
		signal.Notify(make(chan os.Signal, 1), syscall.SIGINT) // programs inherit what is ignored, and no handler
	}
	os.Exit(m.Run())
}

// needRing ends a test on a machine that has no io_uring for us.
func needRing(t testing.TB) {
	t.Helper()
	b, err := uring.New(uring.Options{Ops: 1, Entries: 4})
	if err != nil {
		require.Lacking(t, require.Uring, err)
	}
	if err = b.Close(); err != nil {
		t.Fatal(err)
	}
}

// hangs is when a program that has not ended is taken for hung.
const hangs = time.Minute

// child is a program under test.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors bytes.Buffer
	start  time.Time
	watch  *time.Timer
	trace  string

	untraced bool // the program has no run
	hung     atomic.Bool
}

// run starts a program. One that hangs is asked for its stacks, and fails the test.
func run(t *testing.T, program, argument string) *child {
	t.Helper()
	needRing(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return start(t, exec.Command(exe), program, argument)
}

// start is run with a command of the caller's making, which has this binary in the end.
func start(t *testing.T, cmd *exec.Cmd, program, argument string) *child {
	t.Helper()
	c := &child{t: t, cmd: cmd, start: time.Now(), trace: filepath.Join(t.TempDir(), "trace")}
	cmd.Env = append(os.Environ(), envProgram+"="+program, envArgument+"="+argument, envTrace+"="+c.trace)
	cmd.Stderr = &c.errors
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	if err = cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.watch = time.AfterFunc(hangs, func() {
		c.hung.Store(true)
		c.signal(syscall.SIGQUIT)
	})
	return c
}

// line waits for the next line of the program's output.
func (c *child) line() string {
	c.t.Helper()
	s, err := c.out.ReadString('\n')
	if err != nil {
		status, _ := c.wait()
		c.t.Fatalf("got %q and %v, want a line of output; %s; log:\n%s", s, err, describe(status), c.errors.String())
	}
	return strings.TrimSuffix(s, "\n")
}

// expect waits for the next line and holds it to what it should be.
func (c *child) expect(want string) {
	c.t.Helper()
	if got := c.line(); got != want {
		c.t.Errorf("got output %q, want %q", got, want)
	}
}

// signal sends the program a signal.
func (c *child) signal(sig syscall.Signal) {
	_ = c.cmd.Process.Signal(sig) // a program that has ended shows in its status
}

// tell lets the program read one byte.
func (c *child) tell() {
	c.t.Helper()
	if _, err := c.in.Write([]byte{'.'}); err != nil {
		c.t.Fatal(err)
	}
}

// wait waits for the end of the program and returns how it ended, and when, counted from its start. It may have no more output.
func (c *child) wait() (syscall.WaitStatus, time.Duration) {
	c.t.Helper()
	rest, _ := io.ReadAll(c.out)
	err := c.cmd.Wait()
	took := time.Since(c.start)
	c.watch.Stop()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	if c.hung.Load() {
		c.t.Fatalf("the program hangs:\n%s", c.errors.String())
	}
	if len(rest) > 0 {
		c.t.Errorf("got more output: %q", rest)
	}
	c.judge()
	return c.cmd.ProcessState.Sys().(syscall.WaitStatus), took
}

// exits waits for the end and wants this status.
func (c *child) exits(want int) time.Duration {
	c.t.Helper()
	status, took := c.wait()
	if !status.Exited() || status.ExitStatus() != want {
		c.t.Errorf("got %s, want exit status %d; log:\n%s", describe(status), want, c.errors.String())
	}
	return took
}

// diesBy waits for the end and wants this signal to have killed the program.
func (c *child) diesBy(want syscall.Signal) {
	c.t.Helper()
	status, _ := c.wait()
	if !status.Signaled() || status.Signal() != want {
		c.t.Errorf("got %s, want killed by %v; log:\n%s", describe(status), want, c.errors.String())
	}
}

// logs wants each of the words in what the program logged. It is for after the end.
func (c *child) logs(words ...string) {
	c.t.Helper()
	for _, w := range words {
		if !strings.Contains(c.errors.String(), w) {
			c.t.Errorf("got this log, want %q in it:\n%s", w, c.errors.String())
		}
	}
}

// silent wants the program to have logged nothing.
func (c *child) silent() {
	c.t.Helper()
	if c.errors.Len() > 0 {
		c.t.Errorf("got this log, want none:\n%s", c.errors.String())
	}
}

// describe says how a program ended.
func describe(s syscall.WaitStatus) string {
	if s.Signaled() {
		return fmt.Sprintf("killed by %v", s.Signal())
	}
	return fmt.Sprintf("exit status %d", s.ExitStatus())
}
