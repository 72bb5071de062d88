package backendtest

import "github.com/tripoint-go/tripoint/backend"

const noBuffers = -int32(backend.ENOBUFS)

func pickCases() []Case {
	reads := withFlags(pipes(), backend.FlagPick)
	reads.pools = true
	recvs := withFlags(streams(), backend.FlagPick)
	recvs.pools = true
	async := withFlags(recvs, backend.FlagAsync)
	return []Case{
		{"ProvideAndUnprovide", reads, provideAndUnprovide},
		{"PickOnRead", reads, pickOnRead},
		{"PickOnReceive", recvs, pickOnReceive},
		{"PickFromTheRightGroup", reads, pickFromTheRightGroup},
		{"PickFromNothing", recvs, pickFromNothing},
		{"PickCancelled", recvs, func(r *rig) { pickCancelled(r, 0) }},
		{"PickCancelledAsync", async, func(r *rig) { pickCancelled(r, backend.FlagAsync) }},
	}
}

// pool is a buffer group, and what is taken of it. A backend with lanes may divide a group among them, so with lanes a group
// has more buffers than the one lane of a case can count on.
type pool struct {
	r     *rig
	b     backend.Pools
	group uint16
	least int // buffers that one lane can pick
	n     int // buffers of the group
	size  int
	mem   []byte
	taken map[uint16]bool
}

// pool makes a group of n buffers of size bytes for each lane.
func (r *rig) pool(group uint16, n, size int) *pool {
	r.Helper()
	p := &pool{r: r, b: r.b.(backend.Pools), group: group, least: n, n: n, size: size, taken: map[uint16]bool{}}
	if lanes, ok := r.b.(backend.Parallel); ok {
		p.n *= lanes.Lanes()
	}
	p.mem = make([]byte, p.n*size)
	r.want("Provide", -int32(p.b.Provide(group, p.mem, size, p.n)), 0)
	return p
}

// data returns what a report has put into its buffer, and notes that the buffer is taken.
func (p *pool) data(c backend.Completion) string {
	p.r.Helper()
	if int(c.Pick) >= p.n {
		p.r.Fatalf("a report picked buffer %d of %d", c.Pick, p.n)
	}
	if p.taken[c.Pick] {
		p.r.Errorf("a report picked buffer %d, which was not given back", c.Pick)
	}
	p.taken[c.Pick] = true
	if c.Res < 0 || int(c.Res) > p.size {
		p.r.Fatalf("a report says that %s bytes are in a buffer of %d", code(c.Res), p.size)
	}
	return string(p.mem[int(c.Pick)*p.size:][:c.Res])
}

func (p *pool) giveBack(c backend.Completion) {
	delete(p.taken, c.Pick)
	p.b.GiveBack(p.group, c.Pick)
}

// end ends the group.
func (p *pool) end() {
	p.r.Helper()
	p.r.want("Unprovide", -int32(p.b.Unprovide(p.group)), 0)
}

// empty takes all buffers that can be picked, each once, and returns their reports. Then the next one fails with ENOBUFS.
func (p *pool) empty() []backend.Completion {
	p.r.Helper()
	rd, wr := p.r.pipe()
	var kept []backend.Completion
	for {
		p.r.fill(wr, "f")
		c := p.read(rd)
		if c.Res == noBuffers && len(kept) >= p.least {
			return kept
		}
		if c.Res != 1 || !c.Picked || len(kept) == p.n {
			p.r.Fatalf("with %d of %d buffers taken a read reports %+v", len(kept), p.n, c)
		}
		p.data(c)
		kept = append(kept, c)
	}
}

// full checks that no buffer of the group is missing, and leaves them there.
func (p *pool) full() {
	p.r.Helper()
	for _, c := range p.empty() {
		p.giveBack(c)
	}
}

// read reads with a picked buffer.
func (p *pool) read(fd int32) backend.Completion {
	p.r.Helper()
	return p.run(backend.Op{Kind: backend.OpRead, FD: fd, Off: -1})
}

// run runs a one-shot op that picks from the group. It gives back what a request to try again has picked.
func (p *pool) run(o backend.Op) backend.Completion {
	p.r.Helper()
	o.Flags |= backend.FlagPick
	o.Ext = &backend.OpExt{Index: p.group}
	for range triesMax {
		op := p.r.make(o)
		p.r.submit(op)
		c := p.r.last(op)
		if !transient(c.Res) {
			return c
		}
		if c.Picked {
			p.giveBack(c)
		}
	}
	p.r.Fatalf("an op that picks was interrupted %d times in a row", triesMax)
	return backend.Completion{}
}

