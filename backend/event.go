package backend

import "github.com/tripoint-go/tripoint/vclock"

// EventKind names one letter of the trace alphabet. The zero value is invalid. The number is part of the fingerprint, so
// kinds are only ever added at the end.
type EventKind uint8

// The trace alphabet. The comment behind each kind lists its fields, in the order of Event.Args; fields left out are 0.
// Ids: t task, o op, w node, l list, m lock, c channel, k token, s scope, i timer, h handle (descriptor), b buffer, f race,
// n line or signal. A token id is never equal to a scope id: both come from the executor's one object counter, as do lists,
// locks, channels, nodes and races. Task, op and timer ids are counters (or slot and generation) of their own.
const (
	EvInvalid    EventKind = iota
	EvBoot                 // backend, seed, lanes, mode, free: executor created; free 1: the order of polls is a choice
	EvSpawn                // t, parent, class, name: name is interned (Trace.Intern)
	EvPollBegin            // t
	EvPollEnd              // t, st: PollPending or PollReady
	EvWake                 // t, src, eff
	EvHAttach              // t, owner: handle attached; owner is a task id, or a scope id negated
	EvHDrop                // t, att: handle released or detached; att 1: it was released while attached
	EvCancelReq            // t, why
	EvDropBegin            // t
	EvDropEnd              // t
	EvJoined               // t, v
	EvCancelRes            // t, some, v
	EvPanic                // t
	EvFatal                // code
	EvLend                 // b, o, mode
	EvReturn               // b, o
	EvSubmit               // o, t, kind, h, pos: pos 1: at the handle's own position
	EvStall                // t, kind
	EvRefuse               // t, kind, err: kind is an OpKind; a refused timer has kind OpTimer; err is an Errno
	EvCancelOp             // o ("ccl")
	EvOrphan               // o, mode
	EvComplete             // o, res, more ("cqe")
	EvReap                 // o, how, res: the result as handed over
	EvHOpen                // h, kind
	EvHClose               // h
	EvPos                  // h, off
	EvTimerStart           // i, t, d, deadline
	EvExpire               // i, ok
	EvTimerStop            // i
	EvIRQ                  // n
	EvSwPend               // n
	EvLineOn               // n
	EvLineOff              // n
	EvLink                 // w, l, t
	EvFire                 // w
	EvUnlink               // w, why
	EvPassBegin            // l, n: n is the line the list belongs to, plus 1; 0 for any other list
	EvPassEnd              // l
	EvAcquire              // m, t, k
	EvRelease              // m, t
	EvEnter                // m, t, with: with 1: the region lies inside one poll
	EvLeave                // m, t
	EvPoison               // m, t
	EvUnpoison             // m, t
	EvPut                  // c, v, t
	EvTake                 // c, v, t
	EvBounce               // c, v, why
	EvChan                 // c, cap, ltx, lrx: the lists of blocked senders and receivers; a lock's list has the lock's own id
	EvChClose              // c, side
	EvCork                 // c, on
	EvNotify               // c, n
	EvSet                  // e, v
	EvGet                  // e, v, t
	EvScopeOpen            // s, parent, t: t 0: the root scope
	EvMember               // s, t, name
	EvScopeClose           // s, grace
	EvScopeGone            // s
	EvBundleJoin           // s, t, err: t 0: nil; else the member that failed first, err a digest
	EvTokenTake            // k, s, t
	EvTokenDrop            // k
	EvTrigger              // k, why: k is a scope or a triggerable token
	EvSignal               // n, act
	EvWon                  // f, arm, n, t, kept: t owns the race; kept 1: a select, whose losers live on
	EvService              // r, state, ver, t, cause: t runs the body; cause is a digest of its error, who made a group fail, or a grace
	EvServiceDep           // parent, r, how, via: r is told to stop by a flag of that id, of which via becomes a member
	EvServiceSee           // r, ver, sub, t, l: t waits for versions of r on list l
	EvChoice               // kind, arity, pick, site, obj: arity 0: decided by the world
	EvIdle                 // until
	EvRootDone             // v
	EvStopAccept           //
	EvGate                 //
	EvFrozen               // live
	EvStalled              // live
	EvExit                 // code
	EvLost                 // n
	EvTokenIn              // k, of, how: how TriggerAny or TriggerAll: k fires with one member, or with all
	EvLap                  // f, n, window, t
	EvWant                 // m, t, k: t begins to wait for lock m as k, where that is not said by a link alone; a holder: for an upgrade
	EvLower                // m, t, k: t, which holds lock m, goes on with less
	EvCond                 // c, m: condition c, whose list has the same id, belongs to lock m
	EvBundleFail           // s, t, err: member t of bundle s has ended and had failed, err a digest
	EvServiceAll           // r, state, cause: the merge of r and all below it, and the service it comes from
	EvKinds                // number of kinds
)

