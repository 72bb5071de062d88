package sim_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
)

// mess submits ops of every kind with arguments that more or less make sense, in any order, and watches the reports.
type mess struct {
	t    *testing.T
	k    *sim.Kernel
	c    randomChooser // the world's
	own  uint64        // the program's
	live [messSlots]*backend.Op
	gens [messSlots]uint64
	fds  []int32
	kept [2][]uint16 // buffers of the groups that were picked and not given back
	sum  uint64
	kind [backend.OpKinds]int // successful reports
	bufs [2][]byte
}

const (
	messSlots   = 24
	messBuffers = 3
)

func (m *mess) n(n int) int {
	m.own = m.own*6364136223846793005 + 1442695040888963407
	return int(m.own>>33) % n
}

func (m *mess) fd() int32 {
	if len(m.fds) == 0 || m.n(16) == 15 {
		return 99
	}
	return m.fds[m.n(len(m.fds))]
}

func (m *mess) name() []byte { return []byte([]string{"f", "d", "d/g", "s", "e", "d/h"}[m.n(6)]) }

func (m *mess) address() backend.Addr {
	switch m.n(4) {
	case 0:
		return backend.AddrUnix("s")
	case 1:
		return backend.AddrInet6([16]byte{15: 1}, 80, 0)
	}
	return inet(uint16(80 + m.n(2)))
}

// op makes a random op for a free slot.
func (m *mess) op() backend.Op {
	kind := 1 + backend.OpKind(m.n(int(backend.OpKinds)))
	o := backend.Op{Kind: kind, FD: m.fd(), Off: -1, Buf: make([]byte, m.n(40))}
	o.Ext = &backend.OpExt{FD2: m.fd(), Off2: -1, Index: uint16(m.n(3)), Path: m.name(), Addr: m.address(),
		Vec: [][]byte{make([]byte, m.n(20)), make([]byte, m.n(20))}}
	o.Arg = uint32(m.n(4))
	switch kind {
	case backend.OpTimer:
		o.Off = int64(m.k.Now()) + int64(m.n(50_000))
	case backend.OpLinkTimeout:
		o.Off = int64(m.n(50_000))
	case backend.OpOpen:
		o.Arg = []uint32{create, backend.OpenRead, backend.OpenWrite | backend.OpenAppend, backend.OpenDirectory}[m.n(4)]
		fallthrough
	case backend.OpMkdir, backend.OpRename, backend.OpUnlink:
		o.FD, o.Buf, o.Off, o.Ext.FD2 = cwd, m.name(), 0o700, cwd
		if kind == backend.OpUnlink {
			o.Arg = uint32(m.n(2)) * dirFlag
		}
	case backend.OpStat:
		o.FD, o.Buf = cwd, make([]byte, backend.StatBytes)
	case backend.OpTruncate, backend.OpFallocate:
		o.Off, o.Ext.Off2, o.Arg = int64(m.n(30)), int64(m.n(30)), 0
	case backend.OpSocket:
		o.Arg = []uint32{backend.AFInet, backend.AFUnix, backend.AFInet6}[m.n(3)]
		o.Off = 1 + int64(m.n(2))
	case backend.OpCancel:
		o.Ext.Target = backend.MakeOpID(m.n(messSlots), 1)
		if t := m.live[o.Ext.Target.Slot()]; t != nil {
			o.Ext.Target = t.ID
		}
		o.Arg = []uint32{0, 1, 2, 3, 4}[m.n(5)]
	case backend.OpReadFixed, backend.OpWriteFixed:
		o.Ext.Index = uint16(m.n(2))
		o.Buf = m.bufs[0][:m.n(16)]
	case backend.OpPoll:
		o.Arg = []uint32{in, out, in | out | rdhup}[m.n(3)]
	case backend.OpSplice:
		o.Arg = uint32(m.n(600))
	case backend.OpSend, backend.OpRecv, backend.OpSendMsg, backend.OpRecvMsg, backend.OpSendZC:
		o.Arg = []uint32{0, backend.MsgWaitAll, backend.MsgDontWait, backend.MsgPeek}[m.n(4)]
	}
	o.Flags = []backend.OpFlags{0, soft, hard, backend.FlagDrain, multi, backend.FlagPick, multi | backend.FlagPick,
		backend.FlagAsync, backend.FlagAsync | backend.FlagPick}[m.n(9)]
	return o
}

func (m *mess) submit() {
	var ops []*backend.Op
	for slot := range m.live {
		if m.live[slot] != nil || m.n(4) == 0 {
			continue
		}
		o := m.op()
		m.gens[slot]++
		o.ID = backend.MakeOpID(slot, m.gens[slot])
		ops = append(ops, &o)
		if len(ops) == 4 {
			break
		}
	}
	for _, o := range ops[:m.k.Submit(ops)] {
		m.live[o.ID.Slot()] = o
	}
}

func (m *mess) reap() {
	var into [3]backend.Completion
	for n := m.k.Reap(into[:]); n > 0; n = m.k.Reap(into[:]) {
		for _, c := range into[:n] {
			m.report(c)
		}
	}
}

