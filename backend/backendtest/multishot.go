package backendtest

import "github.com/tripoint-go/tripoint/backend"

func multishotCases() []Case {
	accepts := withFlags(streams(), backend.FlagMultishot)
	accepts.multi = set(backend.OpAccept)
	recvs := withFlags(streams(), backend.FlagMultishot|backend.FlagPick)
	recvs.multi, recvs.pools = set(backend.OpRecv), true
	return []Case{
		{"AcceptMultishot", accepts, acceptMultishot},
		{"AcceptMultishotCancelled", accepts, acceptMultishotCancelled},
		{"AcceptMultishotEndsWithItsListener", accepts, acceptMultishotShutdown},
		{"ReceiveMultishot", recvs, receiveMultishot},
		{"ReceiveMultishotRunsOut", recvs, receiveMultishotRunsOut},
		{"EmptyGroupHidesTheEnd", recvs, emptyGroupHidesTheEnd},
		{"UnprovideEndsAReceive", recvs, unprovideEndsAReceive},
		{"ReceiveMultishotCancelled", recvs, receiveMultishotCancelled},
		{"ReceiveMultishotNeedsAPool", recvs, receiveMultishotNeedsAPool},
	}
}

// multi is a multishot op that is submitted again when it ends by a success or is interrupted, which it may at any time.
type multi struct {
	r    *rig
	op   backend.Op
	cur  *backend.Op // nil: not in flight
	seen int         // reports of cur that next has returned
	give func(backend.Completion)
}

func (r *rig) multishot(o backend.Op) *multi {
	o.Flags |= backend.FlagMultishot
	return &multi{r: r, op: o}
}

// start submits the op unless it is in flight.
func (m *multi) start() {
	if m.cur == nil {
		m.cur, m.seen = m.r.make(m.op), 0
		m.r.submit(m.cur)
	}
}

// take returns the next report of what is in flight, which is there.
func (m *multi) take() backend.Completion {
	c := m.r.reports(m.cur)[m.seen]
	if m.seen++; !c.More {
		m.cur = nil
	}
	return c
}

// settle makes sure that the op waits: all reports so far are read, and it is submitted again if it has ended.
func (m *multi) settle() {
	m.r.Helper()
	for range triesMax {
		m.start()
		m.r.linger(brief)
		for m.cur != nil && m.seen < len(m.r.reports(m.cur)) {
			if c := m.take(); c.Picked {
				m.give(c)
			}
		}
		if m.cur != nil {
			return
		}
	}
	m.r.Fatalf("a multishot op does not stay in flight")
}

// next waits for the next report that is not a request to try again.
func (m *multi) next() backend.Completion {
	m.r.Helper()
	for range triesMax {
		m.start()
		m.r.until("a report of a multishot op", func() bool { return m.seen < len(m.r.reports(m.cur)) })
		c := m.take()
		if !transient(c.Res) {
			return c
		}
		if c.More {
			m.r.Errorf("a multishot op has a report with %s and More", code(c.Res))
		}
		if c.Picked {
			m.give(c)
		}
	}
	m.r.Fatalf("a multishot op was interrupted %d times in a row", triesMax)
	return backend.Completion{}
}

// stop cancels the op and returns the result of its terminal report, or ECANCELED if it has ended before.
func (m *multi) stop() int32 {
	m.r.Helper()
	if m.cur == nil {
		return cancelled
	}
	m.r.cancel(m.cur)
	for {
		c := m.take()
		if c.Picked {
			m.give(c)
		}
		if m.cur == nil {
			if c.Res >= 0 { // an early end that the cancel met
				return cancelled
			}
			return c.Res
		}
	}
}

