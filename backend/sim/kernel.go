package sim

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// Limits of [Options].
const (
	LinesMax = 64    // lines are bits of one word
	OpsLimit = 65536 // an OpID has 16 bits of slot
	FDBase   = 3     // first descriptor number: 0 to 2 are taken, as in a process, so a forgotten FD is EBADF
)

// Options configure a [Kernel]. A zero number means the default.
type Options struct {
	Draws backend.Draws // chooser and trace of the first run; both may be nil

	Lines         int // interrupt lines: 0 to LinesMax; default 0
	OpsMax        int // op slots, the executor's table size: slots of submitted ids are below it; default 64
	CQEntries     int // reports that wait before a multishot op ends for lack of room; nothing is lost; default 4 per op slot
	FDMax         int // descriptors open at once; default 64
	EventsMax     int // requests, signals, connections and external events scheduled at once; default 64
	PipeBytes     int // capacity of a pipe and of each direction of a stream; default 4096
	FilesMax      int // files and directories besides the root, unlinked ones that are open included; default 16
	FileBytes     int // size limit of a file, then ENOSPC; default 1 MiB
	SpuriousSlots int // task slots, 1 to this, that may be woken for nothing; default 0: never
}

// defaulted returns the options with defaults filled in, and panics if a number is out of range.
func (o Options) defaulted() Options {
	pick := func(v *int, dflt, most int, invariant string) {
		if *v == 0 {
			*v = dflt
		}
		if *v < 0 || *v > most {
			panic("sim: " + invariant)
		}
	}
	pick(&o.Lines, 0, LinesMax, "Options.Lines is 0 to 64")
	pick(&o.OpsMax, 64, OpsLimit, "Options.OpsMax is 1 to 65536")
	pick(&o.CQEntries, 4*o.OpsMax, 1<<20, "Options.CQEntries is 1 to 2^20")
	pick(&o.FDMax, 64, 1<<20, "Options.FDMax is 1 to 2^20")
	pick(&o.EventsMax, 64, 1<<20, "Options.EventsMax is 1 to 2^20")
	pick(&o.PipeBytes, 4096, 1<<30, "Options.PipeBytes is 1 to 2^30")
	pick(&o.FilesMax, 16, 1<<16, "Options.FilesMax is 1 to 65536")
	pick(&o.FileBytes, 1<<20, 1<<30, "Options.FileBytes is 1 to 2^30")
	pick(&o.SpuriousSlots, 0, 1<<24-1, "Options.SpuriousSlots is 0 to 2^24-1")
	return o
}

// Kernel is a simulated kernel and interrupt controller: a [backend.Backend] whose every freedom is a draw. It belongs to
// one thread, except for Unpark. Make one with [New]; set its world up with the calls Pipe, File, Listener, Connect, Device,
// RaiseAt, SignalAt and ExternalAt, before the run or from within it; use it again with [Kernel.Reset].
type Kernel struct {
	// What Reap and Wait look at in every step comes first.
	now      vclock.Instant
	next     vclock.Instant // of the first event in the heap; Forever if there is none
	cqLen    int            // reports of ops
	noteLen  int            // signals, external events and spurious wakes that have arrived
	enabled  uint64         // lines: enable bits
	pending  uint64         // lines: pending bits
	asserted uint64         // lines: level devices that still request
	sources  int            // things that irq, ext and spurious draws could be about
	unparked atomic.Bool

	draws backend.Draws
	opts  Options

	slots    []slot // by OpID.Slot
	slotHigh int    // slots at and above were not used in this run
	inFlight int
	cq       []entryCQ // reports of ops, in the order in which they happened: cq[cqHead:cqHead+cqLen]
	cqHead   int
	matured  int // ops whose terminal report is in cq

	submitted  uint64 // ops so far
	links      []link // of chains, by slot; made when the first chain comes
	epoch      int32  // drains so far
	held       int    // ops behind a drain
	heldHead   int32  // heads of what waits behind a drain, in the order of their submission
	heldTail   int32
	drainLeft  int   // ops of the drain that has started, until they have ended
	drainEpoch int32 // their epoch
	pollers    int   // polls in flight on open files

	groups    []group // pools of buffers, by number
	groupHigh int
	provided  int32    // groups so far
	fixed     [][]byte // registered buffers

	heap   []entry // scheduled events, by (instant, sequence)
	nodes  []node  // one per slot, then EventsMax others
	spare  int32   // first of the others that was given back, or none
	events int     // others that were taken at least once in this run
	seq    uint64  // of scheduling, the tie break

	notes    []note // arrived and not reaped: notes[noteHead:noteHead+noteLen]
	noteHead int

	lines     []line
	scheduled uint64 // lines with a request in the heap
	level     uint64 // lines whose device is level-triggered
	signals   int32  // first scheduled signal, or none
	signalsOn bool
	// signalsOpen has a bit for each signal with a receiver, signal 1 the lowest.
	signalsOpen uint64

	fds       []int32 // open file by descriptor - FDBase, or none
	fdHigh    int     // entries at and above were not used in this run
	fdCount   int
	opens     []openFile
	openSpare int32
	socks     []sock
	sockSpare int32
	port      uint16 // last ephemeral port that was given out
	pipes     []pipe
	pipeSpare int32
	files     []file // nodes of the file system; 0 is the root directory
	fileHigh  int    // entries at and above were not used in this run
	inode     uint64 // number of the last file
	path      []byte // scratch of set-up calls

	reaps      int // calls of Reap that had something to draw
	noise      int // spurious reports since time last moved
	partials   int // partial submissions in a row
	transients int // EINTR and EAGAIN in a row; below 0: transfers that still go without
}

