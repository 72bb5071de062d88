//go:build !tinygo

package flow_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// bucket is the model of a throttler: a bucket of exact fractions of tokens.
type bucket struct {
	n, window int64
	level     *big.Rat
	at        vclock.Instant
	laps      []vclock.Instant
}

func (b *bucket) flow(now vclock.Instant) {
	in := big.NewRat(int64(now.Sub(b.at)), 1)
	in.Mul(in, big.NewRat(b.n, b.window))
	if b.level.Add(b.level, in); b.level.Cmp(big.NewRat(b.n, 1)) > 0 {
		b.level.SetInt64(b.n)
	}
	b.at = now
}

// earliest is the first instant, from now on, with a token.
func (b *bucket) earliest(now vclock.Instant) vclock.Instant {
	b.flow(now)
	missing := new(big.Rat).Sub(big.NewRat(1, 1), b.level)
	if missing.Sign() <= 0 {
		return now
	}
	missing.Mul(missing, big.NewRat(b.window, b.n))
	up := new(big.Int).Add(missing.Num(), new(big.Int).Sub(missing.Denom(), big.NewInt(1)))
	return now.Add(vclock.Duration(up.Div(up, missing.Denom()).Int64()))
}

// excess returns an interval in which too many iterations started, if there is one.
func (b *bucket) excess() (from, to vclock.Instant, n int, found bool) {
	for i := range b.laps {
		for j := i; j < len(b.laps); j++ {
			l := int64(b.laps[j].Sub(b.laps[i]))
			if int64(j-i+1) > b.n+(b.n*l+b.window-1)/b.window {
				return b.laps[i], b.laps[j], j - i + 1, true
			}
		}
	}
	return 0, 0, 0, false
}

// Tasks have a throttler each, and a flag that ends all of them.
func TestModelThrottler(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 8)
		n := rapid.IntRange(1, 4).Draw(t, "n")
		window := vclock.Duration(rapid.IntRange(1, 12).Draw(t, "window")) * vclock.Duration(rapid.SampledFrom([]int{1, 1000, 7777}).Draw(t, "unit"))
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			g := triggers(w.Exec, 1, 0)[0]
			now := func() vclock.Instant { return w.Exec.Now() }
			hs, bs := map[int]*flow.Throttler{}, map[int]*bucket{}
			modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
				if hs[me] == nil {
					h, err := flow.NewThrottler(t, n, window)
					w.Assert(err == nil, "a rate", "%v", err)
					hs[me], bs[me] = h, &bucket{n: int64(n), window: int64(window), level: big.NewRat(int64(n), 1), at: now()}
				}
				h, b := hs[me], bs[me]
				switch s.Act {
				case 1, 2, 3, 4:
					from, fired := b.earliest(now()), g.IsCancelled()
					var ok bool
					switch s.Act {
					case 1:
						ok = h.Next(t)
						fired = false
					case 2:
						h.Start(nil)
						if flow.WithTimeout(t, vclock.Duration(s.Arg)*1000, h) != nil {
							return !t.Ending()
						}
						ok, fired = h.Granted(), false
					default:
						ok = h.NextUntil(t, g.Flag())
					}
					at := now()
					if ok {
						w.Assert(!fired && at >= from, "an iteration starts when there is a token, and not when the flag has fired", "at %d, not before %d", at, from)
						w.Assert(at <= from+vclock.Instant(20*vclock.Microsecond), "and then it does", "at %d, not after %d", at, from)
						b.flow(at)
						b.level.Sub(b.level, big.NewRat(1, 1))
						w.Assert(b.level.Sign() >= 0, "nobody takes what is not there", "%v are left", b.level)
						b.laps = append(b.laps, at)
						from, to, n, found := b.excess()
						w.Assert(!found, "no interval has too many iterations", "%d from %d to %d", n, from, to)
					} else {
						w.Assert(t.Ending() || s.Act > 2 && g.IsCancelled(), "a loop ends for a reason", "act %d", s.Act)
					}
					return !t.Ending()
				case 5:
					return t.Sleep(vclock.Duration(s.Arg)*window/3) == nil
				case 6:
					return t.Yield() == nil
				case 7:
					if s.Arg == 0 {
						g.Fire()
					}
				}
				return true
			}, nil)
		})
	})
}
