package trace

import (
	"fmt"
	"math/bits"

	"github.com/tripoint-go/tripoint/backend"
)

// The constants of the fingerprint: odd, with about half of their bits set.
// They are part of every stored fingerprint and never change.
const (
	hashSeed = 0x6a09e667f3bcc909
	hashHead = 0x9e3779b97f4a7c15
	hashTau  = 0xbf58476d1ce4e5b9
	hashArg0 = 0x94d049bb133111eb
	hashArg1 = 0xd6e8feb86659fd93
	hashArg2 = 0xa0761d6478bd642f
	hashArg3 = 0xe7037ed1a0b428db
	hashArg4 = 0x8ebc6af09c88c6e3
	hashLast = 0x589965cc75374cc3
	hashFold = 0xc2b2ae3d27d4eb4f
)

const (
	// CheckpointRecords is the distance of the first checkpoints of a [Hash], in records.
	CheckpointRecords = 1024
	// CheckpointsMax is the number of checkpoints that a [Hash] keeps.
	CheckpointsMax = 1 << 16
)

// Hash is the fingerprint of a trace: a running 64-bit hash over kind, lane, tau and the five arguments of every record,
// in order. Seq is implied by the position and names by their ids. The value is the same on every architecture, and it
// does not depend on how the trace is cut into batches. It is meant to tell runs apart, not to withstand an attacker.
//
// After every [CheckpointRecords] records it remembers its state, so that two runs can be compared block by block (see
// [FirstDifference]). When [CheckpointsMax] checkpoints are full it keeps every second one and doubles the distance, so
// memory is bounded by 512 KiB and the whole run stays covered.
//
// The zero value is ready. Hash implements [backend.Sink] and never asks for the end of the run. It costs 1 to 3 ns
// per record on a 64-bit machine.
type Hash struct {
	state       uint64 // xor hashSeed, so that the zero value works
	count       uint64
	stride      uint64 // 0 stands for CheckpointRecords
	checkpoints []uint64
}

// Add continues the hash with a batch of records.
func (h *Hash) Add(batch []backend.Event) {
	stride := h.Stride()
	for len(batch) > 0 {
		n := uint64(len(batch))
		if left := stride - h.count&(stride-1); n > left { // a stride is a power of two
			n = left
		}
		h.state = fold(h.state^hashSeed, batch[:n]) ^ hashSeed
		h.count += n
		batch = batch[n:]
		if h.count&(stride-1) == 0 {
			stride = h.checkpoint(stride)
		}
	}
}

// fold mixes the words of one record in pairs that do not wait for each other, so that only one rotation, one xor and one
// multiplication per record wait for the record before. A plain sum of products would be as fast but lets changes in the
// high bits of two words cancel.
func fold(state uint64, batch []backend.Event) uint64 {
	for i := range batch {
		ev := &batch[i]
		mixed := mix(uint64(ev.Kind)|uint64(ev.Lane)<<8, hashHead, uint64(ev.Tau), hashTau)
		mixed += mix(uint64(ev.Args[0]), hashArg0, uint64(ev.Args[1]), hashArg1)
		mixed += mix(uint64(ev.Args[2]), hashArg2, uint64(ev.Args[3]), hashArg3)
		mixed += mix(uint64(ev.Args[4]), hashArg4, 0, hashLast)
		state = (bits.RotateLeft64(state, 29) ^ mixed) * hashFold
	}
	return state
}

// mix returns both halves of the 128-bit product of two words, each moved away from 0 by a constant.
func mix(x, kx, y, ky uint64) uint64 {
	hi, lo := bits.Mul64(x^kx, y^ky)
	return hi ^ lo
}

func (h *Hash) checkpoint(stride uint64) uint64 {
	if len(h.checkpoints) == CheckpointsMax {
		for i := range CheckpointsMax / 2 {
			h.checkpoints[i] = h.checkpoints[2*i+1]
		}
		h.checkpoints = h.checkpoints[:CheckpointsMax/2]
		stride *= 2
		h.stride = stride
		if h.count&(stride-1) != 0 {
			return stride
		}
	}
	h.checkpoints = append(h.checkpoints, finish(h.state^hashSeed, h.count))
	return stride
}

// finish spreads every bit of the state over the whole sum: without it the last records would only reach the high bits.
func finish(state, count uint64) uint64 {
	x := state ^ count*hashHead
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Sum returns the fingerprint of the records so far. It does not change the hash.
func (h *Hash) Sum() uint64 { return finish(h.state^hashSeed, h.count) }

// Count returns the number of records so far.
func (h *Hash) Count() uint64 { return h.count }

// Reset starts a new trace and keeps the memory of the checkpoints.
func (h *Hash) Reset() { *h = Hash{checkpoints: h.checkpoints[:0]} }

// Stride returns the number of records between two checkpoints: [CheckpointRecords] times a power of two.
func (h *Hash) Stride() uint64 { return max(h.stride, CheckpointRecords) }

// Checkpoints returns the sums after each full block of [Hash.Stride] records. The slice is valid until the next Add or
// Reset.
func (h *Hash) Checkpoints() []uint64 { return h.checkpoints }

// String returns the fingerprint as 16 hexadecimal digits.
func (h *Hash) String() string { return FormatSum(h.Sum()) }

// FormatSum returns a fingerprint as it is printed: 16 hexadecimal digits.
func FormatSum(sum uint64) string { return fmt.Sprintf("%016x", sum) }

// Events implements [backend.Sink].
func (h *Hash) Events(batch []backend.Event) bool {
	h.Add(batch)
	return true
}

// Name implements [backend.Sink]; names are implied by their ids.
func (h *Hash) Name(int64, string) {}

// FirstDifference returns the block of records in which two traces first differ, as seq numbers: the first differing
// record, counted from 1, is one of from to to. It returns 0, 0 if the traces are equal. If one trace is a prefix of the
// other up to the last block, the block ends with the longer of the two.
func FirstDifference(a, b *Hash) (from, to uint64) {
	if a.count == b.count && a.Sum() == b.Sum() {
		return 0, 0
	}
	stride := max(a.Stride(), b.Stride())
	stepA, stepB := stride/a.Stride(), stride/b.Stride()
	block := uint64(0)
	for ; ; block++ {
		i, j := (block+1)*stepA-1, (block+1)*stepB-1
		if i >= uint64(len(a.checkpoints)) || j >= uint64(len(b.checkpoints)) {
			return block*stride + 1, min((block+1)*stride, max(a.count, b.count))
		}
		if a.checkpoints[i] != b.checkpoints[j] {
			return block*stride + 1, (block + 1) * stride
		}
	}
}
