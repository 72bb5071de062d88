package sim

import "github.com/tripoint-go/tripoint/backend"

// Reap implements [backend.Backend]. It reports, in this order: lines (lowest number first, each at most once per call),
// signals, external events and drawn spurious wakes as they arrived, completions of ops in the order in which
// they matured unless SiteReorder says otherwise. With nothing due and nothing to draw it costs a few comparisons.
func (k *Kernel) Reap(into []backend.Completion) int {
	if k.next <= k.now {
		k.settle()
	}
	if k.reapable() || k.sources > 0 && k.draws.Chooser != nil {
		return k.reap(into)
	}
	return 0
}

func (k *Kernel) reap(into []backend.Completion) int {
	if len(into) == 0 {
		return 0
	}
	if k.sources > 0 && k.draws.Chooser != nil {
		k.disturb()
		k.drawSpurious()
		k.reaps++
	}
	n := 0
	if (k.pending|k.asserted)&k.enabled != 0 {
		n = k.reapLines(into)
	}
	for k.noteLen > 0 && n < len(into) {
		nt := k.notes[k.noteHead]
		k.noteHead++
		k.noteLen--
		into[n] = backend.Completion{N: nt.n, Kind: nt.kind}
		n++
	}
	for k.cqLen > 0 && n < len(into) {
		into[n] = k.deliver()
		n++
	}
	return n
}

// drawSpurious draws which task is woken for nothing: its slot, or 0 for none.
func (k *Kernel) drawSpurious() {
	if k.opts.SpuriousSlots == 0 || k.reaps%spuriousEvery != 0 || k.noise >= noiseMax {
		return
	}
	slots := k.opts.SpuriousSlots
	if slot := k.draws.Draw(backend.ChoiceSpurious, SiteTaskSpurious, 1+slots, 0); slot != 0 {
		k.noise++
		k.arrive(backend.CompletionSpurious, int32(slot))
	}
}

// deliver takes one completion out of the queue and frees its slot.
func (k *Kernel) deliver() backend.Completion {
	queue := k.cq[k.cqHead : k.cqHead+k.cqLen]
	if k.cqLen > 1 {
		head := int64(k.slots[queue[0]].op.ID)
		if pick := k.draws.Draw(backend.ChoiceOrder, SiteReorder, k.cqLen, head); pick > 0 {
			taken := queue[pick]
			copy(queue[1:pick+1], queue[:pick])
			queue[0] = taken
		}
	}
	s := &k.slots[queue[0]]
	k.cqHead++
	k.cqLen--
	k.inFlight--
	done := backend.Completion{ID: s.op.ID, Res: s.res, Kind: backend.CompletionOp}
	*s = slot{}
	return done
}

// post matures an op: it leaves the event heap and its wait queue, gives back its reference to the open file and joins the
// completion queue with its result. The op's memory is not touched any more.
func (k *Kernel) post(i, res int32) {
	s := &k.slots[i]
	k.unschedule(i)
	s.state = slotDone
	s.res = res
	s.op.Buf = nil
	if k.cqLen == 0 {
		k.cqHead = 0
	} else if k.cqHead+k.cqLen == len(k.cq) {
		copy(k.cq, k.cq[k.cqHead:])
		k.cqHead = 0
	}
	k.cq[k.cqHead+k.cqLen] = i
	k.cqLen++
	if o := s.open; o != none {
		s.open = none
		if s.queued {
			k.dequeue(k.queueOf(o, s.op.Kind), i)
		}
		k.kick(o)
		k.release(o)
	}
}

// Dispose implements [backend.Backend] (duty 5): it closes the descriptor at once. Results of kinds that return none, and
// failures, are nothing to dispose of.
func (k *Kernel) Dispose(kind backend.OpKind, res int32) {
	if kind.ReturnsFD() && res >= 0 {
		k.CloseFD(res)
	}
}
