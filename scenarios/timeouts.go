package scenarios

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// timeouts limits operations that complete at the very instant of the deadline, before it, or never, and lets some race. A tie goes to the
// operation, and a timeout is reported only when the operation is over and its buffer has come back.
func timeouts(w *explore.World) {
	rfd, wfd := w.Host.Pipe()
	silent, _ := w.Host.Pipe()
	var ties atomic.Int64
	late, served := 0, 0

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		var handles []*sched.Handle[int]
		for i := 0; i < 3; i++ {
			handles = append(handles, sched.Spawn(t, "tie", func(t *sched.Task) int {
				d := vclock.Duration(10+w.Work(3)) * vclock.Microsecond
				var op sched.OpWait
				op.Start(backend.OpTimer, -1, nil, int64(t.Executor().Now().Add(d)))
				if flow.WithTimeout(t, d, &op) == nil {
					ties.Add(1)
				}
				return 0
			}))
		}
		handles = append(handles, sched.Spawn(t, "choice", func(t *sched.Task) int { return choose(w, t, silent) }))
		reader := sched.Spawn(t, "reader", func(t *sched.Task) int {
			for i := 0; i < 3; i++ {
				buf := make([]byte, 4)
				var op sched.OpWait
				op.Start(backend.OpRead, rfd, buf, -1)
				switch flow.WithTimeout(t, 5*vclock.Microsecond, &op) {
				case sched.ErrTimeout:
					late++
					buf[0] = 0 // ours again
				case nil:
					served++
				}
			}
			return late
		})
		sched.Spawn(t, "reply", func(t *sched.Task) int {
			t.Sleep(vclock.Duration(w.Work(20)) * vclock.Microsecond)
			n, _ := t.Do(backend.OpWrite, wfd, []byte{1, 2, 3}, -1)
			return n
		})
		reader.Join(t)
		for _, h := range handles {
			h.Join(t)
		}
		return int(ties.Load())
	})
	w.AtEnd("a tie goes to the operation and a loser is over", func() error {
		w.Sometimes("a read timed out", late > 0)
		w.Sometimes("a read was served", served > 0)
		won, inFlight := ties.Load(), w.Host.InFlight()
		if !w.Virtual() {
			won = 3      // the executor and the kernel look at the clock at different times
			inFlight = 0 // a timer of the kernel that has lost is left to itself, and may be on its way
		}
		return want(won == 3 && late+served == 3 && inFlight == 0, "ties %d of 3, late %d, served %d, in flight %d",
			won, late, served, inFlight)
	})
}

// choose lets operations race that complete at the same instants: the first one wins, and the others are over then.
func choose(w *explore.World, t *sched.Task, silent int32) int {
	won := 0
	for range 3 {
		var read sched.OpWait
		var timers [3]sched.OpWait
		read.Start(backend.OpRead, silent, make([]byte, 4), -1)
		for i := range timers {
			timers[i].Start(backend.OpTimer, -1, nil, int64(t.Executor().Now().Add(vclock.Duration(2+w.Work(2))*vclock.Microsecond)))
		}
		n, err := flow.FirstOf(t, &read, nil, &timers[0], &timers[1], &timers[2])
		w.Assert(err == nil && n != 1, "who is absent does not win", "%d, %v", n, err)
		won += n
	}
	return won
}
