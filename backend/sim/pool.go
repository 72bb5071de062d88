package sim

import "github.com/tripoint-go/tripoint/backend"

// Limits of [backend.Pools].
const (
	groupsMax  = 256
	buffersMax = 32768
	fixedMax   = 1024
)

// group is a pool of buffers. The free ones are a ring of n numbers, first in first out; the ring has room for all.
type group struct {
	mem     []byte
	size    int
	free    []uint16
	head, n int
	number  int32 // of the Provide that made it
	used    bool
}

// A Kernel has buffer pools.
var _ backend.Pools = (*Kernel)(nil)

func (k *Kernel) resetPools() {
	for i := range k.groups[:k.groupHigh] {
		g := &k.groups[i]
		*g = group{free: g.free[:0]}
	}
	k.groupHigh = 0
	k.fixed = nil
}

// Provide implements [backend.Pools].
func (k *Kernel) Provide(number uint16, mem []byte, size, n int) backend.Errno {
	if number >= groupsMax || n < 1 || n > buffersMax || size < 1 || len(mem)/n < size {
		return backend.EINVAL
	}
	if k.groups == nil {
		k.groups = make([]group, groupsMax)
	}
	g := &k.groups[number]
	if g.used {
		return backend.EEXIST
	}
	k.groupHigh = max(k.groupHigh, int(number)+1)
	k.provided++
	*g = group{mem: mem, size: size, free: g.free[:0], n: n, number: k.provided, used: true}
	for i := range n {
		g.free = append(g.free, uint16(i))
	}
	return backend.OK
}

// GiveBack implements [backend.Pools]. It panics if the group does not exist or the number is none of it.
func (k *Kernel) GiveBack(number, i uint16) {
	if k.poolSize(number) == 0 || int(i) >= len(k.groups[number].free) || k.groups[number].n == len(k.groups[number].free) {
		panic("sim: a buffer is given back once, to the group it is from")
	}
	g := &k.groups[number]
	g.free[(g.head+g.n)%len(g.free)] = i
	g.n++
}

// Unprovide implements [backend.Pools].
func (k *Kernel) Unprovide(number uint16) backend.Errno {
	if k.poolSize(number) == 0 {
		return backend.ENOENT
	}
	g := &k.groups[number]
	*g = group{free: g.free[:0]}
	return backend.OK
}

// Register implements [backend.Pools].
func (k *Kernel) Register(bufs [][]byte) backend.Errno {
	switch {
	case bufs == nil:
		k.fixed = nil
		return backend.OK
	case k.fixed != nil:
		return backend.EBUSY
	case len(bufs) == 0 || len(bufs) > fixedMax:
		return backend.EINVAL
	}
	k.fixed = bufs
	return backend.OK
}

// poolSize returns the size of the buffers of a group, 0 if there is no such group.
func (k *Kernel) poolSize(number uint16) int {
	if int(number) >= k.groupHigh || !k.groups[number].used {
		return 0
	}
	return k.groups[number].size
}

// picked returns the memory of buffer i of a group.
func (k *Kernel) picked(number uint16, i int32) []byte {
	g := &k.groups[number]
	return g.mem[int(i)*g.size:][:g.size]
}

// performPick is performOn with a buffer of the group of the op. A group without one is ENOBUFS at once, whether there is
// anything to receive or not. What received nothing puts its buffer back; an op that must not be tried at once keeps it
// while it waits.
func (k *Kernel) performPick(i int32, s *slot) (int32, bool) {
	number := s.op.Ext.Index
	if s.pick == none {
		if s.starved || k.poolSize(number) == 0 || k.groups[number].n == 0 {
			return -int32(backend.ENOBUFS), true
		}
		g := &k.groups[number]
		s.pick = int32(g.free[g.head])
		g.head = (g.head + 1) % len(g.free)
		g.n--
		s.group = g.number
	} else if !k.owns(s) {
		s.pick = none
		return -int32(backend.ENOBUFS), true
	}
	res, ok := k.performOn(i, s)
	if ok && res > 0 || !ok && s.op.Flags&backend.FlagAsync != 0 {
		return res, ok
	}
	g := &k.groups[number]
	g.head = (g.head + len(g.free) - 1) % len(g.free)
	g.free[g.head] = uint16(s.pick)
	g.n++
	s.pick = none
	return res, ok
}

// owns reports whether the group that an op has picked its buffer from is still there.
func (k *Kernel) owns(s *slot) bool {
	g := s.op.Ext.Index
	return k.poolSize(g) > 0 && k.groups[g].number == s.group
}

// registered reports whether the memory of an op lies inside the registered buffer that it names.
func (k *Kernel) registered(op *backend.Op) bool {
	if int(op.Ext.Index) >= len(k.fixed) {
		return false
	}
	if len(op.Buf) == 0 {
		return true
	}
	buf := k.fixed[op.Ext.Index]
	// Where op.Buf was cut out of buf with a slice expression its capacity tells the place; otherwise it is looked for.
	if at := cap(buf) - cap(op.Buf); at >= 0 && at < len(buf) && &buf[at] == &op.Buf[0] {
		return at+len(op.Buf) <= len(buf)
	}
	for at := range buf {
		if &buf[at] == &op.Buf[0] {
			return at+len(op.Buf) <= len(buf)
		}
	}
	return false
}
