//go:build linux

package live

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// open makes a world.
func open(t *testing.T) *ground {
	t.Helper()
	g, err := Open(explore.Config{Lines: 1}, 1)
	if err != nil {
		require.Lacking(t, require.Uring, err)
	}
	return g.(*ground)
}

// What the world made is closed with it, also if the program has closed some of it and the numbers mean something else by then.
func TestCloseLeavesNothing(t *testing.T) {
	g := open(t)
	r, w := g.Pipe()
	l := g.Listener()
	g.File("a/b", []byte("text"))
	path := g.Path("a/b")
	if err := unix.Close(int(r)); err != nil {
		t.Fatal(err)
	}
	other, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0) // takes the number of r
	if err != nil || other != int(r) {
		t.Fatalf("descriptor %d, %v: want %d again", other, err, r)
	}
	defer unix.Close(other)
	g.before[other] = true // it is ours and not of the world
	if err := g.Close(false); err != nil {
		t.Fatal(err)
	}
	for _, fd := range []int32{w, l} {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			t.Errorf("descriptor %d is still open", fd)
		}
	}
	if _, err := unix.FcntlInt(uintptr(other), unix.F_GETFD, 0); err != nil {
		t.Errorf("a descriptor that was not of the world is closed: %v", err)
	}
	if _, err := os.Stat(filepath.Dir(filepath.Dir(path))); !os.IsNotExist(err) {
		t.Errorf("the directory of the files is still there: %v", err)
	}
}

// A descriptor that a run leaves is a leak, except after a freeze; either way it is closed.
func TestLeaksAreFound(t *testing.T) {
	for _, frozen := range []bool{false, true} {
		g := open(t)
		fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		err = g.Close(frozen)
		if told := err != nil && strings.Contains(err.Error(), os.DevNull); told == frozen {
			t.Errorf("frozen %v: Close says %v", frozen, err)
		}
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			t.Errorf("frozen %v: descriptor %d is still open", frozen, fd)
		}
	}
}

// Files are what operations see under their paths.
func TestFiles(t *testing.T) {
	g := open(t)
	defer g.Close(true)
	if data := g.FileData("none"); data != nil {
		t.Errorf("a file that is not there has %q", data)
	}
	g.File("one", []byte("first"))
	g.File("one", []byte("second"))
	text, err := os.ReadFile(g.Path("one"))
	if err != nil || string(text) != "second" || string(g.FileData("one")) != "second" || string(g.Durable("one")) != "second" {
		t.Errorf("the file has %q and %q, %v", text, g.FileData("one"), err)
	}
}

// Events of the outside come after Start, each once, in a run that waits for them; after Quiet none comes.
func TestOutside(t *testing.T) {
	g := open(t)
	defer g.Close(true)
	ex := sched.New(sched.Limits{Tasks: 8, Ops: 8}, sched.Options{Backend: g.Backend(), Workers: 1})
	defer ex.Close()
	var came atomic.Int64
	var task atomic.Uint64
	g.Begin(ex, func(n int32) {
		came.Add(int64(n))
		ex.WakeOutside(sched.TaskID(task.Load()))
	})
	g.External(1, 0)
	g.External(10, vclock.Millisecond)
	g.Raise(0, 0)
	if n := came.Load(); n != 0 {
		t.Errorf("events worth %d before Start", n)
	}
	lines := 0
	_, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		h := sched.SpawnFuture(t, "waiter", func(t *sched.Task) sched.Poll {
			if came.Load() == 11 {
				return sched.Ready
			}
			return sched.Pending
		})
		task.Store(uint64(h.ID()))
		g.Start()
		if t.WaitIRQ(0) == nil {
			lines++
		}
		sched.Await(t, h)
		return 0
	})
	if err != nil || came.Load() != 11 || lines != 1 {
		t.Errorf("events worth %d, want 11; %d interrupts, want 1; %v", came.Load(), lines, err)
	}
	g.External(100, vclock.Hour)
	g.Quiet()
	g.External(100, 0)
	if n := came.Load(); n != 11 {
		t.Errorf("events worth %d after Quiet", n)
	}
}

// A connection reaches a listener that is open, and is refused by one that is not.
func TestConnect(t *testing.T) {
	g := open(t)
	defer g.Close(true)
	ex := sched.New(sched.Limits{Tasks: 8, Ops: 8}, sched.Options{Backend: g.Backend(), Workers: 1})
	defer ex.Close()
	g.Begin(ex, nil)
	l := g.Listener()
	g.Connect(l, vclock.Microsecond)
	_, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		g.Start()
		if fd, err := t.Do(backend.OpAccept, l, nil, -1); err == nil {
			t.Do(backend.OpClose, int32(fd), nil, -1)
			return 1
		}
		return 0
	})
	g.Quiet()
	if err != nil {
		t.Fatal(err)
	}
	if made := len(g.made); made != 2 {
		t.Errorf("%d descriptors, want the listener and the other end of the connection", made)
	}
}
