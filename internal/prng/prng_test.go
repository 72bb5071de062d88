package prng

import (
	"fmt"
	"math/bits"
	"testing"
)

// The mixing function and the counter are SplitMix64: with the golden gamma they give its published sequence for the seed
// 1234567.
func TestPublishedSequence(t *testing.T) {
	r := Rand{state: 1234567, gamma: golden}
	for i, want := range []uint64{
		6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
	} {
		if got := r.Uint64(); got != want {
			t.Fatalf("number %d: got %d, want %d", i, got, want)
		}
	}
}

// What a seed means must never change, on no machine.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		seed, stream uint64
		want         [4]uint64
	}{
		{0, 0, [4]uint64{0xd9d4614e91d8f9f1, 0xde6994190bfae688, 0x3e46327301d54aee, 0x932a1dd7ce2a65a1}},
		{0, 1, [4]uint64{0x6ca610c526069e28, 0xd88fee8d2d5f0671, 0x6dc6fa93ed7d317b, 0x2cad8689e17beff5}},
		{1, 0, [4]uint64{0x502a13bcba2a4b2c, 0xab3ea1e1a6435a47, 0x925ab579f869b8b0, 0x4801a6d11f196784}},
		{1 << 63, 1<<64 - 1, [4]uint64{0xb51858953d959bbc, 0x961350c6409b1660, 0x22fe6ed54e885514, 0x9906b2369c920509}},
	} {
		r := New(c.seed, c.stream)
		for i, want := range c.want {
			if got := r.Uint64(); got != want {
				t.Errorf("seed %d stream %d number %d: got %#016x, want %#016x", c.seed, c.stream, i, got, want)
			}
		}
	}
	r := New(42, 7)
	got := fmt.Sprint(r.N(2), r.N(3), r.N(6), r.N(10), r.N(100), r.N(1000), r.N(1<<31-1), r.Ratio(1, 2), r.Ratio(1, 4), r.N(1))
	if want := "0 2 3 7 93 298 358945553 false false 0"; got != want {
		t.Errorf("bounded draws: got %q, want %q", got, want)
	}
}

func TestSeedIsNew(t *testing.T) {
	var r Rand
	for seed := uint64(0); seed < 100; seed++ {
		r.Seed(seed, 3)
		fresh := New(seed, 3)
		for i := 0; i < 10; i++ {
			if got, want := r.Uint64(), fresh.Uint64(); got != want {
				t.Fatalf("seed %d number %d: re-seeded %#x, new %#x", seed, i, got, want)
			}
		}
	}
}

// Streams of one seed and neighbouring seeds of one stream start differently, and differ in about half of the bits.
func TestStreamsAreIndependent(t *testing.T) {
	seen := map[uint64]string{}
	flips, pairs := 0, 0
	for seed := uint64(0); seed < 300; seed++ {
		for stream := uint64(0); stream < 8; stream++ {
			r := New(seed, stream)
			if r.gamma&1 == 0 {
				t.Fatalf("seed %d stream %d: gamma %#x is even", seed, stream, r.gamma)
			}
			first := r.Uint64()
			name := fmt.Sprintf("seed %d stream %d", seed, stream)
			if other := seen[first]; other != "" {
				t.Fatalf("%s and %s start with the same number", name, other)
			}
			seen[first] = name
			for _, n := range []Rand{New(seed+1, stream), New(seed, stream+1)} {
				flips += bits.OnesCount64(first ^ n.Uint64())
				pairs++
			}
		}
	}
	if mean := flips * 100 / pairs; mean < 3150 || mean > 3250 {
		t.Errorf("neighbours differ in %d/100 bits on average, want about 32", mean)
	}
}

// Every answer of a bounded draw is in range and about equally frequent: chi-squared with 9 degrees of freedom stays far
// below 40, which a fair source passes in all but one of 10^5 cases. The source is fixed, so the test is too.
func TestUniform(t *testing.T) {
	const n, draws = 10, 100000
	for stream := uint64(0); stream < 20; stream++ {
		r := New(1, stream)
		var count [n]int
		for i := 0; i < draws; i++ {
			count[r.N(n)]++
		}
		chi := 0
		for _, c := range count {
			chi += (c - draws/n) * (c - draws/n)
		}
		if chi/(draws/n) > 40 {
			t.Errorf("stream %d: counts %v are not uniform", stream, count)
		}
	}
}

func TestRatio(t *testing.T) {
	r := New(5, 0)
	for _, c := range []struct{ num, den, low, high int }{
		{0, 5, 0, 0}, {5, 5, 10000, 10000}, {9, 5, 10000, 10000}, {1, 4, 2300, 2700}, {3, 100, 240, 360},
	} {
		hits := 0
		for i := 0; i < 10000; i++ {
			if r.Ratio(c.num, c.den) {
				hits++
			}
		}
		if hits < c.low || hits > c.high {
			t.Errorf("%d/%d: %d of 10000, want %d to %d", c.num, c.den, hits, c.low, c.high)
		}
	}
}

func TestBoundIsPositive(t *testing.T) {
	for _, n := range []int{0, -1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("N(%d) did not panic", n)
				}
			}()
			r := New(1, 1)
			r.N(n)
		}()
	}
}

func TestNoAllocation(t *testing.T) {
	sum := 0
	if got := testing.AllocsPerRun(100, func() {
		r := New(1, 2)
		sum += r.N(10)
		r.Seed(2, 2)
		sum += r.N(10)
	}); got != 0 {
		t.Errorf("%v allocations, want 0", got)
	}
	if sum == 0 {
		t.Error("only zeros were drawn")
	}
}

func BenchmarkN(b *testing.B) {
	r := New(1, 0)
	sum := 0
	for b.Loop() {
		sum += r.N(1000)
	}
	if sum < 0 {
		b.Fatal(sum)
	}
}

func BenchmarkSeed(b *testing.B) {
	var r Rand
	seed := uint64(0)
	for b.Loop() {
		seed++
		r.Seed(seed, 1)
	}
}
