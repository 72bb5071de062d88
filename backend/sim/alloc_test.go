package sim_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
)

// scene is a run that uses everything, with its own storage.
type scene struct {
	k    *sim.Kernel
	c    randomChooser
	ops  [8]backend.Op
	ptrs [8]*backend.Op
	buf  [16]byte
	data []byte
	name []byte
	into [8]backend.Completion
	sum  uint64 // hash of all reports
}

func newScene(o sim.Options) *scene {
	s := &scene{k: sim.New(o), data: []byte("content"), name: []byte("log")}
	for i := range s.ops {
		s.ptrs[i] = &s.ops[i]
	}
	return s
}

func (s *scene) play(seed uint64) {
	k := s.k
	s.c.state = seed
	s.sum = 0
	k.Reset(backend.Draws{Chooser: &s.c})
	r, w := k.Pipe()
	k.File("f", s.data)
	fd := k.OpenFile("f")
	l := k.Listener()
	k.Connect(l, 100)
	k.Device(0, true)
	k.LineEnable(0)
	k.RaiseAt(0, 300)
	k.RaiseAt(0, 200)
	k.SignalAt(2, 400)
	k.ExternalAt(1, 500)
	s.ops = [8]backend.Op{
		{Kind: backend.OpNop}, {Kind: backend.OpTimer, Off: 5000}, {Kind: backend.OpRead, FD: r, Buf: s.buf[:4], Off: -1},
		{Kind: backend.OpWrite, FD: w, Buf: s.buf[4:8], Off: -1}, {Kind: backend.OpWrite, FD: fd, Buf: s.buf[8:12], Off: 20},
		{Kind: backend.OpFsync, FD: fd},
		{Kind: backend.OpOpen, FD: backend.AtCWD, Arg: backend.OpenCreate | backend.OpenWrite, Buf: s.name},
		{Kind: backend.OpAccept, FD: l},
	}
	for i := range s.ops {
		s.ops[i].ID = backend.MakeOpID(i, 1)
	}
	for ops := s.ptrs[:]; len(ops) > 0; {
		ops = ops[k.Submit(ops):]
	}
	k.Cancel(s.ops[2].ID)
	k.Cancel(s.ops[5].ID)
	for turns := 0; k.Wait(vclock.Forever); turns++ {
		if turns > 1000 {
			panic("a scene of 8 ops and 5 events does not end")
		}
		for _, c := range s.into[:k.Reap(s.into[:])] {
			s.sum = (s.sum ^ uint64(c.ID)<<32 ^ uint64(uint32(c.Res))<<8 ^ uint64(c.Kind) ^ uint64(k.Now())) * 1099511628211
			if c.Kind == backend.CompletionLine {
				k.Clear(0)
			}
			if c.ID == s.ops[7].ID {
				k.Dispose(backend.OpAccept, c.Res)
			}
		}
	}
}

// After a first run with the same set-up nothing allocates, Reset and the set-up included.
func TestNoAllocation(t *testing.T) {
	s := newScene(sim.Options{Lines: 2, SpuriousSlots: 4})
	for seed := range uint64(20) {
		s.play(seed)
	}
	seed := uint64(0)
	if n := testing.AllocsPerRun(200, func() { s.play(seed % 20); seed++ }); n != 0 {
		t.Errorf("%v allocations per run, want 0", n)
	}
}

// A run is a function of its draws: a fresh kernel and a used one give the same reports at the same instants.
func TestResetMakesNew(t *testing.T) {
	used := newScene(sim.Options{Lines: 2, SpuriousSlots: 4})
	sums := map[uint64]bool{}
	for seed := range uint64(200) {
		fresh := newScene(sim.Options{Lines: 2, SpuriousSlots: 4})
		fresh.play(seed)
		used.play(seed)
		if fresh.sum != used.sum {
			t.Fatalf("seed %d: a used kernel behaves differently", seed)
		}
		sums[used.sum] = true
	}
	if len(sums) < 100 {
		t.Errorf("200 seeds gave only %d different runs", len(sums))
	}
}

// One scheduler step with nothing going on.
func BenchmarkIdleStep(b *testing.B) {
	k := kernel(mostChooser{}, sim.Options{})
	var into [8]backend.Completion
	for b.Loop() {
		k.Reap(into[:])
		k.Wait(k.Now().Add(vclock.Microsecond))
	}
}

// One nop from Submit to Reap.
func BenchmarkNop(b *testing.B) {
	k := kernel(nil, sim.Options{})
	ops := []*backend.Op{newOp(0, backend.OpNop, 0, nil)}
	var into [8]backend.Completion
	for b.Loop() {
		k.Submit(ops)
		k.Wait(vclock.Forever)
		k.Reap(into[:])
	}
}

// A whole run without a world.
func BenchmarkReset(b *testing.B) {
	k := kernel(nil, sim.Options{})
	for b.Loop() {
		k.Reset(backend.Draws{})
	}
}

// A whole run with 8 ops and 5 events, set-up included.
func BenchmarkRun(b *testing.B) {
	s := newScene(sim.Options{Lines: 2})
	seed := uint64(0)
	for b.Loop() {
		s.play(seed)
		seed++
	}
}

