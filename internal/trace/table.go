package trace

import "github.com/tripoint-go/tripoint/backend"

// Kind is the entry of one event kind in the table that drives every printer and parser.
type Kind struct {
	Name   string  // in the text form: poll+, cancelreq, cqe
	Say    string  // a sentence for [Describe]; {t} stands for field t
	Doc    string  // meaning, for the legend; empty if the sentence says it all
	Fields []Field // in the order of Event.Args
}

// Field is one argument of an event kind.
type Field struct {
	Name string
	Type *FieldType
}

// Legend returns the table: the entry of backend.EventKind k is at index k, and index 0 is empty. It must not be changed.
func Legend() []Kind { return kinds[:] }

// kindOf returns the entry of an event kind, nil if the alphabet does not have it.
func kindOf(k backend.EventKind) *Kind {
	if k == backend.EvInvalid || k >= backend.EvKinds {
		return nil
	}
	return &kinds[k]
}

// kindByName returns the event kind with a name, EvInvalid if there is none.
func kindByName(name string) backend.EventKind {
	for k := range kinds {
		if kinds[k].Name == name && k > 0 {
			return backend.EventKind(k)
		}
	}
	return backend.EvInvalid
}

var taskForm, opForm = idForm{bits: 24, short: 0}, idForm{bits: 16, short: -1}

