package backendtest

import "github.com/tripoint-go/tripoint/backend"

const notHere = -int32(backend.EOPNOTSUPP)

func refuseCases() []Case {
	return []Case{
		{"KindsThatCapsLack", needs{}, kindsThatCapsLack},
		{"FlagsThatCapsLack", needs{ops: set(backend.OpNop)}, flagsThatCapsLack},
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
