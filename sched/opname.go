package sched

import "github.com/tripoint-go/tripoint/backend"

// opName says what a task waits for, in reports.
func opName(k backend.OpKind) string {
	switch k {
	case backend.OpNop:
		return "no-op"
	case backend.OpTimer:
		return "kernel timer"
	case backend.OpRead:
		return "read"
	case backend.OpWrite:
		return "write"
	case backend.OpFsync:
		return "fsync"
	case backend.OpOpen:
		return "open"
	case backend.OpAccept:
		return "accept"
	case backend.OpClose:
		return "close"
	case backend.OpReadv:
		return "vectored read"
	case backend.OpWritev:
		return "vectored write"
	case backend.OpReadFixed:
		return "fixed read"
	case backend.OpWriteFixed:
		return "fixed write"
	case backend.OpStat:
		return "stat"
	case backend.OpFallocate:
		return "fallocate"
	case backend.OpTruncate:
		return "truncate"
	case backend.OpRename:
		return "rename"
	case backend.OpUnlink:
		return "unlink"
	case backend.OpMkdir:
		return "mkdir"
	case backend.OpSocket:
		return "socket"
	case backend.OpBind:
		return "bind"
	case backend.OpListen:
		return "listen"
	case backend.OpConnect:
		return "connect"
	case backend.OpSend:
		return "send"
	case backend.OpRecv:
		return "receive"
	case backend.OpSendMsg:
		return "send of a message"
	case backend.OpRecvMsg:
		return "receive of a message"
	case backend.OpSendZC:
		return "zero-copy send"
	case backend.OpShutdown:
		return "shutdown"
	case backend.OpSplice:
		return "splice"
	case backend.OpPoll:
		return "poll"
	case backend.OpLinkTimeout:
		return "link timeout"
	case backend.OpCancel:
		return "cancel"
	}
	return "operation"
}
