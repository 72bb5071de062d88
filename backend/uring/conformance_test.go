//go:build linux

package uring_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/backendtest"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/internal/require"
)

// open makes a backend that ends with the test.
func open(t testing.TB, o uring.Options) *uring.Backend {
	t.Helper()
	b, err := uring.New(o)
	if err != nil {
		require.Lacking(t, require.Uring, err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// world is the real kernel as the conformance suite needs it.
type world struct {
	t *testing.T
	b *uring.Backend
}

func (w world) Backend() backend.Backend { return w.b }
func (w world) Noisy() bool              { return false }
func (w world) Raise(n int)              { w.b.LinePend(n) }

func (w world) Pipe() (int32, int32) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		w.t.Fatal(err)
	}
	return int32(fds[0]), int32(fds[1])
}

// Dir returns a directory with a short name: the names in it must fit the address of a Unix socket.
func (w world) Dir() string {
	dir, err := os.MkdirTemp("", "ring")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (w world) Port(fd int32) uint16 {
	a, errno := w.b.SockName(fd)
	if errno != backend.OK {
		w.t.Fatal(errno)
	}
	return a.Port()
}

func (w world) OpenFDs() int {
	names, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		to, err := os.Readlink(name)
		if err == nil && !strings.HasPrefix(to, "/sys/") && !strings.HasPrefix(to, "/proc/") { // by which the Go runtime counts processors
			n++
		}
	}
	return n
}

// The kernel does what the contract says, through one ring and through several, and with rings so small that they are always full.
func TestConformance(t *testing.T) {
	for _, o := range []uring.Options{{}, {Lines: 4, Entries: 8, CQ: 8}, {Lines: 4, Lanes: 2}, uring.Options{Lanes: 2}.Old()} {
		t.Run(fmt.Sprintf("entries=%d,lanes=%d,old=%v", o.Entries, o.Lanes, o.IsOld()), func(t *testing.T) {
			backendtest.Run(t, func(t *testing.T) backendtest.World { return world{t, open(t, o)} })
		})
	}
}
