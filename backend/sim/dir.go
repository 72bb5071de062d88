package sim

import "github.com/tripoint-go/tripoint/backend"

const (
	root    = int32(0) // node of the root directory, which is the current directory, too
	nameMax = 255      // bytes of one name in a path
)

// resetFiles leaves nothing but the root, which never changes.
func (k *Kernel) resetFiles() {
	for i := 1; i < k.fileHigh; i++ {
		k.files[i].used = false
	}
	k.fileHigh, k.inode = 1, 1
}

// makeNode makes a node in a directory, or returns none if the table is full.
func (k *Kernel) makeNode(dir int32, name []byte, mode uint32) int32 {
	for i := range k.files {
		if f := &k.files[i]; !f.used {
			f.reset()
			k.inode++
			f.name = append(f.name, name...)
			f.used, f.named, f.parent, f.mode, f.inode = true, true, dir, mode, k.inode
			k.fileHigh = max(k.fileHigh, i+1)
			return int32(i)
		}
	}
	return none
}

// dropNode gives back a reference to a node. One without references and without name is gone.
func (k *Kernel) dropNode(i int32) {
	f := &k.files[i]
	f.refs--
	f.used = f.refs > 0 || f.named
}

// unname takes a node out of its directory.
func (k *Kernel) unname(i int32) {
	f := &k.files[i]
	f.named = false
	f.used = f.refs > 0
}

// child returns the node of that name in a directory. The root, which is its own parent, has no name and is nobody's child.
func (k *Kernel) child(dir int32, name []byte) int32 {
	for i := 1; i < k.fileHigh; i++ {
		if f := &k.files[i]; f.used && f.named && f.parent == dir && string(f.name) == string(name) {
			return int32(i)
		}
	}
	return none
}

func (k *Kernel) isEmpty(dir int32) bool {
	for i := 1; i < k.fileHigh; i++ {
		if f := &k.files[i]; f.used && f.named && f.parent == dir {
			return false
		}
	}
	return true
}

// place is where a path leads: a directory, the last name, and the node if there is one.
type place struct {
	dir, node int32
	name      []byte
	slash     bool // the path ends with a slash, and so means a directory
}

// dots reports whether the last name is empty, "." or "..", which nobody can make or take away.
func (p *place) dots() bool {
	return len(p.name) == 0 || p.name[0] == '.' && (len(p.name) == 1 || len(p.name) == 2 && p.name[1] == '.')
}

// walk follows a path from the directory of fd. It fails if a directory on the way is missing or none, but not if the last
// name is missing: then node is none.
func (k *Kernel) walk(fd int32, path []byte) (place, backend.Errno) {
	p := place{dir: root, node: root}
	if path[0] != '/' && fd != backend.AtCWD {
		o := k.lookup(fd)
		if o == none {
			return p, backend.EBADF
		}
		if k.opens[o].kind != openFileNode || !k.files[k.opens[o].node].isDir() {
			return p, backend.ENOTDIR
		}
		p.dir, p.node = k.opens[o].node, k.opens[o].node
	}
	for len(path) > 0 {
		if path[0] == '/' {
			p.slash = true
			path = path[1:]
			continue
		}
		n := 1
		for n < len(path) && path[n] != '/' {
			n++
		}
		switch {
		case p.node == none:
			return p, backend.ENOENT
		case !k.files[p.node].isDir():
			return p, backend.ENOTDIR
		case n > nameMax:
			return p, backend.ENAMETOOLONG
		}
		p.dir, p.name, p.slash = p.node, path[:n], false
		path = path[n:]
		k.step(&p)
	}
	return p, backend.OK
}

// misplaced reports whether a path that ends with a slash leads to something that is no directory.
func (k *Kernel) misplaced(p *place) bool {
	return p.slash && p.node != none && !k.files[p.node].isDir()
}

