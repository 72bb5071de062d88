package scenarios

import (
	"bytes"
	"fmt"
	"sync/atomic"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// logWriter appends records of several writers to one file and makes them durable in groups: who comes while another syncs finds
// his record covered by the next sync, or does one for all that have come by then. One writer is cancelled. A record that was
// acknowledged is in the file, whole, whatever happened after. A sync that fails may have lost what it should have kept, and no
// later one brings it back: the log takes nothing more.
//
//	append (one at a time) ──▶ is it durable by now? ──▶ no: sync (one at a time) ──▶ acknowledged
func logWriter(w *explore.World) {
	const writers, records = 3, 3
	w.Host.File("log", nil)
	path := w.Host.Path("log")
	var appending tsync.Mutex[int64] // bytes that were appended
	var syncing tsync.Mutex[int64]   // of them, those that are durable
	appending.Init(w.Exec, "append", 0)
	syncing.Init(w.Exec, "sync", 0)
	var length, syncs, acknowledged atomic.Int64
	var acks [writers]atomic.Int64
	var broken atomic.Bool // a sync has failed

	add := func(t *sched.Task, f *aio.File, record []byte) (end int64, err error) {
		p, err := appending.Lock(t)
		if err != nil {
			return 0, err
		}
		defer p.Release()
		if _, err := f.WriteAll(t, record); err != nil {
			return 0, err // what is there of it stays, and belongs to nobody
		}
		return length.Add(int64(len(record))), nil
	}
	commit := func(t *sched.Task, f *aio.File, end int64) error {
		for {
			p, err := syncing.Lock(t)
			if err != nil {
				return err
			}
			if *p.Read() >= end {
				p.Release()
				return nil
			}
			if broken.Load() {
				p.Release()
				return backend.EIO
			}
			upTo := length.Load()
			if err := f.SyncData(t); err != nil {
				broken.Store(true) // also if it was only cancelled: nobody knows
				p.Release()
				return err
			}
			syncs.Add(1)
			g := p.Enter()
			*g.Value() = max(*g.Value(), upTo)
			g.Exit()
		}
	}
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		f, err := aio.OpenFile(t, path, backend.OpenWrite|backend.OpenAppend, 0)
		if err != nil {
			return -1
		}
		handles := make([]*sched.Handle[int], writers)
		for i := range handles {
			handles[i] = sched.Spawn(t, "writer", func(t *sched.Task) int {
				for n := range records {
					end, err := add(t, f, logRecord(i, n))
					if err != nil || commit(t, f, end) != nil {
						return n
					}
					acks[i].Add(1)
					acknowledged.Add(1)
				}
				return records
			})
		}
		t.Sleep(vclock.Duration(w.Work(6)) * 30 * vclock.Microsecond)
		if victim := w.Work(writers + 1); victim > 0 {
			handles[victim-1].Cancel(t)
		}
		for _, h := range handles {
			if h.Task() != nil {
				h.Join(t)
			}
		}
		f.Close(t)
		return int(acknowledged.Load())
	})
	w.AtEnd("what was acknowledged is durable", func() error {
		w.Sometimes("a sync covered several records", syncs.Load() < acknowledged.Load())
		data := w.Host.Durable("log")
		for i := range acks {
			for n := range int(acks[i].Load()) {
				if !bytes.Contains(data, logRecord(i, n)) {
					return want(false, "record %d of writer %d was acknowledged and is not in the %d bytes that are durable", n, i, len(data))
				}
			}
		}
		return want(acknowledged.Load() == 0 || syncs.Load() > 0, "%d records acknowledged after %d syncs", acknowledged.Load(), syncs.Load())
	})
}

func logRecord(writer, n int) []byte { return fmt.Appendf(nil, "<writer %d record %d>\n", writer, n) }