// A multishot accept reports every connection once, those that waited before it and those that come later.
func acceptMultishot(r *rig) {
	l, addr := r.listen()
	m := r.multishot(backend.Op{Kind: backend.OpAccept, FD: l})
	var clients, servers []int32
	for i := range 5 {
		if i == 1 {
			m.start()
		}
		clients = append(clients, r.dial(addr))
	}
	for range clients {
		c := m.next()
		if c.Res < 0 {
			r.Fatalf("a multishot accept gave %s", code(c.Res))
		}
		servers = append(servers, c.Res)
	}
	var seen [5]int
	for i, c := range clients {
		r.send(c, string(rune('0'+i)))
	}
	for _, s := range servers {
		seen[r.recv(s, 1)[0]-'0']++
	}
	if seen != [5]int{1, 1, 1, 1, 1} {
		r.Errorf("of 5 connections each was accepted this often: %v", seen)
	}
	m.stop()
}

// The terminal report of a cancelled multishot accept is ECANCELED without More. Connections that come later wait for the
// next accept.
func acceptMultishotCancelled(r *rig) {
	l, addr := r.listen()
	for range 3 {
		m := r.multishot(backend.Op{Kind: backend.OpAccept, FD: l})
		m.settle()
		r.want("a cancelled multishot accept", m.stop(), cancelled, interrupt)
		c := r.dial(addr)
		s := r.accept(l)
		r.send(c, "n")
		if got := r.recv(s, 1); got != "n" {
			r.Errorf("received %q, want \"n\"", got)
		}
	}
}

// The shutdown of its listener ends a multishot accept, with EINVAL.
func acceptMultishotShutdown(r *rig) {
	l, addr := r.listen()
	m := r.multishot(backend.Op{Kind: backend.OpAccept, FD: l})
	r.dial(addr)
	if c := m.next(); c.Res < 0 {
		r.Fatalf("a multishot accept gave %s", code(c.Res))
	}
	m.settle()
	r.shutdown(l, backend.ShutBoth)
	if c := m.next(); c.Res != invalid || c.More {
		r.Errorf("after the shutdown of its listener a multishot accept reports %+v, want EINVAL and no more", c)
	}
}

// A multishot receive takes a buffer of its group for each report, and the stream is what the buffers hold, one after the
// other. The end is a report of 0, terminal and without a buffer.
func receiveMultishot(r *rig) {
	c, s := r.pair()
	p := r.pool(3, 4, 8)
	m := r.multishot(backend.Op{Kind: backend.OpRecv, FD: s, Flags: backend.FlagPick, Ext: &backend.OpExt{Index: 3}})
	m.give = p.giveBack
	got := ""
	for i := range 12 {
		r.send(c, "abcdefghijkl"[i:i+1])
		for len(got) <= i {
			rep := m.next()
			if rep.Res < 1 || !rep.Picked {
				r.Fatalf("a multishot receive reports %+v, want a count and a buffer", rep)
			}
			got += p.data(rep)
			p.giveBack(rep)
		}
	}
	r.shutdown(c, backend.ShutWrite)
	if rep := m.next(); rep.Res != 0 || rep.More || rep.Picked {
		r.Errorf("at the end of the stream a multishot receive reports %+v, want 0, terminal, no buffer", rep)
	}
	if got != "abcdefghijkl" {
		r.Errorf("received %q, want %q", got, "abcdefghijkl")
	}
	p.end()
}

// When its group is empty a multishot receive ends with ENOBUFS. The bytes stay in the socket: given a buffer, the next
// one gets them.
func receiveMultishotRunsOut(r *rig) {
	c, s := r.pair()
	p := r.pool(3, 2, 1) // 2 buffers of 1 byte
	m := r.multishot(backend.Op{Kind: backend.OpRecv, FD: s, Flags: backend.FlagPick, Ext: &backend.OpExt{Index: 3}})
	m.give = p.giveBack
	r.send(c, "1234567890")
	var kept []backend.Completion
	got := ""
	for {
		rep := m.next()
		if rep.Res == noBuffers && len(kept) >= p.least {
			if rep.More || rep.Picked {
				r.Errorf("without buffers a multishot receive reports %+v, want ENOBUFS, terminal", rep)
			}
			break
		}
		if rep.Res != 1 || !rep.Picked || len(kept) == p.n {
			r.Fatalf("with %d of %d buffers taken a multishot receive reports %+v", len(kept), p.n, rep)
		}
		got += p.data(rep)
		kept = append(kept, rep)
	}
	for _, rep := range kept {
		p.giveBack(rep)
	}
	early := 0
	for len(got) < 10 {
		rep := m.next()
		if rep.Res == noBuffers && !rep.More && early < triesMax {
			early++ // it looked for a buffer before the next line gave one back
			continue
		}
		if rep.Res != 1 || !rep.Picked {
			r.Fatalf("after buffers were given back a multishot receive reports %+v", rep)
		}
		got += p.data(rep)
		p.giveBack(rep)
	}
	if got != "1234567890" {
		r.Errorf("received %q, want %q", got, "1234567890")
	}
	m.stop()
	p.end()
}