func (m *mess) report(c backend.Completion) {
	m.sum = (m.sum ^ uint64(c.ID)<<24 ^ uint64(uint32(c.Res)) ^ uint64(c.Pick)<<8 ^ uint64(m.k.Now())) * 1099511628211
	o := m.live[c.ID.Slot()]
	if o == nil || o.ID != c.ID {
		m.t.Fatalf("a report of op %#x, which is not in flight: %+v", c.ID, c)
	}
	if c.Res >= 0 && !c.Notice {
		m.kind[o.Kind]++
	}
	if c.More && o.Flags&multi == 0 && o.Kind != backend.OpSendZC || c.Notice && o.Kind != backend.OpSendZC {
		m.t.Fatalf("kind %d, flags %x reports %+v", o.Kind, o.Flags, c)
	}
	if c.Picked {
		m.kept[o.Ext.Index] = append(m.kept[o.Ext.Index], c.Pick)
		for _, old := range m.kept[o.Ext.Index][:len(m.kept[o.Ext.Index])-1] {
			if old == c.Pick {
				m.t.Fatalf("buffer %d was picked twice", c.Pick)
			}
		}
	}
	if o.Kind.ReturnsFD() && c.Res >= 0 {
		m.fds = append(m.fds, c.Res)
	}
	if !c.More {
		m.live[c.ID.Slot()] = nil
	}
}

// play runs one mess from its seed.
func (m *mess) play(seed uint64) {
	k := m.k
	*m = mess{t: m.t, k: k, c: randomChooser{state: seed}, own: seed}
	k.Reset(backend.Draws{Chooser: &m.c})
	k.Dir("d")
	k.File("f", []byte("some content"))
	m.bufs = [2][]byte{make([]byte, 32), make([]byte, 16)}
	k.Register(m.bufs[:])
	for g := range m.kept {
		k.Provide(uint16(g), make([]byte, 8*messBuffers), 8, messBuffers)
	}
	r, w := k.Pipe()
	l := k.Listener()
	m.fds = append(m.fds, r, w, l, k.OpenFile("f"), k.Connect(l, 5_000))
	m.c.quiet = true
	a, b := streamPair(m.t, k, inet(81))
	l, _ = listenAt(m.t, k, inet(80), 1)
	u := socketFD(m.t, k, backend.AFInet, backend.SockDgram)
	do(m.t, k, addrOp(backend.OpBind, u, inet(80)))
	m.fds = append(m.fds, a, b, l, u)
	m.fds = append(m.fds, socketFD(m.t, k, backend.AFInet, backend.SockDgram), socketFD(m.t, k, backend.AFInet, backend.SockStream))
	m.c.quiet = false
	for range 60 {
		switch m.n(6) {
		case 0, 1:
			m.submit()
		case 2:
			k.Wait(k.Now().Add(vclock.Duration(m.n(30_000))))
			m.reap()
		case 3:
			if o := m.live[m.n(messSlots)]; o != nil {
				k.Cancel(o.ID)
			}
		case 4:
			if g := m.n(2); len(m.kept[g]) > 0 {
				k.GiveBack(uint16(g), m.kept[g][0])
				m.kept[g] = m.kept[g][1:]
			}
		case 5:
			if g := m.n(20); g < 2 { // end a group, with whatever is taken of it, and make it anew
				m.reap() // what was picked is known
				k.Unprovide(uint16(g))
				k.Provide(uint16(g), make([]byte, 8*messBuffers), 8, messBuffers)
				m.kept[g] = nil
			}
		}
	}
	m.end()
}

// end cancels everything, and checks that nothing is left.
func (m *mess) end() {
	for range messSlots { // a cancel lets followers start
		for _, o := range m.live {
			if o != nil {
				m.k.Cancel(o.ID)
			}
		}
		for m.reap(); m.k.Wait(vclock.Forever); m.reap() {
		}
	}
	if m.k.InFlight() != 0 {
		m.t.Fatalf("%d ops outlive their cancel", m.k.InFlight())
	}
	for fd := int32(sim.FDBase); fd < 99; fd++ {
		id := m.gens[0] + 1
		m.gens[0]++
		o := &backend.Op{ID: backend.MakeOpID(0, id), Kind: backend.OpClose, FD: fd}
		m.live[0] = o
		for m.k.Submit([]*backend.Op{o}) == 0 {
		}
		for m.k.Wait(vclock.Forever); m.live[0] != nil; m.k.Wait(vclock.Forever) {
			m.reap()
		}
	}
	if m.k.OpenFDs() != 0 {
		m.t.Fatalf("%d descriptors are left", m.k.OpenFDs())
	}
	m.c.quiet = true
	r, w := m.k.Pipe()
	m.k.Put(w, make([]byte, 40))
	for g := range m.kept {
		n := 0
		read := backend.Op{Kind: backend.OpRead, FD: r, Flags: backend.FlagPick, Buf: make([]byte, 1)}
		read.Ext = &backend.OpExt{Index: uint16(g)}
		for n < 10 && do(m.t, m.k, read) == 1 {
			n++
		}
		if n+len(m.kept[g]) != messBuffers {
			m.t.Fatalf("%d buffers are in the group and %d are not, of %d", n, len(m.kept[g]), messBuffers)
		}
	}
}

// Whatever a program does, with every fault on: an op reports as its kind may, ends once, and ends after a cancel; nothing
// panics; and a run is a function of its seed, on a fresh kernel as on a used one. Every kind succeeds at least once.
func TestEverything(t *testing.T) {
	o := sim.Options{FDMax: 24, PipeBytes: 64, FileBytes: 60, FilesMax: 6, CQEntries: 8, OpsMax: 64}
	used := &mess{t: t, k: sim.New(o)}
	var kinds [backend.OpKinds]int
	for seed := range uint64(3000) {
		used.play(seed)
		for k, n := range used.kind {
			kinds[k] += n
		}
		if seed%5 == 0 {
			fresh := &mess{t: t, k: sim.New(o)}
			if fresh.play(seed); fresh.sum != used.sum {
				t.Fatalf("seed %d: a used kernel behaves differently", seed)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for k := backend.OpNop; k < backend.OpKinds; k++ {
		if kinds[k] == 0 && k != backend.OpLinkTimeout { // which never succeeds
			t.Errorf("kind %d never succeeds", k)
		}
	}
}
