package sim

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

const linkFlags = backend.FlagLink | backend.FlagHardLink

// link is what an op has besides its slot if it is a member of a chain or waits behind a drain.
type link struct {
	next    int32  // the member that starts when this one has completed, or none
	timeout int32  // the link timeout that guards this member, or none
	target  int32  // of a link timeout: the member it guards, or none
	behind  int32  // of a head behind a drain: the next head, or none
	chain   uint64 // number of the submission of the head
	members int32  // of a head: ops of the chain
	drain   bool   // of a head: starts when everything before has completed
	hard    bool   // the next member starts whatever comes of this one
}

// holding reports whether something waits behind a drain, or would have to.
func (k *Kernel) holding() bool { return k.heldHead != none || k.drainLeft > 0 }

// startChain starts a chain, or a single op that needs more than the usual way, and returns the number of its ops. If one
// fails its preparation the whole chain does.
func (k *Kernel) startChain(ops []*backend.Op) int {
	n := 1
	flags := ops[0].Flags
	for n < len(ops) && ops[n-1].Flags&linkFlags != 0 {
		flags |= ops[n].Flags
		n++
	}
	ops = ops[:n]
	drain := flags&backend.FlagDrain != 0
	if drain {
		k.epoch++
	}
	bad := false
	for j, op := range ops {
		s := k.start(op)
		if op.Kind == backend.OpLinkTimeout && !s.bad && (j == 0 || ops[j-1].Kind == backend.OpLinkTimeout) {
			s.bad, s.res = true, -int32(backend.EINVAL)
		}
		bad = bad || s.bad
	}
	if bad {
		k.refuse(ops)
		return n
	}
	head := int32(ops[0].ID.Slot())
	if n == 1 && !drain && !k.holding() {
		k.issue(head)
		return n
	}
	k.join(ops, drain)
	if drain {
		k.epoch++
	}
	k.hold(head)
	k.undrain()
	return n
}

// refuse lets every op of a chain end at once, the bad ones with their own errors and the others cancelled.
func (k *Kernel) refuse(ops []*backend.Op) {
	for _, op := range ops {
		i := int32(op.ID.Slot())
		s := &k.slots[i]
		if !s.bad {
			s.bad, s.res = true, -int32(backend.ECANCELED)
		}
		if len(ops) > 1 {
			s.lat = latencyNop
		}
		k.issue(i)
	}
}

// join makes a chain out of ops that were started.
func (k *Kernel) join(ops []*backend.Op, drain bool) {
	if k.links == nil {
		k.links = make([]link, len(k.slots))
	}
	head := int32(ops[0].ID.Slot())
	last := none // member that is no link timeout
	for _, op := range ops {
		i := int32(op.ID.Slot())
		s := &k.slots[i]
		s.chained, s.state = true, slotHeld
		k.links[i] = link{next: none, timeout: none, target: none, behind: none, chain: k.slots[head].number,
			hard: op.Flags&backend.FlagHardLink != 0}
		if op.Kind == backend.OpLinkTimeout {
			k.links[last].timeout, k.links[i].target = i, last
			continue
		}
		if last != none {
			k.links[last].next = i
		}
		last = i
	}
	k.links[head].members, k.links[head].drain = int32(len(ops)), drain
}

// hold puts the head of a chain at the end of what waits behind a drain.
func (k *Kernel) hold(head int32) {
	if k.heldTail == none {
		k.heldHead = head
	} else {
		k.links[k.heldTail].behind = head
	}
	k.heldTail = head
	k.held += int(k.links[head].members)
}

// undrain issues what waits behind a drain and need not wait any more.
func (k *Kernel) undrain() {
	for k.heldHead != none && k.drainLeft == 0 {
		head := k.heldHead
		l := &k.links[head]
		if l.drain {
			if k.inFlight-k.matured-k.held > 0 {
				return
			}
			k.drainLeft, k.drainEpoch = int(l.members), k.slots[head].epoch
		}
		k.held -= int(l.members)
		k.heldHead = l.behind
		if k.heldHead == none {
			k.heldTail = none
		}
		k.issue(head)
	}
}

// ended counts the members of a drain that have ended.
func (k *Kernel) ended(s *slot) {
	if k.drainLeft > 0 && s.epoch == k.drainEpoch {
		k.drainLeft--
	}
	k.undrain()
}

func (k *Kernel) sameChain(a, b int32) bool {
	return k.slots[a].chained && k.links[a].chain == k.links[b].chain
}

// startTimeout arms the link timeout of a member that starts.
func (k *Kernel) startTimeout(i int32) {
	if t := k.links[i].timeout; t != none {
		k.slots[t].state = slotTimed
		if k.slots[t].dying {
			k.post(t, -int32(backend.ECANCELED))
			return
		}
		k.schedule(t, k.now.Add(vclock.Duration(k.slots[t].op.Off)))
	}
}

// expire performs a link timeout: it cancels the member that it guards.
func (k *Kernel) expire(i int32, s *slot) int32 {
	target := k.links[i].target
	k.links[i].target, k.links[target].timeout = none, none
	if err := k.try(target, s.draw); err != backend.OK {
		return -int32(err)
	}
	return -int32(backend.ETIME)
}

// follow ends the link timeout of a member that has completed, and starts the next member, or cancels the rest of the chain
// if the member broke it.
func (k *Kernel) follow(i int32, broken bool) {
	l := &k.links[i]
	if l.target != none { // a link timeout that was cancelled
		k.links[l.target].timeout = none
		l.target = none
	}
	if t := l.timeout; t != none {
		l.timeout, k.links[t].target = none, none
		k.post(t, -int32(backend.ECANCELED))
	}
	next := l.next
	l.next = none
	if !broken || l.hard {
		if next != none {
			k.issue(next)
		}
		return
	}
	for next != none {
		i := next
		next = k.links[i].next
		k.links[i].next = none
		k.post(i, -int32(backend.ECANCELED))
	}
}

// breaks reports whether a result breaks a soft link: a failure, or fewer bytes than asked for where all were wanted. What
// works on paths and on whole files, and a shutdown, never breaks one, except when it is cancelled or does not get to its
// open file.
func (k *Kernel) breaks(s *slot, res int32) bool {
	const never backend.OpSet = 1<<backend.OpFsync | 1<<backend.OpFallocate | 1<<backend.OpTruncate | 1<<backend.OpStat |
		1<<backend.OpUnlink | 1<<backend.OpRename | 1<<backend.OpMkdir | 1<<backend.OpShutdown
	switch op := &s.op; {
	case res < 0:
		return res == -int32(backend.ECANCELED) || res == -int32(backend.ENOTSOCK) || !never.Has(op.Kind) ||
			onOpenFile.Has(op.Kind) && s.open == none
	case (reads | writes | 1<<backend.OpSplice).Has(op.Kind), wantsAll(op):
		return int(res) < min(k.size(op), transferMax)
	}
	return false
}
