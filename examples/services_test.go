//go:build linux

package examples

import (
	"net"
	"strings"
	"testing"
	"time"
)

// testServices stops a tree of services by a signal, by a failure, and with one that does not stop.
func testServices(t *testing.T, path string) {
	p := start(t, path)
	addr, ok := strings.CutPrefix(p.line(), "listening at ")
	if !ok {
		t.Fatalf("got %q, want an address", addr)
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err = conn.SetDeadline(time.Now().Add(hangs)); err != nil {
		t.Fatal(err)
	}
	echoes(t, conn, "hello")
	p.terminate()
	p.expect("store stops")
	p.expect("log stops")
	p.expect("bye")
	p.exits()

	p = start(t, path, "-fail")
	p.line()
	p.expect("log stops")
	p.fails(`service "store" failed: disk full`)

	p = start(t, path, "-hang")
	p.line()
	p.terminate()
	p.expect("store stops")
	p.fails(`service: not stopped within 1s: "log"`)
}

// fails waits for the end and wants status 1 and this text as the log.
func (p *program) fails(want string) {
	p.t.Helper()
	err := p.cmd.Wait()
	p.watch.Stop()
	if got := strings.TrimSpace(p.log.String()); err == nil || p.cmd.ProcessState.ExitCode() != 1 || got != want {
		p.t.Errorf("got %v and log %q, want status 1 and %q", err, got, want)
	}
}
