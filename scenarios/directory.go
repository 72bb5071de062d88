package scenarios

import (
	"bytes"
	"sync/atomic"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// directory has writers that each make a new version of one file under a name of their own and rename it over the old one, while
// a reader opens it again and again, and one writer is cancelled. Whatever the order, a reader finds no file or a whole version,
// never a mixture; a name that was renamed is gone; and a directory goes only when it is empty.
//
//	writer i: create dir/new-i ──▶ write ──▶ rename to dir/current
//	reader:   open dir/current ──▶ read ──▶ all of one writer
func directory(w *explore.World) {
	const writers, size = 3, 40
	dir := w.Host.Path("dir")
	current := w.Host.Path("dir/current")
	name := func(i int) string { return w.Host.Path("dir/new-" + string(rune('0'+i))) }
	var mixed, whole, failed, kept atomic.Int64
	removed := true

	look := func(t *sched.Task) bool {
		data, err := aio.ReadFile(t, current, 4*size)
		if err != nil {
			return false
		}
		if len(data) != size || !bytes.Equal(data, bytes.Repeat(data[:1], size)) {
			mixed.Add(1)
		}
		whole.Add(1)
		return true
	}
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		if err := aio.Mkdir(t, dir, 0o700); err != nil {
			return -1
		}
		handles := make([]*sched.Handle[error], writers)
		for i := range handles {
			handles[i] = sched.Spawn(t, "writer", func(t *sched.Task) error {
				err := aio.WriteFile(t, name(i), bytes.Repeat([]byte{byte('a' + i)}, size), 0o600)
				if err == nil {
					err = aio.Rename(t, name(i), current)
				}
				if err != nil {
					return err
				}
				if _, err := aio.StatPath(t, name(i)); err == nil {
					kept.Add(1) // the old name is still there
				}
				return nil
			})
		}
		reader := sched.Spawn(t, "reader", func(t *sched.Task) int {
			seen := 0
			for range 4 {
				if look(t) {
					seen++
				}
			}
			return seen
		})
		t.Sleep(vclock.Duration(w.Work(6)) * 20 * vclock.Microsecond)
		if victim := w.Work(writers + 1); victim > 0 {
			handles[victim-1].Cancel(t)
		}
		for _, h := range handles {
			if h.Task() == nil {
				continue
			}
			if err, end := h.Join(t); err != nil && end == nil {
				failed.Add(1)
			}
		}
		reader.Join(t)
		look(t)
		removed = clearDirectory(t, dir, current, writers, name)
		return int(whole.Load())
	})
	w.AtEnd("a reader finds whole versions only, and a full directory stays", func() error {
		w.Sometimes("a version was read", whole.Load() > 0)
		ok := mixed.Load() == 0 && kept.Load() == 0 && removed && (w.Virtual() || failed.Load() == 0)
		return want(ok, "%d versions read, %d of them mixed, %d names left after a rename, %d writers failed, removed in order %v",
			whole.Load(), mixed.Load(), kept.Load(), failed.Load(), removed)
	})
}

// clearDirectory removes everything, and reports whether the directory went when, and only when, it was empty. A file that a
// fault keeps in it, or keeps from being removed, is no reason to complain.
func clearDirectory(t *sched.Task, dir, current string, writers int, name func(int) string) bool {
	if _, err := aio.StatPath(t, current); err == nil {
		if aio.RemoveDir(t, dir) == nil {
			return false
		}
	}
	left := false
	for i := 0; i <= writers; i++ {
		path := current
		if i < writers {
			path = name(i)
		}
		if err := aio.Remove(t, path); err != nil && err != backend.ENOENT {
			left = true
		}
	}
	return left || aio.RemoveDir(t, dir) == nil
}