// Field values of the events.
const (
	PollPending int64 = 0 // EvPollEnd st
	PollReady   int64 = 1

	ClassNormal  int64 = 0 // EvSpawn class
	ClassCleanup int64 = 1 // the exit grace waits for it

	WakeOp    int64 = 1 // EvWake src
	WakeTimer int64 = 2
	WakeLine  int64 = 3
	WakeSync  int64 = 4
	WakeChan  int64 = 5
	WakeJoin  int64 = 6
	WakeToken int64 = 7
	WakeSelf  int64 = 8
	WakeExt   int64 = 9
	WakeChaos int64 = 10

	EffQueued int64 = 1 // EvWake eff: put on the run queue
	EffNoted  int64 = 2 // was running: goes to the tail when its poll ends
	EffMerged int64 = 3 // already queued or noted
	EffVoid   int64 = 4 // after Ready or after the teardown began

	CancelCall   int64 = 1 // EvCancelReq why: an explicit cancel or stop
	CancelHandle int64 = 2 // release of an attached handle

	LendBorrowed int64 = 1 // EvLend mode
	LendOwned    int64 = 2

	OrphanAwait  int64 = 1 // EvOrphan mode: the teardown waits for the op
	OrphanDetach int64 = 2

	ReapDeliver int64 = 1 // EvReap how
	ReapDiscard int64 = 2
	ReapDispose int64 = 3 // the result owned something, which was given back

	UnlinkFire int64 = 1 // EvUnlink why
	UnlinkDrop int64 = 2

	LockExclusive   int64 = 1 // EvAcquire k
	LockRead        int64 = 2
	LockUpgradeable int64 = 3

	NotifyOne    int64 = 1 // EvNotify n: the oldest waiter
	NotifyAll    int64 = 2
	NotifyPassed int64 = 3 // a chosen waiter ended: what it was told goes to the next of those who waited then
	NotifyClose  int64 = 4 // the condition closes

	BounceUnsent int64 = 1 // EvBounce why: before its put
	BounceClosed int64 = 2 // after its put

	SideTx int64 = 1 // EvChClose side
	SideRx int64 = 2

	TriggerAPI      int64 = 1 // EvTrigger why
	TriggerSignal   int64 = 2
	TriggerParent   int64 = 3
	TriggerAny      int64 = 4
	TriggerAll      int64 = 5
	TriggerClose    int64 = 6
	TriggerRootDone int64 = 7

	SignalDeliver int64 = 1 // EvSignal act: to a receiver
	SignalTrigger int64 = 2 // triggered the root scope
	SignalDefault int64 = 3 // the default action ended the run

	ModeDetach int64 = 1 // EvBoot mode
	ModeWait   int64 = 2
	ModeStop   int64 = 3
	ModeMain   int64 = 4 // added to the mode: Main (trigger, grace) instead of Run

	ServiceDone             int64 = 0 // EvService state, in the order of their merge
	ServiceReady            int64 = 1
	ServiceLoading          int64 = 2
	ServiceStopping         int64 = 3
	ServiceTemporaryFailure int64 = 4
	ServicePermanentFailure int64 = 5

	DepRequired int64 = 1 // EvServiceDep how: parent needs r until parent is terminal
	DepMember   int64 = 2 // r is a member of the group parent, which tells it to stop and waits for it
	DepLeft     int64 = 3 // a resource below the group or root has ended and left r behind: only waited for
	DepRoot     int64 = 4 // as DepMember, and parent is a root

	HandleStream   int64 = 1 // EvHOpen kind
	HandleFile     int64 = 2
	HandleListener int64 = 3
)

