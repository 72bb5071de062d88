package sim

import "github.com/tripoint-go/tripoint/backend"

// Kinds of open file.
const (
	openPipe     uint8 = iota // end of a pipe: rx or tx
	openFileNode              // file or directory, with a position
	openSocket                // socket; connected: rx and tx, datagrams: rx
)

// openFile is what a descriptor stands for. The descriptor and every op in flight hold a reference, so a close leaves ops
// in flight alone, and the file goes when the last of them has completed.
type openFile struct {
	pos    int64 // file: position
	refs   int32
	rx, tx int32 // pipes, or none
	node   int32 // file: index of the file
	sock   int32 // socket: index of its record
	link   int32 // free list; or next in a backlog
	polls  waitQueue
	kind   uint8
	access uint8 // file: accessRead and so on
}

// Bits of openFile.access.
const (
	accessRead uint8 = 1 << iota
	accessWrite
	accessAppend
)

func (k *Kernel) newOpen(kind uint8) int32 {
	i := k.openSpare
	if i != none {
		k.openSpare = k.opens[i].link
	} else {
		i = int32(len(k.opens))
		k.opens = append(k.opens, openFile{})
	}
	k.opens[i] = openFile{refs: 1, rx: none, tx: none, node: none, sock: none, link: none, polls: emptyQueue(), kind: kind}
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
	if o.node != none {
		k.dropNode(o.node)
	}
	if o.sock != none {
		k.closeSock(i)
	}
	o = &k.opens[i]
	if rx := o.rx; rx != none {
		k.pipes[rx].readers, k.pipes[rx].reader = 0, none
		k.leavePipe(rx)
	}
	if tx := o.tx; tx != none {
		k.pipes[tx].writers, k.pipes[tx].writer = 0, none
		k.leavePipe(tx)
	}
	o.link = k.openSpare
	k.openSpare = i
}
