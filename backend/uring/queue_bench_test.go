//go:build linux

package uring

import (
	"fmt"
	"testing"
)

// BenchmarkNop measures the ring layer itself: one entry got, filled, submitted, completed by the kernel on the spot, and
// reaped, per op. The driver is that of the build tag; benchstat -col /impl compares two runs.
func BenchmarkNop(b *testing.B) {
	for _, batch := range []int{1, 8, 32, 128} {
		b.Run(fmt.Sprintf("impl=%s/batch=%d", driverName, batch), func(b *testing.B) {
			q := newQueue(b, queueParams{entries: 128})
			into := make([]cqe, batch)
			b.ReportAllocs()
			for done := 0; done < b.N; done += batch {
				for range batch {
					q.get().nop()
				}
				if err := q.submit(); err != nil {
					b.Fatal(err)
				}
				if n := q.reap(into); n != batch {
					b.Fatalf("reap: got %d, want %d", n, batch)
				}
			}
		})
	}
}

// BenchmarkNopWait is BenchmarkNop as the owner of a ring does it: one enter submits, runs deferred work and waits.
func BenchmarkNopWait(b *testing.B) {
	for _, batch := range []int{1, 8, 32, 128} {
		b.Run(fmt.Sprintf("impl=%s/batch=%d", driverName, batch), func(b *testing.B) {
			const owner = setupSubmitAll | setupSingleIssuer | setupDeferTaskrun | setupTaskrunFlag | setupNoSQArray
			q := newQueue(b, queueParams{entries: 128, flags: owner})
			into := make([]cqe, batch)
			b.ReportAllocs()
			for done := 0; done < b.N; done += batch {
				for range batch {
					q.get().nop()
				}
				if err := q.wait(-1); err != nil {
					b.Fatal(err)
				}
				if n := q.reap(into); n != batch {
					b.Fatalf("reap: got %d, want %d", n, batch)
				}
			}
		})
	}
}
