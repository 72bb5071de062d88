//go:build linux

package uring

import "unsafe"

// socket makes a socket; Linux 5.19. kind: SOCK_STREAM and so on, with SOCK_CLOEXEC and SOCK_NONBLOCK.
func (e *sqe) socket(domain, kind, proto int32) {
	e.rw(opSocket, domain, nil, uint32(proto), uint64(kind))
}

// bind gives the socket the address of n bytes at addr; Linux 6.11.
func (e *sqe) bind(fd int32, addr unsafe.Pointer, n uint32) { e.rw(opBind, fd, addr, 0, uint64(n)) }

// listen makes the socket a listener; Linux 6.11.
func (e *sqe) listen(fd int32, backlog uint32) { e.rw(opListen, fd, nil, backlog, 0) }

// accept takes a connection. addr and n receive the peer's address and its length, n holding the room at addr; both may be
// nil. flags: SOCK_CLOEXEC and so on.
func (e *sqe) accept(fd int32, addr unsafe.Pointer, n *uint32, flags uint32) {
	e.rw(opAccept, fd, addr, 0, address(unsafe.Pointer(n)))
	e.opFlags = flags
}

// acceptMultishot is accept that goes on; Linux 5.19. Every connection overwrites the address of the one before.
func (e *sqe) acceptMultishot(fd int32, addr unsafe.Pointer, n *uint32, flags uint32) {
	e.accept(fd, addr, n, flags)
	e.ioprio |= acceptMultishot
}

// connect connects to the address of n bytes at addr.
func (e *sqe) connect(fd int32, addr unsafe.Pointer, n uint32) {
	e.rw(opConnect, fd, addr, 0, uint64(n))
}

// send sends n bytes. flags: MSG_NOSIGNAL, always, and others.
func (e *sqe) send(fd int32, p unsafe.Pointer, n, flags uint32) {
	e.rw(opSend, fd, p, n, 0)
	e.opFlags = flags
}

// recv receives up to n bytes.
func (e *sqe) recv(fd int32, p unsafe.Pointer, n, flags uint32) {
	e.rw(opRecv, fd, p, n, 0)
	e.opFlags = flags
}

// recvMultishot receives again and again into buffers of group; Linux 6.0.
func (e *sqe) recvMultishot(fd int32, group uint16, flags uint32) {
	e.recv(fd, nil, 0, flags)
	e.ioprio |= recvMultishot
	e.bufferSelect(group)
}

// sendmsg sends what the struct msghdr at hdr describes.
func (e *sqe) sendmsg(fd int32, hdr unsafe.Pointer, flags uint32) {
	e.rw(opSendmsg, fd, hdr, 1, 0)
	e.opFlags = flags
}

// recvmsg receives into what the struct msghdr at hdr describes, and writes lengths and flags back there.
func (e *sqe) recvmsg(fd int32, hdr unsafe.Pointer, flags uint32) {
	e.rw(opRecvmsg, fd, hdr, 1, 0)
	e.opFlags = flags
}

// sendZC sends n bytes without copying them; Linux 6.0. The memory is free after the completion with cqeFNotif. zcFlags:
// recvSendPollFirst, recvSendFixedBuf (then bufIndex says which), sendZCReportUsage.
func (e *sqe) sendZC(fd int32, p unsafe.Pointer, n, flags uint32, zcFlags uint16) {
	e.rw(opSendZC, fd, p, n, 0)
	e.opFlags, e.ioprio = flags, zcFlags
}

// sendmsgZC is sendmsg without copying; Linux 6.1.
func (e *sqe) sendmsgZC(fd int32, hdr unsafe.Pointer, flags uint32) {
	e.sendmsg(fd, hdr, flags)
	e.opcode = opSendmsgZC
}

// shutdown ends one or both directions. how: SHUT_RD, SHUT_WR, SHUT_RDWR.
func (e *sqe) shutdown(fd int32, how uint32) { e.rw(opShutdown, fd, nil, how, 0) }
