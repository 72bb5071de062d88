package sched

import "github.com/tripoint-go/tripoint/backend"

// Node is one wait of one task: an intrusive record that is in at most one [List]. A wait is over when its node was linked
// and is no longer (CM6). The zero value is ready to use.
type Node struct {
	prev, next *Node
	list       *List
	task       *Task
	fired      bool
	Code       uint8 // why it fired, for whoever fires and whoever waits; Link clears it
	Kind       uint8 // what it waits for, for whoever fires it; set before Link
	id         int64
	Of         any // the future that the node is part of, for whoever fires it; set before Link
}

// Codes that the core itself puts into [Node.Code]. Primitives use values from 16 up for their own.
const (
	CodeNone    uint8 = iota
	CodeRefused       // the I/O gate is closed
	codeClose         // waits for a slot to close a descriptor, which the gate does not refuse
)

// List is a list of waiting nodes, first in, first out. The zero value is an empty list. It belongs to one executor, and
// nothing here allocates.
//
// Firing all nodes is a pass. A pass fires what was present when it began and no node that joins later; a node that leaves
// before its turn is not touched again; passes may nest. No marker is needed for that: ids of nodes and passes come from
// one counter and nodes join at the tail, so the nodes that a pass owes a firing are those at the head whose id is lower
// than the pass's own. The walk restarts at the head after each firing, which makes it safe against any removal.
type List struct {
	head, tail *Node
	id         int64
	line       int64 // line number + 1 if this is the list of a line
}

// Empty reports whether no node is linked.
func (l *List) Empty() bool { return l.head == nil }

// Linked reports whether the node is in a list.
func (n *Node) Linked() bool { return n.list != nil }

// Fired reports whether the node was linked and then fired. Link clears it.
func (n *Node) Fired() bool { return n.fired }

// Task returns the task that the node waits for, or nil if it was never linked.
func (n *Node) Task() *Task { return n.task }

// First returns the node that fires next, or nil.
func (l *List) First() *Node { return l.head }

// Next returns the node that joined after n, or nil.
func (n *Node) Next() *Node { return n.next }

// ID returns the list's id in the trace, giving it one if it has none.
func (l *List) ID(ex *Executor) int64 {
	if l.id == 0 {
		l.id = ex.NewID()
	}
	return l.id
}

// Link adds n at the tail of l on behalf of t. A node that is linked already is a programmer error.
func (l *List) Link(n *Node, t *Task) {
	if n.list != nil {
		t.ex.Misuse("sched: CM4: a node is in at most one list")
	}
	ex := t.ex
	n.id = ex.NewID()
	n.list, n.task, n.fired, n.Code = l, t, false, CodeNone
	n.prev, n.next = l.tail, nil
	if l.tail != nil {
		l.tail.next = n
	} else {
		l.head = n
	}
	l.tail = n
	ex.tr.Emit(backend.EvLink, n.id, l.ID(ex), int64(t.id), 0, 0)
}

// Unlink takes n off its list without firing it. O(1); on a node that is in no list it does nothing.
func (n *Node) Unlink() {
	if n.list == nil {
		return
	}
	n.remove()
	n.task.ex.tr.Emit(backend.EvUnlink, n.id, backend.UnlinkDrop, 0, 0, 0)
}

// follow makes t the task that a linked node waits for: it queues up anew on its behalf.
func (n *Node) follow(t *Task) {
	if n.list == nil || n.task == t {
		return
	}
	l, code := n.list, n.Code
	n.Unlink()
	l.Link(n, t)
	n.Code = code
}

func (n *Node) remove() {
	l := n.list
	if n.prev != nil {
		n.prev.next = n.next
	} else {
		l.head = n.next
	}
	if n.next != nil {
		n.next.prev = n.prev
	} else {
		l.tail = n.prev
	}
	n.prev, n.next, n.list = nil, nil, nil
}

// take removes n and marks it fired.
func (n *Node) take() {
	n.remove()
	n.fired = true
	tr := n.task.ex.tr
	tr.Emit(backend.EvFire, n.id, 0, 0, 0, 0)
	tr.Emit(backend.EvUnlink, n.id, backend.UnlinkFire, 0, 0, 0)
}

// Fire removes n from its list and wakes its task: a hand-off to one waiter, outside of any pass. src is one of the
// backend.Wake constants.
func (n *Node) Fire(src int64) {
	n.take()
	n.task.ex.wake(n.task, src)
}

// Pass fires every node that is linked now, in order, and wakes each task once (CM1, CM2, CM11, CM12). src is one of the
// backend.Wake constants.
func (l *List) Pass(ex *Executor, src int64) {
	l.PassEach(ex, src, nil)
}

// PassEach is Pass with a function that is called for each node before it fires; it may link and unlink nodes and start
// other passes on the same list.
func (l *List) PassEach(ex *Executor, src int64, before func(*Node)) {
	pass := ex.NewID()
	ex.tr.Emit(backend.EvPassBegin, l.ID(ex), l.line, 0, 0, 0)
	for n := l.head; n != nil && n.id < pass; n = l.head {
		if before != nil {
			before(n)
			if n.list != l || n.id > pass {
				continue
			}
		}
		n.take()
		if n.task.passed < pass { // otherwise this pass, or one inside it, woke the task
			n.task.passed = pass
			ex.wake(n.task, src)
		}
	}
	ex.tr.Emit(backend.EvPassEnd, l.id, 0, 0, 0, 0)
}

// Park waits on l with the task's own node, in line behind whoever is linked, until the node is fired; code says why it was.
// An error is sched.ErrCancelled: the task is being torn down, and fired tells whether the node had been fired before, so
// that what was handed over can be passed on. b says what the wait is for. Straight-line tasks only.
func (t *Task) Park(l *List, b Blocker) (code uint8, fired bool, err error) {
	if t.denied() {
		return 0, false, ErrCancelled
	}
	t.needStack() // whoever may not wait joins no line
	n := &t.wait
	l.Link(n, t)
	for n.Linked() {
		t.blocked = b
		if !t.suspend() {
			n.Unlink()
			return n.Code, n.fired, ErrCancelled
		}
	}
	t.blocked = nil
	return n.Code, true, nil
}

// ParkAs is Park with a node of that kind.
func (t *Task) ParkAs(l *List, b Blocker, kind uint8) (code uint8, fired bool, err error) {
	t.wait.Kind = kind
	return t.Park(l, b)
}
