package scenarios

import (
	"bytes"
	"io"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// fileCopy copies a file in small pieces while the kernel reorders, delays and shortens what it is asked to do, and makes
// the copy durable. Whatever the order of completions, the copy equals the original, and both positions end at its length.
func fileCopy(w *explore.World) {
	data := make([]byte, 40+8*w.Work(8))
	for i := range data {
		data[i] = byte(i*7 + 1)
	}
	w.Host.File("original", data)
	w.Host.File("copy", nil)
	w.Host.File("scratch", nil)
	var failure error
	var from, to int64

	copyFile := func(t *sched.Task) error {
		in, err := aio.Open(t, w.Host.Path("original"))
		if err != nil {
			return err
		}
		out, err := aio.OpenFile(t, w.Host.Path("copy"), backend.OpenReadWrite, 0)
		if err != nil {
			return err
		}
		var buf [16]byte
		for {
			n, err := in.Read(t, buf[:])
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			for done := 0; done < n; {
				m, err := out.Write(t, buf[done:n])
				if err != nil {
					return err
				}
				done += m
			}
		}
		from, to = in.Pos(), out.Pos()
		if err := out.Sync(t); err != nil {
			return err
		}
		if err := in.Close(t); err != nil {
			return err
		}
		return out.Close(t)
	}
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		h := sched.Spawn(t, "copy", copyFile)
		background := sched.Spawn(t, "background", func(t *sched.Task) int {
			f, err := aio.Open(t, w.Host.Path("original"))
			if err != nil {
				return -1
			}
			var buf [64]byte
			for {
				if _, err := f.Read(t, buf[:]); err != nil {
					f.Close(t)
					return int(f.Pos())
				}
			}
		})
		scribbler := sched.Spawn(t, "scribbler", func(t *sched.Task) int {
			f, err := aio.OpenFile(t, w.Host.Path("scratch"), backend.OpenReadWrite, 0)
			if err != nil {
				return -1
			}
			for i := 0; i < 4; i++ {
				if _, err := f.Write(t, []byte("scribble")); err != nil {
					return -1
				}
			}
			return int(f.Pos())
		})
		t.Sleep(vclock.Duration(w.Work(6)) * 20 * vclock.Microsecond)
		scribbler.Cancel(t)
		if w.Work(2) == 1 {
			background.Cancel(t)
		}
		failure, _ = h.Join(t)
		if background.Err() == nil && background.Task() != nil {
			background.Join(t)
		}
		return int(to)
	})
	w.AtEnd("a copy that succeeds is complete and durable", func() error {
		if failure != nil {
			return want(w.Virtual(), "a copy fails on a real kernel: %v", failure)
		}
		n := int64(len(data))
		ok := bytes.Equal(w.Host.FileData("copy"), data) && bytes.Equal(w.Host.Durable("copy"), data)
		return want(ok && from == n && to == n, "positions %d and %d of %d, copy %d bytes, durable %d bytes",
			from, to, n, len(w.Host.FileData("copy")), len(w.Host.Durable("copy")))
	})
}