// A write and a read, on a pipe and on a file.
func BenchmarkTransfer(b *testing.B) {
	for _, name := range []string{"pipe", "file"} {
		b.Run(name, func(b *testing.B) {
			k := kernel(nil, sim.Options{})
			r, w := k.Pipe()
			if name == "file" {
				k.File("f", make([]byte, 64))
				r = k.OpenFile("f")
				w = r
			}
			buf := make([]byte, 64)
			ops := []*backend.Op{newOp(0, backend.OpWrite, w, buf), newOp(1, backend.OpRead, r, buf)}
			ops[0].Off, ops[1].Off = 0, 0
			var into [8]backend.Completion
			for b.Loop() {
				k.Submit(ops)
				for k.InFlight() > 0 {
					k.Wait(vclock.Forever)
					k.Reap(into[:])
				}
			}
		})
	}
}

// program is a run of sockets, names, chains and pools, with its own storage.
func program(k *sim.Kernel) func(t *testing.T) {
	mem := make([]byte, 256)
	at := inet(80)
	ext := func(e backend.OpExt) *backend.OpExt { return &e }
	const first = sim.FDBase + 2 // after a pipe
	list := []backend.Op{        // descriptors from first on: listener, client, accepted, datagrams, file
		{Kind: backend.OpSocket, Arg: backend.AFInet, Off: backend.SockStream, Flags: backend.FlagDrain},
		{Kind: backend.OpBind, FD: first, Ext: ext(backend.OpExt{Addr: at}), Flags: backend.FlagDrain | soft},
		{Kind: backend.OpListen, FD: first, Arg: 4, Flags: soft},
		{Kind: backend.OpSocket, Arg: backend.AFInet, Off: backend.SockStream, Flags: soft},
		{Kind: backend.OpConnect, FD: first + 1, Ext: ext(backend.OpExt{Addr: at}), Flags: soft},
		{Kind: backend.OpLinkTimeout, Off: int64(vclock.Second), Flags: soft},
		{Kind: backend.OpAccept, FD: first, Flags: soft},
		{Kind: backend.OpSendZC, FD: first + 1, Buf: mem[:10], Flags: soft},
		{Kind: backend.OpSocket, Arg: backend.AFInet, Off: backend.SockDgram, Flags: soft},
		{Kind: backend.OpSendMsg, FD: first + 3, Ext: ext(backend.OpExt{Addr: at, Vec: [][]byte{mem[:5], mem[5:9]}})},
		{Kind: backend.OpRecv, FD: first + 2, Flags: multi | backend.FlagPick, Ext: ext(backend.OpExt{})},
		{Kind: backend.OpPoll, FD: first + 2, Arg: in, Flags: multi},
		{Kind: backend.OpMkdir, FD: cwd, Buf: []byte("d"), Flags: soft},
		{Kind: backend.OpOpen, FD: cwd, Buf: []byte("d/f"), Arg: create, Flags: soft},
		{Kind: backend.OpWritev, FD: first + 4, Ext: ext(backend.OpExt{Vec: [][]byte{mem[:7], mem[:9]}}), Flags: soft},
		{Kind: backend.OpRename, FD: cwd, Buf: []byte("d/f"), Ext: ext(backend.OpExt{FD2: cwd, Path: []byte("g")}), Flags: soft},
		{Kind: backend.OpSplice, FD: first + 4, Arg: 16, Ext: ext(backend.OpExt{FD2: sim.FDBase + 1, Off2: -1})},
		{Kind: backend.OpTimer, Off: int64(10 * vclock.Millisecond), Flags: hard},
		{Kind: backend.OpCancel, Arg: backend.CancelAny},
	}
	ptrs := numbered(1, list...)
	pool := make([]byte, 64)
	var into [8]backend.Completion
	return func(t *testing.T) {
		k.Reset(backend.Draws{})
		k.Pipe()
		k.Provide(0, pool, 16, 4)
		if n := k.Submit(ptrs[:1]); n != 1 {
			t.Fatalf("Submit took %d of 1", n)
		}
		if n := k.Submit(ptrs[1:]); n != len(ptrs)-1 {
			t.Fatalf("Submit took %d of %d", n, len(ptrs)-1)
		}
		for k.Wait(vclock.Forever) {
			for _, c := range into[:k.Reap(into[:])] {
				if c.Res < 0 && c.Res != errno(backend.ECANCELED) {
					t.Fatalf("op %d of kind %d gave %d", c.ID.Slot(), ptrs[c.ID.Slot()].Kind, c.Res)
				}
			}
		}
		if k.InFlight() != 0 {
			t.Fatalf("%d ops do not end", k.InFlight())
		}
	}
}

// Sockets, names, chains, drains, multishot ops and pools do not allocate either.
func TestNoAllocationOfTheRest(t *testing.T) {
	run := program(sim.New(sim.Options{}))
	run(t)
	if n := testing.AllocsPerRun(50, func() { run(t) }); n != 0 {
		t.Errorf("%v allocations per run, want 0", n)
	}
}
