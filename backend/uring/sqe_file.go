//go:build linux

package uring

import "unsafe"

// read reads up to n bytes at off into p; off of ^0 means the file's own position, and pipes and sockets ignore it.
func (e *sqe) read(fd int32, p unsafe.Pointer, n uint32, off uint64) { e.rw(opRead, fd, p, n, off) }

// write is read in the other direction.
func (e *sqe) write(fd int32, p unsafe.Pointer, n uint32, off uint64) { e.rw(opWrite, fd, p, n, off) }

// readv reads into n elements of type struct iovec at vec.
func (e *sqe) readv(fd int32, vec unsafe.Pointer, n uint32, off uint64) {
	e.rw(opReadv, fd, vec, n, off)
}

// writev is readv in the other direction.
func (e *sqe) writev(fd int32, vec unsafe.Pointer, n uint32, off uint64) {
	e.rw(opWritev, fd, vec, n, off)
}

// readFixed is read into memory inside the registered buffer index.
func (e *sqe) readFixed(fd int32, p unsafe.Pointer, n uint32, off uint64, index uint16) {
	e.rw(opReadFixed, fd, p, n, off)
	e.bufIndex = index
}

// writeFixed is readFixed in the other direction.
func (e *sqe) writeFixed(fd int32, p unsafe.Pointer, n uint32, off uint64, index uint16) {
	e.rw(opWriteFixed, fd, p, n, off)
	e.bufIndex = index
}

// fsync makes earlier completed writes durable. flags: 0 or fsyncDatasync.
func (e *sqe) fsync(fd int32, flags uint32) {
	e.rw(opFsync, fd, nil, 0, 0)
	e.opFlags = flags
}

// openat opens path, which ends in a zero byte. flags: O_RDONLY and so on; mode: permission bits of a new file.
func (e *sqe) openat(dir int32, path unsafe.Pointer, flags, mode uint32) {
	e.rw(opOpenat, dir, path, mode, 0)
	e.opFlags = flags
}

// close closes a descriptor.
func (e *sqe) close(fd int32) { e.rw(opClose, fd, nil, 0, 0) }

// statx writes a struct statx to buf. flags: AT_EMPTY_PATH and so on; mask: STATX_ bits.
func (e *sqe) statx(dir int32, path unsafe.Pointer, flags, mask uint32, buf unsafe.Pointer) {
	e.rw(opStatx, dir, path, mask, address(buf))
	e.opFlags = flags
}

// fallocate allocates, or with other modes changes, the space of n bytes at off.
func (e *sqe) fallocate(fd int32, mode uint32, off, n uint64) {
	e.rw(opFallocate, fd, nil, mode, off)
	e.addr = n
}

// ftruncate makes the file n bytes long; Linux 6.9.
func (e *sqe) ftruncate(fd int32, n uint64) { e.rw(opFtruncate, fd, nil, 0, n) }

// renameat renames a file. flags: RENAME_NOREPLACE and so on.
func (e *sqe) renameat(oldDir int32, oldPath unsafe.Pointer, newDir int32, newPath unsafe.Pointer, flags uint32) {
	e.rw(opRenameat, oldDir, oldPath, uint32(newDir), address(newPath))
	e.opFlags = flags
}

// unlinkat removes a name. flags: 0 or AT_REMOVEDIR.
func (e *sqe) unlinkat(dir int32, path unsafe.Pointer, flags uint32) {
	e.rw(opUnlinkat, dir, path, 0, 0)
	e.opFlags = flags
}

// mkdirat makes a directory.
func (e *sqe) mkdirat(dir int32, path unsafe.Pointer, mode uint32) {
	e.rw(opMkdirat, dir, path, mode, 0)
}

// splice moves up to n bytes between two descriptors, one of them a pipe. The offset of a pipe is ^0; for another file ^0
// means its own position.
func (e *sqe) splice(fdIn int32, offIn uint64, fdOut int32, offOut uint64, n, flags uint32) {
	e.rw(opSplice, fdOut, nil, n, offOut)
	e.addr, e.spliceFdIn, e.opFlags = offIn, fdIn, flags
}
