//go:build linux

// Package examples builds the example programs and runs them.
package examples

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/internal/require"
)

// bin returns the folder with the built programs. The test ends where there is no io_uring for them.
func bin(t *testing.T) string {
	t.Helper()
	b, err := uring.New(uring.Options{Ops: 1, Entries: 4})
	if err != nil {
		require.Lacking(t, require.Uring, err)
	}
	if err = b.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", dir, "./hello", "./graceful", "./echo", "./append", "./services").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return dir
}

// hangs is when a program that has not ended is taken for hung.
const hangs = time.Minute

// program is an example that runs.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	log   bytes.Buffer
	start time.Time
	watch *time.Timer
	hung  atomic.Bool
}

func start(t *testing.T, path string, args ...string) *program {
	t.Helper()
	return startCmd(t, exec.Command(path, args...))
}

func startCmd(t *testing.T, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, cmd: cmd, start: time.Now()}
	p.cmd.Stderr = &p.log
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err = p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.watch = time.AfterFunc(hangs, func() {
		p.hung.Store(true)
		_ = p.cmd.Process.Signal(syscall.SIGQUIT)
	})
	return p
}

// line waits for the next line of the program's output.
func (p *program) line() string {
	p.t.Helper()
	s, err := p.out.ReadString('\n')
	if err != nil {
		_ = p.cmd.Wait()
		p.t.Fatalf("got %q and %v, want a line of output; %v, log:\n%s", s, err, p.cmd.ProcessState, p.log.String())
	}
	return strings.TrimSuffix(s, "\n")
}

func (p *program) expect(want string) {
	p.t.Helper()
	if got := p.line(); got != want {
		p.t.Errorf("got output %q, want %q", got, want)
	}
}

func (p *program) terminate() { _ = p.cmd.Process.Signal(syscall.SIGTERM) }

// exits waits for the end, wants status 0, no more output and no log, and returns how long the program ran.
func (p *program) exits() time.Duration {
	p.t.Helper()
	rest, _ := io.ReadAll(p.out)
	err := p.cmd.Wait()
	took := time.Since(p.start)
	p.watch.Stop()
	switch {
	case p.hung.Load():
		p.t.Fatalf("the program hangs:\n%s", p.log.String())
	case err != nil || len(rest) > 0 || p.log.Len() > 0:
		p.t.Errorf("got %v, more output %q and log %q, want status 0 and silence", err, rest, p.log.String())
	}
	return took
}

func TestExamples(t *testing.T) {
	dir := bin(t)
	path := func(name string) string { return filepath.Join(dir, name) }
	t.Run("hello", func(t *testing.T) {
		p := start(t, path("hello"))
		p.expect("123")
		p.exits()
	})
	t.Run("graceful", func(t *testing.T) {
		// What a run costs is measured; the rest has to fit into the grace of 2 s. The program would sleep for an hour.
		hello := start(t, path("hello"))
		hello.line()
		control := hello.exits()
		p := start(t, path("graceful"))
		p.expect("sleeping")
		p.terminate()
		p.expect("stopped early")
		if took, most := p.exits(), 2*time.Second+20*control; took > most {
			t.Errorf("the program ran for %v, want at most %v (hello: %v)", took, most, control)
		}
	})
	t.Run("echo", func(t *testing.T) { testEcho(t, path("echo")) })
	t.Run("echo at the end of its grace", func(t *testing.T) { testEchoGrace(t, path("echo")) })
	t.Run("services", func(t *testing.T) { testServices(t, path("services")) })
	t.Run("append", func(t *testing.T) { testAppend(t, path("append")) })
}

// dial starts the server and connects to it.
func dial(t *testing.T, path, grace string) (*program, net.Conn) {
	t.Helper()
	p := start(t, path, "-addr", "127.0.0.1:0", "-grace", grace)
	addr, ok := strings.CutPrefix(p.line(), "listening at ")
	if !ok {
		t.Fatalf("got %q, want an address", addr)
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err = conn.SetDeadline(time.Now().Add(hangs)); err != nil {
		t.Fatal(err)
	}
	echoes(t, conn, "hello")
	return p, conn
}

func echoes(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != text {
		t.Fatalf("got %q and %v, want %q", got, err, text)
	}
}

// A signal ends the listening; the connection that is open goes on until the client closes it.
func testEcho(t *testing.T, path string) {
	p, conn := dial(t, path, "1h")
	big := strings.Repeat("0123456789abcdef", 1<<14)
	go io.WriteString(conn, big)
	got := make([]byte, len(big))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != big {
		t.Errorf("%d bytes came back wrong: %v", len(big), err)
	}
	p.terminate()
	p.expect("stopping")
	echoes(t, conn, "still there")
	conn.Close()
	p.exits()
}

// A client that does not go away is waited for until the grace is over.
func testEchoGrace(t *testing.T, path string) {
	const grace = 200 * time.Millisecond
	p, conn := dial(t, path, grace.String())
	p.terminate()
	p.expect("stopping")
	if took := p.exits(); took < grace {
		t.Errorf("the program ran for %v, want %v at least", took, grace)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v from the connection, want its end", err)
	}
}

// What was confirmed is in the file, whatever ends the program; a second run goes on at the end.
func testAppend(t *testing.T, path string) {
	name := filepath.Join(t.TempDir(), "log")
	want := ""
	for run := range 2 {
		p := start(t, path, name)
		for n := 1; n <= 3; n++ {
			line := fmt.Sprintf("run %d, line %d\n", run, n)
			if _, err := io.WriteString(p.in, line); err != nil {
				t.Fatal(err)
			}
			p.expect(fmt.Sprintf("line %d is safe", n))
			want += line
			if got, err := os.ReadFile(name); err != nil || string(got) != want {
				t.Errorf("got %q and %v, want %q", got, err, want)
			}
		}
		if run == 0 {
			p.terminate()
		} else {
			p.in.Close()
		}
		p.exits()
	}
}
