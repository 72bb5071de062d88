package sim

import "github.com/tripoint-go/tripoint/backend"

const (
	reads     backend.OpSet = 1<<backend.OpRead | 1<<backend.OpReadv | 1<<backend.OpReadFixed
	writes    backend.OpSet = 1<<backend.OpWrite | 1<<backend.OpWritev | 1<<backend.OpWriteFixed
	vectored  backend.OpSet = 1<<backend.OpReadv | 1<<backend.OpWritev | 1<<backend.OpSendMsg | 1<<backend.OpRecvMsg
	fixed     backend.OpSet = 1<<backend.OpReadFixed | 1<<backend.OpWriteFixed
	multishot backend.OpSet = 1<<backend.OpAccept | 1<<backend.OpRecv | 1<<backend.OpPoll
	picking   backend.OpSet = 1<<backend.OpRead | 1<<backend.OpRecv
	needsExt  backend.OpSet = vectored | fixed | 1<<backend.OpFallocate |
		1<<backend.OpRename | 1<<backend.OpBind | 1<<backend.OpConnect | 1<<backend.OpSplice
)

const pathMax = 4095

// prepare is what the kernel checks before an op starts. An op that fails here takes its whole chain down.
func prepare(op *backend.Op) backend.Errno {
	if op.Flags == 0 && op.Kind >= backend.OpNop && op.Kind <= backend.OpWrite {
		return backend.OK // what is submitted most needs no look
	}
	if op.Kind == backend.OpInvalid || op.Kind >= backend.OpKinds {
		return backend.EOPNOTSUPP
	}
	switch ext := op.Ext; {
	case needsExt.Has(op.Kind) && ext == nil:
		return backend.EINVAL
	case op.Flags&backend.FlagMultishot != 0 && !multishot.Has(op.Kind):
		return backend.EOPNOTSUPP
	case op.Flags&backend.FlagPick != 0 && !picking.Has(op.Kind):
		return backend.EOPNOTSUPP
	case op.Flags&backend.FlagPick != 0 && ext == nil:
		return backend.EINVAL
	case vectored.Has(op.Kind) && (len(ext.Vec) == 0 || len(ext.Vec) > backend.VecMax):
		return backend.EINVAL
	}
	return prepareKind(op)
}

// prepareKind checks what only one kind has.
func prepareKind(op *backend.Op) backend.Errno {
	ok := true
	switch op.Kind {
	case backend.OpFsync:
		ok = op.Arg&^backend.FsyncData == 0
	case backend.OpOpen:
		ok = goodPath(op.Buf)
	case backend.OpStat:
		if len(op.Buf) < backend.StatBytes {
			return backend.EFAULT
		}
		ok = op.Ext == nil || len(op.Ext.Path) == 0 || goodPath(op.Ext.Path)
	case backend.OpRename:
		ok = goodPath(op.Buf) && goodPath(op.Ext.Path)
	case backend.OpUnlink:
		ok = goodPath(op.Buf) && op.Arg&^backend.UnlinkDir == 0
	case backend.OpMkdir:
		ok = goodPath(op.Buf)
	case backend.OpBind, backend.OpConnect:
		ok = op.Ext.Addr.Len <= backend.AddrMax
	case backend.OpRecv:
		multi, pick := op.Flags&backend.FlagMultishot != 0, op.Flags&backend.FlagPick != 0
		ok = !multi || pick && op.Arg&backend.MsgWaitAll == 0
	case backend.OpSendMsg:
		ok = op.Ext.Addr.Len <= backend.AddrMax
	case backend.OpSplice:
		ok = op.Off >= -1 && op.Ext.Off2 >= -1
	case backend.OpLinkTimeout:
		ok = op.Off >= 0
	case backend.OpCancel:
		const all, byFD = backend.CancelAll, backend.CancelFD | backend.CancelAny
		ok = op.Arg&^(all|byFD) == 0 && op.Arg&byFD != byFD && (op.Arg&byFD != 0 || op.Ext != nil)
	}
	if !ok {
		return backend.EINVAL
	}
	return backend.OK
}

// goodPath reports whether a path has a legal length and no NUL.
func goodPath(path []byte) bool {
	for _, c := range path {
		if c == 0 {
			return false
		}
	}
	return len(path) >= 1 && len(path) <= pathMax
}

// wantsAll reports whether a transfer goes on until all bytes have moved.
func wantsAll(op *backend.Op) bool {
	const messages backend.OpSet = 1<<backend.OpSend | 1<<backend.OpRecv | 1<<backend.OpSendMsg | 1<<backend.OpRecvMsg |
		1<<backend.OpSendZC
	return messages.Has(op.Kind) && op.Arg&backend.MsgWaitAll != 0
}

// size returns how many bytes an op asks for.
func (k *Kernel) size(op *backend.Op) int {
	switch {
	case op.Flags&backend.FlagPick != 0:
		n := k.poolSize(op.Ext.Index)
		if len(op.Buf) > 0 {
			n = min(n, len(op.Buf))
		}
		return n
	case vectored.Has(op.Kind):
		n := 0
		for _, piece := range op.Ext.Vec {
			n += len(piece)
		}
		return n
	case op.Kind == backend.OpSplice:
		return int(min(op.Arg, transferMax))
	}
	return len(op.Buf)
}

// pieces returns the memory of a transfer, piece by piece. The array is room for the answer.
func (k *Kernel) pieces(s *slot, room *[1][]byte) [][]byte {
	if vectored.Has(s.op.Kind) {
		return s.op.Ext.Vec
	}
	room[0] = s.op.Buf
	if s.pick != none {
		room[0] = k.picked(s.op.Ext.Index, s.pick)
	}
	return room[:]
}
