package sim

import "github.com/tripoint-go/tripoint/backend"

// alwaysPolled are the events that are reported whether they were asked for or not.
const alwaysPolled = backend.PollErr | backend.PollHup | backend.PollRdHup

// performPoll reports the events that are there. A multishot poll that has reported waits for the next edge.
func (k *Kernel) performPoll(s *slot) (int32, bool) {
	events := k.ready(s.open) & (s.op.Arg | alwaysPolled)
	if events == 0 || s.seen {
		s.wants = queuePoll
		return 0, false
	}
	s.seen = s.op.Flags&backend.FlagMultishot != 0
	return int32(events), true
}

// notify lets polls of an open file look again whose events have happened. Several edges before they look are one report.
func (k *Kernel) notify(o int32, events uint32) {
	if o == none {
		return
	}
	for i := k.opens[o].polls.head; i != none; i = k.slots[i].next {
		s := &k.slots[i]
		if events&(s.op.Arg|alwaysPolled) == 0 {
			continue
		}
		s.seen = false
		if k.nodes[i].pos == none {
			k.schedule(i, k.now.Add(s.lat))
		}
	}
}

// ready returns the Poll events of an open file.
func (k *Kernel) ready(i int32) uint32 {
	o := &k.opens[i]
	switch {
	case o.kind == openFileNode:
		return backend.PollIn | backend.PollOut
	case o.kind == openSocket:
		return k.readySocket(o)
	case o.rx != none:
		p := &k.pipes[o.rx]
		return flag(p.n > 0, backend.PollIn) | flag(p.writers == 0, backend.PollHup)
	}
	p := &k.pipes[o.tx]
	return flag(p.room() > 0, backend.PollOut) | flag(p.readers == 0, backend.PollErr)
}

func (k *Kernel) readySocket(o *openFile) uint32 {
	c := &k.socks[o.sock]
	events := flag(c.err != backend.OK, backend.PollErr)
	switch {
	case c.listening:
		return flag(c.backlog != none, backend.PollIn)
	case !c.stream:
		p := &k.pipes[o.rx]
		return events | backend.PollOut | flag(p.n > 0, backend.PollIn) | flag(p.shut, backend.PollIn|backend.PollRdHup) |
			flag(p.shut && c.shutWrite, backend.PollHup)
	case !c.connected:
		return events | backend.PollOut | backend.PollHup | flag(c.shutRead || c.refused, backend.PollIn|backend.PollRdHup)
	}
	rx, tx := &k.pipes[o.rx], &k.pipes[o.tx]
	end := rx.writers == 0 || rx.shut
	gone := c.peer == none && c.family == backend.AFUnix || end && (c.shutWrite || c.told)
	return events | flag(rx.n > 0, backend.PollIn) | flag(end, backend.PollIn|backend.PollRdHup) |
		flag(gone, backend.PollHup) | flag(tx.room() > 0 || tx.readers == 0, backend.PollOut)
}

func flag(on bool, events uint32) uint32 {
	if on {
		return events
	}
	return 0
}
