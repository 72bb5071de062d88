package chaos

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseSeed(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "17": 17, "007": 7, "18446744073709551615": 1<<64 - 1,
		"0123456789abcdef0123456789abcdef01234567": 0x0123456789abcdef,
		"FFFFFFFFFFFFFFFF0000000000000000ffffffff": 1<<64 - 1,
		"1000000000000000000000000000000000000000": 1 << 60,
	} {
		if got, err := ParseSeed(text); err != nil || got != want {
			t.Errorf("ParseSeed(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                      "chaos: empty seed",
		"-1":                    "chaos: seed -1 is negative",
		"18446744073709551616":  `chaos: seed "18446744073709551616" is neither a number below 2^64 nor a commit hash of 40 hex digits`,
		"abc":                   `chaos: seed "abc" is neither a number below 2^64 nor a commit hash of 40 hex digits`,
		"+1":                    `chaos: seed "+1" is neither a number below 2^64 nor a commit hash of 40 hex digits`,
		strings.Repeat("g", 40): `chaos: seed "` + strings.Repeat("g", 40) + `" has 40 characters, but is no commit hash in hex`,
	} {
		if got, err := ParseSeed(text); err == nil || err.Error() != want {
			t.Errorf("ParseSeed(%q) = %d, %v; want %s", text, got, err, want)
		}
	}
}

func TestParseSeeds(t *testing.T) {
	for text, want := range map[string]string{
		"5": "[5]", "1-3": "[1 2 3]", "1-2,20-21,7": "[1 2 20 21 7]", "4-4": "[4]", "1-2,2-3": "[1 2 2 3]",
		"18446744073709551614-18446744073709551615":  "[18446744073709551614 18446744073709551615]",
		"0000000000000010000000000000000000000000,1": "[16 1]",
	} {
		s, err := ParseSeeds(text)
		if err != nil {
			t.Errorf("ParseSeeds(%q): %v", text, err)
			continue
		}
		all := []uint64{}
		for seed := range s.All() {
			all = append(all, seed)
		}
		if got := fmt.Sprint(all); got != want || s.Count() != len(all) {
			t.Errorf("ParseSeeds(%q) = %s, %d seeds; want %s", text, got, s.Count(), want)
		}
	}
	if s, err := ParseSeeds("1-1000000000"); err != nil || s.Count() != SeedsMax || s.At(SeedsMax-1) != SeedsMax {
		t.Errorf("the largest list: %d seeds, %v; want %d", s.Count(), err, SeedsMax)
	}
}

func TestParseSeedsErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "chaos: empty list of seeds: write 5, 1-200, or 1-10,20-30",
		",":                      "chaos: a list of seeds has an empty entry",
		"1,,2":                   "chaos: a list of seeds has an empty entry",
		"-5":                     "chaos: seeds -5: a seed is not negative",
		"1--5":                   "chaos: seed -5 is negative (in the range 1--5)",
		"3-":                     "chaos: empty seed (in the range 3-)",
		"9-3":                    "chaos: seeds 9-3 run backwards: write 3-9",
		"1-1000000001":           "chaos: seeds 1-1000000001 are more than 1000000000",
		"1-999999999,5-9":        "chaos: seeds 1-999999999,5-9 are more than 1000000000",
		"0-18446744073709551615": "chaos: seeds 0-18446744073709551615 are more than 1000000000",
		"1-x":                    `chaos: seed "x" is neither a number below 2^64 nor a commit hash of 40 hex digits (in the range 1-x)`,
	} {
		if s, err := ParseSeeds(text); err == nil || err.Error() != want {
			t.Errorf("ParseSeeds(%q) = %v, %v; want %s", text, s, err, want)
		}
	}
}

// A list reads back as it prints; All stops when it is told to.
func TestSeedsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var parts []string
		for range rapid.IntRange(1, 5).Draw(t, "ranges") {
			low := rapid.Uint64Range(0, 1<<63).Draw(t, "low")
			parts = append(parts, fmt.Sprintf("%d-%d", low, low+rapid.Uint64Range(1, 100_000_000).Draw(t, "size")))
		}
		text := strings.Join(parts, ",")
		s, err := ParseSeeds(text)
		if err != nil || s.String() != text {
			t.Fatalf("%s reads as %s, %v", text, s, err)
		}
		n := 0
		for seed := range s.All() {
			if seed != s.At(n) {
				t.Fatalf("seed %d of %s is %d in All, %d in At", n, text, seed, s.At(n))
			}
			if n++; n == 3 {
				break
			}
		}
	})
}

func FuzzParseSeeds(f *testing.F) {
	for _, text := range []string{"5", "1-200", "1-10,20-30", "9-3", "0-18446744073709551615", strings.Repeat("a", 40)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSeeds(text)
		if err != nil {
			return
		}
		if s.Count() < 1 || s.Count() > SeedsMax {
			t.Fatalf("%q holds %d seeds", text, s.Count())
		}
		again, err := ParseSeeds(s.String())
		if err != nil || again.String() != s.String() || again.Count() != s.Count() {
			t.Errorf("%q reads as %s, which reads as %s, %v", text, s, again, err)
		}
	})
}