// A multishot receive that is cancelled ends with ECANCELED. What comes later is for the next receive, and no buffer is
// missing.
func receiveMultishotCancelled(r *rig) {
	c, s := r.pair()
	p := r.pool(3, 2, 8)
	for range 5 {
		m := r.multishot(backend.Op{Kind: backend.OpRecv, FD: s, Flags: backend.FlagPick, Ext: &backend.OpExt{Index: 3}})
		m.give = p.giveBack
		m.settle()
		r.want("a cancelled multishot receive", m.stop(), cancelled, interrupt)
		r.send(c, "x")
		if got := r.recv(s, 1); got != "x" {
			r.Errorf("the next receive got %q, want \"x\"", got)
		}
	}
	p.full()
	p.end()
}

// A multishot receive without FlagPick has nowhere to put what it receives, and one for all of its buffer makes no sense.
func receiveMultishotNeedsAPool(r *rig) {
	_, s := r.pair()
	p := r.pool(3, 2, 8)
	o := recvOp(s, make([]byte, 4), 0)
	o.Flags = backend.FlagMultishot
	r.want("a multishot receive without a pool", r.do(o), invalid)
	o = recvOp(s, nil, backend.MsgWaitAll)
	o.Flags, o.Ext = backend.FlagMultishot|backend.FlagPick, &backend.OpExt{Index: 3}
	r.want("a multishot receive of all", r.do(o), invalid)
	p.end()
}

// With an empty group a multishot receive fails with ENOBUFS even where there is nothing but the end to report. The end is not
// lost: given a buffer, the next receive sees it.
func emptyGroupHidesTheEnd(r *rig) {
	c, s := r.pair()
	p := r.pool(3, 1, 8)
	kept := p.empty()
	r.shutdown(c, backend.ShutWrite)
	m := r.multishot(backend.Op{Kind: backend.OpRecv, FD: s, Flags: backend.FlagPick, Ext: &backend.OpExt{Index: 3}})
	m.give = p.giveBack
	if rep := m.next(); rep.Res != noBuffers || rep.More || rep.Picked {
		r.Errorf("with an empty group a multishot receive reports %+v, want ENOBUFS, terminal", rep)
	}
	for _, rep := range kept {
		p.giveBack(rep)
	}
	if rep := m.next(); rep.Res != 0 || rep.More || rep.Picked {
		r.Errorf("at the end of the stream a multishot receive reports %+v, want 0, terminal, no buffer", rep)
	}
	p.end()
}

// A receive that waits when its group ends fails with ENOBUFS as soon as it would need a buffer. What it was to receive stays.
func unprovideEndsAReceive(r *rig) {
	c, s := r.pair()
	p := r.pool(3, 2, 8)
	m := r.multishot(backend.Op{Kind: backend.OpRecv, FD: s, Flags: backend.FlagPick, Ext: &backend.OpExt{Index: 3}})
	m.give = p.giveBack
	m.settle()
	p.end()
	r.send(c, "stays")
	if rep := m.next(); rep.Res != noBuffers || rep.More || rep.Picked {
		r.Errorf("after the end of its group a multishot receive reports %+v, want ENOBUFS, terminal", rep)
	}
	if got := r.recv(s, 5); got != "stays" {
		r.Errorf("the next receive got %q, want %q", got, "stays")
	}
}