// step finds the node of the name in the directory.
func (k *Kernel) step(p *place) {
	switch d := &k.files[p.dir]; {
	case !p.dots():
		p.node = k.child(p.dir, p.name)
	case len(p.name) == 1:
		p.node = p.dir
	case !d.named:
		p.node = none // the parent of a directory that was removed
	default:
		p.node = d.parent
	}
}

// find follows a path to a node that exists.
func (k *Kernel) find(fd int32, path []byte) (int32, backend.Errno) {
	p, err := k.walk(fd, path)
	switch {
	case err != backend.OK:
	case p.node == none:
		err = backend.ENOENT
	case k.misplaced(&p):
		err = backend.ENOTDIR
	}
	return p.node, err
}

// create makes a node at a place that has none.
func (k *Kernel) create(p *place, mode uint32) backend.Errno {
	if !k.files[p.dir].named {
		return backend.ENOENT
	}
	p.node = k.makeNode(p.dir, p.name, mode)
	if p.node == none {
		return backend.ENOSPC
	}
	return backend.OK
}

const modeBits = 0o7777

// open performs OpOpen.
func (k *Kernel) open(op *backend.Op) int32 {
	if k.fdCount == len(k.fds) {
		return -int32(backend.EMFILE)
	}
	const createDir = backend.OpenCreate | backend.OpenDirectory
	access := op.Arg & (backend.OpenWrite | backend.OpenReadWrite)
	if access == backend.OpenWrite|backend.OpenReadWrite || op.Arg&createDir == createDir {
		return -int32(backend.EINVAL)
	}
	p, err := k.walk(op.FD, op.Buf)
	if err == backend.OK {
		err = k.openAt(&p, op.Arg, uint32(op.Off)&modeBits)
	}
	if err != backend.OK {
		return -int32(err)
	}
	bits := [3]uint8{accessRead, accessWrite, accessRead | accessWrite}[access]
	if op.Arg&backend.OpenAppend != 0 {
		bits |= accessAppend
	}
	return k.install(k.openNode(p.node, bits))
}

// openAt finds or makes the file that an open means, and cuts it if it is told to.
func (k *Kernel) openAt(p *place, flags, mode uint32) backend.Errno {
	create := flags&backend.OpenCreate != 0
	switch {
	case create && p.slash:
		return backend.EISDIR
	case k.misplaced(p):
		return backend.ENOTDIR
	case p.node == none && !create:
		return backend.ENOENT
	case p.node == none:
		return k.create(p, backend.ModeRegular|mode)
	}
	f := &k.files[p.node]
	switch {
	case create && flags&backend.OpenExclusive != 0:
		return backend.EEXIST
	case f.isDir() && (create || flags&(backend.OpenWrite|backend.OpenReadWrite|backend.OpenTruncate) != 0):
		return backend.EISDIR
	case !f.isDir() && flags&backend.OpenDirectory != 0:
		return backend.ENOTDIR
	case !f.isDir() && !f.isRegular():
		return backend.ENXIO
	case flags&backend.OpenTruncate != 0:
		f.resize(0)
	}
	return backend.OK
}

func (k *Kernel) openNode(node int32, access uint8) int32 {
	o := k.newOpen(openFileNode)
	k.opens[o].node, k.opens[o].access = node, access
	k.files[node].refs++
	return o
}

// performPath performs an op on paths other than open.
func (k *Kernel) performPath(op *backend.Op) backend.Errno {
	if op.Kind == backend.OpStat {
		return k.stat(op)
	}
	p, err := k.walk(op.FD, op.Buf)
	if err != backend.OK {
		return err
	}
	switch {
	case op.Kind == backend.OpRename:
		return k.rename(&p, op)
	case op.Kind == backend.OpUnlink:
		return k.unlink(&p, op.Arg == backend.UnlinkDir)
	case p.node != none:
		return backend.EEXIST
	}
	return k.create(&p, backend.ModeDirectory|op.Arg&modeBits)
}

