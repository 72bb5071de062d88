package scenarios

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// saturation has more tasks than operation slots. Excess submitters wait in line, some of them are cancelled there or with
// an operation in flight, and a cancel never has to wait for a slot.
func saturation(w *explore.World) {
	rfd, _ := w.Host.Pipe()
	done, cancelled := 0, 0

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		var handles []*sched.Handle[int]
		for i := 0; i < 6; i++ {
			handles = append(handles, sched.Spawn(t, "worker", func(t *sched.Task) int {
				var buf [4]byte
				for j := 0; j < 3; j++ {
					var err error
					switch {
					case i == 0:
						_, err = t.Do(backend.OpRead, rfd, buf[:], -1) // never completes by itself
					case i%2 == 1:
						_, err = t.Do(backend.OpNop, -1, nil, 0)
					default:
						_, err = t.Do(backend.OpTimer, -1, nil, int64(t.Executor().Now().Add(30*vclock.Microsecond)))
					}
					if err == sched.ErrCancelled {
						return -1
					}
				}
				return 1
			}))
		}
		t.Sleep(vclock.Duration(w.Work(4)) * 10 * vclock.Microsecond)
		for i, h := range handles {
			if i == 0 || w.Work(3) == 1 {
				if _, ok, _ := h.Cancel(t); !ok {
					cancelled++
					continue
				}
			} else if _, err := h.Join(t); err != nil {
				return -1
			}
			done++
		}
		return done
	})
	w.AtEnd("every task ends, with its result or by its cancel", func() error {
		return want(done+cancelled == 6 && cancelled >= 1, "done %d, cancelled %d", done, cancelled)
	})
}
