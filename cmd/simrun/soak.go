package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/tripoint-go/tripoint/internal/explore"
)

// How much memory may grow between the first and the last third of a soak: by a part, and by what the runtime itself may keep.
const (
	growthPart   = 4       // a quarter
	heapSlack    = 4 << 20 // bytes
	rssSlack     = 32 << 20
	samplesLeast = 9 // to judge memory
)

// sample is what the process holds between two rounds.
type sample struct{ heap, rss int64 }

// soak makes rounds, each of them one run of every scenario with every number of workers, until the time is over, and then says
// whether memory has grown. What else could be lost, a completion, a descriptor or a goroutine, every run shows by itself.
func (b *bench) soak() string {
	p := newProgress(b.t.stderr)
	defer p.clear()
	var samples []sample
	begin := time.Now()
	rounds, runs := uint64(0), int64(0)
	for time.Since(begin) < b.t.f.span && !b.over() {
		rounds++
		for i := range b.list {
			for w := range b.runners[i] {
				if b.over() || time.Since(begin) >= b.t.f.span {
					break
				}
				b.run(i, w, rounds)
				runs++
				p.show(runs, runs)
			}
		}
		samples = append(samples, measure())
	}
	if b.over() {
		return ""
	}
	return b.judgeMemory(samples, fmt.Sprintf("soak: %d runs in %d rounds and %s", runs, rounds, time.Since(begin).Round(time.Second)))
}

// judgeMemory compares the thirds.
func (b *bench) judgeMemory(samples []sample, text string) string {
	if len(samples) < samplesLeast {
		return fmt.Sprintf("%s; memory not judged: %d rounds are too few, %d are enough", text, len(samples), samplesLeast)
	}
	third := len(samples) / 3
	heap := func(s sample) int64 { return s.heap }
	rss := func(s sample) int64 { return s.rss }
	first, last := samples[:third], samples[len(samples)-third:]
	text += fmt.Sprintf("; heap %s, then %s", size(median(first, heap)), size(median(last, heap)))
	if n := median(last, rss); n > 0 {
		text += fmt.Sprintf("; resident %s, then %s", size(median(first, rss)), size(n))
	}
	if grown(median(first, heap), median(last, heap), heapSlack) || grown(median(first, rss), median(last, rss), rssSlack) {
		b.code = explore.WorseExit(b.code, explore.ExitProperty)
		return text + "; FAIL: memory grows"
	}
	return text + "; nothing grows"
}

func grown(first, last, slack int64) bool { return last > first+first/growthPart+slack }

func median(samples []sample, of func(sample) int64) int64 {
	values := make([]int64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func size(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// measure returns what is in use. What is resident is 0 where the system does not tell, and under the race detector.
func measure() sample {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := sample{heap: int64(m.HeapAlloc)}
	text, err := os.ReadFile("/proc/self/statm")
	if fields := bytes.Fields(text); err == nil && len(fields) > 1 && !raceDetector {
		if pages, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil {
			s.rss = pages * int64(os.Getpagesize())
		}
	}
	return s
}
