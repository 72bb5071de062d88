package backendtest_test

import (
	"bytes"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// defect is one way to be wrong, and the case that is there to notice it.
type defect struct {
	name    string
	noticed string
	hooks
}

func defects() []defect {
	var all []defect
	for _, list := range [][]defect{
		coreDefects(), cancelDefects(), waitDefects(), memoryDefects(), nameDefects(), socketDefects(), chainDefects(),
	} {
		all = append(all, list...)
	}
	return all
}

// onKind changes ops of one kind.
func onKind(k backend.OpKind, change func(o *backend.Op)) hooks {
	return hooks{op: func(_ *broken, o *backend.Op) {
		if o.Kind == k {
			change(o)
		}
	}}
}

// without takes flags off every op.
func without(f backend.OpFlags) hooks {
	return hooks{op: func(_ *broken, o *backend.Op) { o.Flags &^= f }}
}

// onReport changes reports of ops of one kind; the change returns false to drop one.
func onReport(k backend.OpKind, change func(b *broken, c *backend.Completion) bool) hooks {
	return hooks{report: func(b *broken, c *backend.Completion) bool {
		return c.Kind != backend.CompletionOp || b.ops[c.ID].Kind != k || change(b, c)
	}}
}

// alwaysWell makes a success of a failure.
func alwaysWell(_ *broken, c *backend.Completion) bool {
	c.Res = max(c.Res, 0)
	return true
}

func coreDefects() []defect {
	return []defect{
		{"completes twice", "OnceEach", onReport(backend.OpNop, func(b *broken, c *backend.Completion) bool {
			b.extra = append(b.extra, *c)
			return true
		})},
		{"loses a completion", "ManyInFlight", onReport(backend.OpNop, func(b *broken, _ *backend.Completion) bool {
			b.state++
			return b.state != 100
		})},
		{"says that more follow", "OnceEach", onReport(backend.OpNop, func(_ *broken, c *backend.Completion) bool {
			c.More = true
			return true
		})},
		{"mixes up generations", "SlotsAreReused", onReport(backend.OpNop, func(_ *broken, c *backend.Completion) bool {
			c.ID = backend.MakeOpID(c.ID.Slot(), 1)
			return true
		})},
		{"forgets an op of a batch", "OnceEach", hooks{submit: func(b *broken, ops []*backend.Op) int {
			b.Kernel.Submit(ops[:len(ops)-1])
			return len(ops)
		}}},
		{"starts what it does not accept", "SubmitTakesAPrefix", hooks{submit: func(b *broken, ops []*backend.Op) int {
			if b.state++; b.state > 1 {
				return b.Kernel.Submit(ops)
			}
			return b.Kernel.Submit(ops) - 1
		}}},
		{"accepts more than there is", "OnceEach", hooks{submit: func(b *broken, ops []*backend.Op) int {
			return b.Kernel.Submit(ops) + 1
		}}},
		{"writes to the op", "SubmitNeverCompletesInline", hooks{submit: func(b *broken, ops []*backend.Op) int {
			n := b.Kernel.Submit(ops)
			ops[0].ID = 0
			return n
		}}},
		{"is early", "TimerIsNeverEarly", onKind(backend.OpTimer, func(o *backend.Op) { o.Off -= o.Off / 2 })},
		{"has one timer", "TimersInOrder", onKind(backend.OpTimer, func(o *backend.Op) { o.Off = int64(vclock.Second) })},
		{"claims kinds that do not exist", "CapsAreFixed", hooks{caps: func(c *backend.Caps) { c.Ops |= 1 << 63 }}},
		{"claims multishot without the kind", "CapsAreFixed", hooks{caps: func(c *backend.Caps) {
			c.Ops &^= 1 << backend.OpPoll
			c.Multishot |= 1 << backend.OpPoll
		}}},
		{"does what it does not claim", "KindsThatCapsLack", hooks{caps: func(c *backend.Caps) { c.Ops &^= 1 << backend.OpClose }}},
		{"takes flags that it does not claim", "FlagsThatCapsLack", hooks{caps: func(c *backend.Caps) {
			c.Flags &^= backend.FlagAsync
		}}},
	}
}

func cancelDefects() []defect {
	return []defect{
		{"loses cancels", "CancelTimer", hooks{cancel: func(*broken, backend.OpID) {}}},
		{"cancels by slot", "CancelOfNothing", hooks{cancel: func(b *broken, id backend.OpID) {
			for other := range b.ops {
				if other.Slot() == id.Slot() {
					b.Kernel.Cancel(other)
				}
			}
		}}},
		{"completes what was cancelled as if it was not", "CancelTimer", onReport(backend.OpTimer,
			func(_ *broken, c *backend.Completion) bool {
				c.Res = 0
				return true
			})},
		{"has results that are no errno", "EndAndErrors", onReport(backend.OpRead, func(_ *broken, c *backend.Completion) bool {
			if c.Res < 0 {
				c.Res -= 1000
			}
			return true
		})},
		{"leaks", "EndAndErrors", onKind(backend.OpClose, func(o *backend.Op) { o.Kind = backend.OpNop })},
		{"leaks what is disposed of", "DisposeCloses", hooks{dispose: func(*broken, backend.OpKind, int32) {}}},
		{"disposes of what owns nothing", "DisposeCloses", hooks{dispose: func(b *broken, _ backend.OpKind, res int32) {
			b.Kernel.Dispose(backend.OpOpen, res)
		}}},
	}
}

func waitDefects() []defect {
	return []defect{
		{"has a clock that runs backwards", "NowIsMonotonic", hooks{now: func(b *broken) vclock.Instant {
			b.state++
			return b.Kernel.Now().Add(vclock.Duration(1000 - b.state))
		}}},
		{"takes time to submit", "NowIsMonotonic", hooks{submit: func(b *broken, ops []*backend.Op) int {
			b.Kernel.Wait(b.Kernel.Now().Add(1))
			return b.Kernel.Submit(ops)
		}}},
		{"loses an unpark", "UnparkBeforeWait", hooks{unpark: func(*broken) {}}},
		{"loses one unpark in fifty", "UnparkIsNeverLost", hooks{unpark: func(b *broken) {
			if b.state++; b.state%50 != 0 {
				b.Kernel.Unpark()
			}
		}}},
		{"never forgets an unpark", "UnparkBeforeWait", hooks{
			unpark: func(b *broken) { b.state = 1 },
			wait:   func(b *broken, until vclock.Instant) bool { return b.state == 1 || b.Kernel.Wait(until) },
		}},
		{"gives up waiting", "WaitEndsWithACompletion", hooks{wait: func(*broken, vclock.Instant) bool { return false }}},
		{"waits for what has passed", "WaitEndsAtTheInstant", hooks{wait: func(b *broken, until vclock.Instant) bool {
			return b.Kernel.Wait(max(until, b.Kernel.Now().Add(1)))
		}}},
		{"reports out of nothing", "ReapOfNothing", hooks{wait: func(b *broken, until vclock.Instant) bool {
			b.extra = append(b.extra, backend.Completion{Kind: backend.CompletionOp, ID: backend.MakeOpID(1, 1)})
			return b.Kernel.Wait(until)
		}}},
		{"does not report lines", "LineReports", hooks{report: func(_ *broken, c *backend.Completion) bool {
			return c.Kind != backend.CompletionLine
		}}},
		{"reports disabled lines", "LinePendReports", hooks{disable: func(*broken, int) {}}},
		{"counts requests", "RequestsCoalesce", hooks{report: func(b *broken, c *backend.Completion) bool {
			if c.Kind == backend.CompletionLine {
				b.extra = append(b.extra, *c)
			}
			return true
		}}},
		{"mixes up lines", "LinesAreIndependent", hooks{report: func(_ *broken, c *backend.Completion) bool {
			c.N = 0
			return true
		}}},
	}
}

func memoryDefects() []defect {
	lastRead := onReport(backend.OpRead, func(b *broken, c *backend.Completion) bool {
		b.buf = b.ops[c.ID].Buf
		return true
	})
	lastRead.wait = func(b *broken, until vclock.Instant) bool {
		clear(b.buf)
		b.buf = nil
		return b.Kernel.Wait(until)
	}
	closing := hooks{op: func(b *broken, o *backend.Op) {
		for id, other := range b.ops {
			if o.Kind == backend.OpClose && other.Kind != backend.OpClose && other.FD == o.FD {
				b.Kernel.Cancel(id)
			}
		}
	}}
	return []defect{
		{"forgets the memory of its ops", "MemoryStaysReachable", hooks{op: func(b *broken, o *backend.Op) {
			delete(b.ops, o.ID)
			o.Buf = make([]byte, len(o.Buf))
		}}},
		{"picks for writes", "PickWhereNothingIsReceived", onKind(backend.OpWrite, func(o *backend.Op) {
			o.Flags &^= backend.FlagPick
		})},
		{"writes into buffers later", "MemoryIsLeftAloneAfterwards", lastRead},
		{"counts a byte too much", "PipeKeepsBytesInOrder", onReport(backend.OpRead, func(_ *broken, c *backend.Completion) bool {
			c.Res++
			return true
		})},
		{"writes the pieces of a vector in the wrong order", "VectorsOnPipes", onKind(backend.OpWritev, func(o *backend.Op) {
			o.Ext = &backend.OpExt{Vec: [][]byte{o.Ext.Vec[1], o.Ext.Vec[0]}}
		})},
		{"fills the wrong fixed buffer", "FixedBuffersTransfer", onKind(backend.OpReadFixed, func(o *backend.Op) {
			o.Kind, o.Buf = backend.OpRead, make([]byte, len(o.Buf))
		})},
		{"fills more than it says", "FileReadsBack", onReport(backend.OpRead, func(b *broken, c *backend.Completion) bool {
			if buf := b.ops[c.ID].Buf; c.Res > 0 && int(c.Res) < len(buf) {
				buf[c.Res] = 0
			}
			return true
		})},
		{"cancels reads when it closes", "CloseLeavesWhatIsInFlight", closing},
		{"ignores offsets", "FileReadsBack", onKind(backend.OpRead, func(o *backend.Op) { o.Off = -1 })},
		{"has no position", "FilePosition", onKind(backend.OpRead, func(o *backend.Op) { o.Off = max(o.Off, 0) })},
		{"takes the first piece of a vector", "VectorsGatherAndScatter", onKind(backend.OpWritev, func(o *backend.Op) {
			o.Ext = &backend.OpExt{Vec: o.Ext.Vec[:1]}
		})},
		{"does not check fixed buffers", "FixedBuffersAreChecked", onKind(backend.OpReadFixed, func(o *backend.Op) {
			o.Kind = backend.OpRead
		})},
		{"registers over", "RegisterOnce", hooks{register: func(b *broken, bufs [][]byte) backend.Errno {
			b.Kernel.Register(nil)
			return b.Kernel.Register(bufs)
		}}},
		{"does not take buffers back", "PickOnRead", hooks{giveBack: func(*broken, uint16, uint16) {}}},
		{"hides which buffer it picked", "PickOnRead", onReport(backend.OpRead, func(_ *broken, c *backend.Completion) bool {
			c.Picked = false
			return true
		})},
		{"picks from group 1", "PickFromTheRightGroup", onKind(backend.OpRead, func(o *backend.Op) {
			if o.Ext != nil {
				o.Ext = &backend.OpExt{Index: 1}
			}
		})},
		{"ends groups that are not there", "ProvideAndUnprovide", hooks{end: func(b *broken, group uint16) backend.Errno {
			b.Kernel.Unprovide(group)
			return backend.OK
		}}},
	}
}

func nameDefects() []defect {
	flag := func(k backend.OpKind, f uint32) hooks { return onKind(k, func(o *backend.Op) { o.Arg &^= f }) }
	return []defect{
		{"has no inodes", "FileStat", onReport(backend.OpStat, func(b *broken, c *backend.Completion) bool {
			clear(b.ops[c.ID].Buf[32:40])
			return true
		})},
		{"ends a path at a NUL", "PathsThatAreNone", onKind(backend.OpOpen, func(o *backend.Op) {
			if i := bytes.IndexByte(o.Buf, 0); i >= 0 {
				o.Buf = o.Buf[:i]
			}
		})},
		{"does not append", "FileAppend", flag(backend.OpOpen, backend.OpenAppend)},
		{"opens what must be new", "OpenFlags", flag(backend.OpOpen, backend.OpenExclusive)},
		{"opens without truncating", "OpenFlags", flag(backend.OpOpen, backend.OpenTruncate)},
		{"opens files as directories", "OpenFlags", flag(backend.OpOpen, backend.OpenDirectory)},
		{"opens everything for reading and writing", "FileAccessMode", onKind(backend.OpOpen, func(o *backend.Op) {
			o.Arg = o.Arg&^3 | backend.OpenReadWrite
		})},
		{"replaces what it must not", "RenameNoReplace", flag(backend.OpRename, backend.RenameNoReplace)},
		{"removes no directories", "UnlinkDirectory", flag(backend.OpUnlink, backend.UnlinkDir)},
		{"unlinks without effect", "Unlink", onKind(backend.OpUnlink, func(o *backend.Op) { o.Kind = backend.OpNop })},
		{"makes directories without effect", "Mkdir", onKind(backend.OpMkdir, func(o *backend.Op) { o.Kind = backend.OpNop })},
		{"truncates without effect", "FileTruncate", onKind(backend.OpTruncate, func(o *backend.Op) { o.Kind = backend.OpNop })},
		{"allocates without effect", "FileFallocate", onKind(backend.OpFallocate, func(o *backend.Op) { o.Kind = backend.OpNop })},
		{"knows no directory but one", "PathsRelativeToADirectory", onKind(backend.OpOpen, func(o *backend.Op) {
			o.FD = backend.AtCWD
		})},
		{"takes any flag for an fsync", "FsyncCompletes", onKind(backend.OpFsync, func(o *backend.Op) { o.Arg = 0 })},
		{"splices more than it was asked to", "SpliceFileToPipe", onKind(backend.OpSplice, func(o *backend.Op) { o.Arg += 3 })},
	}
}

func socketDefects() []defect {
	lateTerminal := onReport(backend.OpAccept, func(b *broken, c *backend.Completion) bool {
		if !c.More {
			b.extra = append(b.extra, *c)
		}
		return true
	})
	return []defect{
		{"keeps the peer's address to itself", "AcceptReportsThePeer", onKind(backend.OpAccept, func(o *backend.Op) { o.Ext = nil })},
		{"connects to nobody", "ConnectRefused", onReport(backend.OpConnect, alwaysWell)},
		{"binds twice", "AddressInUse", onReport(backend.OpBind, alwaysWell)},
		{"receives unconnected", "NotConnected", onReport(backend.OpRecv, alwaysWell)},
		{"hides who sent a message", "MessageTellsItsSender", onReport(backend.OpRecvMsg,
			func(b *broken, c *backend.Completion) bool {
				b.ops[c.ID].Ext.Addr = backend.Addr{}
				return true
			})},
		{"sends the last piece of a message", "MessageVectors", onKind(backend.OpSendMsg, func(o *backend.Op) {
			if n := len(o.Ext.Vec); n > 0 {
				o.Ext = &backend.OpExt{Vec: o.Ext.Vec[n-1:], Addr: o.Ext.Addr}
			}
		})},
		{"hides a hang-up", "PollTellsHangUp", onReport(backend.OpPoll, func(_ *broken, c *backend.Completion) bool {
			c.Res &^= int32(backend.PollHup)
			return true
		})},
		{"does not wait for all", "ReceiveAll", onKind(backend.OpRecv, func(o *backend.Op) { o.Arg &^= backend.MsgWaitAll })},
		{"takes what it was to look at", "ReceivePeeks", onKind(backend.OpRecv, func(o *backend.Op) { o.Arg &^= backend.MsgPeek })},
		{"waits where it must not", "DontWait", onKind(backend.OpRecv, func(o *backend.Op) { o.Arg &^= backend.MsgDontWait })},
		{"hides the length of a datagram", "DatagramTruncated", onKind(backend.OpRecv, func(o *backend.Op) {
			o.Arg &^= backend.MsgTrunc
		})},
		{"hides that a message was cut", "MessageTruncated", onReport(backend.OpRecvMsg,
			func(b *broken, c *backend.Completion) bool {
				b.ops[c.ID].Ext.MsgFlags = 0
				return true
			})},
		{"shuts down without effect", "HalfClose", onKind(backend.OpShutdown, func(o *backend.Op) { o.Kind = backend.OpNop })},
		{"shuts down for reading only", "ShutdownEndsAReceive", onKind(backend.OpShutdown, func(o *backend.Op) {
			o.Arg = backend.ShutRead
		})},
		{"says less than it sent", "SendAllIsCancelled", onReport(backend.OpSend, func(b *broken, c *backend.Completion) bool {
			if c.Res > 1 {
				c.Res--
			}
			return true
		})},
		{"gives no notice", "ZeroCopyReportsTwice", onReport(backend.OpSendZC, func(_ *broken, c *backend.Completion) bool {
			return !c.Notice
		})},
		{"ends a zero-copy send at its result", "ZeroCopyReportsTwice", onReport(backend.OpSendZC,
			func(_ *broken, c *backend.Completion) bool {
				c.More = false
				return true
			})},
		{"polls for everything", "PollIsReadyAtOnce", onKind(backend.OpPoll, func(o *backend.Op) {
			o.Arg |= backend.PollIn | backend.PollOut
		})},
		{"ends a multishot op twice", "AcceptMultishotCancelled", lateTerminal},
		{"never ends a multishot op", "AcceptMultishotCancelled", onReport(backend.OpAccept,
			func(b *broken, c *backend.Completion) bool {
				return c.Res >= 0 || b.ops[c.ID].Flags&backend.FlagMultishot == 0
			})},
		{"loses a connection", "AcceptMultishot", onReport(backend.OpAccept, func(b *broken, c *backend.Completion) bool {
			b.state++
			return b.state != 2
		})},
	}
}

func chainDefects() []defect {
	swap := func(from, to backend.OpFlags) hooks {
		return hooks{op: func(_ *broken, o *backend.Op) {
			if o.Flags&from != 0 {
				o.Flags = o.Flags&^from | to
			}
		}}
	}
	return []defect{
		{"does not know links", "LinkedOpWaits", without(backend.FlagLink)},
		{"runs on behind failures", "LinkBrokenByAFailure", swap(backend.FlagLink, backend.FlagHardLink)},
		{"runs on behind short transfers", "LinkBrokenByAShortTransfer", swap(backend.FlagLink, backend.FlagHardLink)},
		{"stops behind failures", "HardLinkRunsOn", swap(backend.FlagHardLink, backend.FlagLink)},
		{"cuts chains", "ChainIsTakenWhole", hooks{submit: func(b *broken, ops []*backend.Op) int {
			return b.Kernel.Submit(ops[:(len(ops)+1)/2])
		}}},
		{"links from batch to batch", "LinkEndsWithItsBatch", onReport(backend.OpNop, func(_ *broken, c *backend.Completion) bool {
			c.Res = -int32(backend.ECANCELED)
			return true
		})},
		{"is late with timeouts", "LinkTimeoutFires", onKind(backend.OpLinkTimeout, func(o *backend.Op) {
			o.Off += int64(vclock.Hour)
		})},
		{"is early with timeouts", "LinkTimeoutFires", onKind(backend.OpLinkTimeout, func(o *backend.Op) {
			o.Off /= 5
		})},
		{"takes a timeout of no time for none", "LinkTimeoutOfNoTime", onKind(backend.OpLinkTimeout, func(o *backend.Op) {
			if o.Off == 0 {
				o.Off = int64(vclock.Hour)
			}
		})},
		{"times out without an op", "LinkTimeoutAlone", onKind(backend.OpLinkTimeout, func(o *backend.Op) {
			o.Kind = backend.OpNop
		})},
		{"does not drain", "DrainWaitsForWhatWasBefore", without(backend.FlagDrain)},
		{"does not drain timers", "DrainWaitsForTimers", without(backend.FlagDrain)},
		{"queues cancels behind a drain", "CancelPassesADrain", hooks{cancel: func(*broken, backend.OpID) {}}},
		{"cancels nothing and says it did", "CancelOpFinds", onKind(backend.OpCancel, func(o *backend.Op) {
			o.Kind = backend.OpNop
		})},
		{"finds what is not there", "CancelOpFindsNothing", onReport(backend.OpCancel, func(_ *broken, c *backend.Completion) bool {
			c.Res = 0
			return true
		})},
		{"cancels everything instead", "CancelOpByDescriptor", onKind(backend.OpCancel, func(o *backend.Op) {
			o.Arg = backend.CancelAny | backend.CancelAll
		})},
		{"cancels all instead of one", "CancelOpOneOfADescriptor", onKind(backend.OpCancel, func(o *backend.Op) {
			o.Arg |= backend.CancelAll
		})},
		{"miscounts what it cancelled", "CancelOpOfEverything", onReport(backend.OpCancel,
			func(_ *broken, c *backend.Completion) bool {
				c.Res++
				return true
			})},
		{"cancels itself", "CancelOpSparesTheBackend", hooks{
			op: func(b *broken, o *backend.Op) {
				if o.Kind == backend.OpCancel {
					b.state = 1
				}
			},
			unpark: func(b *broken) {
				if b.state == 0 {
					b.Kernel.Unpark()
				}
			},
		}},
	}
}
