package sim

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// The life of an op. Numbers name the function that performs the transition.
//
//	 free --1--> timed --2--> done --3--> free      1 start, 2 attempt, 3 deliver, 4 arm,
//	  |           ^ |          ^ ^                  5 kick puts the head of a queue into the event heap,
//	  7           8 4        2 | |                    attempt then finds it able to proceed,
//	  v           | v          | 6                  6 Cancel, from timed, armed and held,
//	held ---------+ armed --5--+-+                  7 start, of a chain's follower or behind a drain, 8 issue
//
// An armed op waits in the queue of a pipe or socket. The first in the queue is in the event heap while it can proceed. A
// multishot op stays armed while it reports; a zero-copy send is timed once more between its two reports (slotNotice).
const (
	slotFree uint8 = iota
	slotTimed
	slotArmed
	slotHeld
	slotNotice
	slotDone
)

// slot is one op in flight.
type slot struct {
	op      backend.Op // a copy; Ext stays where it is, as the contract lends it, too
	lat     vclock.Duration
	mark    uint64 // fsync: number of the last write of the file when the fsync began; send: delay of the notice
	number  uint64 // of the submission
	limit   int    // most bytes to move
	got     int    // bytes that a transfer of all bytes has moved so far
	open    int32  // open file, referenced; or none
	via     int32  // other open file, in whose queue it waits; a splice has a reference to it; or none
	res     int32  // before the end, if it is negative: the result that was drawn
	next    int32  // in the wait queue
	prev    int32
	pick    int32 // buffer of the op's group that it has taken, or none
	group   int32 // number of the group that pick is from
	shots   int32 // multishot: reports until an early end that was drawn, 0: no such end
	epoch   int32 // number of drains up to this op
	draw    uint8 // OpCancel, OpLinkTimeout: the outcome that was drawn
	state   uint8
	wants   uint8 // the queue it has to wait in, after an attempt that found it unable to proceed
	in      uint8 // the queue it is in
	dying   bool  // was cancelled, and ends with its next attempt
	bad     bool  // failed preparation with res
	chained bool  // has an entry in Kernel.links
	seen    bool  // multishot poll: has reported what is there, and waits for an edge
	reset   bool  // the connection breaks when the op is performed
	starved bool  // finds its buffer group empty
}

// Base latencies: how long the modelled kernel takes for an op that nothing delays. They are orders of magnitude of a
// machine with an SSD; programs must not rely on them.
const (
	latencyNop       = 200 * vclock.Nanosecond
	latencyStream    = 1 * vclock.Microsecond // transfers of pipes and sockets
	latencyFileRead  = 80 * vclock.Microsecond
	latencyFileWrite = 20 * vclock.Microsecond
	latencyFsync     = 500 * vclock.Microsecond
	latencyOpen      = 30 * vclock.Microsecond // all that works on paths
	latencyAccept    = 2 * vclock.Microsecond
	latencyConnect   = 20 * vclock.Microsecond
	latencySocket    = 1 * vclock.Microsecond // socket, bind, listen, shutdown
	latencyClose     = 1 * vclock.Microsecond
	latencyCancel    = 1 * vclock.Microsecond  // OpCancel; and until a cancel that lost its draw ends an op that cannot proceed
	latencyNotice    = 10 * vclock.Microsecond // from the result of a zero-copy send to its notice
	latencyAsync     = 5 * vclock.Microsecond  // more, for FlagAsync
)

const transferMax = 0x7ffff000 // bytes per read or write, as in Linux

// Submit implements [backend.Backend] (duties 2 and 3). It copies each op and keeps its memory reachable. An op that the
// kernel would refuse completes with the reason. It panics if an id is out of range or the slot is still in flight.
func (k *Kernel) Submit(ops []*backend.Op) int {
	n := len(ops)
	if k.draws.Chooser != nil && n > 0 {
		n = k.accepted(ops)
	}
	for i := 0; i < n; i++ {
		if op := ops[i]; op.Flags&(linkFlags|backend.FlagDrain) == 0 && op.Kind != backend.OpLinkTimeout && !k.holding() {
			k.start(op)
			k.issue(int32(op.ID.Slot()))
			continue
		}
		i += k.startChain(ops[i:n]) - 1
	}
	return n
}

// start makes the draws of an op. It does not touch the world: an op of a chain starts later.
func (k *Kernel) start(op *backend.Op) *slot {
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
	k.submitted++
	*s = slot{}
	s.op = *op
	s.open, s.via, s.pick, s.state = none, none, none, slotTimed
	s.number, s.epoch = k.submitted, k.epoch
	if i >= k.slotHigh {
		k.slotHigh = i + 1
	}
	k.inFlight++
	if err := prepare(op); err != backend.OK {
		s.bad = true
		s.res = -int32(err)
		s.lat = k.latency(latencyNop, op.ID)
		return s
	}
	k.drawOp(s)
	if op.Flags&backend.FlagAsync != 0 && op.Kind != backend.OpTimer {
		s.lat += latencyAsync
	}
	return s
}

// issue resolves the descriptor of an op and schedules its first attempt. The op takes a reference to the open file, as in
// the kernel: a close does not disturb it.
func (k *Kernel) issue(i int32) {
	s := &k.slots[i]
	s.state = slotTimed
	at := k.now
	switch kind := s.op.Kind; {
	case s.bad || kind == backend.OpNop:
	case kind == backend.OpTimer:
		at = max(vclock.Instant(s.op.Off), k.now)
		if s.dying {
			s.res = -int32(backend.ECANCELED)
			at = k.now
		}
	case onOpenFile.Has(kind):
		k.refer(s)
	}
	if s.chained {
		k.startTimeout(i)
	}
	k.schedule(i, at.Add(s.lat))
}

// onOpenFile has the kinds that work on an open file from their start to their end. Others look their descriptors up when
// they are performed.
const onOpenFile backend.OpSet = 1<<backend.OpRead | 1<<backend.OpWrite | 1<<backend.OpFsync | 1<<backend.OpAccept |
	1<<backend.OpReadv | 1<<backend.OpWritev | 1<<backend.OpReadFixed | 1<<backend.OpWriteFixed | 1<<backend.OpFallocate |
	1<<backend.OpTruncate | 1<<backend.OpBind | 1<<backend.OpListen | 1<<backend.OpConnect | 1<<backend.OpSend |
	1<<backend.OpRecv | 1<<backend.OpSendMsg | 1<<backend.OpRecvMsg | 1<<backend.OpSendZC | 1<<backend.OpShutdown |
	1<<backend.OpSplice | 1<<backend.OpPoll

func (k *Kernel) refer(s *slot) {
	s.open = k.lookup(s.op.FD)
	if s.open == none {
		s.res = -int32(backend.EBADF)
		return
	}
	o := &k.opens[s.open]
	o.refs++
	if fixed.Has(s.op.Kind) && !k.registered(&s.op) {
		s.res = -int32(backend.EFAULT)
	}
	if s.op.Kind == backend.OpFsync && o.kind == openFileNode {
		f := &k.files[o.node]
		s.mark = f.writes
		f.mark = f.writes
	}
}
