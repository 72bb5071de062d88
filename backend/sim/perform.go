package sim

import "github.com/tripoint-go/tripoint/backend"

// attempt performs an op whose time has come. What cannot proceed waits in a queue, or ends if it was cancelled.
func (k *Kernel) attempt(i int32) {
	res, ok := k.perform(i)
	s := &k.slots[i]
	switch {
	case ok:
		k.post(i, res)
	case s.dying:
		k.post(i, -int32(backend.ECANCELED))
	case !s.queued:
		s.state = slotArmed
		s.queued = true
		k.enqueue(k.queueOf(s.open, s.op.Kind), i)
	}
}

// perform lets the effect of an op happen now and returns its result. If the op has to wait for somebody else it returns
// false, and nothing has happened. It makes no draws: those were made by start.
func (k *Kernel) perform(i int32) (res int32, ok bool) {
	s := &k.slots[i]
	if s.res < 0 {
		if s.op.Kind == backend.OpFsync && s.open != none {
			k.files[k.opens[s.open].node].forget()
		}
		return s.res, true
	}
	switch s.op.Kind {
	case backend.OpOpen:
		return k.open(s.op.Buf), true
	case backend.OpClose:
		return k.closeFD(s.op.FD), true
	case backend.OpNop, backend.OpTimer:
		return 0, true
	}
	switch k.opens[s.open].kind {
	case openStream:
		return k.performStream(i, s)
	case openFileNode:
		return k.performFile(s), true
	default:
		return k.performListener(i, s)
	}
}

// Cancel implements [backend.Backend] (duty 4). An op that has matured, a close, and an op that was cancelled before are
// left alone. A timer always ends now. For everything else the answer of SiteCancel decides:
//
//	0  the op ends now with ECANCELED and has no effect
//	1  the op cannot be interrupted any more: it ends at its time with its real result
//	2  the op ends now with its real result, effect included
//
// Where answer 1 or 2 would have to wait for somebody else, the cancel takes effect after a drawn delay, unless the op can
// proceed by then: no op outlives its cancel for ever.
func (k *Kernel) Cancel(id backend.OpID) {
	i := id.Slot()
	if i >= len(k.slots) || id == 0 {
		return
	}
	s := &k.slots[i]
	if s.op.ID != id || s.state == slotDone || s.dying || s.op.Kind == backend.OpClose {
		return
	}
	answer := 0
	if s.op.Kind != backend.OpTimer {
		answer = k.draws.Draw(backend.ChoiceCancel, SiteCancel, 3, int64(id))
	}
	if answer == 0 {
		k.post(int32(i), -int32(backend.ECANCELED))
		return
	}
	s.dying = true
	if answer == 2 {
		if res, ok := k.perform(int32(i)); ok {
			k.post(int32(i), res)
			return
		}
	}
	if k.nodes[i].pos == none {
		k.schedule(int32(i), k.now.Add(k.latency(latencyCancel, id)))
	}
}
