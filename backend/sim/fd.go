package sim

import "github.com/tripoint-go/tripoint/backend"

// Kinds of open file.
const (
	openStream   uint8 = iota // end of a pipe (rx or tx) or of a stream (both)
	openFileNode              // named file, with a position
	openListener              // listener, with a backlog
)

// openFile is what a descriptor stands for. The descriptor and every op in flight hold a reference, so a close leaves ops
// in flight alone, and the file goes when the last of them has completed.
type openFile struct {
	pos     int64 // file: position
	refs    int32
	rx, tx  int32 // stream: pipes, or none
	node    int32 // file: index of the file
	link    int32 // free list; or next in a backlog
	backlog int32 // listener: first connection that nobody has accepted, or none
	accepts waitQueue
	kind    uint8
}

func (k *Kernel) newOpen(kind uint8) int32 {
	i := k.openSpare
	if i != none {
		k.openSpare = k.opens[i].link
	} else {
		i = int32(len(k.opens))
		k.opens = append(k.opens, openFile{})
	}
	k.opens[i] = openFile{refs: 1, rx: none, tx: none, node: none, link: none, backlog: none, accepts: emptyQueue, kind: kind}
	return i
}

// lookup returns the open file of a descriptor, or none.
func (k *Kernel) lookup(fd int32) int32 {
	if i := fd - FDBase; i >= 0 && int(i) < len(k.fds) {
		return k.fds[i]
	}
	return none
}

// install gives an open file the lowest free descriptor, or returns EMFILE.
func (k *Kernel) install(o int32) int32 {
	for i, used := range k.fds {
		if used == none {
			k.fds[i] = o
			k.fdHigh = max(k.fdHigh, i+1)
			k.fdCount++
			return int32(i) + FDBase
		}
	}
	return -int32(backend.EMFILE)
}

// mustInstall is install for set-up calls.
func (k *Kernel) mustInstall(o int32) int32 {
	fd := k.install(o)
	if fd < 0 {
		panic("sim: more than Options.FDMax descriptors are open")
	}
	return fd
}

func (k *Kernel) mustLookup(fd int32) int32 {
	o := k.lookup(fd)
	if o == none {
		panic("sim: a world uses open descriptors")
	}
	return o
}

// closeFD performs a close: the number is free from now on.
func (k *Kernel) closeFD(fd int32) int32 {
	o := k.lookup(fd)
	if o == none {
		return -int32(backend.EBADF)
	}
	k.fds[fd-FDBase] = none
	k.fdCount--
	k.release(o)
	return 0
}

// CloseFD closes a descriptor at once, as the outside would. It panics if the descriptor is not open.
func (k *Kernel) CloseFD(fd int32) {
	if k.closeFD(fd) != 0 {
		panic("sim: a descriptor is closed once")
	}
}

// release drops a reference to an open file. The last one closes it, which ends waits at the other end.
func (k *Kernel) release(i int32) {
	o := &k.opens[i]
	o.refs--
	if o.refs > 0 {
		return
	}
	if o.rx != none {
		k.pipes[o.rx].readers--
		k.endPipe(o.rx)
	}
	if o.tx != none {
		k.pipes[o.tx].writers--
		k.endPipe(o.tx)
	}
	for o.backlog != none {
		c := o.backlog
		o.backlog = k.opens[c].link
		k.release(c)
	}
	o.link = k.openSpare
	k.openSpare = i
}

// waitQueue holds armed ops of one direction, first in first out.
type waitQueue struct{ head, tail int32 }

var emptyQueue = waitQueue{none, none}

// queueOf returns the queue in which an op of this kind waits on an open file.
func (k *Kernel) queueOf(o int32, kind backend.OpKind) *waitQueue {
	switch kind {
	case backend.OpRead:
		return &k.pipes[k.opens[o].rx].readQueue
	case backend.OpWrite:
		return &k.pipes[k.opens[o].tx].writeQueue
	default:
		return &k.opens[o].accepts
	}
}

func (k *Kernel) enqueue(q *waitQueue, i int32) {
	s := &k.slots[i]
	s.prev = q.tail
	s.next = none
	if q.tail == none {
		q.head = i
	} else {
		k.slots[q.tail].next = i
	}
	q.tail = i
}

func (k *Kernel) dequeue(q *waitQueue, i int32) {
	s := &k.slots[i]
	s.queued = false
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

// kick lets those proceed who wait on an open file or at the other end of it.
func (k *Kernel) kick(i int32) {
	o := &k.opens[i]
	if o.rx != none {
		k.kickPipe(o.rx)
	}
	if o.tx != none {
		k.kickPipe(o.tx)
	}
	if o.accepts.head != none && o.backlog != none {
		k.wakeHead(&o.accepts)
	}
}
