//go:build !tinygo

package vclock_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/vclock"
)

// instants and durations, with the ends of their ranges among them.
func instants(max vclock.Instant) *rapid.Generator[vclock.Instant] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) vclock.Instant {
			return vclock.Instant(rapid.Int64Range(0, int64(max)).Draw(t, "instant"))
		}),
		rapid.SampledFrom([]vclock.Instant{0, 1, max - 1, max}),
	)
}

func durations() *rapid.Generator[vclock.Duration] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) vclock.Duration { return vclock.Duration(rapid.Int64().Draw(t, "duration")) }),
		rapid.SampledFrom([]vclock.Duration{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64}),
	)
}

// Add is the exact sum, cut off at 0 and at Forever.
func TestAddSaturates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, d := instants(vclock.Forever).Draw(t, "t"), durations().Draw(t, "d")
		exact := new(big.Int).Add(big.NewInt(int64(at)), big.NewInt(int64(d)))
		want := vclock.Forever
		switch {
		case exact.Sign() < 0:
			want = 0
		case exact.IsInt64():
			want = vclock.Instant(exact.Int64())
		}
		got := at.Add(d)
		if got != want {
			t.Fatalf("%d.Add(%d) is %d, want %d", at, d, got, want)
		}
		if d >= 0 == got.Before(at) && got != at {
			t.Fatalf("%d.Add(%d) is %d: in the wrong direction", at, d, got)
		}
		if 0 < got && got < vclock.Forever && got.Sub(at) != d {
			t.Fatalf("%d.Sub(%d) is %d, want %d", got, at, got.Sub(at), d)
		}
	})
}

// A larger duration never gives an earlier deadline, and neither does a later start.
func TestAddIsMonotonic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := instants(vclock.Forever).Draw(t, "a"), instants(vclock.Forever).Draw(t, "b")
		c, d := durations().Draw(t, "c"), durations().Draw(t, "d")
		if max(a, b).Add(max(c, d)).Before(min(a, b).Add(min(c, d))) {
			t.Fatalf("the later of %d and %d plus the longer of %d and %d is earlier than the others", a, b, c, d)
		}
	})
}

func TestUnits(t *testing.T) {
	if vclock.Hour != 3_600_000_000_000*vclock.Nanosecond || vclock.Second != 1_000_000*vclock.Microsecond || vclock.Minute != 60_000*vclock.Millisecond {
		t.Error("the units do not fit together")
	}
}

// A virtual clock moves forward only.
func TestVirtualNeverRunsBackwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c vclock.Virtual
		want := vclock.Instant(0)
		for range rapid.IntRange(0, 10).Draw(t, "steps") {
			to := instants(vclock.Forever).Draw(t, "to")
			c.AdvanceTo(to)
			want = max(want, to)
			if c.Now() != want {
				t.Fatalf("after AdvanceTo(%d) the clock shows %d, want %d", to, c.Now(), want)
			}
		}
		if c.Reset(); c.Now() != 0 {
			t.Fatalf("after Reset the clock shows %d", c.Now())
		}
	})
}

// A skewed clock is the exact quotient, rounded down, and monotonic.
func TestSkewed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var base vclock.Virtual
		s := vclock.Skewed{
			Of: &base, Num: rapid.Int64Range(-1, 2000).Draw(t, "num"), Den: rapid.Int64Range(-1, 2000).Draw(t, "den"),
			Ahead: vclock.Duration(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "ahead")),
		}
		at := vclock.Instant(rapid.Int64Range(0, int64(100*24*vclock.Hour)).Draw(t, "at"))
		last := s.Now()
		for range 4 {
			base.AdvanceTo(at)
			exact := big.NewInt(int64(at))
			if s.Num > 0 && s.Den > 0 {
				exact.Mul(exact, big.NewInt(s.Num)).Quo(exact, big.NewInt(s.Den))
			}
			want := max(0, vclock.Instant(exact.Int64())+vclock.Instant(s.Ahead))
			now := s.Now()
			if now != want || now.Before(last) {
				t.Fatalf("at %d the clock of %d/%d shows %d, want %d, after %d", at, s.Num, s.Den, now, want, last)
			}
			last = now
			at = at.Add(vclock.Duration(rapid.Int64Range(0, 5000).Draw(t, "step")))
		}
	})
}

func TestMonotonicClock(t *testing.T) {
	c := vclock.NewMonotonic()
	last := c.Now()
	for range 1000 {
		now := c.Now()
		if now.Before(last) || now < 0 || now == vclock.Forever {
			t.Fatalf("the clock shows %d after %d", now, last)
		}
		last = now
	}
}
