package scenarios

import (
	"slices"
	"sync"
	"sync/atomic"

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
	var sent, live atomic.Int64
	live.Store(producers)
	var taken catch

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		for p := 0; p < producers; p++ {
			sched.Spawn(t, "producer", func(t *sched.Task) int {
				for i := 0; i < items; i++ {
					if ch.Send(t, p*100+i) != nil {
						break
					}
					sent.Add(1)
					if w.Work(3) == 1 {
						t.Yield()
					}
				}
				if live.Add(-1) == 0 {
					ch.CloseTx()
				}
				return 0
			})
		}
		consume := func(who int) func(*sched.Task) int {
			return func(t *sched.Task) int {
				for n := 0; ; n++ {
					v, err := ch.Recv(t)
					if err != nil {
						return n
					}
					taken.add(who, v)
					if w.Work(4) == 1 {
						t.Sleep(vclock.Microsecond)
					}
				}
			}
		}
		sched.Spawn(t, "consumer", consume(0))
		victim := sched.Spawn(t, "victim", consume(1))
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
		return int(sent.Load())
	})
	w.AtEnd("every value that was sent is received once and in order", func() error {
		all := taken.byConsumer[:]
		if w.Virtual() { // a value is noted in the poll that took it, so the order of all is known
			all = [][]int{taken.all}
		}
		received := 0
		for _, values := range all {
			n, err := inOrder(values, producers)
			if err != nil {
				return err
			}
			received += n
		}
		n := sent.Load()
		return want(int64(received) == n && n == producers*items && distinct(taken.all) && ch.Len() == 0,
			"%d sent, %d received, %d left: %v", n, received, ch.Len(), taken.all)
	})
}

// catch is what two consumers have taken, each in its order and both in the order in which they noted it.
type catch struct {
	mu         sync.Mutex
	all        []int
	byConsumer [2][]int
}

func (c *catch) add(who, v int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, v)
	c.byConsumer[who] = append(c.byConsumer[who], v)
}

// inOrder counts the values of producers, and holds each of them to its order: value 100*p+i is number i of producer p.
func inOrder(values []int, producers int) (n int, err error) {
	last := make([]int, producers+1)
	for _, v := range values {
		if v%100 < last[v/100] {
			return 0, want(false, "value %d after %d of the same producer", v, last[v/100]-1)
		}
		last[v/100] = v%100 + 1
		if v < producers*100 {
			n++
		}
	}
	return n, nil
}

func distinct(values []int) bool {
	sorted := slices.Sorted(slices.Values(values))
	return len(slices.Compact(sorted)) == len(values)
}
