package backend

// OpKind is what an operation does. The zero value is invalid.
type OpKind uint8

// The operations. Behind each stand the fields of [Op] and [OpExt] that it reads; Res is a count or 0 unless said otherwise.
// Kinds are part of traces: they are only ever added at the end. Flags, masks and modes have the numbers of Linux.
//
// A path is Buf (or Ext.Path) without a final NUL, 1 to 4095 bytes and none of them NUL (else EINVAL), relative to the
// directory FD, which is [AtCWD] for the current one.
const (
	OpInvalid     OpKind = iota
	OpNop                // completes with 0
	OpTimer              // completes with 0 at the instant Off, or -ECANCELED
	OpRead               // FD, Buf, Off (-1: stream, or the file's own position): bytes read; 0 is the end
	OpWrite              // FD, Buf, Off (-1: stream, or the file's own position): bytes written
	OpFsync              // FD, Arg (0 or FsyncData): 0 once everything written before is durable
	OpOpen               // FD, path in Buf, Arg (Open flags), Off (permission bits of a new file): a new FD
	OpAccept             // FD of a listener, Ext.Addr (out, if Ext is not nil), FlagMultishot: the FD of a new stream
	OpClose              // FD: 0; never cancelled, never refused
	OpReadv              // FD, Ext.Vec, Off: as OpRead
	OpWritev             // FD, Ext.Vec, Off: as OpWrite
	OpReadFixed          // FD, Buf inside registered buffer Ext.Index, Off: as OpRead
	OpWriteFixed         // FD, Buf inside registered buffer Ext.Index, Off: as OpWrite
	OpStat               // FD and Ext.Path (empty: FD itself), Buf of at least StatBytes (out, see ParseStat)
	OpFallocate          // FD, Arg (mode, 0: allocate), Off, Ext.Off2 (length)
	OpTruncate           // FD, Off (new length)
	OpRename             // FD, path in Buf, Ext.FD2, Ext.Path (new name), Arg (0 or RenameNoReplace)
	OpUnlink             // FD, path in Buf, Arg (0, or UnlinkDir for a directory)
	OpMkdir              // FD, path in Buf, Arg (permission bits)
	OpSocket             // Arg (AF constants), Off (Sock constants): a new FD
	OpBind               // FD, Ext.Addr
	OpListen             // FD, Arg (backlog)
	OpConnect            // FD, Ext.Addr
	OpSend               // FD, Buf, Arg (Msg flags): bytes sent
	OpRecv               // FD, Buf or FlagPick, Arg (Msg flags), FlagMultishot with FlagPick: bytes received; 0 is the end
	OpSendMsg            // FD, Ext.Vec, Ext.Addr (if Len > 0), Ext.Control, Arg (Msg flags): bytes sent
	OpRecvMsg            // FD, Ext.Vec, Ext.Addr (out), Ext.Control (out), Ext.MsgFlags (out), Arg: bytes received
	OpSendZC             // as OpSend; two reports: Res with More, then one with Notice, after which Buf is free
	OpShutdown           // FD, Arg (Shut constants)
	OpSplice             // FD, Off (-1: none) to Ext.FD2, Ext.Off2 (-1: none), Arg (bytes): bytes moved; one side is a pipe
	OpPoll               // FD, Arg (Poll mask), FlagMultishot: the events that are there
	OpLinkTimeout        // Off (nanoseconds from the start of the op that links to it): -ETIME if it fired, -ENOENT if too late, else -ECANCELED
	OpCancel             // Arg (Cancel flags), Ext.Target or FD: what it found, see CancelID
	OpKinds              // number of kinds
)

// LendsMemory reports whether an operation of this kind borrows memory of its caller until it has completed: Buf, or what
// Ext points to.
func (k OpKind) LendsMemory() bool {
	const lends = 1<<OpRead | 1<<OpWrite | 1<<OpOpen | 1<<OpReadv | 1<<OpWritev | 1<<OpReadFixed | 1<<OpWriteFixed | 1<<OpStat |
		1<<OpRename | 1<<OpUnlink | 1<<OpMkdir | 1<<OpBind | 1<<OpConnect | 1<<OpSend | 1<<OpRecv | 1<<OpSendMsg | 1<<OpRecvMsg |
		1<<OpSendZC
	return lends&(OpSet(1)<<k) != 0
}

// ReturnsFD reports whether a successful result is a descriptor that somebody must close.
func (k OpKind) ReturnsFD() bool { return k == OpOpen || k == OpAccept || k == OpSocket }

// Detaches reports whether an abandoned operation of this kind can be left to itself: it borrows nothing and has no side
// effect, so no teardown waits for it.
func (k OpKind) Detaches() bool {
	return k == OpNop || k == OpTimer || k == OpPoll || k == OpLinkTimeout
}

// OpSet is a set of kinds, one bit each.
type OpSet uint64

// Has reports whether k is in the set.
func (s OpSet) Has(k OpKind) bool { return s&(1<<k) != 0 }

// OpFlags change how an operation runs. The zero value is the usual way.
type OpFlags uint8

