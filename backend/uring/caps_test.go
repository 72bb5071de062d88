//go:build linux

package uring

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

// What the kernel lacks is not in Caps, and an op that wants it all the same completes with the documented code (duty 10), without
// a harm to its neighbours.
func TestLackingKernel(t *testing.T) {
	b := begin(t, Options{})
	b.caps.Ops &^= 1 << backend.OpBind
	b.caps.Multishot &^= 1 << backend.OpPoll
	b.caps.Flags &^= backend.FlagAsync
	d := newDesk(t, b, 0, 8)
	r, _ := makePipe(t)
	for _, c := range []struct {
		what string
		op   backend.Op
	}{
		{"a kind", backend.Op{Kind: backend.OpBind, FD: r, Ext: &backend.OpExt{Addr: backend.AddrInet4([4]byte{127, 0, 0, 1}, 0)}}},
		{"a multishot form", backend.Op{Kind: backend.OpPoll, FD: r, Arg: backend.PollIn, Flags: backend.FlagMultishot}},
		{"a flag", backend.Op{Kind: backend.OpNop, Flags: backend.FlagAsync}},
		{"a kind that no kernel has", backend.Op{Kind: backend.OpKinds}},
		{"a kind beyond all", backend.Op{Kind: 200}},
	} {
		before, lacking, after := d.add(&backend.Op{Kind: backend.OpNop}), d.add(&c.op), d.add(&backend.Op{Kind: backend.OpNop})
		if res := d.done(lacking).Res; res != -int32(backend.EOPNOTSUPP) {
			t.Errorf("%s that is lacking gave %d, want EOPNOTSUPP", c.what, res)
		}
		if x, y := d.done(before).Res, d.done(after).Res; x != 0 || y != 0 {
			t.Errorf("beside %s that is lacking, nops gave %d and %d, want 0", c.what, x, y)
		}
	}
}
