// Package prng is the project's random number generator: integers only, the same numbers on every machine and with every
// Go release, a seed and a stream number in, one 16-byte value per consumer. It allocates nothing and has no state of its
// own. It is not for secrets.
//
// The generator is SplitMix64 with a gamma per stream, written from its description: Guy L. Steele Jr., Doug Lea and
// Christine H. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014, doi 10.1145/2660193.2660195. State s
// becomes s+gamma (an odd number) at each draw, and the draw is a bijective mix of s. A stream gets its start and its gamma
// from the mixed seed and stream number, so neither neighbouring streams nor neighbouring seeds run through the same states.
//
// Changing a number that comes out of here changes what every seed means. The golden sequences in the test guard it.
package prng

import "math/bits"

// golden is 2^64 divided by the golden ratio, made odd: the gamma of a generator that has no other.
const golden = 0x9e3779b97f4a7c15

// Rand is one stream of random numbers. Copying it forks it: both copies give the same numbers. The zero value gives
// zeros for ever, so seed it first. It belongs to one goroutine.
type Rand struct {
	state uint64
	gamma uint64
}

// New returns the generator of a stream of a seed.
func New(seed, stream uint64) Rand {
	var r Rand
	r.Seed(seed, stream)
	return r
}

// Seed starts the generator anew, as New would. It costs a few nanoseconds.
func (r *Rand) Seed(seed, stream uint64) {
	s := mix(seed+golden) ^ mix(mix(stream+golden)+golden)
	r.state = mix(s + golden)
	r.gamma = mixGamma(s)
}

// Uint64 returns the next number, uniform over all 64 bits.
func (r *Rand) Uint64() uint64 {
	r.state += r.gamma
	return mix(r.state)
}

// N returns the next number below n, which must be at least 1. It maps by multiply and shift (Daniel Lemire, "Fast Random
// Integer Generation in an Interval", 2019) without the rejection step: every draw costs exactly one number of the stream,
// and no answer is off by more than n parts in 2^64.
func (r *Rand) N(n int) int {
	if n <= 0 {
		panic("prng: the bound is positive")
	}
	hi, _ := bits.Mul64(r.Uint64(), uint64(n))
	return int(hi)
}

// Ratio returns true num times in den on average. It costs one number of the stream whatever the ratio is. den must be at
// least 1; num from den upwards is always, 0 is never.
func (r *Rand) Ratio(num, den int) bool { return r.N(den) < num }

// mix is mix64 of the paper, David Stafford's variant 13 of the MurmurHash3 finaliser.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// mixGamma makes an odd number with enough 01 and 10 bit pairs, which the quality of the sequence needs.
func mixGamma(z uint64) uint64 {
	z = (z ^ z>>33) * 0xff51afd7ed558ccd
	z = (z ^ z>>33) * 0xc4ceb9fe1a85ec53
	z = (z ^ z>>33) | 1
	if bits.OnesCount64(z^z>>1) < 24 {
		z ^= 0xaaaaaaaaaaaaaaaa
	}
	return z
}
