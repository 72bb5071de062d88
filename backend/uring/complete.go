//go:build linux

package uring

import (
	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
)

// errRestart is the first of the kernel's own codes for a call that a signal, or a cancel, has interrupted (ERESTARTSYS, linux/errno.h).
// They are not meant to be seen; a cancelled splice shows one.
const errRestart = 512

// translate turns a completion of the kernel into a report. It returns false if there is nothing to report.
func (l *lane) translate(c *cqe, into *backend.Completion) bool {
	id := c.userData & (1<<kindShift - 1)
	switch c.userData >> kindShift {
	case kindLine:
		if !l.lineDone(id, c.res) {
			return false
		}
		*into = backend.Completion{Kind: backend.CompletionLine, N: int32(id)}
		return true
	case kindCancel, kindUnline:
		return false // whatever a cancel came to, the target's own completion tells
	}
	s := &l.slots[backend.OpID(id).Slot()]
	if s.id != backend.OpID(id) {
		panic("uring: duty 1: a completion belongs to the op in its slot")
	}
	if c.res == -int32(unix.ECANCELED) && s.again > 0 && l.retry(s, c.flags) {
		return false
	}
	*into = backend.Completion{ID: s.id, Kind: backend.CompletionOp, Res: c.res, More: c.flags&cqeFMore != 0}
	if c.flags&cqeFBuffer != 0 {
		into.Picked = true
		into.Pick = l.pools.global(l.n, s.op.Ext.Index, uint16(c.flags>>cqeBufferShift))
	}
	if !into.More {
		s.busy = false
		l.inFlight.Add(-1)
		if s.op.Flags&backend.FlagDrain != 0 {
			l.drains.Add(-1)
		}
	}
	switch s.op.Kind {
	case backend.OpTimer:
		if c.res == -int32(unix.ETIME) {
			into.Res = 0
		}
	case backend.OpSendZC:
		if c.flags&cqeFNotif != 0 {
			into.Notice, into.Res = true, 0
		}
	case backend.OpRecvMsg:
		x, hdr := s.op.Ext, &s.meta.hdr
		if c.res >= 0 && s.wrong == backend.OK {
			x.Addr.Len, x.MsgFlags, x.ControlN = hdr.Namelen, uint32(hdr.Flags), int32(hdr.Controllen)
		}
	}
	if c.res <= -errRestart {
		into.Res = -int32(unix.EINTR)
	}
	if s.wrong != backend.OK && c.res != -int32(unix.ECANCELED) {
		into.Res = -int32(s.wrong)
	}
	return true
}
