package sim_test

import (
	"bytes"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
	"pgregory.net/rapid"
)

// The models below follow the kernel by applying each completion's effect in the order of the reports. That is the order of
// the effects as long as completions are not reordered, so the kind order answers 0 here.

// tester runs random ops and keeps those in flight.
type tester struct {
	*rapid.T
	k       *sim.Kernel
	chooser *randomChooser
	live    map[int]*backend.Op // by slot
	gen     uint64
}

func newTester(t *rapid.T, o sim.Options) *tester {
	c := &randomChooser{state: rapid.Uint64().Draw(t, "seed")}
	c.off[backend.ChoiceOrder] = true
	return &tester{T: t, k: kernel(c, o), chooser: c, live: map[int]*backend.Op{}, gen: 1}
}

// submit tries once to submit an op on a free slot and reports whether it was taken.
func (x *tester) submit(kind backend.OpKind, fd int32, off int64, buf []byte) bool {
	return x.submitOp(backend.Op{Kind: kind, FD: fd, Off: off, Buf: buf})
}

func (x *tester) submitOp(o backend.Op) bool {
	slot := 0
	for x.live[slot] != nil {
		slot++
	}
	if slot == 8 {
		return false
	}
	x.gen++
	op := &o
	op.ID = backend.MakeOpID(slot, x.gen)
	if x.k.Submit([]*backend.Op{op}) == 0 {
		return false
	}
	x.live[slot] = op
	return true
}

// cancel cancels one of the ops in flight.
func (x *tester) cancel() {
	if op := x.live[rapid.IntRange(0, 7).Draw(x.T, "victim")]; op != nil {
		x.k.Cancel(op.ID)
	}
}

// reap calls f for every completion.
func (x *tester) reap(f func(op *backend.Op, res int32)) {
	var into [2]backend.Completion
	for n := x.k.Reap(into[:]); n > 0; n = x.k.Reap(into[:]) {
		for _, c := range into[:n] {
			op := x.live[c.ID.Slot()]
			if op == nil || op.ID != c.ID {
				x.Fatalf("report of op %#x, which is not in flight", c.ID)
			}
			delete(x.live, c.ID.Slot())
			f(op, c.Res)
		}
	}
	if x.k.InFlight() != len(x.live) {
		x.Fatalf("%d ops in flight, want %d", x.k.InFlight(), len(x.live))
	}
}

// rest runs until nothing can come any more.
func (x *tester) rest(f func(op *backend.Op, res int32)) {
	for x.reap(f); x.k.Wait(vclock.Forever); x.reap(f) {
	}
}

// step waits a little and reaps.
func (x *tester) step(f func(op *backend.Op, res int32)) {
	x.k.Wait(x.k.Now().Add(vclock.Duration(rapid.IntRange(0, 200_000).Draw(x.T, "pause"))))
	x.reap(f)
}

// noEffect reports whether a result says that the op did nothing.
func noEffect(res int32) bool {
	switch backend.Errno(-min(res, 0)) {
	case backend.ECANCELED, backend.EINTR, backend.EAGAIN, backend.EIO, backend.ENOSPC:
		return true
	}
	return false
}

// A pipe is a bounded queue of bytes, and at rest nobody waits for what is there.
func TestPipeModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const capacity = 10
		x := newTester(t, sim.Options{PipeBytes: capacity, OpsMax: 8})
		r, w := x.k.Pipe()
		var queue []byte
		next := byte(0)
		readers, writers := true, true
		apply := func(op *backend.Op, res int32) {
			switch {
			case noEffect(res):
				if op.Kind == backend.OpRead && !bytes.Equal(op.Buf, make([]byte, len(op.Buf))) {
					t.Fatalf("a read without effect left %v in its buffer", op.Buf)
				}
			case op.Kind == backend.OpRead && res == 0:
				if writers || len(queue) > 0 {
					t.Fatalf("end of the pipe with writers %v and %d bytes", writers, len(queue))
				}
			case op.Kind == backend.OpRead:
				if res < 0 || int(res) > len(queue) || !bytes.Equal(op.Buf[:res], queue[:res]) {
					t.Fatalf("read %d: %v, want a prefix of %v", res, op.Buf, queue)
				}
				queue = queue[res:]
			case res == errno(backend.EPIPE):
				if readers {
					t.Fatal("EPIPE with a reader")
				}
			default:
				if res < 1 || int(res) > len(op.Buf) {
					t.Fatalf("write of %d bytes gave %d", len(op.Buf), res)
				}
				queue = append(queue, op.Buf[:res]...)
				if len(queue) > capacity {
					t.Fatalf("%d bytes in the pipe", len(queue))
				}
			}
		}
		atRest := func() {
			x.rest(apply)
			for _, op := range x.live {
				if op.Kind == backend.OpRead && len(queue) > 0 || op.Kind == backend.OpWrite && len(queue) < capacity {
					t.Fatalf("kind %d waits at rest with %d bytes in the pipe", op.Kind, len(queue))
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"read": func(t *rapid.T) {
				if readers {
					x.submit(backend.OpRead, r, -1, make([]byte, rapid.IntRange(1, 15).Draw(t, "n")))
				}
			},
			"write": func(t *rapid.T) {
				data := make([]byte, rapid.IntRange(1, 15).Draw(t, "n"))
				for i := range data {
					next = next%250 + 1
					data[i] = next
				}
				if writers {
					x.submit(backend.OpWrite, w, -1, data)
				}
			},
			"cancel": func(*rapid.T) { x.cancel() },
			"step":   func(*rapid.T) { x.step(apply) },
			"rest":   func(*rapid.T) { atRest() },
			"close": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "rarely") != 0 {
					return
				}
				atRest()
				if len(x.live) == 0 && writers && rapid.Bool().Draw(t, "writer") {
					writers = false
					x.k.CloseFD(w)
				} else if len(x.live) == 0 && readers {
					readers = false
					x.k.CloseFD(r)
				}
			},
		})
		x.rest(apply)
		for _, op := range x.live {
			x.k.Cancel(op.ID)
		}
		x.rest(apply)
		if len(x.live) != 0 {
			t.Fatalf("%d ops outlive their cancel", len(x.live))
		}
	})
}

