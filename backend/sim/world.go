package sim

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// What follows sets up the world of a program, or is the outside that acts on it.

// Pipe makes a pipe and returns the descriptors of its read and write end.
func (k *Kernel) Pipe() (r, w int32) {
	ro, wo := k.newOpen(openPipe), k.newOpen(openPipe)
	k.newPipe(ro, wo)
	return k.mustInstall(ro), k.mustInstall(wo)
}

// Put writes to a pipe or stream at once, as the outside would, and returns how many bytes there was room for; 0 if nobody
// will ever read them. It overtakes writes that wait for space.
func (k *Kernel) Put(fd int32, data []byte) int {
	i := k.mustLookup(fd)
	tx := k.opens[i].tx
	if tx == none {
		panic("sim: Put needs an end that can write")
	}
	p := &k.pipes[tx]
	if p.readers == 0 || p.writers == 0 {
		return 0
	}
	n := p.put(data)
	k.kickPipe(p)
	if k.pollers > 0 && n > 0 {
		k.notify(p.reader, backend.PollIn)
	}
	return n
}

// Take reads from a pipe or stream at once, as the outside would, and returns how many bytes were there. It overtakes reads
// that wait for bytes.
func (k *Kernel) Take(fd int32, into []byte) int {
	i := k.mustLookup(fd)
	rx := k.opens[i].rx
	if rx == none {
		panic("sim: Take needs an end that can read")
	}
	p := &k.pipes[rx]
	n := p.peek(0, into)
	k.taken(p, n)
	k.kickPipe(p)
	return n
}

// Listener makes a listener without a name, which only Connect finds, and returns its descriptor. Its backlog has no limit.
func (k *Kernel) Listener() int32 {
	o := k.newSock(backend.AFUnix, true)
	c := k.sockOf(o)
	c.listening, c.backlogMax = true, len(k.nodes)
	return k.mustInstall(o)
}

// Connect opens a stream to a listener and returns the descriptor of the peer's end, which the world or a task uses and
// closes. The connection reaches the listener after the duration, however full its backlog is; until an accept takes it,
// what the peer writes stays in the stream. If the listener is closed before, the connection is reset.
func (k *Kernel) Connect(listener int32, after vclock.Duration) (peer int32) {
	l := k.mustLookup(listener)
	if k.opens[l].kind != openSocket || !k.sockOf(l).listening {
		panic("sim: Connect needs a listener")
	}
	client := k.newSock(k.sockOf(l).family, true)
	i := k.takeNode(eventConnect, l)
	k.nodes[i].open = k.pair(client, l)
	k.opens[l].refs++
	k.schedule(i, k.now.Add(after))
	return k.mustInstall(client)
}

// connected lets a connection of the outside arrive.
func (k *Kernel) connected(l, c int32) {
	if k.sockOf(l).listening {
		k.arrived(l, c)
	} else {
		k.release(c)
	}
	k.release(l)
}

// mustWalk follows a path for a set-up call.
func (k *Kernel) mustWalk(name string) place {
	k.path = append(k.path[:0], name...)
	if goodPath(k.path) {
		if p, err := k.walk(backend.AtCWD, k.path); err == backend.OK && !p.dots() {
			return p
		}
	}
	panic("sim: there is no place for a file " + name)
}

// Dir makes a directory. Its parent exists, it does not, and there is room for it.
func (k *Kernel) Dir(name string) {
	p := k.mustWalk(name)
	if p.node != none {
		panic("sim: there is already a file " + name)
	}
	if k.create(&p, backend.ModeDirectory|0o755) != backend.OK {
		panic("sim: more than Options.FilesMax files")
	}
}

// File makes a file with the given content, which is durable, or replaces that of a file that exists. It copies data. The
// directory exists.
func (k *Kernel) File(name string, data []byte) {
	p := k.mustWalk(name)
	if p.node == none && k.create(&p, backend.ModeRegular|0o644) != backend.OK {
		panic("sim: more than Options.FilesMax files")
	}
	if len(data) > k.opts.FileBytes {
		panic("sim: a file is not larger than Options.FileBytes")
	}
	f := &k.files[p.node]
	f.data = append(f.data[:0], data...)
	f.durable = append(f.durable[:0], data...)
	f.dirty = f.dirty[:0]
}

// findFile returns the regular file of that name, or nil.
func (k *Kernel) findFile(name string) *file {
	k.path = append(k.path[:0], name...)
	if !goodPath(k.path) {
		return nil
	}
	i, err := k.find(backend.AtCWD, k.path)
	if err != backend.OK || !k.files[i].isRegular() {
		return nil
	}
	return &k.files[i]
}

// OpenFile opens a file at once for reading and writing and returns its descriptor, with the position at 0. It panics if
// there is no such file.
func (k *Kernel) OpenFile(name string) int32 {
	if k.findFile(name) == nil {
		panic("sim: there is no file " + name)
	}
	i, _ := k.find(backend.AtCWD, k.path)
	return k.mustInstall(k.openNode(i, accessRead|accessWrite))
}

// FileData returns the content of a file as reads see it, nil if there is no such file. The slice belongs to the kernel and
// is valid until the next call of any method.
func (k *Kernel) FileData(name string) []byte {
	if f := k.findFile(name); f != nil {
		return f.data
	}
	return nil
}

// Durable returns the content of a file that a crash would leave: what File set up and what fsync has made durable since.
// It is nil if there is no such file. The slice is lent as that of FileData.
func (k *Kernel) Durable(name string) []byte {
	if f := k.findFile(name); f != nil {
		return f.durable
	}
	return nil
}
