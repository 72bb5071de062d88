package backend

// OpKind is what an operation does. The zero value is invalid.
type OpKind uint8

// The operations. Res is a count or 0 unless said otherwise.
const (
	OpInvalid OpKind = iota
	OpNop            // completes with 0
	OpTimer          // completes with 0 at the instant Off, or -ECANCELED
	OpRead           // FD, Buf, Off (-1: stream): bytes read; 0 is the end
	OpWrite          // FD, Buf, Off (-1: stream): bytes written
	OpFsync          // FD: 0 once everything written before is durable
	OpOpen           // Buf holds the name: a new FD
	OpAccept         // FD of a listener: the FD of a new stream
	OpClose          // FD: 0; never cancelled, never refused
	OpKinds          // number of kinds
)

// LendsMemory reports whether an operation of this kind borrows Buf until it has completed.
func (k OpKind) LendsMemory() bool { return k == OpRead || k == OpWrite || k == OpOpen }

// ReturnsFD reports whether a successful result is a descriptor that somebody must close.
func (k OpKind) ReturnsFD() bool { return k == OpOpen || k == OpAccept }

// Detaches reports whether an abandoned operation of this kind can be left to itself: it borrows nothing and has no side
// effect, so no teardown waits for it.
func (k OpKind) Detaches() bool { return k == OpNop || k == OpTimer }

// OpSet is a set of kinds, one bit each.
type OpSet uint32

// Has reports whether k is in the set.
func (s OpSet) Has(k OpKind) bool { return s&(1<<k) != 0 }

// OpID names one use of an operation slot: slot in the low 16 bits, generation above. It is never reused. The zero value
// names nothing.
type OpID uint64

// Slot returns the index of the slot.
func (id OpID) Slot() int { return int(id & 0xffff) }

// MakeOpID packs a slot (0 to 65535) and a generation (1 to 1<<47-1, so that an id fits a trace field).
func MakeOpID(slot int, gen uint64) OpID { return OpID(gen<<16 | uint64(slot)) }

// Op is one operation: memory that the executor owns and the backend borrows from Submit to the terminal completion. The
// backend reads it and never writes it.
type Op struct {
	ID   OpID
	Kind OpKind
	FD   int32
	Off  int64
	Buf  []byte
}

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

// Completion is one report of the backend. For an op, More says that further reports of the same op follow.
type Completion struct {
	ID   OpID
	N    int32
	Res  int32 // at least 0: the result; below 0: -Errno
	Kind CompletionKind
	More bool
}

// Errno is a backend-neutral failure code. It maps one to one to the errno of Linux and carries its number, so that both
// stay readable. The zero value is no error. Converting one to error does not allocate.
type Errno uint8

// The failure codes.
const (
	OK         Errno = 0
	ENOENT     Errno = 2
	EINTR      Errno = 4
	EIO        Errno = 5
	EBADF      Errno = 9
	EAGAIN     Errno = 11
	EINVAL     Errno = 22
	EMFILE     Errno = 24
	ENOSPC     Errno = 28
	EPIPE      Errno = 32
	ETIME      Errno = 62
	EOPNOTSUPP Errno = 95
	ECONNRESET Errno = 104
	EALREADY   Errno = 114
	ECANCELED  Errno = 125
)

// Error returns a text with the code's name and meaning.
func (e Errno) Error() string {
	switch e {
	case OK:
		return "backend: no error"
	case ENOENT:
		return "backend: no such file (ENOENT)"
	case EINTR:
		return "backend: interrupted (EINTR)"
	case EIO:
		return "backend: input/output error (EIO)"
	case EBADF:
		return "backend: bad descriptor (EBADF)"
	case EAGAIN:
		return "backend: try again (EAGAIN)"
	case EINVAL:
		return "backend: invalid argument (EINVAL)"
	case EMFILE:
		return "backend: too many open descriptors (EMFILE)"
	case ENOSPC:
		return "backend: no space left (ENOSPC)"
	case EPIPE:
		return "backend: the peer is gone (EPIPE)"
	case ETIME:
		return "backend: timer expired (ETIME)"
	case EOPNOTSUPP:
		return "backend: this backend cannot do that (EOPNOTSUPP)"
	case ECONNRESET:
		return "backend: connection reset (ECONNRESET)"
	case EALREADY:
		return "backend: already in progress (EALREADY)"
	case ECANCELED:
		return "backend: cancelled (ECANCELED)"
	}
	return "backend: unknown error"
}
