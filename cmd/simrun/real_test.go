package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/explore/live"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/scenarios"
	"github.com/tripoint-go/tripoint/sched"
)

// hasUring reports whether this machine has io_uring for us. That it has not is an error where it is demanded.
func hasUring() (bool, error) {
	err := live.Available() // other scripts run beside this one
	if err == nil {
		return true, nil
	}
	if require.Demanded(require.Uring) {
		return false, fmt.Errorf("io_uring is demanded, and there is none: %w", err)
	}
	return false, nil
}

// wrong returns programs that fail on a real kernel: one breaks its own property, the other leaves a file open.
func wrong() []scenarios.Scenario {
	var kept []*os.File
	program := func(atEnd func() error) explore.Program {
		return func(w *explore.World) {
			w.Run(sched.WaitForAllTasks, func(*sched.Task) int { return 0 })
			w.AtEnd("nothing is as it was", atEnd)
		}
	}
	return []scenarios.Scenario{
		{Name: "wrong", Program: program(func() error { return errors.New("it is not") })},
		{Name: "leak", Program: program(func() error {
			f, err := os.Open(os.DevNull)
			kept = append(kept, f)
			return err
		})},
	}
}

// A soak fails if memory grows, and says nothing about memory if there is too little to compare.
func TestSoakJudgesMemory(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name      string
		heap, rss func(i int64) int64
		n         int64
		want      string
		code      int
	}{
		{"steady", func(int64) int64 { return 20 * mib }, func(int64) int64 { return 50 * mib }, 30, "nothing grows", explore.ExitPass},
		{"warm-up", func(i int64) int64 { return min(i, 3) * mib }, func(i int64) int64 { return min(i, 5) * mib }, 30, "nothing grows", explore.ExitPass},
		{"heap", func(i int64) int64 { return i * mib }, func(int64) int64 { return 50 * mib }, 30, "memory grows", explore.ExitProperty},
		{"outside of the heap", func(int64) int64 { return mib }, func(i int64) int64 { return 4 * i * mib }, 30, "memory grows", explore.ExitProperty},
		{"short", func(i int64) int64 { return i * mib }, func(i int64) int64 { return i * mib }, 5, "memory not judged", explore.ExitPass},
	} {
		var samples []sample
		for i := range c.n {
			samples = append(samples, sample{heap: c.heap(i), rss: c.rss(i)})
		}
		b := &bench{}
		if got := b.judgeMemory(samples, "soak"); !strings.Contains(got, c.want) || b.code != c.code {
			t.Errorf("%s: %q with code %d, want %q with %d", c.name, got, b.code, c.want, c.code)
		}
	}
}
