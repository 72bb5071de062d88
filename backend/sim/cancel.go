package sim

import "github.com/tripoint-go/tripoint/backend"

// How a cancel ends, as drawn from SiteCancel. Kernel.Cancel draws from the first three.
const (
	cancelWins       uint8 = iota // the target ends now with ECANCELED and has no effect
	cancelLate                    // it cannot be interrupted any more: it ends at its time with its real result
	cancelLost                    // it ends now with its real result, effect included
	cancelInterrupts              // it ends now with EINTR and has no effect, if it is a transfer
	outcomes         = 4
)

// unstoppable has the kinds that no cancel touches.
const unstoppable backend.OpSet = 1<<backend.OpClose | 1<<backend.OpCancel

// timers has the kinds that a cancel always ends.
const timers backend.OpSet = 1<<backend.OpTimer | 1<<backend.OpLinkTimeout

// Cancel implements [backend.Backend] (duty 4). An op that has matured, a close, an OpCancel, and an op that was cancelled
// before are left alone. A timer always ends now. An op that has not started yet starts when its turn comes, and ends if it
// would have to wait then. For everything else the answer of SiteCancel decides: cancelWins, cancelLate or cancelLost.
//
// Where a cancel that did not win would have to wait for somebody else, it takes effect after a drawn delay, unless the op
// can proceed by then: no op outlives its cancel for ever.
func (k *Kernel) Cancel(id backend.OpID) {
	i := id.Slot()
	if i >= len(k.slots) || id == 0 {
		return
	}
	s := &k.slots[i]
	if s.op.ID != id || s.state == slotDone || s.state == slotNotice || s.dying || unstoppable.Has(s.op.Kind) {
		return
	}
	answer := cancelWins
	switch {
	case s.state == slotHeld:
		s.dying = true
		return
	case !timers.Has(s.op.Kind):
		answer = uint8(k.draws.Draw(backend.ChoiceCancel, SiteCancel, 3, int64(id)))
	}
	if answer == cancelWins {
		k.post(int32(i), k.cancelled(s))
		return
	}
	s.dying = true
	if answer == cancelLost {
		if res, ok := k.perform(int32(i)); ok {
			k.post(int32(i), res)
			return
		}
	}
	if k.nodes[i].pos == none {
		k.schedule(int32(i), k.now.Add(k.latency(latencyCancel, id)))
	}
}

// try cancels an op in flight on behalf of an OpCancel or a link timeout, and says whether it was found. An op that waits
// in a queue can always be taken out of it.
func (k *Kernel) try(i int32, outcome uint8) backend.Errno {
	s := &k.slots[i]
	switch {
	case s.state != slotTimed && s.state != slotArmed || unstoppable.Has(s.op.Kind):
		return backend.ENOENT
	case s.dying:
		return backend.EALREADY
	case timers.Has(s.op.Kind):
		outcome = cancelWins
	case outcome == cancelLate && s.state == slotTimed:
		s.dying = true
		return backend.EALREADY
	case outcome == cancelLost:
		if res, ok := k.perform(i); ok {
			k.post(i, res)
			return backend.ENOENT
		}
	case outcome == cancelInterrupts && s.state == slotTimed && (reads | writes).Has(s.op.Kind):
		k.post(i, -int32(backend.EINTR))
		return backend.OK
	}
	k.post(i, k.cancelled(s))
	return backend.OK
}

// performCancel performs OpCancel. It finds ops that have started and not ended, other than closes and OpCancels.
func (k *Kernel) performCancel(self int32, s *slot) int32 {
	fd := none
	if s.op.Arg&backend.CancelFD != 0 {
		if fd = k.lookup(s.op.FD); fd == none {
			return -int32(backend.EBADF)
		}
	}
	all := s.op.Arg&(backend.CancelAll|backend.CancelAny) != 0
	first, count := none, int32(0)
	for i := range k.slots[:k.slotHigh] {
		t := &k.slots[i]
		if int32(i) == self || !k.matches(&s.op, t, fd) {
			continue
		}
		if all {
			if k.try(int32(i), s.draw) == backend.OK {
				count++
			}
		} else if first == none || t.number < k.slots[first].number {
			first = int32(i)
		}
	}
	switch {
	case all:
		return count
	case first == none:
		return -int32(backend.ENOENT)
	}
	return -int32(k.try(first, s.draw))
}

// matches reports whether an OpCancel means an op: by id, by open file, or any.
func (k *Kernel) matches(cancel *backend.Op, t *slot, fd int32) bool {
	switch {
	case t.state != slotTimed && t.state != slotArmed || unstoppable.Has(t.op.Kind):
		return false
	case cancel.Arg&backend.CancelAny != 0:
		return true
	case cancel.Arg&backend.CancelFD != 0:
		return t.open == fd
	}
	return t.op.ID == cancel.Ext.Target
}
