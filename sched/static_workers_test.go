//go:build linux

package sched_test

import (
	"sync/atomic"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// relay is a header that one task starts again and again, whichever workers its lives run on.
type relay struct {
	runner sched.Task
	lives  atomic.Int64
}

func relayBody(t *sched.Task) int64 {
	r := t.Arg.(*relay)
	n := r.lives.Add(1)
	if n%3 == 0 {
		t.Yield()
	}
	if n%5 == 0 && t.Sleep(10*vclock.Microsecond) != nil {
		return -1
	}
	return n
}

// A header lives again as soon as its joiner knows that it has ended. Whoever polled it has done with it by then.
func TestWorkersStaticTaskLivesAgain(t *testing.T) {
	const relays, lives = 4, 200
	eachPool(t, func(t *testing.T, workers int) {
		ex := pool(t, workers)
		var all [relays]relay
		wrong, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
			var handles [relays]*sched.Handle[int]
			for i := range handles {
				r := &all[i]
				r.runner.Arg = r
				handles[i] = sched.Spawn(t, "owner", func(t *sched.Task) int { return r.own(t, lives) })
			}
			wrong := 0
			for _, h := range handles {
				n, err := h.Join(t)
				if err != nil {
					return -1
				}
				wrong += n
			}
			return wrong
		})
		if wrong != 0 || err != nil {
			t.Fatalf("%d of %d lives went wrong, error %v", wrong, relays*lives, err)
		}
		for i := range all {
			if n := all[i].lives.Load(); n > lives || n < lives*3/4 { // one in four is cancelled, perhaps before it began
				t.Errorf("relay %d lived %d times, want at most %d", i, n, lives)
			}
		}
	})
}

// own starts the relay's header n times, joins most of its lives and cancels the others, and counts what is not as it should be.
func (r *relay) own(t *sched.Task, n int) (wrong int) {
	for i := range n {
		h, err := r.runner.StartFunc(t.Executor(), t, "runner", relayBody, nil)
		if err != nil {
			wrong++
			continue
		}
		if i%4 == 3 {
			if v, ok, err := h.Cancel(t); err != nil || ok && v != r.lives.Load() {
				wrong++
			}
		} else if v, err := h.Join(t); err != nil || v != r.lives.Load() {
			wrong++
		}
	}
	return wrong
}
