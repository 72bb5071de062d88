package chaos

import (
	"encoding/hex"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
)

// SeedsMax is the largest number of seeds that a [Seeds] holds.
const SeedsMax = 1_000_000_000

// hashDigits is the length of a commit hash in hex.
const hashDigits = 40

// ParseSeed reads a seed: a decimal number below 2^64, or a commit hash of 40 hex digits, of which the first 16 count.
func ParseSeed(text string) (uint64, error) {
	if len(text) == hashDigits {
		b, err := hex.DecodeString(text)
		if err != nil {
			return 0, fmt.Errorf("chaos: seed %q has 40 characters, but is no commit hash in hex", text)
		}
		seed := uint64(0)
		for _, x := range b[:8] {
			seed = seed<<8 | uint64(x)
		}
		return seed, nil
	}
	if text == "" {
		return 0, fmt.Errorf("chaos: empty seed")
	}
	if text[0] == '-' {
		return 0, fmt.Errorf("chaos: seed %s is negative", text)
	}
	seed, err := parseNumber(text, math.MaxUint64)
	if err != nil {
		return 0, fmt.Errorf("chaos: seed %q is neither a number below 2^64 nor a commit hash of 40 hex digits", text)
	}
	return seed, nil
}

// parseNumber reads decimal digits and nothing else: no sign, no blank.
func parseNumber(text string, limit uint64) (uint64, error) {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return 0, strconv.ErrSyntax
		}
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, err
	}
	if n > limit {
		return 0, strconv.ErrRange
	}
	return n, nil
}

// Seeds is a list of seeds, kept as ranges. The zero value is empty.
type Seeds struct {
	ranges []seedRange
	count  uint64
}

type seedRange struct{ low, high uint64 } // both included

// ParseSeeds reads a list of seeds and ranges, such as "5", "1-200" or "1-10,20-30". Seeds are as in [ParseSeed]; both ends
// of a range belong to it. A seed may occur twice and is then run twice. The list has 1 to [SeedsMax] seeds.
func ParseSeeds(text string) (Seeds, error) {
	var s Seeds
	if text == "" {
		return Seeds{}, fmt.Errorf("chaos: empty list of seeds: write 5, 1-200, or 1-10,20-30")
	}
	for part := range strings.SplitSeq(text, ",") {
		r, err := parseRange(part)
		if err != nil {
			return Seeds{}, err
		}
		if r.high-r.low >= SeedsMax || s.count+(r.high-r.low+1) > SeedsMax {
			return Seeds{}, fmt.Errorf("chaos: seeds %s are more than %d", text, SeedsMax)
		}
		s.count += r.high - r.low + 1
		s.ranges = append(s.ranges, r)
	}
	return s, nil
}

func parseRange(text string) (seedRange, error) {
	if text == "" {
		return seedRange{}, fmt.Errorf("chaos: a list of seeds has an empty entry")
	}
	if text[0] == '-' {
		return seedRange{}, fmt.Errorf("chaos: seeds %s: a seed is not negative", text)
	}
	first, second, isRange := strings.Cut(text, "-")
	low, err := ParseSeed(first)
	if err != nil {
		return seedRange{}, err
	}
	if !isRange {
		return seedRange{low, low}, nil
	}
	high, err := ParseSeed(second)
	if err != nil {
		return seedRange{}, fmt.Errorf("%w (in the range %s)", err, text)
	}
	if low > high {
		return seedRange{}, fmt.Errorf("chaos: seeds %s run backwards: write %s-%s", text, second, first)
	}
	return seedRange{low, high}, nil
}

// Count returns the number of seeds.
func (s Seeds) Count() int { return int(s.count) }

// At returns the seed at a position from 0 to Count()-1. Contiguous positions are how a sweep is dealt out to workers and
// shards: a stride would meet one strategy of the portfolio only.
func (s Seeds) At(i int) uint64 {
	left := uint64(i)
	for _, r := range s.ranges {
		size := r.high - r.low + 1
		if left < size {
			return r.low + left
		}
		left -= size
	}
	panic("chaos: the position is below the number of seeds")
}

// All iterates over the seeds in order, without making a list of them.
func (s Seeds) All() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for i := range s.Count() {
			if !yield(s.At(i)) {
				return
			}
		}
	}
}

// String returns the list in the form that [ParseSeeds] reads.
func (s Seeds) String() string {
	var b strings.Builder
	for i, r := range s.ranges {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatUint(r.low, 10))
		if r.high > r.low {
			b.WriteString("-" + strconv.FormatUint(r.high, 10))
		}
	}
	return b.String()
}