// A group is made once, of buffers that fit the memory, and ends once; then it can be made anew.
func provideAndUnprovide(r *rig) {
	p := r.b.(backend.Pools)
	mem := make([]byte, 64)
	for _, c := range []struct {
		group   uint16
		size, n int
		want    backend.Errno
	}{
		{1, 16, 5, backend.EINVAL}, // more than the memory holds
		{1, 0, 4, backend.EINVAL},
		{1, 16, 0, backend.EINVAL},
		{1, -16, 2, backend.EINVAL},
		{256, 16, 4, backend.EINVAL},
		{1, 16, 4, backend.OK},
		{1, 16, 4, backend.EEXIST},
		{255, 20, 3, backend.OK}, // neither number is a power of two
	} {
		if got := p.Provide(c.group, mem, c.size, c.n); got != c.want {
			r.Errorf("Provide(%d, 64 bytes, %d, %d) = %v, want %v", c.group, c.size, c.n, got, c.want)
		}
	}
	for _, c := range []struct {
		group uint16
		want  backend.Errno
	}{{2, backend.ENOENT}, {1, backend.OK}, {1, backend.ENOENT}, {255, backend.OK}} {
		if got := p.Unprovide(c.group); got != c.want {
			r.Errorf("Unprovide(%d) = %v, want %v", c.group, got, c.want)
		}
	}
	again := r.pool(1, 2, 16)
	again.full()
	again.end()
}

// A read with FlagPick takes a buffer when it has something to put in. Given back, the buffer can be picked again; without
// that a group of three would not last.
func pickOnRead(r *rig) {
	rd, wr := r.pipe()
	p := r.pool(7, 3, 8)
	for i := range 20 {
		r.fill(wr, "abcd"[i%4:i%4+1])
		c := p.read(rd)
		if c.Res != 1 || !c.Picked {
			r.Fatalf("a read that picks reports %+v, want 1 byte and a buffer", c)
		}
		if got := p.data(c); got != "abcd"[i%4:i%4+1] {
			r.Errorf("the buffer holds %q, want %q", got, "abcd"[i%4:i%4+1])
		}
		p.giveBack(c)
	}
	p.full()
	p.end()
}

// A receive with FlagPick takes at most one buffer full; the rest stays for the next one.
func pickOnReceive(r *rig) {
	c, s := r.pair()
	p := r.pool(0, 2, 4)
	r.send(c, "0123456789")
	for got := ""; got != "0123456789"; {
		rep := p.run(backend.Op{Kind: backend.OpRecv, FD: s})
		if rep.Res < 1 || !rep.Picked {
			r.Fatalf("a receive that picks reports %+v, want a count and a buffer", rep)
		}
		got += p.data(rep)
		if got != "0123456789"[:min(len(got), 10)] {
			r.Fatalf("received %q", got)
		}
		p.giveBack(rep)
	}
	p.full()
	p.end()
}

// Groups are independent: an op takes a buffer of the group it names.
func pickFromTheRightGroup(r *rig) {
	rd, wr := r.pipe()
	a, b := r.pool(1, 2, 4), r.pool(2, 2, 4)
	r.fill(wr, "a")
	ca := a.read(rd)
	r.fill(wr, "b")
	cb := b.read(rd)
	if !ca.Picked || !cb.Picked || a.data(ca) != "a" || b.data(cb) != "b" {
		r.Errorf("the groups' buffers hold %q and %q", a.mem, b.mem)
	}
	a.giveBack(ca)
	b.giveBack(cb)
	a.end()
	b.full()
	b.end()
}

// Without a buffer, or without a group, an op that picks fails with ENOBUFS at once: it does not wait for data first.
func pickFromNothing(r *rig) {
	_, s := r.pair()
	p := r.pool(4, 1, 8)
	kept := p.empty()
	if res := p.run(backend.Op{Kind: backend.OpRecv, FD: s}).Res; res != noBuffers {
		r.Errorf("a receive from an empty group gave %s, want ENOBUFS", code(res))
	}
	for _, c := range kept {
		p.giveBack(c)
	}
	p.end()
	if res := p.run(backend.Op{Kind: backend.OpRecv, FD: s}).Res; res != noBuffers {
		r.Errorf("a receive from a group that was ended gave %s, want ENOBUFS", code(res))
	}
}

// Duty 5: a cancelled op that picks may have taken a buffer all the same, and says so. Whoever gives those back and only
// those still has all buffers.
func pickCancelled(r *rig, flags backend.OpFlags) {
	_, s := r.pair()
	p := r.pool(9, 2, 8)
	for range 6 {
		o := r.make(backend.Op{Kind: backend.OpRecv, FD: s, Flags: backend.FlagPick | flags, Ext: &backend.OpExt{Index: 9}})
		r.arm(o)
		r.b.Cancel(o.ID)
		c := r.last(o)
		if !endedEarly(c.Res) && !transient(c.Res) {
			r.Fatalf("a cancelled receive that picks gave %s", code(c.Res))
		}
		if c.Picked {
			p.giveBack(c)
		}
	}
	p.full()
	p.end()
}
