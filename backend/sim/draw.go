package sim

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// Bounds on what nobody asked for, so that a caller who tries again makes progress under every chooser.
const (
	partialMax    = 3  // partial submissions in a row
	transientsMax = 3  // EINTR and EAGAIN in a row
	restMax       = 8  // transfers that then go without, so that a whole chain can be tried again
	delaySteps    = 16 // offsets inside a delay bucket
)

// accepted draws how many ops a submission takes: a prefix that ends at the end of a chain. After partialMax partial ones
// it takes all without a draw.
func (k *Kernel) accepted(ops []*backend.Op) int {
	if k.partials < partialMax {
		if less := k.draws.Draw(backend.ChoiceFault, SitePartial, len(ops)+1, int64(ops[0].ID)); less > 0 {
			k.partials++
			n := len(ops) - less
			for n > 0 && ops[n-1].Flags&linkFlags != 0 {
				n--
			}
			return n
		}
	}
	k.partials = 0
	return len(ops)
}

// drawOp makes all draws of an op that passed its preparation: how long it takes and what becomes of it. Nothing is drawn
// later, so that time can pass without draws.
func (k *Kernel) drawOp(s *slot) {
	switch id := s.op.ID; s.op.Kind {
	case backend.OpTimer:
	case backend.OpNop:
		s.lat = k.latency(latencyNop, id)
	case backend.OpPoll:
		s.lat = k.latency(latencyNop, id)
		k.drawShots(s)
	case backend.OpOpen:
		s.lat = k.latency(latencyOpen, id)
		k.drawNoFD(s)
	case backend.OpAccept:
		s.lat = k.latency(latencyAccept, id)
		k.drawNoFD(s)
		k.drawShots(s)
	case backend.OpSocket:
		s.lat = k.latency(latencySocket, id)
		k.drawNoFD(s)
	case backend.OpClose:
		s.lat = k.latency(latencyClose, id)
	case backend.OpFsync:
		s.lat = k.latency(latencyFsync, id)
		if o := k.lookup(s.op.FD); o != none && k.opens[o].kind == openFileNode && k.fails(SiteDiskFsync, id) {
			s.res = -int32(backend.EIO)
		}
	case backend.OpStat, backend.OpFallocate, backend.OpTruncate, backend.OpRename, backend.OpUnlink, backend.OpMkdir:
		s.lat = k.latency(latencyOpen, id)
	case backend.OpBind, backend.OpListen, backend.OpShutdown:
		s.lat = k.latency(latencySocket, id)
	case backend.OpConnect:
		s.lat = k.latency(latencyConnect, id)
	case backend.OpCancel, backend.OpLinkTimeout:
		if s.op.Kind == backend.OpCancel {
			s.lat = k.latency(latencyCancel, id)
		}
		s.draw = uint8(k.draws.Draw(backend.ChoiceCancel, SiteCancel, outcomes, int64(id)))
	default:
		k.drawTransfer(s)
	}
}

// latency draws how long an op takes: bucket, then offset inside the bucket. Bucket 0 is the base latency, bucket 1 none
// at all, so that the op can complete while tasks are still runnable.
func (k *Kernel) latency(base vclock.Duration, id backend.OpID) vclock.Duration {
	switch k.draws.Draw(backend.ChoiceDelay, SiteDelay, 5, int64(id)) {
	case 0:
		return base
	case 1:
		return 0
	case 2:
		base *= 2
	case 3:
		base *= 10
	case 4:
		base *= 100
	}
	step := k.draws.Draw(backend.ChoiceDelay, SiteDelay, delaySteps, int64(id))
	return base + base*vclock.Duration(step)/delaySteps
}

// fails draws whether a site misbehaves.
func (k *Kernel) fails(site backend.Site, id backend.OpID) bool {
	return k.draws.Draw(backend.ChoiceFault, site, 2, int64(id)) != 0
}

// drawNoFD draws whether an op that makes a descriptor finds the table full.
func (k *Kernel) drawNoFD(s *slot) {
	if k.fails(SiteNoFD, s.op.ID) {
		s.res = -int32(backend.EMFILE)
	}
}

// drawShots draws whether and when a multishot op ends early: after 1, 2, 4 or 8 reports.
func (k *Kernel) drawShots(s *slot) {
	if s.op.Flags&backend.FlagMultishot == 0 {
		return
	}
	if n := k.draws.Draw(backend.ChoiceShort, SiteMultishot, 5, int64(s.op.ID)); n > 0 {
		s.shots = 1 << (n - 1)
	}
}

// drawTransfer makes the draws of what moves bytes. The first deviation settles it.
func (k *Kernel) drawTransfer(s *slot) {
	op, id := &s.op, s.op.ID
	o := k.lookup(op.FD)
	base := latencyStream
	disk := o != none && k.opens[o].kind == openFileNode
	if disk {
		base = latencyFileWrite
		if reads.Has(op.Kind) {
			base = latencyFileRead
		}
	}
	s.lat = k.latency(base, id)
	if op.Kind == backend.OpSendZC {
		s.mark = uint64(k.latency(latencyNotice, id))
	}
	s.limit = min(k.size(op), transferMax)
	if k.draws.Chooser == nil || s.limit == 0 || o == none {
		return
	}
	pick := op.Flags&backend.FlagPick != 0
	multi := op.Flags&backend.FlagMultishot != 0
	switch {
	case !multi && k.drawTransient(s):
		return
	case disk && k.fails(SiteDiskEIO, id):
		s.res = -int32(backend.EIO)
		return
	case disk && writes.Has(op.Kind) && k.fails(SiteDiskENOSPC, id):
		s.res = -int32(backend.ENOSPC)
		return
	case pick && k.fails(SiteNoBuffers, id):
		s.starved = true
		return
	}
	if k.opens[o].kind == openSocket {
		c := k.sockOf(o)
		if c.family != backend.AFUnix && c.stream && k.fails(SitePeerReset, id) {
			s.reset = true
		}
		if !c.stream || wantsAll(op) {
			k.drawShots(s)
			return // neither a datagram nor what wants all bytes is ever short
		}
	}
	k.drawShots(s)
	s.limit = k.drawShort(s.limit, int64(id))
}

// drawTransient draws EINTR, then EAGAIN. After transientsMax of them in a row there is a rest, which is counted below 0.
func (k *Kernel) drawTransient(s *slot) bool {
	if k.transients < 0 {
		k.transients++
		return false
	}
	switch id := int64(s.op.ID); {
	case k.draws.Draw(backend.ChoiceShort, SiteEINTR, 2, id) != 0:
		s.res = -int32(backend.EINTR)
	case k.draws.Draw(backend.ChoiceShort, SiteEAGAIN, 2, id) != 0:
		s.res = -int32(backend.EAGAIN)
	default:
		k.transients = 0
		return false
	}
	if k.transients++; k.transients == transientsMax {
		k.transients = -restMax
	}
	return true
}

// drawShort draws how many of n bytes an op may move at most: all, all but one, half, one, or a number drawn from 1 to
// n-1. Answers that would say the same are left out.
func (k *Kernel) drawShort(n int, id int64) int {
	switch k.draws.Draw(backend.ChoiceShort, SiteShort, min(n, 5), id) {
	case 1:
		return n - 1
	case 2:
		return n / 2
	case 3:
		return 1
	case 4:
		return 1 + k.draws.Draw(backend.ChoiceShort, SiteShort, n-1, id)
	}
	return n
}
