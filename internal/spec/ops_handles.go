package spec

import "github.com/tripoint-go/tripoint/backend"

// ownPosition marks, in the fifth field of submit, an operation that uses the handle's own position. Where the trace does
// not carry the mark, IO14 only judges the moves that are there, not those that are missing.
const ownPosition = 1

// handle is one use of a descriptor number, as far as the trace tells of it.
type handle struct {
	h, kind       int64
	open          backend.Event // hopen; Kind 0: not wrapped
	ours          bool          // an operation opened it, so somebody must close it
	result        backend.Event // the reap that delivered it, until hopen
	closing       backend.Event // submit of the close
	closed        backend.Event
	flying        int // operations on it, the close not counted
	reads, writes int
}

// onHandle reports whether the handle field of an operation means something.
func onHandle(kind backend.OpKind, h int64) bool {
	switch kind {
	case backend.OpInvalid, backend.OpNop, backend.OpTimer, backend.OpSocket, backend.OpLinkTimeout, backend.OpCancel:
		return false
	}
	return h >= 0 // a path is relative to a directory, or to nothing
}

// reads and writes report whether an operation moves bytes out of a handle, or into it.
func reads(kind backend.OpKind) bool {
	switch kind {
	case backend.OpRead, backend.OpReadv, backend.OpReadFixed, backend.OpRecv, backend.OpRecvMsg:
		return true
	}
	return false
}

func writes(kind backend.OpKind) bool {
	switch kind {
	case backend.OpWrite, backend.OpWritev, backend.OpWriteFixed, backend.OpSend, backend.OpSendMsg, backend.OpSendZC:
		return true
	}
	return false
}

// picks reports whether a result, even a failure, may come with a buffer of a pool, which somebody must give back.
func picks(kind backend.OpKind) bool { return kind == backend.OpRead || kind == backend.OpRecv }

// flying returns the submit of the first operation under way on a handle. Only for reports.
func (m *ops) flying(h int64) backend.Event {
	for _, o := range sortedKeys(m.s) {
		if p := m.s[o]; p.h == h && p.end.Kind == 0 && onHandle(opKind(p.kind), h) {
			return p.submit
		}
	}
	return backend.Event{}
}

func (m *ops) descriptor(h int64) *handle {
	d := m.handles[h]
	if d == nil {
		d = &handle{h: h}
		m.handles[h] = d
	}
	return d
}

// handle keeps what is known of descriptors. The number of a closed one may be in use again before the completion of its
// close is known, so a close concerns the handle that its operation was submitted on.
func (m *ops) handle(ev *backend.Event) {
	h := ev.Args[0]
	d := m.descriptor(h)
	if ev.Kind == backend.EvHOpen {
		if d.result.Kind != 0 && d.open.Kind != 0 && d.ours {
			m.c.fail("IO8", inOrder(d.open, *ev), "handle %d is opened twice", h)
		}
		if d.closing.Kind != 0 || d.closed.Kind != 0 {
			d = &handle{h: h}
			m.handles[h] = d
		}
		d.kind, d.open, d.ours = ev.Args[1], *ev, d.result.Kind != 0
		d.result = backend.Event{}
		return
	}
	if p := m.s[m.cause[ev.Lane].Args[0]]; p != nil && p.kind == int64(backend.OpClose) && p.h == h {
		d = p.on
	}
	switch {
	case d.closed.Kind != 0:
		m.c.fail("IO8", inOrder(d.closed, *ev), "handle %d is closed twice", h)
	case d.flying > 0: // by the end of its owner, without a close operation, it is given back in the same order
		m.c.fail("IO13", inOrder(d.open, m.flying(h), *ev), "handle %d is closed while an operation on it is under way", h)
	}
	d.closed, d.ours = *ev, false
}

// position judges IO14 and IO10 for moves outside of polls, where only the completion of a write moves a position. Inside a
// poll every move may be a seek.
func (m *ops) position(ev *backend.Event) {
	c, h := m.c, ev.Args[0]
	cause := m.cause[ev.Lane]
	if cause.Kind == 0 {
		return
	}
	p := m.s[cause.Args[0]]
	if p == nil || p.h != h || p.on == nil || c.world.lanes[ev.Lane].poll != 0 {
		return
	}
	kind := opKind(p.kind)
	switch {
	case p.end.Kind != 0 && p.end.Args[1] == cancelled:
		c.fail("IO10", inOrder(p.end, *ev), "operation %d was cancelled and moved the position of handle %d", p.id, h)
	case reads(kind) && p.reap.Kind == 0:
		c.fail("IO14", inOrder(cause, *ev), "a read moves the position of handle %d before it is delivered", h)
	case reads(kind) && cause.Kind == backend.EvReap && cause.Args[1] != backend.ReapDeliver:
		c.fail("IO14", inOrder(cause, *ev), "a read that nobody took moves the position of handle %d", h)
	}
	p.moves = false
}

// missedMove judges IO14 where the consequences of a completion are over: a write that was done has moved its position.
func (m *ops) missedMove(ev *backend.Event) {
	cause := m.cause[ev.Lane]
	if cause.Kind == 0 {
		return
	}
	p := m.s[cause.Args[0]]
	if p == nil || !p.moves || p.end.Kind == 0 || p.end.Args[1] <= 0 || ev.Kind == backend.EvReap && p.orphan.Kind != 0 {
		return
	}
	p.moves = false
	m.c.fail("IO14", inOrder(p.submit, p.end, *ev), "operation %d wrote %d bytes and did not move the position of handle %d", p.id,
		p.end.Args[1], p.h)
}
