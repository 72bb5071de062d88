package sim

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// entryCQ is a report of an op in the completion queue.
type entryCQ struct {
	id    backend.OpID
	res   int32
	slot  int32
	pick  uint16
	flags uint8 // reportMore and so on
}

// Bits of entryCQ.flags.
const (
	reportMore uint8 = 1 << iota
	reportPicked
	reportNotice
)

// Reap implements [backend.Backend]. It reports, in this order: lines (lowest number first, each at most once per call),
// signals, external events and drawn spurious wakes as they arrived, reports of ops in the order in which they happened
// unless SiteReorder says otherwise. With nothing due and nothing to draw it costs a few comparisons.
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
		k.deliver(&into[n])
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

// deliver takes one report out of the queue and, if it is the last of its op, frees the slot.
func (k *Kernel) deliver(into *backend.Completion) {
	queue := k.cq[k.cqHead : k.cqHead+k.cqLen]
	if k.cqLen > 1 {
		pick := k.draws.Draw(backend.ChoiceOrder, SiteReorder, k.cqLen, int64(queue[0].id))
		if pick > 0 {
			pick = k.inOrder(queue, pick)
			taken := queue[pick]
			copy(queue[1:pick+1], queue[:pick])
			queue[0] = taken
		}
	}
	e := &queue[0]
	k.cqHead++
	k.cqLen--
	if e.flags&reportMore == 0 {
		k.inFlight--
		k.matured--
		s := &k.slots[e.slot]
		s.state, s.op.ID = slotFree, 0
	}
	// Field by field: an assignment of the whole is a copy that stalls on the stores before it.
	into.ID, into.N, into.Res, into.Pick, into.Kind = e.id, 0, e.res, e.pick, backend.CompletionOp
	into.More, into.Picked, into.Notice = e.flags&reportMore != 0, e.flags&reportPicked != 0, e.flags&reportNotice != 0
}

// inOrder returns the first report that the report at pick may not overtake, itself if there is none. Reports of one op,
// of one chain and across a drain keep their order.
func (k *Kernel) inOrder(queue []entryCQ, pick int) int {
	for i := pick - 1; i >= 0; i-- {
		a, b := queue[i].slot, queue[pick].slot
		if a == b || k.slots[a].epoch < k.slots[b].epoch || k.slots[b].chained && k.sameChain(a, b) {
			pick = i
		}
	}
	return pick
}

// push puts a report into the completion queue. There is always room: multishot ops stop at Options.CQEntries, and all
// others report at most twice. The op parts with the buffer that it has picked.
func (k *Kernel) push(i, res int32, flags uint8) {
	if k.cqLen == 0 {
		k.cqHead = 0
	} else if k.cqHead+k.cqLen == len(k.cq) {
		copy(k.cq, k.cq[k.cqHead:])
		k.cqHead = 0
	}
	s := &k.slots[i]
	e := &k.cq[k.cqHead+k.cqLen]
	e.id, e.res, e.slot, e.pick, e.flags = s.op.ID, res, i, 0, flags
	if s.pick != none {
		if k.owns(s) {
			e.pick, e.flags = uint16(s.pick), flags|reportPicked
		}
		s.pick = none
	}
	k.cqLen++
}

// post matures an op: it leaves the event heap and its wait queue, gives back its reference to the open file and joins the
// completion queue with its result. The op's memory is not touched any more.
func (k *Kernel) post(i, res int32) {
	s := &k.slots[i]
	k.unschedule(i)
	if s.op.Kind == backend.OpSendZC && s.state != slotNotice && !s.bad {
		k.postSent(i, res)
		return
	}
	k.push(i, res, 0)
	k.finish(i, res)
}

// finish is the end of an op whose last report is in the queue.
func (k *Kernel) finish(i, res int32) {
	s := &k.slots[i]
	broken := s.chained && k.breaks(s, res)
	s.state = slotDone
	s.op.Buf, s.op.Ext = nil, nil
	k.matured++
	k.leave(i)
	if s.chained {
		k.follow(i, broken)
	}
	if k.holding() {
		k.ended(s)
	}
}

// leave takes an op off its queue and its open files.
func (k *Kernel) leave(i int32) {
	s := &k.slots[i]
	k.disarm(i)
	o, via := s.open, s.via
	s.open, s.via = none, none
	if o == none {
		return
	}
	k.kick(o)
	k.release(o)
	if via != none && s.op.Kind == backend.OpSplice {
		k.kick(via)
		k.release(via)
	}
}

// more reports a multishot op that goes on.
func (k *Kernel) more(i, res int32) {
	k.push(i, res, reportMore)
	k.kick(k.slots[i].open)
}

// goesOn reports whether a multishot op stays after a result. It ends with an error, at the end of a stream, where an
// early end was drawn, and with a success when the completion queue is full.
func (k *Kernel) goesOn(s *slot, res int32) bool {
	if res < 0 || res == 0 && s.op.Kind == backend.OpRecv || s.bad || s.dying || k.cqLen >= k.opts.CQEntries {
		return false
	}
	if s.shots > 0 {
		s.shots--
		return s.shots > 0
	}
	return true
}

// postSent reports the result of a zero-copy send. The notice that the memory is free follows.
func (k *Kernel) postSent(i, res int32) {
	s := &k.slots[i]
	k.push(i, res, reportMore)
	broken := s.chained && k.breaks(s, res)
	s.state = slotNotice
	k.leave(i)
	if s.chained {
		k.follow(i, broken)
	}
	k.schedule(i, k.now.Add(vclock.Duration(s.mark)))
}

// postNotice is the second report of a zero-copy send.
func (k *Kernel) postNotice(i int32) {
	k.push(i, 0, reportNotice)
	k.finish(i, 0)
}

// Dispose implements [backend.Backend] (duty 5): it closes the descriptor at once. Results of kinds that return none, and
// failures, are nothing to dispose of.
func (k *Kernel) Dispose(kind backend.OpKind, res int32) {
	if kind.ReturnsFD() && res >= 0 {
		k.CloseFD(res)
	}
}
