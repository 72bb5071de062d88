//go:build linux

package uring

import "github.com/tripoint-go/tripoint/backend"

// The kernel ends a request that waits for a descriptor with ECANCELED if the thread that submitted it has exited. Threads are the
// Go runtime's. It ends one when a goroutine ends that is locked to it, anywhere in the program, whatever else the thread has done
// before. So an op that ends like this although nobody asked for it is submitted again: nothing has happened to it yet.

// againMax bounds that, should there be another reason.
const againMax = 16

// repeatable tells which kinds wait for a descriptor, and do nothing before it is ready. A connection that is being made is not
// among them: the second attempt would report the first.
func repeatable(k backend.OpKind) bool {
	const kinds = 1<<backend.OpRead | 1<<backend.OpWrite | 1<<backend.OpReadv | 1<<backend.OpWritev | 1<<backend.OpReadFixed |
		1<<backend.OpWriteFixed | 1<<backend.OpAccept | 1<<backend.OpSend | 1<<backend.OpRecv | 1<<backend.OpSendMsg |
		1<<backend.OpRecvMsg | 1<<backend.OpPoll
	return backend.OpSet(kinds).Has(k)
}

// retry submits an op again whose cancel nobody asked for, and reports whether it does. It is called by the reaper.
func (l *lane) retry(s *slot, flags uint32) bool {
	if flags&(cqeFMore|cqeFBuffer) != 0 || s.wrong != backend.OK || l.mass.Load() {
		return false
	}
	l.cmu.Lock()
	asked := s.asked // after this, a cancel comes behind the op
	if !asked {
		l.queueCommand(userData(kindOp, uint64(s.id)))
	}
	l.cmu.Unlock()
	if asked {
		return false
	}
	s.again--
	l.tell()
	return true
}

// cancel queues the cancel of an op, and notes that somebody has asked for it.
func (l *lane) cancel(s *slot) {
	l.cmu.Lock()
	s.asked = true
	l.queueCommand(userData(kindCancel, uint64(s.id)))
	l.cmu.Unlock()
	l.tell()
}

// repeat fills the entry of an op that was submitted before. Only its links can be missing, and it has none.
func (l *lane) repeat(e *sqe, s *slot) {
	if s.wrong = l.prepare(e, s, s.op); s.wrong != backend.OK {
		*e = sqe{opcode: opWrong}
	}
	l.prepareFlags(e, s.op, s.op.Flags&^links)
}
