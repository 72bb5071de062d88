package sim

import "github.com/tripoint-go/tripoint/backend"

// attempt performs an op whose time has come. What cannot proceed waits in a queue, or ends if it was cancelled.
func (k *Kernel) attempt(i int32) {
	s := &k.slots[i]
	if s.state == slotNotice {
		k.postNotice(i)
		return
	}
	res, ok := k.perform(i)
	for ok && s.op.Flags&backend.FlagMultishot != 0 && k.goesOn(s, res) {
		k.more(i, res)
		res, ok = k.perform(i)
	}
	switch {
	case ok:
		k.post(i, res)
	case s.dying:
		k.post(i, k.cancelled(s))
	default:
		k.arm(i)
	}
}

// perform lets the effect of an op happen now and returns its result. If the op has to wait for somebody else it returns
// false and names the queue in wants, and nothing has happened, except that a transfer of all bytes may have moved some. It
// makes no draws: those were made by start.
func (k *Kernel) perform(i int32) (res int32, ok bool) {
	s := &k.slots[i]
	if s.res < 0 {
		if s.op.Kind == backend.OpFsync && s.open != none {
			if node := k.opens[s.open].node; node != none {
				k.files[node].forget()
			}
		}
		return k.partOr(s, s.res), true
	}
	switch s.op.Kind {
	case backend.OpNop, backend.OpTimer:
		return 0, true
	case backend.OpClose:
		return k.closeFD(s.op.FD), true
	case backend.OpOpen:
		return k.open(&s.op), true
	case backend.OpStat, backend.OpRename, backend.OpUnlink, backend.OpMkdir:
		return -int32(k.performPath(&s.op)), true
	case backend.OpSocket:
		return k.socket(s.op.Arg, s.op.Off), true
	case backend.OpCancel:
		return k.performCancel(i, s), true
	case backend.OpLinkTimeout:
		return k.expire(i, s), true
	case backend.OpPoll:
		return k.performPoll(s)
	case backend.OpSplice:
		return k.performSplice(i, s)
	}
	if s.op.Flags&backend.FlagPick != 0 {
		return k.performPick(i, s)
	}
	return k.performOn(i, s)
}

// performOn performs what works on an open file.
func (k *Kernel) performOn(i int32, s *slot) (int32, bool) {
	switch k.opens[s.open].kind {
	case openPipe:
		return k.performPipe(i, s)
	case openFileNode:
		return k.performFile(s), true
	default:
		return k.performSocket(i, s)
	}
}

// partOr returns what a transfer of all bytes has moved so far, if anything, and the given result otherwise: part of the
// bytes hides an error and a cancel.
func (k *Kernel) partOr(s *slot, res int32) int32 {
	if s.got > 0 {
		return int32(s.got)
	}
	return res
}

// cancelled returns the result of an op that a cancel ends.
func (k *Kernel) cancelled(s *slot) int32 { return k.partOr(s, -int32(backend.ECANCELED)) }
