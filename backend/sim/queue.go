package sim

// waitQueue holds armed ops of one direction, first in first out.
type waitQueue struct{ head, tail int32 }

func emptyQueue() waitQueue { return waitQueue{none, none} }

// The queues an op can wait in, seen from the op.
const (
	queueNone    uint8 = iota
	queueRead          // of the pipe that its open file reads
	queueWrite         // of the pipe that its open file writes
	queueAccept        // of its listener
	queuePoll          // of its open file
	queueConnect       // of the listener with the full backlog, slot.via
	queuePeer          // of the datagram socket with the full buffer, slot.via
	queueOut           // of the pipe that the target of a splice writes, slot.via
)

// queueOf returns the queue that an op is in, or is to wait in.
func (k *Kernel) queueOf(s *slot, which uint8) *waitQueue {
	switch which {
	case queueRead:
		return &k.pipes[k.opens[s.open].rx].readQueue
	case queueWrite:
		return &k.pipes[k.opens[s.open].tx].writeQueue
	case queueAccept:
		return &k.sockOf(s.open).accepts
	case queuePoll:
		return &k.opens[s.open].polls
	case queueConnect:
		return &k.sockOf(s.via).connects
	case queuePeer:
		return &k.pipes[k.opens[s.via].rx].writeQueue
	default:
		return &k.pipes[k.opens[s.via].tx].writeQueue
	}
}

// arm puts an op that cannot proceed into the queue it wants.
func (k *Kernel) arm(i int32) {
	s := &k.slots[i]
	s.state = slotArmed
	if s.in == s.wants {
		return
	}
	k.disarm(i)
	s.in = s.wants
	q := k.queueOf(s, s.in)
	s.prev = q.tail
	s.next = none
	if q.tail == none {
		q.head = i
	} else {
		k.slots[q.tail].next = i
	}
	q.tail = i
	if s.in == queuePoll {
		k.pollers++
	}
}

// disarm takes an op out of the queue it is in, if any.
func (k *Kernel) disarm(i int32) {
	s := &k.slots[i]
	if s.in == queueNone {
		return
	}
	q := k.queueOf(s, s.in)
	if s.in == queuePoll {
		k.pollers--
	}
	s.in = queueNone
	if s.prev == none {
		q.head = s.next
	} else {
		k.slots[s.prev].next = s.next
	}
	if s.next == none {
		q.tail = s.prev
	} else {
		k.slots[s.next].prev = s.prev
	}
}

// mayGo reports whether op i is not overtaking anybody in its queue.
func (q *waitQueue) mayGo(i int32) bool { return q.head == none || q.head == i }

// wakeHead schedules the first op of a queue, which can proceed now, after its own latency.
func (k *Kernel) wakeHead(q *waitQueue) {
	if i := q.head; k.nodes[i].pos == none {
		k.schedule(i, k.now.Add(k.slots[i].lat))
	}
}

// fail lets every op in a queue end with an error.
func (k *Kernel) failAll(q *waitQueue, res int32) {
	for i := q.head; i != none; i = q.head {
		s := &k.slots[i]
		k.disarm(i)
		s.res = res
		k.schedule(i, k.now.Add(s.lat))
	}
}

// kick lets those proceed who wait on an open file or at the other end of it.
func (k *Kernel) kick(i int32) {
	o := &k.opens[i]
	if o.rx != none {
		k.kickPipe(&k.pipes[o.rx])
	}
	if o.tx != none {
		k.kickPipe(&k.pipes[o.tx])
	}
	if o.sock != none {
		k.kickSock(&k.socks[o.sock])
	}
}