func (k *Kernel) unlink(p *place, dir bool) backend.Errno {
	if p.dots() && dir {
		switch len(p.name) {
		case 0:
			return backend.EBUSY
		case 1:
			return backend.EINVAL
		}
		return backend.ENOTEMPTY
	}
	switch {
	case p.node == none:
		return backend.ENOENT
	case k.misplaced(p):
		return backend.ENOTDIR
	case k.files[p.node].isDir() && !dir:
		return backend.EISDIR
	case !k.files[p.node].isDir() && dir:
		return backend.ENOTDIR
	case dir && !k.isEmpty(p.node):
		return backend.ENOTEMPTY
	}
	k.unname(p.node)
	return backend.OK
}

// rename gives the node at p the name in the op, and takes that name from whoever had it.
func (k *Kernel) rename(p *place, op *backend.Op) backend.Errno {
	q, err := k.walk(op.Ext.FD2, op.Ext.Path)
	switch {
	case err != backend.OK:
		return err
	case op.Arg&^backend.RenameNoReplace != 0:
		return backend.EINVAL
	case q.dots() && !p.dots() && op.Arg == backend.RenameNoReplace:
		return backend.EEXIST
	case p.dots() || q.dots():
		return backend.EBUSY
	case p.node == none:
		return backend.ENOENT
	case k.misplaced(p):
		return backend.ENOTDIR
	case q.node != none && op.Arg == backend.RenameNoReplace:
		return backend.EEXIST
	case q.node == p.node:
		return backend.OK
	case !k.files[q.dir].named:
		return backend.ENOENT
	}
	f := &k.files[p.node]
	for d := q.dir; f.isDir() && d != root; d = k.files[d].parent {
		if d == p.node {
			return backend.EINVAL
		}
	}
	if q.node != none {
		old := &k.files[q.node]
		switch {
		case f.isDir() && !old.isDir():
			return backend.ENOTDIR
		case !f.isDir() && old.isDir():
			return backend.EISDIR
		case old.isDir() && !k.isEmpty(q.node):
			return backend.ENOTEMPTY
		}
		k.unname(q.node)
	} else if q.slash && !f.isDir() {
		return backend.ENOTDIR
	}
	f.parent = q.dir
	f.name = append(f.name[:0], q.name...)
	return backend.OK
}

// stat performs OpStat.
func (k *Kernel) stat(op *backend.Op) backend.Errno {
	node := root
	var err backend.Errno
	switch {
	case op.Ext != nil && len(op.Ext.Path) > 0:
		node, err = k.find(op.FD, op.Ext.Path)
	case op.FD != backend.AtCWD:
		o := k.lookup(op.FD)
		if o == none {
			return backend.EBADF
		}
		if node = k.opens[o].node; node == none {
			mode := backend.ModePipe | 0o600
			if k.opens[o].kind == openSocket {
				mode = backend.ModeSocket | 0o777
			}
			backend.PutStat(op.Buf, backend.Stat{Mode: mode, Links: 1, Inode: inodeOpen + uint64(o)})
			return backend.OK
		}
	}
	if err == backend.OK {
		f := &k.files[node]
		backend.PutStat(op.Buf, backend.Stat{Size: int64(len(f.data)), Inode: f.inode, Mode: f.mode, Links: k.names(node)})
	}
	return err
}

// inodeOpen is above the numbers of files: pipes and sockets count from there.
const inodeOpen = 1 << 32

// names returns the number of names of a node: of a directory its own, "." in it, and ".." in those it contains.
func (k *Kernel) names(node int32) uint32 {
	f := &k.files[node]
	switch {
	case !f.named:
		return 0
	case !f.isDir():
		return 1
	}
	n := uint32(2)
	for i := 1; i < k.fileHigh; i++ {
		if c := &k.files[i]; c.used && c.named && c.parent == node && c.isDir() {
			n++
		}
	}
	return n
}