// none is the null index of lists and tables.
const none int32 = -1

// New returns a kernel at instant 0 with an empty world. It allocates all tables and panics if an option is out of range.
func New(o Options) *Kernel {
	o = o.defaulted()
	k := &Kernel{
		opts:  o,
		slots: make([]slot, o.OpsMax),
		cq:    make([]entryCQ, o.CQEntries+2*o.OpsMax),
		heap:  make([]entry, 0, o.OpsMax+o.EventsMax),
		nodes: make([]node, o.OpsMax+o.EventsMax),
		notes: make([]note, 0, o.EventsMax),
		lines: make([]line, o.Lines),
		fds:   make([]int32, o.FDMax),
		opens: make([]openFile, 0, o.FDMax),
		files: make([]file, 1+o.FilesMax),
	}
	k.slotHigh = o.OpsMax
	k.fdHigh = o.FDMax
	k.makeNode(root, nil, backend.ModeDirectory|0o755)
	k.Reset(o.Draws)
	return k
}

// Reset makes the kernel as new, with the clock at 0 and an empty world, and takes the chooser and the trace of the next
// run. Ops in flight are forgotten: their memory is no longer touched. All tables are kept, so setting up the same world
// again does not allocate. The cost grows with what the last run used.
func (k *Kernel) Reset(draws backend.Draws) {
	k.draws = draws
	k.now, k.next, k.seq = 0, vclock.Forever, 0
	k.unparked.Store(false)

	clear(k.slots[:k.slotHigh])
	for i := range k.nodes[:k.slotHigh] {
		k.nodes[i].pos = none
	}
	k.slotHigh, k.inFlight = 0, 0
	k.cqHead, k.cqLen, k.matured = 0, 0, 0
	k.resetEvents()

	k.enabled, k.pending, k.asserted, k.scheduled, k.level = 0, 0, 0, 0, 0
	for i := range k.lines {
		k.lines[i] = line{raises: none}
	}
	k.signals, k.signalsOn, k.signalsOpen = none, false, 0
	k.sources = 0
	if k.opts.SpuriousSlots > 0 {
		k.sources = 1
	}

	for i := range k.fds[:k.fdHigh] {
		k.fds[i] = none
	}
	k.fdHigh, k.fdCount = 0, 0
	k.opens, k.openSpare = k.opens[:0], none
	k.socks, k.sockSpare, k.port = k.socks[:0], none, portFirst-1
	k.pipeSpare = none
	for i := len(k.pipes) - 1; i >= 0; i-- {
		k.freePipe(int32(i))
	}
	k.resetFiles()
	k.reaps, k.noise, k.partials, k.transients = 0, 0, 0, 0
	k.submitted, k.epoch, k.held, k.pollers = 0, 0, 0, 0
	k.heldHead, k.heldTail, k.drainLeft = none, none, 0
	k.provided = 0
	k.resetPools()
}

// yieldTick is the virtual time that passes while only yielded tasks are queued.
const yieldTick = vclock.Microsecond

// Caps implements [backend.Backend]: every kind of op and flag, the configured lines, signals, and a yield tick of 1 us.
func (k *Kernel) Caps() backend.Caps {
	return backend.Caps{
		Name:      "sim",
		Number:    1,
		Ops:       1<<backend.OpKinds - 1<<backend.OpNop,
		Multishot: multishot,
		Flags: backend.FlagLink | backend.FlagHardLink | backend.FlagDrain | backend.FlagMultishot | backend.FlagPick |
			backend.FlagAsync,
		Lines:     k.opts.Lines,
		Signals:   true,
		YieldTick: yieldTick,
	}
}

// Now implements [backend.Backend]. Only Wait moves virtual time.
func (k *Kernel) Now() vclock.Instant { return k.now }

// InFlight returns the number of ops that were submitted and whose completion was not reaped yet.
func (k *Kernel) InFlight() int { return k.inFlight }

// OpenFDs returns the number of open descriptors, those of the world included.
func (k *Kernel) OpenFDs() int { return k.fdCount }
