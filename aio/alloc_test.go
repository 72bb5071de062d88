//go:build !tinygo

package aio_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Reads and writes at a stream's end and at a file's position allocate nothing, with a deadline or without.
func TestReadAndWriteDoNotAllocate(t *testing.T) {
	k := sim.New(sim.Options{})
	ex := sched.New(sched.Limits{}, sched.Options{Backend: k})
	defer ex.Close()
	r, w := k.Pipe()
	k.File("f", make([]byte, 1<<16))
	fd := k.OpenFile("f")
	_, err := sched.Run(ex, sched.WaitForAllTasks, func(task *sched.Task) int {
		in, out, f := aio.NewStream(task, r), aio.NewStream(task, w), aio.NewFile(task, fd)
		conn := in.Conn(task)
		conn.SetTimeout(vclock.Second)
		buf := make([]byte, 16)
		for name, call := range map[string]func() (int, error){
			"stream": func() (int, error) { out.Write(task, buf); return in.Read(task, buf) },
			"conn":   func() (int, error) { out.Write(task, buf); return conn.Read(buf) },
			"file":   func() (int, error) { return f.Read(task, buf) },
			"at":     func() (int, error) { return f.ReadAt(task, buf, 100) },
		} {
			if n := testing.AllocsPerRun(100, func() {
				if n, err := call(); n != len(buf) || err != nil {
					t.Errorf("%s: read %d bytes, %v", name, n, err)
				}
			}); n != 0 {
				t.Errorf("%s: %v allocations per call, want none", name, n)
			}
		}
		return 0
	})
	if err != nil {
		t.Error(err)
	}
}
