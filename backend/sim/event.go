package sim

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// What a node of the event heap stands for.
const (
	eventOp       uint8 = iota // the op in the slot of the same number
	eventRaise                 // a request on line n
	eventSignal                // signal n
	eventExternal              // external event n
	eventConnect               // connection open reaches listener n (an open file)
)

// node is something that can be scheduled. A slot has its own node; the others are taken from a free list.
type node struct {
	pos  int32 // in the heap, or none
	n    int32
	open int32
	link int32 // free list; or the next request of the line; or the next signal
	kind uint8
}

// entry is a place in the heap. The key sits here so that sifting stays in one array.
type entry struct {
	at   vclock.Instant
	seq  uint64
	node int32
}

// note is a signal, external event or spurious wake that has arrived and waits for Reap.
type note struct {
	n    int32
	kind backend.CompletionKind
}

func (k *Kernel) resetEvents() {
	k.heap = k.heap[:0]
	k.notes = k.notes[:0]
	k.noteHead, k.noteLen = 0, 0
	k.spare, k.events = none, 0
}

// schedule puts a node into the heap, or moves it there. An event at Forever never comes and is not kept.
func (k *Kernel) schedule(i int32, at vclock.Instant) {
	k.unschedule(i)
	if at == vclock.Forever {
		return
	}
	k.seq++
	k.heap = append(k.heap, entry{at: at, seq: k.seq, node: i})
	k.up(len(k.heap) - 1)
	k.next = k.heap[0].at
}

// unschedule takes a node out of the heap if it is there.
func (k *Kernel) unschedule(i int32) {
	pos := int(k.nodes[i].pos)
	if pos < 0 {
		return
	}
	k.nodes[i].pos = none
	last := len(k.heap) - 1
	moved := k.heap[last]
	k.heap = k.heap[:last]
	if pos != last {
		k.heap[pos] = moved
		k.nodes[moved.node].pos = int32(pos)
		k.down(pos)
		k.up(int(k.nodes[moved.node].pos))
	}
	k.next = vclock.Forever
	if last > 0 {
		k.next = k.heap[0].at
	}
}

func (e *entry) before(f *entry) bool { return e.at < f.at || e.at == f.at && e.seq < f.seq }

func (k *Kernel) up(i int) {
	e := k.heap[i]
	for i > 0 {
		p := (i - 1) / 2
		if !e.before(&k.heap[p]) {
			break
		}
		k.heap[i] = k.heap[p]
		k.nodes[k.heap[i].node].pos = int32(i)
		i = p
	}
	k.heap[i] = e
	k.nodes[e.node].pos = int32(i)
}

func (k *Kernel) down(i int) {
	e := k.heap[i]
	for {
		c := 2*i + 1
		if c >= len(k.heap) {
			break
		}
		if c+1 < len(k.heap) && k.heap[c+1].before(&k.heap[c]) {
			c++
		}
		if !k.heap[c].before(&e) {
			break
		}
		k.heap[i] = k.heap[c]
		k.nodes[k.heap[i].node].pos = int32(i)
		i = c
	}
	k.heap[i] = e
	k.nodes[e.node].pos = int32(i)
}

// settle lets everything happen that is due by now. It makes no draws. It ends because an op that is tried again either
// completes or waits for somebody else.
func (k *Kernel) settle() {
	for k.next <= k.now {
		i := k.heap[0].node
		k.unschedule(i)
		nd := &k.nodes[i]
		switch nd.kind {
		case eventOp:
			k.attempt(i)
		case eventRaise:
			k.raiseNext(nd.n)
		case eventSignal:
			k.signalNext()
		case eventExternal:
			k.arrive(backend.CompletionExternal, nd.n)
			k.freeNode(i)
		case eventConnect:
			l, o := nd.n, nd.open
			k.freeNode(i)
			k.connected(l, o)
		}
	}
}

func (k *Kernel) takeNode(kind uint8, n int32) int32 {
	i := k.spare
	if i != none {
		k.spare = k.nodes[i].link
	} else {
		i = int32(len(k.slots) + k.events)
		if int(i) == len(k.nodes) {
			panic("sim: at most Options.EventsMax events are scheduled")
		}
		k.events++
	}
	k.nodes[i] = node{pos: none, n: n, open: none, link: none, kind: kind}
	return i
}

func (k *Kernel) freeNode(i int32) {
	k.nodes[i].link = k.spare
	k.spare = i
}

// insert puts a new node into a list that is ordered by (instant, time of scheduling), and into the heap.
func (k *Kernel) insert(head *int32, i int32, at vclock.Instant) {
	k.schedule(i, at)
	p := head
	for *p != none && k.heap[k.nodes[*p].pos].at <= at {
		p = &k.nodes[*p].link
	}
	k.nodes[i].link = *p
	*p = i
}

// arrive queues a report that is neither an op nor a line.
func (k *Kernel) arrive(kind backend.CompletionKind, n int32) {
	if k.noteLen == 0 {
		k.notes, k.noteHead = k.notes[:0], 0
	}
	k.notes = append(k.notes, note{n: n, kind: kind})
	k.noteLen++
}

// ExternalAt schedules the outside event n: at the instant at, or at once if that has passed, Reap reports
// CompletionExternal with this number. An event at Forever never comes.
func (k *Kernel) ExternalAt(n int32, at vclock.Instant) {
	if at != vclock.Forever {
		k.schedule(k.takeNode(eventExternal, n), at)
	}
}

// SignalAt schedules signal signo, at least 1: at the instant at, or at once if that has passed, Reap reports
// CompletionSignal with this number, whether signals are enabled or not. Every call is one report. A signal at Forever
// never comes.
func (k *Kernel) SignalAt(signo int32, at vclock.Instant) {
	if signo < 1 {
		panic("sim: signal numbers start at 1")
	}
	if at != vclock.Forever {
		k.insert(&k.signals, k.takeNode(eventSignal, signo), at)
		k.sources++
	}
}

// signalNext lets the first scheduled signal arrive.
func (k *Kernel) signalNext() {
	i := k.signals
	k.signals = k.nodes[i].link
	k.sources--
	k.unschedule(i)
	k.arrive(backend.CompletionSignal, k.nodes[i].n)
	k.freeNode(i)
}

// SignalEnable implements [backend.Backend]. The kernel only remembers it: what a signal does without a receiver is the
// executor's decision.
func (k *Kernel) SignalEnable(on bool) { k.signalsOn = on }

// SignalOpen implements [backend.Receivers], for signals 1 to 64 but SIGKILL and SIGSTOP.
func (k *Kernel) SignalOpen(n int32) backend.Errno {
	const kill, stop = 9, 19
	if n < 1 || n > 64 || n == kill || n == stop {
		return backend.EINVAL
	}
	if k.signalsOpen&(1<<(n-1)) != 0 {
		return backend.EBUSY
	}
	k.signalsOpen |= 1 << (n - 1)
	return backend.OK
}

var _ backend.Receivers = (*Kernel)(nil)

// SignalClose implements [backend.Receivers].
func (k *Kernel) SignalClose(n int32) {
	k.signalsOpen &^= 1 << (n - 1)
	left := k.noteHead
	for i := range k.noteLen {
		if nt := k.notes[k.noteHead+i]; nt != (note{n: n, kind: backend.CompletionSignal}) {
			k.notes[left] = nt
			left++
		}
	}
	k.noteLen = left - k.noteHead
	k.notes = k.notes[:left]
}

// SignalsEnabled returns what the last SignalEnable said; false after a Reset.
func (k *Kernel) SignalsEnabled() bool { return k.signalsOn }