// Event is one record of a trace: 64 bytes, no pointers. Seq is dense and starts at 1. Tau is the executor's clock. The
// meaning of Args depends on Kind and is listed at the kinds.
type Event struct {
	Seq  uint64
	Tau  vclock.Instant
	Args [5]int64
	Kind EventKind
	Lane uint8
}

// Sink receives a trace in batches. Events are in order and complete; the slice is only valid during the call. Returning
// false asks the executor to end the run at the next tick, which a monitor does when it has seen enough. Name tells the
// text behind an interned id; it comes before the first event that uses the id and may come several times.
type Sink interface {
	Events(batch []Event) bool
	Name(id int64, text string)
}

// Trace is the one place where events are written, by the core, the shared primitives and the simulator. A nil *Trace is
// switched off and costs a branch. Nothing here allocates. It belongs to the thread that runs the executor.
//
// A Trace without a sink keeps the first events that fit its buffer and counts the rest: the last record becomes EvLost
// at the next Flush, because a trace with a hole proves nothing.
type Trace struct {
	Tau  vclock.Instant // stamped on every event; the executor sets it whenever it reads the clock
	Lane uint8          // stamped on every event; the executor sets it when it switches lanes

	buf     []Event
	n       int
	seq     uint64
	lost    int64
	sink    Sink
	stopped bool
}

// Init makes the trace empty and gives it its buffer (at least 2 records; 256 is a good size) and its sink, which may be
// nil. Calling it again starts a new trace and drops what was not flushed.
func (tr *Trace) Init(buf []Event, sink Sink) {
	if len(buf) < 2 {
		panic("backend: a trace needs a buffer of at least 2 events")
	}
	*tr = Trace{buf: buf, sink: sink}
}

// Emit appends one event. Unused arguments are 0.
func (tr *Trace) Emit(kind EventKind, a, b, c, d, e int64) {
	if Tracing && tr != nil {
		tr.emit(kind, a, b, c, d, e)
	}
}

func (tr *Trace) emit(kind EventKind, a, b, c, d, e int64) {
	if tr.n == len(tr.buf) {
		tr.Flush()
		if tr.n == len(tr.buf) {
			tr.lost++
			return
		}
	}
	ev := &tr.buf[tr.n]
	tr.n++
	tr.seq++
	ev.Seq = tr.seq
	ev.Tau = tr.Tau
	// Field by field: an array literal goes through the stack, and the copy stalls on it (6 ns a step).
	ev.Args[0], ev.Args[1], ev.Args[2], ev.Args[3], ev.Args[4] = a, b, c, d, e
	ev.Kind = kind
	ev.Lane = tr.Lane
}

// Flush hands what is buffered to the sink. Without a sink it does nothing, except that a trace which lost events gets
// its EvLost record in place of the last one.
func (tr *Trace) Flush() {
	if tr == nil {
		return
	}
	if tr.sink == nil {
		if tr.lost > 0 {
			last := &tr.buf[len(tr.buf)-1]
			*last = Event{Seq: last.Seq, Tau: last.Tau, Kind: EvLost, Args: [5]int64{tr.lost + 1}}
		}
		return
	}
	if tr.n > 0 {
		n := tr.n
		tr.n = 0
		if !tr.sink.Events(tr.buf[:n]) {
			tr.stopped = true
		}
	}
}

// Buffered returns the events that are in the buffer. It is how a trace without a sink is read.
func (tr *Trace) Buffered() []Event { return tr.buf[:tr.n] }

// Seq returns the number of the last event.
func (tr *Trace) Seq() uint64 { return tr.seq }

// Stopped reports whether the sink asked for the end of the run.
func (tr *Trace) Stopped() bool { return tr != nil && tr.stopped }

// Intern returns the id under which text stands in events, and tells the sink. The id is the 64-bit FNV-1a hash of the
// text with the sign bit cleared: the same on every machine, and 0 only for the empty text.
func (tr *Trace) Intern(text string) int64 {
	if tr == nil || text == "" {
		return 0
	}
	id := Digest(text)
	if tr.sink != nil {
		tr.sink.Name(id, text)
	}
	return id
}

// Digest is the id of a text in a trace: 64-bit FNV-1a (Fowler, Noll, Vo), sign bit cleared. It is never 0 for a text
// that is not empty.
func Digest(text string) int64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(text); i++ {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	h &= 1<<63 - 1
	if h == 0 {
		h = 1
	}
	return int64(h)
}
