package backend

// ChoiceKind classifies a draw: a place where several continuations are legal. Kinds have independent counters on the
// tape, so a new draw of one kind does not shift the others.
type ChoiceKind uint8

// The kinds of choice. What 0 means is the rule for whoever draws: the least surprising answer.
const (
	ChoiceInvalid  ChoiceKind = iota
	ChoicePick                // next task to poll; 0: head of the run queue
	ChoiceLane                // which lane acts next; 0: the lowest that can
	ChoiceOrder               // which matured completion is delivered next; 0: submission order
	ChoiceDelay               // latency bucket, then offset inside it; 0: base latency
	ChoiceIRQ                 // whether an interrupt arrives here, and which line; 0: none
	ChoiceCancel              // who wins, cancel or completion; 0: the cancel, at once
	ChoiceShort               // a legal but unusual result; 0: full and immediate success
	ChoiceSpurious            // a wake or interrupt nobody asked for; 0: none
	ChoiceFault               // whether and how a site misbehaves; 0: it works
	ChoiceExt                 // signals, spawns from outside, the peer's moves; 0: none, or in program order
	ChoiceWork                // workload: operation, size, payload; 0: smallest
	ChoiceKinds               // number of kinds
)

// Site is the place of a draw, so that a fault plan can switch places on and off one by one. Site 0 is "no particular
// place": the strategy alone decides there. Other sites are numbered by the backend that owns them.
type Site uint8

// SiteInfo describes a site for fault plans and their users.
type SiteInfo struct {
	Site Site
	Name string     // in fault plans, such as "ring.delay"
	Kind ChoiceKind // of its draws
	Doc  string     // one line: which duty of the contract it bends
}

// Chooser answers every free decision of a run. Production has none (a nil Chooser means 0, always); the simulator's
// reads or writes a tape. It is called by the thread that runs the executor, and must answer from its own state only.
type Chooser interface {
	// Choose returns a number from 0 to n-1; n is at least 2.
	Choose(kind ChoiceKind, site Site, n int) int
	// Pick is Choose for ChoicePick: it returns an index into ready, the slots of the runnable tasks in queue order, at
	// least 2 of them. The slice is valid during the call.
	Pick(ready []uint32) int
	// Spawned says that the slot now belongs to a new task.
	Spawned(slot uint32)
}

// Draws asks a chooser and writes the answer into the trace. Both fields may be nil.
type Draws struct {
	Chooser Chooser
	Trace   *Trace
}

// Draw decides among n continuations at a site; obj is an id for the reader of the trace. It answers 0 without asking if
// there is nothing to decide (n < 2) or nobody to ask. A chooser that answers outside 0..n-1 is a programmer error.
func (d *Draws) Draw(kind ChoiceKind, site Site, n int, obj int64) int {
	if n < 2 || d.Chooser == nil {
		return 0
	}
	pick := d.Chooser.Choose(kind, site, n)
	if uint(pick) >= uint(n) {
		panic("backend: the chooser picked outside the range it was given")
	}
	d.Trace.Emit(EvChoice, int64(kind), int64(n), int64(pick), int64(site), obj)
	return pick
}

// DrawTask decides which of the ready slots is polled next and returns its index.
func (d *Draws) DrawTask(ready []uint32) int {
	if len(ready) < 2 || d.Chooser == nil {
		return 0
	}
	pick := d.Chooser.Pick(ready)
	if uint(pick) >= uint(len(ready)) {
		panic("backend: the chooser picked outside the range it was given")
	}
	d.Trace.Emit(EvChoice, int64(ChoicePick), int64(len(ready)), int64(pick), 0, 0)
	return pick
}