// The flags. A chain is a run of ops in one batch, each but the last with FlagLink or FlagHardLink; Submit takes it whole or not at
// all, and an op in it starts when the one before has completed.
//
// What breaks a chain is what breaks it in Linux: a failure, a read or write that moves less than asked for, a timer that is
// cancelled; but no failure of what changes names or attributes of files (stat, rename, unlink, mkdir), of fsync, fallocate and
// truncate on an open descriptor, or of a shutdown without a peer. Do not rely on chains for durability.
const (
	FlagLink      OpFlags = 1 << iota // if this op fails or falls short, the rest of the chain ends with -ECANCELED; see above
	FlagHardLink                      // the next op of the chain runs whatever came of this one
	FlagDrain                         // starts when every op submitted before has completed; later ones wait for it
	FlagMultishot                     // many reports, all but the last with More: OpAccept, OpRecv, OpPoll
	FlagPick                          // takes a buffer of the group Ext.Index instead of Buf: OpRecv, OpRead
	FlagAsync                         // do not try at once: hand the op to a kernel thread
)

// AtCWD as the FD of a path means relative to the current directory.
const AtCWD int32 = -100

// Values of [Op.Arg] and Off, by kind.
const (
	FsyncData uint32 = 1 // OpFsync: data and size, not the other attributes

	OpenRead      uint32 = 0        // OpOpen: exactly one of the first three
	OpenWrite     uint32 = 1        //
	OpenReadWrite uint32 = 2        //
	OpenCreate    uint32 = 0x40     // make the file if it is missing
	OpenExclusive uint32 = 0x80     // with OpenCreate: EEXIST if it is there
	OpenTruncate  uint32 = 0x200    // length 0
	OpenAppend    uint32 = 0x400    // every write goes to the end, whatever its offset
	OpenDirectory uint32 = 0x1_0000 // ENOTDIR unless it is one

	RenameNoReplace uint32 = 1     // OpRename: EEXIST if the new name is taken
	UnlinkDir       uint32 = 0x200 // OpUnlink

	AFUnix  uint32 = 1 // OpSocket
	AFInet  uint32 = 2
	AFInet6 uint32 = 10

	SockStream int64 = 1 // OpSocket, in Off
	SockDgram  int64 = 2

	MsgPeek     uint32 = 0x2   // OpRecv: look and leave
	MsgTrunc    uint32 = 0x20  // OpRecv: the result is the true length of the datagram
	MsgDontWait uint32 = 0x40  // EAGAIN instead of waiting
	MsgWaitAll  uint32 = 0x100 // all of Buf, unless it ends, fails or is cancelled before

	ShutRead  uint32 = 0 // OpShutdown
	ShutWrite uint32 = 1
	ShutBoth  uint32 = 2

	PollIn    uint32 = 0x1 // OpPoll
	PollOut   uint32 = 0x4
	PollErr   uint32 = 0x8    // always looked for
	PollHup   uint32 = 0x10   // likewise
	PollRdHup uint32 = 0x2000 // likewise

	CancelID  uint32 = 0 // OpCancel: the op Ext.Target: 0 found, ENOENT, EALREADY
	CancelAll uint32 = 1 // all that match instead of the first: the result is their number
	CancelFD  uint32 = 2 // what works on the open file of FD
	CancelAny uint32 = 4 // everything
)

// OpID names one use of an operation slot: slot in the low 16 bits, generation above. It is never reused. The zero value
// names nothing.
type OpID uint64

// Slot returns the index of the slot.
func (id OpID) Slot() int { return int(id & 0xffff) }

// MakeOpID packs a slot (0 to 65535) and a generation (1 to 1<<46-1, so that an id and two bits fit a word) into an id.
func MakeOpID(slot int, gen uint64) OpID { return OpID(gen<<16 | uint64(slot)) }

// Op is one operation: memory that the executor owns and the backend borrows from Submit to the terminal completion. The
// backend reads it and never writes it, except for what the kind marks as "out".
type Op struct {
	ID    OpID
	Kind  OpKind
	Flags OpFlags
	FD    int32
	Arg   uint32
	Off   int64
	Buf   []byte
	Ext   *OpExt // nil unless the kind or a flag reads it
}

// OpExt is what only some kinds need. It is lent together with the op, and must not move: on a host it lives on the heap.
type OpExt struct {
	Vec      [][]byte // OpReadv and such: 1 to VecMax pieces, else EINVAL
	Path     []byte
	Control  []byte // OpSendMsg, OpRecvMsg: ancillary data as the kernel lays it out
	Addr     Addr
	Target   OpID // OpCancel
	Off2     int64
	FD2      int32
	MsgFlags uint32 // out: Msg flags of what was received; MsgTrunc: the datagram was longer
	ControlN int32  // out: bytes of Control that were filled
	Index    uint16 // of a registered buffer, or of a buffer group
}

// VecMax is the largest number of pieces in [OpExt.Vec].
const VecMax = 1024

// CompletionKind says what a [Completion] reports.
type CompletionKind uint8

// The kinds of completion.
const (
	CompletionInvalid  CompletionKind = iota
	CompletionOp                      // op ID has the result Res
	CompletionLine                    // the handler of line N runs now
	CompletionSignal                  // signal N has arrived
	CompletionExternal                // the outside event N is due; it means what the program's Options.External makes of it
	CompletionSpurious                // nothing happened: wake the task in slot N all the same, as a backend may
)

// Completion is one report of the backend. For an op, More says that further reports of the same op follow; the one without
// is terminal. A multishot op may end with a success: whoever wants more submits it again.
type Completion struct {
	ID     OpID
	N      int32
	Res    int32 // at least 0: the result; below 0: -Errno
	Pick   uint16
	Kind   CompletionKind
	More   bool
	Picked bool // buffer Pick of the op's group was taken, also by a failure, and must be given back
	Notice bool // OpSendZC: the buffer is free; Res says nothing
}