// The types of fields. Read-only.
var (
	asNumber = &FieldType{Name: "number", Doc: "a plain integer: a count, a flag (0, 1), or an id from a counter",
		add: addInt, read: readInt}
	asSeed = &FieldType{Name: "seed", Doc: "an unsigned integer", add: addUnsigned, read: readUnsigned}
	asTime = &FieldType{Name: "time", Doc: "nanoseconds, grouped by underscores: an instant or a duration; `forever` is the instant that never comes",
		add: addTime, read: readTime}
	asTask = &FieldType{Name: "task", Doc: "slot of the task; `3.1` is the second task (generation 1) in slot 3; 0 is no task",
		json: jsonText, add: taskForm.add, read: taskForm.read}
	asOp     = &FieldType{Name: "op", Doc: "slot and generation of the operation: `0.1`", json: jsonText, add: opForm.add, read: opForm.read}
	asOwner  = &FieldType{Name: "owner", Doc: "a task, or a scope written as `s7`", json: jsonText, add: addOwner, read: readOwner}
	asLineIn = &FieldType{Name: "line", Doc: "the line that the list belongs to, `-` for any other list", json: jsonText, add: addLineIn, read: readLineIn}
	asName   = &FieldType{Name: "name", Doc: "a quoted text, or `#` and the 16 hexadecimal digits of its digest if the text is not known",
		json: jsonName, add: addName, read: readName}
	asDigest = &FieldType{Name: "value", Doc: "a digest or a small value: an integer, quoted text if it is the digest of a known text",
		json: jsonName, add: addDigest, read: readDigest}
	asErrno  = &FieldType{Name: "errno", Doc: "the symbol of a failure code: `ECANCELED`", json: jsonText, add: addErrno, read: readErrno}
	asResult = &FieldType{Name: "result", Doc: "a count or descriptor if not negative, else a failure: `-ECANCELED`",
		add: addResult, read: readResult}

	asWorldName = enum("world", "the backend", Value{1, "sim"}, Value{2, "uring"}, Value{3, "cortexm"})
	asRunMode   = enum("mode", "what happens to the other tasks after the root; with main: trigger and grace first",
		Value{backend.ModeDetach, "detach"}, Value{backend.ModeWait, "wait"}, Value{backend.ModeStop, "stop"},
		Value{backend.ModeMain + backend.ModeDetach, "main-detach"}, Value{backend.ModeMain + backend.ModeWait, "main-wait"},
		Value{backend.ModeMain + backend.ModeStop, "main-stop"})
	asClass   = enum("class", "cleanup: the exit grace waits for it", Value{backend.ClassNormal, "normal"}, Value{backend.ClassCleanup, "cleanup"})
	asPollEnd = enum("st", "Pending, Ready", Value{backend.PollPending, "P"}, Value{backend.PollReady, "R"})
	asWakeSrc = enum("src", "who woke the task", Value{backend.WakeOp, "op"}, Value{backend.WakeTimer, "timer"},
		Value{backend.WakeLine, "line"}, Value{backend.WakeSync, "sync"}, Value{backend.WakeChan, "chan"},
		Value{backend.WakeJoin, "join"}, Value{backend.WakeToken, "token"}, Value{backend.WakeSelf, "self"},
		Value{backend.WakeExt, "ext"}, Value{backend.WakeChaos, "chaos"})
	asWakeEff = enum("eff", "queued: put on the run queue; noted: was running, goes to the tail when its poll ends; merged: already queued or noted; void: after Ready or after the teardown began",
		Value{backend.EffQueued, "queued"}, Value{backend.EffNoted, "noted"}, Value{backend.EffMerged, "merged"}, Value{backend.EffVoid, "void"})
	asCancelWhy = enum("cancel why", "call: explicit cancel or stop; handle: release of an attached handle",
		Value{backend.CancelCall, "call"}, Value{backend.CancelHandle, "handle"})
	asLendMode   = enum("lend mode", "whose buffer", Value{backend.LendBorrowed, "borrowed"}, Value{backend.LendOwned, "owned"})
	asOrphanMode = enum("orphan mode", "await: the teardown waits for the op",
		Value{backend.OrphanAwait, "await"}, Value{backend.OrphanDetach, "detach"})
	asReapHow = enum("how", "dispose: the result owned something, which was given back",
		Value{backend.ReapDeliver, "deliver"}, Value{backend.ReapDiscard, "discard"}, Value{backend.ReapDispose, "dispose"})
	asUnlinkWhy = enum("unlink why", "fired, or given up by its task", Value{backend.UnlinkFire, "fire"}, Value{backend.UnlinkDrop, "drop"})
	asLockKind  = enum("lock kind", "exclusive, read, upgradeable",
		Value{backend.LockExclusive, "x"}, Value{backend.LockRead, "r"}, Value{backend.LockUpgradeable, "u"})
	asNotified = enum("notified", "one: the oldest waiter; passed: in place of a chosen waiter that has ended; close: the condition closes",
		Value{backend.NotifyOne, "one"}, Value{backend.NotifyAll, "all"}, Value{backend.NotifyPassed, "passed"}, Value{backend.NotifyClose, "close"})
	asBounceWhy = enum("bounce why", "unsent: before its put; closed: after it",
		Value{backend.BounceUnsent, "unsent"}, Value{backend.BounceClosed, "closed"})
	asSide         = enum("side", "of a channel", Value{backend.SideTx, "tx"}, Value{backend.SideRx, "rx"})
	asServiceState = enum("service state", "in the order of their merge, the last one being the worst",
		Value{backend.ServiceDone, "done"}, Value{backend.ServiceReady, "ready"}, Value{backend.ServiceLoading, "loading"},
		Value{backend.ServiceStopping, "stopping"}, Value{backend.ServiceTemporaryFailure, "temporary"}, Value{backend.ServicePermanentFailure, "permanent"})
	asServiceDep = enum("service below", "why one service is below another",
		Value{backend.DepRequired, "required"}, Value{backend.DepMember, "member"}, Value{backend.DepLeft, "left"}, Value{backend.DepRoot, "root"})
	asTriggerWhy = enum("trigger why", "the cause",
		Value{backend.TriggerAPI, "api"}, Value{backend.TriggerSignal, "signal"}, Value{backend.TriggerParent, "parent"},
		Value{backend.TriggerAny, "any"}, Value{backend.TriggerAll, "all"}, Value{backend.TriggerClose, "close"},
		Value{backend.TriggerRootDone, "rootdone"})
	asSignalAct = enum("act", "deliver: to a receiver; trigger: the root scope; default: ended the run",
		Value{backend.SignalDeliver, "deliver"}, Value{backend.SignalTrigger, "trigger"}, Value{backend.SignalDefault, "default"})
	asHandleKind = enum("handle kind", "what the descriptor is",
		Value{backend.HandleStream, "stream"}, Value{backend.HandleFile, "file"}, Value{backend.HandleListener, "listener"})
	asOpKind = enum("op kind", "the operation",
		Value{int64(backend.OpNop), "nop"}, Value{int64(backend.OpTimer), "timer"}, Value{int64(backend.OpRead), "read"},
		Value{int64(backend.OpWrite), "write"}, Value{int64(backend.OpFsync), "fsync"}, Value{int64(backend.OpOpen), "open"},
		Value{int64(backend.OpAccept), "accept"}, Value{int64(backend.OpClose), "close"},
		Value{int64(backend.OpReadv), "readv"}, Value{int64(backend.OpWritev), "writev"},
		Value{int64(backend.OpReadFixed), "readfixed"}, Value{int64(backend.OpWriteFixed), "writefixed"},
		Value{int64(backend.OpStat), "stat"}, Value{int64(backend.OpFallocate), "fallocate"},
		Value{int64(backend.OpTruncate), "truncate"}, Value{int64(backend.OpRename), "rename"},
		Value{int64(backend.OpUnlink), "unlink"}, Value{int64(backend.OpMkdir), "mkdir"},
		Value{int64(backend.OpSocket), "socket"}, Value{int64(backend.OpBind), "bind"},
		Value{int64(backend.OpListen), "listen"}, Value{int64(backend.OpConnect), "connect"},
		Value{int64(backend.OpSend), "send"}, Value{int64(backend.OpRecv), "recv"}, Value{int64(backend.OpSendMsg), "sendmsg"},
		Value{int64(backend.OpRecvMsg), "recvmsg"}, Value{int64(backend.OpSendZC), "sendzc"},
		Value{int64(backend.OpShutdown), "shutdown"}, Value{int64(backend.OpSplice), "splice"},
		Value{int64(backend.OpPoll), "poll"}, Value{int64(backend.OpLinkTimeout), "linktimeout"},
		Value{int64(backend.OpCancel), "cancel"})
	asChoiceKind = enum("choice kind", "what was free",
		Value{int64(backend.ChoicePick), "pick"}, Value{int64(backend.ChoiceLane), "lane"}, Value{int64(backend.ChoiceOrder), "order"},
		Value{int64(backend.ChoiceDelay), "delay"}, Value{int64(backend.ChoiceIRQ), "irq"}, Value{int64(backend.ChoiceCancel), "cancel"},
		Value{int64(backend.ChoiceShort), "short"}, Value{int64(backend.ChoiceSpurious), "spurious"}, Value{int64(backend.ChoiceFault), "fault"},
		Value{int64(backend.ChoiceExt), "ext"}, Value{int64(backend.ChoiceWork), "work"})
	asExitCode = enum("exit code", "the root's value, or a failure; -16-n: default action of signal n",
		Value{-1, "panic"}, Value{-2, "stalled"}, Value{-3, "refusals"}, Value{-4, "budget"}, Value{-5, "stopped"})
)