// fileModel is a file byte by byte. A byte remembers the writes that have not been synced.
type fileModel struct {
	data, durable []byte
	unsynced      [][]int
	writes        int
}

func (m *fileModel) write(off int, data []byte) {
	m.writes++
	for i, c := range data {
		for len(m.data) <= off+i {
			m.data = append(m.data, 0)
			m.unsynced = append(m.unsynced, nil)
		}
		m.data[off+i] = c
		m.unsynced[off+i] = append(m.unsynced[off+i], m.writes)
	}
}

func (m *fileModel) sync(mark int) {
	for i := range m.data {
		var later []int
		for _, w := range m.unsynced[i] {
			if w > mark {
				later = append(later, w)
			}
		}
		if len(later) < len(m.unsynced[i]) {
			for len(m.durable) <= i {
				m.durable = append(m.durable, 0)
			}
			m.durable[i] = m.data[i]
		}
		m.unsynced[i] = later
	}
}

func (m *fileModel) forget() { clear(m.unsynced) }

// A file is an array of bytes, of which fsync makes durable what was written before it began.
func TestFileModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newTester(t, sim.Options{OpsMax: 8, FileBytes: 40})
		x.k.File("f", []byte("start"))
		fd := x.k.OpenFile("f")
		m := &fileModel{data: []byte("start"), durable: []byte("start"), unsynced: make([][]int, 5)}
		marks := map[backend.OpID]int{}
		position := 0
		apply := func(op *backend.Op, res int32) {
			off := int(op.Off)
			if off == -1 {
				off = position
			}
			switch {
			case op.Kind == backend.OpFsync && res == errno(backend.EIO):
				m.forget()
			case noEffect(res):
			case op.Kind == backend.OpFsync:
				m.sync(marks[op.ID])
			case op.Kind == backend.OpRead:
				rest := m.data[min(off, len(m.data)):]
				if int(res) > len(rest) || res == 0 && len(rest) > 0 || !bytes.Equal(op.Buf[:res], rest[:res]) {
					t.Fatalf("read %d at %d: %q, want a prefix of %q", res, off, op.Buf, rest)
				}
			default:
				m.write(off, op.Buf[:res])
			}
			if op.Off == -1 && res > 0 {
				position += int(res)
			}
			// Effects are compared at every report except where several matured together.
		}
		offset := func(t *rapid.T) int64 { return int64(rapid.IntRange(-1, 30).Draw(t, "off")) }
		t.Repeat(map[string]func(*rapid.T){
			"read": func(t *rapid.T) {
				x.submit(backend.OpRead, fd, offset(t), make([]byte, rapid.IntRange(1, 20).Draw(t, "n")))
			},
			"write": func(t *rapid.T) {
				x.submit(backend.OpWrite, fd, offset(t), rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "data"))
			},
			"fsync": func(t *rapid.T) {
				x.reap(apply) // the model knows of all writes that were performed
				if x.submit(backend.OpFsync, fd, 0, nil) {
					for _, op := range x.live {
						if op.ID>>16 == backend.OpID(x.gen) {
							marks[op.ID] = m.writes
						}
					}
				}
			},
			"cancel": func(*rapid.T) { x.cancel() },
			"step":   func(*rapid.T) { x.step(apply) },
			"rest": func(*rapid.T) {
				x.rest(apply)
				if len(x.live) != 0 {
					t.Fatalf("%d ops on a file do not end", len(x.live))
				}
			},
			"": func(*rapid.T) {
				x.reap(apply)
				if !bytes.Equal(x.k.FileData("f"), m.data) || !bytes.Equal(x.k.Durable("f"), m.durable) {
					t.Fatalf("data %q, durable %q; want %q, %q", x.k.FileData("f"), x.k.Durable("f"), m.data, m.durable)
				}
			},
		})
	})
}
