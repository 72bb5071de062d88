package backendtest

import "github.com/tripoint-go/tripoint/backend"

const notHere = -int32(backend.EOPNOTSUPP)

func refuseCases() []Case {
	return []Case{
		{"KindsThatCapsLack", needs{}, kindsThatCapsLack},
		{"FlagsThatCapsLack", needs{ops: set(backend.OpNop)}, flagsThatCapsLack},
		{"PickWhereNothingIsReceived", withFlags(pipes(backend.OpNop), backend.FlagPick), pickWhereNothingIsReceived},
		{"BadOpInABatch", needs{ops: set(backend.OpNop, backend.OpFsync, backend.OpRead)}, badOpInABatch},
	}
}

// Duty 10: what a backend cannot do it says in Caps. Handed such an op all the same, it completes it with EOPNOTSUPP, and
// nothing happens.
func kindsThatCapsLack(r *rig) {
	caps := r.b.Caps()
	for k := backend.OpNop; k < backend.OpKinds; k++ {
		if caps.Ops.Has(k) {
			continue
		}
		o := r.make(backend.Op{Kind: k, FD: -1, Off: -1, Buf: make([]byte, backend.StatBytes), Ext: &backend.OpExt{FD2: -1}})
		r.submit(o)
		r.want("an op that Caps lacks", r.result(o), notHere)
	}
}

// Duty 10 holds for flags as well: a flag that Caps lacks, or FlagMultishot on a kind that has no multishot form.
func flagsThatCapsLack(r *rig) {
	caps := r.b.Caps()
	for f := backend.FlagLink; f <= backend.FlagAsync; f <<= 1 {
		if caps.Flags&f != 0 && (f != backend.FlagMultishot || caps.Multishot.Has(backend.OpNop)) {
			continue
		}
		o := r.make(backend.Op{Kind: backend.OpNop, Flags: f})
		r.submit(o)
		r.want("a nop with a flag that Caps lacks", r.result(o), notHere)
	}
}

// FlagPick is for ops that receive. On another it is refused, and nothing is moved.
func pickWhereNothingIsReceived(r *rig) {
	rd, wr := r.pipe()
	for _, kind := range []backend.OpKind{backend.OpWrite, backend.OpNop} {
		o := backend.Op{Kind: kind, FD: wr, Buf: []byte("x"), Off: -1, Flags: backend.FlagPick, Ext: &backend.OpExt{}}
		r.want("an op that picks and receives nothing", r.do(o), notHere, invalid)
	}
	r.holds("after a refused write", rd, "")
}

// An op that is refused at once, on the face of it or for its descriptor, is accepted like others and reports its failure. The
// rest of its batch is not touched.
func badOpInABatch(r *rig) {
	for range 5 {
		ops := r.nops(3)
		bad, worse := r.op(backend.OpFsync, -1, nil), r.op(backend.OpRead, -1, make([]byte, 1))
		bad.Arg = 1 << 10
		r.submit(ops[0], bad, ops[1], worse, ops[2])
		r.want("an op with flags that do not exist", r.result(bad), invalid, badFD)
		r.want("an op without a descriptor", r.result(worse), badFD, interrupt, again)
		for _, o := range ops {
			r.want("a nop beside them", r.result(o), 0)
		}
	}
}
