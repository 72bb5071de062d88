//go:build linux

package uring

import (
	"github.com/tripoint-go/tripoint/backend"
)

// groupsMax is the number of buffer groups.
const groupsMax = 256

// pools are the buffer groups and fixed buffers. A group is a ring of buffers in each lane's ring, because the kernel picks per
// ring: lane i of L has the buffers from i*n/L on, up to those of the next.
type pools struct {
	groups [groupsMax]*group
	fixed  [][]byte // registered; kept reachable
}

type group struct {
	mem   []byte
	n     int
	lanes int
	rings []*bufRing
}

// global returns the number of a lane's buffer among all of its group.
func (p *pools) global(lane int, index, local uint16) uint16 {
	if index >= groupsMax || p.groups[index] == nil {
		return local
	}
	return uint16(p.groups[index].first(lane)) + local
}

// Provide implements [backend.Pools]. There is at least one buffer for each lane.
func (b *Backend) Provide(index uint16, mem []byte, size, n int) (errno backend.Errno) {
	b.lanes[0].thread.do(func() { errno = b.provide(index, mem, size, n) })
	return errno
}

func (b *Backend) provide(index uint16, mem []byte, size, n int) backend.Errno {
	switch {
	case index >= groupsMax || size < 1 || n < len(b.lanes) || n > 32768 || len(mem)/size < n:
		return backend.EINVAL
	case b.pools.groups[index] != nil:
		return backend.EEXIST
	}
	g := &group{mem: mem, n: n, lanes: len(b.lanes)}
	for i := range b.lanes {
		from := g.first(i)
		count := g.first(i+1) - from
		r, err := newBufRing(b.lanes[i].q, index, mem[from*size:(from+count)*size], size, count)
		if err != nil {
			g.close()
			return errnoOf(err)
		}
		g.rings = append(g.rings, r)
	}
	b.pools.groups[index] = g
	return backend.OK
}

// first returns the first buffer of a lane.
func (g *group) first(lane int) int { return lane * g.n / g.lanes }

// laneOf returns the lane that has buffer i: the last whose first buffer is not behind it.
func (g *group) laneOf(i int) int { return ((i+1)*g.lanes - 1) / g.n }

func (g *group) close() {
	for _, r := range g.rings {
		if r != nil {
			_ = r.close()
		}
	}
}

// GiveBack implements [backend.Pools].
func (b *Backend) GiveBack(index, i uint16) {
	if index >= groupsMax || b.pools.groups[index] == nil {
		return
	}
	g := b.pools.groups[index]
	if int(i) >= g.n {
		panic("uring: duty 5: a buffer is given back to the group that it came from")
	}
	lane := g.laneOf(int(i))
	g.rings[lane].add(i - uint16(g.first(lane)))
}

// Unprovide implements [backend.Pools].
func (b *Backend) Unprovide(index uint16) (errno backend.Errno) {
	b.lanes[0].thread.do(func() { errno = b.unprovide(index) })
	return errno
}

func (b *Backend) unprovide(index uint16) backend.Errno {
	if index >= groupsMax || b.pools.groups[index] == nil {
		return backend.ENOENT
	}
	b.pools.groups[index].close()
	b.pools.groups[index] = nil
	return backend.OK
}

// Register implements [backend.Pools].
func (b *Backend) Register(bufs [][]byte) (errno backend.Errno) {
	b.lanes[0].thread.do(func() { errno = b.register(bufs) })
	return errno
}

func (b *Backend) register(bufs [][]byte) backend.Errno {
	if bufs == nil {
		if b.pools.fixed == nil {
			return backend.ENXIO
		}
		for i := range b.lanes {
			_ = unregisterBuffers(b.lanes[i].q)
		}
		b.pools.fixed = nil
		return backend.OK
	}
	if b.pools.fixed != nil {
		return backend.EBUSY
	}
	for i, buf := range bufs {
		if len(buf) == 0 || i >= 1024 {
			return backend.EINVAL
		}
	}
	for i := range b.lanes {
		if err := registerBuffers(b.lanes[i].q, bufs); err != nil {
			for j := range i {
				_ = unregisterBuffers(b.lanes[j].q)
			}
			return errnoOf(err)
		}
	}
	b.pools.fixed = bufs
	return backend.OK
}
