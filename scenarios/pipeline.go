package scenarios

import (
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// pipeline has producers and consumers over a bounded channel, one consumer of which is cancelled, and a oneshot that tells
// how it went. Every value that was sent is received once, in the order of each producer.
func pipeline(w *explore.World) {
	const producers, items = 3, 4
	var ch tsync.Chan[int]
	ch.Init(w.Exec, "work", make([]int, 1+w.Work(3)))
	var report tsync.Oneshot[int]
	report.Init(w.Exec, "report")
	sent, live := 0, producers
	var taken []int

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		for p := 0; p < producers; p++ {
			sched.Spawn(t, "producer", func(t *sched.Task) int {
				for i := 0; i < items; i++ {
					if ch.Send(t, p*100+i) != nil {
						break
					}
					sent++
					if w.Work(3) == 1 {
						t.Yield()
					}
				}
				if live--; live == 0 {
					ch.CloseTx()
				}
				return 0
			})
		}
		consume := func(t *sched.Task) int {
			for n := 0; ; n++ {
				v, err := ch.Recv(t)
				if err != nil {
					return n
				}
				taken = append(taken, v)
				if w.Work(4) == 1 {
					t.Sleep(vclock.Microsecond)
				}
			}
		}
		sched.Spawn(t, "consumer", consume)
		victim := sched.Spawn(t, "victim", consume)
		sched.Spawn(t, "reporter", func(t *sched.Task) int {
			report.HoldTx(t)
			if w.Work(3) == 1 {
				return 0 // never sends: the receiver learns it
			}
			t.Sleep(5 * vclock.Microsecond)
			report.Send(t, 42)
			again := report.Send(t, 43)
			w.Assert(again == sched.ErrDetached, "a oneshot takes one value", "the second send says %v", again)
			return 0
		})
		quitter := sched.Spawn(t, "quitter", func(t *sched.Task) int {
			if ch.Send(t, producers*100) != nil { // cancelled in line, or just after its turn had come
				return 0
			}
			return 1
		})
		t.Yield()
		quitter.Cancel(t)
		victim.Cancel(t)
		report.HoldRx(t)
		v, err := report.Recv(t)
		w.Assert(v == 42 || err == sched.ErrClosed, "a oneshot has one outcome", "value %d, error %v", v, err)
		return sent
	})
	w.AtEnd("every value that was sent is received once and in order", func() error {
		var last [producers + 1]int
		received := 0
		for _, v := range taken {
			if v%100 < last[v/100] {
				return want(false, "value %d after %d of the same producer", v, last[v/100]-1)
			}
			last[v/100] = v%100 + 1
			if v < producers*100 {
				received++
			}
		}
		return want(received == sent && sent == producers*items && ch.Len() == 0, "%d sent, %d received, %d left", sent, received, ch.Len())
	})
}
