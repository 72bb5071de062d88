package sim

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// The life of an op. Numbers name the function that performs the transition.
//
//	free --1--> timed --2--> done --3--> free      1 start, 2 attempt, 3 deliver, 4 arm,
//	              |           ^ ^                  5 kick puts the head of a queue into the event heap,
//	              4           2 |                    attempt then finds it able to proceed,
//	              v           | 6                  6 Cancel, from timed and armed
//	            armed --5-----+-+
//
// An armed op waits in the queue of a pipe or listener. The first in the queue is in the event heap while it can proceed.
const (
	slotFree uint8 = iota
	slotTimed
	slotArmed
	slotDone
)

// slot is one op in flight.
type slot struct {
	op     backend.Op // a copy
	lat    vclock.Duration
	mark   uint64 // fsync: number of the last write of the file when the fsync began
	limit  int    // most bytes to move
	open   int32  // open file, referenced; or none
	res    int32  // result once done; before that, if it is negative, the result that was drawn
	next   int32  // in the wait queue
	prev   int32
	state  uint8
	queued bool // in a wait queue
	dying  bool // was cancelled, and ends with its next attempt
}

// Base latencies: how long the modelled kernel takes for an op that nothing delays. They are orders of magnitude of a
// machine with an SSD; programs must not rely on them.
const (
	latencyNop       = 200 * vclock.Nanosecond
	latencyStream    = 1 * vclock.Microsecond // read and write of pipes and streams
	latencyFileRead  = 80 * vclock.Microsecond
	latencyFileWrite = 20 * vclock.Microsecond
	latencyFsync     = 500 * vclock.Microsecond
	latencyOpen      = 30 * vclock.Microsecond
	latencyAccept    = 2 * vclock.Microsecond
	latencyClose     = 1 * vclock.Microsecond
	latencyCancel    = 1 * vclock.Microsecond // until a cancel that lost its draw ends an op that cannot proceed
)

const (
	transferMax   = 0x7ffff000 // bytes per read or write, as in Linux
	partialMax    = 3          // partial submissions in a row
	transientsMax = 3          // EINTR and EAGAIN in a row
	delaySteps    = 16         // offsets inside a delay bucket
)

// Submit implements [backend.Backend] (duties 2 and 3). It copies each op and keeps its buffer reachable. It panics if an
// id or kind is out of range or the slot is still in flight.
func (k *Kernel) Submit(ops []*backend.Op) int {
	n := len(ops)
	if k.draws.Chooser != nil && n > 0 {
		n = k.accepted(ops)
	}
	for _, op := range ops[:n] {
		k.start(op)
	}
	return n
}

// accepted draws how many ops a submission takes. After partialMax partial ones it takes all without a draw.
func (k *Kernel) accepted(ops []*backend.Op) int {
	if k.partials < partialMax {
		if less := k.draws.Draw(backend.ChoiceFault, SitePartial, len(ops)+1, int64(ops[0].ID)); less > 0 {
			k.partials++
			return len(ops) - less
		}
	}
	k.partials = 0
	return len(ops)
}

// start makes the draws of an op, resolves its descriptor and schedules its first attempt.
func (k *Kernel) start(op *backend.Op) {
	i := op.ID.Slot()
	if op.ID>>16 == 0 {
		panic("sim: an op id has a generation of at least 1")
	}
	if i >= len(k.slots) {
		panic("sim: an op slot is below Options.OpsMax")
	}
	s := &k.slots[i]
	if s.state != slotFree {
		panic("sim: an op slot is submitted once at a time")
	}
	*s = slot{op: *op, open: none, next: none, prev: none, state: slotTimed}
	if i >= k.slotHigh {
		k.slotHigh = i + 1
	}
	k.inFlight++

	at := k.now
	switch op.Kind {
	case backend.OpTimer:
		at = max(vclock.Instant(op.Off), k.now)
	case backend.OpNop:
		s.lat = k.latency(latencyNop, op.ID)
	case backend.OpOpen:
		s.lat = k.latency(latencyOpen, op.ID)
	case backend.OpClose:
		s.lat = k.latency(latencyClose, op.ID)
	case backend.OpRead, backend.OpWrite, backend.OpFsync, backend.OpAccept:
		k.startOn(s)
	default:
		panic("sim: an op has one of the kinds in Caps")
	}
	k.schedule(int32(i), at.Add(s.lat))
}

// startOn starts an op on an open file, to which it takes a reference as the kernel does: a close does not disturb it.
func (k *Kernel) startOn(s *slot) {
	base := latencyStream
	s.open = k.lookup(s.op.FD)
	if s.open == none {
		s.lat = k.latency(base, s.op.ID)
		s.res = -int32(backend.EBADF)
		return
	}
	o := &k.opens[s.open]
	o.refs++
	switch s.op.Kind {
	case backend.OpRead:
		if o.kind == openFileNode {
			base = latencyFileRead
		}
	case backend.OpWrite:
		if o.kind == openFileNode {
			base = latencyFileWrite
		}
	case backend.OpFsync:
		base = latencyFsync
		if o.kind == openFileNode {
			f := &k.files[o.node]
			s.mark = f.writes
			f.mark = f.writes
		}
	case backend.OpAccept:
		base = latencyAccept
	}
	s.lat = k.latency(base, s.op.ID)
	s.limit = min(len(s.op.Buf), transferMax)
	if k.draws.Chooser != nil {
		k.drawResult(s, o.kind == openFileNode)
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

// drawResult draws whether a transfer or fsync goes as expected. The first deviation settles it.
func (k *Kernel) drawResult(s *slot, disk bool) {
	d, id := &k.draws, int64(s.op.ID)
	fails := func(site backend.Site) bool { return d.Draw(backend.ChoiceFault, site, 2, id) != 0 }
	switch {
	case s.op.Kind == backend.OpFsync:
		if disk && fails(SiteDiskFsync) {
			s.res = -int32(backend.EIO)
		}
		return
	case s.op.Kind == backend.OpAccept || s.limit == 0:
		return
	case k.drawTransient(s):
		return
	case disk && fails(SiteDiskEIO):
		s.res = -int32(backend.EIO)
	case disk && s.op.Kind == backend.OpWrite && fails(SiteDiskENOSPC):
		s.res = -int32(backend.ENOSPC)
	default:
		s.limit = k.drawShort(s.limit, id)
	}
}

// drawTransient draws EINTR, then EAGAIN. After transientsMax of them in a row there is a rest, so that a caller who tries
// again makes progress under every chooser.
func (k *Kernel) drawTransient(s *slot) bool {
	if k.transients == transientsMax {
		k.transients = 0
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
	k.transients++
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
